//! Reads JSON as people write it, and notes what is wrong with it; what is [flawless](quick) takes a short way.
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

mod quick;
mod strings;
mod words;

use alloc::borrow::Cow;

use super::fault::{Fault, FaultKind, SyntaxFault, TextEdit};
use super::tree::{Entry, Node, TextRange, Value};
use super::{Limits, Parsed};
use crate::prelude::*;
use crate::sort::sort_by;
use crate::text::find;
use words::is_odd_blank;

/// More faults than anyone reads; what comes after them is not recorded.
const MAX_FAULTS: usize = 1_000;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Comma and colon of Chinese input methods: easily typed, hard to see.
const WIDE_COMMA: char = '，';
const WIDE_COLON: char = '：';

/// Reads a text. The caller has checked its size; [`Limits::depth`] bounds the recursion here.
pub(crate) fn read<'a>(text: &'a str, limits: &Limits) -> Parsed<'a> {
    match quick::read(text, limits.depth) {
        Some(root) => Parsed { root, faults: Vec::new(), range: TextRange::new(0, text.len()) },
        None => read_with_faults(text, limits),
    }
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
    /// Whether a value was skipped for its depth: then the brackets may not add up.
    too_deep: bool,
}

/// A string and where it stands, quotes included.
type Text<'a> = (Cow<'a, str>, TextRange);

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    List,
    Map,
}

/// A list or map that is being read.
struct Open {
    kind: Kind,
    start: usize,
    gap: Gap,
    /// The token that lacks a comma behind it, as long as that is not told.
    owes_comma: Option<TextRange>,
    /// Whether a colon in a list was told of: then it is meant as a map, and has more of them.
    colon_told: bool,
}

/// What stands before the next part (item or entry) of a list or map.
#[derive(Clone, Copy)]
enum Gap {
    /// The opening bracket, or what was taken for a comma.
    Start,
    /// Another part.
    Part,
    /// A comma.
    Comma(TextRange),
}

/// How many more opening than closing brackets the text has.
#[derive(Default)]
struct Surplus {
    lists: isize,
    maps: isize,
}

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

// ---- Brackets and commas ----

