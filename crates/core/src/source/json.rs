//! Reads JSON as people write it, and notes what is wrong with it; what is flawless takes a short way (`quick.rs`).
//!
//! What [`read`] takes without a fault is what RFC 8259 and `serde_json` take. Everything else gives
//! a tree too, of what the text most likely means: comments, bare `$variables`, missing and trailing
//! commas, and mistakes of all other kinds.
//!
//! One mistake should be one fault. Four things see to that:
//!
//! - Where the reader cannot make sense of the text ([`Reader::lose`]), it keeps silent until it has
//!   found a comma, colon or bracket in its right place.
//! - A wrong bracket is often noticed twice, at its place and at the end of the text; the second time
//!   it is excused ([`Reader::excuse`]).
//! - Which bracket is the wrong one is often told by the others ([`Reader::surplus`]).
//! - A word without quotes reaches to the next comma, bracket, quote or line, whatever is in it.

mod blanks;
mod brackets;
#[cfg(any(feature = "quick-json", test))]
mod quick;
mod strings;
mod words;

use alloc::borrow::Cow;

use super::fault::{Fault, FaultKind, SyntaxFault, TextEdit};
use super::tree::{Entry, Node, TextRange, Value};
use super::{Limits, Parsed};
use crate::prelude::*;
use crate::sort::sort_by;
use brackets::{Gap, Kind, Open, Surplus};

/// More faults than anyone reads; what comes after them is not recorded.
const MAX_FAULTS: usize = 1_000;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Comma and colon of Chinese input methods: easily typed, hard to see.
const WIDE_COMMA: char = '，';
const WIDE_COLON: char = '：';

/// Reads a text. The caller has checked its size; [`Limits::depth`] bounds the recursion here.
pub(crate) fn read<'a>(text: &'a str, limits: &Limits) -> Parsed<'a> {
    #[cfg(feature = "quick-json")]
    if let Some(root) = quick::read(text, limits.depth) {
        return Parsed { root, faults: Vec::new(), range: TextRange::new(0, text.len()) };
    }
    read_with_faults(text, limits)
}

fn read_with_faults<'a>(text: &'a str, limits: &Limits) -> Parsed<'a> {
    let mut reader = Reader {
        text,
        at: 0,
        last: TextRange::default(),
        max_depth: limits.depth,
        open_lists: 0,
        open_maps: 0,
        key_behind_list: None,
        faults: Vec::new(),
        lost: false,
        excused: 0,
        surplus: None,
        comments_open_from: usize::MAX,
        too_deep: false,
    };
    let root = reader.document();
    Parsed { root, faults: reader.into_faults(), range: TextRange::new(0, text.len()) }
}

/// The place in the text, and what has to be remembered on the way.
struct Reader<'a> {
    text: &'a str,
    /// Offset of the next byte.
    at: usize,
    /// The token read last; white space and comments are none.
    last: TextRange,
    max_depth: usize,
    open_lists: usize,
    open_maps: usize,
    /// What an unclosed list took for an item, and is the next key of the map around it.
    key_behind_list: Option<Text<'a>>,
    faults: Vec<Fault>,
    /// Whether the reader is behind a mistake that it could not make sense of.
    lost: bool,
    /// How many told faults of brackets may still be noticed a second time.
    excused: usize,
    /// See [`Reader::surplus`].
    surplus: Option<Surplus>,
    /// Behind this offset no `*/` follows.
    comments_open_from: usize,
    /// Whether a value was skipped for its depth: then the brackets may not add up.
    too_deep: bool,
}

/// A string and where it stands, quotes included.
type Text<'a> = (Cow<'a, str>, TextRange);

// ---- The document ----

