//! The tree that both readers, YAML and JSON, build from text.
//!
//! Every key and every value knows the bytes of the text that it came from. A tree made in memory,
//! as the value of a [`Change`](crate::finding::Change), has empty ranges.

use alloc::borrow::Cow;

use crate::map::Map;
use crate::prelude::*;

/// A range of bytes in a text: `start` included, `end` excluded.
///
/// Texts are bounded well below 4 GiB (see [`Limits`](super::Limits)), so 32 bits are enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TextRange {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl TextRange {
    /// A range from byte offsets; offsets beyond `u32::MAX` are cut to it.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let cut = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: cut(start), end: cut(end) }
    }

    /// The same range for slicing.
    #[must_use]
    pub fn as_range(self) -> core::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The part of `text` that the range covers, or nothing where it does not fit.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.as_range()).unwrap_or("")
    }
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'a> {
    /// What is written there, as Kubernetes reads it.
    pub value: Value<'a>,
    /// Where: quotes, brackets and braces included. Block maps and block lists reach from their
    /// first key (or `-`) to the end of their last child.
    pub range: TextRange,
    /// Whether the text there is a YAML alias (`*name`): then the children's ranges lie at the
    /// anchor, and no change can be made through it.
    pub alias: bool,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, in the words of JSON (`0x1F` in YAML is `31` here).
    Number(Cow<'a, str>),
    /// A text.
    String(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// A map, with its entries in the order of the text; a key that is given twice is here twice.
    Map(Vec<Entry<'a>>),
}

/// One entry of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'a> {
    /// The key's text, without quotes.
    pub key: Cow<'a, str>,
    /// Where the key stands, quotes included.
    pub key_range: TextRange,
    /// Whether the entry came in by a YAML merge key (`<<`): no change can be made through it.
    pub merged: bool,
    /// The value.
    pub value: Node<'a>,
}

impl<'a> Node<'a> {
    /// A node at a place.
    #[must_use]
    pub fn new(value: Value<'a>, range: TextRange) -> Self {
        Self { value, range, alias: false }
    }

    /// The value of `key` in a map; of a key that is given twice, the last one, as Kubernetes takes it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The last entry of `key` in a map.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries().iter().rev().find(|entry| entry.key == key)
    }

    /// The entries of a map; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry<'a>] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The positions of entries that a later one of the same key puts out of force, in order.
    #[must_use]
    pub fn overridden(&self) -> Vec<usize> {
        overridden(self.entries())
    }

    /// Whether a key is given twice anywhere in it.
    #[must_use]
    pub fn repeats_keys(&self) -> bool {
        match &self.value {
            Value::Map(entries) => repeats_a_key(entries) || entries.iter().any(|entry| entry.value.repeats_keys_below()),
            Value::List(items) => items.iter().any(Self::repeats_keys_below),
            _ => false,
        }
    }

    /// Most nodes are scalars: they are passed over without a call.
    #[inline]
    fn repeats_keys_below(&self) -> bool {
        matches!(self.value, Value::Map(_) | Value::List(_)) && self.repeats_keys()
    }

    /// The entries that are in force: all of them where it is known that no key [is repeated](Self::repeats_keys).
    pub fn in_force(&self, repeats_keys: bool) -> impl Iterator<Item = &Entry<'a>> {
        let overridden = if repeats_keys { self.overridden() } else { Vec::new() };
        self.entries().iter().enumerate().filter(move |(index, _)| overridden.binary_search(index).is_err()).map(|(_, entry)| entry)
    }

    /// The items of a list; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Node<'a>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the node says nothing: `null` counts as absent.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }
}

impl Value<'_> {
    /// A copy that borrows from no text.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(bool) => Value::Bool(bool),
            Value::Number(text) => Value::Number(Cow::Owned(text.into_owned())),
            Value::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Value::List(items) => Value::List(items.into_iter().map(Node::into_owned).collect()),
            Value::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|entry| Entry {
                        key: Cow::Owned(entry.key.into_owned()),
                        key_range: entry.key_range,
                        merged: entry.merged,
                        value: entry.value.into_owned(),
                    })
                    .collect(),
            ),
        }
    }

    /// Whether two values mean the same: ranges and the order of keys do not count.
    #[must_use]
    pub fn same(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) | (Value::String(a), Value::String(b)) => a == b,
            (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.value.same(&b.value)),
            (Value::Map(a), Value::Map(b)) => {
                let there = ByKey::of(b);
                a.len() == b.len() && a.iter().all(|entry| there.get(&entry.key).is_some_and(|other| entry.value.value.same(&other.value)))
            }
            _ => false,
        }
    }
}

impl Node<'_> {
    /// A copy that borrows from no text.
    #[must_use]
    pub fn into_owned(self) -> Node<'static> {
        Node { value: self.value.into_owned(), range: self.range, alias: self.alias }
    }
}

/// The positions of entries that a later one of the same key puts out of force, in order.
pub(super) fn overridden(entries: &[Entry<'_>]) -> Vec<usize> {
    if entries.len() <= FEW && !repeats_a_key(entries) {
        return Vec::new();
    }
    let last: Map<&str, usize> = entries.iter().enumerate().map(|(index, entry)| (entry.key.as_ref(), index)).collect();
    if last.len() == entries.len() {
        return Vec::new();
    }
    let later = |(index, entry): (usize, &Entry<'_>)| (last.get(entry.key.as_ref()) != Some(&index)).then_some(index);
    entries.iter().enumerate().filter_map(later).collect()
}

/// The entries of a map for many questions: of many entries there is an index.
#[derive(Debug)]
pub struct ByKey<'n, 'a> {
    entries: &'n [Entry<'a>],
    last: Map<&'n str, usize>,
}

impl<'n, 'a> ByKey<'n, 'a> {
    /// Those of a map.
    #[must_use]
    pub fn of(entries: &'n [Entry<'a>]) -> Self {
        let indexed = if entries.len() > FEW { entries } else { &[] };
        Self { entries, last: indexed.iter().enumerate().map(|(index, entry)| (entry.key.as_ref(), index)).collect() }
    }

    /// The value of the last entry of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'n Node<'a>> {
        let entry = if self.entries.len() > FEW {
            self.entries.get(*self.last.get(key)?)
        } else {
            self.entries.iter().rev().find(|entry| entry.key == key)
        };
        entry.map(|entry| &entry.value)
    }
}

/// As many as are compared each with each; with more that would take their number squared.
const FEW: usize = 16;

fn repeats_a_key(entries: &[Entry<'_>]) -> bool {
    if entries.len() > FEW {
        return !overridden(entries).is_empty();
    }
    let mut rest = entries;
    while let [entry, later @ ..] = rest {
        if later.iter().any(|other| other.key.len() == entry.key.len() && other.key == entry.key) {
            return true;
        }
        rest = later;
    }
    false
}
