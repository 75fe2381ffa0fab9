//! A policy as it is configured.

use clearance_core::Change;
use clearance_core::finding::Path;
use clearance_core::rules::policy::{Opinion, Says};
use clearance_core::source::Node;
use clearance_core::text::{joined, split_at_piece};

use crate::call::{Answer, Bounds, Call, Callable, Cost};
use crate::capability::{Access, Capability};
use crate::changes;
use crate::failure::Failure;
use crate::prelude::*;
use crate::request::{Operation, Question};
use crate::response::{Response, Weight, cut};

/// A module with its settings, and what its words are worth.
#[derive(Debug, Clone)]
pub struct Policy<M> {
    /// Its name, as findings tell it.
    pub name: String,
    /// Its module, or why there is none.
    pub module: Result<M, String>,
    /// The file that its module was read from, for doors that hand it on; empty where there is none.
    pub file: String,
    /// Its settings, JSON.
    pub settings: String,
    /// Whether it only warns, on trial (`monitor`).
    pub monitored: bool,
    /// Whether it may change objects.
    pub mutates: bool,
    /// What happens when it gives no verdict.
    pub on_failure: OnFailure,
    /// What a call may use.
    pub bounds: Bounds,
    /// What it may ask of the host.
    pub granted: Vec<Capability>,
    /// What is told instead of its own words.
    pub message: Option<String>,
    /// Which clusters it is asked about.
    pub applies: Applies,
}

/// What happens when a policy gives no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// The cluster is refused.
    #[default]
    Refuse,
    /// It is let through with a warning.
    Warn,
}

/// Which clusters a policy is asked about; an empty list means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applies {
    /// Operations; where none is named, creation and update.
    pub operations: Vec<String>,
    /// Names, with `*` for any characters.
    pub names: Vec<String>,
    /// Namespaces, with `*` for any characters.
    pub namespaces: Vec<String>,
    /// `host`, `worker`.
    pub usages: Vec<String>,
    /// `physical`, `virtual`.
    pub cluster_types: Vec<String>,
    /// `deployment`, `pipeline`.
    pub worker_types: Vec<String>,
}

/// A policy that was asked for once, with all that came of it.
#[derive(Debug)]
pub struct Trial {
    /// What it says.
    pub opinions: Vec<Opinion>,
    /// What it would change.
    pub changes: Vec<Change>,
    /// Its answer, as it was given; nothing where it is not asked about this cluster.
    pub response: Option<Response>,
    /// What it cost.
    pub cost: Cost,
    /// What it logged.
    pub log: Vec<String>,
    /// The capabilities that it asked for and does not have.
    pub denied: Vec<String>,
}

impl Applies {
    fn to(&self, operation: Operation, node: &Node<'_>) -> bool {
        let among = |list: &[String], word: &str| list.is_empty() || list.iter().any(|pattern| fits(pattern, word));
        let word = |map: &str, key: &str| node.get(map).and_then(|map| map.get(key)?.as_str()).unwrap_or_default();
        let operations = if self.operations.is_empty() {
            operation != Operation::Delete
        } else {
            self.operations.iter().any(|name| name == operation.word())
        };
        operations
            && among(&self.names, word("metadata", "name"))
            && among(&self.namespaces, word("metadata", "namespace"))
            && among(&self.usages, word("spec", "usage"))
            && among(&self.cluster_types, word("spec", "clusterType"))
            && among(&self.worker_types, word("spec", "workerType"))
    }
}

