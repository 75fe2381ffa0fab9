//! Places in UTF-16 code units, as JavaScript counts them.

use clearance_core::source::{Encoding, LineIndex, TextRange};

use crate::mirror::{Position, Range};
use crate::prelude::*;

/// Where the lines of a text begin, in UTF-16 code units.
#[derive(Debug, Clone)]
pub struct Utf16 {
    /// Nothing where the text is ASCII: then bytes are as good.
    starts: Option<Vec<u32>>,
}

impl Utf16 {
    /// Counts a text.
    #[must_use]
    pub fn new(text: &str, lines: &LineIndex) -> Self {
        if text.is_ascii() {
            return Self { starts: None };
        }
        let (mut starts, mut at, mut counted) = (Vec::with_capacity(lines.len() as usize), 0, 0);
        for line in 0..lines.len() {
            let start = lines.line_range(line).as_range().start;
            counted += units(text.get(at..start).unwrap_or_default());
            starts.push(counted);
            at = start;
        }
        Self { starts: Some(starts) }
    }

    /// A range of bytes in code units: its lines and columns from 1, its offsets from 0.
    #[must_use]
    pub fn range(&self, text: &str, lines: &LineIndex, range: TextRange) -> Range {
        Range { start: self.position(text, lines, range.start), end: self.position(text, lines, range.end) }
    }

    fn position(&self, text: &str, lines: &LineIndex, offset: u32) -> Position {
        let at = lines.position(text, offset, Encoding::Utf16);
        let start = self.starts.as_ref().and_then(|starts| starts.get(at.line as usize));
        let offset = start.map_or(offset, |start| {
            let line = lines.line_range(at.line).as_range().start;
            start + units(text.get(line..offset as usize).unwrap_or_default())
        });
        Position { line: at.line.saturating_add(1), column: at.column.saturating_add(1), offset }
    }
}

fn units(text: &str) -> u32 {
    text.chars().map(|c| if c.len_utf16() == 2 { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_javascript() {
        for text in ["", "a: b\n", "域名: 😀x\r\nb: 😀\r\n# é", "\u{feff}a: 域\rb\n\nc: 😀😀"] {
            let lines = LineIndex::new(text);
            let utf16 = Utf16::new(text, &lines);
            for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
                let at = utf16.range(text, &lines, TextRange::new(offset, offset)).start;
                assert_eq!(at.offset as usize, text[..offset].encode_utf16().count(), "{text:?} at {offset}");
                let line = lines.line_range(at.line - 1).as_range();
                let before = offset.min(line.end);
                assert_eq!(at.column as usize - 1, text[line.start..before].encode_utf16().count(), "{text:?} at {offset}");
            }
        }
    }
}