impl<'a> Reader<'a> {
    fn document(&mut self) -> Node<'a> {
        if self.text.starts_with(BYTE_ORDER_MARK) {
            self.advance(BYTE_ORDER_MARK.len_utf8());
        }
        self.skip_blanks();
        let shell_quote = self.shell_quote();
        while let Some(stray @ (b',' | b':' | b']' | b'}')) = self.peek() {
            self.lose(SyntaxFault::Unexpected(char::from(stray)), self.here());
            self.take(1);
            self.skip_blanks();
        }
        let mut root = self.value().unwrap_or_else(|| {
            self.lose(SyntaxFault::Empty, self.here());
            Node::new(Value::Null, self.here())
        });
        self.skip_blanks();
        while let Value::Map(entries) = &mut root.value
            && self.goes_on_after_root()
        {
            if !self.excuse() {
                self.tell(SyntaxFault::Unexpected('}'), self.last);
                self.excused = 1;
            }
            self.open_maps = 1;
            let mut open = Open::new(Kind::Map, root.range.as_range().start);
            open.gap = Gap::Part;
            self.entries(&mut open, entries);
            root.range = self.close(&open);
            self.skip_blanks();
        }
        self.finish(shell_quote);
        root
    }

    /// Steps over the quote before `'{ … }'`: so the guides' bodies stand in a shell command, and so
    /// they are pasted.
    fn shell_quote(&mut self) -> Option<TextRange> {
        let body = self.rest().strip_prefix('\'')?;
        if !body.trim_start().starts_with(['{', '[']) {
            return None;
        }
        let quote = self.take(1);
        self.skip_blanks();
        Some(quote)
    }

    /// Whether the root map was closed by a brace too many: then one more entry follows.
    fn goes_on_after_root(&self) -> bool {
        self.rest().strip_prefix(',').is_some_and(|rest| rest.trim_start().starts_with('"'))
    }

    /// Looks at what follows the root.
    fn finish(&mut self, shell_quote: Option<TextRange>) {
        while matches!(self.peek(), Some(b']' | b'}')) && self.excuse() {
            self.take(1);
            self.skip_blanks();
        }
        if let Some(quote) = shell_quote {
            let mut edits = vec![TextEdit::remove(quote)];
            if self.peek() == Some(b'\'') {
                edits.push(TextEdit::remove(self.take(1)));
                self.skip_blanks();
            }
            self.record(FaultKind::Syntax(SyntaxFault::Unexpected('\'')), quote, edits);
        }
        match self.peek() {
            None => {}
            // Where a value was skipped, its end may have been mistaken.
            Some(_) if self.too_deep => {}
            Some(bracket @ (b']' | b'}')) => {
                self.lose(SyntaxFault::Unexpected(char::from(bracket)), self.here());
            }
            Some(_) => {
                let line = self.rest().lines().next().unwrap_or_default().trim_end();
                self.lose(SyntaxFault::TrailingText, self.span(line.len()));
            }
        }
    }

    /// The faults, in the order of the text.
    fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults;
        // A NUL byte is a fault wherever it stands, so only texts with faults need the look.
        if !faults.is_empty()
            && let Some(nul) = self.text.find('\0')
        {
            // In what is no text, all other faults are noise.
            let range = TextRange::new(nul, nul.saturating_add(1));
            return vec![Fault { kind: FaultKind::Syntax(SyntaxFault::Binary), range, edits: vec![] }];
        }
        sort_by(&mut faults, |a, b| a.range.cmp(&b.range));
        // Where a quote is forgotten, a line is read twice, and a comment in it, too.
        faults.dedup();
        faults
    }
}

// ---- Values ----

