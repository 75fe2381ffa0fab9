use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { bytes: 8 << 20, document_bytes: 3 << 19, depth: 100, alias_nodes: 10_000 };

// ---- What the tests look at ----

/// Reads a text, and checks what holds for every text.
fn checked(text: &str) -> Parsed<'_> {
    let parsed = read_with_faults(text, &LIMITS);
    if let Some(root) = quick::read(text, LIMITS.depth) {
        assert_eq!((&root, [].as_slice()), (&parsed.root, parsed.faults.as_slice()), "{text:?}");
    }
    assert_eq!(parsed.range, TextRange::new(0, text.len()));
    assert_ranges(text, &parsed.root, parsed.range);
    for fault in &parsed.faults {
        assert!(text.get(fault.range.as_range()).is_some(), "{fault:?} lies outside of {text:?}");
    }
    assert!(parsed.faults.is_sorted_by_key(|fault| fault.range.start), "{:?}", parsed.faults);
    mended(text, &parsed.faults);
    parsed
}

/// Each range is a part of the text and of its parent's, and none begins before the one before it ends.
fn assert_ranges(text: &str, node: &Node, within: TextRange) {
    let ordered = |ranges: &mut dyn Iterator<Item = TextRange>| {
        let mut end = node.range.start;
        for range in ranges {
            assert!(end <= range.start && range.end <= node.range.end, "{range:?} in {:?} of {text:?}", node.range);
            end = range.end;
        }
    };
    assert!(text.get(node.range.as_range()).is_some(), "{node:?} lies outside of {text:?}");
    assert!(within.start <= node.range.start && node.range.end <= within.end);
    ordered(&mut node.items().iter().map(|item| item.range));
    ordered(&mut node.entries().iter().flat_map(|entry| [entry.key_range, entry.value.range]));
    for entry in node.entries() {
        assert!(text.get(entry.key_range.as_range()).is_some(), "{entry:?} lies outside of {text:?}");
    }
    for child in node.items().iter().chain(node.entries().iter().map(|entry| &entry.value)) {
        assert_ranges(text, child, node.range);
    }
}

/// The text after all edits that the faults offer, and without comments.
fn mended(text: &str, faults: &[Fault]) -> String {
    let mut edits: Vec<TextEdit> = faults.iter().flat_map(|fault| fault.edits.clone()).collect();
    let comments = faults.iter().filter(|fault| fault.kind == FaultKind::CommentInJson);
    edits.extend(comments.map(|fault| TextEdit::remove(fault.range)));
    edits.sort_by_key(|edit| edit.range);
    let mut mended = String::new();
    let mut end = 0;
    for edit in edits {
        let range = edit.range.as_range();
        assert!(end <= range.start, "edits overlap in {text:?}: {faults:?}");
        mended.push_str(&text[end..range.start]);
        mended.push_str(&edit.text);
        end = range.end;
    }
    mended + &text[end..]
}

/// The tree as `serde_json` builds it.
fn to_serde(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Number(text) => serde_json::from_str(text).unwrap(),
        Value::String(text) => text.as_ref().into(),
        Value::List(items) => items.iter().map(to_serde).collect(),
        Value::Map(entries) => entries.iter().map(|entry| (entry.key.to_string(), to_serde(&entry.value))).collect(),
    }
}

/// Without faults is what `serde_json` reads, and it reads the same.
fn assert_agrees(text: &str) {
    let parsed = checked(text);
    // `serde_json` refuses a byte order mark and allows 127 levels.
    if text.starts_with(BYTE_ORDER_MARK) || parsed.faults.iter().any(|fault| fault.kind == FaultKind::TooDeep) {
        return;
    }
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => {
            assert_eq!(parsed.faults, [], "in {text:?}");
            assert_eq!(to_serde(&parsed.root), value, "in {text:?}");
        }
        Err(error) => assert_ne!(parsed.faults, [], "{error} in {text:?}"),
    }
}

/// Where each fault can be mended, mending them leads to JSON, at the latest when it is done again
/// for what the first time has brought to light.
fn assert_mends(text: &str) {
    let mut text = text.to_owned();
    for _ in 0..4 {
        let parsed = checked(&text);
        if parsed.faults.is_empty() {
            return;
        }
        if !parsed.faults.iter().all(|fault| !fault.edits.is_empty() || fault.kind == FaultKind::CommentInJson) {
            return;
        }
        text = mended(&text, &parsed.faults);
    }
    panic!("never mended: {text:?} has {:?}", read(&text, &LIMITS).faults);
}

// ---- Any text ----

/// Draws numbers: the same ones from the same seed.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        // SplitMix64
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((bits ^ (bits >> 31)) % sides as u64).expect("less than `sides`")
    }

    fn pick<'t>(&mut self, tokens: &[&'t str]) -> &'t str {
        tokens[self.roll(tokens.len())]
    }
}

