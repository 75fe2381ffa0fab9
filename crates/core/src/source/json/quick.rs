//! JSON as programs write it, read in one go.
//!
//! The API server's objects have no comments, no stray commas and hardly an escape. What has any of
//! them is left to the [reader that recovers](super::read), and the tests hold this one against it.

use alloc::borrow::Cow;

use super::strings::plain_length;
use super::{Entry, Node, TextRange, Value};
use crate::prelude::*;

/// Integers of so many digits are the same in every reader.
const LONGEST_INTEGER: usize = 15;

/// The tree of a text, or nothing where there is more to it.
pub(super) fn read(text: &str, max_depth: usize) -> Option<Node<'_>> {
    let mut reader = Reader { text, at: 0, entries: Vec::with_capacity(32), items: Vec::with_capacity(16) };
    let root = reader.value(max_depth)?;
    reader.next().is_none().then_some(root)
}

struct Reader<'a> {
    text: &'a str,
    /// Offset of the next byte: never more than one behind the text, so that adding to it does not overflow.
    at: usize,
    /// The entries of the maps and the items of the lists that are open: what belongs to one is cut off when it closes,
    /// so that no list of entries grows step by step.
    entries: Vec<Entry<'a>>,
    items: Vec<Node<'a>>,
}

impl<'a> Reader<'a> {
    /// The next byte that is not blank.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        // Programs hardly write blanks.
        if let [byte @ b'!'..=0xff, ..] = rest {
            return Some(*byte);
        }
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at = self.at.wrapping_add(blanks);
        rest.get(blanks).copied()
    }

    /// Steps over a byte; the range from `start` to behind it.
    #[inline]
    fn step(&mut self, start: usize) -> TextRange {
        self.at = self.at.wrapping_add(1);
        TextRange::new(start, self.at)
    }

    fn value(&mut self, depth: usize) -> Option<Node<'a>> {
        let first = self.next()?;
        let start = self.at;
        match first {
            b'"' => self.string().map(|(text, range)| Node::new(Value::String(text), range)),
            b'{' => {
                let outer = self.entries.len();
                let below = depth.checked_sub(1)?;
                self.parts(b'}', |reader| {
                    let (key, key_range) = reader.string()?;
                    if reader.next()? != b':' {
                        return None;
                    }
                    reader.step(reader.at);
                    let value = reader.value(below)?;
                    reader.entries.push(Entry { key, key_range, merged: false, value });
                    Some(())
                })?;
                let entries = self.entries.split_off(outer);
                Some(Node::new(Value::Map(entries), self.step(start)))
            }
            b'[' => {
                let outer = self.items.len();
                let below = depth.checked_sub(1)?;
                self.parts(b']', |reader| {
                    let item = reader.value(below)?;
                    reader.items.push(item);
                    Some(())
                })?;
                let items = self.items.split_off(outer);
                Some(Node::new(Value::List(items), self.step(start)))
            }
            _ => self.word(),
        }
    }

    /// Reads what stands between an opening bracket and its closing one, with commas between.
    #[inline]
    fn parts(&mut self, closing: u8, mut part: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.step(self.at);
        if self.next()? == closing {
            return Some(());
        }
        loop {
            part(self)?;
            match self.next()? {
                b',' => self.step(self.at),
                byte => return (byte == closing).then_some(()),
            };
            self.next()?;
        }
    }

    fn string(&mut self) -> Option<(Cow<'a, str>, TextRange)> {
        let start = self.at;
        let [b'"', inside @ ..] = self.text.as_bytes().get(start..)? else { return None };
        let length = plain_length(inside);
        if inside.get(length) != Some(&b'"') {
            return None;
        }
        self.at = start.wrapping_add(length).wrapping_add(1);
        let text = self.text.get(start.wrapping_add(1)..self.at)?;
        Some((Cow::Borrowed(text), self.step(start)))
    }

    /// Reads `true`, `false`, `null` or a short integer.
    fn word(&mut self) -> Option<Node<'a>> {
        let rest = self.text.get(self.at..)?;
        let length = rest.find([',', '}', ']', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
        let word = rest.get(..length)?;
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => {
                let digits = word.strip_prefix('-').unwrap_or(word).as_bytes();
                let leads = matches!(digits, [b'0'] | [b'1'..=b'9', ..]) && word != "-0";
                let is_integer = leads && digits.len() <= LONGEST_INTEGER && digits.iter().all(u8::is_ascii_digit);
                is_integer.then_some(Value::Number(Cow::Borrowed(word)))?
            }
        };
        let start = self.at;
        self.at = start.wrapping_add(length);
        Some(Node::new(value, TextRange::new(start, self.at)))
    }
}
