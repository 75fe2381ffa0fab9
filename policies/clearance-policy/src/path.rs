//! Where a finding stands.

use std::fmt;

/// A field path as Kubernetes writes it: `spec.list[0]`, `metadata.labels[example.com/owner]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// A path whose keys hold no dot, such as `spec.primaryDomain`.
    #[must_use]
    pub fn of(path: &str) -> Self {
        Self(path.to_owned())
    }

    /// One key further, whatever it holds.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let is_word = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        match (is_word, self.0.is_empty()) {
            (true, true) => Self(key.to_owned()),
            (true, false) => Self(format!("{}.{key}", self.0)),
            (false, _) => Self(format!("{}[{key}]", self.0)),
        }
    }

    /// One item of a list, from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
