//! Paths in a Cluster resource.

use alloc::borrow::Cow;
use core::fmt;

use super::written_out;
use crate::prelude::*;
use crate::text::is_letter;

/// A path in the resource, from its root.
///
/// ```
/// use clearance_core::finding::Path;
/// let path = Path::root().key("spec").key("componentsList").key("gateway");
/// assert_eq!(path.to_string(), "spec.componentsList.gateway");
/// assert_eq!(path.to_pointer(), "/spec/componentsList/gateway");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Path(Vec<Segment>);

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// The value of a key in a map.
    Key(Cow<'static, str>),
    /// An item of a list, from 0.
    Index(usize),
}

impl Path {
    /// The path of the whole document.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// A path from a word with dots, such as `spec.apiServer`; for fixed paths whose keys hold no dot.
    #[must_use]
    pub fn of(dotted: &'static str) -> Self {
        Self(dotted.split('.').map(|key| Segment::Key(Cow::Borrowed(key))).collect())
    }

    /// This path with one more key.
    #[must_use]
    pub fn key(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.push(Segment::Key(key.into()));
        self
    }

    /// This path with one more list index.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.push(Segment::Index(index));
        self
    }

    /// Adds a step.
    pub fn push(&mut self, segment: Segment) {
        self.0.push(segment);
    }

    /// Takes the last step off.
    pub fn pop(&mut self) -> Option<Segment> {
        self.0.pop()
    }

    /// The steps.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether this is `other` or lies below it.
    #[must_use]
    pub fn starts_with(&self, other: &Path) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The path as a JSON Pointer (RFC 6901).
    #[must_use]
    pub fn to_pointer(&self) -> String {
        let mut pointer = String::new();
        for segment in &self.0 {
            pointer.push('/');
            match segment {
                Segment::Key(key) => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
                Segment::Index(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }
}

impl FromIterator<Segment> for Path {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        Self(segments.into_iter().collect())
    }
}

/// As Kubernetes writes a field path: `spec.a.b[0]`; a key that is no plain word stands in brackets.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if is_word(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(key)?;
                }
                Segment::Key(key) => write!(f, "[{}]", written_out(key))?,
            }
        }
        Ok(())
    }
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| is_letter(c) || matches!(c, '_' | '-' | '$'))
}

/// A path that is being walked: each step lies on the stack, and a [`Path`] is only made of it for a finding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trail<'t> {
    above: Option<&'t Trail<'t>>,
    step: Step<'t>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'t> {
    Root,
    Key(&'t str),
    Index(usize),
}

impl<'t> Trail<'t> {
    /// The root.
    pub const ROOT: Trail<'static> = Trail { above: None, step: Step::Root };

    /// One key further.
    pub fn key<'n>(&'n self, key: &'n str) -> Trail<'n> {
        Trail { above: Some(self), step: Step::Key(key) }
    }

    /// One index further.
    pub fn index(&self, index: usize) -> Trail<'_> {
        Trail { above: Some(self), step: Step::Index(index) }
    }

    /// The keys of the last steps, the last one first; an index ends them.
    pub fn keys_upwards(&self) -> impl Iterator<Item = &'t str> {
        let mut next = Some(*self);
        core::iter::from_fn(move || {
            let trail = next?;
            next = trail.above.copied();
            match trail.step {
                Step::Key(key) => Some(key),
                Step::Root | Step::Index(_) => None,
            }
        })
    }

    /// The path.
    pub fn to_path(self) -> Path {
        let mut segments = Vec::new();
        let mut next = Some(&self);
        while let Some(trail) = next {
            match trail.step {
                Step::Root => {}
                Step::Key(key) => segments.push(Segment::Key(Cow::Owned(key.to_owned()))),
                Step::Index(index) => segments.push(Segment::Index(index)),
            }
            next = trail.above;
        }
        segments.reverse();
        Path(segments)
    }
}
