//! The cursor in brackets.

use super::{Cursor, Style};
use crate::finding::{Part, Path};
use crate::prelude::*;
use crate::source::TextRange;

/// A bracket that is open.
enum Open {
    /// A map: its key, whether its colon has come, and whether its value has.
    Map { key: Option<String>, colon: bool, value: bool },
    /// A list: how many commas have come, and whether something has come since the last.
    List { count: usize, value: bool },
}

/// A piece of text between blanks.
struct Token {
    range: core::ops::Range<usize>,
    /// Whether nothing more belongs to it.
    closed: bool,
}

/// The place of an offset in a flow collection that begins at `start`.
pub(super) fn at(text: &str, start: usize, offset: usize, base: Path, json: bool) -> Option<Cursor> {
    let mut open: Vec<Open> = Vec::new();
    let mut at = start;
    while let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if at >= offset && !is_word(next) && !matches!(next, '"' | '\'') {
            break;
        }
        let after = at.saturating_add(next.len_utf8());
        match next {
            '{' => open.push(Open::Map { key: None, colon: false, value: false }),
            '[' => open.push(Open::List { count: 0, value: false }),
            '}' | ']' => {
                open.pop();
                done(&mut open);
            }
            ':' => {
                if let Some(Open::Map { colon, .. }) = open.last_mut() {
                    *colon = true;
                }
            }
            ',' => match open.last_mut() {
                Some(Open::Map { key, colon, value }) => (*key, *colon, *value) = (None, false, false),
                Some(Open::List { count, value }) => (*count, *value) = (count.saturating_add(1), false),
                None => {}
            },
            '#' => {
                let end = line_end(text, at);
                if offset <= end {
                    return None;
                }
                at = end;
                continue;
            }
            '/' if text.get(after..).is_some_and(|rest| rest.starts_with('/')) => {
                let end = line_end(text, at);
                if offset <= end {
                    return None;
                }
                at = end;
                continue;
            }
            _ if next == '"' || next == '\'' || is_word(next) => {
                let token = token(text, at, next);
                let inside = offset >= token.range.start && (offset < token.range.end || offset == token.range.end && !token.closed);
                // Before a key another one may be written; a value's place is taken.
                if inside && (offset > token.range.start || !token.closed || open.last().is_some_and(Open::wants_value)) {
                    return cursor(&open, text, TextRange::new(token.range.start, token.range.end), base, json);
                }
                if at >= offset {
                    break;
                }
                take(&mut open, text.get(token.range.clone())?);
                at = token.range.end;
                continue;
            }
            _ => {}
        }
        at = after;
    }
    if open.is_empty() {
        return None;
    }
    cursor(&open, text, TextRange::new(offset, offset), base, json)
}

fn is_word(character: char) -> bool {
    !character.is_whitespace() && !matches!(character, '{' | '}' | '[' | ']' | ',' | ':' | '"' | '\'' | '#')
}

fn line_end(text: &str, from: usize) -> usize {
    text.get(from..).and_then(|rest| rest.find(['\n', '\r'])).map_or(text.len(), |at| from.saturating_add(at))
}

fn token(text: &str, from: usize, first: char) -> Token {
    let rest = text.get(from..).unwrap_or_default();
    if !matches!(first, '"' | '\'') {
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | '[' | ']' | ',')).unwrap_or(rest.len());
        // A colon inside a word belongs to it, as in an address.
        let word = rest.get(..end).unwrap_or_default();
        let end = word.strip_suffix(':').map_or(end, str::len);
        return Token { range: from..from.saturating_add(end), closed: false };
    }
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            '\n' | '\r' => {
                return Token {
                    range: from..from.saturating_add(rest.get(..at).unwrap_or_default().trim_end_matches([' ', ',']).len()),
                    closed: false,
                };
            }
            _ if escaped => escaped = false,
            '\\' if first == '"' => escaped = true,
            _ if character == first => return Token { range: from..from.saturating_add(at).saturating_add(1), closed: true },
            _ => {}
        }
    }
    Token { range: from..text.len(), closed: false }
}

impl Open {
    /// Whether what comes next is a value and no key.
    fn wants_value(&self) -> bool {
        matches!(self, Self::Map { colon: true, value: false, .. } | Self::List { value: false, .. })
    }
}

/// A word has come.
fn take(open: &mut [Open], word: &str) {
    match open.last_mut() {
        Some(Open::Map { key, colon, value }) if !*colon || *value => {
            // After a value it is the next key, and a comma is missing.
            (*key, *colon, *value) = (Some(word.trim_matches(['"', '\'']).to_owned()), false, false);
        }
        Some(Open::Map { value, .. } | Open::List { value, .. }) => *value = true,
        None => {}
    }
}

/// A collection has been closed.
fn done(open: &mut [Open]) {
    if let Some(Open::Map { value, .. } | Open::List { value, .. }) = open.last_mut() {
        *value = true;
    }
}

fn cursor(open: &[Open], text: &str, range: TextRange, base: Path, json: bool) -> Option<Cursor> {
    let mut path = base;
    let (last, around) = open.split_last()?;
    for bracket in around {
        path = match bracket {
            Open::Map { key, .. } => path.key(key.clone()?),
            Open::List { count, .. } => path.index(*count),
        };
    }
    let after = text.get(range.end as usize..)?.trim_start();
    let colon = after.starts_with(':');
    let (path, part) = match last {
        // Behind a value a comma must come first, and behind a key a colon.
        Open::List { value: true, .. } | Open::Map { value: true, .. } | Open::Map { key: Some(_), colon: false, .. }
            if range.start == range.end =>
        {
            return None;
        }
        Open::List { count, .. } => (path.index(*count), Part::Value),
        Open::Map { key, colon: true, value: false } => (path.key(key.clone()?), Part::Value),
        Open::Map { .. } => (path, Part::Key),
    };
    let comma = after.starts_with('"') || after.starts_with(|c: char| c.is_alphanumeric());
    let blank = if colon && part == Part::Key { TextRange { start: range.start, end: range.start } } else { range };
    Some(Cursor { path, part, range, blank, style: Style::Flow { json, comma }, colon })
}
