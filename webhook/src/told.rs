//! A verdict on its way to the API server, in Kubernetes' words.

use std::collections::{BTreeMap, BTreeSet};

use clearance_core::changes::{Patch, json_patch};
use clearance_core::finding::{Cause, Change, LONGEST_WARNING, visible};
use clearance_core::model::{GROUP, KIND};
use clearance_core::rules::{self, Lookup};
use clearance_core::source::Node;
use clearance_core::{Document, Excuse, Finding, Language, Override, Severity, Verdict};

use crate::answer::{Details, Status};
use crate::basis::Basis;
use crate::others::Stale;
use crate::review::{self, Review, metadata};

/// A verdict, and what it is about.
pub(crate) struct Told<'t> {
    pub review: &'t Review<'t>,
    pub document: &'t Document<'t>,
    pub verdict: &'t Verdict,
    pub basis: &'t Basis,
}

impl Told<'_> {
    fn language(&self) -> Language {
        self.basis.rulebook.settings().language
    }

    fn findings(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.verdict.findings.iter().filter(move |finding| finding.severity == severity)
    }

    /// As `NewInvalid` and `NewForbidden` of `k8s.io/apimachinery` word it.
    pub(crate) fn refusal(&self) -> Status {
        let mut lines: Vec<String> = self.findings(Severity::Error).map(|finding| finding.kubernetes_line(self.language())).collect();
        if let Some(left_out) = self.verdict.errors.checked_sub(lines.len()).filter(|left_out| *left_out > 0) {
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
        let causes: Vec<Cause> = self.findings(Severity::Error).map(|finding| finding.cause(self.language())).collect();
        status.details = Some(Details { name, group: GROUP, kind: KIND, causes });
        status
    }

    /// The name of the object, or the beginning of the one that it will get.
    fn name(&self) -> String {
        let written = |key| metadata(&self.document.root, key).and_then(Node::as_str);
        let given = Some(self.review.name.as_ref()).filter(|name| !name.is_empty());
        visible(written("name").or(given).or_else(|| written("generateName")).unwrap_or_default())
    }

    /// What fills in what is missing.
    pub(crate) fn patch(&self) -> Vec<Patch> {
        json_patch(&self.document.root, &self.verdict.fill)
    }

    /// What is told and refuses nothing: first how sure the verdict is.
    pub(crate) fn warnings(&self, stale: Option<Stale>) -> Vec<String> {
        let stale = stale.map(|stale| {
            format!("what else exists is known as of {} seconds ago: the watch of {} is lost", stale.age.as_secs(), stale.kind)
        });
        let lines = self.findings(Severity::Warning).map(|finding| self.warning(finding));
        stale.into_iter().chain(self.unheeded()).chain(lines).collect()
    }

    fn warning(&self, finding: &Finding) -> String {
        let opening = match finding.excuse {
            Some(Excuse::Override(_)) => "overridden: ",
            Some(Excuse::Monitor) => "would be refused: ",
            None => "",
        };
        format!("{opening}{}", finding.warning_line(self.language(), LONGEST_WARNING - opening.len()))
    }

    /// Every finding, errors too: nothing is refused of what is being deleted.
    pub(crate) fn lines_of_leaving(&self) -> Vec<String> {
        let findings = self.verdict.findings.iter().filter(|finding| finding.severity >= Severity::Warning);
        findings.map(|finding| self.warning(finding)).collect()
    }

    /// Overrides that do not help against a refusal, each with why.
    fn unheeded(&self) -> impl Iterator<Item = String> {
        let refusing: BTreeSet<&str> = self.findings(Severity::Error).map(|finding| finding.rule.name).collect();
        Override::all(&self.document.root).filter(|_| self.verdict.errors > 0).take(MOST_UNHEEDED).filter_map(move |line| {
            let rule = visible(line.rule);
            match rules::find(line.rule) {
                Lookup::Unknown { nearest } => {
                    let nearest = nearest.map(|rule| format!("; perhaps `{}` is meant", rule.name)).unwrap_or_default();
                    Some(format!("the override names no rule: `{rule}`{nearest}"))
                }
                Lookup::Known(known) if !refusing.contains(known.name) => None,
                Lookup::Known(known) if !known.can_be_overridden() => Some(format!("`{rule}` cannot be overridden")),
                Lookup::Known(_) => {
                    let user = visible(self.review.user().name);
                    Some(format!("the override of `{rule}` does not count: the configuration does not name `{user}`"))
                }
                Lookup::Removed(_) => None,
            }
        })
    }

    /// That the object is stored with gaps: the mutating door was not asked, or something came after it.
    pub(crate) fn not_filled_in(&self) -> Option<String> {
        let mut missing = self.verdict.fill.iter().filter_map(|change| match change {
            Change::Insert { path, .. } => Some(path),
            _ => None,
        });
        let first = missing.next()?;
        let more = match missing.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(format!("not filled in, as the mutating webhook was skipped: {first}{more}"))
    }

    /// What the audit log is told: rules by what came of them, and who says so.
    pub(crate) fn audit(&self) -> BTreeMap<&'static str, String> {
        let mut rules: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        for finding in &self.verdict.findings {
            let name = finding.rule.name.to_owned();
            let (key, entry) = match (&finding.excuse, finding.severity) {
                (Some(Excuse::Override(reason)), _) => ("overridden", format!("{name}: {}", visible(reason))),
                (Some(Excuse::Monitor), _) => ("monitored", name),
                (None, Severity::Error) => ("refused", name),
                (None, Severity::Warning) => ("warned", name),
                (None, Severity::Info) => continue,
            };
            rules.entry(key).or_default().insert(entry);
        }
        let told = rules.into_iter().map(|(key, rules)| (key, rules.into_iter().collect::<Vec<_>>().join(", ")));
        let policies = &self.basis.policies;
        let policies = (!policies.is_empty()).then(|| ("policies", policies.digest.clone()));
        told.chain(policies).chain([("core", self.basis.core.clone()), ("catalog", self.basis.catalog.clone())]).collect()
    }
}

/// How many overrides without effect are told.
const MOST_UNHEEDED: usize = 5;
