//! Files of the state directory: nobody else reads them, and each is there whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Makes a directory that only its owner can read.
pub(crate) fn directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Writes a file that only its owner can read, and that outlives a crash of the machine.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = begun(path);
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&new).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    let written = written.and_then(|()| fs::rename(&new, path)).and_then(|()| settle(path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// What a file is called until it is whole.
fn begun(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// Removes a file, and what a crash has left of writing it; that there is none is no fault.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(begun(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) | Ok(()) => {}
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Err(_) => Ok(()),
        Ok(()) => settle(path),
    }
}

/// The names in a directory; none where it is not there.
pub(crate) fn names(path: &Path) -> io::Result<Vec<String>> {
    match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
        Ok(entries) => {
            let names: io::Result<Vec<String>> =
                entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned())).collect();
            names.map(|mut names| {
                names.sort();
                names
            })
        }
    }
}

/// A name that was given or taken is only so once its directory is written.
pub(crate) fn settle(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}
