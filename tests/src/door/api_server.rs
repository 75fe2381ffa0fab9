//! A real API server, with the shipped definition of Clusters and the admission webhook in place.

use anyhow::{Context, Result, ensure};
use clearance_core::rules;
use serde_json::{Value, json};

use super::Door;
use super::webhook::{Objects, Webhook, findings, fleet, seen_of, together};
use crate::Observed;
use crate::case::{Case, Expected, OperationKind};
use crate::controlplane::{
    Answer, Api, CLUSTERS, ControlPlane, JUDGED_ONCE, PAST, Registration, UNJUDGED, free_port, prune, shipped, with_past,
};

/// An API server that asks the webhook. The webhook is started anew for each case, always at the
/// address that the API server knows, with the case's fleet from files: what is asked is stored by
/// nobody (`dryRun`), except what is there before an update or a deletion.
#[derive(Debug)]
pub struct ApiServer {
    plane: ControlPlane,
    webhook: Webhook,
    /// The definition of Clusters.
    crd: Value,
    /// `host:port` of the webhook.
    address: String,
}

impl ApiServer {
    /// An API server that takes Clusters.
    pub fn new() -> Result<Self> {
        let crd = with_past(shipped()?);
        let plane = ControlPlane::start("agreement")?;
        let webhook = Webhook::new()?;
        let server = webhook.start_at(&format!("127.0.0.1:{}", free_port()?), tempfile::tempdir()?.path(), false)?;
        plane.guard(&crd, &Registration { address: &server.address, ca: &server.ca })?;
        let address = server.address.trim_start_matches("https://").to_owned();
        webhook.stop(server)?;
        Ok(Self { plane, webhook, crd, address })
    }

    /// What the API server tells of a case; nothing where it asks no webhook.
    fn judge(&self, case: &Case, Objects { resources, old }: &Objects) -> Result<Option<Expected>> {
        let mut found = Expected { findings: Vec::new(), filled: Vec::new() };
        for resource in resources {
            let request = Request::of(case.about.operation, resource, old.as_ref());
            self.plane.add_namespace(request.namespace)?;
            let stored = request.store(self.plane.api())?;
            let answer = request.send(self.plane.api(), &stored)?;
            let once = request.send(&self.plane.api().acting_as(JUDGED_ONCE), &stored)?;
            request.clean(self.plane.api())?;
            if is_its_own(&answer) {
                // What is no Cluster of a version that it serves, it does not even take in.
                let foreign = case.expected.iter().flat_map(|expected| &expected.findings).any(|finding| finding.rule == "wrong-kind");
                ensure!(foreign, "the API server asks no webhook: {}", answer.body);
                return Ok(None);
            }
            let told = told(&answer)?;
            if is_its_own(&once) && once.code == 422 {
                // Names, the schema and the floor come between the mutating webhook and the validating one.
                let refused = told.iter().any(|finding| finding.severity == "error");
                ensure!(refused, "the API server refuses what the webhook lets pass: {}", once.body);
            } else {
                // So does the removal of the status, which is written by other requests.
                let kept: Vec<_> = told.iter().filter(|finding| finding.rule != "read-only-field").cloned().collect();
                let once = self::told(&once)?;
                ensure!(kept == once, "the mutating and the validating webhook disagree: {kept:#?} and {once:#?}");
            }
            found.findings.extend(told);
            if answer.code < 300 && case.about.operation != OperationKind::Delete {
                found.filled.push(as_written(answer.body));
            }
        }
        if case.expected.as_ref().is_some_and(is_another) {
            found.filled.clear();
        }
        Ok(Some(together(found)))
    }
}

impl Door for ApiServer {
    fn name(&self) -> &'static str {
        "API server"
    }

    fn take(&self, case: &Case) -> Result<Option<Expected>> {
        let Some(objects) = Objects::of(case)? else { return Ok(None) };
        let fleet = fleet(case, &objects.resources)?;
        let server = self.webhook.start_for(case, &self.address, fleet.path())?;
        let found = self.judge(case, &objects);
        self.webhook.stop(server)?;
        found
    }

    /// What the definition does not know is dropped before any webhook is asked (`kubectl` refuses it first, and the
    /// API server warns): unknown fields, and those of old versions. The status is not stored with the rest.
    fn sees(&self, case: &Case, expected: &Expected) -> Expected {
        let mut known = expected.clone();
        known.findings.retain(|finding| !is_dropped(finding));
        let mut seen = seen_of(case, &known);
        if is_another(expected) {
            seen.filled.clear();
        }
        for filled in &mut seen.filled {
            prune(&self.crd, filled);
            *filled = as_written(filled.take());
        }
        seen
    }
}

