//! What the fleet keeps of a cluster: only what relations need.

use super::Identity;
use crate::catalog::{AdditionKind, Catalog};
use crate::model::{Cluster, ClusterType, Component, Slot, Usage, WorkerType};
use crate::net::{Address, in_url, port_number};
use crate::prelude::*;

/// The addition that names a host.
const HOST: &str = "host";

/// What relations need to know of one cluster, as it is once everything is filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The file that it came from, if it came from one.
    pub file: Option<String>,
    /// Its kind, as written or filled in.
    pub cluster_kind: Option<String>,
    /// Physical or virtual.
    pub cluster_type: Option<ClusterType>,
    /// Host or worker.
    pub usage: Option<Usage>,
    /// What a worker runs.
    pub worker_type: Option<WorkerType>,
    /// The name of its host cluster.
    pub host_cluster: Option<String>,
    /// Host and port of its API server.
    pub address: Option<(String, u16)>,
    /// The node ports of its gateway, when its profile has one of its own.
    pub gateway_ports: Vec<(GatewayPort, u16)>,
    /// The host names of the components that its profile uses.
    pub component_hosts: Vec<(Slot, String)>,
    /// Whether it is one of the judged documents, not just what else exists.
    pub judged: bool,
}

/// One of a gateway's two node ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayPort {
    /// For HTTP.
    Http,
    /// For HTTPS.
    Https,
}

impl GatewayPort {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Http, Self::Https];

    /// The addition that holds it.
    #[must_use]
    pub fn addition(self) -> &'static str {
        match self {
            Self::Http => "httpNodePort",
            Self::Https => "httpsNodePort",
        }
    }
}

/// A thing other than a Cluster that refers to a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    /// What it is.
    pub kind: ReferrerKind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The name of the cluster that it refers to; it names no namespace.
    pub cluster: String,
    /// The file that it came from, if it came from one.
    pub file: Option<String>,
}

/// The kinds of thing that refer to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReferrerKind {
    /// A `DeploymentRuntime` by `status.cluster`.
    DeploymentRuntime,
    /// A `ProjectPipelineRuntime` by `status.cluster`.
    ProjectPipelineRuntime,
    /// An `Environment` by `spec.cluster`: Nautes does not look at it, so it only warns.
    Environment,
}

impl ReferrerKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::DeploymentRuntime, Self::ProjectPipelineRuntime, Self::Environment];

    /// Its `kind`.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::DeploymentRuntime => "DeploymentRuntime",
            Self::ProjectPipelineRuntime => "ProjectPipelineRuntime",
            Self::Environment => "Environment",
        }
    }

    /// Whether it freezes and keeps the cluster that it refers to.
    #[must_use]
    pub fn holds(self) -> bool {
        self != Self::Environment
    }
}

impl Referrer {
    /// The order in which referrers are told.
    pub(super) fn order(&self) -> (ReferrerKind, &str, &str) {
        (self.kind, &self.namespace, &self.name)
    }
}

impl Record {
    /// The address of its API server, as a resource has it.
    #[must_use]
    pub fn api_server(&self) -> Option<String> {
        self.address.as_ref().map(|(host, port)| format!("https://{}:{port}", in_url(host)))
    }

    /// The record of a cluster in which everything is filled in; its address has been read before.
    #[must_use]
    pub(crate) fn of(cluster: &Cluster<'_>, name: &str, address: Option<Address>, catalog: &Catalog) -> Self {
        let spec = &cluster.spec;
        let profile = catalog.profile(spec);
        let uses = |slot| profile.is_some_and(|profile| profile.slots.contains(&slot));
        // A virtual cluster's gateway uses its host's ports: only a physical one has its own.
        let own_gateway =
            (uses(Slot::Gateway) && spec.cluster_type == Some(ClusterType::Physical)).then(|| spec.component(Slot::Gateway)).flatten();
        Self {
            namespace: cluster.namespace().to_owned(),
            name: name.to_owned(),
            file: None,
            cluster_kind: spec.cluster_kind.as_deref().map(str::to_owned),
            cluster_type: spec.cluster_type,
            usage: spec.usage,
            worker_type: spec.worker_type,
            host_cluster: spec.host_cluster.as_deref().filter(|name| !name.is_empty()).map(str::to_owned),
            address: address.map(|address| (address.host, address.port)),
            gateway_ports: GatewayPort::ALL
                .into_iter()
                .filter_map(|which| Some((which, port_number(own_gateway?.addition(which.addition())?)?)))
                .collect(),
            component_hosts: spec
                .components()
                .filter(|(slot, _)| uses(*slot))
                .filter_map(|(slot, component)| Some((slot, host_of(slot, component, catalog)?.to_ascii_lowercase())))
                .collect(),
            judged: false,
        }
    }

    /// Namespace and name.
    #[must_use]
    pub fn identity(&self) -> Identity {
        (self.namespace.clone(), self.name.clone())
    }

    /// Whether both are of one cluster.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.name == other.name && self.namespace == other.namespace
    }

    /// Namespace and name of its host cluster.
    #[must_use]
    pub fn host_identity(&self) -> Option<Identity> {
        let host = self.host_cluster.as_ref().filter(|_| self.cluster_type == Some(ClusterType::Virtual))?;
        Some((self.namespace.clone(), host.clone()))
    }

    /// How a sentence names it: with its namespace where that is not the usual one. Its file is no
    /// part of the sentence, which is the same at doors that know of no files.
    #[must_use]
    pub fn named(&self) -> String {
        if self.namespace == crate::model::DEFAULT_NAMESPACE {
            format!("`{}`", self.name)
        } else {
            format!("`{}/{}`", self.namespace, self.name)
        }
    }
}

/// The host name at which a component is found, if it is one that has such a name.
fn host_of<'c>(slot: Slot, component: &'c Component<'_>, catalog: &Catalog) -> Option<&'c str> {
    let host = component.addition(HOST).filter(|host| !host.is_empty())?;
    let known = match component.name.as_deref() {
        Some(name) => catalog.component(name),
        None => catalog.default_of(slot),
    };
    known?.additions.iter().any(|addition| addition.name == HOST && addition.kind == AdditionKind::Domain).then_some(host)
}
