//! What else exists: other clusters, who refers to them, which ports and hosts are taken.
//!
//! A fleet is a snapshot. It knows how complete it is, and nothing of where it came from.

mod index;
mod record;
mod snapshot;

use alloc::sync::Arc;

use crate::map::Map;
use crate::model::{ClusterType, Slot, Usage};
use crate::prelude::*;

use index::{By, Index, Item, Kind, Role};

pub use record::{GatewayPort, Record, Referrer, ReferrerKind};
pub use snapshot::{items, read};

/// Namespace and name.
pub type Identity = (String, String);

/// Kubernetes' default range of node ports (`--service-node-port-range`).
pub const NODE_PORTS: core::ops::RangeInclusive<u16> = 30_000..=32_767;

/// Everything else that exists, indexed by what rules ask for.
///
/// Of several records that a rule could name, the first by namespace and name is named: a verdict
/// does not depend on the order in which a fleet was put together.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    records: Vec<Arc<Record>>,
    index: Index,
    complete: bool,
}

/// What is done to the index: one walk over a record does both, so that nothing is left behind.
#[derive(Clone, Copy)]
enum Filing {
    In,
    Out,
}

/// Who has a node port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortOwner<'f> {
    /// A host cluster's own gateway.
    Gateway(&'f Record, GatewayPort),
    /// A virtual cluster's API server.
    ApiServer(&'f Record),
}

impl<'f> PortOwner<'f> {
    /// The cluster.
    #[must_use]
    pub fn record(self) -> &'f Record {
        match self {
            Self::Gateway(record, _) | Self::ApiServer(record) => record,
        }
    }
}

impl Fleet {
    /// A fleet of records. A judged record takes the place of all others of its identity.
    #[must_use]
    pub fn new(records: impl IntoIterator<Item: Into<Arc<Record>>>, referrers: Vec<Referrer>, complete: bool) -> Self {
        let mut records: Vec<Arc<Record>> = records.into_iter().map(Into::into).collect();
        // Mostly all of them are judged, or none.
        let is_mixed = records.iter().any(|record| !record.judged);
        let of_judged = records.iter().filter(|record| is_mixed && record.judged);
        let judged: Map<Identity, ()> = of_judged.map(|record| (record.identity(), ())).collect();
        records.retain(|record| record.judged || judged.is_empty() || judged.get(&record.identity()).is_none());
        let mut fleet = Self { complete, ..Self::default() };
        for record in &records {
            fleet.file(record, Filing::In);
        }
        fleet.records = records;
        for referrer in referrers {
            fleet.refer(referrer);
        }
        fleet
    }

    /// Adds a record beside those of its identity: a door that knows of two documents which describe
    /// one cluster says so.
    pub fn add(&mut self, record: Arc<Record>) {
        self.file(&record, Filing::In);
        self.records.push(record);
    }

