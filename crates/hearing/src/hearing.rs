//! From a description to what policies say of it: the same at every door.

use alloc::sync::Arc;

use clearance_core as core;
use clearance_core::finding::Path;
use clearance_core::model::DEFAULT_NAMESPACE;
use clearance_core::source::{Node, Value};
use clearance_core::text::{joined, take_credentials};
use clearance_core::{Change, Document, Examined, Fleet, Rulebook, Severity, Verdict, changes};

use crate::call::Callable;
use crate::capability::Snapshot;
use crate::heard::{Changed, Heard};
use crate::policies::Policies;
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
    pub fn hear(&self, hearing: &Hearing<'_>, rulebook: &Rulebook) -> Heard {
        let document = hearing.now.document;
        let is_broken = || document.faults_of_text().iter().any(|fault| fault.severity == Severity::Error);
        if self.is_empty() || !document.is_cluster() || is_broken() {
            return Heard::default();
        }
        let now = hearing.now.resource();
        let old = hearing.old.filter(|old| old.document.is_cluster()).map(|old| old.resource());
        let (object, old) = if hearing.operation == Operation::Delete { (None, Some(&now)) } else { (Some(&now), old.as_ref()) };
        let said = self.ask(&Question {
            operation: Some(hearing.operation),
            object,
            old,
            user: hearing.user,
            dry_run: hearing.dry_run,
            clusters: hearing.clusters.clone(),
        });
        let names = || self.list.iter().filter(|policy| policy.mutates).map(|policy| policy.name.as_str()).collect::<Vec<_>>();
        let changed = (!said.changes.is_empty()).then(|| Changed::of(joined(&names(), "`, `"), &now, &said.changes, rulebook));
        Heard { said, changed }
    }

    /// Judges a description that was examined before, by the rules and by all policies.
    #[must_use]
    pub fn judge(&self, basis: &Basis<'_>, document: &Document<'_>, examined: Examined, operation: core::Operation<'_>) -> Verdict {
        self.judge_since(basis, document, examined, operation, basis.fleet)
    }

    /// The same where other clusters have changed, too: what is said of the description from before is said of it among
    /// what was there `before`.
    #[must_use]
    pub fn judge_since(
        &self,
        basis: &Basis<'_>,
        document: &Document<'_>,
        examined: Examined,
        operation: core::Operation<'_>,
        before: &Fleet,
    ) -> Verdict {
        let Basis { rulebook, fleet, now } = *basis;
        let old = rulebook.examine_old(document, &examined, operation, now);
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
        let heard = self.hear(&hearing, rulebook);
        let is_deletion = matches!(operation, core::Operation::Delete);
        let related = heard.relate(rulebook, &examined.record, old.as_ref().map(|(_, old)| (&old.record, before)), is_deletion, fleet);
        heard.conclude(rulebook, document, examined, old, related)
    }
}
