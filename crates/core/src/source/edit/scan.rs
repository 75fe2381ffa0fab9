//! What stands between the keys and values that the tree knows: line ends, blanks, comments,
//! commas, colons, anchors and tags.

use core::ops::Range;

use super::super::{Format, Node, TextRange, Value};
use crate::prelude::*;
use crate::text::{find, has};

/// A text and how to read what lies between its tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan<'t> {
    pub text: &'t str,
    pub format: Format,
}

const LINE_ENDS: [char; 2] = ['\n', '\r'];
const BLANKS: [char; 2] = [' ', '\t'];

impl<'t> Scan<'t> {
    pub fn slice(self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or("")
    }

    pub fn from(self, at: usize) -> &'t str {
        self.text.get(at..).unwrap_or("")
    }

    fn up_to(self, at: usize) -> &'t str {
        self.text.get(..at).unwrap_or("")
    }

    /// Where the line at an offset begins; a byte order mark is no part of the first line.
    pub fn line_start(self, at: usize) -> usize {
        let first = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        self.up_to(at).rfind(LINE_ENDS).map_or(first, |end| end.saturating_add(1)).max(first)
    }

    /// Where the line at an offset ends, its line end left out.
    pub fn line_end(self, at: usize) -> usize {
        self.from(at).find(LINE_ENDS).map_or(self.text.len(), |end| at.saturating_add(end))
    }

    /// Where the next line begins; the end of the text if there is none.
    pub fn next_line(self, at: usize) -> usize {
        let end = self.line_end(at);
        end.saturating_add(self.line_end_at(end))
    }

    /// How many bytes the line end at an offset takes.
    fn line_end_at(self, at: usize) -> usize {
        match self.from(at).as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        }
    }

    /// Whether a line begins at an offset.
    pub fn begins_line(self, at: usize) -> bool {
        self.line_start(at) == at
    }

    /// Where the blanks before an offset begin.
    pub fn blank_start(self, at: usize) -> usize {
        self.up_to(at).trim_end_matches(BLANKS).len()
    }

    /// Where the blanks after an offset end.
    pub fn blank_end(self, at: usize) -> usize {
        let rest = self.from(at);
        let blanks = rest.len().saturating_sub(rest.trim_start_matches(BLANKS).len());
        at.saturating_add(blanks)
    }

    /// Whether only blanks stand before an offset on its line. The rest of a long line is not looked at.
    pub fn first_on_line(self, at: usize) -> bool {
        let blanks = self.blank_start(at);
        blanks <= self.line_start(0) || self.up_to(blanks).ends_with(LINE_ENDS)
    }

    /// The blanks at the beginning of the line at an offset.
    pub fn indent(self, at: usize) -> &'t str {
        let start = self.line_start(at);
        self.slice(start..self.blank_end(start))
    }

    /// Whether two offsets lie on one line.
    pub fn same_line(self, a: usize, b: usize) -> bool {
        !self.slice(a.min(b)..a.max(b)).contains(LINE_ENDS)
    }

    /// Whether the line ends at an offset.
    pub fn ends_line(self, at: usize) -> bool {
        self.line_end(at) == at
    }

    /// The end of the comment that begins at an offset, its line end left out.
    pub fn comment(self, at: usize) -> Option<usize> {
        let rest = self.from(at);
        let until_line_end = match self.format {
            Format::Json if rest.starts_with("/*") => {
                let length = find(rest, "*/").map_or(rest.len(), |length| length.saturating_add(2));
                return Some(at.saturating_add(length));
            }
            Format::Json => rest.starts_with('#') || rest.starts_with("//"),
            // In YAML a `#` right after a token belongs to it.
            Format::Yaml => rest.starts_with('#') && (self.begins_line(at) || self.up_to(at).ends_with(BLANKS)),
        };
        until_line_end.then(|| self.line_end(at))
    }

    /// The end of the line at an offset, if only blanks and a comment follow.
    pub fn content_end(self, at: usize) -> Option<usize> {
        let mut end = self.blank_end(at);
        if let Some(comment) = self.comment(end) {
            end = self.blank_end(comment);
        }
        self.ends_line(end).then_some(end)
    }

    /// An offset taken back over all white space before it.
    pub fn trimmed(self, at: usize) -> usize {
        self.up_to(at).trim_end_matches([' ', '\t', '\n', '\r']).len()
    }

    /// What stands in a gap between two children of a collection in brackets; nothing if it is more
    /// than commas, comments and, in YAML, what belongs to the child after it.
    pub fn gap(self, range: Range<usize>) -> Option<Gap> {
        let mut gap = Gap { commas: Vec::new(), comments: Vec::new(), properties: range.end };
        let mut at = range.start;
        while at < range.end {
            let rest = self.slice(at..range.end);
            let next = rest.chars().next()?;
            if let Some(end) = self.comment(at) {
                gap.comments.push(at..end);
                at = end;
                continue;
            }
            match next {
                ',' => gap.commas.push(at),
                ' ' | '\t' | '\n' | '\r' => {}
                '&' | '!' | '?' if self.format == Format::Yaml => {
                    gap.properties = at;
                    return Some(gap);
                }
                _ => return None,
            }
            at = at.saturating_add(next.len_utf8());
        }
        Some(gap)
    }

    /// What stands before a value, from right after its colon or dash (or, in a list in brackets,
    /// from where the item begins). Block scalars are told by their header.
    pub fn slot(self, after: usize, node: &Node<'_>, in_block: bool) -> Slot {
        let mut slot = Slot { after, properties_end: after, tags: Vec::new(), anchors: Vec::new(), header: None, value: after..after };
        let range = node.range.as_range();
        let mut at = after;
        if self.format == Format::Yaml {
            let written = range.start < range.end && range.start >= after;
            loop {
                // Nothing that belongs to an empty value can be told from what follows on later lines.
                let token = if written { self.skip(at, range.end) } else { self.blank_end(at) };
                let mark = self.from(token).chars().next();
                if !matches!(mark, Some('&' | '!' | '|' | '>')) || (written && token >= range.end) {
                    at = if written { token } else { slot.properties_end };
                    break;
                }
                let end = self.token_end(token, in_block);
                match mark {
                    Some('&') => slot.anchors.push(token.saturating_add(1)..end),
                    Some('!') => slot.tags.push(token..end),
                    _ => {
                        slot.value = self.line_end(end)..self.scalar_end(token..end, range.end);
                        slot.header = Some(token..end);
                        return slot;
                    }
                }
                slot.properties_end = end;
                at = end;
            }
        }
        slot.value = if range.start >= after && range.end > range.start {
            at.max(range.start).min(range.end)..range.end
        } else {
            slot.properties_end..slot.properties_end
        };
        slot
    }

    /// The end of a block scalar: without the line end that closes it, but with the empty lines
    /// that `+` keeps.
    fn scalar_end(self, header: Range<usize>, end: usize) -> usize {
        let first = self.line_end(header.end);
        let body = self.slice(first..end.max(first));
        let mut end = self.line_end(first.saturating_add(body.trim_end().len()));
        if has(self.slice(header), b'+') {
            let mut next = self.next_line(end);
            while next < self.text.len() && self.ends_line(self.blank_end(next)) {
                end = self.line_end(next);
                next = self.next_line(next);
            }
        }
        end
    }

    /// Skips blanks, line ends and comments.
    fn skip(self, from: usize, to: usize) -> usize {
        let mut at = from;
        while at < to {
            if let Some(end) = self.comment(at) {
                at = end;
                continue;
            }
            match self.from(at).chars().next() {
                Some(' ' | '\t' | '\n' | '\r') => at = at.saturating_add(1),
                _ => break,
            }
        }
        at.min(to)
    }

    fn token_end(self, at: usize, in_block: bool) -> usize {
        let rest = self.from(at);
        // `!<…>` may hold commas.
        if rest.starts_with("!<")
            && let Some(close) = rest.find('>')
        {
            return at.saturating_add(close).saturating_add(1);
        }
        let ends = |c: char| c.is_ascii_whitespace() || (!in_block && matches!(c, ',' | '[' | ']' | '{' | '}'));
        at.saturating_add(rest.find(ends).unwrap_or(rest.len()))
    }

    /// Where the colon after a key ends, if there is one.
    pub fn colon(self, key_end: usize) -> Option<usize> {
        let at = self.skip(key_end, self.text.len());
        self.from(at).starts_with(':').then(|| at.saturating_add(1))
    }

    /// Where the dash of a list item ends, looked for from an offset on.
    pub fn dash(self, from: usize, to: usize) -> Option<usize> {
        let at = self.skip(from, to);
        let mut rest = self.from(at).chars();
        let dash = rest.next() == Some('-') && rest.next().is_none_or(|c| c.is_ascii_whitespace());
        dash.then(|| at.saturating_add(1))
    }

    /// Where the first line after an offset begins that is neither empty nor a comment.
    pub fn next_content(self, at: usize) -> usize {
        self.skip(at, self.text.len())
    }

    /// The part of the text that holds the document of a root: in YAML, the lines between two markers.
    pub fn document(self, root: &Node<'_>) -> Range<usize> {
        let root = root.range.as_range();
        if self.format == Format::Json || root.end == 0 {
            return 0..self.text.len();
        }
        let mut start = self.line_start(root.start);
        while start > self.line_start(0) && !self.marker(start) {
            let before = self.line_start(self.up_to(start).trim_end_matches(LINE_ENDS).len());
            if self.from(before).starts_with("...") && self.marker(before) {
                break;
            }
            start = before;
        }
        if start <= self.line_start(0) {
            start = 0;
        }
        let mut end = self.next_line(root.start);
        while end < self.text.len() && !self.marker(end) {
            end = self.next_line(end);
        }
        start..end
    }

    /// Whether a document begins or ends at the beginning of a line.
    fn marker(self, line: usize) -> bool {
        let rest = self.from(line).strip_prefix("---").or_else(|| self.from(line).strip_prefix("..."));
        rest.is_some_and(|rest| rest.chars().next().is_none_or(|c| c.is_ascii_whitespace()))
    }

    /// Whether a collection is written in brackets.
    pub fn in_brackets(self, node: &Node<'_>) -> bool {
        let text = node.range.of(self.text);
        match node.value {
            Value::Map(_) => self.format == Format::Json || text.starts_with('{'),
            Value::List(_) => self.format == Format::Json || text.starts_with('['),
            _ => false,
        }
    }

    /// The line end that the text uses.
    pub fn eol(self) -> &'static str {
        match self.text.find(LINE_ENDS).map(|at| self.line_end_at(at)) {
            Some(2) => "\r\n",
            Some(_) if !has(self.text, b'\n') => "\r",
            _ => "\n",
        }
    }
}

/// What stands between two children of a collection in brackets.
#[derive(Debug)]
pub(super) struct Gap {
    /// The commas.
    pub commas: Vec<usize>,
    /// The comments, without line ends.
    pub comments: Vec<Range<usize>>,
    /// Where the anchor or tag of the child after it begins, or that child itself.
    pub properties: usize,
}

/// The place of a value.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// Right after the colon or dash.
    pub after: usize,
    /// After the last anchor or tag; where a value is put if there is none.
    pub properties_end: usize,
    /// Tags: they say how the old value was to be read.
    pub tags: Vec<Range<usize>>,
    /// Names of anchors.
    pub anchors: Vec<Range<usize>>,
    /// The `|` or `>` of a block scalar.
    pub header: Option<Range<usize>>,
    /// The value's text; empty where nothing is written. Of a block scalar the lines below its
    /// header, from that line's end on.
    pub value: Range<usize>,
}

impl Slot {
    /// Whether nothing is written there.
    pub fn is_empty(&self) -> bool {
        self.value.is_empty() && self.header.is_none()
    }
}

pub(super) fn range(range: Range<usize>) -> TextRange {
    TextRange::new(range.start, range.end)
}
