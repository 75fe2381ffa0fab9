//! What the readers note on their way: a fault never stops a reading.

use super::TextRange;
use crate::prelude::*;

/// A fault of the text itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Where.
    pub range: TextRange,
    /// Edits of the text that mend it; empty where nothing can be offered. They go together.
    pub edits: Vec<TextEdit>,
}

/// The kinds of fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The text is no JSON or no YAML here.
    Syntax(SyntaxFault),
    /// A `#`, `//` or `/* … */` comment in JSON.
    CommentInJson,
    /// A comma is missing before this place; the range is the token that it is missing after.
    MissingComma,
    /// A comma before a closing bracket or brace; the range is the comma.
    TrailingComma,
    /// A bare `$word` where JSON wants a value; the tree holds it as a string.
    BareVariable,
    /// A plain YAML scalar that YAML 1.1 (Kubernetes) and YAML 1.2 read differently. It holds how
    /// Kubernetes reads it, in the words of JSON.
    AmbiguousScalar(String),
    /// Nested deeper than [`Limits::depth`](super::Limits); the range is the bracket or key that went too deep.
    TooDeep,
    /// The text is longer than [`Limits::bytes`](super::Limits).
    TooLarge,
    /// Aliases and merge keys stand for more nodes than [`Limits::alias_nodes`](super::Limits).
    AliasLimit,
}

impl FaultKind {
    /// Whether more may stand in the text than was read.
    #[must_use]
    pub fn hides_something(&self) -> bool {
        match self {
            Self::Syntax(fault) => *fault != SyntaxFault::Empty,
            kind => matches!(kind, Self::TooDeep | Self::TooLarge | Self::AliasLimit),
        }
    }
}

/// What a reader expected and did not find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyntaxFault {
    /// There is nothing in the text.
    Empty,
    /// A value is missing here.
    ValueExpected,
    /// A key in double quotes is missing here.
    KeyExpected,
    /// A colon is missing after a key.
    ColonExpected,
    /// An opening bracket or brace is never closed (the range is the opening one).
    Unclosed(char),
    /// A closing bracket or brace that closes nothing, or the wrong one.
    Unexpected(char),
    /// A string is not closed before the end of its line.
    UnclosedString,
    /// A comment is opened by `/*` and never closed; the range is the rest of its line.
    UnclosedComment,
    /// White space that JSON does not know, such as a no-break space; the range may hold more of it.
    OddBlank(char),
    /// An escape that JSON does not know.
    InvalidEscape,
    /// A control character inside a string.
    ControlCharacter,
    /// A number that JSON does not allow.
    InvalidNumber,
    /// A number too large for a 64-bit floating-point number.
    NumberTooLarge,
    /// A word that is no JSON value.
    UnknownWord,
    /// A string in single quotes.
    SingleQuotes,
    /// Text after the end of the document.
    TrailingText,
    /// A byte that is no UTF-8; the range is empty and stands before it.
    NotUtf8,
    /// A NUL byte or another sign that this is no text.
    Binary,
    /// A YAML alias that names no anchor.
    UnknownAnchor,
    /// A key that is no scalar, or is null.
    KeyNotText,
    /// A merge key that names neither a map nor a list of maps.
    InvalidMerge,
    /// A number that JSON has no word for: infinity and not-a-number.
    NoJsonNumber,
    /// What the YAML reader says, in its own words.
    Yaml(String),
}

/// Replaces a range of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced; empty for an insertion.
    pub range: TextRange,
    /// What comes in its place.
    pub text: String,
}

impl TextEdit {
    /// An edit that inserts `text` at a byte offset.
    #[must_use]
    pub fn insert(offset: u32, text: impl Into<String>) -> Self {
        Self { range: TextRange { start: offset, end: offset }, text: text.into() }
    }

    /// An edit that removes a range.
    #[must_use]
    pub fn remove(range: TextRange) -> Self {
        Self { range, text: String::new() }
    }
}
