//! The names of files: what editors call them, and the one that stands for all of them.

use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;

/// The one name of a file that may be known by several: links are followed and detours left out.
pub(crate) use clearance_files::input::whole as real;
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
