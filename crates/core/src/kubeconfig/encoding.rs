//! Base64 (RFC 4648), once as people send it and once as `client-go` takes it.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::prelude::*;

/// As Go's `base64.StdEncoding`: bits left over at the end are let pass.
const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
const PADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG.with_decode_padding_mode(DecodePaddingMode::RequireCanonical));
const EITHER: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG.with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// Why a text is no Base64, however leniently it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoBase64 {
    /// A byte that has no place there.
    Stray {
        /// Its offset.
        at: usize,
    },
    /// It ends in the middle of a group.
    Truncated,
}

/// Decodes Base64 in either alphabet (RFC 4648, 4 and 5), padded or not, with white space anywhere.
pub(super) fn lenient(text: &str) -> Result<Vec<u8>, NoBase64> {
    // Most texts have no white space inside, and need no second look.
    if let Ok(bytes) = EITHER.decode(text.trim_ascii()) {
        return Ok(bytes);
    }
    let mut symbols = Vec::with_capacity(text.len());
    let mut padding = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'=' if padding < 2 => {
                padding = padding.saturating_add(1);
                symbols.push(byte);
            }
            _ if padding > 0 => return Err(NoBase64::Stray { at }),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => symbols.push(byte),
            b'-' => symbols.push(b'+'),
            b'_' => symbols.push(b'/'),
            _ => return Err(NoBase64::Stray { at }),
        }
    }
    EITHER.decode(symbols).map_err(|_| NoBase64::Truncated)
}

/// Decodes the value of a `…-data` field as Go's `encoding/json` does: the standard alphabet,
/// padded, with line breaks and no other white space between.
pub(super) fn strict(text: &str) -> Option<Vec<u8>> {
    padded(text.as_bytes(), |byte| matches!(byte, b'\r' | b'\n'))
}

/// Decodes the lines of a PEM block as Go's `encoding/pem` does: blanks may stand anywhere too.
pub(super) fn body(lines: &[u8]) -> Option<Vec<u8>> {
    padded(lines, |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

fn padded(text: &[u8], is_skipped: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
    PADDED.decode(text).ok().or_else(|| {
        let symbols: Vec<u8> = text.iter().copied().filter(|byte| !is_skipped(*byte)).collect();
        // Without anything to skip it was wrong as it was.
        if symbols.len() < text.len() { PADDED.decode(symbols).ok() } else { None }
    })
}
