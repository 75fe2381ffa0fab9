//! What else exists: other clusters, who refers to them, which ports and hosts are taken.
//!
//! A fleet is a snapshot. It knows how complete it is, and nothing of where it came from.

mod record;
mod snapshot;

use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;

use crate::model::{ClusterType, Slot, Usage};
use crate::prelude::*;

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
    referrers: BTreeMap<Identity, Vec<Referrer>>,
    by_identity: Index<Identity>,
    by_api_server: Index<(String, u16)>,
    by_host_cluster: Index<Identity>,
    hosts: Index<String>,
    /// By host cluster and port; which of its gateway's ports it is for a record, its API server's if none.
    ports: BTreeMap<Identity, Index<u16, Option<GatewayPort>>>,
    by_component_host: Index<String, Slot>,
    complete: bool,
}

/// Records by a key, with what each has to do with it.
type Index<K, T = ()> = BTreeMap<K, Vec<(Arc<Record>, T)>>;

/// What is done to the indexes: one walk over them does both, so that nothing is left behind.
#[derive(Clone, Copy)]
enum Filing {
    In,
    Out,
}

impl Filing {
    fn file<K: Ord, T>(self, index: &mut Index<K, T>, key: K, record: &Arc<Record>, what: T) {
        match self {
            Self::In => {
                let list = index.entry(key).or_default();
                let at = list.partition_point(|(other, _)| (&other.namespace, &other.name) <= (&record.namespace, &record.name));
                list.insert(at, (Arc::clone(record), what));
            }
            Self::Out => {
                let Some(list) = index.get_mut(&key) else { return };
                list.retain(|(other, _)| !Arc::ptr_eq(other, record));
                if list.is_empty() {
                    index.remove(&key);
                }
            }
        }
    }
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
    pub fn new(records: Vec<Record>, referrers: Vec<Referrer>, complete: bool) -> Self {
        // `collect` would sort first, which is a sort for one more type.
        let mut judged = BTreeSet::new();
        judged.extend(records.iter().filter(|record| record.judged).map(Record::identity));
        let mut fleet = Self { complete, ..Self::default() };
        for record in records {
            if record.judged || !judged.contains(&record.identity()) {
                fleet.add(Arc::new(record));
            }
        }
        for referrer in referrers {
            fleet.refer(referrer);
        }
        fleet
    }

    fn add(&mut self, record: Arc<Record>) {
        self.file(&record, Filing::In);
        self.records.push(record);
    }

    fn file(&mut self, record: &Arc<Record>, filing: Filing) {
        // What has no name can be named to nobody: a request whose name stands in a URL that is not known here.
        if record.name.is_empty() {
            return;
        }
        filing.file(&mut self.by_identity, record.identity(), record, ());
        if let Some(address) = &record.address
            && record.cluster_type == Some(ClusterType::Physical)
        {
            filing.file(&mut self.by_api_server, address.clone(), record, ());
        }
        if let Some(host) = record.host_identity() {
            if let Some((_, port)) = &record.address {
                self.file_port(host.clone(), *port, record, None, filing);
            }
            filing.file(&mut self.by_host_cluster, host, record, ());
        }
        if record.usage == Some(Usage::Host) {
            filing.file(&mut self.hosts, record.namespace.clone(), record, ());
            for (which, port) in &record.gateway_ports {
                self.file_port(record.identity(), *port, record, Some(*which), filing);
            }
        }
        for (slot, host) in &record.component_hosts {
            filing.file(&mut self.by_component_host, host.clone(), record, *slot);
        }
    }

