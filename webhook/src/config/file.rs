//! The configuration file: a map of settings, each with the place where it stands.

use std::fs;
use std::path::{Path, PathBuf};

use clearance_core::Limits;
use clearance_core::source::{self, Encoding, Fault, FaultKind, Format, LineIndex, Node, Position, SyntaxFault, TextRange, Value};

/// A file of settings is short.
const LONGEST: usize = 1 << 20;

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct File {
    path: PathBuf,
    pub entries: Vec<Entry>,
}

/// One setting of a file.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: String,
    /// One, or those of a list.
    pub values: Vec<String>,
    at: Position,
}

impl File {
    /// Reads a file; what is wrong is told with its line and column.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let label = path.display();
        // `CLEARANCE_CONFIG` names clearance.toml for the other commands.
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
            return Err(format!(
                "{label}: `clearance serve` has a file of settings of its own, in YAML or JSON; clearance.toml is for the other commands"
            ));
        }
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read {label}: {error}"))?;
        let lines = LineIndex::new(&text);
        let position = |range: TextRange| lines.position(&text, range.start, Encoding::CodePoints);
        let told = |range: TextRange, what: &str| format!("{}: {what}", place(path, position(range)));
        let limits = Limits { bytes: LONGEST, ..Limits::default() };
        let mut documents = source::read(&text, Format::of(Some(&label.to_string()), &text), &limits);
        let [document] = documents.as_mut_slice() else { return Err(format!("{label}: it holds more than one document")) };
        if let Some(fault) = document.faults.iter().find(|fault| is_broken(fault)) {
            return Err(told(fault.range, "it cannot be read from here on"));
        }
        if !matches!(document.root.value, Value::Map(_) | Value::Null) {
            return Err(told(document.root.range, "settings are a map of names and values"));
        }
        let mut entries = Vec::new();
        for entry in document.root.entries() {
            let at = position(entry.key_range);
            let values =
                values(&entry.value).map_err(|range| told(range, "a setting is a text, a number, true or false, or a list of these"))?;
            // As in a description of a cluster, `null` says nothing.
            if let Some(values) = values {
                entries.push(Entry { name: entry.key.to_string(), values, at });
            }
        }
        Ok(Self { path: path.to_owned(), entries })
    }

    /// Where an entry stands.
    pub(super) fn place(&self, entry: &Entry) -> String {
        place(&self.path, entry.at)
    }
}

fn place(path: &Path, at: Position) -> String {
    format!("{}:{}:{}", path.display(), at.line.saturating_add(1), at.column.saturating_add(1))
}

/// The values in words; or where something stands that is none.
fn values(node: &Node<'_>) -> Result<Option<Vec<String>>, TextRange> {
    let word = |node: &Node<'_>| match &node.value {
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(value) | Value::String(value) => Ok(value.to_string()),
        Value::Null | Value::List(_) | Value::Map(_) => Err(node.range),
    };
    match &node.value {
        Value::Null => Ok(None),
        Value::List(items) => items.iter().map(word).collect::<Result<_, _>>().map(Some),
        _ => word(node).map(|word| Some(vec![word])),
    }
}

fn is_broken(fault: &Fault) -> bool {
    match &fault.kind {
        FaultKind::Syntax(fault) => *fault != SyntaxFault::Empty,
        kind => !matches!(kind, FaultKind::AmbiguousScalar(_) | FaultKind::CommentInJson | FaultKind::TrailingComma),
    }
}
