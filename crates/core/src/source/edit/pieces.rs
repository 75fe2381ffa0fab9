//! Edits on their way: gathered in any order, put in order at the end.

use core::ops::Range;

use super::super::TextEdit;
use super::scan::{self, Scan};
use crate::prelude::*;
use crate::sort::sort_by;

/// One replacement.
#[derive(Debug)]
struct Piece {
    range: Range<usize>,
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// From a plan.
    Planned,
    /// From a plan: whole lines, for the beginning of a line or the end of the text.
    Lines,
    /// An edit that was asked for as such.
    Given,
}

/// All replacements.
#[derive(Debug)]
pub(super) struct Pieces<'t> {
    scan: Scan<'t>,
    eol: &'static str,
    all: Vec<Piece>,
}

impl<'t> Pieces<'t> {
    pub fn new(scan: Scan<'t>, eol: &'static str) -> Self {
        Self { scan, eol, all: Vec::new() }
    }

    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.all.push(Piece { range, text: text.into(), kind: Kind::Planned });
    }

    pub fn remove(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.replace(range, "");
        }
    }

    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Inserts whole lines, given without a line end after the last.
    pub fn lines(&mut self, at: usize, text: String) {
        self.all.push(Piece { range: at..at, text, kind: Kind::Lines });
    }

    /// Takes an edit as it is.
    pub fn give(&mut self, edit: &TextEdit) {
        self.all.push(Piece { range: edit.range.as_range(), text: edit.text.clone(), kind: Kind::Given });
    }

    /// The edits in order, neighbours joined; nothing if two of them want different things of the
    /// same text.
    pub fn finish(mut self) -> Option<Vec<TextEdit>> {
        // The sort is stable: of what is inserted at one place, what came first stands first.
        sort_by(&mut self.all, |a, b| (a.range.start, a.range.end).cmp(&(b.range.start, b.range.end)));
        let mut edits = Vec::new();
        for piece in self.without_needless() {
            self.add(&mut edits, piece)?;
        }
        edits.retain(|edit| self.scan.slice(edit.range.clone()) != edit.text);
        Some(edits.into_iter().map(|edit| TextEdit { range: scan::range(edit.range), text: edit.text }).collect())
    }

    /// All pieces but the given ones inside of what goes or is replaced as a whole.
    fn without_needless(&mut self) -> Vec<Piece> {
        let mut pieces = core::mem::take(&mut self.all);
        let planned: Vec<Range<usize>> = pieces.iter().filter(|piece| piece.kind != Kind::Given).map(|piece| piece.range.clone()).collect();
        let inside = |inner: &Range<usize>, outer: &Range<usize>| {
            let strictly = outer.start < inner.start && inner.end < outer.end;
            strictly || (!inner.is_empty() && outer.start <= inner.start && inner.end <= outer.end)
        };
        pieces.retain(|piece| piece.kind != Kind::Given || !planned.iter().any(|outer| inside(&piece.range, outer)));
        pieces
    }

    fn add(&self, edits: &mut Vec<Piece>, mut piece: Piece) -> Option<()> {
        self.scan.text.get(piece.range.clone())?;
        if piece.kind == Kind::Lines {
            piece.text = if self.ends_with_line_end(edits, piece.range.start) {
                piece.text + self.eol
            } else {
                format!("{}{}", self.eol, piece.text)
            };
        }
        let Some(last) = edits.last_mut().filter(|last| last.range.end >= piece.range.start) else {
            edits.push(piece);
            return Some(());
        };
        let overlaps = piece.range.start < last.range.end;
        if overlaps {
            let removal = |piece: &Piece| piece.text.is_empty() && !piece.range.is_empty();
            // New text inside of what was asked to go stays.
            let stays = piece.range.is_empty() && piece.kind != Kind::Given && last.kind == Kind::Given;
            let compatible = removal(last) && (removal(&piece) || stays);
            if !compatible {
                return None;
            }
        }
        last.range.end = last.range.end.max(piece.range.end);
        last.text.push_str(&piece.text);
        if piece.kind != Kind::Given {
            last.kind = Kind::Planned;
        }
        Some(())
    }

    /// Whether what comes before an offset will end with a line end, or is nothing.
    fn ends_with_line_end(&self, edits: &[Piece], at: usize) -> bool {
        match edits.last() {
            Some(last) if last.range.end >= at => {
                if last.text.is_empty() {
                    self.scan.begins_line(last.range.start)
                } else {
                    last.text.ends_with(['\n', '\r'])
                }
            }
            _ => self.scan.begins_line(at),
        }
    }
}