impl Reader<'_> {
    /// Steps over an opening bracket.
    #[inline]
    fn open(&mut self, kind: Kind) -> Open {
        let start = self.at;
        self.take(1);
        self.lost = false;
        let count = self.count(kind);
        *count = count.saturating_add(1);
        Open::new(kind, start)
    }

    /// Leaves a list or map whose end was reached, and tells its range.
    #[inline]
    fn close(&mut self, open: &Open) -> TextRange {
        let count = self.count(open.kind);
        *count = count.saturating_sub(1);
        TextRange { end: self.last.end, ..TextRange::new(open.start, open.start) }
    }

    #[inline]
    fn count(&mut self, kind: Kind) -> &mut usize {
        match kind {
            Kind::List => &mut self.open_lists,
            Kind::Map => &mut self.open_maps,
        }
    }

    /// Goes to the start of the next part; where there is none, past the end of the list or map.
    fn next_part(&mut self, open: &mut Open) -> bool {
        loop {
            self.skip_blanks();
            match self.peek() {
                None => {
                    if !self.excuse() {
                        self.tell_unclosed(open);
                    }
                    return false;
                }
                Some(b',') => self.comma(open, 1),
                Some(bracket @ (b']' | b'}')) => {
                    if self.closing(open, bracket) {
                        return false;
                    }
                }
                Some(b':') if open.kind == Kind::List || matches!(open.gap, Gap::Part) => {
                    if !open.colon_told {
                        self.lose(SyntaxFault::Unexpected(':'), self.here());
                        open.colon_told = open.kind == Kind::List;
                    }
                    self.take(1);
                    self.lost = true;
                }
                Some(0x80..) if self.rest().starts_with(WIDE_COMMA) => self.comma(open, WIDE_COMMA.len_utf8()),
                Some(_) => {
                    open.owes_comma = matches!(open.gap, Gap::Part).then_some(self.last);
                    open.gap = Gap::Part;
                    return true;
                }
            }
        }
    }

    /// Steps over a comma; one of more than one byte is a wide one.
    fn comma(&mut self, open: &mut Open, length: usize) {
        let before = self.last;
        let comma = self.take(length);
        self.lost = false;
        match open.gap {
            Gap::Part if length == 1 => open.gap = Gap::Comma(comma),
            Gap::Part => {
                let edit = TextEdit { range: comma, text: ",".to_owned() };
                self.note(FaultKind::MissingComma, before, vec![edit]);
                open.gap = Gap::Start;
            }
            Gap::Start | Gap::Comma(_) => {
                let missing = match open.kind {
                    Kind::List => SyntaxFault::ValueExpected,
                    Kind::Map => SyntaxFault::KeyExpected,
                };
                self.mend(missing, comma, TextEdit::remove(comma));
            }
        }
    }

    /// Steps over a closing bracket; whether it ends the open list or map.
    fn closing(&mut self, open: &mut Open, bracket: u8) -> bool {
        let kind = Kind::of(bracket);
        if kind == open.kind {
            let closing = self.take(1);
            self.skip_blanks();
            let too_early = self.peek() == Some(b'"') && *self.surplus(kind) < 0;
            if !too_early {
                self.tell_trailing_comma(open);
                self.lost = false;
                return true;
            }
            // Another part follows, and the text has one such bracket too many.
            self.tell(SyntaxFault::Unexpected(char::from(bracket)), closing);
            let surplus = self.surplus(kind);
            *surplus = surplus.saturating_add(1);
        } else if *self.count(kind) > 0 {
            // It closes something around this, which is left to see to it.
            self.tell_trailing_comma(open);
            self.tell_unclosed(open);
            self.excused = self.excused.saturating_add(1);
            return true;
        } else {
            self.tell(SyntaxFault::Unexpected(char::from(bracket)), self.here());
            self.take(1);
            self.excused = self.excused.saturating_add(1);
        }
        self.lost = true;
        false
    }

    /// How many more opening than closing brackets of a kind there are in the text: when one of them
    /// seems wrong, this tells whether it is one too many.
    fn surplus(&mut self, kind: Kind) -> &mut isize {
        let surplus = match self.surplus.take() {
            Some(surplus) => surplus,
            None => self.count_surplus(),
        };
        let surplus = self.surplus.insert(surplus);
        match kind {
            Kind::List => &mut surplus.lists,
            Kind::Map => &mut surplus.maps,
        }
    }

    fn count_surplus(&mut self) -> Surplus {
        let mut surplus = Surplus::default();
        let at = core::mem::take(&mut self.at);
        while let Some(bracket) = self.skip_to_bracket() {
            let count = match Kind::of(bracket) {
                Kind::List => &mut surplus.lists,
                Kind::Map => &mut surplus.maps,
            };
            let opens = matches!(bracket, b'[' | b'{');
            *count = count.saturating_add(if opens { 1 } else { -1 });
        }
        self.at = at;
        surplus
    }

    /// Steps over a value that is nested too deep, without recursion.
    fn skip_too_deep(&mut self) -> Node<'static> {
        self.record(FaultKind::TooDeep, self.here(), vec![]);
        self.too_deep = true;
        Node::new(Value::Null, self.skip_brackets())
    }

    /// Steps over a bracket and all up to the one that closes it.
    fn skip_brackets(&mut self) -> TextRange {
        let start = self.at;
        let mut depth: usize = 0;
        while let Some(bracket) = self.skip_to_bracket() {
            let opens = matches!(bracket, b'[' | b'{');
            depth = if opens { depth.saturating_add(1) } else { depth.saturating_sub(1) };
            if depth == 0 {
                break;
            }
        }
        self.token(start)
    }

    /// Steps over the next bracket that is in no string and no comment.
    fn skip_to_bracket(&mut self) -> Option<u8> {
        loop {
            let byte = self.peek()?;
            match byte {
                b'"' => self.skip_string(),
                b'#' => self.skip_line(),
                b'/' if self.rest().starts_with("//") => self.skip_line(),
                _ => self.advance(1),
            }
            if matches!(byte, b'[' | b']' | b'{' | b'}') {
                return Some(byte);
            }
        }
    }
}

