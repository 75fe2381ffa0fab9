//! A map that is a sorted vector.
//!
//! A document's maps have few entries, or come in at once: there a vector is as quick as a tree, and
//! for each pair of types it adds a tenth of the code.

use core::borrow::Borrow;

use crate::prelude::*;
use crate::sort::sort_by;

/// A map for few entries, for many that come in at once, or for many in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map<K, V>(Vec<(K, V)>);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Map<K, V> {
    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (_, value) = self.0.get(self.position(key).ok()?)?;
        Some(value)
    }

    /// Gives a key a value, whether it had one or not.
    pub fn insert(&mut self, key: K, value: V) {
        match self.position(&key) {
            Ok(position) => {
                if let Some(entry) = self.0.get_mut(position) {
                    entry.1 = value;
                }
            }
            Err(position) => self.0.insert(position, (key, value)),
        }
    }

    /// The value of a key; where there is none, the default is put there. It is always there.
    pub fn or_default(&mut self, key: K) -> Option<&mut V>
    where
        V: Default,
    {
        let position = self.position(&key).unwrap_or_else(|position| {
            self.0.insert(position, (key, V::default()));
            position
        });
        self.0.get_mut(position).map(|(_, value)| value)
    }

    /// The entries, in the order of their keys.
    pub fn iter(&self) -> core::slice::Iter<'_, (K, V)> {
        self.0.iter()
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn position<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(other, _)| other.borrow().cmp(key))
    }
}

impl<'m, K: Ord, V> IntoIterator for &'m Map<K, V> {
    type Item = &'m (K, V);
    type IntoIter = core::slice::Iter<'m, (K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Of a key that comes several times, the last value counts.
impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        sort_by(&mut entries, |(a, _), (b, _)| a.cmp(b));
        entries.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                core::mem::swap(later, earlier);
            }
            same
        });
        Self(entries)
    }
}
