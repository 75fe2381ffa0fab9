//! Several changes at once.

use super::*;

#[test]
fn what_goes_and_comes_back_keeps_its_place() {
    yaml("a: 1\nb: 2 # two\nc: 3\n", &[remove("b"), insert("b.x", "1")], "a: 1\nb: # two\n  x: 1\nc: 3\n");
    json("{\"a\": 1, \"b\": 2}", &[remove("a"), insert("a", "[]")], "{\"a\": [], \"b\": 2}");
}

#[test]
fn what_contradicts_itself_is_refused() {
    yaml("a: 1\n", &[remove("a"), set("a", "2")], "nothing");
    yaml("a: 1\n", &[insert("b", "1"), insert("b", "2")], "nothing");
    yaml("a: 1\n", &[insert("b", "1"), insert("b.c", "2")], "nothing");
    yaml("a: 1\n", &[rename("a", "b"), insert("b", "2")], "nothing");
    yaml("a: 1\n", &[set("b", "2")], "nothing");
    yaml("a: 1\n", &[insert("a.b", "2")], "nothing");
    yaml("a: [1]\n", &[insert("a.2", "2")], "nothing");
}

#[test]
fn bare_edits_join_in() {
    let comma_after = |at| Change::Edit(vec![TextEdit::insert(at, ",")]);
    let comma_away = |at| Change::Edit(vec![TextEdit::remove(super::super::super::TextRange { start: at, end: at + 1 })]);
    json("{\"a\": 1 \"b\": 2}", &[comma_after(7)], "{\"a\": 1, \"b\": 2}");
    json("{\"a\": 1 \"b\": 2}", &[comma_after(7), remove("b")], "{\"a\": 1}");
    json("{\"a\": 1 \"b\": 2}", &[comma_after(7), remove("b"), insert("c", "3")], "{\"a\": 1, \"c\": 3}");
    json("{\"a\": 1,}", &[comma_away(7), insert("b", "2")], "{\"a\": 1, \"b\": 2}");
    json("{\"a\": 1,}", &[comma_away(7), comma_away(7)], "{\"a\": 1}");
    let quotes = Change::Edit(vec![TextEdit { range: super::super::super::TextRange { start: 6, end: 8 }, text: "\"$x\"".to_owned() }]);
    json("{\"a\": $x}", std::slice::from_ref(&quotes), "{\"a\": \"$x\"}");
    json("{\"a\": $x}", &[quotes.clone(), remove("a")], "{}");
    json("{\"a\": $x}", &[quotes, set("a", "1")], "{\"a\": 1}");
}
