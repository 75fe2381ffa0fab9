//! A review: what the API server asked, and, where it is written down, what it was told.

use anyhow::{Context, Result, bail};
use clearance_core::model::{GROUP, KIND};
use clearance_core::source::Format;
use clearance_core::{Document, Form, Limits};
use clearance_render::{Finding, yaml};
use serde_json::{Value, json};

use crate::clock;

/// A review of `admission.k8s.io/v1`.
pub struct Review(Value);

/// The reviews in a text, each with the number of its line: one whole `AdmissionReview`, or one a line.
pub fn all(text: &str) -> Vec<(usize, Result<Review>)> {
    if let Ok(whole) = serde_json::from_str(text) {
        return vec![(1, Review::of(whole))];
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| (index + 1, serde_json::from_str(line).context("it is no JSON").and_then(Review::of))).collect()
}

impl Review {
    fn of(value: Value) -> Result<Self> {
        if value["kind"] != "AdmissionReview" || !value["request"].is_object() {
            bail!("it is no `AdmissionReview` with a `request`");
        }
        Ok(Self(value))
    }

    fn request(&self, key: &str) -> &Value {
        &self.0["request"][key]
    }

    pub fn is_deletion(&self) -> bool {
        self.request("operation") == "DELETE"
    }

    /// When it was captured.
    pub fn at(&self) -> Option<i64> {
        clock::parse(self.0["captured"]["at"].as_str()?).ok()
    }

    /// Which core gave the verdict that is written down.
    pub fn core(&self) -> Option<&str> {
        self.0["captured"]["core"].as_str()
    }

    /// The object that is judged, as a person would write it; nothing where none is judged.
    pub fn object(&self) -> Result<Option<String>> {
        let kind = self.request("kind");
        let is_other = kind.is_object() && (kind["group"] != GROUP || kind["kind"] != KIND);
        let is_part = self.request("subResource").as_str().is_some_and(|part| !part.is_empty());
        if is_other || is_part || self.request("operation") == "CONNECT" {
            return Ok(None);
        }
        let key = if self.is_deletion() { "oldObject" } else { "object" };
        self.written(key)?.map(Some).with_context(|| format!("it holds no `request.{key}`"))
    }

    /// The object as it was until now, of an update.
    pub fn old_object(&self) -> Result<Option<String>> {
        if self.request("operation") == "UPDATE" { self.written("oldObject") } else { Ok(None) }
    }

    fn written(&self, key: &str) -> Result<Option<String>> {
        let mut object = self.request(key).clone();
        if object.is_null() {
            return Ok(None);
        }
        if !object.is_object() {
            bail!("`request.{key}` is no object");
        }
        // What the request knows of it and it does not say itself.
        for field in ["name", "namespace"] {
            let known = self.request(field).as_str().is_some_and(|word| !word.is_empty());
            if known && object["metadata"][field].is_null() {
                object["metadata"][field] = self.request(field).clone();
            }
        }
        let text = object.to_string();
        let document = Document::read_as(&text, Format::Json, Form::Resource, &Limits::default());
        Ok(Some(yaml(&document.root.value)))
    }

    /// Whether the object is on its way out: then nothing is refused.
    fn is_leaving(&self) -> bool {
        let leaves = |key| !self.request(key)["metadata"]["deletionTimestamp"].is_null();
        self.request("operation") == "UPDATE" && (leaves("object") || leaves("oldObject"))
    }

    /// In what the verdict differs from the one that is written down; nothing where none is.
    pub fn differences(&self, findings: &[Finding]) -> Option<Vec<String>> {
        let response = self.0.get("response").filter(|response| response.is_object())?;
        let causes = response["status"]["details"]["causes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let refused = response["allowed"] == json!(false);
        let mut now: Vec<&Finding> = findings.iter().filter(|finding| finding.severity == "error" && !self.is_leaving()).collect();
        let mut differences = Vec::new();
        for cause in causes {
            let (field, message) = (cause["field"].as_str().unwrap_or_default(), cause["message"].as_str().unwrap_or_default());
            let same = |finding: &&Finding| {
                finding.path.as_deref().unwrap_or_default() == field
                    && message.ends_with(&format!("{} [{}]", finding.message, finding.rule))
            };
            match now.iter().position(same) {
                Some(index) => drop(now.remove(index)),
                None => differences.push(format!("only then: {field}: {message}")),
            }
        }
        let at = |finding: &Finding| finding.path.clone().unwrap_or_default();
        differences.extend(now.iter().map(|finding| format!("only now: {}: {} [{}]", at(finding), finding.message, finding.rule)));
        if refused && causes.is_empty() {
            let why = response["status"]["message"].as_str().unwrap_or_default();
            differences.push(format!("only then: it was refused for no cause in the object: {why}"));
        }
        Some(differences)
    }
}
