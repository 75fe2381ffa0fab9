//! One line of a text, fit to be shown: credentials masked, what cannot be seen written out, and
//! never wider than a screen.

use alloc::borrow::Cow;
use core::ops::Range as Bytes;

use clearance_core::finding::visible;
use clearance_core::source::{Encoding, LineIndex, TextRange};
use unicode_width::UnicodeWidthStr;

use crate::mirror::{Position, Range};
use crate::prelude::*;
use crate::secret::{self, MASK};

/// The widest line that is shown whole, in columns.
const WIDEST: usize = 160;
/// How much of a wider line is shown before what it is about.
const BEFORE: usize = 60;
/// How many bytes before it are looked at, at most.
const REACH: usize = 4 * WIDEST;

/// A line with the part of it that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The line's number, from 1.
    pub line: u32,
    /// The line as it is shown.
    pub text: String,
    /// What is underlined, in bytes of the line as it is shown.
    pub caret: Bytes<usize>,
}

/// A place in another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Where.
    pub range: Range,
    /// The line there.
    pub shown: Shown,
}

impl Spot {
    /// The place of a range in a text without credentials.
    #[must_use]
    pub fn at(text: &str, lines: &LineIndex, at: TextRange) -> Self {
        Self { range: range(text, lines, at), shown: Shown::new(text, lines, at, &[]) }
    }
}

/// A range in lines and columns.
pub(crate) fn range(text: &str, lines: &LineIndex, range: TextRange) -> Range {
    let position = |offset| {
        let at = lines.position(text, offset, Encoding::CodePoints);
        Position { line: at.line.saturating_add(1), column: at.column.saturating_add(1), offset }
    };
    Range { start: position(range.start), end: position(range.end) }
}

/// A piece of the line as it is shown, and the bytes of the text that it stands for.
struct Cell<'a> {
    shown: Cow<'a, str>,
    bytes: Bytes<usize>,
}

impl Cell<'_> {
    fn width(&self) -> usize {
        self.shown.width()
    }
}

