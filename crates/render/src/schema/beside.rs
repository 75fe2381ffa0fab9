//! What a schema says beside types: defaults, from the catalogue, and examples.

use clearance_core::Form;
use clearance_core::catalog::{Catalog, ComponentType};
use clearance_core::finding::{Path, Segment};
use clearance_core::model::{ClusterKind, DEFAULT_NAMESPACE, Slot};
use serde_json::{Map, Value, json};

/// Addresses that are reserved for documentation (RFC 5737).
const ADDRESS: &str = "203.0.113.10";

/// Adds defaults and examples to all fields of a schema.
pub(super) fn add(schema: &mut Value, form: Form) {
    below(schema, &Path::root(), form);
}

fn below(schema: &mut Value, written: &Path, form: Form) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (name, schema) in properties {
        let written = written.clone().key(name.clone());
        let path = form.canonical(&written);
        if let Some(default) = default_of(&path) {
            schema["default"] = default;
        }
        if let Some(example) = example_of(&path, form) {
            schema["examples"] = example;
        }
        below(schema, &written, form);
    }
}

fn keys(path: &Path) -> Vec<&str> {
    path.segments()
        .iter()
        .filter_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_ref()),
            Segment::Index(_) => None,
        })
        .collect()
}

fn component(slot: &str) -> Option<&'static ComponentType> {
    Catalog::built_in().default_of(Slot::from_word(slot)?)
}

/// What a field that is not there is taken for, where that is the same for every cluster.
fn default_of(path: &Path) -> Option<Value> {
    Some(match keys(path).as_slice() {
        ["metadata", "namespace"] => json!(DEFAULT_NAMESPACE),
        ["spec", "clusterKind"] => json!(ClusterKind::Kubernetes.word()),
        ["spec", "componentsList", slot, "name"] => json!(component(slot)?.name),
        ["spec", "componentsList", slot, "namespace"] => json!(component(slot)?.namespace),
        _ => return None,
    })
}

/// Examples of what a field holds. A kubeconfig is a credential and has none.
fn example_of(path: &Path, form: Form) -> Option<Value> {
    Some(match keys(path).as_slice() {
        ["metadata", "name"] => json!(["shop-production"]),
        ["spec", "apiServer"] => json!([format!("https://{ADDRESS}:6443"), format!("https://{ADDRESS}:31443")]),
        ["spec", "clusterKind"] => json!([ClusterKind::Kubernetes.word()]),
        ["spec", "clusterType"] => json!(["physical", "virtual"]),
        ["spec", "usage"] => json!(["host", "worker"]),
        ["spec", "workerType"] => json!(["pipeline", "deployment"]),
        ["spec", "hostCluster"] => json!(["cluster-host"]),
        ["spec", "primaryDomain"] => json!([format!("{ADDRESS}.nip.io"), "clusters.example.com"]),
        ["spec", "componentsList"] => {
            let slot = Slot::Gateway;
            json!([{ word(slot.word(), form): whole(component(slot.word())?) }])
        }
        ["spec", "componentsList", slot] => json!([whole(component(slot)?)]),
        ["spec", "componentsList", slot, "name"] => json!([component(slot)?.name]),
        ["spec", "componentsList", slot, "namespace"] => json!([component(slot)?.namespace]),
        ["spec", "componentsList", slot, "additions"] => additions(component(slot)?).map(|additions| json!([additions]))?,
        ["spec", "reservedNamespacesAllowedProducts"] => json!([{ component("deployment")?.namespace.clone(): ["shop"] }]),
        ["spec", "productAllowedClusterResources"] => {
            json!([{"shop": [{"kind": "ClusterRole", "group": "rbac.authorization.k8s.io"}]}])
        }
        ["vcluster"] => json!([{ word("https_node_port", form): "31443" }]),
        ["vcluster", "https_node_port"] => json!(["31443"]),
        _ => return None,
    })
}

/// A field's name in a form.
fn word(name: &str, form: Form) -> String {
    let canonical =
        if name == "https_node_port" { Path::of("vcluster.https_node_port") } else { Path::of("spec.componentsList").key(name.to_owned()) };
    let written = form.display(&canonical);
    written.rsplit('.').next().unwrap_or_default().to_owned()
}

/// A component with all that it wants to know.
fn whole(component: &ComponentType) -> Value {
    let mut whole = json!({"name": component.name, "namespace": component.namespace});
    if let Some(additions) = additions(component) {
        whole["additions"] = additions;
    }
    whole
}

fn additions(component: &ComponentType) -> Option<Value> {
    let mut additions = Map::new();
    for addition in &component.additions {
        let text = match &addition.default {
            Some(default) => default.replace("{cluster}", "shop-production").replace("{primaryDomain}", &format!("{ADDRESS}.nip.io")),
            None => match addition.name.as_str() {
                "productResourceKustomizeFileFolder" => "templates/pipelines".to_owned(),
                "productResourceRevision" => "main".to_owned(),
                "syncResourceTypes" => "tekton.dev/Pipeline".to_owned(),
                _ => continue,
            },
        };
        additions.insert(addition.name.clone(), text.into());
    }
    (!additions.is_empty()).then_some(Value::Object(additions))
}
