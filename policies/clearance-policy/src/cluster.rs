//! A cluster as policies see it: with everything filled in.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A `Cluster` resource. What is missing, or of another type than it should be, is empty: that it is
/// wrong is for the stock rules to say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Cluster {
    /// Name, labels, …
    #[serde(deserialize_with = "lenient")]
    pub metadata: Metadata,
    /// What it is.
    #[serde(deserialize_with = "lenient")]
    pub spec: Spec,
}

/// An object's metadata.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Its name.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// Its namespace.
    #[serde(deserialize_with = "lenient")]
    pub namespace: String,
    /// Its labels.
    #[serde(deserialize_with = "lenient")]
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    #[serde(deserialize_with = "lenient")]
    pub annotations: BTreeMap<String, String>,
}

/// What a cluster is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Spec {
    /// `https://host:port`.
    #[serde(deserialize_with = "lenient")]
    pub api_server: String,
    /// `kubernetes`.
    #[serde(deserialize_with = "lenient")]
    pub cluster_kind: String,
    /// `physical`, `virtual`.
    #[serde(deserialize_with = "lenient")]
    pub cluster_type: String,
    /// `host`, `worker`.
    #[serde(deserialize_with = "lenient")]
    pub usage: String,
    /// `deployment`, `pipeline`; empty for a host.
    #[serde(deserialize_with = "lenient")]
    pub worker_type: String,
    /// The name of a virtual cluster's host.
    #[serde(deserialize_with = "lenient")]
    pub host_cluster: String,
    /// The domain of what runs there.
    #[serde(deserialize_with = "lenient")]
    pub primary_domain: String,
    /// Components by slot.
    #[serde(deserialize_with = "entries")]
    pub components_list: BTreeMap<String, Component>,
    /// Products that may deploy into a component's namespace.
    #[serde(deserialize_with = "lists")]
    pub reserved_namespaces_allowed_products: BTreeMap<String, Vec<String>>,
    /// Cluster resources that products may have.
    #[serde(deserialize_with = "lists")]
    pub product_allowed_cluster_resources: BTreeMap<String, Vec<ResourceKind>>,
}

/// Third-party software in a slot.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Component {
    /// Its name.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// Its namespace.
    #[serde(deserialize_with = "lenient")]
    pub namespace: String,
    /// What else is said of it.
    #[serde(deserialize_with = "entries")]
    pub additions: BTreeMap<String, String>,
}

/// A kind of cluster resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ResourceKind {
    /// `ClusterRole`, …
    #[serde(deserialize_with = "lenient")]
    pub kind: String,
    /// `rbac.authorization.k8s.io`, …
    #[serde(deserialize_with = "lenient")]
    pub group: String,
}

// A policy is asked beside the rules, which refuse what has the wrong type. So that nothing hides behind one such value, the
// rest is read all the same.

fn lenient<'de, T: DeserializeOwned + Default, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Value::deserialize(deserializer).map(as_far_as_it_goes)
}

fn entries<'de, T: DeserializeOwned + Default, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error> {
    Value::deserialize(deserializer).map(|value| map_of(value, as_far_as_it_goes))
}

fn lists<'de, T: DeserializeOwned + Default, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Vec<T>>, D::Error> {
    // Each item keeps its position, by which a finding names it.
    let list = |value| match value {
        Value::Array(items) => items.into_iter().map(as_far_as_it_goes).collect(),
        _ => Vec::new(),
    };
    Value::deserialize(deserializer).map(|value| map_of(value, list))
}

fn as_far_as_it_goes<T: DeserializeOwned + Default>(value: Value) -> T {
    T::deserialize(value).unwrap_or_default()
}

fn map_of<T>(value: Value, each: impl Fn(Value) -> T) -> BTreeMap<String, T> {
    match value {
        Value::Object(entries) => {
            entries.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key, each(value))).collect()
        }
        _ => BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_hides_behind_what_cannot_be_read() {
        let spec: Spec = serde_json::from_value(json!({
            "usage": 5,
            "componentsList": {"gateway": 3, "deployment": {"name": "argocd", "additions": {"x": null, "y": [], "host": "evil.net"}}},
            "reservedNamespacesAllowedProducts": {"argocd": [1, "shop"], "hnc": "all"},
            "productAllowedClusterResources": {"shop": [null, {"kind": "ClusterRole", "group": 7}]},
        }))
        .expect("it is read as far as it goes");
        assert_eq!(spec.components_list["deployment"].additions["host"], "evil.net");
        assert_eq!(spec.reserved_namespaces_allowed_products["argocd"], ["", "shop"]);
        assert_eq!(spec.product_allowed_cluster_resources["shop"][1].kind, "ClusterRole");
    }
}
