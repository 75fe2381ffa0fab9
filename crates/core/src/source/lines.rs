//! Byte offsets to lines and columns, and back.
//!
//! Everything inside counts in bytes. Doors count in their own unit: editors in UTF-16 code units
//! or bytes, SARIF and people in code points. This is the one place that converts.

use super::TextRange;
use crate::prelude::*;

/// The unit in which a door counts columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Bytes of UTF-8.
    Utf8,
    /// UTF-16 code units, as the language server protocol does unless told otherwise.
    Utf16,
    /// Unicode code points.
    CodePoints,
}

/// A place in a text as doors tell it. Both count from 0; a door that counts from 1 adds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column, in the unit of an [`Encoding`].
    pub column: u32,
}

/// Where the lines of a text begin and end.
///
/// A line ends with `\n`, `\r\n` or a lone `\r`. A text always has at least one line, and one more
/// than it has line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    lines: Vec<Line>,
    /// Places inside long lines that are not all ASCII, in the order of the text.
    marks: Vec<Mark>,
}

/// A place whose column is known: without it, every question about a long line would walk over all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    /// In the text.
    offset: u32,
    /// The column, in each encoding that does not count bytes.
    utf16: u32,
    code_points: u32,
}

/// How many bytes lie between two marks, at least.
const STEP: usize = 1 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    /// Without the line end.
    range: TextRange,
    /// Then every encoding counts alike, and no character needs to be looked at.
    ascii: bool,
}

impl LineIndex {
    /// Finds the lines of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let (mut lines, mut marks) = (Vec::new(), Vec::new());
        let mut start = 0;
        let mut ascii = true;
        let mut offsets = bytes.iter().enumerate().peekable();
        while let Some((offset, byte)) = offsets.next() {
            match byte {
                b'\n' | b'\r' => {
                    let line = Line { range: TextRange::new(start, offset), ascii };
                    line.mark(text, &mut marks);
                    lines.push(line);
                    let crlf = *byte == b'\r' && offsets.next_if(|(_, next)| **next == b'\n').is_some();
                    start = offset.saturating_add(if crlf { 2 } else { 1 });
                    ascii = true;
                }
                _ => ascii &= byte.is_ascii(),
            }
        }
        let line = Line { range: TextRange::new(start, bytes.len()), ascii };
        line.mark(text, &mut marks);
        lines.push(line);
        Self { lines, marks }
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(u32::MAX)
    }

    /// Never: even the empty text has one line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The position of a byte offset. An offset inside a character counts as the character's start,
    /// one inside or after the line end as the end of the line, one beyond the text as its end.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32, encoding: Encoding) -> Position {
        let number = self.line_at(offset);
        let Some(line) = self.line(number) else { return Position::default() };
        let offset = offset.min(line.range.end);
        if line.ascii {
            return Position { line: number, column: offset.saturating_sub(line.range.start) };
        }
        let (start, before) = self.near(line, encoding, |mark, _| mark.offset <= offset);
        let rest = TextRange { start, ..line.range }.of(text);
        Position { line: number, column: before.saturating_add(columns(rest, offset.saturating_sub(start), encoding)) }
    }

    /// The line of a byte offset: that of its [`position`](Self::position).
    #[must_use]
    pub fn line_at(&self, offset: u32) -> u32 {
        let number = self.lines.partition_point(|line| line.range.start <= offset).saturating_sub(1);
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// The byte offset of a position. A column beyond the line counts as its end, one inside a
    /// character as the character's start, a line beyond the text as the text's end.
    #[must_use]
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> u32 {
        let range = self.line_range(position.line);
        let (start, bytes) = match self.line(position.line) {
            Some(line) if !line.ascii => {
                let (start, before) = self.near(line, encoding, |_, column| column <= position.column);
                let rest = TextRange { start, ..range }.of(text);
                (start, bytes(rest, position.column.saturating_sub(before), encoding))
            }
            _ => (range.start, position.column),
        };
        start.saturating_add(bytes).min(range.end)
    }

    /// The last place of a line that is known and not yet beyond what is looked for: its offset and its column.
    fn near(&self, line: &Line, encoding: Encoding, is_before: impl Fn(&Mark, u32) -> bool) -> (u32, u32) {
        let first = self.marks.partition_point(|mark| mark.offset < line.range.start);
        let marks = self.marks.get(first..).unwrap_or_default();
        let column = |mark: &Mark| match encoding {
            Encoding::Utf8 => mark.offset.saturating_sub(line.range.start),
            Encoding::Utf16 => mark.utf16,
            Encoding::CodePoints => mark.code_points,
        };
        let count = marks.partition_point(|mark| mark.offset <= line.range.end && is_before(mark, column(mark)));
        let mark = count.checked_sub(1).and_then(|last| marks.get(last));
        mark.map_or((line.range.start, 0), |mark| (mark.offset, column(mark)))
    }

    /// The bytes of a line, without its line end; nothing at the end of the text for a line beyond it.
    #[must_use]
    pub fn line_range(&self, line: u32) -> TextRange {
        match (self.line(line), self.lines.last()) {
            (Some(line), _) => line.range,
            (None, Some(last)) => TextRange { start: last.range.end, end: last.range.end },
            (None, None) => TextRange::default(),
        }
    }

    fn line(&self, line: u32) -> Option<&Line> {
        self.lines.get(usize::try_from(line).ok()?)
    }
}

