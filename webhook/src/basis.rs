//! What a verdict rests on beside the object: rules, catalogue and fleet. They are replaced while the
//! server runs; each review is judged on one of them from beginning to end.

use std::fmt;
use std::sync::Arc;

use clearance_core::{Rulebook, Settings};
use clearance_policy_host::Policies;
use tokio::sync::watch;

use crate::others::Others;
use crate::overriders::Overriders;
use crate::review::Review;

/// What verdicts rest on.
#[derive(Debug)]
pub(crate) struct Basis {
    pub rulebook: Arc<Rulebook>,
    /// The same rules for those whose overrides count.
    overriding: Option<Rulebook>,
    pub overriders: Arc<Overriders>,
    pub others: Arc<Others>,
    /// What an organisation has to say itself.
    pub policies: Arc<Policies>,
    /// Who says so, as it stands in audit annotations: core and rules, then the catalogue.
    pub core: String,
    pub catalog: String,
}

impl Basis {
    pub(crate) fn new(rulebook: Arc<Rulebook>, overriders: Arc<Overriders>, others: Arc<Others>) -> Self {
        let overriding = (!overriders.is_nobody()).then(|| {
            let settings = Settings { overrides: true, ..rulebook.settings().clone() };
            Rulebook::new(rulebook.catalog().clone(), settings)
        });
        let (core, catalog) = (rulebook.core().to_string(), format!("{:016x}", rulebook.catalog().digest()));
        Self { rulebook, overriding, overriders, others, policies: Arc::default(), core, catalog }
    }

    pub(crate) fn with_policies(self, policies: Arc<Policies>) -> Self {
        Self { policies, ..self }
    }

    /// The rules for whoever asks.
    pub(crate) fn rulebook_for(&self, review: &Review<'_>) -> &Rulebook {
        self.overriding.as_ref().filter(|_| self.overriders.include(&review.user())).unwrap_or(&self.rulebook)
    }
}

/// The basis that is in force.
#[derive(Debug)]
pub(crate) struct InForce(watch::Sender<Arc<Basis>>);

impl InForce {
    pub(crate) fn new(basis: Basis) -> Self {
        Self(watch::Sender::new(Arc::new(basis)))
    }

    pub(crate) fn get(&self) -> Arc<Basis> {
        Arc::clone(&self.0.borrow())
    }

    pub(crate) fn replace(&self, basis: Basis) {
        self.0.send_replace(Arc::new(basis));
    }

    /// Tells of each replacement.
    pub(crate) fn changes(&self) -> watch::Receiver<Arc<Basis>> {
        self.0.subscribe()
    }
}

/// The rules of a server, for the doors beside this one: whatever is judged by them is judged alike.
#[derive(Clone)]
pub struct Rules(Arc<InForce>);

impl Rules {
    pub(crate) fn of(in_force: &Arc<InForce>) -> Self {
        Self(Arc::clone(in_force))
    }

    /// The rules and the catalogue that are in force now, and an organisation's own policies. Each request is to be
    /// judged by one of them from beginning to end.
    #[must_use]
    pub fn get(&self) -> (Arc<Rulebook>, Arc<Policies>) {
        let basis = self.0.get();
        (Arc::clone(&basis.rulebook), Arc::clone(&basis.policies))
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Rules").field(&self.0.get().rulebook.core()).finish()
    }
}
