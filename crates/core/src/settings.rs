//! What an organisation decides about verdicts: arguments of the verdict, alike at every door.

use alloc::collections::BTreeSet;

use crate::finding::{Language, Severity};
use crate::map::Map;
use crate::prelude::*;
use crate::verdict::Hash;

/// How a verdict is reached and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The weight of rules by their names; `None` switches a rule off.
    pub severities: Map<String, Option<Severity>>,
    /// Findings that are taken as they are, each with a reason.
    pub suppressions: Vec<Suppression>,
    /// Whether documents may ask that findings are ignored, by comments and by an annotation.
    pub ignores: bool,
    /// Whether what an object says in its annotation [`Override::ANNOTATION`](crate::Override) counts.
    pub overrides: bool,
    /// Rules on trial: they refuse nothing.
    pub monitor: Monitor,
    /// The language of messages.
    pub language: Language,
    /// Whether the fleet counts as complete, whatever it says of itself.
    pub complete: Option<bool>,
    /// How many findings a verdict holds at most; the rest is counted.
    pub limit: usize,
}

/// Which rules only say what they would refuse.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Monitor {
    /// None: all refuse.
    #[default]
    Nothing,
    /// These, by their names.
    Rules(BTreeSet<String>),
    /// All of them.
    Everything,
}

impl Monitor {
    /// Whether a rule is on trial.
    #[must_use]
    pub fn covers(&self, rule: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Rules(rules) => rules.contains(rule),
            Self::Everything => true,
        }
    }
}

/// A finding that is taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The rule.
    pub rule: String,
    /// The path in the resource that it is taken at, and below; everywhere if not said.
    pub path: Option<String>,
    /// Why.
    pub reason: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            severities: Map::default(),
            suppressions: Vec::new(),
            ignores: true,
            overrides: false,
            monitor: Monitor::Nothing,
            language: Language::English,
            complete: None,
            limit: 100,
        }
    }
}

impl Settings {
    /// Adds to a hash everything that verdicts depend on; the language is only how they are told.
    pub(crate) fn hash(&self, hash: &mut Hash) {
        for (rule, severity) in &self.severities {
            hash.add(&[rule, severity.map_or("off", Severity::name)]);
        }
        for suppression in &self.suppressions {
            hash.add(&[&suppression.rule, suppression.path.as_deref().unwrap_or_default()]);
        }
        hash.add(&[if self.overrides { "overrides" } else { "" }]);
        if !self.ignores {
            hash.add(&["ignores nothing"]);
        }
        match &self.monitor {
            Monitor::Nothing => hash.add(&["refusing"]),
            Monitor::Everything => hash.add(&["monitoring"]),
            Monitor::Rules(rules) => rules.iter().for_each(|rule| hash.add(&["monitored", rule])),
        }
        let complete = match self.complete {
            None => "as is",
            Some(true) => "complete",
            Some(false) => "incomplete",
        };
        hash.add(&[complete, &self.limit.to_string()]);
    }
}
