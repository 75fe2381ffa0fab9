//! Complete descriptions of every profile, filled in by the core.

use std::borrow::Cow;

use anyhow::Result;
use clearance_core::catalog::Profile;
use clearance_core::finding::{Change, Path};
use clearance_core::form::from_resource;
use clearance_core::model::{API_VERSION, ClusterType, DEFAULT_NAMESPACE, KIND, Usage};
use clearance_core::source::{Entry, Format, Limits, Node, TextRange, Value};
use clearance_core::{Document, Fleet, Form, Operation, Rulebook, Verdict, changes};
use clearance_render::{in_order, yaml};

use crate::{clock, throwaway};

/// The host cluster that a virtual one names.
pub const HOST: &str = "cluster-host";
/// An address that is reserved for documentation (RFC 5737).
const ADDRESS: &str = "https://203.0.113.10";

/// What a sample is made for.
pub struct Sample<'s> {
    pub profile: &'s Profile,
    pub form: Form,
    pub name: Option<&'s str>,
    pub api_server: Option<&'s str>,
}

impl Sample<'_> {
    /// The description.
    pub fn make(&self, rulebook: &Rulebook) -> Result<Value<'static>> {
        let is_virtual = self.profile.cluster_type == ClusterType::Virtual;
        let default = format!("{ADDRESS}:{}", if is_virtual { "31443" } else { "6443" });
        let api_server = self.api_server.unwrap_or(&default);
        let title = self.profile.name();
        let name = self.name.unwrap_or(if self.profile.usage == Usage::Host { HOST } else { &title });
        let mut spec =
            vec![("apiServer", api_server), ("clusterType", self.profile.cluster_type.word()), ("usage", self.profile.usage.word())];
        spec.extend(self.profile.worker_type.map(|worker_type| ("workerType", worker_type.word())));
        spec.extend(is_virtual.then_some(("hostCluster", HOST)));
        let least = map([
            ("apiVersion", text(API_VERSION)),
            ("kind", text(KIND)),
            ("metadata", map([("name", text(name)), ("namespace", text(DEFAULT_NAMESPACE))])),
            ("spec", map(spec.into_iter().map(|(key, word)| (key, text(word))))),
        ]);
        let resource = Node::new(in_order(filled(rulebook, least)), TextRange::default());
        if self.form == Form::Resource {
            return Ok(resource.value);
        }
        let kubeconfig = (!is_virtual).then(|| throwaway::kubeconfig(api_server)).transpose()?;
        let request = |port: Option<&str>| from_resource(self.form, &resource, kubeconfig.as_deref(), port).value;
        let port = judge(rulebook, self.form, &request(None)).fill.into_iter().find_map(|change| match change {
            Change::Insert { path, value: Value::String(port) } if path == Path::of("vcluster.https_node_port") => Some(port),
            _ => None,
        });
        Ok(request(port.as_deref()))
    }
}

/// Judges a description that is made here.
pub fn judge(rulebook: &Rulebook, form: Form, value: &Value<'_>) -> Verdict {
    let text = yaml(value);
    let mut document = Document::read_as(&text, Format::Yaml, form, &Limits::default());
    if form == Form::Request {
        document = document.named("example");
    }
    rulebook.judge(&document, Operation::Create, &Fleet::default(), clock::now())
}

/// A resource with everything filled in.
fn filled(rulebook: &Rulebook, resource: Value<'static>) -> Value<'static> {
    let verdict = judge(rulebook, Form::Resource, &resource);
    let mut node = Node::new(resource, TextRange::default());
    changes::apply(&mut node, &verdict.fill);
    node.value
}

fn text(text: &str) -> Value<'static> {
    Value::String(Cow::Owned(text.to_owned()))
}

fn map(entries: impl IntoIterator<Item = (&'static str, Value<'static>)>) -> Value<'static> {
    let entry = |(key, value)| Entry {
        key: Cow::Borrowed(key),
        key_range: TextRange::default(),
        merged: false,
        value: Node::new(value, TextRange::default()),
    };
    Value::Map(entries.into_iter().map(entry).collect())
}
