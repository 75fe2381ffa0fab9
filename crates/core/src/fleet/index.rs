//! What a fleet is asked by: one tree for all its indexes.
//!
//! A tree for each index would be the same code many times over, once for each type of key and item.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::borrow::Borrow;
use core::cmp::Ordering;

use super::{GatewayPort, Record, Referrer, ReferrerKind};
use crate::model::Slot;
use crate::prelude::*;

/// What is looked for, by up to two words and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Clusters by namespace and name.
    Identity,
    /// What refers to a cluster, by that one's namespace and name.
    Referrer,
    /// Physical clusters by host and port of their API server.
    ApiServer,
    /// Virtual clusters by the namespace and name of their host cluster.
    HostCluster,
    /// Host clusters by namespace.
    Hosts,
    /// Clusters with a node port, by the namespace and name of the host cluster, and the port.
    Port,
    /// Clusters by a component's host name.
    ComponentHost,
}

/// A key as it is looked for.
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

    /// Of records each stands for itself, however alike; of referrers one is as good as another.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Record(record, _), Self::Record(other, _)) => Arc::ptr_eq(record, other),
            (Self::Referrer(referrer), Self::Referrer(other)) => referrer == other,
            _ => false,
        }
    }
}

/// Items by what they are looked for by.
#[derive(Debug, Clone, Default)]
pub(super) struct Index(BTreeMap<Key, Vec<Item>>);

impl Index {
    pub(super) fn get(&self, by: By<'_>) -> &[Item] {
        self.0.get(&by as &dyn Keyed).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn put(&mut self, by: By<'_>, item: Item) {
        let list = self.0.entry(by.into()).or_default();
        let at = list.partition_point(|other| other.order() <= item.order());
        list.insert(at, item);
    }

    pub(super) fn take(&mut self, by: By<'_>, item: &Item) {
        let Some(list) = self.0.get_mut(&by as &dyn Keyed) else { return };
        list.retain(|other| !other.is(item));
        if list.is_empty() {
            self.0.remove(&by as &dyn Keyed);
        }
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.0.values().flatten()
    }
}

/// A key as it is kept; in the order of what it is looked for by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key(Kind, Box<str>, Box<str>, u16);

impl From<By<'_>> for Key {
    fn from(By(kind, first, second, port): By<'_>) -> Self {
        Self(kind, first.into(), second.into(), port)
    }
}

/// Either: what is looked for is not copied to be found.
trait Keyed {
    fn by(&self) -> By<'_>;
}

impl Keyed for Key {
    fn by(&self) -> By<'_> {
        By(self.0, &self.1, &self.2, self.3)
    }
}

impl Keyed for By<'_> {
    fn by(&self) -> By<'_> {
        *self
    }
}

impl<'k> Borrow<dyn Keyed + 'k> for Key {
    fn borrow(&self) -> &(dyn Keyed + 'k) {
        self
    }
}

impl Ord for dyn Keyed + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.by().cmp(&other.by())
    }
}

impl PartialOrd for dyn Keyed + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for dyn Keyed + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.by() == other.by()
    }
}

impl Eq for dyn Keyed + '_ {}