/// What is asked of the API server.
struct Request<'a> {
    operation: OperationKind,
    object: &'a Value,
    /// What is there before.
    before: Option<&'a Value>,
    namespace: &'a str,
    list: String,
    path: String,
}

impl<'a> Request<'a> {
    fn of(operation: OperationKind, object: &'a Value, old: Option<&'a Value>) -> Self {
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("nautes");
        let before = match operation {
            OperationKind::Create => None,
            OperationKind::Update => old,
            OperationKind::Delete => Some(object),
        };
        let list = CLUSTERS.replace("/nautes/", &format!("/{namespace}/"));
        let path = format!("{list}/{}", object["metadata"]["name"].as_str().unwrap_or_default());
        Self { operation, object, before, namespace, list, path }
    }

    /// Stores what is there before, whatever is wrong with it.
    fn store(&self, api: &Api) -> Result<Value> {
        let Some(before) = self.before else { return Ok(Value::Null) };
        let api = api.acting_as(UNJUDGED);
        let mut past = before.clone();
        past["apiVersion"] = format!("nautes.resource.nautes.io/{PAST}").into();
        let stored = api.create(&self.list.replace("v1alpha1", PAST), &past)?;
        stored.expect(&[201]).context("what was there before")?;
        if before["metadata"]["deletionTimestamp"].is_null() {
            return Ok(stored.body);
        }
        // Its finalizers hold it.
        Ok(api.delete(&self.path)?.body)
    }

    fn send(&self, api: &Api, stored: &Value) -> Result<Answer> {
        match self.operation {
            OperationKind::Create => api.create(&format!("{}?dryRun=All", self.list), self.object),
            OperationKind::Update => {
                let mut object = self.object.clone();
                for own in OWN.iter().filter(|own| !stored["metadata"][**own].is_null()) {
                    object["metadata"][own] = stored["metadata"][own].clone();
                }
                api.replace(&format!("{}?dryRun=All", self.path), &object)
            }
            OperationKind::Delete => api.delete(&format!("{}?dryRun=All", self.path)),
        }
    }

    /// Leaves nothing behind.
    fn clean(&self, api: &Api) -> Result<()> {
        if self.before.is_none() {
            return Ok(());
        }
        let api = api.acting_as(UNJUDGED);
        // By the version that lets finalizers go whatever else is wrong.
        let path = self.path.replace("v1alpha1", PAST);
        api.merge(&path, &json!({"metadata": {"finalizers": null}}))?.expect(&[200])?;
        api.delete(&path)?.expect(&[200, 404])
    }
}

/// Whether the API server refuses something itself, without a webhook.
fn is_its_own(answer: &Answer) -> bool {
    answer.code >= 300 && !answer.body["message"].as_str().is_some_and(|message| message.starts_with("admission webhook "))
}

/// What the webhook tells through an answer, errors first.
fn told(answer: &Answer) -> Result<Vec<Observed>> {
    ensure!(!is_its_own(answer), "the API server asks no webhook: {}", answer.body);
    // The API server warns, too, and the webhook of other things than the object.
    let is_of_rules = |warning: &&String| warning.ends_with(']') && !is_of_the_floor(warning);
    let of_rules: Vec<&String> = answer.warnings.iter().filter(is_of_rules).collect();
    findings(&json!({"status": answer.body, "warnings": of_rules}))
}

/// Whether the API server warns of what the floor lets pass because it was so before (KEP-4008), in the words for
/// faults of any sort. Where its words are the webhook's, it tells them once.
fn is_of_the_floor(warning: &str) -> bool {
    rules::all().any(|rule| warning.ends_with(&format!(": {} [{}]", rule.headline.en, rule.name)))
}

/// Whether what is judged lacks fields for which the whole is refused: what else is filled in then, no case says.
fn is_another(expected: &Expected) -> bool {
    expected.findings.iter().any(|finding| finding.rule == "unknown-field")
}

/// Whether a finding is about a field that the definition does not know. An addition is an entry of a map, and stays.
fn is_dropped(finding: &Observed) -> bool {
    let is_addition = || finding.path.as_deref().is_some_and(|path| path.contains(".additions."));
    finding.rule == "unknown-field" || finding.rule == "deprecated-field" && !is_addition()
}

/// What the API server writes into every object's metadata itself.
const OWN: &[&str] =
    &["creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "uid"];

/// An object without its status and what the API server adds to every one.
fn as_written(mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.remove("status");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|key, _| !OWN.contains(&key.as_str()));
        metadata.entry("namespace").or_insert_with(|| "nautes".into());
    }
    object
}
