//! What else exists: other clusters, who refers to them, which ports and hosts are taken.
//!
//! A fleet is a snapshot. It knows how complete it is, and nothing of where it came from.

mod record;
mod snapshot;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ClusterType, Slot, Usage};

pub use record::{GatewayPort, Record, Referrer, ReferrerKind};
pub use snapshot::{items, read};

/// Namespace and name.
pub type Identity = (String, String);

/// Kubernetes' default range of node ports (`--service-node-port-range`).
pub const NODE_PORTS: std::ops::RangeInclusive<u16> = 30_000..=32_767;

/// Everything else that exists, indexed by what rules ask for.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    records: Vec<Record>,
    referrers: BTreeMap<Identity, Vec<Referrer>>,
    by_identity: BTreeMap<Identity, Vec<usize>>,
    by_api_server: BTreeMap<(String, u16), Vec<usize>>,
    by_host_cluster: BTreeMap<Identity, Vec<usize>>,
    hosts: BTreeMap<String, Vec<usize>>,
    ports: BTreeMap<Identity, BTreeMap<u16, Vec<Port>>>,
    by_component_host: BTreeMap<String, Vec<(usize, Slot)>>,
    complete: bool,
}

/// The record that has a port, and which of its gateway's it is; its API server's if none.
type Port = (usize, Option<GatewayPort>);

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
        let judged: BTreeSet<Identity> = records.iter().filter(|record| record.judged).map(Record::identity).collect();
        let mut fleet = Self { complete, ..Self::default() };
        for record in records {
            if record.judged || !judged.contains(&record.identity()) {
                fleet.add(record);
            }
        }
        for referrer in referrers {
            fleet.referrers.entry(referrer.cluster.clone()).or_default().push(referrer);
        }
        fleet
    }

    fn add(&mut self, record: Record) {
        let index = self.records.len();
        // What has no name can be named to nobody: a request whose name stands in a URL that is not known here.
        if record.name.is_empty() {
            self.records.push(record);
            return;
        }
        self.by_identity.entry(record.identity()).or_default().push(index);
        if let Some(address) = &record.address
            && record.cluster_type == Some(ClusterType::Physical)
        {
            self.by_api_server.entry(address.clone()).or_default().push(index);
        }
        if let Some(host) = record.host_identity() {
            if let Some((_, port)) = &record.address {
                self.ports.entry(host.clone()).or_default().entry(*port).or_default().push((index, None));
            }
            self.by_host_cluster.entry(host).or_default().push(index);
        }
        if record.usage == Some(Usage::Host) {
            self.hosts.entry(record.namespace.clone()).or_default().push(index);
            for (which, port) in &record.gateway_ports {
                self.ports.entry(record.identity()).or_default().entry(*port).or_default().push((index, Some(*which)));
            }
        }
        for (slot, host) in &record.component_hosts {
            self.by_component_host.entry(host.clone()).or_default().push((index, *slot));
        }
        self.records.push(record);
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

    /// All clusters.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The records of an identity; several only when it is judged twice.
    pub fn find<'f>(&'f self, identity: &Identity) -> impl Iterator<Item = &'f Record> {
        self.pick(self.by_identity.get(identity))
    }

    /// Physical clusters with this API server.
    pub(crate) fn with_address<'f>(&'f self, address: &(String, u16)) -> impl Iterator<Item = &'f Record> {
        self.pick(self.by_api_server.get(address))
    }

    /// Virtual clusters on this host cluster.
    pub fn hosted_by<'f>(&'f self, identity: &Identity) -> impl Iterator<Item = &'f Record> {
        self.pick(self.by_host_cluster.get(identity))
    }

    /// Clusters with a component at this host name.
    pub(crate) fn with_component_host<'f>(&'f self, host: &str) -> impl Iterator<Item = (&'f Record, Slot)> {
        let indexes = self.by_component_host.get(host).map(Vec::as_slice).unwrap_or_default();
        indexes.iter().filter_map(|(index, slot)| Some((self.records.get(*index)?, *slot)))
    }

    /// What refers to a cluster beside other clusters.
    #[must_use]
    pub fn referrers(&self, identity: &Identity) -> &[Referrer] {
        self.referrers.get(identity).map(Vec::as_slice).unwrap_or_default()
    }

    fn pick<'f>(&'f self, indexes: Option<&'f Vec<usize>>) -> impl Iterator<Item = &'f Record> {
        indexes.map(Vec::as_slice).unwrap_or_default().iter().filter_map(|index| self.records.get(*index))
    }

    /// The host clusters of a namespace.
    pub fn hosts<'f>(&'f self, namespace: &str) -> impl Iterator<Item = &'f Record> {
        self.pick(self.hosts.get(namespace))
    }

    /// Who has a node port on a host cluster.
    pub fn port_owners<'f>(&'f self, host: &Identity, port: u16) -> impl Iterator<Item = PortOwner<'f>> {
        let owners = self.ports.get(host).and_then(|ports| ports.get(&port)).map(Vec::as_slice).unwrap_or_default();
        owners.iter().filter_map(|(index, which)| {
            let record = self.records.get(*index)?;
            Some(which.map_or(PortOwner::ApiServer(record), |which| PortOwner::Gateway(record, which)))
        })
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
