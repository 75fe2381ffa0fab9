//! The directory in which the server keeps what it makes: nobody else reads it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The directory that is used when none is named (XDG Base Directory Specification).
fn usual() -> anyhow::Result<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || set("HOME").map(|home| home.join(".local/state"));
    let base = set("XDG_STATE_HOME").or_else(home).context("there is no home directory to keep a certificate in; name one with --state")?;
    Ok(base.join("clearance"))
}

/// Makes the directory, if it is not there.
pub(crate) fn open(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    let directory = named.map_or_else(usual, |path| Ok(path.to_owned()))?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    fs::canonicalize(&directory).with_context(|| format!("cannot open {}", directory.display()))
}

/// Keeps other servers with the same directory out until it is dropped.
pub(crate) fn lock(directory: &Path) -> anyhow::Result<File> {
    let path = directory.join("lock");
    let file = private(OpenOptions::new().create(true).truncate(false)).open(&path);
    let file = file.and_then(|file| file.lock().map(|()| file));
    file.with_context(|| format!("cannot lock {}", path.display()))
}

/// Writes a file that only its owner can read; it is there whole or not at all.
pub(crate) fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let written = private(OpenOptions::new().create(true).truncate(true)).open(&new).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&new, path)).with_context(|| format!("cannot write {}", path.display()))
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true)
}
