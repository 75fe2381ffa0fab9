//! From text to a tree with ranges, and from changes back to text.
//!
//! Reading never fails: it gives a tree and the faults that it met. What clusters are is not known here.

mod edit;
mod fault;
mod float;
mod json;
mod lines;
mod scalar;
mod serialize;
mod tree;
mod yaml;

pub use edit::{apply, edits};
pub(crate) use edit::{plain_or_quoted, quoted};
pub use fault::{Fault, FaultKind, SyntaxFault, TextEdit};
pub use lines::{Encoding, LineIndex, Position};
pub use tree::{ByKey, Entry, Node, TextRange, Value};

use crate::finding::{Path, Segment};
use crate::prelude::*;

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JSON, leniently: comments, commas and `$words` are noted.
    Json,
    /// YAML, one or several documents.
    Yaml,
}

/// Bounds on what a text may ask of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest text, in bytes.
    pub bytes: usize,
    /// The longest document in it, in bytes: etcd stores no larger object (`--max-request-bytes`).
    pub document_bytes: usize,
    /// The deepest nesting of lists and maps.
    pub depth: usize,
    /// How many nodes YAML aliases and merge keys may stand for, in one document.
    pub alias_nodes: usize,
}

impl Default for Limits {
    /// 8 MiB, of which a document 1.5 MiB, 100 levels, 10,000 nodes.
    fn default() -> Self {
        Self { bytes: 8 << 20, document_bytes: 3 << 19, depth: 100, alias_nodes: 10_000 }
    }
}

/// One document as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed<'a> {
    /// The tree.
    pub root: Node<'a>,
    /// What was noted on the way, in the order of the text.
    pub faults: Vec<Fault>,
    /// The part of the text that the document takes.
    pub range: TextRange,
}

impl Format {
    /// The format of a text: by the extension of its file name, or by its first token.
    #[must_use]
    pub fn of(file_name: Option<&str>, text: &str) -> Self {
        let extension = file_name.and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
        match extension {
            Some(extension) if extension.eq_ignore_ascii_case("json") => Self::Json,
            Some(extension) if extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml") => Self::Yaml,
            _ => Self::by_first_token(text),
        }
    }

    fn by_first_token(text: &str) -> Self {
        let mut rest = text.trim_start_matches('\u{feff}').trim_start();
        // Comments before the first token are common in what is pasted from the guides.
        while rest.starts_with('#') || rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
        }
        if rest.starts_with(['{', '[']) { Self::Json } else { Self::Yaml }
    }
}

/// Reads a text: one document of JSON, or one or several of YAML.
#[must_use]
pub fn read<'a>(text: &'a str, format: Format, limits: &Limits) -> Vec<Parsed<'a>> {
    if text.len() > limits.bytes {
        let range = TextRange::new(0, 0);
        let fault = Fault { kind: FaultKind::TooLarge, range, edits: Vec::new() };
        return vec![Parsed { root: Node::new(Value::Null, range), faults: vec![fault], range }];
    }
    match format {
        Format::Json => vec![json::read(text, limits)],
        Format::Yaml => yaml::read(text, limits),
    }
}

/// What a path leads to.
#[derive(Debug, Clone, Copy)]
pub enum Located<'n, 'a> {
    /// The root of the document.
    Root(&'n Node<'a>),
    /// An entry of a map.
    Entry(&'n Entry<'a>),
    /// An item of a list.
    Item(&'n Node<'a>),
}

impl<'n, 'a> Located<'n, 'a> {
    /// The value.
    #[must_use]
    pub fn node(self) -> &'n Node<'a> {
        match self {
            Self::Root(node) | Self::Item(node) => node,
            Self::Entry(entry) => &entry.value,
        }
    }
}

/// Follows a path in a tree. Of a key that is given several times, `occurrence` picks one for the
/// last step; without it the last one counts.
#[must_use]
pub fn locate<'n, 'a>(root: &'n Node<'a>, path: &Path, occurrence: Option<usize>) -> Option<Located<'n, 'a>> {
    let mut located = Located::Root(root);
    let mut steps = path.segments().iter().peekable();
    while let Some(step) = steps.next() {
        let node = located.node();
        located = match step {
            Segment::Key(key) => Located::Entry(match occurrence.filter(|_| steps.peek().is_none()) {
                Some(occurrence) => node.entries().iter().filter(|entry| &entry.key == key).nth(occurrence)?,
                None => node.entry(key)?,
            }),
            Segment::Index(index) => Located::Item(node.items().get(*index)?),
        };
    }
    Some(located)
}