impl Shown {
    /// The line of a text that a range begins in, without the `secrets` in it.
    #[must_use]
    pub fn new(text: &str, lines: &LineIndex, range: TextRange, secrets: &[TextRange]) -> Self {
        let number = lines.position(text, range.start, Encoding::CodePoints).line;
        let line = lines.line_range(number).as_range();
        // Of a range over several lines, the first is underlined.
        let start = (range.start as usize).clamp(line.start, line.end);
        let caret = start..(range.end as usize).clamp(start, line.end);
        let window = |from: usize| boundary(text, from.saturating_sub(REACH)).max(line.start)..line.end;
        let within = |masked: &[Bytes<usize>], from| masked.iter().find(|secret| secret.contains(&from)).map(|secret| secret.start);
        let mut from = window(caret.start).start;
        let mut masked = masked_in(text, &window(caret.start), secrets);
        if let Some(start) = within(&masked, from) {
            // A credential is as short as its mask: what stands before it can be shown too.
            from = window(start).start;
            masked = masked_in(text, &window(start), secrets);
            from = within(&masked, from).map_or(from, |start| start.max(line.start));
        }

        let mut before = cells(text, from..caret.start, &masked, usize::MAX);
        let resumed = before.last().map_or(caret.start, |cell| cell.bytes.end.max(caret.start));
        let after = cells(text, resumed..line.end, &masked, WIDEST);
        let total = |cells: &[Cell<'_>]| cells.iter().map(Cell::width).sum::<usize>();
        let is_cut_after = after.last().is_some_and(|cell| cell.bytes.end < line.end);
        let mut is_cut_before = from > line.start;
        if is_cut_before || is_cut_after || total(&before) + total(&after) > WIDEST {
            let mut width = total(&before);
            let gone = before
                .iter()
                .take_while(|cell| {
                    let goes = width > BEFORE;
                    width -= cell.width().min(width);
                    goes
                })
                .count();
            is_cut_before |= gone > 0;
            before.drain(..gone);
        }
        draw(number + 1, &before, &after, &caret, is_cut_before, is_cut_after)
    }
}

fn draw(line: u32, before: &[Cell<'_>], after: &[Cell<'_>], caret: &Bytes<usize>, is_cut_before: bool, is_cut_after: bool) -> Shown {
    let mut text = String::new();
    if is_cut_before {
        text.push('…');
    }
    let mut drawn: Option<Bytes<usize>> = None;
    let mut width = before.iter().map(Cell::width).sum::<usize>();
    let mut is_cut_after = is_cut_after;
    let (count, mut at_caret) = (before.len(), None);
    for (index, cell) in before.iter().chain(after).enumerate() {
        if index == count {
            at_caret = Some(text.len());
        }
        if index >= count {
            width += cell.width();
            if width > WIDEST {
                is_cut_after = true;
                break;
            }
        }
        let start = text.len();
        text.push_str(&cell.shown);
        if cell.bytes.start < caret.end && caret.start < cell.bytes.end {
            drawn = Some(drawn.map_or(start, |drawn| drawn.start)..text.len());
        }
    }
    let end = text.len();
    if is_cut_after {
        text.push('…');
    }
    let empty = at_caret.unwrap_or(end);
    Shown { line, text, caret: drawn.unwrap_or(empty..empty) }
}

/// The nearest character boundary at or before an offset.
fn boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The line in pieces, up to some width.
fn cells<'a>(text: &'a str, range: Bytes<usize>, masked: &[Bytes<usize>], most: usize) -> Vec<Cell<'a>> {
    let mut cells = Vec::new();
    let mut width = 0;
    let mut at = range.start;
    while at < range.end && width <= most {
        let cell = match masked.iter().find(|secret| secret.contains(&at)) {
            Some(secret) => Cell { shown: Cow::Borrowed(MASK), bytes: at..secret.end },
            None => {
                let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
                let end = at + c.len_utf8();
                let own = text.get(at..end).unwrap_or_default();
                let shown = match c {
                    '\t' => Cow::Borrowed("    "),
                    // A byte order mark at the start is no part of what was written.
                    '\u{feff}' if at == 0 => Cow::Borrowed(""),
                    ' '..='~' => Cow::Borrowed(own),
                    _ => Cow::Owned(visible(own)),
                };
                Cell { shown, bytes: at..end }
            }
        };
        at = cell.bytes.end;
        width += cell.width();
        cells.push(cell);
    }
    cells
}

