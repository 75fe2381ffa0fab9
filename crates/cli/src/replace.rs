//! Putting a new text in the place of a file, wholly or not at all.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use tempfile::{Builder, NamedTempFile};

use crate::output::reason;

/// Writes a text of our own, over what was there. It takes the file's name when it is complete.
pub fn create(path: &Path, text: &str) -> Result<()> {
    let cannot = |error: std::io::Error| anyhow!("cannot write `{}`: {}", path.display(), reason(&error));
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = Builder::new();
    #[cfg(unix)]
    builder.permissions(new_file());
    let mut file = builder.prefix(".clearance-").tempfile_in(directory).map_err(cannot)?;
    file.write_all(text.as_bytes()).map_err(cannot)?;
    file.persist(path).map_err(|error| cannot(error.error))?;
    Ok(())
}

/// Readable for all, as far as the process's mask allows.
#[cfg(unix)]
fn new_file() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

/// Replaces the text of a file that held `before`. The new text is written beside it and takes its
/// name when it is complete, so that a full disk or a power cut leaves the old one; mode and
/// symbolic links stay.
pub fn replace(path: &Path, before: &str, after: &str) -> Result<()> {
    let cannot = |error: std::io::Error| anyhow!("cannot write `{}`: {}", path.display(), reason(&error));
    // The link stays and the file that it leads to is replaced.
    let target = path.canonicalize().map_err(cannot)?;
    let directory = target.parent().unwrap_or(Path::new("."));
    let metadata = fs::metadata(&target).map_err(cannot)?;
    if metadata.permissions().readonly() {
        bail!("cannot write `{}`: it is read-only", path.display());
    }
    let mut file = NamedTempFile::with_prefix_in(".clearance-", directory).map_err(cannot)?;
    file.write_all(after.as_bytes()).map_err(cannot)?;
    file.as_file().set_permissions(metadata.permissions()).map_err(cannot)?;
    file.as_file().sync_all().map_err(cannot)?;
    // Somebody else may have written meanwhile; what they wrote is not undone.
    if fs::read(&target).map_err(cannot)? != before.as_bytes() {
        bail!("`{}` was changed by somebody else meanwhile, and is left as it is", path.display());
    }
    file.persist(&target).map_err(|error| cannot(error.error))?;
    Ok(())
}