    fn file_port(&mut self, host: Identity, port: u16, record: &Arc<Record>, which: Option<GatewayPort>, filing: Filing) {
        match self.ports.entry(host) {
            Entry::Vacant(_) if matches!(filing, Filing::Out) => {}
            Entry::Vacant(entry) => filing.file(entry.insert(BTreeMap::new()), port, record, which),
            Entry::Occupied(mut entry) => {
                filing.file(entry.get_mut(), port, record, which);
                if entry.get().is_empty() {
                    entry.remove();
                }
            }
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
        for (record, ()) in self.by_identity.get(identity).cloned().unwrap_or_default() {
            self.file(&record, Filing::Out);
            self.records.retain(|other| !Arc::ptr_eq(other, &record));
        }
    }

    /// Adds what refers to a cluster.
    pub fn refer(&mut self, referrer: Referrer) {
        let list = self.referrers.entry(referrer.cluster.clone()).or_default();
        let at = list.partition_point(|other| other.order() <= referrer.order());
        list.insert(at, referrer);
    }

    /// Takes out what refers to a cluster no longer.
    pub fn unrefer(&mut self, referrer: &Referrer) {
        let Some(list) = self.referrers.get_mut(&referrer.cluster) else { return };
        list.retain(|other| other != referrer);
        if list.is_empty() {
            self.referrers.remove(&referrer.cluster);
        }
    }

    /// Whether everything that exists is here, so that what is not here does not exist.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The same fleet with another word on its completeness.
    #[must_use]
    pub fn with_complete(mut self, complete: bool) -> Self {
        self.complete = complete;
        self
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

    /// How many things beside clusters refer to one.
    #[must_use]
    pub fn referring(&self) -> usize {
        self.referrers.values().map(Vec::len).sum()
    }

    /// The records of an identity; several only when it is judged twice.
    pub fn find<'f>(&'f self, identity: &Identity) -> impl Iterator<Item = &'f Record> {
        pick(self.by_identity.get(identity))
    }

    /// The same, to be kept; the first where there are several.
    #[must_use]
    pub fn find_shared(&self, identity: &Identity) -> Option<Arc<Record>> {
        self.by_identity.get(identity)?.first().map(|(record, ())| Arc::clone(record))
    }

    /// Physical clusters with this API server.
    pub(crate) fn with_address<'f>(&'f self, address: &(String, u16)) -> impl Iterator<Item = &'f Record> {
        pick(self.by_api_server.get(address))
    }

    /// Virtual clusters on this host cluster.
    pub fn hosted_by<'f>(&'f self, identity: &Identity) -> impl Iterator<Item = &'f Record> {
        pick(self.by_host_cluster.get(identity))
    }

    /// Clusters with a component at this host name.
    pub(crate) fn with_component_host<'f>(&'f self, host: &str) -> impl Iterator<Item = (&'f Record, Slot)> {
        let list = self.by_component_host.get(host).map(Vec::as_slice).unwrap_or_default();
        list.iter().map(|(record, slot)| (record.as_ref(), *slot))
    }

    /// What refers to a cluster beside other clusters.
    #[must_use]
    pub fn referrers(&self, identity: &Identity) -> &[Referrer] {
        self.referrers.get(identity).map(Vec::as_slice).unwrap_or_default()
    }

    /// The host clusters of a namespace.
    pub fn hosts<'f>(&'f self, namespace: &str) -> impl Iterator<Item = &'f Record> {
        pick(self.hosts.get(namespace))
    }

    /// Who has a node port on a host cluster.
    pub fn port_owners<'f>(&'f self, host: &Identity, port: u16) -> impl Iterator<Item = PortOwner<'f>> {
        let owners = self.ports.get(host).and_then(|ports| ports.get(&port)).map(Vec::as_slice).unwrap_or_default();
        owners.iter().map(|(record, which)| which.map_or(PortOwner::ApiServer(record), |which| PortOwner::Gateway(record, which)))
    }

    /// The next node port that nobody has on a host cluster: from `from` upwards, then from the start of the range.
    #[must_use]
    pub fn free_port(&self, host: &Identity, from: u16, also_taken: &[u16]) -> Option<u16> {
        let taken = self.ports.get(host);
        let start = from.clamp(*NODE_PORTS.start(), *NODE_PORTS.end());
        (start..=*NODE_PORTS.end())
            .chain(*NODE_PORTS.start()..start)
            .find(|port| !also_taken.contains(port) && !taken.is_some_and(|taken| taken.contains_key(port)))
    }

    /// A host name for a component that nobody has: `argocd.name.domain`, `argocd-2.name.domain`, …
    #[must_use]
    pub fn free_component_host(&self, wanted: &str) -> Option<String> {
        if !self.by_component_host.contains_key(wanted) {
            return Some(wanted.to_owned());
        }
        let (first, rest) = wanted.split_once('.')?;
        (2..1_000u32).map(|number| format!("{first}-{number}.{rest}")).find(|host| !self.by_component_host.contains_key(host))
    }
}

fn pick<T>(list: Option<&Vec<(Arc<Record>, T)>>) -> impl Iterator<Item = &Record> {
    list.map(Vec::as_slice).unwrap_or_default().iter().map(|(record, _)| record.as_ref())
}

#[cfg(test)]
mod tests;
