//! Values of a configuration.

use std::time::Duration;

use clearance_core::source::{Node, TextRange, Value};

/// A time: `100ms`, `2s`.
pub(super) fn duration(node: &Node<'_>) -> Option<Duration> {
    let text = node.as_str()?;
    if let Some(number) = text.strip_suffix("ms") {
        return number.parse().ok().map(Duration::from_millis);
    }
    text.strip_suffix('s').and_then(|number| number.parse().ok()).map(Duration::from_secs)
}

/// A size in Kubernetes' words: `64Mi`, `512Ki`.
pub(super) fn bytes(node: &Node<'_>) -> Option<usize> {
    let text = node.as_str()?;
    let (number, unit) =
        [("Ki", 10), ("Mi", 20), ("Gi", 30)].into_iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))?;
    number.parse::<usize>().ok()?.checked_mul(1_usize.checked_shl(unit)?)
}

pub(super) fn boolean(node: &Node<'_>) -> Option<bool> {
    match node.value {
        Value::Bool(word) => Some(word),
        _ => None,
    }
}

/// Words, each with its place.
pub(super) fn words(node: &Node<'_>) -> Option<Vec<(String, TextRange)>> {
    if !matches!(node.value, Value::List(_)) {
        return None;
    }
    node.items().iter().map(|item| Some((item.as_str()?.to_owned(), item.range))).collect()
}

/// What a JSON Pointer leads to; where it leads nowhere, the nearest thing above.
pub(super) fn at_pointer(node: &Node<'_>, pointer: &str) -> TextRange {
    let mut at = node;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = match &at.value {
            Value::List(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => at.get(&step),
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    at.range
}
