//! What a request is judged by: the rules, the catalogue and the policies of the server, as at its other doors.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clearance_core::{Catalog, Document, Fleet, Operation, Rulebook, Settings, Verdict};
use clearance_policy_host::{Basis, Policies};
use clearance_webhook::Rules;

/// What one request is judged by, from beginning to end.
pub(crate) struct Judge {
    rulebook: Arc<Rulebook>,
    policies: Arc<Policies>,
}

impl Judge {
    /// By what is in force now.
    pub(crate) fn now(rules: &Rules) -> Self {
        let (rulebook, policies) = rules.get();
        Self { rulebook, policies }
    }

    /// The same, where the annotation of an object counts.
    pub(crate) fn overriding(self) -> Self {
        let settings = Settings { overrides: true, ..self.rulebook.settings().clone() };
        Self { rulebook: Arc::new(Rulebook::new(self.rulebook.catalog().clone(), settings)), ..self }
    }

    /// The components that there are.
    pub(crate) fn catalog(&self) -> &Catalog {
        self.rulebook.catalog()
    }

    /// Judges a description among what else is in the repository.
    pub(crate) fn judge(&self, document: &Document<'_>, operation: Operation<'_>, fleet: &Fleet) -> Verdict {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        let basis = Basis { rulebook: &self.rulebook, fleet, now };
        self.policies.judge(&basis, document, self.rulebook.examine(document, now), operation)
    }
}
