//! Random trees and random ways to write them down.

use super::super::super::{Entry, Node, TextRange, Value};
use super::super::render::{Quotes, quoted};

/// A small generator of its own: a seed is all that is needed to see a failure again.
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        let mut rng = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03);
        rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        &from[self.below(from.len())]
    }
}

const KEYS: [&str; 14] = ["a", "b", "c", "d", "e", "spec", "apiServer", "域名", "x y", "true", "30080", "k: v", "it's", "😀"];

const TEXTS: [&str; 52] = [
    "worker",
    "https://1.2.3.4:6443",
    "30080",
    "true",
    "null",
    "~",
    "",
    "#x",
    "a #b",
    "a: b",
    "- a",
    "it's",
    "\"q\"",
    "two\nlines",
    "two\nlines\n",
    " lead",
    "trail ",
    "域名",
    "😀",
    "$server",
    "0x1F",
    "1e3",
    "yes",
    "tab\there",
    "key:",
    "*a",
    "&a",
    "!t",
    "|",
    ">",
    "%",
    "@",
    "`",
    "\u{feff}",
    "\u{85}",
    "{",
    "[",
    ",",
    "a,b",
    "a]",
    "\\",
    "\n",
    "\n\n",
    "one\n\nthree\n",
    "---",
    "...",
    "- ",
    "?",
    "a\u{2028}b",
    "nginx",
    "2026-01-01",
    "1_000",
];

pub fn key(rng: &mut Rng) -> String {
    let count = if rng.one_in(4) { KEYS.len() } else { 5 };
    (*rng.pick(&KEYS[..count])).to_owned()
}

fn node(value: Value<'static>) -> Node<'static> {
    Node::new(value, TextRange::default())
}

/// A random value; maps hold a key twice now and then if `twice`.
pub fn value(rng: &mut Rng, depth: usize, twice: bool) -> Value<'static> {
    let kind = rng.below(if depth == 0 { 6 } else { 12 });
    match kind {
        0 => Value::Null,
        1 => Value::Bool(rng.one_in(2)),
        2 => Value::Number((*rng.pick(&["0", "30080", "-1", "1.5"])).into()),
        3..6 => Value::String((*rng.pick(&TEXTS)).into()),
        6..8 => {
            let length = rng.below(4);
            Value::List((0..length).map(|_| node(value(rng, depth - 1, twice))).collect())
        }
        _ => {
            let length = rng.below(5);
            map(rng, depth, length, twice)
        }
    }
}

pub fn map(rng: &mut Rng, depth: usize, length: usize, twice: bool) -> Value<'static> {
    let mut entries: Vec<Entry<'static>> = Vec::new();
    for _ in 0..length {
        let key = key(rng);
        if entries.iter().any(|entry| entry.key == key) && !(twice && rng.one_in(4)) {
            continue;
        }
        entries.push(Entry {
            key: key.into(),
            key_range: TextRange::default(),
            merged: false,
            value: node(value(rng, depth.saturating_sub(1), twice)),
        });
    }
    Value::Map(entries)
}

/// Writes trees down.
pub struct Pen<'r> {
    pub rng: &'r mut Rng,
    pub text: String,
    comments: usize,
    anchors: usize,
    /// One in how many places has a comment; 0 for none at all.
    pub commented: usize,
    /// Whether to leave out commas and write some too many (JSON).
    pub careless: bool,
    pub unit: &'static str,
    pub lists_indented: bool,
}

