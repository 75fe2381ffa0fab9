//! All policies of a configuration.

use clearance_core::rules::policy::Opinion;
use clearance_core::source::Node;
use clearance_core::{Change, changes};

use crate::call::Callable;
use crate::policy::{Policy, Trial};
use crate::prelude::*;
use crate::request::{Operation, Question};

/// The policies that hold, by modules that a door can call.
#[derive(Debug, Clone)]
pub struct Policies<M> {
    /// In the order of the configuration.
    pub list: Vec<Policy<M>>,
    /// What tells one configuration from another.
    pub digest: String,
}

impl<M> Default for Policies<M> {
    fn default() -> Self {
        Self { list: Vec::new(), digest: String::new() }
    }
}

/// What all policies say.
#[derive(Debug, Default)]
pub struct Said {
    /// Of the description as it is.
    pub opinions: Vec<Opinion>,
    /// Of the one before an update.
    pub before: Vec<Opinion>,
    /// What they change, in their order.
    pub changes: Vec<Change>,
}

impl<M> Policies<M> {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether one of them may look clusters up.
    #[must_use]
    pub fn look_up(&self) -> bool {
        self.list.iter().any(|policy| !policy.granted.is_empty())
    }
}

impl<M: Callable> Policies<M> {
    /// Asks them all, one after the other: each sees what those before it have changed. None of them
    /// keeps the others from being asked. What is still to be answered is left out.
    #[must_use]
    pub fn ask(&self, question: &Question<'_>) -> Said {
        let mut said = Said::default();
        let mut changed: Option<Node<'static>> = None;
        let mut request: Option<String> = None;
        for policy in self.list.iter().filter(|policy| policy.is_asked(question)) {
            let asked = Question { object: changed.as_ref().or(question.object), ..question.clone() };
            let json = request.get_or_insert_with(|| asked.to_json());
            let Some(Trial { opinions, changes, .. }) = policy.ask(&asked, json) else {
                // What the others are asked may depend on what it changes.
                if policy.mutates {
                    break;
                }
                continue;
            };
            // What it said of the description from before is no news.
            if !opinions.is_empty()
                && question.operation() == Operation::Update
                && let Some(old) = question.old
            {
                let before = Question { operation: Some(Operation::Create), object: Some(old), old: None, ..question.clone() };
                said.before.extend(policy.ask(&before, &before.to_json()).into_iter().flat_map(|trial| trial.opinions));
            }
            said.opinions.extend(opinions);
            if !changes.is_empty() {
                if let Some(mut next) = asked.object.cloned().map(Node::into_owned) {
                    changes::apply(&mut next, &changes);
                    changed = Some(next);
                }
                request = None;
                said.changes.extend(changes);
            }
        }
        said
    }

    /// Asks one of them alone, if it is asked this question at all.
    #[must_use]
    pub fn ask_one(policy: &Policy<M>, question: &Question<'_>) -> Option<Trial> {
        if policy.is_asked(question) { policy.ask(question, &question.to_json()) } else { None }
    }
}
