//! The names of files: what editors call them, and the one that stands for all of them.

use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;

pub(crate) use clearance_render::uri::path;

/// The URI of a file.
pub(crate) fn uri(path: &Path) -> Uri {
    Uri(clearance_render::uri::uri(path))
}

/// The one name of a file that may be known by several: links are followed and detours left out. Of
/// what is not there, that is done for the directory around it.
pub(crate) fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => parent.canonicalize().unwrap_or_else(|_| parent.to_owned()).join(name),
        _ => path.to_owned(),
    }
}
