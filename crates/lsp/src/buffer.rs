//! An open text, as its editor has it.

use std::path::PathBuf;

use clearance_core::source::{Encoding, LineIndex, Position as At, TextRange};
use gen_lsp_types::{Position, Range, TextDocumentContentChangeEvent};

use crate::salvage;

/// A text with its lines.
#[derive(Debug)]
pub(crate) struct Buffer {
    pub text: String,
    pub version: i32,
    pub lines: LineIndex,
    /// The file that it is of, by the one name that counts; for what was never saved, its own.
    pub file: PathBuf,
    /// The text in UTF-16, while it holds half a character.
    halves: Option<Vec<u16>>,
}

impl Buffer {
    pub(crate) fn new(text: String, version: i32, file: PathBuf) -> Self {
        let mut buffer = Self { lines: LineIndex::new(""), text: String::new(), version, file, halves: None };
        buffer.set(text);
        buffer
    }

    /// Makes some changes one after the other, each in the text that those before it have made, in the
    /// unit that was agreed upon.
    ///
    /// An editor that replaces a word everywhere sends thousands of them at once, the last in the text
    /// first. What lies before all others is where it was, so that they are only gathered, and the text
    /// and its lines are made anew once for all of them.
    pub(crate) fn change(&mut self, changes: &[TextDocumentContentChangeEvent], encoding: Encoding) {
        let mut gathered = Gathered::default();
        for change in changes {
            match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => {
                    gathered = Gathered::default();
                    self.set(whole.text.clone());
                }
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                    if !gathered.lies_behind(self, part.range, encoding) {
                        self.make(&mut gathered);
                    }
                    if self.cuts_at(part.range, &part.text, encoding) {
                        self.make(&mut gathered);
                        self.replace_units(part.range, &part.text);
                        continue;
                    }
                    let (start, end) = (self.offset(part.range.start, encoding), self.offset(part.range.end, encoding));
                    gathered.edits.push((start.min(end), start.max(end), part.text.clone()));
                }
            }
        }
        self.make(&mut gathered);
    }

    /// Makes what was gathered, so that nothing is left of it.
    fn make(&mut self, gathered: &mut Gathered) {
        let edits = std::mem::take(&mut gathered.edits);
        if edits.is_empty() {
            return;
        }
        let mut text = String::with_capacity(self.text.len() + edits.iter().map(|(_, _, with)| with.len()).sum::<usize>());
        let mut taken = 0;
        for (start, end, with) in edits.iter().rev() {
            text.push_str(self.text.get(taken..*start as usize).unwrap_or_default());
            text.push_str(with);
            taken = *end as usize;
        }
        text.push_str(self.text.get(taken..).unwrap_or_default());
        self.text = text;
        self.lines = LineIndex::new(&self.text);
    }

    fn set(&mut self, text: String) {
        if salvage::is_marked(&text) {
            self.set_units(salvage::units(&text));
        } else {
            self.halves = None;
            self.text = text;
            self.lines = LineIndex::new(&self.text);
        }
    }

    /// Whether an edit leaves or finds half a character.
    fn cuts_at(&self, range: Range, with: &str, encoding: Encoding) -> bool {
        encoding == Encoding::Utf16 && (self.halves.is_some() || salvage::is_marked(with) || self.cuts(range.start) || self.cuts(range.end))
    }

    fn replace_units(&mut self, range: Range, with: &str) {
        let mut units = self.halves.take().unwrap_or_else(|| self.text.encode_utf16().collect());
        let (start, end) = (unit_offset(&units, range.start), unit_offset(&units, range.end));
        units.splice(start.min(end)..start.max(end), salvage::units(with));
        self.set_units(units);
    }

    fn set_units(&mut self, units: Vec<u16>) {
        match String::from_utf16(&units) {
            Ok(text) => (self.text, self.halves) = (text, None),
            Err(_) => (self.text, self.halves) = (String::from_utf16_lossy(&units), Some(units)),
        }
        self.lines = LineIndex::new(&self.text);
    }

    /// Whether a position lies inside a character.
    fn cuts(&self, position: Position) -> bool {
        let at = At { line: position.line, column: position.character };
        let offset = self.lines.offset(&self.text, at, Encoding::Utf16);
        let there = self.lines.position(&self.text, offset, Encoding::Utf16);
        let end = self.lines.position(&self.text, self.lines.line_range(position.line).end, Encoding::Utf16);
        there.line == position.line && there.column < position.character && position.character < end.column
    }

    pub(crate) fn offset(&self, position: Position, encoding: Encoding) -> u32 {
        self.lines.offset(&self.text, At { line: position.line, column: position.character }, encoding)
    }

    pub(crate) fn range(&self, range: TextRange, encoding: Encoding) -> Range {
        to_range(&self.text, &self.lines, range, encoding)
    }
}

/// Edits of one text, each before the one that came earlier.
#[derive(Default)]
struct Gathered {
    edits: Vec<(u32, u32, String)>,
}

impl Gathered {
    /// Whether all of them lie behind a range, so that the range is the same with them and without.
    fn lies_behind(&self, buffer: &Buffer, range: Range, encoding: Encoding) -> bool {
        let Some((first, ..)) = self.edits.last() else { return true };
        // Right behind a carriage return an edit may make one line end of two, or two of one.
        if first.checked_sub(1).and_then(|before| buffer.text.as_bytes().get(before as usize)) == Some(&b'\r') {
            return false;
        }
        let at = buffer.lines.position(&buffer.text, *first, encoding);
        let bound = Position { line: at.line, character: at.column };
        range.start <= bound && range.end <= bound
    }
}

/// The offset of a position in UTF-16 text, with the same bounds as in any other.
fn unit_offset(units: &[u16], position: Position) -> usize {
    let ends = |unit: u16| unit == u16::from(b'\n') || unit == u16::from(b'\r');
    let mut start = 0;
    for _ in 0..position.line {
        let Some(end) = units.get(start..).and_then(|rest| rest.iter().position(|unit| ends(*unit))) else { return units.len() };
        start += end + 1;
        let crlf = units.get(start - 1) == Some(&u16::from(b'\r')) && units.get(start) == Some(&u16::from(b'\n'));
        start += usize::from(crlf);
    }
    let line = units.get(start..).unwrap_or_default();
    let length = line.iter().position(|unit| ends(*unit)).unwrap_or(line.len());
    start + length.min(position.character as usize)
}

/// A range of bytes in lines and columns.
pub(crate) fn to_range(text: &str, lines: &LineIndex, range: TextRange, encoding: Encoding) -> Range {
    let position = |offset| {
        let at = lines.position(text, offset, encoding);
        Position { line: at.line, character: at.column }
    };
    Range { start: position(range.start), end: position(range.end) }
}

#[cfg(test)]
mod tests;
