//! The YAML that nearly all manifests are written in, read without a parser.
//!
//! Block maps and block lists, comments, scalars on one line, documents between `---`: that is what
//! people and tools write, and most of a verdict's time would go into turning it into tokens. What
//! is anything else, or may be wrong, is left to the [reader of all of YAML](super::read): it is the
//! one that says what a text means, and the tests hold this one against it.

use alloc::borrow::Cow;

use super::super::scalar::{self, Scalar};
use super::{Entry, Limits, Node, Parsed, TextRange, Value};
use crate::prelude::*;
use crate::text::any_byte;

/// The longest key that YAML lets stand without a `?` is 1,024 characters.
const LONGEST_KEY: usize = 500;

/// All documents of a text, or nothing where the whole of YAML is needed to read it.
pub(super) fn read<'a>(text: &'a str, limits: &Limits) -> Option<Vec<Parsed<'a>>> {
    if !is_plain(text) {
        return None;
    }
    let mut reader = Reader { text, depth: limits.depth, documents: Vec::new(), start: 0, marked: false, root: None, open: Vec::new() };
    let mut at = 0_usize;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
        reader.line(line, at)?;
        at = at.saturating_add(line.len()).saturating_add(1);
    }
    reader.finish();
    (!reader.documents.is_empty()).then_some(reader.documents)
}

/// Whether there are no characters but such as mean nothing special in any reader of YAML.
fn is_plain(text: &str) -> bool {
    if any_byte(text, |byte| byte < b' ' && byte != b'\n' || byte == 0x7f) {
        return false;
    }
    // Other controls, line separators, byte order marks, and what is no character at all.
    text.is_ascii() || !text.chars().any(|char| matches!(char, '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{e000}'..='\u{ffff}'))
}

/// Builds the documents of one text.
struct Reader<'a> {
    text: &'a str,
    depth: usize,
    documents: Vec<Parsed<'a>>,
    /// Where the document that is being read starts.
    start: usize,
    /// Whether a `---` was there yet.
    marked: bool,
    root: Option<Node<'a>>,
    /// The lists and maps that are open, outermost first.
    open: Vec<Open<'a>>,
}

/// A list or a map that is not closed yet.
struct Open<'a> {
    /// The column of its keys or dashes.
    column: usize,
    start: usize,
    /// The end of the last key, dash or child so far.
    end: usize,
    holds: Holds<'a>,
}

/// What is in it so far, and what its next value belongs to.
enum Holds<'a> {
    /// Whether a dash waits for its item.
    List(Vec<Node<'a>>, bool),
    /// The key that waits for its value.
    Map(Vec<Entry<'a>>, Option<(Cow<'a, str>, TextRange)>),
}

impl<'a> Reader<'a> {
    /// Takes one line, which starts at `start`; nothing where more of YAML is needed.
    fn line(&mut self, line: &'a str, start: usize) -> Option<()> {
        let mut rest = line.trim_start_matches(' ');
        let mut column = line.len().saturating_sub(rest.len());
        if rest.is_empty() || rest.starts_with('#') {
            return Some(());
        }
        if column == 0 && (rest.starts_with("---") || rest.starts_with("...") || rest.starts_with('%')) {
            return (rest.trim_end_matches(' ') == "---").then(|| self.begin(start));
        }
        let mut first = true;
        // `- - key: value` opens two lists and a map in one line.
        while let Some(after) = rest.strip_prefix('-').filter(|after| after.is_empty() || after.starts_with(' ')) {
            let dash = start.saturating_add(column);
            self.enter(column, first, true, dash)?;
            first = false;
            self.wait_for_item(dash.saturating_add(1))?;
            let item = after.trim_start_matches(' ');
            if item.is_empty() || item.starts_with('#') {
                return Some(());
            }
            column = column.saturating_add(1).saturating_add(after.len().saturating_sub(item.len()));
            rest = item;
        }
        let at = start.saturating_add(column);
        let Some((key, length)) = key(rest) else {
            // A scalar that stands alone in its line goes on with the one before it.
            return if first { None } else { self.scalar(rest, at) };
        };
        let end = at.saturating_add(length);
        self.enter(column, first, false, at)?;
        self.wait_for_value(key, TextRange::new(at, end))?;
        let after = rest.get(length.saturating_add(1)..)?;
        let value = after.trim_start_matches(' ');
        if value.is_empty() || value.starts_with('#') {
            return Some(());
        }
        let gap = after.len().saturating_sub(value.len());
        self.scalar(value, end.saturating_add(1).saturating_add(gap))
    }

