//! Strings: plain ones fast, all others with what is wrong in them.

use alloc::borrow::Cow;

use super::words::escaped;
use super::{Reader, Text};
use crate::prelude::*;
use crate::sort::sort_by;
use crate::source::fault::{FaultKind, SyntaxFault, TextEdit};
use crate::source::tree::TextRange;
use crate::text::has;

impl<'a> Reader<'a> {
    /// Reads a string, in double or single quotes.
    pub(super) fn string(&mut self) -> Text<'a> {
        if self.peek() != Some(b'"') {
            return self.irregular_string();
        }
        let start = self.at;
        let inside = start.saturating_add(1);
        let end = inside.saturating_add(plain_length(self.bytes_from(inside)));
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.at = end.saturating_add(1);
            let text = self.text.get(inside..end).unwrap_or_default();
            return (Cow::Borrowed(text), self.token(start));
        }
        self.irregular_string()
    }

    /// Whether the single quote here has another one in its line; else it may be an apostrophe.
    pub(super) fn is_single_quoted(&self) -> bool {
        let mut rest = self.bytes_from(self.at).iter().skip(1);
        while let Some(mut byte) = rest.next() {
            let escaped = *byte == b'\\';
            if escaped {
                byte = rest.next().unwrap_or(byte);
            }
            match byte {
                b'\n' | b'\r' => return false,
                b'\'' if !escaped => return true,
                _ => {}
            }
        }
        false
    }

    /// Reads a string that is not simply the text between two quotes.
    fn irregular_string(&mut self) -> Text<'a> {
        let start = self.at;
        let quote = self.peek();
        let single = quote == Some(b'\'');
        self.advance(1);

        let mut text = String::new();
        // Start of what is still to be copied to `text`.
        let mut from = self.at;
        let mut control_edits = Vec::new();
        let mut quote_edits = Vec::new();
        let mut goes_on = false;
        loop {
            match self.peek() {
                byte if byte == quote => break,
                None => return self.unclosed_string(start, from, text),
                Some(b'\n' | b'\r') if !goes_on && !self.string_goes_on() => {
                    return self.unclosed_string(start, from, text);
                }
                Some(control @ 0..b' ') => {
                    goes_on = goes_on || matches!(control, b'\n' | b'\r');
                    control_edits.push(TextEdit { range: self.here(), text: escaped(char::from(control)) });
                    self.advance(1);
                }
                Some(b'"') => {
                    quote_edits.push(TextEdit { range: self.here(), text: "\\\"".to_owned() });
                    self.advance(1);
                }
                Some(b'\\') => {
                    text.push_str(self.text.get(from..self.at).unwrap_or_default());
                    if single && self.rest().starts_with("\\'") {
                        quote_edits.push(TextEdit::remove(self.here()));
                        text.push('\'');
                        self.advance(2);
                    } else {
                        self.escape(&mut text);
                    }
                    from = self.at;
                }
                Some(_) if single => self.advance(1),
                Some(_) => self.advance(plain_length(self.bytes_from(self.at))),
            }
        }
        let tail = self.text.get(from..self.at).unwrap_or_default();
        let closing = self.here();
        self.advance(1);
        let range = self.token(start);
        if let Some(first) = control_edits.first() {
            self.note(FaultKind::Syntax(SyntaxFault::ControlCharacter), first.range, control_edits);
        }
        if single {
            let opening = TextRange { end: range.start.saturating_add(1), ..range };
            let outer = [opening, closing].map(|range| TextEdit { range, text: "\"".to_owned() });
            quote_edits.extend(outer);
            sort_by(&mut quote_edits, |a, b| a.range.cmp(&b.range));
            self.note(FaultKind::Syntax(SyntaxFault::SingleQuotes), range, quote_edits);
        }
        (joined(text, tail), range)
    }

    /// Ends a string that nothing closes before the end of its line. Commas and closing brackets at
    /// the end of the line are taken to be outside.
    fn unclosed_string(&mut self, start: usize, from: usize, text: String) -> Text<'a> {
        let tail = self.text.get(from..self.at).unwrap_or_default();
        let tail = tail.trim_end_matches([' ', '\t', ',', ']', '}']);
        self.at = from.saturating_add(tail.len());
        let range = self.token(start);
        self.lose(SyntaxFault::UnclosedString, range);
        (joined(text, tail), range)
    }

    /// Whether a string that the end of the line interrupts is closed later, as `base64` output of
    /// several lines is: then the next quote stands before a comma, a bracket or the end of a line.
    /// Otherwise that quote opens another string, and this one was never closed.
    fn string_goes_on(&self) -> bool {
        // Up to the first quote and not farther, so that reading a text takes no more than linear time.
        let Some((text, behind)) = self.rest().split_once('"') else { return false };
        let behind = behind.trim_start_matches([' ', '\t']);
        !text.ends_with('\\') && (behind.is_empty() || behind.starts_with([',', '}', ']', '\n', '\r']))
    }

    /// Reads the key of `"name: "hnc"` and of `"name: {` again: its quote was forgotten, and so it
    /// took in the colon and what opens the value.
    pub(super) fn key_without_quote(&mut self, key: TextRange) -> Option<Text<'a>> {
        let written = key.of(self.text);
        let (name, value) = written.strip_prefix('"')?.split_once(':')?;
        let behind = self.text.get(key.as_range().end..)?;
        let is_value = match value.trim_matches([' ', '\t']) {
            "\"" => {
                behind.starts_with(|char: char| !char.is_whitespace() && !matches!(char, '[' | ']' | '{' | '}' | ':' | ',' | '#' | '/'))
            }
            "{" | "[" => true,
            _ => false,
        };
        if !is_value || has(name, b'\\') {
            return None;
        }
        let start = key.as_range().start;
        self.at = start.saturating_add(1).saturating_add(name.trim_end().len());
        let range = self.token(start);
        self.mend(SyntaxFault::UnclosedString, range, TextEdit::insert(range.end, "\""));
        self.lost = false;
        Some((Cow::Borrowed(name.trim_end()), range))
    }

    /// Steps over a string, or what there is of it in this line, without a look at its text.
    pub(super) fn skip_string(&mut self) {
        self.advance(1);
        while let Some(byte) = self.peek()
            && !matches!(byte, b'\n' | b'\r')
        {
            self.advance(1);
            match byte {
                b'"' => return,
                b'\\' if matches!(self.peek(), Some(b'"' | b'\\')) => self.advance(1),
                _ => {}
            }
        }
    }

    /// Reads an escape, and adds what it stands for.
    fn escape(&mut self, text: &mut String) {
        let char = match self.bytes_from(self.at).get(1) {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(text),
            // Right in other languages, so it is clear what was meant.
            Some(b'\'') => {
                self.mend(SyntaxFault::InvalidEscape, self.span(2), TextEdit::remove(self.here()));
                '\''
            }
            _ => {
                let behind = self.rest().chars().nth(1).map_or(0, char::len_utf8);
                return self.invalid_escape(text, behind);
            }
        };
        text.push(char);
        self.advance(2);
    }

    /// Takes a backslash that begins no escape as itself, as in `C:\dir`.
    fn invalid_escape(&mut self, text: &mut String, behind: usize) {
        let edit = TextEdit { range: self.here(), text: "\\\\".to_owned() };
        self.mend(SyntaxFault::InvalidEscape, self.span(behind.saturating_add(1)), edit);
        text.push('\\');
        self.advance(1);
    }

    /// Reads `\uXXXX`, or two of them that make one character together.
    fn unicode_escape(&mut self, text: &mut String) {
        let rest = self.rest();
        let unit = |at: usize| {
            let digits = rest.get(at..at.saturating_add(6))?.strip_prefix("\\u")?;
            // `from_str_radix` would take a sign, too.
            let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            u16::from_str_radix(digits, 16).ok().filter(|_| hex)
        };
        let Some(first) = unit(0) else {
            let digits = rest.bytes().skip(2).take(4).take_while(u8::is_ascii_hexdigit).count();
            return self.invalid_escape(text, digits.saturating_add(1));
        };
        if let Some(Ok(char)) = char::decode_utf16(core::iter::once(first).chain(unit(6))).next() {
            text.push(char);
            self.advance(if char.len_utf16() == 2 { 12 } else { 6 });
        } else {
            // Half of a surrogate pair: there is no character that it could stand for.
            self.note(FaultKind::Syntax(SyntaxFault::InvalidEscape), self.span(6), vec![]);
            text.push(char::REPLACEMENT_CHARACTER);
            self.advance(6);
        }
    }
}