    fn file(&mut self, record: &Arc<Record>, filing: Filing) {
        // What has no name can be named to nobody: a request whose name stands in a URL that is not known here.
        if record.name.is_empty() {
            return;
        }
        let mut file = |by: By<'_>, role| {
            let item = Item::Record(Arc::clone(record), role);
            match filing {
                Filing::In => self.index.put(by, item),
                Filing::Out => self.index.take(by, &item),
            }
        };
        file(By(Kind::Identity, &record.name, &record.namespace, 0), Role::Itself);
        let address = record.address.as_ref();
        if let Some((host, port)) = address.filter(|_| record.cluster_type == Some(ClusterType::Physical)) {
            file(By(Kind::ApiServer, host, "", *port), Role::Itself);
        }
        if let Some((namespace, host)) = &record.host_identity() {
            if let Some((_, port)) = address {
                file(By(Kind::Port, host, namespace, *port), Role::Itself);
            }
            file(By(Kind::HostCluster, host, namespace, 0), Role::Itself);
        }
        if record.usage == Some(Usage::Host) {
            file(By(Kind::Hosts, &record.namespace, "", 0), Role::Itself);
            for (which, port) in &record.gateway_ports {
                file(By(Kind::Port, &record.name, &record.namespace, *port), Role::Gateway(*which));
            }
        }
        for (slot, host) in &record.component_hosts {
            file(By(Kind::ComponentHost, host, "", 0), Role::Component(*slot));
        }
    }

    /// Puts a record in the place of its namesake, if there is one. Costs as much in a large fleet
    /// as in a small one, nearly: a door that follows a cluster need not build its fleet anew.
    pub fn put(&mut self, record: impl Into<Arc<Record>>) {
        let record = record.into();
        self.take(&record.identity());
        self.add(record);
    }

    /// Takes the records of an identity out.
    pub fn take(&mut self, identity: &Identity) {
        let found: Vec<_> = records(self.by_identity(identity)).cloned().collect();
        for record in found {
            self.file(&record, Filing::Out);
            self.records.retain(|other| !Arc::ptr_eq(other, &record));
        }
    }

    /// Adds what refers to a cluster.
    pub fn refer(&mut self, referrer: Referrer) {
        let referrer = Arc::new(referrer);
        self.index.put(By(Kind::Referrer, &referrer.cluster, "", 0), Item::Referrer(Arc::clone(&referrer)));
    }

    /// Takes out what refers to a cluster no longer.
    pub fn unrefer(&mut self, referrer: &Referrer) {
        self.index.take(By(Kind::Referrer, &referrer.cluster, "", 0), &Item::Referrer(Arc::new(referrer.clone())));
    }

    /// Whether everything that exists is here, so that what is not here does not exist.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Says whether everything that exists is here.
    pub fn set_complete(&mut self, complete: bool) {
        self.complete = complete;
    }

    /// All clusters.
    #[must_use]
    pub fn records(&self) -> &[Arc<Record>] {
        &self.records
    }

    /// All things beside clusters that refer to one.
    pub fn referring(&self) -> impl Iterator<Item = &Referrer> {
        self.index.items().filter_map(Item::referrer)
    }

    /// The records of an identity; several only when it is judged twice.
    pub fn find<'f>(&'f self, identity: &Identity) -> impl Iterator<Item = &'f Record> {
        records(self.by_identity(identity)).map(Arc::as_ref)
    }

    /// The same, to be kept; the first where there are several.
    #[must_use]
    pub fn find_shared(&self, identity: &Identity) -> Option<Arc<Record>> {
        records(self.by_identity(identity)).next().cloned()
    }

    fn by_identity(&self, (namespace, name): &Identity) -> &[Item] {
        self.index.get(By(Kind::Identity, name, namespace, 0))
    }

    /// Physical clusters with this API server.
    pub(crate) fn with_address<'f>(&'f self, (host, port): &(String, u16)) -> impl Iterator<Item = &'f Record> {
        records(self.index.get(By(Kind::ApiServer, host, "", *port))).map(Arc::as_ref)
    }

    /// Virtual clusters on this host cluster.
    pub fn hosted_by<'f>(&'f self, (namespace, name): &Identity) -> impl Iterator<Item = &'f Record> {
        records(self.index.get(By(Kind::HostCluster, name, namespace, 0))).map(Arc::as_ref)
    }

    /// Clusters with a component at this host name.
    pub(crate) fn with_component_host<'f>(&'f self, host: &str) -> impl Iterator<Item = (&'f Record, Slot)> {
        self.index.get(By(Kind::ComponentHost, host, "", 0)).iter().filter_map(|item| match item {
            Item::Record(record, Role::Component(slot)) => Some((record.as_ref(), *slot)),
            _ => None,
        })
    }

    /// What refers to a cluster of a name, beside other clusters.
    pub fn referrers<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f Referrer> {
        self.index.get(By(Kind::Referrer, name, "", 0)).iter().filter_map(Item::referrer)
    }

    /// The host clusters of a namespace.
    pub fn hosts<'f>(&'f self, namespace: &str) -> impl Iterator<Item = &'f Record> {
        records(self.index.get(By(Kind::Hosts, namespace, "", 0))).map(Arc::as_ref)
    }

    /// Who has a node port on a host cluster.
    pub fn port_owners<'f>(&'f self, (namespace, name): &Identity, port: u16) -> impl Iterator<Item = PortOwner<'f>> {
        self.index.get(By(Kind::Port, name, namespace, port)).iter().filter_map(|item| match item {
            Item::Record(record, Role::Gateway(which)) => Some(PortOwner::Gateway(record, *which)),
            Item::Record(record, _) => Some(PortOwner::ApiServer(record)),
            Item::Referrer(_) => None,
        })
    }

    /// The next node port that nobody has on a host cluster: from `from` upwards, then from the start of the range.
    #[must_use]
    pub fn free_port(&self, host: &Identity, from: u16, also_taken: &[u16]) -> Option<u16> {
        let start = from.clamp(*NODE_PORTS.start(), *NODE_PORTS.end());
        (start..=*NODE_PORTS.end())
            .chain(*NODE_PORTS.start()..start)
            .find(|port| !also_taken.contains(port) && self.port_owners(host, *port).next().is_none())
    }

    /// A host name for a component that nobody has: `argocd.name.domain`, `argocd-2.name.domain`, …
    #[must_use]
    pub fn free_component_host(&self, wanted: &str) -> Option<String> {
        if self.is_free(wanted) {
            return Some(wanted.to_owned());
        }
        let (first, rest) = wanted.split_once('.')?;
        (2..1_000u32).map(|number| format!("{first}-{number}.{rest}")).find(|host| self.is_free(host))
    }

    fn is_free(&self, component_host: &str) -> bool {
        self.index.get(By(Kind::ComponentHost, component_host, "", 0)).is_empty()
    }
}

fn records(items: &[Item]) -> impl Iterator<Item = &Arc<Record>> {
    items.iter().filter_map(|item| match item {
        Item::Record(record, _) => Some(record),
        Item::Referrer(_) => None,
    })
}

#[cfg(test)]
mod tests;
