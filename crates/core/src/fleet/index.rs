//! What a fleet is asked by: one list for all its indexes.
//!
//! A list for each index would be the same code many times over, once for each type of key and item.

use alloc::sync::Arc;

use super::{GatewayPort, Record, Referrer, ReferrerKind};
use crate::model::Slot;
use crate::prelude::*;

/// What is looked for, by up to two words and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Clusters by name and namespace.
    Identity,
    /// What refers to a cluster, by that one's name.
    Referrer,
    /// Physical clusters by host and port of their API server.
    ApiServer,
    /// Virtual clusters by the name and namespace of their host cluster.
    HostCluster,
    /// Host clusters by namespace.
    Hosts,
    /// Clusters with a node port, by the name and namespace of the host cluster, and the port.
    Port,
    /// Clusters by a component's host name.
    ComponentHost,
}

/// A key as it is looked for. Names come before their namespaces, in which they hardly differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct By<'k>(pub Kind, pub &'k str, pub &'k str, pub u16);

/// What a record has to do with its key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Role {
    /// It is itself what is looked for.
    Itself,
    /// A port of its gateway.
    Gateway(GatewayPort),
    /// The component whose host it is.
    Component(Slot),
}

/// What is found.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Record(Arc<Record>, Role),
    Referrer(Arc<Referrer>),
}

impl Item {
    /// The order in which items of one key are told.
    fn order(&self) -> (Option<ReferrerKind>, &str, &str) {
        match self {
            Self::Record(record, _) => (None, &record.namespace, &record.name),
            Self::Referrer(referrer) => {
                let (kind, namespace, name) = referrer.order();
                (Some(kind), namespace, name)
            }
        }
    }

    pub(super) fn referrer(&self) -> Option<&Referrer> {
        match self {
            Self::Referrer(referrer) => Some(referrer),
            Self::Record(..) => None,
        }
    }

    /// Of records each stands for itself, however alike; of referrers one is as good as another.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Record(record, _), Self::Record(other, _)) => Arc::ptr_eq(record, other),
            (Self::Referrer(referrer), Self::Referrer(other)) => referrer == other,
            _ => false,
        }
    }
}

/// Items by what they are looked for by, in order. The list is cut into short ones, so that one more is put
/// between without moving them all: what a tree does, in a sixth of its size as WebAssembly.
#[derive(Debug, Clone, Default)]
pub(super) struct Index(Vec<Vec<(Key, Vec<Item>)>>);

/// How many keys a list never has.
const LONGEST: usize = 256;

impl Index {
    /// In which list a key is or would be, and where there.
    fn find(&self, by: By<'_>) -> (usize, Result<usize, usize>) {
        let behind = self.0.partition_point(|list| list.first().is_some_and(|(key, _)| key.by() <= by));
        let list = behind.saturating_sub(1);
        (list, self.0.get(list).map_or(Err(0), |list| list.binary_search_by(|(key, _)| key.by().cmp(&by))))
    }

    pub(super) fn get(&self, by: By<'_>) -> &[Item] {
        let (list, Ok(at)) = self.find(by) else { return &[] };
        self.0.get(list).and_then(|list| list.get(at)).map(|(_, items)| items.as_slice()).unwrap_or_default()
    }

    pub(super) fn put(&mut self, by: By<'_>, item: Item) {
        let (index, at) = self.find(by);
        if self.0.is_empty() {
            self.0.push(Vec::new());
        }
        let Some(list) = self.0.get_mut(index) else { return };
        match at {
            Ok(at) => {
                let Some((_, items)) = list.get_mut(at) else { return };
                let at = items.partition_point(|other| other.order() <= item.order());
                items.insert(at, item);
            }
            Err(at) => {
                list.insert(at, (by.into(), vec![item]));
                // One more would double its room, half of which the list that it is cut from would keep for nothing.
                if list.len() >= LONGEST {
                    let rest = list.split_off(LONGEST.div_euclid(2));
                    self.0.insert(index.saturating_add(1), rest);
                }
            }
        }
    }

    pub(super) fn take(&mut self, by: By<'_>, item: &Item) {
        let (index, Ok(at)) = self.find(by) else { return };
        let Some(list) = self.0.get_mut(index) else { return };
        let Some((_, items)) = list.get_mut(at) else { return };
        items.retain(|other| !other.is(item));
        if items.is_empty() {
            list.remove(at);
        }
        if list.is_empty() {
            self.0.remove(index);
        }
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.0.iter().flatten().flat_map(|(_, items)| items)
    }
}

/// A key as it is kept; in the order of what it is looked for by.
#[derive(Debug, Clone)]
struct Key(Kind, Box<str>, Box<str>, u16);

impl Key {
    fn by(&self) -> By<'_> {
        By(self.0, &self.1, &self.2, self.3)
    }
}

impl From<By<'_>> for Key {
    fn from(By(kind, first, second, port): By<'_>) -> Self {
        Self(kind, first.into(), second.into(), port)
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn it_holds_what_a_tree_holds(steps in proptest::collection::vec((any::<bool>(), 0_u16..2000), 0..3000)) {
            let (mut index, mut tree) = (Index::default(), BTreeMap::<u16, Vec<Referrer>>::new());
            for (puts, port) in steps {
                let (namespace, name) = ("nautes".to_owned(), port.to_string());
                let referrer = Referrer { kind: ReferrerKind::Environment, namespace, cluster: name.clone(), name, file: None };
                let by = By(Kind::Port, "nautes", "host", port);
                if puts {
                    index.put(by, Item::Referrer(Arc::new(referrer.clone())));
                    tree.entry(port).or_default().push(referrer);
                } else {
                    index.take(by, &Item::Referrer(Arc::new(referrer)));
                    tree.remove(&port);
                }
            }
            let found: Vec<usize> = (0..2000).map(|port| index.get(By(Kind::Port, "nautes", "host", port)).len()).collect();
            let expected: Vec<usize> = (0..2000).map(|port| tree.get(&port).map_or(0, Vec::len)).collect();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(index.items().count(), tree.values().map(Vec::len).sum::<usize>());
        }
    }
}