/// What of a line must not be shown: the secrets, and what looks like one. Where a text cannot be
/// read, nobody knows where its credentials are.
fn masked_in(text: &str, window: &Bytes<usize>, secrets: &[TextRange]) -> Vec<Bytes<usize>> {
    let overlaps = |range: &Bytes<usize>| range.start < window.end && window.start < range.end;
    let known: Vec<Bytes<usize>> = secrets.iter().map(|secret| secret.as_range()).filter(overlaps).collect();
    // What is far beyond the caret is never drawn.
    let end = boundary(text, window.end.min(window.start + 3 * REACH)).max(window.start);
    let Some(line) = text.get(window.start..end) else { return known };
    let guessed = secret::guessed(line).map(|found| {
        let stop = if window.start + found.end == end { window.end } else { window.start + found.end };
        window.start + found.start..stop
    });
    // What is known is exact: what was guessed about the same text says no more.
    let mut masked: Vec<_> = guessed
        .filter(|guess| !known.iter().any(|secret| secret.contains(&guess.start)))
        .map(|guess| {
            let end = known.iter().map(|secret| secret.start).filter(|start| *start > guess.start).min();
            guess.start..end.unwrap_or(guess.end).min(guess.end)
        })
        .collect();
    masked.extend(known);
    masked.sort_by_key(|range| range.start);
    let mut joined: Vec<Bytes<usize>> = Vec::new();
    for range in masked {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, needle: &str, secrets: &[TextRange]) -> Shown {
        let start = text.find(needle).unwrap();
        Shown::new(text, &LineIndex::new(text), TextRange::new(start, start + needle.len()), secrets)
    }

    fn underlined(shown: &Shown) -> &str {
        &shown.text[shown.caret.clone()]
    }

    #[test]
    fn a_short_line_is_shown_whole() {
        let shown = shown("a: 1\r\nusage: 域名 # 😀\r\n", "域名", &[]);
        assert_eq!((shown.line, shown.text.as_str()), (2, "usage: 域名 # 😀"));
        assert_eq!(underlined(&shown), "域名");
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        let shown = shown("\u{feff}\tname: a\u{202e}b\u{200b}", "a\u{202e}b\u{200b}", &[]);
        assert_eq!(shown.text, "    name: a\\u{202e}b\\u{200b}");
        assert_eq!(underlined(&shown), "a\\u{202e}b\\u{200b}");
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides() {
        let text = format!("{}usage: hots{}", "x ".repeat(5_000), " y".repeat(5_000));
        let shown = shown(&text, "hots", &[]);
        assert!(shown.text.starts_with('…') && shown.text.ends_with('…'), "{}", shown.text);
        assert!(shown.text.width() <= WIDEST + 2);
        assert_eq!(underlined(&shown), "hots");
    }

    #[test]
    fn a_very_long_value_is_underlined_as_far_as_it_is_shown() {
        let text = format!("name: {}", "a.".repeat(1_000));
        let shown = shown(&text, "a.".repeat(1_000).as_str(), &[]);
        assert_eq!(shown.caret, 6..160);
        assert!(shown.text.ends_with('…'), "{}", shown.text);
    }

    #[test]
    fn secrets_have_one_width() {
        for length in [1, 9, 5_000] {
            let text = format!("{{\"kubeconfig\": \"{}\", \"usage\": \"hots\"}}", "z".repeat(length));
            let secret = TextRange::new(15, 17 + length);
            let at_secret = Shown::new(&text, &LineIndex::new(&text), secret, &[secret]);
            assert_eq!(at_secret.text, "{\"kubeconfig\": ********, \"usage\": \"hots\"}");
            assert_eq!(underlined(&at_secret), MASK);
            let beside = shown(&text, "\"hots\"", &[secret]);
            assert_eq!(beside.text, at_secret.text);
            assert_eq!(underlined(&beside), "\"hots\"");
        }
    }

    #[test]
    fn what_looks_like_a_credential_is_masked_too() {
        let cases = [
            ("  kube_config: YXBp, x", "  kube_config: ********, x"),
            ("  \"kubeConfig\": 'unclosed", "  \"kubeConfig\": ********"),
            ("  kubeconfig: |", "  kubeconfig: |"),
            ("    token: abc.def", "    token: ********"),
            ("  kubeconfig: $kubeconfig", "  kubeconfig: $kubeconfig"),
        ];
        for (line, expected) in cases {
            assert_eq!(shown(line, "  ", &[]).text, expected);
        }
        let run = format!("  {} x", "LS0t".repeat(16));
        assert_eq!(shown(&run, "x", &[]).text, "  ******** x");
        // From inside a value so long that its key is out of sight.
        let inside = format!("kubeconfig: \"{}HERE{}", "LS0t".repeat(2_000), "LS0t".repeat(2_000));
        let shown = shown(&inside, "HERE", &[]);
        assert_eq!(shown.text, "…********");
    }

    #[test]
    fn an_empty_range_at_the_end() {
        let text = "usage:";
        let shown = Shown::new(text, &LineIndex::new(text), TextRange::new(6, 6), &[]);
        assert_eq!((shown.text.as_str(), shown.caret), ("usage:", 6..6));
        let shown = Shown::new("", &LineIndex::new(""), TextRange::new(0, 0), &[]);
        assert_eq!((shown.line, shown.text.as_str(), shown.caret), (1, "", 0..0));
    }
}
