//! Texts of YAML, good and bad. Another reader of YAML is held against ours on them (`tests/tests/yaml.rs`).

use std::fmt::Write;

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Texts that have a bit of everything.
const SEEDS: [&str; 8] = [
    "# c\napiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: a-b\n  labels: {}\nspec:\n  usage: host # c\n  ports: [30080, \"30443\"]\n  components:\n  - name: x\n    on: yes\n  -\n    y: ~\nstatus:\n",
    "a: &x {b: [1, &y 2], c: *y}\nd: *x\ne:\n  <<: [*x, {f: 1}]\n  g: !!str 5\n---\nh: *x\n...\n# c\n--- |\n x\n",
    "a: |\n  x\n\n   y\nb: >-  # c\n  z\n\n  w\n\nc: |+\n  v\n\n- d\n",
    "\u{feff}日本: 'é''😀'\r\nb: \"x\\n\\u00e9\r\n  y\"\r\nc: p\r\n  q\r\n",
    "{a: {b, c: , ? d, \"e\":1}, f: [g: h, , [], {}], : i}\n",
    "? a\n: - b\n  - ? c\n    : d\n? [e]\n: f\ng:\n- - h\n  -\n- i: j\n  k:\n  - l\n",
    "%YAML 1.1\n%TAG !e! tag:e,2000:\n---\na: !e!b 1\nc: !<tag:yaml.org,2002:int> 0x1F\nd: !!binary aGk=\n\te: f\n",
    "a: 1_000\nb: 017\nc: .inf\n\"\\x41\": -0\n1.5: no\n<<: {g: h}\n",
];

const PIECES: [&str; 43] = [
    ":", ": ", "-", "- ", "? ", "?", ",", "[", "]", "{", "}", "#", " #", "&a ", "*a", "!!str ", "!", "|\n", ">", "'", "\"", "\\", "%", "@",
    "`", "~", "<<: ", "\n", "\n\n", "\r\n", "\r", "\t", " ", "  ", "---\n", "...\n", "é", "😀", "\u{feff}", "\u{2028}", "\u{2029}",
    "\u{85}", "\u{7}",
];

/// What a line of a block map or a block list holds; of those behind the first bar each waits for what is below it.
const LINES: [&str; 34] = [
    "a: x",
    "b: 1 # c",
    "c: 'd'",
    "\"e\": \"f\"",
    "g: {}",
    "h: []",
    "i: https://k:1#l",
    "j: - m",
    "k: n: o",
    "l: true",
    "m: no",
    "n: ~",
    "o: 'it''s'",
    "- x",
    "- 'y' # c",
    "- a: b",
    "- - z",
    "- \"日本\"",
    "x",
    "# c",
    "",
    "---",
    "p : q",
    "é: 日本 😀",
    "- {}",
    "- a:b",
    "q:",
    "r:  ",
    "s: # c",
    "'t':",
    "-",
    "- #",
    "- u:",
    "- -",
];

/// Lines that mostly fit together.
pub fn lines() -> impl Strategy<Value = String> {
    let line = (prop_oneof![6 => 0..LINES.len(), 5 => LINES.len() - 8..LINES.len()], 0..24_usize);
    prop::collection::vec(line, 1..12).prop_map(|lines| {
        let mut text = String::new();
        let (mut indents, mut waits) = (vec![0], true);
        for (line, luck) in lines {
            let line = LINES[line];
            let last = indents.last().copied().unwrap_or(0);
            // Deeper below what waits; else in line, or back to a line above; at times where it should not be.
            let indent = match luck {
                0 => 1,
                1 => 3,
                2 => 5,
                3..16 if waits => last + 2,
                3..12 => last,
                _ => indents[luck % indents.len()],
            };
            indents.retain(|above| *above < indent);
            indents.push(indent);
            if line.starts_with("- ") && luck % 2 == 0 {
                indents.push(indent + 2);
            }
            waits = LINES[LINES.len() - 8..].contains(&line);
            writeln!(text, "{}{line}", " ".repeat(if line == "---" { 0 } else { indent })).unwrap();
        }
        text
    })
}

/// A seed with some characters put in, taken out or said twice.
pub fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<Index>(), 0..4_usize, select(PIECES.as_slice()), 1..20_usize);
    (select(SEEDS.as_slice()), prop::collection::vec(edit, 0..6)).prop_map(|(seed, edits)| {
        let mut text: Vec<char> = seed.chars().collect();
        for (at, kind, piece, length) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + length).min(text.len());
            let new: Vec<char> = match kind {
                0 | 1 => piece.chars().collect(),
                2 => text[at..end].iter().chain(&text[at..end]).copied().collect(),
                _ => Vec::new(),
            };
            let end = if kind < 2 { at } else { end };
            text.splice(at..end, new);
        }
        text.into_iter().collect()
    })
}

/// Whatever comes.
pub fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(select(PIECES.as_slice()), 0..30).prop_map(|pieces| pieces.concat())
}