impl Line {
    /// Takes note of places in it, where that helps.
    fn mark(&self, text: &str, marks: &mut Vec<Mark>) {
        if self.ascii {
            return;
        }
        let (mut utf16, mut code_points, mut next) = (0_u32, 0_u32, STEP);
        for (at, character) in self.range.of(text).char_indices() {
            if at >= next {
                let offset = self.range.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
                marks.push(Mark { offset, utf16, code_points });
                next = at.saturating_add(STEP);
            }
            utf16 = utf16.saturating_add(width(character, Encoding::Utf16));
            code_points = code_points.saturating_add(1);
        }
    }
}

fn width(character: char, encoding: Encoding) -> u32 {
    let width = match encoding {
        Encoding::Utf8 => character.len_utf8(),
        Encoding::Utf16 => character.len_utf16(),
        Encoding::CodePoints => 1,
    };
    u32::try_from(width).unwrap_or(1)
}

/// How many columns the characters that lie wholly in the first `bytes` bytes take.
fn columns(line: &str, bytes: u32, encoding: Encoding) -> u32 {
    let mut end = 0_u32;
    line.chars()
        .take_while(|character| {
            end = end.saturating_add(width(*character, Encoding::Utf8));
            end <= bytes
        })
        .fold(0, |sum, character| sum.saturating_add(width(character, encoding)))
}

