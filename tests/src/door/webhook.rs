//! The admission webhook, over real TLS.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine as _;
use clearance_core::form::spec_words;
use clearance_core::{Content, Document, Form, Limits};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::Door;
use crate::case::{Case, Expected, OperationKind};
use crate::observed::Observed;

/// A server of the webhook's own, started for each case with the case's fleet.
#[derive(Debug)]
pub struct Webhook {
    runtime: tokio::runtime::Runtime,
    /// The certificate is made once, as on a machine that restarts the server.
    state: tempfile::TempDir,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    client: reqwest::Client,
    /// `https://host:port`.
    pub address: String,
    /// The certificates to trust, PEM.
    pub ca: String,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<Result<()>>,
}

impl Webhook {
    /// A place for servers.
    pub fn new() -> Result<Self> {
        // A second test in the same process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self { runtime: tokio::runtime::Runtime::new()?, state: tempfile::tempdir()? })
    }

    /// Starts a server that knows a fleet.
    pub fn start(&self, fleet: &Path, complete: bool) -> Result<Server> {
        self.start_at("127.0.0.1:0", fleet, complete)
    }

    /// The same, at an address.
    pub fn start_at(&self, listen: &str, fleet: &Path, complete: bool) -> Result<Server> {
        self.start_with(listen, fleet, complete, None)
    }

    /// The same, with policies.
    pub fn start_with(&self, listen: &str, fleet: &Path, complete: bool, policies: Option<&Path>) -> Result<Server> {
        // A program that another test starts at this moment holds a copy of all sockets, until it has begun.
        let is_held = |error: &anyhow::Error| {
            error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::AddrInUse)
        };
        for _ in 0..100 {
            match self.try_start(listen, fleet, complete, policies) {
                Err(error) if is_held(&error) => std::thread::sleep(Duration::from_millis(20)),
                started => return started,
            }
        }
        self.try_start(listen, fleet, complete, policies)
    }

    fn try_start(&self, listen: &str, fleet: &Path, complete: bool, policies: Option<&Path>) -> Result<Server> {
        let options = clearance_webhook::Options {
            listen: listen.to_owned(),
            fleet: vec![fleet.to_owned()],
            complete: Some(complete),
            suppressions: true,
            policies: policies.map(Path::to_owned),
            state: Some(self.state.path().to_owned()),
            ..clearance_webhook::Options::default()
        };
        self.runtime.block_on(async {
            let (tell, told) = oneshot::channel();
            let (stop, stopped) = oneshot::channel::<()>();
            let tell = |bound| drop(tell.send(bound));
            let stopped = async move {
                drop(stopped.await);
                clearance_webhook::Stop::Now
            };
            let ended = tokio::spawn(clearance_webhook::serve(options, Vec::new(), tell, stopped));
            let Ok(bound) = told.await else {
                ended.await??;
                anyhow::bail!("the server ended before it listened");
            };
            let ca = std::fs::read_to_string(&bound.ca)?;
            let client = reqwest::Client::builder().tls_certs_only([reqwest::Certificate::from_pem(ca.as_bytes())?]).build()?;
            Ok(Server { client, address: format!("https://{}", bound.https), ca, stop, ended })
        })
    }

    /// Starts a server for a case, with its fleet and policies.
    pub fn start_for(&self, case: &Case, listen: &str, fleet: &Path) -> Result<Server> {
        let policies = case.policies()?;
        let file = policies.as_ref().map(|directory| directory.path().join("policies.yaml"));
        if let Some(file) = &file {
            // Loaded and kept beforehand, so that the server finds them compiled.
            super::core::policies(file)?;
        }
        // Once it listens it has read them; what it misses later it only tells.
        self.start_with(listen, fleet, case.is_complete(), file.as_deref())
    }

    /// Ends a server.
    pub fn stop(&self, server: Server) -> Result<()> {
        let _ = server.stop.send(());
        self.runtime.block_on(server.ended)?
    }

    /// Sends a review and returns its `response`.
    pub fn ask(&self, server: &Server, path: &str, review: &Value) -> Result<Value> {
        self.runtime.block_on(async {
            let request = server.client.post(format!("{}{path}", server.address)).header("content-type", "application/json");
            let answer = request.body(review.to_string()).send().await?.error_for_status()?.bytes().await?;
            let mut answer: Value = serde_json::from_slice(&answer)?;
            Ok(answer["response"].take())
        })
    }
}