impl<'a> Reader<'a> {
    /// Reads a value of any kind; none if the text has something else here.
    fn value(&mut self) -> Option<Node<'a>> {
        let start = self.at;
        let value = match self.peek()? {
            b'"' => return Some(self.string_value()),
            b'\'' if self.is_single_quoted() => return Some(self.string_value()),
            b'{' | b'[' if self.open_lists.saturating_add(self.open_maps) >= self.max_depth => {
                return Some(self.skip_too_deep());
            }
            b'{' => return Some(self.map()),
            b'[' => return Some(self.list()),
            b',' | b':' | b']' | b'}' => return None,
            b't' if self.skip_word("true") => Value::Bool(true),
            b'f' if self.skip_word("false") => Value::Bool(false),
            b'n' if self.skip_word("null") => Value::Null,
            b'-' | b'0'..=b'9' if self.skip_number() => return Some(self.number(start)),
            _ => return self.bare_value(),
        };
        Some(Node::new(value, self.token(start)))
    }

    fn string_value(&mut self) -> Node<'a> {
        let (text, range) = self.string();
        Node::new(Value::String(text), range)
    }

    fn list(&mut self) -> Node<'a> {
        let mut open = self.open(Kind::List);
        let mut items: Vec<Node<'a>> = Vec::new();
        while self.next_part(&mut open) {
            items.extend(self.value());
            self.tell_owed_comma(&mut open);
            if self.was_key(&mut items) {
                self.tell_unclosed(&open);
                self.excused = self.excused.saturating_add(1);
                let end = items.last().map_or(open.start.saturating_add(1), |item| item.range.as_range().end);
                self.close(&open);
                return Node::new(Value::List(items), TextRange::new(open.start, end));
            }
        }
        Node::new(Value::List(items), self.close(&open))
    }

    /// Whether the last item is no item, but the key behind a list that is not closed:
    /// `{"a": ["x", "b": 1}`. Then it is kept for the map.
    fn was_key(&mut self, items: &mut Vec<Node<'a>>) -> bool {
        if self.key_behind_list.is_some() {
            return true;
        }
        self.skip_blanks();
        if self.peek() != Some(b':') || self.open_maps == 0 || *self.surplus(Kind::List) <= 0 {
            return false;
        }
        self.key_behind_list = items.pop_if(|item| item.as_str().is_some()).and_then(|item| match item.value {
            Value::String(text) => Some((text, item.range)),
            _ => None,
        });
        self.key_behind_list.is_some()
    }

    fn map(&mut self) -> Node<'a> {
        let mut open = self.open(Kind::Map);
        let mut entries = Vec::new();
        self.entries(&mut open, &mut entries);
        Node::new(Value::Map(entries), self.close(&open))
    }

    /// Reads the entries of an open map, and its closing brace.
    fn entries(&mut self, open: &mut Open, entries: &mut Vec<Entry<'a>>) {
        while self.next_part(open) {
            let certain = !self.lost;
            let mut next_key = self.key(open);
            while let Some((key, key_range)) = next_key.take() {
                let colon = self.colon();
                if colon.is_none() {
                    next_key = self.key_without_quote(key_range);
                    if next_key.is_some() {
                        continue;
                    }
                }
                let mut value = Node::new(Value::Null, TextRange { start: self.last.end, end: self.last.end });
                self.skip_blanks();
                let found = self.value();
                self.skip_blanks();
                match found {
                    // `"a": "b": 1`: the string is the next key, and the value of the first is missing.
                    Some(Node { value: Value::String(text), range, .. }) if self.peek() == Some(b':') => {
                        self.lose_value(key_range, colon);
                        if *self.surplus(Kind::Map) < 0 {
                            // What is missing is the opening brace of that value.
                            self.excused = self.excused.saturating_add(1);
                        }
                        next_key = Some((text, range));
                    }
                    Some(found) => {
                        if colon.is_none() {
                            let edit = TextEdit::insert(key_range.end, ":");
                            self.mend(SyntaxFault::ColonExpected, key_range, edit);
                        }
                        value = found;
                        next_key = self.key_behind_list.take();
                    }
                    // At the end of the text it is enough to say that the map is not closed.
                    None if self.peek().is_none() => {}
                    None => self.lose_value(key_range, colon),
                }
                if certain || colon.is_some() {
                    entries.push(Entry { key, key_range, merged: false, value });
                }
            }
        }
    }

    /// Says that a key has no value, and perhaps no colon either.
    fn lose_value(&mut self, key: TextRange, colon: Option<TextRange>) {
        match colon {
            Some(colon) => self.lose(SyntaxFault::ValueExpected, colon),
            None => self.lose(SyntaxFault::ColonExpected, key),
        }
    }

    /// Reads a key. Where there is none, steps over what stands in its place.
    fn key(&mut self, open: &mut Open) -> Option<Text<'a>> {
        match self.peek()? {
            quote @ (b'"' | b'\'') if quote == b'"' || self.is_single_quoted() => {
                let key = self.string();
                self.tell_owed_comma(open);
                Some(key)
            }
            b':' => {
                self.lose(SyntaxFault::KeyExpected, self.here());
                self.take(1);
                None
            }
            bracket @ (b'{' | b'[') => {
                self.lose(SyntaxFault::KeyExpected, self.here());
                let surplus = self.surplus(Kind::of(bracket));
                if *surplus > 0 {
                    *surplus = surplus.saturating_sub(1);
                    self.take(1);
                } else {
                    self.skip_brackets();
                }
                None
            }
            _ => self.bare_key(open),
        }
    }

    /// Reads the colon behind a key, or what was typed for it.
    fn colon(&mut self) -> Option<TextRange> {
        self.skip_blanks();
        if self.peek() == Some(b':') {
            self.lost = false;
            return Some(self.take(1));
        }
        if !self.rest().starts_with(WIDE_COLON) {
            return None;
        }
        let range = self.take(WIDE_COLON.len_utf8());
        self.mend(SyntaxFault::ColonExpected, range, TextEdit { range, text: ":".to_owned() });
        Some(range)
    }
}

