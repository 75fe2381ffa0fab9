//! A tree as JSON text.

use super::layout::{Blemish, Layout, finish};
use super::tree::Tree;

struct Writer<'w> {
    out: String,
    layout: &'w Layout,
    blemishes: &'w [Blemish],
    commas: usize,
    closings: usize,
    places: usize,
}

/// The text of a tree.
pub(super) fn write(tree: &Tree, layout: &Layout, blemishes: &[Blemish]) -> String {
    let mut writer = Writer { out: String::new(), layout, blemishes, commas: 0, closings: 0, places: 0 };
    writer.value(tree, 0);
    writer.out.push('\n');
    finish(writer.out, layout)
}

impl Writer<'_> {
    fn value(&mut self, tree: &Tree, depth: usize) {
        match tree {
            Tree::Null => self.out.push_str("null"),
            Tree::Bool(bool) => self.out.push_str(if *bool { "true" } else { "false" }),
            Tree::Number(number) => self.out.push_str(number),
            Tree::Text(text) => self.out.push_str(&quoted(text)),
            // What YAML reads without quotes, JSON knows only as a `$word`.
            Tree::Bare(word) if word.starts_with('$') => self.out.push_str(word),
            Tree::Bare(word) => self.out.push_str(&quoted(word)),
            Tree::List(items) => self.block('[', ']', items.len(), depth, |writer, index| writer.value(&items[index], depth + 1)),
            Tree::Map(entries) => self.block('{', '}', entries.len(), depth, |writer, index| {
                let (key, value) = &entries[index];
                writer.out.push_str(&quoted(key));
                writer.out.push_str(if writer.layout.compact { ":" } else { ": " });
                writer.value(value, depth + 1);
            }),
        }
    }

    fn block(&mut self, open: char, close: char, count: usize, depth: usize, mut child: impl FnMut(&mut Self, usize)) {
        self.out.push(open);
        for index in 0..count {
            self.place();
            self.line(depth + 1);
            child(self, index);
            if index + 1 < count {
                self.comma();
            } else if self.blemishes.iter().any(|blemish| matches!(blemish, Blemish::TrailingComma(at) if *at == self.closings)) {
                self.out.push(',');
            }
        }
        if count > 0 {
            self.closings += 1;
            self.line(depth);
        }
        self.out.push(close);
    }

    fn comma(&mut self) {
        let missing = self.blemishes.iter().any(|blemish| matches!(blemish, Blemish::MissingComma(at) if *at == self.commas));
        self.out.push(if missing { ' ' } else { ',' });
        self.commas += 1;
    }

    /// A place where a comment may stand.
    fn place(&mut self) {
        for blemish in self.blemishes {
            if let Blemish::Comment(at, slashes) = blemish
                && *at == self.places
            {
                self.out.push_str(if *slashes { " // 改成你的 \"value\"\n" } else { " # change it, please: {\n" });
            }
        }
        self.places += 1;
    }

    fn line(&mut self, depth: usize) {
        if !self.layout.compact {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', self.layout.indent * depth));
        }
    }
}

/// A text in JSON's quotes.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
