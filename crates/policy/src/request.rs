//! The question that a policy is asked: Kubernetes' admission request, and its own settings.

use clearance_core::model::{GROUP, KIND};
use clearance_core::source::Node;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::capability::Snapshot;
use std::sync::Arc;

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

    pub(crate) const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];
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
    /// Who asks, as the API server says it; nobody at other doors.
    pub user: Option<&'q RawValue>,
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
        let request = Request {
            uid: "00000000-0000-0000-0000-000000000000",
            kind: Kind { group: GROUP, version, kind: KIND },
            resource: Resource { group: GROUP, version, resource: "clusters" },
            request_kind: Kind { group: GROUP, version, kind: KIND },
            request_resource: Resource { group: GROUP, version, resource: "clusters" },
            name: metadata("name"),
            namespace: metadata("namespace"),
            operation: self.operation().word(),
            user_info: self.user.map_or(User::Nobody {}, User::Known),
            object: self.object,
            old_object: self.old,
            dry_run: self.dry_run,
            options: Value::Object(serde_json::Map::new()),
        };
        // Nothing in it has no word in JSON.
        serde_json::to_string(&request).unwrap_or_default()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "they are Kubernetes' words")]
struct Request<'r> {
    uid: &'static str,
    kind: Kind<'r>,
    resource: Resource<'r>,
    request_kind: Kind<'r>,
    request_resource: Resource<'r>,
    name: &'r str,
    namespace: &'r str,
    operation: &'static str,
    user_info: User<'r>,
    object: Option<&'r Node<'r>>,
    old_object: Option<&'r Node<'r>>,
    dry_run: bool,
    options: Value,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "they are Kubernetes' words")]
struct Kind<'r> {
    group: &'static str,
    version: &'r str,
    kind: &'static str,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "they are Kubernetes' words")]
struct Resource<'r> {
    group: &'static str,
    version: &'r str,
    resource: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum User<'r> {
    Known(&'r RawValue),
    Nobody {},
}
