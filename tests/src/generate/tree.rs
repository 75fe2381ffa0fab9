//! A document before it is text.

/// A value. A key may stand in a map twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, in the words of JSON.
    Number(String),
    /// A text.
    Text(String),
    /// A word that is written without quotes, whatever a reader makes of it: `yes`, `0x1F`, `$word`.
    Bare(&'static str),
    /// A list.
    List(Vec<Tree>),
    /// A map.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A map.
    #[must_use]
    pub fn map<const N: usize>(entries: [(&str, Tree); N]) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The entries of a map; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[(String, Tree)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The last value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.entries().iter().rev().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        match self {
            Self::Map(entries) => entries.iter_mut().rev().find(|(other, _)| other == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Follows keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Tree> {
        path.iter().try_fold(self, |tree, key| tree.get(key))
    }

    /// The map that holds the last key of a path; it is made if `make` says so.
    pub fn holder(&mut self, path: &[&str], make: bool) -> Option<&mut Vec<(String, Tree)>> {
        let mut tree = self;
        for key in &path[..path.len().saturating_sub(1)] {
            if make && tree.get(key).is_none() {
                tree.put(key, Tree::Map(Vec::new()));
            }
            tree = tree.get_mut(key)?;
        }
        match tree {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Sets the value of a key in a map.
    pub fn put(&mut self, key: &str, value: Tree) {
        match self.get_mut(key) {
            Some(there) => *there = value,
            None => {
                if let Self::Map(entries) = self {
                    entries.push((key.to_owned(), value));
                }
            }
        }
    }

    /// Sets the value at a path; missing maps on the way are made.
    pub fn set(&mut self, path: &[&str], value: Tree) {
        let Some((last, _)) = path.split_last() else { return };
        if let Some(entries) = self.holder(path, true) {
            match entries.iter_mut().rev().find(|(key, _)| key == last) {
                Some((_, there)) => *there = value,
                None => entries.push(((*last).to_owned(), value)),
            }
        }
    }

    /// Puts the entries of all maps into another order; copies of one key keep theirs.
    #[must_use]
    pub fn reordered(&self, seed: u64) -> Self {
        match self {
            Self::List(items) => Self::List(items.iter().map(|item| item.reordered(seed)).collect()),
            Self::Map(entries) => {
                let mut entries: Vec<_> = entries.iter().map(|(key, value)| (key.clone(), value.reordered(seed))).collect();
                entries.sort_by_key(|(key, _)| super::layout::mix(seed, key.bytes().map(u64::from)));
                Self::Map(entries)
            }
            other => other.clone(),
        }
    }
}
