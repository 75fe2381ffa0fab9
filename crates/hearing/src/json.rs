//! JSON of others, read by the core's own reader: strictly, and without code of its own for each shape.

use clearance_core::source::{Format, Limits, Node, Value, read};

use crate::prelude::*;

/// Reads an object, however long; says what it is otherwise.
pub(crate) fn object(text: &str) -> Result<Node<'_>, String> {
    // A list of the right length is none.
    if !text.trim_start().starts_with('{') {
        return Err("it is no JSON object".to_owned());
    }
    let limits = Limits { bytes: usize::MAX, document_bytes: usize::MAX, ..Limits::default() };
    let parsed = read(text, Format::Json, &limits).into_iter().next().ok_or("it is empty")?;
    match parsed.faults.first() {
        Some(fault) => Err(format!("it is no JSON (byte {})", fault.range.start)),
        None => Ok(parsed.root),
    }
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    // A text has its word in JSON.
    serde_json::to_string(text).unwrap_or_default()
}

/// A part that is there and not null.
pub(crate) fn part<'n, 'a>(node: &'n Node<'a>, key: &str) -> Option<&'n Node<'a>> {
    node.get(key).filter(|part| !part.is_null())
}

/// A part that is a string.
pub(crate) fn text(node: &Node<'_>, key: &str) -> Result<Option<String>, String> {
    part(node, key).map(|part| part.as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` is no string"))).transpose()
}

/// A part that is a list, each item read alike; none where it is not there.
pub(crate) fn list<T>(node: &Node<'_>, key: &str, read: impl Fn(&Node<'_>) -> Result<T, String>) -> Result<Vec<T>, String> {
    let mut list = Vec::new();
    match part(node, key).map(|part| &part.value) {
        None => {}
        Some(Value::List(items)) => {
            for item in items {
                list.push(read(item)?);
            }
        }
        Some(_) => return Err(format!("`{key}` is no list")),
    }
    Ok(list)
}

/// A part that is a list of strings.
pub(crate) fn words(node: &Node<'_>, key: &str) -> Result<Vec<String>, String> {
    list(node, key, |item| item.as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` holds more than strings")))
}
