//! What a field means in each profile: found by trying, so that nothing is said here that the
//! rules do not say.
//!
//! Of a complete description the field is taken away, or it is given to one that lacks it; then the
//! core is asked.

use std::borrow::Cow;

use anyhow::Result;
use clearance_core::catalog::Profile;
use clearance_core::finding::{Change, Path, Segment};
use clearance_core::model::REQUEST_ONLY;
use clearance_core::source::{Entry, Node, TextRange, Value, locate};
use clearance_core::{Finding, Form, Language, Rulebook, Severity, Verdict};

use crate::sample::{Sample, judge};

/// What a field is in one profile.
pub struct Trial {
    /// The profile's words.
    pub title: String,
    pub verdict: Use,
    /// The field alone, as a description of this profile has it.
    pub example: Option<Value<'static>>,
}

/// What happens with a field.
pub enum Use {
    /// Without it there is an error.
    Required,
    /// Without it, it is filled in.
    Filled(Option<String>),
    /// With and without it, nothing is said.
    Optional,
    /// With it there is an error.
    Refused(String),
    /// With it there is a warning.
    Warned(String),
    /// No description has it.
    Unknown,
}

impl Trial {
    /// Tries a field in all profiles.
    pub fn all(rulebook: &Rulebook, path: &Path, language: Language) -> Result<Vec<Self>> {
        let first = path.segments().first();
        let is_request_only = matches!(first, Some(Segment::Key(key)) if REQUEST_ONLY.at(key).is_some());
        let form = if is_request_only { Form::Request } else { Form::Resource };
        let profiles = rulebook.catalog().profiles();
        let mut samples = Vec::new();
        for profile in profiles {
            samples.push(Node::new(Sample { profile, form, name: None, api_server: None }.make(rulebook)?, TextRange::default()));
        }
        let Some(written) = form.written(path).filter(|path| !path.segments().is_empty()) else { return Ok(Vec::new()) };
        // Another profile's value, for those that have none.
        let donor = samples.iter().find_map(|sample| locate(sample, &written, None)).map(|at| at.node().value.clone());
        let bench = Bench { rulebook, form, path, written: &written, language };
        Ok(profiles.iter().zip(&samples).map(|(profile, sample)| bench.attempt(profile, sample, donor.as_ref())).collect())
    }
}

struct Bench<'b> {
    rulebook: &'b Rulebook,
    form: Form,
    path: &'b Path,
    written: &'b Path,
    language: Language,
}

impl Bench<'_> {
    fn attempt(&self, profile: &Profile, sample: &Node<'static>, donor: Option<&Value<'static>>) -> Trial {
        let own = locate(sample, self.written, None).map(|at| at.node().value.clone());
        let verdict = match (&own, donor) {
            (Some(_), _) => self.without(sample),
            (None, Some(value)) => self.with(sample, value),
            (None, None) => Use::Unknown,
        };
        Trial { title: profile.title(), verdict, example: own.map(|value| alone(self.written.segments(), value)) }
    }

    fn without(&self, sample: &Node<'static>) -> Use {
        let mut tree = sample.clone();
        remove(&mut tree, self.written.segments());
        let (before, after) = (self.judge(sample), self.judge(&tree));
        if after.errors > before.errors {
            return Use::Required;
        }
        let inserted = after.fill.iter().find_map(|change| match change {
            Change::Insert { path, value } if path.starts_with(self.path) => Some((path == self.path, value)),
            _ => None,
        });
        match inserted {
            Some((true, Value::String(text))) => Use::Filled(Some(text.clone().into_owned())),
            Some(_) => Use::Filled(None),
            None => Use::Optional,
        }
    }

    fn with(&self, sample: &Node<'static>, value: &Value<'static>) -> Use {
        let mut tree = sample.clone();
        insert(&mut tree, self.written.segments(), value);
        let (before, after) = (self.judge(sample), self.judge(&tree));
        let is_new = |finding: &&Finding| {
            !before.findings.iter().any(|known| std::ptr::eq(known.rule, finding.rule) && known.place == finding.place)
        };
        let worst = after.findings.iter().filter(is_new).max_by_key(|finding| finding.severity);
        match worst {
            Some(finding) if finding.severity == Severity::Error => Use::Refused(finding.message(self.language)),
            Some(finding) => Use::Warned(finding.message(self.language)),
            None => Use::Optional,
        }
    }

    fn judge(&self, tree: &Node<'static>) -> Verdict {
        judge(self.rulebook, self.form, &tree.value)
    }
}

/// A value with nothing but its path around it.
fn alone(path: &[Segment], value: Value<'static>) -> Value<'static> {
    path.iter().rev().fold(value, |value, segment| match segment {
        Segment::Key(key) => Value::Map(vec![entry(key.clone(), value)]),
        Segment::Index(_) => Value::List(vec![Node::new(value, TextRange::default())]),
    })
}

fn entry(key: Cow<'static, str>, value: Value<'static>) -> Entry<'static> {
    Entry { key, key_range: TextRange::default(), merged: false, value: Node::new(value, TextRange::default()) }
}

fn remove(node: &mut Node<'static>, path: &[Segment]) {
    let ([Segment::Key(key), rest @ ..], Value::Map(entries)) = (path, &mut node.value) else { return };
    if rest.is_empty() {
        entries.retain(|entry| entry.key != *key);
    } else if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *key) {
        remove(&mut entry.value, rest);
    }
}

fn insert(node: &mut Node<'static>, path: &[Segment], value: &Value<'static>) {
    let ([Segment::Key(key), rest @ ..], Value::Map(entries)) = (path, &mut node.value) else { return };
    if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *key) {
        insert(&mut entry.value, rest, value);
    } else {
        entries.push(entry(key.clone(), alone(rest, value.clone())));
    }
}