// ---- Faults ----

impl Reader<'_> {
    /// Records a fault, whatever came before it.
    fn record(&mut self, kind: FaultKind, range: TextRange, edits: Vec<TextEdit>) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { kind, range, edits });
        }
    }

    /// Tells of a bracket.
    fn tell(&mut self, fault: SyntaxFault, range: TextRange) {
        if !self.too_deep {
            self.record(FaultKind::Syntax(fault), range, vec![]);
        }
    }

    /// Notes a fault, unless it may be the echo of one before.
    fn note(&mut self, kind: FaultKind, range: TextRange, edits: Vec<TextEdit>) {
        if !self.lost {
            self.record(kind, range, edits);
        }
    }

    /// Notes a fault that one edit mends: it is clear what was meant, and how to go on.
    fn mend(&mut self, fault: SyntaxFault, range: TextRange, edit: TextEdit) {
        self.note(FaultKind::Syntax(fault), range, vec![edit]);
    }

    /// Notes a fault behind which it is not clear how to go on.
    fn lose(&mut self, fault: SyntaxFault, range: TextRange) {
        self.note(FaultKind::Syntax(fault), range, vec![]);
        self.lost = true;
    }

    #[inline]
    /// Whether what is wrong with the brackets here may be the echo of a fault that is told.
    fn excuse(&mut self) -> bool {
        let excused = self.excused > 0;
        self.excused = self.excused.saturating_sub(1);
        excused
    }
}

// ---- The place in the text ----

impl<'a> Reader<'a> {
    #[inline]
    fn bytes_from(&self, offset: usize) -> &'a [u8] {
        self.text.as_bytes().get(offset..).unwrap_or_default()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over so many bytes, but not over the end of the text.
    #[inline]
    fn advance(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.text.len());
    }

    /// The range of the next bytes.
    fn span(&self, bytes: usize) -> TextRange {
        TextRange::new(self.at, self.at.saturating_add(bytes))
    }

    /// The range of the next character; empty at the end of the text.
    fn here(&self) -> TextRange {
        self.span(self.rest().chars().next().map_or(0, char::len_utf8))
    }

    /// Makes what was stepped over since `start` the last token.
    #[inline]
    fn token(&mut self, start: usize) -> TextRange {
        self.last = TextRange::new(start, self.at);
        self.last
    }

    /// Steps over a token of so many bytes.
    #[inline]
    fn take(&mut self, bytes: usize) -> TextRange {
        let start = self.at;
        self.advance(bytes);
        self.token(start)
    }
}

#[cfg(test)]
mod tests;
