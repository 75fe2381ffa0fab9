//! What a form and its text want beside verdicts: the fields of a description, edits of its text for what
//! is changed in the form, other forms of it, and a kubeconfig before it is sent. The page stands on it.

mod kubeconfig;
mod secrets;
mod tables;

use alloc::borrow::Cow;

use clearance_core::finding::{Path, Segment};
use clearance_core::form::from_resource;
use clearance_core::source::{Format, LineIndex, Node, Value, read};
use clearance_core::{Change, Document, Form, Limits};
use clearance_mirror::{Edit, NoShelf, Teller, Utf16, in_order, yaml};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::checker::Checker;
use crate::options::{Misuse, Request};
use crate::prelude::*;
use crate::{Handle, json, judge};

pub use secrets::without_secrets;

/// What a document says, for a form.
#[derive(Debug, Serialize)]
pub struct Looked {
    /// The resource that it describes, as it is written: nothing is filled in.
    pub resource: Value<'static>,
    /// The node port of a virtual cluster, which only a request holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// Whether a kubeconfig stands in it.
    pub kubeconfig: bool,
    /// Whether it is a map at all.
    pub readable: bool,
}

#[wasm_bindgen(js_class = Checker)]
impl Handle {
    /// What a document of a text says, by its position among those that are judged: `Looked`, or `null`.
    pub fn look(&self, text: &str, request: &str, document: usize) -> Result<String, JsError> {
        let request = Request::read(request)?;
        Ok(json(&self.0.document(text, &request, document).map(|document| Looked {
            resource: in_order(document.to_resource().value),
            port: text_at(&document, "vcluster.https_node_port"),
            kubeconfig: document.find(&Path::of("kubeconfig"), None).is_some_and(|at| !at.node().is_null()),
            readable: document.is_readable(),
        })))
    }

    /// The edits that make changes to paths of the resource: a list of `Edit`, or `null` where they cannot
    /// be made. The changes are a list of `{path, value}`; without a value something is removed.
    pub fn edits(&self, text: &str, request: &str, document: usize, changes: &str) -> Result<String, JsError> {
        let request = Request::read(request)?;
        let changes = changes_of(changes)?;
        Ok(json(&self.0.document(text, &request, document).and_then(|document| edits(&document, changes))))
    }

    /// A document in another form, with a kubeconfig in it if one is given and the form has a place for it:
    /// a request as JSON, the others as YAML.
    pub fn convert(&self, text: &str, request: &str, document: usize, form: &str, kubeconfig: Option<String>) -> Result<String, JsError> {
        let request = Request::read(request)?;
        let form = Form::from_name(form).ok_or_else(|| Misuse(format!("there is no form `{form}`")))?;
        let document = self.0.document(text, &request, document).ok_or_else(|| Misuse("there is no such document".to_owned()))?;
        Ok(converted(&document, form, kubeconfig))
    }

    /// A kubeconfig, looked at beside the cluster that it is for: `Seen`.
    pub fn kubeconfig(&self, kubeconfig: &str, text: &str, request: &str, document: usize) -> Result<String, JsError> {
        let request = Request::read(request)?;
        let document = self.0.document(text, &request, document);
        Ok(json(&kubeconfig::seen(&self.0, kubeconfig, document.as_ref(), &request)))
    }

    /// A node port that nobody has on a document's host cluster, from one upwards.
    #[wasm_bindgen(js_name = freePort)]
    pub fn free_port(&mut self, text: &str, request: &str, document: usize, from: u16) -> Result<Option<u16>, JsError> {
        let request = Request::read(request)?;
        let Some(document) = self.0.document(text, &request, document) else { return Ok(None) };
        let record = self.0.rulebook.examine(&document, request.now).record;
        let host = record.host_identity().unwrap_or_else(|| record.identity());
        Ok(self.0.others.with(Vec::new(), &[record.identity()], |fleet| fleet.free_port(&host, from, &[])))
    }

    /// The components and profiles that hold: `Tables`.
    #[must_use]
    pub fn tables(&self) -> String {
        json(&tables::Tables::of(&self.0.rulebook))
    }

    /// A text without credentials; nothing where it cannot be made sure that none is left. What it is called
    /// may be empty.
    #[wasm_bindgen(js_name = withoutSecrets)]
    #[must_use]
    pub fn without_secrets(text: &str, file: &str) -> Option<String> {
        without_secrets(text, Some(file).filter(|file| !file.is_empty()))
    }
}

impl Checker {
    /// One of the documents that are judged.
    fn document<'a>(&self, text: &'a str, request: &Request, document: usize) -> Option<Document<'a>> {
        let contents = Document::read_all(text, request.file_name.as_deref(), &Limits::default());
        judge::judged(&self.rulebook, contents, request).into_iter().nth(document).map(|judged| judged.document)
    }
}

fn text_at(document: &Document<'_>, path: &'static str) -> Option<String> {
    document.find(&Path::of(path), None)?.node().as_str().map(str::to_owned)
}

