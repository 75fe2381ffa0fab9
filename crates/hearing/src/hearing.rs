//! From a description to what policies say of it: the same at every door.

use alloc::sync::Arc;

use clearance_core as core;
use clearance_core::finding::Path;
use clearance_core::model::DEFAULT_NAMESPACE;
use clearance_core::rules::policy::{Opinion, Says};
use clearance_core::source::{Format, Node, Value};
use clearance_core::text::take_credentials;
use clearance_core::{Change, Document, Examined, Fleet, Form, Limits, Rulebook, Severity, Verdict, changes};

use crate::call::Callable;
use crate::capability::Snapshot;
use crate::policies::{Heard, Policies};
use crate::prelude::*;
use crate::request::{Operation, Question};

/// A description, with what is filled in.
#[derive(Debug, Clone, Copy)]
pub struct Described<'d> {
    /// The document.
    pub document: &'d Document<'d>,
    /// What is filled in.
    pub fill: &'d [Change],
}

/// What policies are told of a description.
#[derive(Debug, Clone)]
pub struct Hearing<'h> {
    /// What happens to the cluster.
    pub operation: Operation,
    /// The description; for a deletion, of what goes.
    pub now: Described<'h>,
    /// The one before an update.
    pub old: Option<Described<'h>>,
    /// Who asks, in the JSON of the API server.
    pub user: Option<&'h str>,
    /// Whether nothing is to come of it.
    pub dry_run: bool,
    /// The fleet, for those that may look clusters up.
    pub clusters: Option<Arc<Snapshot>>,
}

/// What a description is judged by, beside policies.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'b> {
    /// The rules.
    pub rulebook: &'b Rulebook,
    /// What else exists.
    pub fleet: &'b Fleet,
    /// The time, in seconds since 1970.
    pub now: i64,
}

impl Described<'_> {
    /// The resource that policies see, without credentials.
    fn resource(&self) -> Node<'static> {
        let mut resource = self.document.to_resource();
        changes::apply(&mut resource, self.fill);
        take_credentials(&mut resource);
        let metadata = |key: &str| resource.get("metadata")?.get(key)?.as_str();
        // A policy for one namespace must be asked wherever the object will be in it.
        if metadata("namespace").is_none_or(str::is_empty) {
            let value = Value::String(DEFAULT_NAMESPACE.into());
            changes::apply(&mut resource, &[Change::Insert { path: Path::of("metadata.namespace"), value }]);
        }
        resource
    }
}

impl<M: Callable> Policies<M> {
    /// Asks all policies about a description. What is no cluster, or could not be read whole, they are not
    /// asked about: the core says what is wrong.
    #[must_use]
    pub fn hear(&self, hearing: &Hearing<'_>) -> Heard {
        let document = hearing.now.document;
        let is_broken = || document.faults_of_text().iter().any(|fault| fault.severity == Severity::Error);
        if self.is_empty() || !document.is_cluster() || is_broken() {
            return Heard::default();
        }
        let now = hearing.now.resource();
        let old = hearing.old.filter(|old| old.document.is_cluster()).map(|old| old.resource());
        let (object, old) = if hearing.operation == Operation::Delete { (None, Some(&now)) } else { (Some(&now), old.as_ref()) };
        self.ask(&Question {
            operation: Some(hearing.operation),
            object,
            old,
            user: hearing.user,
            dry_run: hearing.dry_run,
            clusters: hearing.clusters.clone(),
        })
    }

    /// What the rules have, among what else exists, against the changes that policies make: the API server looks at an
    /// object once more when it is changed, and what it will refuse is said here.
    #[must_use]
    pub fn of_changes(&self, hearing: &Hearing<'_>, made: &[Change], rulebook: &Rulebook, fleet: &Fleet) -> Vec<Opinion> {
        if made.is_empty() {
            return Vec::new();
        }
        let before = hearing.now.resource();
        let mut after = before.clone();
        changes::apply(&mut after, made);
        let policy = self.list.iter().filter(|policy| policy.mutates).map(|policy| policy.name.as_str()).collect::<Vec<_>>().join("`, `");
        let language = rulebook.settings().language;
        let errors = |node: &Node<'static>| -> Vec<(&'static str, Path, String)> {
            let text = serde_json::to_string(node).unwrap_or_default();
            let document = Document::read_as(&text, Format::Json, Form::Resource, &Limits::default());
            let operation = hearing.old.map_or(core::Operation::Create, |old| core::Operation::Update(old.document));
            // No rule asks a resource for the time: that is for kubeconfigs.
            let verdict = rulebook.judge(&document, operation, fleet, 0);
            let errors = verdict.findings.iter().filter(|finding| finding.severity == Severity::Error);
            errors
                .map(|finding| (finding.rule.name, finding.place.path().cloned().unwrap_or_default(), finding.message(language)))
                .collect()
        };
        let known = errors(&before);
        let new =
            errors(&after).into_iter().filter(|(rule, path, _)| !known.iter().any(|(other, there, _)| rule == other && path == there));
        new.map(|(rule, path, message)| Opinion {
            policy: policy.clone(),
            says: Says::Denied,
            path,
            sentence: format!("what it changes is refused: {message} [{rule}]"),
            told: None,
            monitored: false,
        })
        .collect()
    }

    /// Judges a description that was examined before, by the rules and by all policies.
    #[must_use]
    pub fn judge(&self, basis: &Basis<'_>, document: &Document<'_>, examined: Examined, operation: core::Operation<'_>) -> Verdict {
        let Basis { rulebook, fleet, now } = *basis;
        if self.is_empty() {
            return rulebook.judge_examined(document, examined, operation, fleet, now);
        }
        let old = match operation {
            core::Operation::Update(old) => Some((old, rulebook.examine(old, now))),
            core::Operation::Create | core::Operation::Delete => None,
        };
        let hearing = Hearing {
            operation: match operation {
                core::Operation::Create => Operation::Create,
                core::Operation::Update(_) => Operation::Update,
                core::Operation::Delete => Operation::Delete,
            },
            now: Described { document, fill: &examined.fill },
            old: old.as_ref().map(|(document, examined)| Described { document, fill: &examined.fill }),
            user: None,
            dry_run: false,
            clusters: self.look_up().then(|| Arc::new(Snapshot::of(fleet))),
        };
        let mut heard = self.hear(&hearing);
        heard.opinions.extend(self.of_changes(&hearing, &heard.changes, rulebook, fleet));
        let is_deletion = matches!(operation, core::Operation::Delete);
        let mut relations = rulebook.relate(&examined.record, old.as_ref().map(|(_, old)| &old.record), is_deletion, fleet);
        relations.hear(&heard.opinions, &heard.before);
        let mut verdict = rulebook.conclude(document, examined, old, relations);
        verdict.fill.extend(heard.changes);
        verdict
    }
}
