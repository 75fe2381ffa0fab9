//! Archives whose bytes depend on nothing but what is in them.

use std::io::Write;

use anyhow::Result;
use flate2::{Compression, GzBuilder};

/// One file of an archive.
pub(super) struct Entry {
    name: String,
    bytes: Vec<u8>,
    mode: u32,
}

impl Entry {
    /// A file to be read.
    pub(super) fn file(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), bytes, mode: 0o644 }
    }

    /// A file to be run.
    pub(super) fn program(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), bytes, mode: 0o755 }
    }
}

/// A tar file: sorted, of nobody, and of one time.
pub(super) fn tar(mut entries: Vec<Entry>, time: u64) -> Result<Vec<u8>> {
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let mut tar = tar::Builder::new(Vec::new());
    for entry in &entries {
        let mut header = tar::Header::new_ustar();
        header.set_size(entry.bytes.len() as u64);
        header.set_mode(entry.mode);
        header.set_mtime(time);
        header.set_uid(0);
        header.set_gid(0);
        tar.append_data(&mut header, &entry.name, entry.bytes.as_slice())?;
    }
    Ok(tar.into_inner()?)
}

/// The same compressed, without a name and a time.
pub(super) fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}
