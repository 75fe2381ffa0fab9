//! Edits made one by one, against the whole text.

use proptest::prelude::*;

use super::*;
use gen_lsp_types::TextDocumentContentChangePartial;

/// An edit at offsets in the units of an encoding, of the text as its editor has it.
#[derive(Debug, Clone)]
struct Typed {
    start: usize,
    end: usize,
    with: String,
}

fn typed() -> impl Strategy<Value = Typed> {
    (0..60_usize, 0..8_usize, "[a-c\n\r é域😀]{0,4}").prop_map(|(start, length, with)| Typed { start, end: start + length, with })
}

/// The text as a list of units, each with the position at which it stands.
fn positions(units: &[u32]) -> Vec<Position> {
    let mut positions = Vec::new();
    let (mut line, mut character) = (0, 0);
    for (index, unit) in units.iter().enumerate() {
        positions.push(Position { line, character });
        let crlf = *unit == 13 && units.get(index + 1) == Some(&10);
        if (*unit == 10 || *unit == 13) && !crlf {
            (line, character) = (line + 1, 0);
        } else {
            character += 1;
        }
    }
    positions.push(Position { line, character });
    positions
}

fn partial(start: Position, end: Position, text: String) -> TextDocumentContentChangeEvent {
    #[expect(deprecated, reason = "clients still send the length")]
    let part = TextDocumentContentChangePartial { range: Range { start, end }, range_length: None, text };
    TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part)
}

/// Whether an offset lies between the two halves of a line end: no position means that place.
fn in_line_end(units: &[u32], offset: usize) -> bool {
    offset > 0 && units.get(offset - 1) == Some(&13) && units.get(offset) == Some(&10)
}

