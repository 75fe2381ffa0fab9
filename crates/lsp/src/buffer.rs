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

    /// Makes one change, in the unit that was agreed upon.
    pub(crate) fn change(&mut self, change: &TextDocumentContentChangeEvent, encoding: Encoding) {
        match change {
            TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => self.set(whole.text.clone()),
            TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => self.replace(part.range, &part.text, encoding),
        }
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

    fn replace(&mut self, range: Range, with: &str, encoding: Encoding) {
        let cuts = encoding == Encoding::Utf16
            && (self.halves.is_some() || salvage::is_marked(with) || self.cuts(range.start) || self.cuts(range.end));
        if cuts {
            let mut units = self.halves.take().unwrap_or_else(|| self.text.encode_utf16().collect());
            let (start, end) = (unit_offset(&units, range.start), unit_offset(&units, range.end));
            units.splice(start.min(end)..start.max(end), salvage::units(with));
            self.set_units(units);
            return;
        }
        let (start, end) = (self.offset(range.start, encoding) as usize, self.offset(range.end, encoding) as usize);
        self.text.replace_range(start.min(end)..start.max(end), with);
        self.lines = LineIndex::new(&self.text);
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
