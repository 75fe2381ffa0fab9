//! New values as text.

use core::fmt::Write as _;

use super::super::{Entry, Node, Value, scalar};
use crate::prelude::*;
use crate::text::joined;

/// How the text around is laid out, so that new text looks as if it had always been there.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The line end.
    pub eol: &'static str,
    /// One level of indentation in JSON and in flow collections over several lines.
    pub unit: String,
    /// By how many columns a block map lies deeper than its key.
    pub step: usize,
    /// By how many columns the dashes of a block list lie deeper than its key; often not at all.
    pub list_step: usize,
}

/// How collections in brackets are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flow {
    /// JSON's words: every key and text in double quotes.
    pub json: bool,
    /// No blank after `:` and `,`.
    pub compact: bool,
}

impl Flow {
    /// JSON, with blanks.
    pub const JSON: Self = Self { json: true, compact: false };
    /// YAML between brackets.
    pub const YAML: Self = Self { json: false, compact: false };

    /// What stands between two entries on one line.
    pub fn comma(self) -> &'static str {
        if self.compact { "," } else { ", " }
    }

    fn colon(self) -> &'static str {
        if self.compact { ":" } else { ": " }
    }

    /// A key and its colon.
    pub fn key(self, key: &str) -> String {
        let mut text = self.text(key);
        text.push_str(self.colon());
        text
    }

    fn text(self, text: &str) -> String {
        if self.json { quoted(text) } else { plain_or_quoted(text) }
    }

    /// A value on one line.
    pub fn inline(self, value: &Value<'_>) -> String {
        match value {
            Value::String(text) => self.text(text),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.inline(&item.value)).collect();
                format!("[{}]", joined(&items, self.comma()))
            }
            Value::Map(entries) => {
                let entries: Vec<String> = entries.iter().map(|entry| self.key(&entry.key) + &self.inline(&entry.value.value)).collect();
                format!("{{{}}}", joined(&entries, self.comma()))
            }
            other => word(other),
        }
    }

    /// A value with one entry or item a line; `indent` is that of the line on which it begins.
    pub fn pretty(self, value: &Value<'_>, indent: &str, layout: &Layout) -> String {
        let deeper = format!("{indent}{}", layout.unit);
        let (open, close, lines): (_, _, Vec<String>) = match value {
            Value::List(items) if !items.is_empty() => {
                ('[', ']', items.iter().map(|item| self.pretty(&item.value, &deeper, layout)).collect())
            }
            Value::Map(entries) if !entries.is_empty() => {
                ('{', '}', entries.iter().map(|entry| self.key(&entry.key) + &self.pretty(&entry.value.value, &deeper, layout)).collect())
            }
            other => return self.inline(other),
        };
        let eol = layout.eol;
        let lines = joined(&lines, &format!(",{eol}{deeper}"));
        format!("{open}{eol}{deeper}{lines}{eol}{indent}{close}")
    }
}

/// The quotes around a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// None, where the text allows it.
    Plain,
    /// `'`, where the text allows it.
    Single,
    /// `"`.
    Double,
}

impl Quotes {
    /// The quotes that a text of YAML begins with.
    pub fn of(text: &str) -> Self {
        match text.as_bytes().first() {
            Some(b'"') => Self::Double,
            Some(b'\'') => Self::Single,
            _ => Self::Plain,
        }
    }

    /// A text in these quotes, or in double ones if it needs them.
    pub fn write(self, text: &str) -> String {
        match self {
            Self::Plain => plain_or_quoted(text),
            Self::Single if !text.chars().any(must_be_escaped) => format!("'{}'", text.replace('\'', "''")),
            Self::Single | Self::Double => quoted(text),
        }
    }
}

/// A value of YAML that fits behind a key: a scalar or an empty collection.
pub(super) fn short(value: &Value<'_>, quotes: Quotes) -> Option<String> {
    match value {
        Value::String(text) => Some(quotes.write(text)),
        Value::List(items) if !items.is_empty() => None,
        Value::Map(entries) if !entries.is_empty() => None,
        other => Some(word(other)),
    }
}

/// A value as lines of block YAML, each indented, without a line end after the last.
pub(super) fn block(value: &Value<'_>, indent: usize, layout: &Layout) -> String {
    let lines: Vec<String> = match value {
        Value::Map(entries) if !entries.is_empty() => {
            entries.iter().map(|entry| block_entry(&entry.key, &entry.value.value, indent, layout)).collect()
        }
        Value::List(items) if !items.is_empty() => items.iter().map(|item| block_item(&item.value, indent, layout)).collect(),
        other => vec![spaces(indent) + &short(other, Quotes::Plain).unwrap_or_default()],
    };
    joined(&lines, layout.eol)
}

/// An entry of a block map.
pub(super) fn block_entry(key: &str, value: &Value<'_>, indent: usize, layout: &Layout) -> String {
    let key = spaces(indent) + &plain_or_quoted(key);
    match short(value, Quotes::Plain) {
        Some(value) => format!("{key}: {value}"),
        None => format!("{key}:{}{}", layout.eol, block(value, deeper(value, indent, layout), layout)),
    }
}

/// An item of a block list.
pub(super) fn block_item(value: &Value<'_>, indent: usize, layout: &Layout) -> String {
    let dash = spaces(indent) + "- ";
    let value = block(value, indent.saturating_add(2), layout);
    dash + value.trim_start_matches(' ')
}

/// The column of a block collection below a key.
pub(super) fn deeper(value: &Value<'_>, indent: usize, layout: &Layout) -> usize {
    indent.saturating_add(if matches!(value, Value::List(_)) { layout.list_step } else { layout.step })
}

pub(super) fn spaces(count: usize) -> String {
    " ".repeat(count)
}

fn word(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(text) | Value::String(text) => text.to_string(),
        Value::List(_) => "[]".to_owned(),
        Value::Map(_) => "{}".to_owned(),
    }
}

pub(crate) fn plain_or_quoted(text: &str) -> String {
    if scalar::reads_as_text(text) { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes, as JSON and YAML both read it.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other if must_be_escaped(other) => {
                // All of them lie in the first plane, so that four digits are enough for both formats.
                let _ = write!(quoted, "\\u{:04x}", u32::from(other));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// What YAML does not count as printable, and its line ends.
fn must_be_escaped(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// A map of new entries, for a plan that adds to a map that is not yet there.
pub(super) fn map_of(entries: impl Iterator<Item = (String, Value<'static>)>) -> Value<'static> {
    let entry = |(key, value): (String, Value<'static>)| Entry {
        key: key.into(),
        key_range: super::super::TextRange::default(),
        merged: false,
        value: Node::new(value, super::super::TextRange::default()),
    };
    Value::Map(entries.map(entry).collect())
}
