//! YAML text → tokens, by the grammar of go-yaml, with which Kubernetes reads.
//!
//! What a key is shows only at its colon: tokens wait in a queue until what they begin can be no key any more, and the
//! token that says so is put in before them. Tokens also tell where blocks open and close by their indentation. What is
//! wrong without hiding what follows is noted as a fault; only an [`Error`] stops.
//!
//! Source: `scannerc.go` of go-yaml 2 (`go.yaml.in/yaml/v2`), which follows libyaml. It reads YAML 1.1.

mod words;

use alloc::borrow::Cow;

use super::{Fault, FaultKind, TextRange, unexpected, yaml};
use crate::prelude::*;

/// A key without a `?` may take so many characters, and no line break.
const LONGEST_KEY: usize = 1_024;

/// A piece of YAML, and the bytes that it takes.
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a token is.
#[derive(Debug, PartialEq)]
pub(super) enum Kind<'a> {
    /// The end of the text.
    End,
    /// `%TAG`, with its handle and prefix, or `%YAML`.
    Directive(Option<(&'a str, &'a str)>),
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    /// A block list opens with the dash that follows.
    ListStart,
    /// A block map opens with the key that follows.
    MapStart,
    /// A block closes: what follows stands further left.
    BlockEnd,
    /// `-`
    Dash,
    /// `[` or `{`
    Open(u8),
    /// `]` or `}`
    Close(u8),
    /// `,`
    Comma,
    /// `?`, or nothing before what turned out to be a key.
    Key,
    /// `:`
    Colon,
    /// `*name`
    Alias(&'a str),
    /// `&name`
    Anchor(&'a str),
    /// A tag as it is written, from its `!` on.
    Tag(&'a str),
    /// What a scalar says, and whether it is plain: without quotes and not a block.
    Scalar(Cow<'a, str>, bool),
}

/// What cannot be read, and where.
pub(super) struct Error {
    pub(super) kind: FaultKind,
    pub(super) at: usize,
}

impl Error {
    pub(super) fn new(message: &'static str, at: usize) -> Self {
        Self { kind: yaml(message), at }
    }
}

/// Makes tokens of a text without NUL, one at a time.
pub(super) struct Scanner<'a> {
    text: &'a str,
    /// What is wrong so far, and was read over.
    pub(super) faults: Vec<Fault>,
    /// Whether a tab was told in this document: what comes behind it may stand in a wrong column.
    pub(super) told_tab: bool,
    /// Where the next token is looked for, in bytes; and its column, in characters.
    at: usize,
    column: usize,
    line: usize,
    /// The column of the innermost block, none outside of blocks.
    indent: Option<usize>,
    /// Those of the blocks around it.
    indents: Vec<Option<usize>>,
    /// How many brackets and braces are open: between them indentation does not count.
    flow: usize,
    /// Whether a key may begin here.
    key_allowed: bool,
    /// What may turn out to be a key, one for each bracket or brace at most, outermost first.
    keys: Vec<SimpleKey>,
    tokens: Vec<Token<'a>>,
    /// How many tokens were taken from the queue.
    taken: usize,
}

/// What may turn out to be a key: a node that begins where a key may.
struct SimpleKey {
    /// The number of its first token, counted from the first of the text.
    token: usize,
    at: usize,
    line: usize,
    column: usize,
    flow: usize,
    /// Whether it stands where nothing but a key may.
    required: bool,
}

/// What was taken for a possible key is none: where nothing else may stand, that is an error.
fn no_key(key: Option<SimpleKey>) -> Result<(), Error> {
    match key {
        Some(key) if key.required => Err(Error::new("could not find expected ':'", key.at)),
        _ => Ok(()),
    }
}

/// What a tag begins with: `!name!` or `!!`, or else `!`.
pub(super) fn handle(tag: &str) -> &str {
    let name = tag.bytes().skip(1).take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count();
    tag.get(..name.saturating_add(2)).filter(|handle| handle.ends_with('!')).unwrap_or("!")
}

/// Whether a tag is made of what URIs are.
fn is_uri(tag: &str) -> bool {
    let is_octet = |escape: &str| escape.get(..2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_;/?:@&=+$,.!~*'()[]%".contains(&byte))
        && tag.split('%').skip(1).all(is_octet)
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            faults: Vec::new(),
            told_tab: false,
            // A byte order mark takes no column; anywhere else it is a character as others are.
            at: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
            column: 0,
            line: 0,
            indent: None,
            indents: Vec::new(),
            flow: 0,
            key_allowed: true,
            keys: Vec::new(),
            tokens: Vec::new(),
            taken: 0,
        }
    }

    /// Goes on at the first `---` that begins a line, from `at` on; where there is none, at the end.
    pub(super) fn restart(&mut self, at: usize) {
        let mut lines = Self {
            at,
            column: usize::from(at > 0 && !self.text.get(..at).is_some_and(|before| before.ends_with(['\n', '\r']))),
            ..Self::new(self.text)
        };
        while lines.byte(0) != 0 && !(lines.at_document() && lines.byte(0) == b'-') {
            if !lines.next_line() {
                lines.advance(1);
            }
        }
        let start = lines.at;
        *self = Self { faults: core::mem::take(&mut self.faults), at: start, ..Self::new(self.text) };
    }

    /// The next token, which stays in the queue.
    pub(super) fn peek(&mut self) -> Result<&Token<'a>, Error> {
        // The first token waits as long as it may begin a key.
        while self.tokens.is_empty() || self.first_may_be_key()? {
            self.fetch()?;
        }
        self.tokens.first().ok_or_else(|| Error::new("did not find expected node content", self.at))
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, Error> {
        self.peek()?;
        self.taken = self.taken.saturating_add(1);
        // The queue is short: it holds what may be one key.
        Ok(self.tokens.remove(0))
    }

    fn first_may_be_key(&mut self) -> Result<bool, Error> {
        while let Some(key) = self.keys.first().filter(|key| key.token == self.taken) {
            if self.is_open(key) {
                return Ok(true);
            }
            no_key(Some(self.keys.remove(0)))?;
        }
        Ok(false)
    }

    /// Whether a colon here would make it a key.
    fn is_open(&self, key: &SimpleKey) -> bool {
        key.line == self.line && self.column.saturating_sub(key.column) <= LONGEST_KEY
    }

    /// What may have been a key within these brackets is none.
    fn forget_key(&mut self) -> Result<(), Error> {
        no_key(self.keys.pop_if(|key| key.flow == self.flow))
    }

    /// What begins here may be a key.
    fn save_key(&mut self) -> Result<(), Error> {
        if self.key_allowed {
            self.forget_key()?;
            self.keys.push(SimpleKey {
                token: self.taken.saturating_add(self.tokens.len()),
                at: self.at,
                line: self.line,
                column: self.column,
                flow: self.flow,
                required: self.flow == 0 && self.indent == Some(self.column),
            });
        }
        Ok(())
    }

    // ---- The text ----

    /// A byte from here on; 0 behind the end.
    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at.saturating_add(ahead)).copied().unwrap_or(0)
    }

    /// How many bytes the line break at an offset takes; 0 where there is none.
    fn line_break(&self, at: usize) -> usize {
        match self.text.as_bytes().get(at..).unwrap_or_default() {
            [b'\r', b'\n', ..] | [0xc2, 0x85, ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
            _ => 0,
        }
    }

    /// Whether there is a blank, a line break or the end at an offset.
    fn ends_word(&self, at: usize) -> bool {
        match self.text.as_bytes().get(at) {
            None | Some(b' ' | b'\t' | b'\n' | b'\r') => true,
            Some(0xc2 | 0xe2) => self.line_break(at) > 0,
            Some(_) => false,
        }
    }

    fn advance(&mut self, bytes: usize) {
        let end = self.at.saturating_add(bytes);
        let passed = self.text.as_bytes().get(self.at..end).unwrap_or_default();
        let characters = passed.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        self.column = self.column.saturating_add(characters);
        self.at = end;
    }

    /// Goes past bytes of some kind.
    fn advance_while(&mut self, is: fn(u8) -> bool) {
        while is(self.byte(0)) {
            self.advance(1);
        }
    }

    /// Goes past a line break, if there is one.
    fn next_line(&mut self) -> bool {
        let length = self.line_break(self.at);
        if length > 0 {
            self.at = self.at.saturating_add(length);
            self.column = 0;
            self.line = self.line.saturating_add(1);
        }
        length > 0
    }

    /// Goes past a comment, if one begins here.
    fn comment(&mut self) {
        if self.byte(0) == b'#' {
            while self.byte(0) != 0 && self.line_break(self.at) == 0 {
                self.advance(1);
            }
        }
    }

    /// Whether `---` or `...` stands here, at the start of a line.
    fn at_document(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.column == 0 && (rest.starts_with("---") || rest.starts_with("...")) && self.ends_word(self.at.saturating_add(3))
    }

    pub(super) fn fault(&mut self, message: &'static str, start: usize, end: usize) {
        self.faults.push(Fault { kind: yaml(message), range: TextRange::new(start, end), edits: Vec::new() });
    }

    // ---- Tokens ----

    fn push(&mut self, kind: Kind<'a>, start: usize) {
        self.tokens.push(Token { kind, start, end: self.at });
    }

    /// A token of so many bytes.
    fn sign(&mut self, kind: Kind<'a>, bytes: usize) {
        let start = self.at;
        self.advance(bytes);
        self.push(kind, start);
    }

    /// Puts at least one more token into the queue.
    fn fetch(&mut self) -> Result<(), Error> {
        self.blanks();
        let end = self.byte(0) == 0;
        if end {
            // What may have been a key ends with its line.
            self.line = self.line.saturating_add(1);
            self.column = 0;
        }
        self.leave_blocks(Some(self.column).filter(|_| !end));
        if end {
            return self.outside(Kind::End, 0);
        }
        if self.column == 0 && self.byte(0) == b'%' {
            return self.directive();
        }
        if self.at_document() {
            self.told_tab = false;
            let kind = if self.byte(0) == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd };
            return self.outside(kind, 3);
        }
        let flow = self.flow > 0;
        let alone = self.ends_word(self.at.saturating_add(1));
        match self.byte(0) {
            bracket @ (b'[' | b'{') => {
                self.save_key()?;
                self.flow = self.flow.saturating_add(1);
                self.key_allowed = true;
                self.sign(Kind::Open(bracket), 1);
            }
            bracket @ (b']' | b'}') => {
                self.forget_key()?;
                self.flow = self.flow.saturating_sub(1);
                self.key_allowed = false;
                self.sign(Kind::Close(bracket), 1);
            }
            b',' => {
                self.forget_key()?;
                self.key_allowed = true;
                self.sign(Kind::Comma, 1);
            }
            b'-' if alone => {
                self.enter_block(Kind::ListStart, "block sequence entries are not allowed in this context")?;
                self.forget_key()?;
                self.key_allowed = true;
                self.sign(Kind::Dash, 1);
            }
            b'?' if flow || alone => {
                self.enter_block(Kind::MapStart, "mapping keys are not allowed in this context")?;
                self.forget_key()?;
                self.key_allowed = !flow;
                self.sign(Kind::Key, 1);
            }
            b':' if flow || alone => self.colon()?,
            sign @ (b'*' | b'&') => self.name(sign == b'*')?,
            b'!' => self.tag()?,
            b'|' | b'>' if !flow => self.block_scalar()?,
            quote @ (b'\'' | b'"') => self.quoted(quote)?,
            sign @ (b'#' | b'|' | b'>' | b'%' | b'@' | b'`') => return Err(Error { kind: unexpected(char::from(sign)), at: self.at }),
            _ => self.plain()?,
        }
        Ok(())
    }

    /// Goes past blanks, comments and line breaks. Go-yaml takes no tab where a key may begin: it is told, and passed.
    fn blanks(&mut self) {
        loop {
            while matches!(self.byte(0), b' ' | b'\t') {
                if self.byte(0) == b'\t' && self.flow == 0 && self.key_allowed {
                    self.tab();
                }
                self.advance(1);
            }
            self.comment();
            if !self.next_line() {
                return;
            }
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    /// Tells the tab that stands here, if it is the first of its document: where one is, others are.
    fn tab(&mut self) {
        if !core::mem::replace(&mut self.told_tab, true) {
            self.fault("tab cannot be used as indentation", self.at, self.at.saturating_add(1));
        }
    }

    /// What stands outside of documents, or between them.
    fn outside(&mut self, kind: Kind<'a>, bytes: usize) -> Result<(), Error> {
        self.leave_blocks(None);
        self.forget_key()?;
        self.key_allowed = false;
        self.sign(kind, bytes);
        Ok(())
    }

    /// Closes the blocks that are indented further than a column, or all.
    fn leave_blocks(&mut self, column: Option<usize>) {
        while self.flow == 0 && self.indent > column {
            self.push(Kind::BlockEnd, self.at);
            self.indent = self.indents.pop().flatten();
        }
    }

    /// A dash or a question mark opens a block where it stands further right than the block that it is in.
    fn enter_block(&mut self, kind: Kind<'a>, not_allowed: &'static str) -> Result<(), Error> {
        if self.flow > 0 {
            return Ok(());
        }
        if !self.key_allowed {
            return Err(Error::new(not_allowed, self.at));
        }
        if self.indent < Some(self.column) {
            self.indent_to(self.column);
            self.push(kind, self.at);
        }
        Ok(())
    }

    fn indent_to(&mut self, column: usize) {
        self.indents.push(self.indent.replace(column));
    }

    fn colon(&mut self) -> Result<(), Error> {
        match self.keys.pop_if(|key| key.flow == self.flow) {
            Some(key) if self.is_open(&key) => {
                let place = key.token.saturating_sub(self.taken);
                let mut insert = |kind| self.tokens.insert(place, Token { kind, start: key.at, end: key.at });
                insert(Kind::Key);
                if self.flow == 0 && self.indent < Some(key.column) {
                    insert(Kind::MapStart);
                    self.indent_to(key.column);
                }
                self.key_allowed = false;
            }
            key => {
                no_key(key)?;
                // The value of a key with a `?`, or of none.
                self.enter_block(Kind::MapStart, "mapping values are not allowed in this context")?;
                self.key_allowed = self.flow == 0;
            }
        }
        self.sign(Kind::Colon, 1);
        Ok(())
    }

    /// An anchor or an alias.
    fn name(&mut self, alias: bool) -> Result<(), Error> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.at;
        self.advance(1);
        self.advance_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if self.at == start.saturating_add(1) || !self.ends_word(self.at) && !b"?:,]}%@`".contains(&self.byte(0)) {
            // It is told, and read up to where others end it.
            while !self.ends_word(self.at) && !b",[]{}".contains(&self.byte(0)) {
                self.advance(1);
            }
            self.fault("did not find expected alphabetic or numeric character", start, self.at);
        }
        let name = self.text.get(start.saturating_add(1)..self.at).unwrap_or_default();
        self.push(if alias { Kind::Alias(name) } else { Kind::Anchor(name) }, start);
        Ok(())
    }

    fn tag(&mut self) -> Result<(), Error> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.at;
        // Commas and square brackets are part of it: `[!a,b]` has no second item, and no end.
        let ends = |byte: u8| self.flow > 0 && b"{}".contains(&byte);
        let mut end = start;
        while !self.ends_word(end) && !self.text.as_bytes().get(end).copied().is_some_and(ends) {
            end = end.saturating_add(1);
        }
        self.advance(end.saturating_sub(start));
        let tag = self.text.get(start..end).unwrap_or_default();
        let written = tag.strip_prefix("!<").and_then(|tag| tag.strip_suffix('>')).unwrap_or(tag);
        let cut_short = tag.len() > 1 && handle(tag) == tag;
        if cut_short || !self.ends_word(end) || !is_uri(written) {
            self.fault("did not find expected whitespace or line break", start, end);
        }
        self.push(Kind::Tag(tag), start);
        Ok(())
    }

    /// A line that begins with `%`.
    fn directive(&mut self) -> Result<(), Error> {
        self.outside(Kind::Directive(None), 0)?;
        let start = self.at;
        while self.byte(0) != 0 && self.line_break(self.at) == 0 {
            self.advance(1);
        }
        let line = self.text.get(start..self.at).unwrap_or_default();
        let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty()).take_while(|word| !word.starts_with('#'));
        let directive = match (words.next(), words.next(), words.next(), words.next()) {
            (Some("%YAML"), Some("1.1"), None, None) => None,
            (Some("%TAG"), Some(handle), Some(prefix), None) if handle.starts_with('!') && handle.ends_with('!') && is_uri(prefix) => {
                Some((handle, prefix))
            }
            (Some("%YAML"), Some(_), None, None) => {
                self.fault("found incompatible YAML document", start, start.saturating_add(line.trim_end().len()));
                None
            }
            _ => return Err(Error::new("found unknown directive name", start)),
        };
        if let Some(token) = self.tokens.last_mut() {
            *token = Token { kind: Kind::Directive(directive), start, end: self.at };
        }
        Ok(())
    }
}
