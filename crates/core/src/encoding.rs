//! Base64 (RFC 4648), once as people send it and once as `client-go` takes it.
//!
//! Libraries have the one or the other; this is both, and a tenth of their size as WebAssembly.

use crate::prelude::*;

/// Why a text is no Base64, however leniently it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoBase64 {
    /// A byte that has no place there.
    Stray {
        /// Its offset.
        at: usize,
    },
    /// It ends in the middle of a group.
    Truncated,
}

/// Decodes Base64 in either alphabet (RFC 4648, 4 and 5), padded or not, with white space anywhere.
pub(crate) fn lenient(text: &str) -> Result<Vec<u8>, NoBase64> {
    let start = text.len().saturating_sub(text.trim_ascii_start().len());
    let value = |byte| match byte {
        b'-' => Some(62),
        b'_' => Some(63),
        _ => standard(byte),
    };
    decode(text.trim_ascii().as_bytes(), value, is_blank, true).map_err(|fault| match fault {
        NoBase64::Stray { at } => NoBase64::Stray { at: at.saturating_add(start) },
        NoBase64::Truncated => NoBase64::Truncated,
    })
}

/// Decodes the value of a `…-data` field as Go's `encoding/json` does: the standard alphabet,
/// padded, with line breaks and no other white space between.
pub(crate) fn strict(text: &str) -> Option<Vec<u8>> {
    decode(text.as_bytes(), standard, |byte| matches!(byte, b'\r' | b'\n'), false).ok()
}

/// Decodes the lines of a PEM block as Go's `encoding/pem` does: blanks may stand anywhere too.
pub(crate) fn body(lines: &[u8]) -> Option<Vec<u8>> {
    decode(lines, standard, is_blank, false).ok()
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// What a symbol of the standard alphabet stands for.
fn standard(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte.wrapping_sub(b'A'),
        b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

/// Bits left over at the end are let pass, as by Go's `base64.StdEncoding`.
fn decode(
    text: &[u8],
    value: impl Fn(u8) -> Option<u32>,
    is_skipped: impl Fn(u8) -> bool,
    padding_may_lack: bool,
) -> Result<Vec<u8>, NoBase64> {
    let mut bytes = Vec::with_capacity(text.len().div_euclid(4).saturating_add(1).saturating_mul(3));
    let (mut group, mut symbols, mut padding) = (0_u32, 0_u32, 0_u32);
    for (at, &byte) in text.iter().enumerate() {
        match value(byte) {
            Some(bits) if padding == 0 => {
                group = group.wrapping_shl(6) | bits;
                symbols = symbols.wrapping_add(1);
                if symbols == 4 {
                    let [_, first, second, third] = group.to_be_bytes();
                    bytes.extend_from_slice(&[first, second, third]);
                    (group, symbols) = (0, 0);
                }
            }
            None if byte == b'=' && padding < 2 => padding = padding.wrapping_add(1),
            None if is_skipped(byte) => {}
            _ => return Err(NoBase64::Stray { at }),
        }
    }
    let whole = match (symbols, padding) {
        (0, 0) => 0,
        (2, 2) => 1,
        (3, 1) => 2,
        (2, 0 | 1) if padding_may_lack => 1,
        (3, 0) if padding_may_lack => 2,
        _ => return Err(NoBase64::Truncated),
    };
    let [_, last @ ..] = group.wrapping_shl(24_u32.wrapping_sub(symbols.wrapping_mul(6))).to_be_bytes();
    bytes.extend(last.iter().take(whole));
    Ok(bytes)
}
