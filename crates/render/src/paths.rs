//! Files as a tool finds them: from the root of the repository.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

/// Where the run stands in the repository.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    current: PathBuf,
    root: PathBuf,
}

impl Paths {
    /// With the current directory, that file names are relative to, and the root of the repository.
    /// A current directory that does not lie in `root` counts as the root itself.
    #[must_use]
    pub fn new(current: &Path, root: &Path) -> Self {
        let root = if current.starts_with(root) { root } else { current };
        Self { current: current.to_owned(), root: root.to_owned() }
    }

    /// A file's path from the root, with `/` between its parts. What lies outside, or is no file as
    /// `<stdin>`, keeps its name.
    #[must_use]
    pub fn relative(&self, file: &str) -> String {
        if file.starts_with('<') {
            return file.to_owned();
        }
        let whole = plain(&self.current.join(file));
        let inside = whole.strip_prefix(&self.root).ok().filter(|path| !path.as_os_str().is_empty());
        let path = inside.map_or_else(|| plain(Path::new(file)), Path::to_owned);
        let text = path.to_string_lossy();
        let slashed = if std::path::MAIN_SEPARATOR == '/' { text } else { Cow::Owned(text.replace(std::path::MAIN_SEPARATOR, "/")) };
        slashed.into_owned()
    }
}

/// Without `.` and, where something stands before it, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_the_root() {
        let paths = Paths::new(Path::new("/builds/tenant/nautes"), Path::new("/builds/tenant"));
        let cases = [
            ("a.yaml", "nautes/a.yaml"),
            ("./a/./b.yaml", "nautes/a/b.yaml"),
            ("../c.yaml", "c.yaml"),
            ("/builds/tenant/d.yaml", "d.yaml"),
            ("/elsewhere/e.yaml", "/elsewhere/e.yaml"),
            ("../../f.yaml", "../../f.yaml"),
            ("<stdin>", "<stdin>"),
        ];
        for (file, expected) in cases {
            assert_eq!(paths.relative(file), expected, "{file}");
        }
        // A root that is none of this directory's is no root.
        assert_eq!(Paths::new(Path::new("/a"), Path::new("/b")).relative("c.yaml"), "c.yaml");
    }
}
