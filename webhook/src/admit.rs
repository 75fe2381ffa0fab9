//! From a review to its answer. The core judges; here its verdict is put into Kubernetes' words.

use clearance_core::changes::json_patch;
use clearance_core::finding::{Cause, visible};
use clearance_core::model::{GROUP, KIND};
use clearance_core::source::{Entry, Format, Node, TextRange, Value};
use clearance_core::{Document, Finding, Form, Language, Limits, Operation, Severity, Verdict};

use crate::answer::{Answer, Details, Status};
use crate::basis::Basis;
use crate::review::{self, Review};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A verdict.
    Verdict,
    /// A verdict, and the changes that fill in what is missing.
    Filling,
}

impl Wanted {
    /// Where it is asked for.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Verdict => "/validate",
            Self::Filling => "/mutate",
        }
    }
}

/// An answer, and what is logged and counted of it.
#[derive(Debug)]
pub(crate) struct Admission {
    pub answer: Answer,
    pub errors: usize,
    pub warnings: usize,
    /// What was found, as far as the verdict lists it.
    pub findings: Vec<Finding>,
}

impl From<Answer> for Admission {
    fn from(answer: Answer) -> Self {
        Self { answer, errors: 0, warnings: 0, findings: Vec::new() }
    }
}

/// Answers a review.
pub(crate) fn admit(review: &Review<'_>, wanted: Wanted, basis: &Basis, now: i64) -> Admission {
    let uid = review.uid.as_ref();
    if let Some(kind) = review.kind.as_ref().filter(|kind| kind.group != GROUP || kind.kind != KIND) {
        let warning = format!("nothing was checked: `{}` of `{}` is no {KIND} of {GROUP}", visible(&kind.kind), visible(&kind.group));
        return Answer::allowed(uid).with_warnings(vec![warning]).into();
    }
    if review.operation == review::Operation::Connect || !review.sub_resource.is_empty() {
        return Answer::allowed(uid).into();
    }
    let (text, previous) = match review.operation {
        review::Operation::Delete => (review.old_object, None),
        _ => (review.object, review.old_object.filter(|_| review.operation == review::Operation::Update)),
    };
    let Some(text) = text else {
        let field = if review.operation == review::Operation::Delete { "oldObject" } else { "object" };
        let message = format!("the review holds no `request.{field}`, so there is nothing to judge");
        return Answer::refused(uid, Status::failure(400, message)).into();
    };
    let document = document(text, review);
    let previous = previous.map(|text| self::document(text, review));
    let operation = match (review.operation, &previous) {
        (review::Operation::Delete, _) => Operation::Delete,
        (_, Some(previous)) => Operation::Update(previous),
        (_, None) => Operation::Create,
    };
    let verdict = basis.rulebook.judge(&document, operation, &basis.fleet, now);
    let told = Told { review, document: &document, language: basis.rulebook.settings().language };
    // What is being deleted must be able to lose its finalizers, whatever is wrong with it.
    let leaving =
        review.operation == review::Operation::Update && [Some(&document), previous.as_ref()].into_iter().flatten().any(is_leaving);
    let answer =
        if leaving { Answer::allowed(uid).with_warnings(told.lines(&verdict, Severity::Warning)) } else { told.answer(&verdict, wanted) };
    Admission { answer, errors: verdict.errors, warnings: verdict.warnings, findings: verdict.findings }
}

/// The object, with what the request knows of it and it does not say itself.
fn document<'a>(text: &'a str, review: &'a Review<'_>) -> Document<'a> {
    let mut document = Document::read_as(text, Format::Json, Form::Resource, &Limits::default());
    let has_name = metadata(&document.root, "name").is_some();
    if !has_name && !review.name.is_empty() {
        document = document.named(review.name.as_ref());
    }
    let has_namespace = metadata(&document.root, "namespace").is_some();
    if !has_namespace
        && !review.namespace.is_empty()
        && let Value::Map(entries) = &mut document.root.value
        && let Some(Entry { value: Node { value: Value::Map(entries), .. }, .. }) =
            entries.iter_mut().rev().find(|entry| entry.key == "metadata")
    {
        let value = Node::new(Value::String(review.namespace.as_ref().into()), TextRange::default());
        entries.push(Entry { key: "namespace".into(), key_range: TextRange::default(), merged: false, value });
    }
    document
}

fn metadata<'n, 'a>(root: &'n Node<'a>, key: &str) -> Option<&'n Node<'a>> {
    root.get("metadata")?.get(key).filter(|node| !node.is_null())
}

fn is_leaving(document: &Document<'_>) -> bool {
    metadata(&document.root, "deletionTimestamp").is_some()
}

/// A verdict on its way to the API server.
struct Told<'t> {
    review: &'t Review<'t>,
    document: &'t Document<'t>,
    language: Language,
}

impl Told<'_> {
    fn answer(&self, verdict: &Verdict, wanted: Wanted) -> Answer {
        let uid = self.review.uid.as_ref();
        let answer = if verdict.errors > 0 {
            Answer::refused(uid, self.refusal(verdict))
        } else if wanted == Wanted::Filling && self.review.operation != review::Operation::Delete {
            Answer::allowed(uid).with_patch(&json_patch(&self.document.root, &verdict.fill))
        } else {
            Answer::allowed(uid)
        };
        let warnings = verdict.findings.iter().filter(|finding| finding.severity == Severity::Warning);
        answer.with_warnings(warnings.map(|finding| finding.kubernetes_line(self.language)).collect())
    }

    /// Every finding of at least this weight, in one line each.
    fn lines(&self, verdict: &Verdict, least: Severity) -> Vec<String> {
        let findings = verdict.findings.iter().filter(|finding| finding.severity >= least);
        findings.map(|finding| finding.kubernetes_line(self.language)).collect()
    }

    /// As `NewInvalid` and `NewForbidden` of `k8s.io/apimachinery` word it.
    fn refusal(&self, verdict: &Verdict) -> Status {
        let mut lines = self.lines(verdict, Severity::Error);
        if let Some(left_out) = verdict.errors.checked_sub(lines.len()).filter(|left_out| *left_out > 0) {
            lines.push(format!("… and {left_out} more"));
        }
        let lines = match lines.as_slice() {
            [line] => line.clone(),
            lines => format!("[{}]", lines.join(", ")),
        };
        let name = self.name();
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        let mut status = if self.review.operation == review::Operation::Delete {
            Status::failure(403, format!("clusters.{GROUP} \"{quoted}\" is forbidden: {lines}"))
        } else {
            Status::failure(422, format!("{KIND}.{GROUP} \"{quoted}\" is invalid: {lines}"))
        };
        let causes: Vec<Cause> = errors(verdict).map(|finding| finding.cause(self.language)).collect();
        status.details = Some(Details { name, group: GROUP, kind: KIND, causes });
        status
    }

    /// The name of the object, or the beginning of the one that it will get.
    fn name(&self) -> String {
        let written = |key| metadata(&self.document.root, key).and_then(Node::as_str);
        let given = Some(self.review.name.as_ref()).filter(|name| !name.is_empty());
        visible(written("name").or(given).or_else(|| written("generateName")).unwrap_or_default())
    }
}

fn errors(verdict: &Verdict) -> impl Iterator<Item = &Finding> {
    verdict.findings.iter().filter(|finding| finding.severity == Severity::Error)
}

#[cfg(test)]
mod tests;