impl Kind {
    /// What a bracket opens or closes.
    fn of(bracket: u8) -> Self {
        if matches!(bracket, b'[' | b']') { Self::List } else { Self::Map }
    }
}

impl Open {
    fn new(kind: Kind, start: usize) -> Self {
        Self { kind, start, gap: Gap::Start, owes_comma: None, colon_told: false }
    }
}

// ---- White space and comments ----

impl Reader<'_> {
    /// Steps over white space and comments.
    #[inline]
    fn skip_blanks(&mut self) {
        // Mostly there is nothing to skip, and that must cost nothing.
        if matches!(self.peek(), Some(..=b' ' | b'#' | b'/' | 0x80..)) {
            self.skip_blanks_here();
        }
    }

    fn skip_blanks_here(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.skip_white_space(),
                Some(b'#') => self.comment(),
                Some(b'/') if self.rest().starts_with("//") || self.rest().starts_with("/*") => self.comment(),
                Some(0x80.. | 0xb | 0xc) if self.rest().starts_with(is_odd_blank) => self.odd_blanks(),
                _ => return,
            }
        }
    }

    fn skip_white_space(&mut self) {
        let mut rest = self.bytes_from(self.at);
        // Half of an indented text is indentation, so eight spaces are taken at once.
        while let [b' ' | b'\n' | b'\r' | b'\t', behind @ ..] = rest {
            rest = match rest.split_first_chunk::<8>() {
                Some((block, behind)) if *block == [b' '; 8] => behind,
                _ => behind,
            };
        }
        self.at = self.text.len().saturating_sub(rest.len());
    }

    /// Steps over a comment. `/* … */` is none of the two usual kinds, but as clear.
    fn comment(&mut self) {
        let start = self.at;
        match self.rest().strip_prefix("/*") {
            Some(inside) => {
                let length = find(inside, "*/").map_or(inside.len(), |length| length.saturating_add(2));
                self.advance(length.saturating_add(2));
            }
            None => self.skip_line(),
        }
        self.record(FaultKind::CommentInJson, TextRange::new(start, self.at), vec![]);
    }

    /// Steps over white space that JSON does not know, such as no-break spaces out of a web page.
    fn odd_blanks(&mut self) {
        let rest = self.rest();
        let length = rest.len().saturating_sub(rest.trim_start_matches(is_odd_blank).len());
        let range = self.span(length);
        if let Some(first) = rest.chars().next() {
            self.mend(SyntaxFault::Unexpected(first), range, TextEdit { range, text: " ".to_owned() });
        }
        self.advance(length);
    }

    /// Goes to the end of the line.
    fn skip_line(&mut self) {
        let rest = self.bytes_from(self.at);
        let length = rest.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count();
        self.advance(length);
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
    fn tell_owed_comma(&mut self, open: &mut Open) {
        if let Some(before) = open.owes_comma.take() {
            self.note(FaultKind::MissingComma, before, vec![TextEdit::insert(before.end, ",")]);
        }
    }

    #[inline]
    fn tell_trailing_comma(&mut self, open: &Open) {
        if let Gap::Comma(comma) = open.gap {
            self.note(FaultKind::TrailingComma, comma, vec![TextEdit::remove(comma)]);
        }
    }

    fn tell_unclosed(&mut self, open: &Open) {
        let bracket = match open.kind {
            Kind::List => '[',
            Kind::Map => '{',
        };
        let range = TextRange::new(open.start, open.start.saturating_add(1));
        self.tell(SyntaxFault::Unclosed(bracket), range);
    }

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