/// How many bytes the characters that lie wholly in the first `columns` columns take.
fn bytes(line: &str, columns: u32, encoding: Encoding) -> u32 {
    let mut end = 0_u32;
    line.chars()
        .take_while(|character| {
            end = end.saturating_add(width(*character, encoding));
            end <= columns
        })
        .fold(0, |sum, character| sum.saturating_add(width(character, Encoding::Utf8)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::CodePoints];

    fn at(line: u32, column: u32) -> Position {
        Position { line, column }
    }

    #[test]
    fn three_kinds_of_line_end() {
        let text = "a\nb\r\nc\rd";
        let index = LineIndex::new(text);
        assert_eq!(index.len(), 4);
        let lines: Vec<&str> = (0..4).map(|line| index.line_range(line).of(text)).collect();
        assert_eq!(lines, ["a", "b", "c", "d"]);
        assert_eq!(index.position(text, 2, Encoding::Utf8), at(1, 0));
        assert_eq!(index.position(text, 5, Encoding::Utf8), at(2, 0));
        assert_eq!(index.position(text, 7, Encoding::Utf8), at(3, 0));
    }

    #[test]
    fn the_empty_text_has_one_line() {
        let index = LineIndex::new("");
        assert_eq!(index.len(), 1);
        assert_eq!(index.position("", 0, Encoding::Utf16), at(0, 0));
        assert_eq!(index.position("", 9, Encoding::Utf16), at(0, 0));
        assert_eq!(index.offset("", at(7, 7), Encoding::Utf16), 0);
    }

    #[test]
    fn a_line_end_belongs_to_the_end_of_its_line() {
        let text = "ab\r\ncd\n";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 2, Encoding::Utf8), at(0, 2));
        assert_eq!(index.position(text, 3, Encoding::Utf8), at(0, 2));
        assert_eq!(index.position(text, 7, Encoding::Utf8), at(2, 0));
        assert_eq!(index.offset(text, at(0, 99), Encoding::Utf8), 2);
        assert_eq!(index.offset(text, at(99, 0), Encoding::Utf8), 7);
    }

    #[test]
    fn columns_of_cjk_and_emoji() {
        let text = "域名: 😀x";
        let index = LineIndex::new(text);
        let x = u32::try_from(text.find('x').unwrap()).unwrap();
        assert_eq!(index.position(text, x, Encoding::Utf8), at(0, 12));
        assert_eq!(index.position(text, x, Encoding::Utf16), at(0, 6));
        assert_eq!(index.position(text, x, Encoding::CodePoints), at(0, 5));
        // Between the two halves of the emoji, and inside a Chinese character.
        assert_eq!(index.offset(text, at(0, 5), Encoding::Utf16), 8);
        assert_eq!(index.position(text, 4, Encoding::Utf16), at(0, 1));
    }

    #[test]
    fn a_long_line_is_not_walked_for_each_question() {
        let text = "é".repeat(1 << 20);
        let index = LineIndex::new(&text);
        // Each of them as far as from the last mark: over the whole line it would be a hundred billion steps.
        for number in 0..200_000_u32 {
            let offset = u32::try_from(text.len()).unwrap() - 2 * (number % 1_000);
            let position = index.position(&text, offset, Encoding::Utf16);
            assert_eq!(index.offset(&text, position, Encoding::Utf16), offset);
        }
    }

    /// Lines counted the slow way: by walking over the characters.
    fn walked(text: &str, offset: usize, encoding: Encoding) -> Position {
        let mut position = Position::default();
        let mut characters = text.char_indices().peekable();
        while let Some((start, character)) = characters.next() {
            if start + character.len_utf8() > offset {
                break;
            }
            match character {
                '\r' if characters.peek().is_some_and(|(_, next)| *next == '\n') => {
                    if start + 2 > offset {
                        break;
                    }
                    characters.next();
                    position = at(position.line + 1, 0);
                }
                '\n' | '\r' => position = at(position.line + 1, 0),
                _ => position.column += width(character, encoding),
            }
        }
        position
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn as_if_walked(text in "[a-c\n\r é域😀\u{feff}]{0,40}") {
            let index = LineIndex::new(&text);
            for offset in 0..=text.len() + 1 {
                for encoding in ENCODINGS {
                    let position = index.position(&text, u32::try_from(offset).unwrap(), encoding);
                    prop_assert_eq!(position, walked(&text, offset, encoding), "{:?} {} {:?}", text, offset, encoding);
                }
            }
        }

        /// As in short lines, where there is no mark to go by.
        #[test]
        fn long_lines_as_if_walked(parts in proptest::collection::vec("(é|域|😀|a|, ){1,3}", 1..4), times in 300..900_usize, near in any::<[u16; 3]>()) {
            let text = parts.iter().map(|part| part.repeat(times)).collect::<Vec<_>>().join("\r\n");
            let index = LineIndex::new(&text);
            for offset in near.map(|near| usize::from(near) % (text.len() + 1)) {
                for encoding in ENCODINGS {
                    let position = index.position(&text, u32::try_from(offset).unwrap(), encoding);
                    prop_assert_eq!(position, walked(&text, offset, encoding), "{} {:?}", offset, encoding);
                    prop_assert_eq!(position.line, index.line_at(u32::try_from(offset).unwrap()));
                    let back = index.offset(&text, position, encoding) as usize;
                    prop_assert!(back <= offset && walked(&text, back, encoding) == position, "{} {}", back, offset);
                }
            }
        }

        #[test]
        fn there_and_back(text in "[a-c\n\r é域😀\u{feff}]{0,40}") {
            let index = LineIndex::new(&text);
            for line in 0..index.len() {
                let range = index.line_range(line);
                for (inside, _) in range.of(&text).char_indices().chain([(range.of(&text).len(), ' ')]) {
                    let offset = range.start + u32::try_from(inside).unwrap();
                    for encoding in ENCODINGS {
                        let position = index.position(&text, offset, encoding);
                        prop_assert_eq!(position.line, line);
                        prop_assert_eq!(index.offset(&text, position, encoding), offset);
                    }
                }
            }
        }

        #[test]
        fn any_position_is_a_character_boundary(text in "[a-c\n\r é域😀]{0,40}", line in 0..9_u32, column in 0..50_u32) {
            let index = LineIndex::new(&text);
            for encoding in ENCODINGS {
                let offset = index.offset(&text, at(line, column), encoding);
                prop_assert!(text.is_char_boundary(offset as usize));
                let there = index.position(&text, offset, encoding);
                prop_assert_eq!(index.offset(&text, there, encoding), offset);
            }
        }

        #[test]
        fn lines_and_line_ends_make_the_text(text in "[a-c\n\r é域😀]{0,40}") {
            let index = LineIndex::new(&text);
            let mut end = 0;
            for line in 0..index.len() {
                let range = index.line_range(line);
                let between = &text[end as usize..range.start as usize];
                prop_assert_eq!(["\n", "\r\n", "\r"].contains(&between), line > 0);
                prop_assert!(!range.of(&text).contains(['\n', '\r']));
                end = range.end;
            }
            prop_assert_eq!(end as usize, text.len());
        }
    }
}
