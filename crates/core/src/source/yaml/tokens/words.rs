//! The scanner's scalars: what they say, with line breaks folded and escapes resolved.

use alloc::borrow::Cow;

use super::{Error, Kind, Scanner, Token};
use crate::prelude::*;

/// What a scalar says: a piece of the source as long as that will do.
struct Words<'a> {
    source: &'a str,
    /// The piece, as long as nothing is written.
    start: usize,
    end: usize,
    written: Option<String>,
}

impl<'a> Words<'a> {
    fn new(source: &'a str, at: usize) -> Self {
        Self { source, start: at, end: at, written: None }
    }

    /// Goes on with a piece of the source.
    fn keep(&mut self, start: usize, end: usize) {
        if self.written.is_none() && start == self.end {
            self.end = end;
        } else {
            self.write(self.source.get(start..end).unwrap_or_default());
        }
    }

    /// Goes on with what the source does not have so.
    fn write(&mut self, piece: &str) {
        let (source, start, end) = (self.source, self.start, self.end);
        self.written.get_or_insert_with(|| source.get(start..end).unwrap_or_default().to_owned()).push_str(piece);
    }

    fn finish(self) -> Cow<'a, str> {
        match self.written {
            Some(written) => Cow::Owned(written),
            None => Cow::Borrowed(self.source.get(self.start..self.end).unwrap_or_default()),
        }
    }
}

/// What stands between two words of a scalar.
struct Gap {
    /// The blanks, where it lies in one line.
    start: usize,
    end: usize,
    /// What its line breaks mean.
    breaks: Option<String>,
}

impl Gap {
    fn join(&self, words: &mut Words<'_>) {
        match &self.breaks {
            Some(breaks) => words.write(breaks),
            None => words.keep(self.start, self.end),
        }
    }
}

