//! A kubeconfig before it is sent: what it leads to, and what is wrong with it beside its cluster.

use alloc::vec;

use clearance_core::finding::Path;
use clearance_core::form::from_resource;
use clearance_core::kubeconfig::{Authority, Kubeconfig, Role, decode};
use clearance_core::model::{API_VERSION, KIND};
use clearance_core::source::{Format, Node, TextRange, Value, read};
use clearance_core::{Document, Fleet, Form, Limits, Operation};
use clearance_mirror::{Finding, NoShelf, Teller};
use serde::Serialize;

use super::text_at;
use crate::checker::Checker;
use crate::options::Request;
use crate::prelude::*;

/// What a kubeconfig says. It holds no credential.
#[derive(Debug, Default, Serialize)]
pub struct Seen {
    contexts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<&'static str>,
    /// The last second of the client's certificate, since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
    findings: Vec<Finding>,
}

/// Looks at a kubeconfig as if it stood in a request for the document's cluster.
pub fn seen(checker: &Checker, kubeconfig: &str, document: Option<&Document<'_>>, request: &Request) -> Seen {
    let mut seen = facts(kubeconfig);
    let resource = match document.filter(|document| document.is_readable()) {
        Some(document) => document.to_resource(),
        None => nothing(),
    };
    let port = document.and_then(|document| text_at(document, "vcluster.https_node_port"));
    let written = from_resource(Form::Request, &resource, Some(kubeconfig), port.as_deref());
    let text = serde_json::to_string(&written.value).unwrap_or_default();
    let trial = Document::read_as(&text, Format::Json, Form::Request, &Limits::default());
    let verdict = checker.rulebook.judge(&trial, Operation::Create, &Fleet::default(), request.now);
    let lines = clearance_core::source::LineIndex::new(&text);
    let teller = Teller::new(&trial, &lines, "", None, request.language, &NoShelf);
    let is_of_it = |finding: &&clearance_core::Finding| finding.place.path().is_some_and(|path| path.starts_with(&Path::of("kubeconfig")));
    seen.findings =
        verdict.findings.iter().filter(is_of_it).map(|finding| Finding { changes: Vec::new(), ..teller.finding(finding) }).collect();
    seen
}

fn facts(kubeconfig: &str) -> Seen {
    let Ok(decoded) = decode(kubeconfig) else { return Seen::default() };
    let Some(parsed) = read(&decoded.text, Format::of(None, &decoded.text), &Limits::default()).into_iter().next() else {
        return Seen::default();
    };
    let (known, _) = Kubeconfig::read(&parsed.root);
    Seen {
        contexts: known.contexts,
        context: known.context.map(|context| context.name),
        server: known.server.map(|server| server.url),
        authority: known.authority.map(|authority| match authority {
            Authority::Certificates => "certificates",
            Authority::File => "file",
            Authority::System => "system",
            Authority::Nothing => "nothing",
        }),
        expires: known
            .certificates
            .iter()
            .filter(|certificate| certificate.role == Role::Client)
            .map(|certificate| certificate.not_after)
            .min(),
        findings: Vec::new(),
    }
}

/// A resource that says nothing yet.
fn nothing() -> Node<'static> {
    let at = TextRange::default();
    let entry = |key: &'static str, value| clearance_core::source::Entry {
        key: key.into(),
        key_range: at,
        merged: false,
        value: Node::new(value, at),
    };
    let word = |word: &'static str| Value::String(word.into());
    Node::new(
        Value::Map(vec![entry("apiVersion", word(API_VERSION)), entry("kind", word(KIND)), entry("spec", Value::Map(Vec::new()))]),
        at,
    )
}
