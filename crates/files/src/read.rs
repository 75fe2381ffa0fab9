//! Reading a file, within bounds.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::input::cannot_read;

/// Why a file gives no text.
#[derive(Debug)]
pub enum Unreadable {
    /// It cannot be read at all.
    Io(io::Error),
    /// It is longer than the bound; its first bytes.
    TooLarge(String),
    /// It is no UTF-8.
    NotUtf8 {
        /// What stands before the first bad byte.
        good: String,
        /// The whole, with its bad bytes replaced.
        lossy: String,
    },
}

/// How much of a text that is too large is looked at.
const HEAD: usize = 64 << 10;

impl Unreadable {
    /// Why, for a sentence.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Io(error) => crate::reason(error),
            Self::TooLarge(_) => "it is too large".to_owned(),
            Self::NotUtf8 { good, .. } => {
                let line = good.matches('\n').count() + 1;
                format!("it is no UTF-8 text: the first bad byte is at offset {}, in line {line}", good.len())
            }
        }
    }
}

/// Reads a file that somebody named.
///
/// # Errors
/// A sentence, where it gives no text of at most `limit` bytes.
pub fn named(path: &Path, limit: usize) -> anyhow::Result<String> {
    let mut buffer = Vec::new();
    let read = file(path, limit, &mut buffer).map(str::to_owned);
    read.map_err(|why| anyhow::anyhow!(cannot_read(path, &why.reason())))
}

/// Reads a file of at most `limit` bytes into `buffer`, and no more of it than that even while it grows.
pub fn file<'b>(path: &Path, limit: usize, buffer: &'b mut Vec<u8>) -> Result<&'b str, Unreadable> {
    let mut file = File::open(path).map_err(Unreadable::Io)?;
    let metadata = file.metadata().map_err(Unreadable::Io)?;
    if metadata.is_dir() {
        return Err(Unreadable::Io(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    if length > limit {
        buffer.clear();
        file.take(HEAD as u64).read_to_end(buffer).map_err(Unreadable::Io)?;
        return Err(Unreadable::TooLarge(String::from_utf8_lossy(buffer).into_owned()));
    }
    if metadata.is_file() {
        // One byte more than there should be: one read tells that nothing was added meanwhile.
        buffer.resize(length + 1, 0);
        let read = file.read(buffer).map_err(Unreadable::Io)?;
        buffer.truncate(read);
        if read <= length && read > 0 {
            return text(buffer);
        }
    } else {
        buffer.clear();
    }
    stream(&mut file, limit, buffer)
}

/// Reads the rest of a stream, to at most `limit` bytes in all.
pub fn stream<'b>(from: &mut impl Read, limit: usize, buffer: &'b mut Vec<u8>) -> Result<&'b str, Unreadable> {
    let left = (limit + 1).saturating_sub(buffer.len());
    from.take(left as u64).read_to_end(buffer).map_err(Unreadable::Io)?;
    if buffer.len() > limit {
        let head = buffer.get(..HEAD).unwrap_or(buffer);
        return Err(Unreadable::TooLarge(String::from_utf8_lossy(head).into_owned()));
    }
    text(buffer)
}

fn text(bytes: &[u8]) -> Result<&str, Unreadable> {
    str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        Unreadable::NotUtf8 { good: String::from_utf8_lossy(good).into_owned(), lossy: String::from_utf8_lossy(bytes).into_owned() }
    })
}
