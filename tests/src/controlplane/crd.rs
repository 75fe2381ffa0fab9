//! A resource definition that lets everything through, so that what is refused was refused by the door.

use serde_json::{Value, json};

/// Clusters with any content. With a `status` of its own, what a request for the object says of it is dropped.
#[must_use]
pub fn permissive(own_status: bool) -> Value {
    let subresources = if own_status { json!({"status": {}}) } else { json!({}) };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "clusters.nautes.resource.nautes.io"},
        "spec": {
            "group": "nautes.resource.nautes.io",
            "names": {"kind": "Cluster", "listKind": "ClusterList", "plural": "clusters", "singular": "cluster"},
            "scope": "Namespaced",
            "versions": [{
                "name": "v1alpha1",
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
                "subresources": subresources,
            }],
        },
    })
}
