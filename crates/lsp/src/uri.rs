//! The names of files: what editors call them, and the one that stands for all of them.

use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;

pub(crate) use clearance_render::uri::path;

/// The URI of a file.
pub(crate) fn uri(path: &Path) -> Uri {
    Uri(clearance_render::uri::uri(path))
}

/// A folder that the client has opened.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    /// Its one name.
    pub real: PathBuf,
    /// As the client calls it: it may lead there by a link.
    given: PathBuf,
}

impl Folder {
    pub(crate) fn of(given: PathBuf) -> Self {
        Self { real: real(&given), given }
    }

    /// The URI by which the client knows a file in it.
    pub(crate) fn uri(&self, file: &Path) -> Option<Uri> {
        Some(uri(&self.given.join(file.strip_prefix(&self.real).ok()?)))
    }
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
