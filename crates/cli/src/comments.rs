//! Comments, taken from one document to another that says the same in another form.

use std::collections::BTreeMap;

use clearance_core::Document;
use clearance_core::finding::{Path, Segment};
use clearance_core::source::{Entry, Node, TextRange, Value};
use clearance_render::{MODELINE, modeline};

/// What is said beside a document's fields, by their paths in the resource.
#[derive(Debug, Default)]
pub struct Comments {
    /// Above the first field: they are about the whole.
    head: Vec<String>,
    by_path: BTreeMap<Path, Beside>,
}

#[derive(Debug, Default)]
struct Beside {
    above: Vec<String>,
    after: Option<String>,
}

impl Comments {
    /// The comments of a document.
    pub fn of(document: &Document<'_>) -> Self {
        let mut comments = Self::default();
        let mut is_first = true;
        walk(document, &document.root, &Path::root(), &mut |path, entry| {
            let mut beside = Beside { above: above(document.text, entry.key_range), after: after(document.text, entry) };
            if std::mem::take(&mut is_first) {
                comments.head = std::mem::take(&mut beside.above);
            }
            if !beside.above.is_empty() || beside.after.is_some() {
                comments.by_path.insert(path, beside);
            }
        });
        comments
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        let beside = self.by_path.values().map(|beside| beside.above.len() + usize::from(beside.after.is_some()));
        self.head.len() + beside.sum::<usize>()
    }

    /// Writes them into the text of another document, in YAML. Returns the text and how many had no place in it.
    pub fn into_text(mut self, document: &Document<'_>) -> (String, usize) {
        let text = document.text;
        // Each at an offset, in order.
        // Which schema an editor goes by depends on the form.
        let head = self.head.drain(..).map(
            |comment| {
                if comment.starts_with(MODELINE) { modeline(document.form) } else { format!("# {comment}\n") }
            },
        );
        let mut pieces: Vec<(usize, String)> = head.map(|comment| (0, comment)).collect();
        walk(document, &document.root, &Path::root(), &mut |path, entry| {
            let Some(beside) = self.by_path.remove(&path) else { return };
            let start = line_start(text, entry.key_range.as_range().start);
            let indent: String = text.get(start..).unwrap_or_default().chars().take_while(|c| *c == ' ').collect();
            pieces.extend(beside.above.into_iter().map(|comment| (start, format!("{indent}# {comment}\n"))));
            if let Some(comment) = beside.after {
                pieces.push((line_end(text, end_of(entry)), format!(" # {comment}")));
            }
        });
        pieces.sort_by_key(|(offset, _)| *offset);
        let mut written = String::with_capacity(text.len());
        let mut at = 0;
        for (offset, piece) in pieces {
            written.push_str(text.get(at..offset).unwrap_or_default());
            written.push_str(&piece);
            at = offset;
        }
        written.push_str(text.get(at..).unwrap_or_default());
        (written, self.count())
    }
}

/// Visits all entries of a document with their paths in the resource.
fn walk(document: &Document<'_>, node: &Node<'_>, written: &Path, visit: &mut dyn FnMut(Path, &Entry<'_>)) {
    for entry in node.entries().iter().filter(|entry| !entry.merged) {
        let path = written.clone().key(entry.key.clone().into_owned());
        visit(document.form.canonical(&path), entry);
        if !entry.value.alias {
            walk(document, &entry.value, &path, visit);
        }
    }
    for (index, item) in node.items().iter().enumerate().filter(|(_, item)| !item.alias) {
        let mut path = written.clone();
        path.push(Segment::Index(index));
        walk(document, item, &path, visit);
    }
}

fn line_start(text: &str, offset: usize) -> usize {
    text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
}

fn line_end(text: &str, offset: usize) -> usize {
    text.get(offset..).and_then(|rest| rest.find(['\r', '\n'])).map_or(text.len(), |at| offset + at)
}

/// Where the first line of an entry ends to say something: after a simple value, or after the key.
fn end_of(entry: &Entry<'_>) -> usize {
    let range = if is_simple(&entry.value) { entry.value.range } else { entry.key_range };
    range.as_range().end.max(entry.key_range.as_range().end)
}

fn is_simple(node: &Node<'_>) -> bool {
    !matches!(node.value, Value::Map(_) | Value::List(_))
}

/// What a line of comment says.
fn said(line: &str) -> Option<&str> {
    let line = line.trim();
    line.strip_prefix('#').or_else(|| line.strip_prefix("//")).map(str::trim)
}

/// The comments on the lines above a key that stands first on its own.
fn above(text: &str, key: TextRange) -> Vec<String> {
    let start = line_start(text, key.as_range().start);
    let before = text.get(start..key.as_range().start).unwrap_or_default();
    if before.chars().any(|c| !matches!(c, ' ' | '\t' | '-' | '\u{feff}')) {
        return Vec::new();
    }
    let lines = text.get(..start).unwrap_or_default().lines().rev();
    let mut comments: Vec<String> = lines.map_while(|line| said(line.trim_start_matches('\u{feff}'))).map(str::to_owned).collect();
    comments.reverse();
    comments
}

/// The comment after an entry, on its line.
fn after(text: &str, entry: &Entry<'_>) -> Option<String> {
    let end = end_of(entry);
    let rest = text.get(end..line_end(text, end))?.trim_start_matches([' ', '\t', ':', ',', '{', '}', '[', ']']);
    said(rest).map(str::to_owned)
}