fn utf16(text: &str) -> Vec<u32> {
    text.encode_utf16().map(u32::from).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// As an editor that holds its text in UTF-16 does it; an edit may cut a character in two.
    #[test]
    fn no_edit_is_lost_in_utf_16(text in "[a-c\n\r é域😀]{0,30}", edits in proptest::collection::vec(typed(), 1..12)) {
        let mut editor = utf16(&text);
        let mut buffer = Buffer::new(text.clone(), 0, PathBuf::new());
        let mut all = Vec::new();
        for edit in edits {
            let (start, end) = (edit.start.min(editor.len()), edit.end.min(editor.len()));
            prop_assume!(!in_line_end(&editor, start) && !in_line_end(&editor, end));
            let at = positions(&editor);
            editor.splice(start..end, utf16(&edit.with));
            all.push(partial(at[start], at[end], edit.with.clone()));
            buffer.change(&[partial(at[start], at[end], edit.with)], Encoding::Utf16);
            let units: Vec<u16> = editor.iter().map(|unit| u16::try_from(*unit).expect("a unit")).collect();
            prop_assert_eq!(&buffer.text, &String::from_utf16_lossy(&units));
            prop_assert_eq!(&buffer.lines, &LineIndex::new(&buffer.text));
        }
        // And all of them at once.
        let mut at_once = Buffer::new(text, 0, PathBuf::new());
        at_once.change(&all, Encoding::Utf16);
        prop_assert_eq!(&at_once.text, &buffer.text);
        prop_assert_eq!(&at_once.lines, &buffer.lines);
    }

    /// As an editor replaces in all of a text: from the end to the beginning, all at once.
    #[test]
    fn from_the_end_to_the_beginning(text in "[a-c\n\r é域😀]{0,60}", edits in proptest::collection::vec(typed(), 1..12)) {
        let mut editor: Vec<char> = text.chars().collect();
        let mut bound = editor.len();
        let mut edits = edits;
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.start));
        let mut all = Vec::new();
        for edit in edits {
            let (start, end) = (edit.start.min(bound), edit.end.min(bound));
            let units: Vec<u32> = editor.iter().map(|c| u32::from(*c)).collect();
            prop_assume!(!in_line_end(&units, start) && !in_line_end(&units, end));
            let at = positions(&units);
            editor.splice(start..end, edit.with.chars());
            all.push(partial(at[start], at[end], edit.with));
            bound = start;
        }
        let mut buffer = Buffer::new(text, 0, PathBuf::new());
        buffer.change(&all, Encoding::CodePoints);
        prop_assert_eq!(&buffer.text, &editor.iter().collect::<String>());
        prop_assert_eq!(&buffer.lines, &LineIndex::new(&buffer.text));
    }

    #[test]
    fn no_edit_is_lost_in_code_points(text in "[a-c\n\r é域😀]{0,30}", edits in proptest::collection::vec(typed(), 1..12)) {
        let mut editor: Vec<char> = text.chars().collect();
        let mut buffer = Buffer::new(text, 0, PathBuf::new());
        for edit in edits {
            let units: Vec<u32> = editor.iter().map(|c| u32::from(*c)).collect();
            let (start, end) = (edit.start.min(editor.len()), edit.end.min(editor.len()));
            prop_assume!(!in_line_end(&units, start) && !in_line_end(&units, end));
            let at = positions(&units);
            editor.splice(start..end, edit.with.chars());
            buffer.change(&[partial(at[start], at[end], edit.with)], Encoding::CodePoints);
            prop_assert_eq!(&buffer.text, &editor.iter().collect::<String>());
        }
    }

    #[test]
    fn no_edit_is_lost_in_utf_8(text in "[a-c\n\r é域😀]{0,30}", edits in proptest::collection::vec(typed(), 1..12)) {
        let mut editor = text.clone();
        let mut buffer = Buffer::new(text, 0, PathBuf::new());
        for edit in edits {
            let bytes: Vec<u32> = editor.bytes().map(u32::from).collect();
            let boundary = |at: usize| (0..=at.min(editor.len())).rev().find(|at| editor.is_char_boundary(*at)).unwrap_or_default();
            let (start, end) = (boundary(edit.start), boundary(edit.end));
            prop_assume!(!in_line_end(&bytes, start) && !in_line_end(&bytes, end));
            let at = positions(&bytes);
            editor.replace_range(start..end, &edit.with);
            buffer.change(&[partial(at[start], at[end], edit.with)], Encoding::Utf8);
            prop_assert_eq!(&buffer.text, &editor);
        }
    }

    /// What no editor should send: positions that are nowhere, in the wrong order, of another text.
    #[test]
    fn any_edit_is_taken(
        text in "[a-c\n\r é域😀]{0,30}",
        edits in proptest::collection::vec((any::<[u32; 4]>(), 0..9_u32, "\\PC{0,3}"), 1..8),
        encoding in 0..3_usize,
    ) {
        let encoding = [Encoding::Utf8, Encoding::Utf16, Encoding::CodePoints][encoding];
        let mut buffer = Buffer::new(text, 0, PathBuf::new());
        for ([a, b, c, d], small, with) in edits {
            let bound = |number: u32| if number.is_multiple_of(3) { number } else { number % (small + 1) };
            let (start, end) = (Position { line: bound(a), character: bound(b) }, Position { line: bound(c), character: bound(d) });
            buffer.change(&[partial(start, end, with)], encoding);
        }
    }
}

#[test]
fn thousands_of_changes_at_once() {
    let text = "one: two\n".repeat(30_000);
    let mut buffer = Buffer::new(text, 0, PathBuf::new());
    let at = |line, character| Position { line, character };
    let all: Vec<_> = (0..30_000).rev().map(|line| partial(at(line, 5), at(line, 8), "three".to_owned())).collect();
    // With the lines found anew for each of them it takes minutes.
    buffer.change(&all, Encoding::Utf16);
    assert_eq!(buffer.text, "one: three\n".repeat(30_000));
}

#[test]
fn two_halves_become_one_character() {
    let mut buffer = Buffer::new("a😀b".to_owned(), 0, PathBuf::new());
    let at = |character| Position { line: 0, character };
    buffer.change(&[partial(at(1), at(2), String::new())], Encoding::Utf16);
    assert_eq!(buffer.text, "a\u{fffd}b");
    buffer.change(&[partial(at(1), at(1), crate::salvage::mark("\\ud83d"))], Encoding::Utf16);
    assert_eq!((buffer.text.as_str(), buffer.halves.is_none()), ("a😀b", true));
}
