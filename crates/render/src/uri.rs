//! The names that editors have for files (RFC 8089).

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What must be written out in a path (RFC 3986, `pchar` and `/`).
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The file of a URI; nothing where it names none on this machine.
#[must_use]
pub fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = percent_decode_str(path.split(['?', '#']).next()?).decode_utf8().ok()?;
    if cfg!(windows) {
        return Some(PathBuf::from(path.trim_start_matches('/').replace('/', "\\")));
    }
    path.starts_with('/').then(|| PathBuf::from(path.as_ref()))
}

/// The URI of a file.
#[must_use]
pub fn uri(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if cfg!(windows) { format!("/{}", text.replace('\\', "/")) } else { text.into_owned() };
    format!("file://{}", utf8_percent_encode(&text, ESCAPED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for name in ["/a/b.yaml", "/with space/ä域😀.yaml", "/a%20b/#1?.yaml", "/[x]/{y}"] {
            assert_eq!(path(&uri(Path::new(name))), Some(PathBuf::from(name)));
        }
        assert_eq!(path("file:///c%3A/x"), Some(PathBuf::from("/c:/x")));
        assert_eq!(path("untitled:Untitled-1"), None);
        assert_eq!(path("file://elsewhere/x"), None);
        assert_eq!(path("file:///%ff"), None);
    }
}
