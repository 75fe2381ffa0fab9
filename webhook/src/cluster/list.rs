//! Lists the cluster once: for an audit, and for a snapshot.

use anyhow::Context;
use kube::api::{DynamicObject, ListParams};
use kube::{Client, ResourceExt};
use serde_json::{Map, Value, json};

use super::{Access, KINDS, Kind};
use crate::masked;

/// How many objects are asked for at once.
const PAGE: u32 = 500;

/// One object of a snapshot: as much of it as rules look at, without credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its `kind`.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The object.
    pub object: Value,
}

/// Lists everything that a fleet is made of, by kind, namespace and name, and waits for it. A kind
/// that the API server does not know has no objects.
pub fn list(access: &Access) -> anyhow::Result<Vec<Listed>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(async { list_all(&access.client().await?).await })
}

async fn list_all(client: &Client) -> anyhow::Result<Vec<Listed>> {
    let mut all = Vec::new();
    for kind in KINDS {
        all.extend(list_kind(client, kind).await.with_context(|| format!("cannot list the {} of the cluster", kind.plural))?);
    }
    Ok(all)
}

async fn list_kind(client: &Client, kind: Kind) -> anyhow::Result<Vec<Listed>> {
    let api = kind.api(client);
    let mut listed = Vec::new();
    let mut parameters = ListParams::default().limit(PAGE);
    loop {
        let page = match api.list(&parameters).await {
            Err(kube::Error::Api(status)) if status.code == 404 => break,
            page => page?,
        };
        listed.extend(page.items.iter().map(|object| kept(object, kind)));
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => parameters = parameters.continue_token(&token),
            None => break,
        }
    }
    listed.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    Ok(listed)
}

/// What a snapshot keeps: who it is, what it says of itself, and of the status only which cluster it
/// refers to. Annotations may repeat the whole object (`kubectl.kubernetes.io/last-applied-configuration`),
/// so only ours are kept.
fn kept(object: &DynamicObject, kind: Kind) -> Listed {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let mut metadata = json!({"name": name, "namespace": namespace});
    let ours: Map<String, Value> = object
        .annotations()
        .iter()
        .filter(|(key, _)| key.starts_with("clearance.nautes.io/"))
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    if !ours.is_empty() {
        metadata["annotations"] = ours.into();
    }
    let types = object.types.as_ref();
    let api_version = types.map_or_else(|| kind.resource().api_version, |types| types.api_version.clone());
    let mut kept = json!({"apiVersion": api_version, "kind": kind.kind, "metadata": metadata});
    if let Some(spec) = object.data.get("spec") {
        kept["spec"] = spec.clone();
    }
    if kind != KINDS[0]
        && let Some(cluster) = object.data.pointer("/status/cluster")
    {
        kept["status"] = json!({"cluster": cluster});
    }
    // What cannot be read is not passed on.
    let object = masked::object(&kept.to_string()).unwrap_or(Value::Null);
    Listed { kind: kind.kind, namespace, name, object }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_holds_no_more_than_rules_need() {
        let object = json!({
            "apiVersion": "nautes.resource.nautes.io/v1alpha1",
            "kind": "Cluster",
            "metadata": {
                "name": "a", "namespace": "nautes", "uid": "1", "resourceVersion": "2", "managedFields": [{"manager": "kubectl"}],
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "clearance.nautes.io/override": "x: y"},
            },
            "spec": {"apiServer": "https://user:a\"word@203.0.113.10:6443", "kubeconfig": "c2VjcmV0"},
            "status": {"cluster": "b", "warnings": []},
        });
        let object: DynamicObject = serde_json::from_value(object).expect("it is an object");
        let kept = kept(&object, KINDS[0]);
        assert_eq!((kept.namespace.as_str(), kept.name.as_str()), ("nautes", "a"));
        assert_eq!(
            kept.object,
            json!({
                "apiVersion": "nautes.resource.nautes.io/v1alpha1",
                "kind": "Cluster",
                "metadata": {"name": "a", "namespace": "nautes", "annotations": {"clearance.nautes.io/override": "x: y"}},
                "spec": {"apiServer": "https://********@203.0.113.10:6443", "kubeconfig": "********"},
            })
        );
        let runtime = DynamicObject { types: None, ..object };
        assert_eq!(super::kept(&runtime, KINDS[1]).object["status"], json!({"cluster": "b"}));
    }
}
