//! What a policy may ask the host: nothing, unless its configuration grants it by name.

use alloc::sync::Arc;

use clearance_core::model::{ClusterType, GROUP, KIND, Usage, WorkerType};
use clearance_core::text::joined;
use clearance_core::{Fleet, Record};

use crate::json::{self, quoted};
use crate::prelude::*;

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

/// How often one call may ask the host. A browser runs it again for each question, so that more would not end in time; and
/// what a policy may is the same at all doors.
pub const MOST_QUESTIONS: usize = 100;

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
fn object(record: &Record) -> String {
    let address = record.api_server();
    let known = [
        ("apiServer", address.as_deref()),
        ("clusterKind", record.cluster_kind.as_deref()),
        ("clusterType", record.cluster_type.map(ClusterType::word)),
        ("hostCluster", record.host_cluster.as_deref()),
        ("usage", record.usage.map(Usage::word)),
        ("workerType", record.worker_type.map(WorkerType::word)),
    ];
    let mut spec = String::new();
    for (key, value) in known {
        let Some(value) = value else { continue };
        let comma = if spec.is_empty() { "" } else { "," };
        spec = format!(r#"{spec}{comma}"{key}":{}"#, quoted(value));
    }
    format!(
        r#"{{"apiVersion":"{GROUP}/v1alpha1","kind":"{KIND}","metadata":{{"name":{},"namespace":{}}},"spec":{{{spec}}}}}"#,
        quoted(&record.name),
        quoted(&record.namespace)
    )
}

/// What a policy is told when it asks the host: `wanted` is `binding/namespace/operation`.
impl Access {
    /// Answers a host call, or says why not; where it is not granted, the answer is nothing.
    #[must_use]
    pub fn answer(&self, wanted: &str, payload: &[u8]) -> Option<Result<String, String>> {
        let operation = wanted.strip_prefix("kubewarden/kubernetes/")?;
        if !matches!(operation, "get_resource" | "list_resources_by_namespace" | "list_resources_all") {
            return None;
        }
        let snapshot = self.clusters.as_ref().filter(|_| self.granted.contains(&Capability::Clusters))?;
        Some(snapshot.look_up(operation, payload))
    }

    /// What it is told where it is not granted.
    #[must_use]
    pub fn refusal(wanted: &str) -> String {
        format!("`{wanted}` is not granted to this policy")
    }
}

impl Snapshot {
    fn look_up(&self, operation: &str, payload: &[u8]) -> Result<String, String> {
        let unread = |why: String| format!("the look-up cannot be read: {why}");
        let text = core::str::from_utf8(payload).map_err(|_| unread("it is not UTF-8".to_owned()))?;
        let root = json::object(text).map_err(unread)?;
        let word = |key| json::text(&root, key).map_err(unread);
        // Kubewarden's SDK writes the one, and its protocol says the other.
        let api_version = match word("api_version")? {
            Some(version) => version,
            None => word("apiVersion")?.unwrap_or_default(),
        };
        let (kind, name) = (word("kind")?.unwrap_or_default(), word("name")?.unwrap_or_default());
        let namespace = word("namespace")?;
        let group = api_version.split('/').next().unwrap_or_default();
        if group != GROUP || kind != KIND {
            return Err(format!("only clusters can be looked up here, and not `{kind}` of `{api_version}`"));
        }
        let mut known = self.0.iter().filter(|record| namespace.as_ref().is_none_or(|namespace| record.namespace == *namespace));
        if operation == "get_resource" {
            let found = known.find(|record| record.name == name).ok_or_else(|| format!("there is no cluster `{name}`"))?;
            return Ok(object(found));
        }
        let items: Vec<String> = known.map(|record| object(record)).collect();
        Ok(format!(r#"{{"apiVersion":"v1","items":[{}],"kind":"List","metadata":{{}}}}"#, joined(&items, ",")))
    }
}