impl Scanner<'_> {
    /// Adds a line break as YAML reads it, and goes past it.
    fn read_break(&mut self, breaks: &mut String) -> bool {
        let sign = match self.line_break(self.at) {
            3 => self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or('\n'),
            _ => '\n',
        };
        let found = self.next_line();
        if found {
            breaks.push(sign);
        }
        found
    }

    /// Goes past the blanks and line breaks between two words. One line break is a blank, of more the first is left out;
    /// one that is `escaped` was left out before. Left of `indent` there may be no tab.
    fn gap(&mut self, escaped: bool, indent: usize) -> Gap {
        let start = self.at;
        let mut breaks = String::new();
        let mut broken = escaped;
        loop {
            match self.byte(0) {
                byte @ (b' ' | b'\t') => {
                    if byte == b'\t' && broken && self.column < indent {
                        self.tab();
                    }
                    self.advance(1);
                }
                _ if self.read_break(&mut breaks) => broken = true,
                _ => break,
            }
        }
        if !escaped && breaks.starts_with('\n') {
            breaks.remove(0);
            if breaks.is_empty() {
                breaks.push(' ');
            }
        }
        Gap { start, end: self.at, breaks: broken.then_some(breaks) }
    }

    pub(super) fn plain(&mut self) -> Result<(), Error> {
        self.save_key()?;
        self.key_allowed = false;
        let indent = self.indent.map_or(0, |indent| indent.saturating_add(1));
        let start = self.at;
        let mut words = Words::new(self.text, start);
        let mut gap: Option<Gap> = None;
        let mut end = start;
        let mut asked = false;
        while !self.at_document() && self.byte(0) != b'#' {
            let from = self.at;
            let mut to = from;
            while !self.ends_word(to) {
                let byte = self.text.as_bytes().get(to).copied().unwrap_or(0);
                if byte == b':' && self.ends_word(to.saturating_add(1)) || self.flow > 0 && b",[]{}".contains(&byte) {
                    break;
                }
                asked |= byte == b'?' && self.flow > 0;
                to = to.saturating_add(1);
            }
            self.advance(to.saturating_sub(from));
            if to > from {
                if let Some(gap) = gap.take() {
                    gap.join(&mut words);
                }
                words.keep(from, to);
                end = to;
            }
            if !matches!(self.byte(0), b' ' | b'\t') && self.line_break(self.at) == 0 {
                break;
            }
            gap = Some(self.gap(false, indent));
            if self.flow == 0 && self.column < indent {
                break;
            }
        }
        if gap.is_some_and(|gap| gap.breaks.is_some()) {
            self.key_allowed = true;
        }
        if asked {
            self.fault("`?` must be quoted between brackets", start, end);
        }
        self.tokens.push(Token { kind: Kind::Scalar(words.finish(), true), start, end });
        Ok(())
    }

    pub(super) fn quoted(&mut self, quote: u8) -> Result<(), Error> {
        self.save_key()?;
        self.key_allowed = false;
        let (start, line) = (self.at, self.line);
        self.advance(1);
        let mut words = Words::new(self.text, self.at);
        let mut told = false;
        loop {
            if self.at_document() {
                return Err(Error::new("unclosed quote", start));
            }
            let from = self.at;
            let mut to = from;
            while !self.ends_word(to) {
                let byte = self.text.as_bytes().get(to).copied().unwrap_or(0);
                if byte == quote || byte == b'\\' && quote == b'"' {
                    break;
                }
                to = to.saturating_add(1);
            }
            self.advance(to.saturating_sub(from));
            words.keep(from, to);
            match self.byte(0) {
                0 => return Err(Error::new("unclosed quote", start)),
                b'\'' if quote == b'\'' && self.byte(1) == b'\'' => {
                    self.advance(2);
                    words.write("'");
                }
                byte if byte == quote => break,
                b'\\' if quote == b'"' => {
                    if self.line_break(self.at.saturating_add(1)) > 0 {
                        self.advance(1);
                        self.next_line();
                        self.gap(true, 0).join(&mut words);
                    } else {
                        self.escape(&mut words, &mut told);
                    }
                }
                _ => self.gap(false, 0).join(&mut words),
            }
        }
        self.advance(1);
        // Of several lines, and with text behind it: then what ends it is rather the start of the next one.
        if self.line > line && !self.ends_word(self.at) && !b":,]}#".contains(&self.byte(0)) {
            return Err(Error::new("unclosed quote", start));
        }
        self.push(Kind::Scalar(words.finish(), false), start);
        Ok(())
    }

    /// Reads an escape; tells the first of a scalar that go-yaml does not know.
    fn escape(&mut self, words: &mut Words<'_>, told: &mut bool) {
        let start = self.at;
        let digits = match self.byte(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let known = match self.byte(1) {
            b'0' => Some('\0'),
            b'a' => Some('\u{7}'),
            b'b' => Some('\u{8}'),
            b't' | b'\t' => Some('\t'),
            b'n' => Some('\n'),
            b'v' => Some('\u{b}'),
            b'f' => Some('\u{c}'),
            b'r' => Some('\r'),
            b'e' => Some('\u{1b}'),
            sign @ (b' ' | b'"' | b'\'' | b'\\') => Some(char::from(sign)),
            b'N' => Some('\u{85}'),
            b'_' => Some('\u{a0}'),
            b'L' => Some('\u{2028}'),
            b'P' => Some('\u{2029}'),
            _ => None,
        };
        self.advance(1);
        let sign = self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        self.advance(sign);
        let code =
            self.text.get(self.at..self.at.saturating_add(digits)).filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let coded = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        if code.is_some() {
            self.advance(digits);
        }
        match known.or(coded) {
            Some(character) => words.write(character.encode_utf8(&mut [0; 4])),
            None => {
                let message = match code {
                    _ if digits == 0 => "found unknown escape character",
                    Some(_) => "found invalid Unicode character escape code",
                    None => "did not find expected hexadecimal number",
                };
                if !*told {
                    *told = true;
                    self.fault(message, start, self.at);
                }
                words.keep(start, self.at);
            }
        }
    }

    /// A scalar under `|` or `>`.
    pub(super) fn block_scalar(&mut self) -> Result<(), Error> {
        self.forget_key()?;
        self.key_allowed = true;
        let start = self.at;
        let folded = self.byte(0) == b'>';
        self.advance(1);
        let (mut chomping, mut increment) = (0, 0);
        for _ in 0..2 {
            match self.byte(0) {
                sign @ (b'+' | b'-') if chomping == 0 => chomping = sign,
                digit @ b'1'..=b'9' if increment == 0 => increment = usize::from(digit.saturating_sub(b'0')),
                _ => break,
            }
            self.advance(1);
        }
        let mut end = self.at;
        self.advance_while(|byte| matches!(byte, b' ' | b'\t'));
        self.comment();
        if !self.next_line() && self.byte(0) != 0 {
            return Err(Error::new("did not find expected comment or line break", start));
        }
        let mut indent = if increment > 0 { self.indent.unwrap_or(0).saturating_add(increment) } else { 0 };
        let mut words = String::new();
        // The break at the end of the last line, and those of empty lines behind it.
        let (mut last, mut empty) = (String::new(), String::new());
        self.empty_lines(&mut indent, &mut empty)?;
        let mut was_blank = false;
        while self.column == indent && self.byte(0) != 0 {
            let is_blank = matches!(self.byte(0), b' ' | b'\t');
            if folded && !was_blank && !is_blank && last == "\n" {
                if empty.is_empty() {
                    words.push(' ');
                }
            } else {
                words.push_str(&last);
            }
            words.push_str(&empty);
            last.clear();
            empty.clear();
            was_blank = is_blank;
            let from = self.at;
            let mut to = from;
            while to < self.text.len() && self.line_break(to) == 0 {
                to = to.saturating_add(1);
            }
            self.advance(to.saturating_sub(from));
            words.push_str(self.text.get(from..to).unwrap_or_default());
            end = to;
            self.read_break(&mut last);
            self.empty_lines(&mut indent, &mut empty)?;
        }
        if chomping != b'-' {
            words.push_str(&last);
        }
        if chomping == b'+' {
            words.push_str(&empty);
        }
        self.tokens.push(Token { kind: Kind::Scalar(Cow::Owned(words), false), start, end });
        Ok(())
    }

    /// Goes past indentation and empty lines; finds out how far a block scalar is indented, where `indent` is 0.
    fn empty_lines(&mut self, indent: &mut usize, breaks: &mut String) -> Result<(), Error> {
        let mut widest = 0;
        loop {
            while (*indent == 0 || self.column < *indent) && self.byte(0) == b' ' {
                self.advance(1);
            }
            widest = widest.max(self.column);
            if (*indent == 0 || self.column < *indent) && self.byte(0) == b'\t' {
                return Err(Error::new("tab cannot be used as indentation", self.at));
            }
            if !self.read_break(breaks) {
                break;
            }
        }
        if *indent == 0 {
            *indent = widest.max(self.indent.map_or(0, |indent| indent.saturating_add(1))).max(1);
        }
        Ok(())
    }
}
