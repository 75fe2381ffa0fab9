//! Numbers and words: what JSON knows, and what people write instead.

use alloc::borrow::Cow;

use super::{Open, Reader, Text, WIDE_COLON, WIDE_COMMA};
use crate::prelude::*;
use crate::source::fault::{FaultKind, SyntaxFault, TextEdit};
use crate::source::float;
use crate::source::tree::{Node, TextRange, Value};

/// What is taken for a quote, but is none: of word processors and chat programs, and the single one.
const QUOTES: [char; 5] = ['“', '”', '‘', '’', '\''];

/// A run of text that is no token of JSON.
struct Bare<'a> {
    word: &'a str,
    range: TextRange,
    /// Whether there is a quote at its end: then the one before it was forgotten.
    closed: bool,
}

// ---- What JSON knows ----

impl<'a> Reader<'a> {
    /// Steps over a word of JSON, if it stands here.
    pub(super) fn skip_word(&mut self, word: &str) -> bool {
        let found = self.bytes_from(self.at).starts_with(word.as_bytes()) && self.ends_word(self.at.saturating_add(word.len()));
        if found {
            self.advance(word.len());
        }
        found
    }

    /// Steps over a number as JSON allows it, if one stands here.
    pub(super) fn skip_number(&mut self) -> bool {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.advance(1);
        }
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.skip_digits();
        let mut valid = digits == 1 || (digits > 1 && !leading_zero);
        if valid && self.peek() == Some(b'.') {
            self.advance(1);
            valid = self.skip_digits() > 0;
        }
        if valid && matches!(self.peek(), Some(b'e' | b'E')) {
            self.advance(1);
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.advance(1);
            }
            valid = self.skip_digits() > 0;
        }
        valid = valid && self.ends_word(self.at);
        if !valid {
            self.at = start;
        }
        valid
    }

    fn skip_digits(&mut self) -> usize {
        let digits = self.bytes_from(self.at).iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.advance(digits);
        digits
    }

    /// The number that was stepped over.
    pub(super) fn number(&mut self, start: usize) -> Node<'a> {
        let range = self.token(start);
        let text = range.of(self.text);
        // Only an exponent or very many digits make a number infinite.
        let suspect = text.len() > 300 || text.bytes().any(|byte| matches!(byte, b'e' | b'E'));
        if suspect && float::parse(text).is_some_and(f64::is_infinite) {
            self.note(FaultKind::Syntax(SyntaxFault::NumberTooLarge), range, vec![]);
        }
        Node::new(Value::Number(Cow::Borrowed(text)), range)
    }

    /// Whether a word or number that ends at this offset has come to its end.
    fn ends_word(&self, offset: usize) -> bool {
        match self.text.as_bytes().get(offset) {
            None | Some(b' ' | b'\n' | b'\r' | b'\t' | b',' | b'}' | b']' | b':' | b'{' | b'[' | b'#') => true,
            Some(b'/' | 0xb | 0xc | 0x80..) => {
                let rest = self.text.get(offset..).unwrap_or_default();
                rest.starts_with(is_odd_blank)
                    || rest.starts_with([WIDE_COMMA, WIDE_COLON])
                    || rest.starts_with("//")
                    || rest.starts_with("/*")
            }
            Some(_) => false,
        }
    }
}

// ---- What people write instead ----

