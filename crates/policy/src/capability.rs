//! What a policy may ask the host: nothing, unless its configuration grants it by name.

use std::sync::Arc;

use clearance_core::{Fleet, Record};
use serde::Deserialize;
use serde_json::{Value, json};

/// Something that the host can do for a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// To look clusters up, in the fleet as the door knows it.
    Clusters,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Clusters];

    /// Its name in a configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clusters => "clusters",
        }
    }

    /// The capability of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.name() == name)
    }
}

/// What a call may ask for, and from what it is answered.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// What is granted.
    pub granted: Vec<Capability>,
    /// The fleet as it is known when the call begins.
    pub clusters: Option<Arc<Snapshot>>,
}

/// The clusters of a fleet, as far as relations need them. A policy never sees more, and nobody's
/// credentials are used.
#[derive(Debug, Default)]
pub struct Snapshot(Vec<Arc<Record>>);

impl Snapshot {
    /// What a fleet knows of its clusters.
    #[must_use]
    pub fn of(fleet: &Fleet) -> Self {
        Self(fleet.records().to_vec())
    }
}

/// A cluster in the words of its resource; what is not known is not there.
fn object(record: &Record) -> Value {
    let mut spec = serde_json::Map::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            spec.insert(key.to_owned(), Value::String(value));
        }
    };
    put("apiServer", record.address.as_ref().map(|(host, port)| format!("https://{host}:{port}")));
    put("clusterKind", record.cluster_kind.clone());
    put("clusterType", record.cluster_type.map(|word| word.word().to_owned()));
    put("usage", record.usage.map(|word| word.word().to_owned()));
    put("workerType", record.worker_type.map(|word| word.word().to_owned()));
    put("hostCluster", record.host_cluster.clone());
    json!({
        "apiVersion": format!("{}/v1alpha1", clearance_core::model::GROUP),
        "kind": clearance_core::model::KIND,
        "metadata": {"name": record.name, "namespace": record.namespace},
        "spec": spec,
    })
}

/// What Kubewarden's SDK sends.
#[derive(Deserialize)]
struct LookUp {
    #[serde(default, alias = "apiVersion")]
    api_version: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: Option<String>,
}

impl Access {
    /// Answers a host call, or says why not; where it is not granted, the reason is nothing.
    pub(crate) fn answer(&self, binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Option<Result<Vec<u8>, String>> {
        let is_look_up = binding == "kubewarden"
            && namespace == "kubernetes"
            && matches!(operation, "get_resource" | "list_resources_by_namespace" | "list_resources_all");
        let snapshot = self.clusters.as_ref().filter(|_| is_look_up && self.granted.contains(&Capability::Clusters))?;
        Some(snapshot.look_up(operation, payload))
    }
}

impl Snapshot {
    fn look_up(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        let wanted: LookUp = serde_json::from_slice(payload).map_err(|error| format!("the look-up cannot be read: {error}"))?;
        let group = wanted.api_version.split('/').next().unwrap_or_default();
        if group != clearance_core::model::GROUP || wanted.kind != clearance_core::model::KIND {
            return Err(format!("only clusters can be looked up here, and not `{}` of `{}`", wanted.kind, wanted.api_version));
        }
        let mut known = self.0.iter().filter(|record| wanted.namespace.as_ref().is_none_or(|namespace| record.namespace == *namespace));
        let answer = if operation == "get_resource" {
            let found = known.find(|record| record.name == wanted.name);
            object(found.ok_or_else(|| format!("there is no cluster `{}`", wanted.name))?)
        } else {
            let items: Vec<Value> = known.map(|record| object(record)).collect();
            json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items})
        };
        serde_json::to_vec(&answer).map_err(|error| error.to_string())
    }
}