/// Whether a word fits a pattern in which `*` stands for any characters.
fn fits(pattern: &str, word: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| word.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = split_at_piece(rest, part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

/// How many fields a policy may change: more is no completion of a description, and each is made in a text.
const MOST_CHANGES: usize = 1_000;

impl<M> Policy<M> {
    /// A policy of a module, with what is usual: no settings, nothing granted, and it refuses where it fails.
    #[must_use]
    pub fn new(name: impl Into<String>, module: Result<M, String>) -> Self {
        Self {
            name: name.into(),
            module,
            file: String::new(),
            settings: "{}".to_owned(),
            monitored: false,
            mutates: false,
            on_failure: OnFailure::Refuse,
            bounds: Bounds::default(),
            granted: Vec::new(),
            message: None,
            applies: Applies::default(),
        }
    }

    /// Whether it is asked this question.
    pub(crate) fn is_asked(&self, question: &Question<'_>) -> bool {
        question.subject().is_some_and(|node| self.applies.to(question.operation(), node))
    }

    /// Asks it; nothing where its answer is still to come. `request` is the question as JSON.
    pub(crate) fn ask(&self, question: &Question<'_>, request: &str) -> Option<Trial>
    where
        M: Callable,
    {
        let module = match &self.module {
            Ok(module) => module,
            Err(why) => return Some(self.without(&Failure::Unusable(why.clone()), Answer::none(Failure::Silent))),
        };
        let payload = format!(r#"{{"settings":{},"request":{request}}}"#, self.settings).into_bytes();
        let access = Access { granted: self.granted.clone(), clusters: question.clusters.clone() };
        let mut answer = module.call(Call { operation: "validate", payload, bounds: self.bounds, access });
        let response = core::mem::replace(&mut answer.response, Ok(Vec::new()));
        match response.and_then(|bytes| Response::read(&bytes)) {
            Ok(response) => Some(self.hear(question, response, answer)),
            Err(Failure::Unasked) => None,
            Err(failure) => Some(self.without(&failure, answer)),
        }
    }

    fn hear(&self, question: &Question<'_>, response: Response, answer: Answer) -> Trial {
        let mut changes = Vec::new();
        if response.accepted
            && let (Some(mutated), Some(object)) = (&response.mutated_object, question.object)
        {
            let most = if self.mutates { MOST_CHANGES } else { 0 };
            match changes::between(object, mutated, most) {
                Some(made) => changes = made,
                None if self.mutates => return self.without(&Failure::ManyChanges(MOST_CHANGES), answer),
                None => return self.without(&Failure::Mutation, answer),
            }
        }
        let mut opinions = Vec::new();
        for finding in &response.findings {
            // What it accepts it does not refuse.
            let denies = finding.weight == Weight::Error && !response.accepted;
            opinions.push(self.opinion(if denies { Says::Denied } else { Says::Warned }, finding.path.clone(), &finding.message));
        }
        if !response.accepted && !opinions.iter().any(|opinion| opinion.says == Says::Denied) {
            let message = response.message.as_deref().unwrap_or("refused without a reason");
            opinions.push(self.opinion(Says::Denied, Path::root(), message));
        }
        opinions.extend(response.warnings.iter().map(|warning| self.opinion(Says::Warned, Path::root(), warning)));
        let Answer { cost, log, denied, .. } = answer;
        Trial { opinions, changes, response: Some(response), cost, log, denied }
    }

    fn opinion(&self, says: Says, path: Path, sentence: &str) -> Opinion {
        let told = self.message.clone().filter(|_| says == Says::Denied);
        Opinion { policy: self.name.clone(), says, path, sentence: sentence.to_owned(), told, monitored: self.monitored }
    }

    fn without(&self, failure: &Failure, answer: Answer) -> Trial {
        let says = if self.on_failure == OnFailure::Warn { Says::Passed } else { Says::Failed };
        let mut sentence = failure.to_string();
        if !answer.denied.is_empty() {
            sentence = format!("{sentence} (it asked for {}, which it is not granted)", joined(&answer.denied, ", "));
        }
        let Answer { cost, log, denied, .. } = answer;
        let opinion = self.opinion(says, Path::root(), &cut(sentence));
        Trial { opinions: vec![opinion], changes: Vec::new(), response: None, cost, log, denied }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns() {
        for (pattern, word, is) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("prod-*", "prod-1", true),
            ("prod-*", "pro-1", false),
            ("*-host", "a-host", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(fits(pattern, word), is, "{pattern} {word}");
        }
    }
}
