//! From any form to the resource, and back.

use alloc::borrow::Cow;

use super::Form;
use crate::model::structure::Shape;
use crate::model::{API_VERSION, KIND, RESOURCE};
use crate::prelude::*;
use crate::source::{Entry, Node, TextRange, Value};

/// The resource that a document describes. What only a request holds is left out; unknown fields
/// stay. `name` is the name from outside, for a request.
#[must_use]
pub fn to_resource(form: Form, root: &Node<'_>, name: Option<&str>) -> Node<'static> {
    if form == Form::Resource {
        return root.clone().into_owned();
    }
    let spec = form.spec(root).map(Node::entries).unwrap_or_default();
    let outside = |key: &str| match form {
        Form::Request => matches!(key, "kubeconfig" | "vcluster" | "cluster_name"),
        _ => matches!(key, "kubeconfig" | "vcluster" | "name"),
    };
    let kept = spec.iter().filter(|entry| !outside(&entry.key)).cloned().collect();
    let kept = Node::new(Value::Map(kept), TextRange::default());
    let spec = match (form, RESOURCE.at("spec")) {
        (Form::Request, Some(shape)) => renamed(kept, shape, Form::Resource),
        _ => kept.into_owned(),
    };
    let written = match form {
        Form::Request => root.get("cluster_name"),
        _ => root.get("spec").and_then(|spec| spec.get("name")),
    };
    let name = name.or_else(|| written.and_then(Node::as_str));
    let metadata = name.map(|name| entry("name", text(name))).into_iter().collect();
    map(vec![entry("apiVersion", text(API_VERSION)), entry("kind", text(KIND)), entry("metadata", map(metadata)), entry("spec", spec)])
}

/// A document of another form from a resource; what only that form holds is given beside.
#[must_use]
pub fn from_resource(form: Form, resource: &Node<'_>, kubeconfig: Option<&str>, https_node_port: Option<&str>) -> Node<'static> {
    if form == Form::Resource {
        return resource.clone().into_owned();
    }
    let spec = resource.get("spec").cloned().unwrap_or_else(|| Node::new(Value::Map(Vec::new()), TextRange::default()));
    let mut entries = match (form, RESOURCE.at("spec")) {
        (Form::Request, Some(shape)) => renamed(spec, shape, Form::Request),
        _ => spec.into_owned(),
    };
    let port_word = if form == Form::Request { "https_node_port" } else { "httpsNodePort" };
    if let Value::Map(entries) = &mut entries.value {
        if let Some(port) = https_node_port {
            entries.push(entry("vcluster", map(vec![entry(port_word, text(port))])));
        }
        if let Some(kubeconfig) = kubeconfig {
            entries.push(entry("kubeconfig", text(kubeconfig)));
        }
        if form == Form::Property
            && let Some(name) = resource.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Node::as_str)
        {
            entries.insert(0, entry("name", text(name)));
        }
    }
    if form == Form::Request {
        return entries;
    }
    map(vec![entry("apiVersion", text(API_VERSION)), entry("kind", text(KIND)), entry("spec", entries)])
}

/// Gives the fields of an object their names in another form.
fn renamed(node: Node<'_>, shape: &'static Shape, to: Form) -> Node<'static> {
    let value = match (node.value, shape) {
        (Value::Map(entries), Shape::Object(fields)) => Value::Map(
            entries
                .into_iter()
                .map(|entry| {
                    let field = fields.iter().find(|field| entry.key == field.name || entry.key == field.request);
                    let (key, value) = match field {
                        Some(field) => (Cow::Borrowed(field.word(to)), renamed(entry.value, &field.shape, to)),
                        None => (Cow::Owned(entry.key.into_owned()), entry.value.into_owned()),
                    };
                    Entry { key, key_range: entry.key_range, merged: entry.merged, value }
                })
                .collect(),
        ),
        (value, _) => value.into_owned(),
    };
    Node { value, range: node.range, alias: node.alias }
}

fn text(text: &str) -> Node<'static> {
    Node::new(Value::String(Cow::Owned(text.to_owned())), TextRange::default())
}

fn map(entries: Vec<Entry<'static>>) -> Node<'static> {
    Node::new(Value::Map(entries), TextRange::default())
}

fn entry(key: &'static str, value: Node<'static>) -> Entry<'static> {
    Entry { key: Cow::Borrowed(key), key_range: TextRange::default(), merged: false, value }
}