/// A review of an object.
#[must_use]
pub fn review(operation: &str, object: Option<&Value>, old: Option<&Value>) -> Value {
    let either = object.or(old);
    let metadata = |key: &str| either.map_or(Value::Null, |object| object["metadata"][key].clone());
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "b3a1c2d4",
            "kind": {"group": "nautes.resource.nautes.io", "version": "v1alpha1", "kind": "Cluster"},
            "resource": {"group": "nautes.resource.nautes.io", "version": "v1alpha1", "resource": "clusters"},
            "name": metadata("name"),
            "namespace": metadata("namespace"),
            "operation": operation,
            "userInfo": {},
            "object": object,
            "oldObject": old,
        }
    })
}

/// What an answer says, in the order in which it says it: errors, then warnings.
pub fn findings(response: &Value) -> Result<Vec<Observed>> {
    let mut findings = Vec::new();
    for cause in response["status"]["details"]["causes"].as_array().into_iter().flatten() {
        let field = cause["field"].as_str().unwrap_or_default();
        findings.push(observed(field, cause["message"].as_str().context("a cause's message")?, "error")?);
    }
    for warning in response["warnings"].as_array().into_iter().flatten() {
        let line = warning.as_str().context("a warning")?;
        let line = line.strip_prefix("would be refused: ").unwrap_or(line);
        // What ends with no rule is about the door itself: that nothing was filled in.
        if !line.ends_with(']') {
            continue;
        }
        // The field is what stands before Kubernetes' opening, or before the sentence of a long warning.
        let openings = ["Invalid value", "Required value", "Unsupported value", "Forbidden", "Duplicate value", "Not found"];
        let opening = openings.iter().filter_map(|opening| line.find(&format!("{opening}: "))).min();
        let start = opening.or_else(|| Some(line.find(": ")? + 2)).context("a field")?;
        let field = line.get(..start).unwrap_or_default().trim_end_matches(": ");
        findings.push(observed(field, line.get(start..).unwrap_or_default(), "warning")?);
    }
    Ok(findings)
}

fn observed(field: &str, message: &str, severity: &str) -> Result<Observed> {
    let (message, rule) = message.strip_suffix(']').and_then(|message| message.rsplit_once(" [")).context("a rule in brackets")?;
    Ok(Observed {
        rule: rule.to_owned(),
        severity: severity.to_owned(),
        path: Some(field.to_owned()),
        underlined: None,
        message: message.to_owned(),
        unchanged: false,
    })
}

/// The resources that a case's documents describe; nothing where the API server would never see them.
fn resources(case: &Case, bytes: &[u8], file: &str) -> Result<Option<Vec<(Form, Value)>>> {
    let mut resources = Vec::new();
    for content in Document::read_bytes(bytes, Some(file), &Limits::default()) {
        let Content::Cluster(mut document) = content else { continue };
        if let Some(name) = &case.about.name
            && document.form != Form::Resource
        {
            document = document.named(name.as_str());
        }
        resources.push((document.form, serde_json::to_value(document.to_resource())?));
    }
    Ok((!resources.is_empty()).then_some(resources))
}

impl Door for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn take(&self, case: &Case) -> Result<Option<Expected>> {
        let Some(Objects { resources, old }) = Objects::of(case)? else { return Ok(None) };
        let fleet = fleet(case, &resources)?;
        let server = self.start_for(case, "127.0.0.1:0", fleet.path())?;
        let mut found = Expected { findings: Vec::new(), filled: Vec::new() };
        for resource in &resources {
            let review = match case.about.operation {
                OperationKind::Create => review("CREATE", Some(resource), None),
                OperationKind::Update => review("UPDATE", Some(resource), old.as_ref()),
                OperationKind::Delete => review("DELETE", None, Some(resource)),
            };
            let response = self.ask(&server, "/validate", &review)?;
            found.findings.extend(findings(&response)?);
            if case.about.operation != OperationKind::Delete {
                let mutation = self.ask(&server, "/mutate", &review)?;
                anyhow::ensure!(mutation["allowed"] == response["allowed"], "the mutating and the validating door disagree");
                if mutation["allowed"] == true {
                    let mut filled = resource.clone();
                    if let Some(patch) = mutation["patch"].as_str() {
                        let patch = base64::engine::general_purpose::STANDARD.decode(patch)?;
                        json_patch::patch(&mut filled, &serde_json::from_slice::<json_patch::Patch>(&patch)?)?;
                    }
                    found.filled.push(filled);
                }
            }
        }
        self.stop(server)?;
        Ok(Some(together(found)))
    }

    /// The API server sees objects: no text, no comments, nothing that only a request holds. It
    /// tells errors before warnings, and of an object that it refuses it fills in nothing.
    fn sees(&self, case: &Case, expected: &Expected) -> Expected {
        seen_of(case, expected)
    }
}

/// What the API server gets of a case.
#[derive(Debug)]
pub(super) struct Objects {
    /// The documents as resources.
    pub resources: Vec<Value>,
    /// The object before an update.
    pub old: Option<Value>,
}

