//! Where things stand: what granit leaves out of its ranges, or does not look at.

use core::ops::Range;

use super::{Document, Holds, Key, Open, Reader, yaml};
use crate::source::TextRange;
use crate::text::is_letter;

impl Reader<'_> {
    /// Where a value stands that is not written: behind its colon or dash. `at` is where granit saw
    /// that it is missing.
    pub(super) fn nothing(&self, at: usize) -> Range<usize> {
        let place = match self.document.open.last() {
            Some(Open { holds: Holds::List(items), end, .. }) if items.is_empty() => *end,
            Some(Open { holds: Holds::List(_), end, .. }) => self.behind(*end, b'-', at).unwrap_or(at),
            Some(Open { holds: Holds::Map { key: Key::Awaited, .. }, .. }) | None => at,
            // A key may have no colon at all, in braces.
            Some(Open { holds: Holds::Map { .. }, end, .. }) => self.behind(*end, b':', at).unwrap_or(*end),
        };
        place..place
    }

    /// The place behind the `indicator` that follows `from`, no later than at `limit`.
    fn behind(&self, from: usize, indicator: u8, limit: usize) -> Option<usize> {
        let end = self.seek(from, &[indicator], b"").filter(|found| *found <= limit)?.saturating_add(1);
        let next = self.text.as_bytes().get(end);
        let flow = self.document.open.last().is_some_and(|open| open.flow);
        // Else it is part of a plain scalar.
        next.is_none_or(|next| next.is_ascii_whitespace() || flow && b",[]{}".contains(next)).then_some(end)
    }

    /// The range of a block scalar: from its `|` or `>`, which granit leaves out, to the end of the
    /// last line that is not blank.
    pub(super) fn block_scalar(&self, at: Range<usize>, indent: Option<usize>) -> Range<usize> {
        let start = self.seek(self.last_end(), b"|>", b":-?&!").filter(|start| *start <= at.start).unwrap_or(at.start);
        let mut text = self.text.get(start..at.end).unwrap_or_default();
        while let Some((before, line)) = text.rsplit_once(['\n', '\r']) {
            if line.len() > indent.unwrap_or(usize::MAX) || line.bytes().any(|byte| byte != b' ') {
                break;
            }
            text = before;
        }
        start..start.saturating_add(text.len())
    }

    /// Where the last key or node of the innermost list or map ends, or else where that begins.
    pub(super) fn last_end(&self) -> usize {
        self.document.open.last().map_or(self.document.content, |open| open.end)
    }

    /// The first byte of `wanted` that follows `from`, behind nothing but blanks, comments and the
    /// indicators in `over`; `&` and `!` stand for whole anchors and tags.
    pub(super) fn seek(&self, from: usize, wanted: &[u8], over: &[u8]) -> Option<usize> {
        let mut at = from;
        loop {
            let rest = self.text.get(at..)?;
            let skip = match *rest.as_bytes().first()? {
                byte if wanted.contains(&byte) => return Some(at),
                b' ' | b'\t' | b'\n' | b'\r' => 1,
                _ if rest.starts_with('\u{feff}') => '\u{feff}'.len_utf8(),
                b'#' => rest.find(['\n', '\r'])?,
                byte if !over.contains(&byte) => return None,
                b'&' | b'!' => rest.find([' ', '\t', '\n', '\r'])?,
                _ => 1,
            };
            at = at.saturating_add(skip);
        }
    }

    /// A token stands at `at`. Go-yaml takes no tab before it where a key could start, that is at the
    /// start of a line or behind a dash, not even in a line that is else empty.
    pub(super) fn token(&mut self, at: &Range<usize>, plain: bool) {
        if !self.tabs {
            return;
        }
        let open = self.document.open.last();
        let mut reach = None;
        if !open.is_some_and(|open| open.flow) {
            if plain {
                let before = open.and_then(|open| self.text.get(..open.start));
                reach = Some(before.map_or(0, |before| before.chars().rev().take_while(|char| *char != '\n').count().saturating_add(1)));
            }
            if let Some(tab) = self.stray_tab(at.start) {
                self.fault(yaml("tab cannot be used as indentation"), TextRange::new(tab, tab.saturating_add(1)));
            }
        }
        self.document.seen = at.end;
        self.document.reach = reach;
    }

    /// The first tab that is not allowed between the last token and `end`.
    fn stray_tab(&self, end: usize) -> Option<usize> {
        let Document { seen, start, mut reach, .. } = self.document;
        let gap = self.text.as_bytes().get(seen..end)?;
        let mut at = 0_usize;
        let mut column = 0_usize;
        // Whether a key could start here.
        let mut fresh = seen == start;
        loop {
            let rest = gap.get(at..)?;
            let line = || rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let word = || rest.iter().position(u8::is_ascii_whitespace);
            let mut skip = 1;
            match *rest.first()? {
                b'\n' | b'\r' => fresh = true,
                b'\t' if fresh && reach.is_none_or(|reach| column < reach) => return Some(seen.saturating_add(at)),
                b' ' | b'\t' => {}
                // The next document is looked at when it is read.
                b'-' | b'.' if fresh && column == 0 && (rest.starts_with(b"---") || rest.starts_with(b"...")) => return None,
                byte => {
                    reach = None;
                    match byte {
                        b'-' | b'?' => fresh = true,
                        b'#' => skip = line()?,
                        b'%' if column == 0 => skip = line()?,
                        b'&' | b'!' => (skip, fresh) = (word()?, false),
                        // A colon starts nothing new; nor does a byte order mark.
                        _ => {}
                    }
                }
            }
            column = if matches!(rest.first(), Some(b'\n' | b'\r')) { 0 } else { column.saturating_add(skip) };
            at = at.saturating_add(skip);
        }
    }

    /// Tells the first escape of a text in double quotes that go-yaml does not know.
    pub(super) fn check_escapes(&mut self, at: TextRange) {
        let mut rest = at.of(self.text);
        while let Some((_, escape)) = rest.split_once('\\') {
            let (length, message) = match escape.as_bytes() {
                [b'/', ..] => (2, "found unknown escape character"),
                [b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..] => (6, "found invalid Unicode character escape code"),
                _ => {
                    rest = escape.get(1..).unwrap_or_default();
                    continue;
                }
            };
            let start = at.as_range().end.saturating_sub(escape.len()).saturating_sub(1);
            self.fault(yaml(message), TextRange::new(start, start.saturating_add(length)));
            return;
        }
    }

    /// What to underline for a node, which may be one that is not written.
    pub(super) fn visible(&self, at: TextRange) -> TextRange {
        if at.start == at.end { self.spot(at.as_range().start) } else { at }
    }

    /// What to underline for an error at an offset: the word or sign that starts there, or else
    /// the last sign before it.
    pub(super) fn spot(&self, offset: usize) -> TextRange {
        let (before, after) = self.text.split_at_checked(offset).unwrap_or((self.text, ""));
        if let Some(first) = after.chars().next().filter(|first| *first == '\t' || !first.is_whitespace()) {
            let word = after.find(|char: char| !is_letter(char) && !"-_./".contains(char)).unwrap_or(after.len());
            return TextRange::new(offset, offset.saturating_add(word.max(first.len_utf8())));
        }
        let before = before.trim_end();
        match before.char_indices().next_back() {
            Some((last, _)) => TextRange::new(last, before.len()),
            None => TextRange::new(0, self.text.chars().next().map_or(0, char::len_utf8)),
        }
    }
}
