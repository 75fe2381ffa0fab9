//! The request's `kubeconfig` field: Base64 of a kubeconfig, or the kubeconfig itself.

use core::fmt;

use crate::encoding::{self, NoBase64};
use crate::prelude::*;

/// The longest value of the field, in bytes. The largest object in a cluster has 1.5 MiB.
const LONGEST: usize = 1 << 20;

/// A kubeconfig's text. It holds credentials, so its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The YAML or JSON. Where the field held it as it is, it is the whole value of the field.
    pub text: String,
    /// How the field held it.
    pub encoding: Encoding,
}

/// How a kubeconfig stands in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// In Base64.
    Base64,
    /// As it is.
    Plain,
}

/// Why there is no text to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DecodeFault {
    /// There is nothing but white space.
    Empty,
    /// The value is longer than 1 MiB.
    TooLarge,
    /// It is no kubeconfig as it is, and a character in it has no place in Base64.
    NotBase64 {
        /// Its offset in the value, in bytes.
        at: usize,
    },
    /// The Base64 ends too early, or its padding is wrong.
    Truncated,
    /// What is encoded is Base64 again.
    EncodedTwice,
    /// What is encoded is UTF-16 (as PowerShell's `Unicode` writes it); `client-go` wants UTF-8.
    Utf16,
    /// What is encoded is no text.
    NotUtf8,
}

impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded").field("text", &"…").field("encoding", &self.encoding).finish()
    }
}

/// Takes the kubeconfig out of the field's value, whichever way it is written.
///
/// A kubeconfig holds a colon, in YAML as in JSON, and Base64 never does: that tells them apart.
/// Base64 may be in the standard or the URL-safe alphabet, padded or not, and wrapped.
pub fn decode(text: &str) -> Result<Decoded, DecodeFault> {
    if text.len() > LONGEST {
        return Err(DecodeFault::TooLarge);
    }
    let trimmed = text.trim_start_matches('\u{feff}').trim_start();
    if trimmed.is_empty() {
        return Err(DecodeFault::Empty);
    }
    let bytes = match encoding::lenient(trimmed) {
        Ok(bytes) => bytes,
        Err(_) if trimmed.contains([':', '{']) => return Ok(Decoded { text: text.to_owned(), encoding: Encoding::Plain }),
        Err(NoBase64::Stray { at }) => {
            let skipped = text.len().saturating_sub(trimmed.len());
            return Err(DecodeFault::NotBase64 { at: at.saturating_add(skipped) });
        }
        Err(NoBase64::Truncated) => return Err(DecodeFault::Truncated),
    };
    if is_utf16(&bytes) {
        return Err(DecodeFault::Utf16);
    }
    let text = String::from_utf8(bytes).map_err(|_| DecodeFault::NotUtf8)?;
    if text.trim().is_empty() {
        return Err(DecodeFault::Empty);
    }
    if is_encoded(&text) {
        return Err(DecodeFault::EncodedTwice);
    }
    Ok(Decoded { text, encoding: Encoding::Base64 })
}

/// A byte order mark, or a first character in ASCII with a zero byte beside it.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 1..=0x7F, ..] | [1..=0x7F, 0, ..])
}

fn is_encoded(text: &str) -> bool {
    !text.contains([':', '{']) && encoding::lenient(text).is_ok_and(|inner| inner.contains(&b':'))
}
