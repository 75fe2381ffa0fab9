//! What policies said of a description, on its way into the verdict. What they change is judged by the rules as well: the
//! API server looks at an object once more when it was changed, and what it will refuse is said here.

use clearance_core::finding::Path;
use clearance_core::rules::policy::{Opinion, Says};
use clearance_core::source::{Format, Node};
use clearance_core::{Change, Document, Examined, Fleet, Form, Limits, Record, Relations, Rulebook, Severity, Verdict, changes};

use crate::policies::Said;
use crate::prelude::*;

/// What all policies said of a description.
#[derive(Debug, Default)]
pub struct Heard {
    pub(crate) said: Said,
    pub(crate) changed: Option<Changed>,
}

/// What policies saw, and what they made of it.
#[derive(Debug)]
pub(crate) struct Changed {
    /// Who made it.
    policies: String,
    before: Resource,
    after: Resource,
}

/// A resource that was looked at on its own.
#[derive(Debug)]
struct Resource {
    json: String,
    examined: Examined,
}

/// What the fleet has to say of a description, and of what policies make of it.
#[derive(Debug)]
pub struct Related {
    relations: Relations,
    /// Before and after the changes.
    changed: Option<[Relations; 2]>,
}

impl Heard {
    /// Looks at a cluster, and at what policies make of it, among all others. As [`Rulebook::relate`], it is the only part
    /// that needs the fleet.
    #[must_use]
    pub fn relate(&self, rulebook: &Rulebook, record: &Record, old: Option<(&Record, &Fleet)>, deletion: bool, fleet: &Fleet) -> Related {
        let relate = |record| rulebook.relate(record, old, deletion, fleet);
        let changed = self.changed.as_ref().map(|Changed { before, after, .. }| [before, after].map(|one| relate(&one.examined.record)));
        Related { relations: relate(record), changed }
    }

    /// Puts together what was found and what policies said. The arguments are those of [`Rulebook::conclude`].
    #[must_use]
    pub fn conclude(
        &self,
        rulebook: &Rulebook,
        document: &Document<'_>,
        examined: Examined,
        old: Option<(&Document<'_>, Examined)>,
        related: Related,
    ) -> Verdict {
        let Related { mut relations, changed } = related;
        relations.hear(&self.said.opinions, &self.said.before);
        if let (Some(made), Some(related)) = (&self.changed, changed) {
            relations.hear(&made.refusals(rulebook, old.as_ref(), related), &[]);
        }
        let mut verdict = rulebook.conclude(document, examined, old, relations);
        verdict.fill.extend(self.said.changes.iter().cloned());
        verdict
    }
}

impl Changed {
    pub(crate) fn of(policies: String, before: &Node<'static>, made: &[Change], rulebook: &Rulebook) -> Self {
        let mut after = before.clone();
        changes::apply(&mut after, made);
        Self { policies, before: Resource::of(before, rulebook), after: Resource::of(&after, rulebook) }
    }

    /// What the rules have against what was made, and had not against what was there.
    fn refusals(&self, rulebook: &Rulebook, old: Option<&(&Document<'_>, Examined)>, related: [Relations; 2]) -> Vec<Opinion> {
        let [before, after] = related;
        let known = self.before.errors(rulebook, old, before);
        let new = self.after.errors(rulebook, old, after).into_iter();
        let new = new.filter(|(rule, path, _)| !known.iter().any(|(other, there, _)| rule == other && path == there));
        new.map(|(rule, path, message)| Opinion {
            policy: self.policies.clone(),
            says: Says::Denied,
            path,
            sentence: format!("what it changes is refused: {message} [{rule}]"),
            told: None,
            monitored: false,
        })
        .collect()
    }
}

impl Resource {
    fn of(node: &Node<'static>, rulebook: &Rulebook) -> Self {
        let json = serde_json::to_string(node).unwrap_or_default();
        // No rule asks a resource for the time: that is for kubeconfigs.
        let examined = rulebook.examine(&read(&json), 0);
        Self { json, examined }
    }

    /// The rule, the place and the sentence of each error.
    fn errors(
        &self,
        rulebook: &Rulebook,
        old: Option<&(&Document<'_>, Examined)>,
        relations: Relations,
    ) -> Vec<(&'static str, Path, String)> {
        let language = rulebook.settings().language;
        let verdict = rulebook.conclude(&read(&self.json), self.examined.clone(), old.cloned(), relations);
        let errors = verdict.findings.iter().filter(|finding| finding.severity == Severity::Error);
        errors.map(|finding| (finding.rule.name, finding.place.path().cloned().unwrap_or_default(), finding.message(language))).collect()
    }
}

fn read(json: &str) -> Document<'_> {
    Document::read_as(json, Format::Json, Form::Resource, &Limits::default())
}
