//! A tree as YAML text.

use super::json::quoted;
use super::layout::{Layout, finish, mix};
use super::tree::Tree;

struct Writer<'w> {
    out: String,
    layout: &'w Layout,
    /// How many choices were made.
    choices: u64,
    /// What an alias can stand for.
    anchors: Vec<&'w Tree>,
    /// What stands somewhere again, and gets an anchor.
    repeated: Vec<&'w Tree>,
}

/// The text of a tree.
pub(super) fn write(tree: &Tree, layout: &Layout) -> String {
    let mut writer = Writer { out: String::new(), layout, choices: 0, anchors: Vec::new(), repeated: Vec::new() };
    if layout.aliases {
        let mut seen = Vec::new();
        find_repeated(tree, &mut seen, &mut writer.repeated);
    }
    if layout.opening {
        writer.out.push_str("---\n");
    }
    match tree {
        Tree::Map(entries) if !entries.is_empty() => writer.map(entries, 0),
        Tree::List(items) if !items.is_empty() => writer.list(items, 0),
        other => {
            writer.flow(other);
            writer.out.push('\n');
        }
    }
    finish(writer.out, layout)
}

fn find_repeated<'t>(tree: &'t Tree, seen: &mut Vec<&'t Tree>, repeated: &mut Vec<&'t Tree>) {
    let children: Vec<&Tree> = match tree {
        Tree::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
        Tree::List(items) => items.iter().collect(),
        _ => return,
    };
    for child in children {
        if child == &Tree::Map(Vec::new()) || !matches!(child, Tree::Map(_) | Tree::List(_)) {
            continue;
        }
        if seen.contains(&child) {
            repeated.push(child);
        } else {
            seen.push(child);
            find_repeated(child, seen, repeated);
        }
    }
}

impl<'w> Writer<'w> {
    /// One of some choices.
    fn choose(&mut self, of: u64) -> u64 {
        self.choices += 1;
        mix(self.layout.seed, [self.choices]) % of
    }

    fn spaces(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn map(&mut self, entries: &'w [(String, Tree)], indent: usize) {
        for (index, entry) in entries.iter().enumerate() {
            if self.layout.comments && self.choose(8) == 0 {
                self.spaces(if index == 0 { 0 } else { indent });
                self.out.push_str("# 注释: \"a\" {comment}, 😀\n");
            }
            self.spaces(indent);
            self.entry(entry, indent);
        }
    }

    fn entry(&mut self, (key, value): &'w (String, Tree), indent: usize) {
        let key = if is_plain(key) && self.choose(9) != 0 { key.clone() } else { quoted(key) };
        self.out.push_str(&key);
        self.out.push(':');
        let below = indent + self.layout.indent.max(1);
        if self.alias(value) {
            return;
        }
        match value {
            Tree::Map(entries) if !entries.is_empty() && !self.in_brackets() => {
                self.end_of_line();
                self.map(entries, below);
            }
            Tree::List(items) if !items.is_empty() && !self.in_brackets() => {
                self.end_of_line();
                self.list(items, if self.layout.deep_lists { below } else { indent });
            }
            // The last line end of a block is a part of it.
            Tree::Text(text) if !self.layout.unfinished && text.ends_with('\n') && is_block(text) => {
                self.out.push_str(" |\n");
                for line in text.lines() {
                    self.spaces(below.max(indent + 1));
                    self.out.push_str(line);
                    self.out.push('\n');
                }
            }
            Tree::Null if self.choose(3) == 0 => self.end_of_line(),
            scalar => {
                self.out.push(' ');
                self.flow(scalar);
                self.end_of_line();
            }
        }
    }

    fn list(&mut self, items: &'w [Tree], indent: usize) {
        for item in items {
            self.spaces(indent);
            self.out.push('-');
            match item {
                Tree::Map(entries) if !entries.is_empty() && !self.in_brackets() => {
                    for (index, entry) in entries.iter().enumerate() {
                        if index == 0 {
                            self.out.push(' ');
                        } else {
                            self.spaces(indent + 2);
                        }
                        self.entry(entry, indent + 2);
                    }
                }
                other => {
                    self.out.push(' ');
                    self.flow(other);
                    self.end_of_line();
                }
            }
        }
    }

    /// Writes an anchor, or an alias instead of the value.
    fn alias(&mut self, value: &'w Tree) -> bool {
        if !self.repeated.contains(&value) {
            return false;
        }
        if let Some(at) = self.anchors.iter().position(|other| *other == value) {
            self.out.extend([" *a", &at.to_string(), "\n"]);
            return true;
        }
        self.out.extend([" &a", &self.anchors.len().to_string()]);
        self.anchors.push(value);
        false
    }

    fn in_brackets(&mut self) -> bool {
        self.layout.flow && self.choose(4) == 0
    }

    fn end_of_line(&mut self) {
        if self.layout.comments && self.choose(7) == 0 {
            self.out.push_str(" # said here");
        }
        self.out.push('\n');
    }

    /// A value on one line.
    fn flow(&mut self, tree: &Tree) {
        match tree {
            Tree::Null => {
                let word = ["null", "~", "Null"].into_iter().nth(usize::try_from(self.choose(3)).unwrap_or(0)).unwrap_or("null");
                self.out.push_str(word);
            }
            Tree::Bool(bool) => self.out.push_str(if *bool { "true" } else { "false" }),
            Tree::Number(number) => self.out.push_str(number),
            Tree::Bare(word) => self.out.push_str(word),
            Tree::Text(text) => {
                let written = self.scalar(text);
                self.out.push_str(&written);
            }
            Tree::List(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    self.flow(item);
                }
                self.out.push(']');
            }
            Tree::Map(entries) => {
                self.out.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    self.out.push_str(&if is_plain(key) { key.clone() } else { quoted(key) });
                    self.out.push_str(": ");
                    self.flow(value);
                }
                self.out.push('}');
            }
        }
    }

    fn scalar(&mut self, text: &str) -> String {
        match self.choose(4) {
            0 | 1 if is_plain(text) => text.to_owned(),
            2 if !text.chars().any(char::is_control) => format!("'{}'", text.replace('\'', "''")),
            _ => quoted(text),
        }
    }
}

/// Whether a text can stand without quotes, and every reader takes it for a text.
fn is_plain(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    let other = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&word.as_str());
    !other
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || ('\u{4e00}'..='\u{9fff}').contains(&c))
        && !text.ends_with(':')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._/:-".contains(c) || ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// Whether a text can be written as a block of lines.
fn is_block(text: &str) -> bool {
    !text.starts_with([' ', '\n', '\t']) && !text.ends_with("\n\n") && !text.contains(['\r', '\t', '\u{feff}'])
}
