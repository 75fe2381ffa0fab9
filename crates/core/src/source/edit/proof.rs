//! The last look: is what the edited text says what was asked for?
//!
//! Edits rest on ranges, and on what was read between them; where a text is broken or odd, that may
//! mislead. A file must never come out wrong, so the edited text is read again and compared.

use alloc::borrow::Cow;
use core::ops::Range;

use super::super::{Limits, Node, TextEdit, TextRange, Value, float, read};
use super::plan::{self, Plan};
use super::scan::Scan;
use crate::prelude::*;
use crate::sort::sort_by;

/// Whether a document holds what the plan wants, once it is edited; and whether all edits lie in it.
pub(super) fn holds(scan: Scan<'_>, document: &Range<usize>, root: &Node<'_>, plan: &Plan, edits: &[TextEdit]) -> bool {
    let inside = |edit: &TextEdit| {
        let range = edit.range.as_range();
        let range = TextRange::new(range.start.checked_sub(document.start)?, range.end.checked_sub(document.start)?);
        Some(TextEdit { range, text: edit.text.clone() })
    };
    let edits: Option<Vec<TextEdit>> = edits.iter().map(inside).collect();
    let Some(edited) = edits.and_then(|edits| super::apply(scan.slice(document.clone()), &edits)) else { return false };
    let limits = Limits { bytes: usize::MAX, document_bytes: usize::MAX, ..Limits::default() };
    let documents = read(&edited, scan.format, &limits);
    let [document] = documents.as_slice() else { return false };
    same(&document.root.value, &plan::outcome(root, plan))
}

/// Whether two values are equal, keys that are given twice included; the order of keys does not count.
fn same(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || same_number(a, b),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.value, &b.value)),
        (Value::Map(a), Value::Map(b)) => {
            let mut a: Vec<(&Cow<'_, str>, &Value<'_>)> = a.iter().map(|entry| (&entry.key, &entry.value.value)).collect();
            let mut b: Vec<(&Cow<'_, str>, &Value<'_>)> = b.iter().map(|entry| (&entry.key, &entry.value.value)).collect();
            // The sort is stable, and so the order of equal keys counts.
            let by_key = |(a, _): &(&Cow<'_, str>, _), (b, _): &(&Cow<'_, str>, _)| a.cmp(b);
            sort_by(&mut a, by_key);
            sort_by(&mut b, by_key);
            a.len() == b.len() && a.iter().zip(&b).all(|((a_key, a), (b_key, b))| a_key == b_key && same(a, b))
        }
        _ => a.same(b),
    }
}

/// `1.0` in a change is read as `1` from YAML.
fn same_number(a: &str, b: &str) -> bool {
    matches!((float::parse(a), float::parse(b)), (Some(a), Some(b)) if a.total_cmp(&b).is_eq())
}