impl Objects {
    /// The objects of a case; nothing where the API server would never see them.
    pub(super) fn of(case: &Case) -> Result<Option<Self>> {
        let expected = case.expected.as_ref().context("bless the corpus first")?;
        if expected.findings.iter().any(|finding| UNREAD.contains(&finding.rule.as_str())) {
            return Ok(None);
        }
        let Some(resources) = resources(case, &case.input, &case.file)? else { return Ok(None) };
        // Turned into a resource, a field under the other form's name has its right one, and so has the kind: another document.
        let is_righted = |finding: &Observed| {
            let is_field = |path: &str| path.rsplit('.').next().is_some_and(is_field);
            finding.rule == "wrong-kind" || finding.rule == "unknown-field" && finding.path.as_deref().is_some_and(is_field)
        };
        if resources.iter().any(|(form, _)| *form != Form::Resource) && expected.findings.iter().any(is_righted) {
            return Ok(None);
        }
        // An object always has a name; a request's is in its URL.
        if resources.iter().any(|(form, resource)| *form != Form::Resource && resource["metadata"]["name"].is_null()) {
            return Ok(None);
        }
        let old = match &case.old {
            Some(old) => self::resources(case, old.as_bytes(), "old.yaml")?.and_then(|old| old.into_iter().next()).map(|(_, old)| old),
            None => None,
        };
        Ok(Some(Self { resources: resources.into_iter().map(|(_, resource)| resource).collect(), old }))
    }
}

/// A directory with the fleet that a case's documents are judged in.
pub(super) fn fleet(case: &Case, resources: &[Value]) -> Result<tempfile::TempDir> {
    let fleet = tempfile::tempdir()?;
    if let Some(text) = &case.fleet {
        std::fs::write(fleet.path().join("fleet.yaml"), text)?;
    }
    if case.about.operation != OperationKind::Delete {
        for (index, resource) in resources.iter().enumerate() {
            std::fs::write(fleet.path().join(format!("judged-{index}.json")), resource.to_string())?;
        }
    }
    Ok(fleet)
}

/// Several documents are several reviews: told together as one is, and nothing is filled in where one is refused.
pub(super) fn together(mut found: Expected) -> Expected {
    found.findings.sort_by_key(|finding| finding.severity != "error");
    if found.findings.iter().any(|finding| finding.severity == "error") {
        found.filled.clear();
    }
    found
}

/// What a case's reviews can show of what is expected.
pub(super) fn seen_of(case: &Case, expected: &Expected) -> Expected {
    let forms: Vec<Form> = resources(case, &case.input, &case.file).ok().flatten().into_iter().flatten().map(|(form, _)| form).collect();
    let is_resource = forms.iter().all(|form| *form == Form::Resource);
    let findings = seen(&expected.findings, is_resource);
    let refused = findings.iter().any(|finding| finding.severity == "error");
    Expected { findings, filled: if refused { Vec::new() } else { expected.filled.clone() } }
}

/// Rules after which a text is no object in the API server.
pub const UNREAD: &[&str] = &["invalid-syntax", "too-deep", "alias-limit", "too-large", "missing-comma"];

/// What the API server sees of the findings in a document.
#[must_use]
pub fn seen(findings: &[Observed], is_resource: bool) -> Vec<Observed> {
    let mut seen: Vec<Observed> = findings
        .iter()
        .filter(|finding| {
            let path = finding.path.as_deref().unwrap_or_default();
            let of_text = ["duplicate-key", "trailing-comma", "comment-in-json", "ambiguous-scalar"].contains(&finding.rule.as_str());
            let of_request = path.starts_with("kubeconfig") || path.starts_with("vcluster");
            let of_set = matches!(finding.rule.as_str(), "defined-twice" | "name-mismatch");
            // A field under the other form's name has its own name in the resource.
            let renamed = !is_resource && finding.rule == "unknown-field" && path.rsplit('.').next().is_some_and(is_field);
            finding.path.is_some() && !of_text && !of_request && !of_set && !renamed
        })
        .map(|finding| Observed { underlined: None, unchanged: false, ..finding.clone() })
        .collect();
    if !is_resource {
        // Its sentences name fields in the form's words; the resource has its own.
        for finding in seen.iter_mut().filter(|finding| ["missing-field", "unknown-field"].contains(&finding.rule.as_str())) {
            finding.message.clear();
        }
    }
    seen.sort_by_key(|finding| finding.severity != "error");
    seen
}

fn is_field(word: &str) -> bool {
    [Form::Resource, Form::Request].into_iter().any(|form| spec_words(form).contains(&word))
}
