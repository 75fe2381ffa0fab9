//! Definitions of Clusters: the one that is shipped, and one that lets everything through, so that what is
//! refused was refused by the door.

use std::path::Path;

use anyhow::{Context, Result};
use clearance_core::Limits;
use clearance_core::source::{Format, read};
use serde_json::{Value, json};

/// The definition in the chart, with the floor in it.
pub fn shipped() -> Result<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../webhook/deploy/chart/files/crd.yaml");
    let text = std::fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    manifests(&text)?.into_iter().next().context("a definition")
}

/// The objects in a manifest.
pub fn manifests(text: &str) -> Result<Vec<Value>> {
    let documents = read(text, Format::Yaml, &Limits::default());
    let objects = documents.iter().map(|document| serde_json::to_value(&document.root));
    Ok(objects.filter(|object| !matches!(object, Ok(Value::Null))).collect::<Result<_, _>>()?)
}

/// The version of [`with_past`].
pub const PAST: &str = "v1alpha0";

/// A definition with one more version of the same objects, which takes everything: what is stored by it is
/// there as if it had been stored before anything was refused.
#[must_use]
pub fn with_past(mut crd: Value) -> Value {
    let mut past = permissive(false)["spec"]["versions"][0].take();
    past["name"] = PAST.into();
    past["storage"] = false.into();
    if let Some(versions) = crd["spec"]["versions"].as_array_mut() {
        versions.push(past);
    }
    crd
}

/// Drops what a definition of Clusters does not know from an object's `spec`, as an API server does.
pub fn prune(crd: &Value, object: &mut Value) {
    if let Some(spec) = object.get_mut("spec") {
        prune_by(&crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"], spec);
    }
}

fn prune_by(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(entries) => {
            if let Some(fields) = schema["properties"].as_object() {
                entries.retain(|key, _| fields.contains_key(key));
            }
            for (key, value) in entries {
                let declared = schema["properties"].get(key).unwrap_or(&schema["additionalProperties"]);
                prune_by(declared, value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| prune_by(&schema["items"], item)),
        _ => {}
    }
}

/// Clusters with any content. With a `status` of its own, what a request for the object says of it is dropped.
#[must_use]
pub fn permissive(own_status: bool) -> Value {
    defined("Cluster", "clusters", own_status)
}

/// The same of another kind of the same group.
#[must_use]
pub fn defined(kind: &str, plural: &str, own_status: bool) -> Value {
    let subresources = if own_status { json!({"status": {}}) } else { json!({}) };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.nautes.resource.nautes.io")},
        "spec": {
            "group": "nautes.resource.nautes.io",
            "names": {"kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": kind.to_lowercase()},
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
