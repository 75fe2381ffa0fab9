//! The question that a policy is asked: Kubernetes' admission request, and its own settings.

use alloc::sync::Arc;

use clearance_core::model::{GROUP, KIND};
use clearance_core::source::Node;

use crate::capability::Snapshot;
use crate::json::quoted;
use crate::prelude::*;

/// What happens to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It is new, or is judged as if it were.
    Create,
    /// It changes.
    Update,
    /// It goes.
    Delete,
}

impl Operation {
    /// The word in a request.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }

    /// All of them.
    pub const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];
}

/// What policies are asked: whether a cluster may be as it is described, with everything filled in.
#[derive(Debug, Clone, Default)]
pub struct Question<'q> {
    /// What happens; without an object before, nothing changes.
    pub operation: Option<Operation>,
    /// The resource, filled in; for a deletion nothing.
    pub object: Option<&'q Node<'q>>,
    /// The resource as it was before an update or a deletion.
    pub old: Option<&'q Node<'q>>,
    /// Who asks, in the JSON of the API server; nobody at other doors.
    pub user: Option<&'q str>,
    /// Whether nothing is to come of it.
    pub dry_run: bool,
    /// The fleet, for those policies that may look clusters up.
    pub clusters: Option<Arc<Snapshot>>,
}

impl<'q> Question<'q> {
    /// The resource that it is about.
    pub(crate) fn subject(&self) -> Option<&'q Node<'q>> {
        self.object.or(self.old)
    }

    pub(crate) fn operation(&self) -> Operation {
        self.operation.unwrap_or(if self.old.is_some() { Operation::Update } else { Operation::Create })
    }

    /// The request as JSON: the same for all policies.
    pub(crate) fn to_json(&self) -> String {
        let subject = self.subject();
        let metadata = |key: &str| subject.and_then(|node| node.get("metadata")?.get(key)?.as_str()).unwrap_or_default();
        let version = subject.and_then(|node| node.get("apiVersion")?.as_str()?.split_once('/')).map_or("v1alpha1", |(_, version)| version);
        let kind = format!(r#"{{"group":"{GROUP}","version":{version},"kind":"{KIND}"}}"#, version = quoted(version));
        let resource = format!(r#"{{"group":"{GROUP}","version":{version},"resource":"clusters"}}"#, version = quoted(version));
        format!(
            r#"{{"uid":"00000000-0000-0000-0000-000000000000","kind":{kind},"resource":{resource},"requestKind":{kind},"requestResource":{resource},"name":{name},"namespace":{namespace},"operation":"{operation}","userInfo":{user},"object":{object},"oldObject":{old},"dryRun":{dry_run},"options":{{}}}}"#,
            name = quoted(metadata("name")),
            namespace = quoted(metadata("namespace")),
            operation = self.operation().word(),
            user = self.user.unwrap_or("{}"),
            object = written(self.object),
            old = written(self.old),
            dry_run = self.dry_run,
        )
    }
}

fn written(node: Option<&Node<'_>>) -> String {
    // Nothing in it has no word in JSON.
    serde_json::to_string(&node).unwrap_or_default()
}
