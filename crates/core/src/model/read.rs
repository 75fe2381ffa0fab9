//! From a tree to the model, leniently.

use alloc::borrow::Cow;

use super::structure::scalar_text;
use super::{
    Cluster, ClusterResource, ClusterSpec, ClusterType, Component, ComponentsList, Metadata, RequestOnly, Slot, Str, Usage, Vcluster,
    WorkerType,
};
use crate::form::Form;
use crate::map::Map;
use crate::prelude::*;
use crate::source::{Entry, Node, Value};

impl<'a> Cluster<'a> {
    /// Reads a document of any form. What has the wrong type or says nothing is absent; a number
    /// where a text belongs is read as its digits, so that its meaning is judged too.
    #[must_use]
    pub fn read(form: Form, root: &'a Node<'_>) -> Self {
        let get = |key| root.get(key);
        let spec = form.spec(root);
        let mut cluster = Self {
            api_version: get("apiVersion").and_then(text),
            kind: get("kind").and_then(text),
            spec: spec.map_or_else(ClusterSpec::default, |spec| ClusterSpec::read(form, spec)),
            ..Self::default()
        };
        match form {
            Form::Resource => cluster.metadata = get("metadata").map(Metadata::read).unwrap_or_default(),
            Form::Property => cluster.metadata.name = spec.and_then(|spec| spec.get("name")).and_then(text),
            Form::Request => cluster.metadata.name = get("cluster_name").and_then(text),
        }
        cluster
    }

    /// The namespace; `nautes` if not said.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.metadata.namespace.as_deref().unwrap_or(super::DEFAULT_NAMESPACE)
    }
}

impl<'a> Metadata<'a> {
    fn read(node: &'a Node<'_>) -> Self {
        Self {
            name: node.get("name").and_then(text),
            generate_name: node.get("generateName").and_then(text),
            namespace: node.get("namespace").and_then(text),
            ..Self::default()
        }
    }
}

impl<'a> ClusterSpec<'a> {
    fn read(form: Form, node: &'a Node<'_>) -> Self {
        let get = |name, request| form.get(node, name, request);
        Self {
            api_server: get("apiServer", "api_server").and_then(text),
            cluster_kind: get("clusterKind", "cluster_kind").and_then(text),
            cluster_type: get("clusterType", "cluster_type").and_then(text).and_then(|word| meant(&word, ClusterType::from_word)),
            usage: get("usage", "usage").and_then(text).and_then(|word| meant(&word, Usage::from_word)),
            worker_type: get("workerType", "worker_type").and_then(text).and_then(|word| meant(&word, WorkerType::from_word)),
            host_cluster: get("hostCluster", "host_cluster").and_then(text).filter(|text| !text.is_empty()),
            primary_domain: get("primaryDomain", "primary_domain").and_then(text).filter(|text| !text.is_empty()),
            components_list: get("componentsList", "components_list").map(|list| ComponentsList::read(form, list)),
            reserved_namespaces_allowed_products: get("reservedNamespacesAllowedProducts", "reserved_namespaces_allowed_products")
                .map(|node| present(node).map(|entry| (Cow::Borrowed(entry.key.as_ref()), text_list(&entry.value))).collect()),
            product_allowed_cluster_resources: get("productAllowedClusterResources", "product_allowed_cluster_resources").map(|node| {
                present(node)
                    .map(|entry| (Cow::Borrowed(entry.key.as_ref()), entry.value.items().iter().map(ClusterResource::read).collect()))
                    .collect()
            }),
        }
    }
}

impl<'a> ComponentsList<'a> {
    fn read(form: Form, node: &'a Node<'_>) -> Self {
        let mut list = Self::default();
        for &slot in Slot::ALL {
            *list.slot_mut(slot) =
                form.get(node, slot.word(), slot.request_word()).filter(|node| matches!(node.value, Value::Map(_))).map(Component::read);
        }
        list
    }
}

impl Slot {
    /// The slot's name in a request.
    #[must_use]
    pub fn request_word(self) -> &'static str {
        match self {
            Self::MultiTenant => "multi_tenant",
            Self::SecretSync => "secret_sync",
            Self::Gateway => "gateway",
            Self::Deployment => "deployment",
            Self::ProgressiveDelivery => "progressive_delivery",
            Self::Pipeline => "pipeline",
            Self::EventListener => "event_listener",
            Self::CertManagement => "cert_management",
            Self::OauthProxy => "oauth_proxy",
            Self::SecretManagement => "secret_management",
        }
    }
}

impl<'a> Component<'a> {
    fn read(node: &'a Node<'_>) -> Self {
        Self {
            name: node.get("name").and_then(text).filter(|text| !text.is_empty()),
            namespace: node.get("namespace").and_then(text).filter(|text| !text.is_empty()),
            additions: node.get("additions").filter(|node| !node.is_null()).map(text_map),
        }
    }
}

impl<'a> ClusterResource<'a> {
    fn read(node: &'a Node<'_>) -> Self {
        Self { kind: node.get("kind").and_then(text), group: node.get("group").and_then(text) }
    }
}

impl<'a> RequestOnly<'a> {
    /// Reads what only a request or a property file holds.
    #[must_use]
    pub fn read(form: Form, root: &'a Node<'_>) -> Self {
        let Some(home) = form.spec(root).filter(|_| form != Form::Resource) else { return Self::default() };
        Self {
            kubeconfig: home.get("kubeconfig").and_then(text),
            vcluster: home
                .get("vcluster")
                .filter(|node| !node.is_null())
                .map(|node| Vcluster { https_node_port: form.get(node, "httpsNodePort", "https_node_port").and_then(text) }),
        }
    }
}

/// What a word in capitals or with spaces round it can only have meant: it is told as
/// unsupported, and the rest is judged as if it were right.
fn meant<T>(word: &str, of: fn(&str) -> Option<T>) -> Option<T> {
    of(word).or_else(|| of(&word.trim().to_ascii_lowercase()))
}

/// The text of a scalar; nothing for `null`, lists and maps.
fn text<'a>(node: &'a Node<'_>) -> Option<Str<'a>> {
    match &node.value {
        Value::String(text) => Some(Cow::Borrowed(text.as_ref())),
        value => scalar_text(value).map(Cow::Borrowed),
    }
}

/// What is in force and says something: of a key that is given twice the last one counts, also where it is `null`.
fn present<'a, 'n>(node: &'n Node<'a>) -> impl Iterator<Item = &'n Entry<'a>> {
    node.in_force(true).filter(|entry| !entry.value.is_null())
}

fn text_map<'a>(node: &'a Node<'_>) -> Map<Str<'a>, Str<'a>> {
    present(node).filter_map(|entry| Some((Cow::Borrowed(entry.key.as_ref()), text(&entry.value)?))).collect()
}

/// Items that are no text keep their place, as an empty one.
fn text_list<'a>(node: &'a Node<'_>) -> Vec<Str<'a>> {
    node.items().iter().map(|item| text(item).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Format, Limits};

    #[test]
    fn a_later_null_takes_an_earlier_value_away() {
        let text = "spec: {componentsList: {deployment: {additions: {host: a.example.com, host: null, other: x}}}}";
        let root = crate::source::read(text, Format::Yaml, &Limits::default()).remove(0).root;
        let cluster = Cluster::read(Form::Resource, &root);
        let additions =
            cluster.spec.component(Slot::Deployment).and_then(|component| component.additions.as_ref()).expect("they are there");
        assert_eq!(additions.iter().map(|(key, _)| key.as_ref()).collect::<Vec<&str>>(), ["other"]);
    }
}
