mod in_json;
mod in_yaml;
mod model;
mod properties;
mod texts;
mod together;

use super::super::{Limits, read};
use super::*;
use crate::finding::{Path, Segment};

fn path(path: &str) -> Path {
    let steps = path.split('.').filter(|step| !step.is_empty());
    steps.map(|step| step.parse().map_or_else(|_| Segment::Key(step.to_owned().into()), Segment::Index)).collect()
}

/// A value, told in JSON.
fn value(json: &str) -> Value<'static> {
    let parsed = super::super::json::read(json, &Limits::default());
    assert!(parsed.faults.is_empty(), "{json}");
    parsed.root.value.into_owned()
}

fn set(at: &str, json: &str) -> Change {
    Change::Set { path: path(at), value: value(json) }
}

fn insert(at: &str, json: &str) -> Change {
    Change::Insert { path: path(at), value: value(json) }
}

fn remove(at: &str) -> Change {
    Change::Remove { path: path(at), occurrence: None }
}

fn rename(at: &str, to: &str) -> Change {
    Change::Rename { path: path(at), to: to.to_owned() }
}

fn changed(text: &str, format: Format, changes: &[Change]) -> Option<String> {
    let documents = read(text, format, &Limits::default());
    let edits = edits(text, format, &documents[0].root, changes)?;
    apply(text, &edits)
}

/// Makes changes and looks at the text.
#[track_caller]
fn expect(format: Format, text: &str, changes: &[Change], expected: &str) {
    let edited = changed(text, format, changes).unwrap_or_else(|| "nothing".to_owned());
    assert_eq!(edited, expected, "\n{edited}\n--- instead of\n{expected}");
}

#[track_caller]
fn json(text: &str, changes: &[Change], expected: &str) {
    expect(Format::Json, text, changes, expected);
}

#[track_caller]
fn yaml(text: &str, changes: &[Change], expected: &str) {
    expect(Format::Yaml, text, changes, expected);
}

#[test]
fn edits_are_applied_in_any_order() {
    let edit = |start, end, text: &str| TextEdit { range: super::super::TextRange { start, end }, text: text.to_owned() };
    assert_eq!(apply("abcd", &[edit(3, 4, "D"), edit(0, 1, "A")]).as_deref(), Some("AbcD"));
    assert_eq!(apply("abcd", &[edit(1, 2, ""), edit(2, 2, "x")]).as_deref(), Some("axcd"));
    assert_eq!(apply("abcd", &[edit(4, 4, "e")]).as_deref(), Some("abcde"));
    assert_eq!(apply("abcd", &[]).as_deref(), Some("abcd"));
}

#[test]
fn edits_that_do_not_fit_are_not_applied() {
    let edit = |start, end| TextEdit { range: super::super::TextRange { start, end }, text: String::new() };
    assert_eq!(apply("abcd", &[edit(0, 2), edit(1, 3)]), None);
    assert_eq!(apply("abcd", &[edit(3, 5)]), None);
    assert_eq!(apply("abcd", &[edit(3, 2)]), None);
    assert_eq!(apply("域", &[edit(1, 3)]), None);
}
