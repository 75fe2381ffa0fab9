//! What a verdict rests on beside the object: rules, catalogue and fleet. They are replaced while the
//! server runs; each review is judged on one of them from beginning to end.

use std::sync::{Arc, PoisonError, RwLock};

use clearance_core::{Fleet, Rulebook};

/// What verdicts rest on.
#[derive(Debug)]
pub(crate) struct Basis {
    pub rulebook: Rulebook,
    pub fleet: Fleet,
}

/// The basis that is in force.
#[derive(Debug)]
pub(crate) struct InForce(RwLock<Arc<Basis>>);

impl InForce {
    pub(crate) fn new(basis: Basis) -> Self {
        Self(RwLock::new(Arc::new(basis)))
    }

    pub(crate) fn get(&self) -> Arc<Basis> {
        // Nothing panics while it holds this lock, and an `Arc` is whole at any time.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace(&self, basis: Basis) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(basis);
    }
}
