//! What a slip does to a document.

use super::tree::Tree;

/// A slip.
#[derive(Debug, Clone)]
pub enum Mutation {
    /// A field is missing.
    Remove(Vec<&'static str>),
    /// A field holds something else.
    Set(Vec<&'static str>, Tree),
    /// A key has another name.
    Rename(Vec<&'static str>, &'static str),
    /// A key is given once more; with the same content, or with this.
    Repeat(Vec<&'static str>, Option<Tree>),
    /// A key of `spec` or a slot is written in the other form's words.
    OtherForm(&'static str),
    /// A text has something before and after it.
    Around(Vec<&'static str>, &'static str, &'static str),
    /// A text or the name is in capitals.
    Capitals(Vec<&'static str>),
    /// A text becomes a number.
    Digits(Vec<&'static str>),
}

impl Mutation {
    /// Makes the slip; where what it is about is not there, nothing happens.
    pub fn apply(&self, root: &mut Tree) {
        match self {
            Self::Remove(path) => {
                if let (Some(entries), Some(last)) = (root.holder(path, false), path.last()) {
                    entries.retain(|(key, _)| key != last);
                }
            }
            Self::Set(path, value) => root.set(path, value.clone()),
            Self::Rename(path, to) => {
                if let (Some(entries), Some(last)) = (root.holder(path, false), path.last()) {
                    entries.iter_mut().filter(|(key, _)| key == last).for_each(|(key, _)| (*to).clone_into(key));
                }
            }
            Self::Repeat(path, value) => {
                let there = root.at(path).cloned();
                if let (Some(entries), Some(last), Some(there)) = (root.holder(path, false), path.last(), there) {
                    entries.push(((*last).to_owned(), value.clone().unwrap_or(there)));
                }
            }
            Self::OtherForm(_) => {}
            Self::Around(path, before, after) => edit(root, path, |text| Tree::Text(format!("{before}{text}{after}"))),
            Self::Capitals(path) => edit(root, path, |text| Tree::Text(text.to_uppercase())),
            Self::Digits(path) => {
                let number = |text: &str| if text.parse::<u32>().is_ok() { text.to_owned() } else { "7".to_owned() };
                edit(root, path, |text| Tree::Number(number(text)));
            }
        }
    }
}

fn edit(root: &mut Tree, path: &[&'static str], change: impl FnOnce(&str) -> Tree) {
    if let Some(Tree::Text(text)) = root.at(path) {
        let changed = change(text);
        root.set(path, changed);
    }
}
