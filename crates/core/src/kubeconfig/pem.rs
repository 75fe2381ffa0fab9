//! PEM (RFC 7468), as Go's `encoding/pem` takes it: text around the blocks is skipped.

use crate::encoding;
use crate::prelude::*;

/// One block.
pub(super) struct Block<'a> {
    pub label: &'a [u8],
    /// Whether header lines stand before the body: an encrypted key has them (RFC 1421).
    pub headers: bool,
    pub bytes: Vec<u8>,
}

/// What a text holds.
pub(super) struct Pem<'a> {
    pub blocks: Vec<Block<'a>>,
    /// Whether a block is not closed, closed by another label, or no Base64; Go skips it.
    pub broken: bool,
}

impl Pem<'_> {
    /// The DER of the blocks that hold certificates.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.blocks.iter().filter(|block| block.label == b"CERTIFICATE").map(|block| block.bytes.as_slice())
    }
}

struct Open<'a> {
    label: &'a [u8],
    headers: bool,
    body: Vec<u8>,
}

/// Takes the blocks out of a text.
pub(super) fn read(text: &[u8]) -> Pem<'_> {
    let mut pem = Pem { blocks: Vec::new(), broken: false };
    let mut open: Option<Open<'_>> = None;
    for line in text.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii_end();
        if let Some(label) = label(line, b"-----BEGIN ") {
            pem.broken |= open.is_some();
            open = Some(Open { label, headers: false, body: Vec::new() });
        } else if let Some(label) = label(line, b"-----END ") {
            match open.take().and_then(|block| block.close(label)) {
                Some(block) => pem.blocks.push(block),
                None => pem.broken = true,
            }
        } else if let Some(block) = &mut open {
            if block.body.is_empty() && line.contains(&b':') {
                block.headers = true;
            } else {
                block.body.extend_from_slice(line);
            }
        }
    }
    pem.broken |= open.is_some();
    pem
}

impl<'a> Open<'a> {
    fn close(self, label: &[u8]) -> Option<Block<'a>> {
        if label != self.label {
            return None;
        }
        Some(Block { label: self.label, headers: self.headers, bytes: encoding::body(&self.body)? })
    }
}

/// The label in `-----BEGIN label-----` or `-----END label-----`.
fn label<'a>(line: &'a [u8], opening: &[u8]) -> Option<&'a [u8]> {
    line.strip_prefix(opening)?.strip_suffix(b"-----")
}