fn edits(document: &Document<'_>, changes: Vec<Change>) -> Option<Vec<Edit>> {
    // What is not there need not be removed.
    let is_needed = |change: &Change| match change {
        Change::Remove { path, .. } => document.find(path, None).is_some(),
        _ => true,
    };
    let changes: Vec<Change> = changes.into_iter().filter(is_needed).collect();
    let lines = LineIndex::new(document.text);
    let utf16 = Utf16::new(document.text, &lines);
    let teller = Teller::new(document, &lines, "", None, clearance_core::Language::English, &NoShelf).in_utf16(&utf16);
    Some(teller.edits(document.edits(&changes)?))
}

fn changes_of(json: &str) -> Result<Vec<Change>, Misuse> {
    let wrong = || Misuse("changes are a list of `{path, value}`".to_owned());
    let parsed = read(json, Format::Json, &Limits::default()).into_iter().next().ok_or_else(wrong)?;
    let Value::List(items) = &parsed.root.value else { return Err(wrong()) };
    items
        .iter()
        .map(|item| {
            let Some(Value::List(steps)) = item.get("path").map(|path| &path.value) else { return Err(wrong()) };
            let path = steps.iter().map(segment).collect::<Option<Path>>().ok_or_else(wrong)?;
            Ok(match item.get("value") {
                Some(value) => Change::Insert { path, value: value.value.clone().into_owned() },
                None => Change::Remove { path, occurrence: None },
            })
        })
        .collect()
}

fn segment(node: &Node<'_>) -> Option<Segment> {
    match &node.value {
        Value::String(key) => Some(Segment::Key(Cow::Owned(key.clone().into_owned()))),
        Value::Number(index) => index.parse().ok().map(Segment::Index),
        _ => None,
    }
}

fn converted(document: &Document<'_>, form: Form, kubeconfig: Option<String>) -> String {
    // What the text says goes first; and a virtual cluster has none.
    let is_virtual = text_at(document, "spec.clusterType").as_deref() == Some("virtual");
    let kubeconfig = text_at(document, "kubeconfig").or(kubeconfig.filter(|_| !is_virtual));
    let port = text_at(document, "vcluster.https_node_port");
    let resource = Node::new(in_order(document.to_resource().value), clearance_core::source::TextRange::default());
    let value = from_resource(form, &resource, kubeconfig.as_deref(), port.as_deref()).value;
    match form {
        Form::Request => json(&value),
        Form::Resource | Form::Property => yaml(&value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Settings;

    const TEXT: &str = "# ours\nkind: Cluster\napiVersion: nautes.resource.nautes.io/v1alpha1\nmetadata: {name: 商店😀}\nspec:\n  usage: host # why\n  clusterType: physical\n";

    fn checker() -> Checker {
        Checker::new(&Settings::default()).unwrap()
    }

    fn edited(changes: &str) -> String {
        let document = checker().document(TEXT, &Request::default(), 0).unwrap();
        let mut text: Vec<u16> = TEXT.encode_utf16().collect();
        for edit in edits(&document, changes_of(changes).unwrap()).unwrap().into_iter().rev() {
            text.splice(edit.range.start.offset as usize..edit.range.end.offset as usize, edit.text.encode_utf16());
        }
        String::from_utf16(&text).unwrap()
    }

    #[test]
    fn a_form_changes_the_text_and_leaves_the_rest() {
        let text = edited(
            "[{\"path\": [\"spec\", \"usage\"], \"value\": \"worker\"}, {\"path\": [\"spec\", \"workerType\"], \"value\": \"pipeline\"}]",
        );
        assert_eq!(text, TEXT.replace("host #", "worker #") + "  workerType: pipeline\n");
    }

    #[test]
    fn what_is_not_there_is_not_removed() {
        assert_eq!(edited("[{\"path\": [\"spec\", \"hostCluster\"]}]"), TEXT);
        assert_eq!(edited("[{\"path\": [\"spec\", \"usage\"]}]"), TEXT.replace("  usage: host # why\n", ""));
    }

    #[test]
    fn a_request_has_the_kubeconfig_and_a_resource_has_not() {
        let document = checker().document(TEXT, &Request::default(), 0).unwrap();
        assert!(converted(&document, Form::Request, Some("a2luZA==".to_owned())).contains("\"kubeconfig\":\"a2luZA==\""));
        assert!(!converted(&document, Form::Resource, Some("a2luZA==".to_owned())).contains("kubeconfig"));
    }

    #[test]
    fn a_kubeconfig_is_the_one_of_the_text_and_a_virtual_cluster_has_none() {
        let request = |text: &str| {
            let document = checker().document(text, &Request::default(), 0).unwrap();
            converted(&document, Form::Request, Some("aGVsZA==".to_owned()))
        };
        let own = request("api_server: https://10.0.0.1:6443\ncluster_type: physical\nusage: host\nkubeconfig: b3du\n");
        assert!(own.contains("b3du") && !own.contains("aGVsZA=="), "{own}");
        assert!(!request("api_server: https://10.0.0.1:31443\ncluster_type: virtual\nusage: worker\n").contains("aGVsZA=="));
    }
}