impl<'r> Pen<'r> {
    pub fn new(rng: &'r mut Rng) -> Self {
        let commented = *rng.pick(&[0, 3, 8]);
        let careless = rng.one_in(3);
        let unit = *rng.pick(&["  ", "  ", "    ", "\t", " "]);
        let lists_indented = rng.one_in(2);
        Self { rng, text: String::new(), comments: 0, anchors: 0, commented, careless, unit, lists_indented }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn comment(&mut self) -> String {
        self.comments += 1;
        format!("#c{}.", self.comments)
    }

    fn wants_comment(&mut self) -> bool {
        self.commented > 0 && self.rng.one_in(self.commented)
    }

    // ---- JSON ----

    pub fn json(&mut self, value: &Value<'_>, indent: &str) {
        match value {
            Value::List(items) => {
                let items: Vec<(Option<&str>, &Value<'_>)> = items.iter().map(|item| (None, &item.value)).collect();
                self.brackets('[', &items, ']', indent);
            }
            Value::Map(entries) => {
                let entries: Vec<(Option<&str>, &Value<'_>)> =
                    entries.iter().map(|entry| (Some(&*entry.key), &entry.value.value)).collect();
                self.brackets('{', &entries, '}', indent);
            }
            Value::String(text) => self.text.push_str(&quoted(text)),
            Value::Number(text) => self.text.push_str(text),
            Value::Bool(bool) => self.text.push_str(&bool.to_string()),
            Value::Null => self.push("null"),
        }
    }

    fn json_comment(&mut self) {
        let comment = self.comment();
        let comment = match self.rng.below(4) {
            0 => format!("//{}", &comment),
            1 => format!("/*{comment}*/"),
            _ => comment,
        };
        self.push(&comment);
    }

    fn brackets(&mut self, open: char, parts: &[(Option<&str>, &Value<'_>)], close: char, indent: &str) {
        self.text.push(open);
        let deeper = format!("{indent}{}", self.unit);
        let style = self.rng.below(8);
        let lines = style < 5;
        let leading_commas = style == 4;
        let spaced = style == 5;
        let compact = style == 7;
        if spaced {
            self.push(" ");
        }
        for (index, (key, value)) in parts.iter().enumerate() {
            let last = index + 1 == parts.len();
            if lines {
                self.push("\n");
                if self.wants_comment() {
                    self.push(&deeper);
                    self.json_comment();
                    self.push("\n");
                }
                if self.rng.one_in(12) {
                    self.push("\n");
                }
                self.push(&deeper);
                if leading_commas && index > 0 && !(self.careless && self.rng.one_in(5)) {
                    self.push(", ");
                }
            }
            if let Some(key) = key {
                self.text.push_str(&quoted(key));
                self.push(if compact { ":" } else { ": " });
            }
            self.json(value, &deeper);
            let missing = self.careless && self.rng.one_in(5);
            let too_many = self.careless && self.rng.one_in(3);
            if self.careless && self.wants_comment() {
                self.push(" ");
                self.json_comment();
                self.push("\n");
            }
            if !leading_commas && ((last && too_many) || (!last && !missing)) {
                let comma = if self.rng.one_in(20) { " ," } else { "," };
                self.push(comma);
            }
            if !lines && !compact && !last {
                self.push(" ");
            }
            if self.wants_comment() {
                self.push(" ");
                self.json_comment();
                self.push(if lines && !last { "" } else { "\n" });
            }
        }
        if lines && self.wants_comment() {
            self.push("\n");
            self.push(&deeper);
            self.json_comment();
        }
        if lines && (!self.rng.one_in(10) || self.text.ends_with('.')) {
            self.push("\n");
            self.push(indent);
        }
        if spaced {
            self.push(" ");
        }
        self.text.push(close);
    }

    // ---- YAML ----

    /// A value behind `key:` or a dash, with the line end.
    pub fn yaml(&mut self, value: &Value<'_>, column: usize, in_list: bool) {
        let block = match value {
            Value::Map(entries) => !entries.is_empty() && !self.rng.one_in(5),
            Value::List(items) => !items.is_empty() && !self.rng.one_in(4),
            _ => false,
        };
        if block {
            let is_list = matches!(value, Value::List(_));
            let on_dash = !in_list || self.rng.one_in(3);
            if on_dash {
                if self.rng.one_in(8) {
                    self.anchor();
                } else if self.rng.one_in(12) {
                    self.push(if is_list { " !!seq" } else { " !!map" });
                }
                self.end_line();
                let deeper = if is_list && !in_list && !self.lists_indented { column } else { column + 1 + self.rng.below(3) };
                self.lines(value, deeper, false);
            } else {
                let blanks = 1 + if self.rng.one_in(4) { self.rng.below(3) } else { 0 };
                self.push(&" ".repeat(blanks));
                self.lines(value, column + 1 + blanks, true);
            }
            return;
        }
        if self.rng.one_in(15) {
            self.anchor();
        }
        if matches!(value, Value::List(_) | Value::Map(_)) {
            self.push(" ");
            let style = self.rng.below(3);
            self.flow(value, style == 0, style == 1, column + 2);
            self.end_line();
            return;
        }
        self.scalar(value, column, false);
    }

    fn anchor(&mut self) {
        self.anchors += 1;
        let anchor = format!(" &n{}", self.anchors);
        self.push(&anchor);
    }

    fn end_line(&mut self) {
        if self.wants_comment() {
            let comment = self.comment();
            let blank = *self.rng.pick(&[" ", "  "]);
            self.push(blank);
            self.push(&comment);
        } else if self.rng.one_in(30) {
            self.push("  ");
        }
        self.push("\n");
    }

    /// A block map or list. The first line is not indented if it stands behind a dash.
    pub fn lines(&mut self, value: &Value<'_>, column: usize, behind_dash: bool) {
        let indent = " ".repeat(column);
        let parts = match value {
            Value::Map(entries) => entries.iter().map(|entry| (Some(&*entry.key), &entry.value.value)).collect(),
            Value::List(items) => items.iter().map(|item| (None, &item.value)).collect::<Vec<_>>(),
            _ => panic!("no collection"),
        };
        for (index, (key, value)) in parts.into_iter().enumerate() {
            if index > 0 || !behind_dash {
                if self.wants_comment() {
                    let comment = self.comment();
                    let depth = if self.rng.one_in(4) { self.rng.below(8) } else { column };
                    // Deeper than a block scalar just before, it would be text of that scalar.
                    let depth = depth.min(column);
                    self.push(&" ".repeat(depth));
                    self.push(&comment);
                    self.push("\n");
                }
                self.push(&indent);
            }
            match key {
                Some(key) => {
                    let style = self.rng.below(6);
                    self.quotes(key, style);
                    let colon = if self.rng.one_in(20) { " :" } else { ":" };
                    self.push(colon);
                }
                None => self.push("-"),
            }
            self.yaml(value, column, key.is_none());
        }
    }

    fn quotes(&mut self, text: &str, style: usize) {
        let quotes = match style {
            0 => Quotes::Double,
            1 => Quotes::Single,
            _ => Quotes::Plain,
        };
        self.push(&quotes.write(text));
    }

    fn scalar(&mut self, value: &Value<'_>, column: usize, in_flow: bool) {
        match value {
            Value::Null => {
                let word = *self.rng.pick(&["", " null", " ~"]);
                self.push(word);
            }
            Value::String(text) if !in_flow && self.rng.one_in(3) && self.literal(text, column) => return,
            Value::String(text) => {
                if self.rng.one_in(20) {
                    self.push(" !!str");
                }
                self.push(" ");
                let style = self.rng.below(4);
                self.quotes(text, style);
            }
            Value::Number(text) if self.rng.one_in(20) && text == "30080" => self.push(" 0x7580"),
            Value::Number(text) => {
                self.push(" ");
                self.push(text);
            }
            Value::Bool(bool) => {
                let word = *self.rng.pick(if *bool { &[" true", " yes", " True"] } else { &[" false", " no", " off"] });
                self.push(word);
            }
            Value::List(_) | Value::Map(_) => panic!("no scalar"),
        }
        if !in_flow {
            self.end_line();
        }
    }

    /// A text as a block scalar, if it can be one.
    fn literal(&mut self, text: &str, column: usize) -> bool {
        let fit = |c: char| c == '\n' || c == ' ' || c.is_alphanumeric() || "#:-,.\\/".contains(c);
        if !text.chars().all(fit) || text.trim_matches('\n').is_empty() || text.starts_with([' ', '\n']) || text.ends_with(' ') {
            return false;
        }
        let newlines = text.len() - text.trim_end_matches('\n').len();
        let header = match newlines {
            0 => "|-",
            1 if self.rng.one_in(3) => "|+",
            1 => "|",
            _ => "|+",
        };
        let folded = !text.trim_end_matches('\n').contains('\n') && self.rng.one_in(2);
        let header = if folded { header.replace('|', ">") } else { header.to_owned() };
        self.push(" ");
        self.push(&header);
        self.end_line();
        let indent = " ".repeat(column + 1 + self.rng.below(3));
        let body = text.strip_suffix('\n').unwrap_or(text);
        for line in body.split('\n') {
            if !line.is_empty() {
                self.push(&indent);
                self.push(line);
            }
            self.push("\n");
        }
        if !header.contains('+') && self.rng.one_in(4) {
            self.push("\n");
        }
        true
    }

    fn flow(&mut self, value: &Value<'_>, json: bool, lines: bool, column: usize) {
        let (open, close, parts) = match value {
            Value::Map(entries) => ('{', '}', entries.iter().map(|entry| (Some(&*entry.key), &entry.value.value)).collect::<Vec<_>>()),
            Value::List(items) => ('[', ']', items.iter().map(|item| (None, &item.value)).collect()),
            Value::String(text) if json => {
                self.text.push_str(&quoted(text));
                return;
            }
            Value::Null => {
                self.push("null");
                return;
            }
            other => {
                let before = self.text.len();
                self.scalar(other, 0, true);
                // Behind a bracket no blank is needed.
                if self.text[before..].starts_with(' ') {
                    self.text.remove(before);
                }
                return;
            }
        };
        self.text.push(open);
        let empty = parts.is_empty();
        for (index, (key, value)) in parts.into_iter().enumerate() {
            if index > 0 {
                self.push(",");
            }
            if lines {
                self.flow_line(column);
            } else if index > 0 || self.rng.one_in(3) {
                self.push(" ");
            }
            if let Some(key) = key {
                let style = if json { 0 } else { self.rng.below(6) };
                self.quotes(key, style);
                if matches!(value, Value::Null) && !json && self.rng.one_in(3) {
                    let without = self.rng.one_in(2);
                    // Go-yaml takes a colon that no blank follows for a part of the key, unless it is quoted.
                    self.push(if without { "" } else { ": " });
                    continue;
                }
                self.push(": ");
            } else if self.rng.one_in(15) {
                self.anchor();
                self.push(" ");
            }
            let lines = lines && self.rng.one_in(2);
            self.flow(value, json, lines, column + 2);
        }
        if lines && !empty {
            if self.rng.one_in(3) {
                self.push(",");
            }
            self.flow_line(column - 1);
        } else if self.rng.one_in(4) {
            self.push(" ");
        }
        self.text.push(close);
    }

    fn flow_line(&mut self, column: usize) {
        self.end_line();
        if self.wants_comment() {
            let comment = self.comment();
            self.push(&" ".repeat(column));
            self.push(&comment);
            self.push("\n");
        }
        self.push(&" ".repeat(column));
    }
}

/// A text of YAML and whether it is the way a block is written.
pub fn yaml(rng: &mut Rng, value: &Value<'_>) -> String {
    let mut pen = Pen::new(rng);
    if pen.rng.one_in(8) {
        pen.push("---\n");
    }
    if pen.wants_comment() {
        let comment = pen.comment();
        pen.push(&comment);
        pen.push("\n");
    }
    let empty = value.same(&Value::Map(vec![])) || value.same(&Value::List(vec![]));
    if empty || pen.rng.one_in(12) {
        let (json, lines) = (pen.rng.one_in(2), pen.rng.one_in(2));
        pen.flow(value, json, lines, 2);
        pen.end_line();
    } else {
        let column = if pen.rng.one_in(20) { 2 } else { 0 };
        pen.lines(value, column, false);
    }
    if pen.wants_comment() {
        let comment = pen.comment();
        pen.push(&comment);
        pen.push("\n");
    }
    pen.text
}

pub fn json(rng: &mut Rng, value: &Value<'_>) -> String {
    let mut pen = Pen::new(rng);
    if pen.wants_comment() {
        pen.json_comment();
        pen.push("\n");
    }
    pen.json(value, "");
    pen.push("\n");
    pen.text
}

/// Other line ends, a byte order mark, no line end at the end.
pub fn disguise(rng: &mut Rng, mut text: String) -> String {
    if rng.one_in(6) {
        while text.ends_with(['\n', ' ']) && text.len() > 1 {
            text.pop();
        }
    }
    if rng.one_in(4) {
        text = text.replace('\n', "\r\n");
    }
    if rng.one_in(10) {
        text.insert(0, '\u{feff}');
    }
    text
}
