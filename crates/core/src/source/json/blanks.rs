//! White space and comments.

use super::Reader;
use super::words::is_odd_blank;
use crate::prelude::*;
use crate::source::fault::{FaultKind, SyntaxFault, TextEdit};
use crate::source::tree::TextRange;
use crate::text::find;

impl Reader<'_> {
    /// Steps over white space and comments.
    #[inline]
    pub(super) fn skip_blanks(&mut self) {
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

    /// Steps over a comment.
    fn comment(&mut self) {
        let start = self.at;
        let closed = self.skip_comment();
        let range = TextRange::new(start, self.at);
        if closed {
            self.record(FaultKind::CommentInJson, range, vec![]);
        } else {
            let kind = FaultKind::Syntax(SyntaxFault::UnclosedComment);
            self.record(kind, range, vec![TextEdit::insert(range.end, " */")]);
        }
    }

    /// Steps over a comment, and says whether it is closed. `/* … */` is none of the two usual kinds, but as clear;
    /// one that nothing closes ends with its line, so that what is below it is read.
    pub(super) fn skip_comment(&mut self) -> bool {
        let Some(inside) = self.rest().strip_prefix("/*") else {
            self.skip_line();
            return true;
        };
        // Looked for once: a text may open a comment on each of its lines.
        let end = if self.at < self.comments_open_from { find(inside, "*/") } else { None };
        match end {
            Some(length) => self.advance(length.saturating_add(4)),
            None => {
                self.comments_open_from = self.comments_open_from.min(self.at);
                self.skip_line();
            }
        }
        end.is_some()
    }

    /// Steps over white space that JSON does not know, such as no-break spaces out of a web page.
    fn odd_blanks(&mut self) {
        let rest = self.rest();
        let length = rest.len().saturating_sub(rest.trim_start_matches(is_odd_blank).len());
        let range = self.span(length);
        if let Some(first) = rest.chars().next() {
            self.mend(SyntaxFault::OddBlank(first), range, TextEdit { range, text: " ".to_owned() });
        }
        self.advance(length);
    }

    /// Goes to the end of the line.
    pub(super) fn skip_line(&mut self) {
        let rest = self.bytes_from(self.at);
        let length = rest.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count();
        self.advance(length);
    }
}
