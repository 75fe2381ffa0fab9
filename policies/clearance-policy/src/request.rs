//! What a policy is asked.

use serde::Deserialize;
use serde_json::Value;

use crate::cluster::Cluster;

/// What happens to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// It is new.
    #[default]
    Create,
    /// It changes.
    Update,
    /// It goes.
    Delete,
    /// Something else, which is no policy's matter.
    #[serde(other)]
    Connect,
}

/// The question: may this cluster be as it is?
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What happens.
    pub operation: Operation,
    /// The cluster; for a deletion, the one that goes.
    pub cluster: Cluster,
    /// The cluster before an update.
    pub old: Option<Cluster>,
    /// The cluster's resource as it came.
    pub object: Value,
    /// The resource before an update.
    pub old_object: Value,
    /// Who asks; empty where nobody is known.
    pub user: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    operation: Operation,
    object: Value,
    #[serde(alias = "oldObject")]
    old_object: Value,
    #[serde(alias = "userInfo")]
    user_info: User,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct User {
    username: String,
}

impl Request {
    /// The question of a cluster's resource that is new.
    #[must_use]
    pub fn of(object: Value) -> Self {
        Self { cluster: read(&object), object, ..Self::default() }
    }
}

impl From<Wire> for Request {
    fn from(wire: Wire) -> Self {
        let Wire { operation, object, old_object, user_info } = wire;
        let old = (!old_object.is_null()).then(|| read(&old_object));
        let cluster = if object.is_null() { old.clone().unwrap_or_default() } else { read(&object) };
        Self { operation, cluster, old, object, old_object, user: user_info.username }
    }
}

fn read(object: &Value) -> Cluster {
    Cluster::deserialize(object).unwrap_or_default()
}