/// What JSON is made of, and what people mistake for it.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "'",
    "\\",
    " ",
    "\n",
    "\r\n",
    "\t",
    "{}",
    "[]",
    "\"\"",
    "\"a\"",
    "\"b\": ",
    "'c'",
    "a",
    "é",
    "中",
    "🚀",
    "0",
    "1",
    "-",
    "-0",
    "01",
    "1.5",
    "1.",
    ".5",
    "1e5",
    "1E+400",
    "-1e-400",
    "1e",
    "18446744073709551616",
    "true",
    "false",
    "null",
    "True",
    "None",
    "undefined",
    "NaN",
    "-Infinity",
    "0x1F",
    "tru",
    "$",
    "$api-server",
    "${NAME}",
    "{{ .x }}",
    "#",
    "//",
    "/*",
    "*/",
    "/",
    "# c\n",
    "// c\n",
    "/* c */",
    "\\n",
    "\\\"",
    "\\'",
    "\\u0041",
    "\\ud83d\\ude80",
    "\\ud83d",
    "\\udc00",
    "\\u12",
    "\\u+041",
    "\\x",
    "\0",
    "\u{1}",
    "\u{7f}",
    "\u{a0}",
    "\u{feff}",
    "\u{2028}",
    "，",
    "：",
    "“",
    "”",
    "=",
    ";",
    "https://10.0.0.1:6443",
    "apiVersion: v1\n",
    "}}",
    "]]",
    ",,",
    "::",
    "\"a\": 1, ",
    "\"x\n",
    "}, \"d\": 1",
    "\"e\": [1, 2",
];

fn random_json(dice: &mut Dice, depth: usize, out: &mut String) {
    let blank = |dice: &mut Dice| dice.pick(&["", "", " ", "\n  ", "\t", "\r\n"]);
    out.push_str(blank(dice));
    match dice.roll(if depth == 0 { 5 } else { 9 }) {
        0 => out.push_str(dice.pick(&["true", "false", "null"])),
        1 => out.push_str(dice.pick(&["0", "-0", "30080", "-1.5e3", "1E-2", "0.1", "9007199254740993", "123456789012345678901234567890"])),
        2..5 => out.push_str(dice.pick(&["\"\"", "\"hnc\"", "\"é中🚀\"", "\"a\\n\\\"b\\\\\"", "\"\\u00e9\\ud83d\\ude80\"", "\"$x\""])),
        5 | 6 => {
            out.push('[');
            for item in 0..dice.roll(4) {
                out.push_str(if item > 0 { "," } else { "" });
                random_json(dice, depth - 1, out);
            }
            out.push_str(blank(dice));
            out.push(']');
        }
        _ => {
            out.push('{');
            for entry in 0..dice.roll(4) {
                out.push_str(if entry > 0 { "," } else { "" });
                out.push_str(blank(dice));
                out.push_str(dice.pick(&["\"name\"", "\"name\"", "\"b\"", "\"\\u0063\"", "\"\""]));
                out.push_str(blank(dice));
                out.push(':');
                random_json(dice, depth - 1, out);
            }
            out.push_str(blank(dice));
            out.push('}');
        }
    }
    out.push_str(blank(dice));
}

/// Inserts, removes, replaces or doubles a piece somewhere.
fn mutate(dice: &mut Dice, text: &mut String) {
    let place = |dice: &mut Dice, text: &str| {
        let mut place = dice.roll(text.len() + 1);
        while !text.is_char_boundary(place) {
            place -= 1;
        }
        place
    };
    let start = place(dice, text);
    let longest = if dice.roll(8) == 0 { 60 } else { 3 };
    let mut end = start + dice.roll(longest);
    while !text.is_char_boundary(end.min(text.len())) {
        end += 1;
    }
    let range = start..end.min(text.len());
    match dice.roll(5) {
        0 => text.replace_range(range, ""),
        1 => text.replace_range(range, dice.pick(TOKENS)),
        2 => {
            let piece = text[range].to_owned();
            let to = place(dice, text);
            text.insert_str(to, &piece);
        }
        _ => text.insert_str(start, dice.pick(TOKENS)),
    }
}

fn assert_agrees_on_mutants(seed: u64, texts: usize, bodies: &[&str]) {
    let mut dice = Dice(seed);
    let mut left = texts;
    while left > 0 {
        let mut text = String::new();
        match dice.roll(3) {
            0 => text.push_str(bodies[dice.roll(bodies.len())]),
            1 => (0..dice.roll(12)).for_each(|_| text.push_str(dice.pick(TOKENS))),
            _ => random_json(&mut dice, 4, &mut text),
        }
        for _ in 0..16.min(left) {
            assert_agrees(&text);
            assert_mends(&text);
            mutate(&mut dice, &mut text);
            left -= 1;
        }
    }
}

#[test]
fn mutants_agree_with_serde_json() {
    assert_agrees_on_mutants(1, 20_000, &["{}"]);
}

proptest! {
    #[test]
    fn any_text_agrees_with_serde_json(text in ".*") {
        assert_agrees(&text);
    }
}
