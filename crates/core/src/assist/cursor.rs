//! Where in a description the cursor stands, also where the text is broken: what is being written is
//! broken most of the time, so lines and brackets are read here, and no tree.

mod block;
mod flow;

use crate::finding::{Part, Path};
use crate::source::{Format, TextRange};

/// A place at which something is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// For a value its path as it is written; for a key that of the map around it.
    pub path: Path,
    /// What is written.
    pub part: Part,
    /// What stands there already: a word or its beginning.
    pub range: TextRange,
    /// The text that must be blank for the rest to be readable.
    pub blank: TextRange,
    /// How it is written.
    pub style: Style,
    /// Whether a key's colon is there, or a value stands right behind it without a blank.
    pub colon: bool,
}

/// How the text around is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// In lines; the column in which keys begin.
    Block(usize),
    /// In brackets, in the words of JSON or not.
    Flow {
        /// With every key and text in double quotes.
        json: bool,
        /// Whether another entry follows without a comma.
        comma: bool,
    },
}

impl Cursor {
    /// The place of an offset in a text.
    pub fn at(text: &str, format: Format, offset: usize) -> Option<Self> {
        let start = if format == Format::Json { 0 } else { document_start(text, offset) };
        let start = if text.get(start..)?.starts_with('\u{feff}') { start.saturating_add(3) } else { start };
        let first = text
            .get(start..)?
            .lines()
            .map(str::trim_start)
            .find(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("//"));
        if format == Format::Json || first.is_some_and(|line| line.starts_with(['{', '['])) {
            let json = format == Format::Json || text.contains('"');
            return flow::at(text, start, offset, Path::root(), json);
        }
        block::at(text, start, offset)
    }
}

/// Where the document of a YAML text begins in which an offset lies: after the last `---` before it.
fn document_start(text: &str, offset: usize) -> usize {
    let mut start = 0_usize;
    let mut at = 0_usize;
    for line in text.split_inclusive('\n') {
        let next = at.saturating_add(line.len());
        if next > offset {
            break;
        }
        if line.starts_with("---") {
            start = next;
        }
        at = next;
    }
    start
}