/// How far a string goes on without a quote, a backslash or a control character.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    let mut length: usize = 0;
    for word in words {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return length.wrapping_add(special.trailing_zeros() as usize / 8);
        }
        // No more than there are bytes.
        length = length.wrapping_add(8);
    }
    let is_plain = |byte: &&u8| !matches!(**byte, b'"' | b'\\' | 0..b' ');
    length.saturating_add(tail.iter().take_while(is_plain).count())
}

/// The bytes of a word that end a plain run, as bits; all below the lowest bit is exact. Eight bytes
/// at once, for most of a description's bytes stand in strings (a kubeconfig has 5,000 of them).
fn special_bytes(word: u64) -> u64 {
    let each = |byte: u8| u64::from_le_bytes([byte; 8]);
    // What is below `limit` borrows, and so sets the highest bit of its byte.
    let below = |word: u64, limit: u8| word.wrapping_sub(each(limit));
    // A quote and a blank change places by this bit, so that the quote lies right behind the control characters.
    let quote_or_control = below(word ^ each(b'"' ^ b' '), b' ' + 1);
    (quote_or_control | below(word ^ each(b'\\'), 1)) & !word & each(0x80)
}

/// The text that was put together so far, and its tail; borrowed if the tail is all.
fn joined(mut text: String, tail: &str) -> Cow<'_, str> {
    if text.is_empty() {
        return Cow::Borrowed(tail);
    }
    text.push_str(tail);
    Cow::Owned(text)
}
