//! Lists and maps from bracket to bracket, with the commas between their parts.

use super::{Reader, WIDE_COMMA};
use crate::prelude::*;
use crate::source::fault::{FaultKind, SyntaxFault, TextEdit};
use crate::source::tree::{Node, TextRange, Value};

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    List,
    Map,
}

/// A list or map that is being read.
pub(super) struct Open {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) gap: Gap,
    /// The token that lacks a comma behind it, as long as that is not told.
    pub(super) owes_comma: Option<TextRange>,
    /// Whether a colon in a list was told of: then it is meant as a map, and has more of them.
    pub(super) colon_told: bool,
}

/// What stands before the next part (item or entry) of a list or map.
#[derive(Clone, Copy)]
pub(super) enum Gap {
    /// The opening bracket, or what was taken for a comma.
    Start,
    /// Another part.
    Part,
    /// A comma.
    Comma(TextRange),
}

/// How many more opening than closing brackets the text has.
#[derive(Default)]
pub(super) struct Surplus {
    pub(super) lists: isize,
    pub(super) maps: isize,
}

impl Reader<'_> {
    /// Steps over an opening bracket.
    #[inline]
    pub(super) fn open(&mut self, kind: Kind) -> Open {
        let start = self.at;
        self.take(1);
        self.lost = false;
        let count = self.count(kind);
        *count = count.saturating_add(1);
        Open::new(kind, start)
    }

    /// Leaves a list or map whose end was reached, and tells its range.
    #[inline]
    pub(super) fn close(&mut self, open: &Open) -> TextRange {
        let count = self.count(open.kind);
        *count = count.saturating_sub(1);
        TextRange { end: self.last.end, ..TextRange::new(open.start, open.start) }
    }

    #[inline]
    pub(super) fn count(&mut self, kind: Kind) -> &mut usize {
        match kind {
            Kind::List => &mut self.open_lists,
            Kind::Map => &mut self.open_maps,
        }
    }

    /// Goes to the start of the next part; where there is none, past the end of the list or map.
    pub(super) fn next_part(&mut self, open: &mut Open) -> bool {
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
    pub(super) fn surplus(&mut self, kind: Kind) -> &mut isize {
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
    pub(super) fn skip_too_deep(&mut self) -> Node<'static> {
        self.record(FaultKind::TooDeep, self.here(), vec![]);
        self.too_deep = true;
        Node::new(Value::Null, self.skip_brackets())
    }

    /// Steps over a bracket and all up to the one that closes it.
    pub(super) fn skip_brackets(&mut self) -> TextRange {
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
                b'/' if self.rest().starts_with("//") || self.rest().starts_with("/*") => _ = self.skip_comment(),
                _ => self.advance(1),
            }
            if matches!(byte, b'[' | b']' | b'{' | b'}') {
                return Some(byte);
            }
        }
    }

    pub(super) fn tell_owed_comma(&mut self, open: &mut Open) {
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

    pub(super) fn tell_unclosed(&mut self, open: &Open) {
        let bracket = match open.kind {
            Kind::List => '[',
            Kind::Map => '{',
        };
        let range = TextRange::new(open.start, open.start.saturating_add(1));
        self.tell(SyntaxFault::Unclosed(bracket), range);
    }
}

impl Kind {
    /// What a bracket opens or closes.
    pub(super) fn of(bracket: u8) -> Self {
        if matches!(bracket, b'[' | b']') { Self::List } else { Self::Map }
    }
}

impl Open {
    pub(super) fn new(kind: Kind, start: usize) -> Self {
        Self { kind, start, gap: Gap::Start, owes_comma: None, colon_told: false }
    }
}