impl<'a> Reader<'a> {
    /// Reads something that is no value of JSON: it is taken as a string.
    pub(super) fn bare_value(&mut self) -> Option<Node<'a>> {
        let Bare { word, range, closed } = self.bare(false);
        let behind = self.rest().trim_start_matches([' ', '\t']);
        if closed {
            self.mend(SyntaxFault::UnknownWord, range, TextEdit { range, text: quoted(word) });
        } else if word.starts_with('$') {
            self.note(FaultKind::BareVariable, range, vec![]);
        } else if looks_like_number(word) {
            self.lose(SyntaxFault::InvalidNumber, range);
        } else if behind.starts_with('"') {
            // As in `it"s "good"`: more is wrong here than that quotes are missing.
            self.lose(SyntaxFault::UnknownWord, range);
        } else if behind.starts_with(['{', '[']) {
            // As in `data = {`: the value is what follows.
            self.lose(SyntaxFault::UnknownWord, range);
            self.skip_blanks();
            return self.value();
        } else {
            self.mend(SyntaxFault::UnknownWord, range, TextEdit { range, text: meant(word) });
        }
        Some(Node::new(Value::String(Cow::Borrowed(word.trim_matches(QUOTES))), range))
    }

    /// Reads a key without quotes.
    pub(super) fn bare_key(&mut self, open: &mut Open) -> Option<Text<'a>> {
        // Right behind a string, a word is the rest of that string: `"a "good" name"`.
        let is_rest = open.owes_comma.is_some() && self.last.as_range().end == self.at;
        let Bare { word, range, .. } = self.bare(true);
        self.skip_blanks();
        if is_rest || !self.rest().starts_with([':', WIDE_COLON]) {
            self.lose(SyntaxFault::KeyExpected, range);
            return None;
        }
        self.tell_owed_comma(open);
        let word = word.trim_matches(QUOTES);
        self.mend(SyntaxFault::KeyExpected, range, TextEdit { range, text: quoted(word) });
        Some((Cow::Borrowed(word), range))
    }

    /// Reads a word without quotes. A key's word ends at its colon; a value's does not, for it may be
    /// an address (`https://10.0.0.1:6443`).
    fn bare(&mut self, is_key: bool) -> Bare<'a> {
        let start = self.at;
        let rest = self.rest();
        let mut before = '\0';
        let mut braces: usize = 0;
        let end = rest.char_indices().find_map(|(index, char)| {
            let ends = match char {
                // `${NAME}`
                '{' if before == '$' => {
                    braces = braces.saturating_add(1);
                    false
                }
                '}' if braces > 0 => {
                    braces = braces.saturating_sub(1);
                    false
                }
                '{' | '}' | '[' | ']' | ',' | WIDE_COMMA | '"' | '\n' | '\r' => true,
                ':' | WIDE_COLON => is_key,
                '#' => matches!(before, ' ' | '\t'),
                '/' => {
                    let rest = rest.get(index..).unwrap_or_default();
                    matches!(before, ' ' | '\t') && (rest.starts_with("//") || rest.starts_with("/*"))
                }
                _ => is_odd_blank(char),
            };
            before = char;
            // The first character is never left: the reader must get on.
            (ends && index > 0).then_some(index)
        });
        let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().trim_end_matches([' ', '\t']);
        self.advance(word.len());
        let behind = self.rest().strip_prefix('"').map(|behind| behind.trim_start_matches([' ', '\t']));
        let ends_part = |behind: &str| behind.is_empty() || behind.starts_with([',', ']', '}', '\n', '\r']);
        let closed = behind.is_some_and(|behind| if is_key { behind.starts_with(':') } else { ends_part(behind) });
        if closed {
            self.advance(1);
        }
        Bare { word, range: self.token(start), closed }
    }
}

/// White space for people, but not for JSON.
pub(super) fn is_odd_blank(char: char) -> bool {
    let known = matches!(char, ' ' | '\t' | '\n' | '\r');
    (char.is_whitespace() && !known) || matches!(char, super::BYTE_ORDER_MARK | '\u{200b}')
}

/// Whether a word is meant as a number: `0x1F`, `01`, `+1`, `1_000`, `1.`; but not an address or a name.
fn looks_like_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['+', '-', '.']);
    let dots = digits.bytes().filter(|byte| *byte == b'.').count();
    digits.starts_with(|char: char| char.is_ascii_digit())
        && dots < 2
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'+' | b'-' | b'.' | b'_' | b'x' | b'X'))
}

/// What is meant by a bare word, in JSON: a word of another language, or a text without quotes.
fn meant(word: &str) -> String {
    match word.to_ascii_lowercase().as_str() {
        "true" => "true".to_owned(),
        "false" => "false".to_owned(),
        "null" | "none" | "nil" | "undefined" => "null".to_owned(),
        _ => quoted(word.trim_matches(QUOTES)),
    }
}

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    let inside = text.chars().map(|char| match char {
        '"' | '\\' => format!("\\{char}"),
        '\0'..' ' => escaped(char),
        _ => char.to_string(),
    });
    format!("\"{}\"", inside.collect::<String>())
}

/// A control character as an escape.
pub(super) fn escaped(control: char) -> String {
    match control {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        _ => format!("\\u{:04x}", u32::from(control)),
    }
}