    /// A `---` stands at `start`.
    fn begin(&mut self, start: usize) {
        self.finish();
        if self.marked || !self.documents.is_empty() {
            if let Some(last) = self.documents.last_mut() {
                last.range.end = last.range.end.min(TextRange::new(start, start).start);
            }
            self.start = start;
        }
        self.marked = true;
    }

    /// The document ends.
    fn finish(&mut self) {
        while self.close() {}
        if let Some(root) = self.root.take() {
            self.documents.push(Parsed { root, faults: Vec::new(), range: TextRange::new(self.start, self.text.len()) });
        }
    }

    /// Goes to the list or map that a dash or a key at this column belongs to; opens it where it is new.
    /// The first of a line may close others.
    fn enter(&mut self, column: usize, first: bool, dash: bool, start: usize) -> Option<()> {
        while let Some(top) = self.open.last() {
            let waits = top.waits();
            if column > top.column {
                if waits {
                    break;
                }
                return None;
            }
            if !first {
                return None;
            }
            if column == top.column {
                match (&top.holds, dash) {
                    (Holds::List(..), true) | (Holds::Map(..), false) => {
                        self.place_nothing();
                        return Some(());
                    }
                    // A list need not be indented under its key.
                    (Holds::Map(..), true) if waits => break,
                    (Holds::Map(..), true) => return None,
                    (Holds::List(..), false) => {}
                }
            }
            self.close();
        }
        // What follows a root that is closed is a fault.
        if self.open.is_empty() && self.root.is_some() || self.open.len() >= self.depth {
            return None;
        }
        let holds = if dash { Holds::List(Vec::new(), false) } else { Holds::Map(Vec::with_capacity(4), None) };
        self.open.push(Open { column, start, end: start, holds });
        Some(())
    }

    fn wait_for_item(&mut self, end: usize) -> Option<()> {
        let open = self.open.last_mut()?;
        let Holds::List(_, waits) = &mut open.holds else { return None };
        *waits = true;
        open.end = end;
        Some(())
    }

    fn wait_for_value(&mut self, key: Cow<'a, str>, at: TextRange) -> Option<()> {
        let open = self.open.last_mut()?;
        let Holds::Map(_, waits) = &mut open.holds else { return None };
        *waits = Some((key, at));
        // Behind the colon.
        open.end = at.as_range().end.saturating_add(1);
        Some(())
    }

    /// Places the scalar, or the empty list or map, that `text` starts with.
    fn scalar(&mut self, text: &'a str, at: usize) -> Option<()> {
        let (value, length) = value(text)?;
        self.place(Node::new(value, TextRange::new(at, at.saturating_add(length))));
        Some(())
    }

    /// What waits in the innermost list or map gets nothing.
    fn place_nothing(&mut self) {
        if let Some(open) = self.open.last().filter(|open| open.waits()) {
            self.place(Node::new(Value::Null, TextRange::new(open.end, open.end)));
        }
    }

    /// Puts a node where it is waited for.
    fn place(&mut self, node: Node<'a>) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.end = node.range.as_range().end;
        match &mut open.holds {
            Holds::List(items, waits) => {
                *waits = false;
                items.push(node);
            }
            Holds::Map(entries, waits) => {
                if let Some((key, key_range)) = waits.take() {
                    entries.push(Entry { key, key_range, merged: false, value: node });
                }
            }
        }
    }

    /// Closes the innermost list or map, if there is one.
    fn close(&mut self) -> bool {
        self.place_nothing();
        let Some(open) = self.open.pop() else { return false };
        let value = match open.holds {
            Holds::List(items, _) => Value::List(items),
            Holds::Map(entries, _) => Value::Map(entries),
        };
        self.place(Node::new(value, TextRange::new(open.start, open.end)));
        true
    }
}

impl Open<'_> {
    fn waits(&self) -> bool {
        match &self.holds {
            Holds::List(_, waits) => *waits,
            Holds::Map(_, waits) => waits.is_some(),
        }
    }
}

/// The key that a line starts with, and its length, up to its colon.
fn key(line: &str) -> Option<(Cow<'_, str>, usize)> {
    if line.starts_with(['"', '\'']) {
        let (text, length) = quoted(line)?;
        return (is_colon(line, length) && length <= LONGEST_KEY).then_some((Cow::Borrowed(text), length));
    }
    let length = line.as_bytes().iter().enumerate().position(|(at, byte)| *byte == b':' && is_colon(line, at))?;
    let text = plain(line.get(..length)?)?;
    let is_text = text.len() == length && length <= LONGEST_KEY && scalar::resolve(text) == Scalar::Text;
    is_text.then_some((Cow::Borrowed(text), length))
}

/// Whether there is a colon that ends a key.
fn is_colon(line: &str, at: usize) -> bool {
    matches!(line.as_bytes().get(at..), Some([b':'] | [b':', b' ', ..]))
}

/// The value that fills the rest of a line, and its length.
fn value(text: &str) -> Option<(Value<'_>, usize)> {
    let (value, length) = match text.as_bytes().first()? {
        b'"' | b'\'' => {
            let (text, length) = quoted(text)?;
            (Value::String(Cow::Borrowed(text)), length)
        }
        b'{' => (Value::Map(Vec::new()), text.starts_with("{}").then_some(2)?),
        b'[' => (Value::List(Vec::new()), text.starts_with("[]").then_some(2)?),
        _ => {
            let text = plain(text)?;
            let scalar = scalar::resolve(text);
            let is_clear = scalar.has_json() && scalar.ambiguity(text).is_none();
            return is_clear.then(|| (scalar.value(Cow::Borrowed(text)), text.len()));
        }
    };
    let rest = text.get(length..)?;
    let behind = rest.trim_start_matches(' ');
    (behind.is_empty() || behind.starts_with('#') && behind.len() < rest.len()).then_some((value, length))
}

/// The text between quotes that hold no escape, and the length of both.
fn quoted(text: &str) -> Option<(&str, usize)> {
    let quote = *text.as_bytes().first()?;
    let inner = text.get(1..)?;
    let length = inner.as_bytes().iter().position(|byte| *byte == quote || *byte == b'\\')?;
    let closed = inner.as_bytes().get(length) == Some(&quote);
    let escaped = quote == b'\'' && inner.as_bytes().get(length.saturating_add(1)) == Some(&b'\'');
    (closed && !escaped).then_some((inner.get(..length)?, length.saturating_add(2)))
}

/// The scalar without quotes that a text starts with, up to a comment or the end of the line.
fn plain(text: &str) -> Option<&str> {
    let mut before = b' ';
    let mut end = text.len();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'#' if before == b' ' => {
                end = at;
                break;
            }
            // A second key in one line.
            b' ' if before == b':' => return None,
            _ => before = byte,
        }
    }
    if before == b':' {
        return None;
    }
    let text = text.get(..end)?.trim_end_matches(' ');
    let starts = *text.as_bytes().first()?;
    (!b"-?:,[]{}#&*!|>'\"%@`<=~".contains(&starts)).then_some(text)
}
