//! What the rules say of the same objects, in the floor's terms.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use clearance_core::finding::{Path, Segment};
use clearance_core::rules::floor::{self, Hold, Ratchet};
use clearance_core::source::Format;
use clearance_core::{Document, Finding, Fleet, Form, Language, Limits, Operation, Rulebook, Severity, Verdict};
use serde_json::Value;

use crate::server::Refusals;

static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(Rulebook::default);
const NOW: i64 = 1_793_491_200;

/// Judges an object, or its update, as the webhook would: alone, in a fleet that is not known.
pub(crate) fn judge(object: &Value, old: Option<&Value>) -> Verdict {
    let text = object.to_string();
    let old = old.map(Value::to_string);
    let document = document(&text);
    let old = old.as_deref().map(self::document);
    let operation = old.as_ref().map_or(Operation::Create, Operation::Update);
    RULEBOOK.judge(&document, operation, &Fleet::default(), NOW)
}

fn document(text: &str) -> Document<'_> {
    Document::read_as(text, Format::Json, Form::Resource, &Limits::default())
}

pub(crate) fn errors(verdict: &Verdict) -> impl Iterator<Item = &Finding> {
    verdict.findings.iter().filter(|finding| finding.severity == Severity::Error)
}

/// The errors that the floor can say, each at the place where the floor says it.
pub(crate) fn refusals(verdict: &Verdict) -> Refusals {
    let mut refused = BTreeMap::new();
    for finding in errors(verdict) {
        let Some(path) = finding.place.path() else { continue };
        if is_held(finding, path) {
            let sentence = format!("{} [{}]", finding.message(Language::English), finding.rule.name);
            let key = (finding.rule.name.to_owned(), floor_path(finding.rule.name, path).to_string());
            refused.entry(key).or_insert_with(Vec::new).push(sentence);
        }
    }
    refused
}

/// Whether a finding is one that an expression stands for; the page of the floor says the same in words.
fn is_held(finding: &Finding, path: &Path) -> bool {
    let below = |base: &'static str| path.starts_with(&Path::of(base));
    match finding.rule.name {
        // The schema requires the others.
        "missing-field" => below("spec.primaryDomain"),
        "unreplaced-variable" => below("spec.hostCluster") || is_component_name(path),
        "port-out-of-range" => below("spec.apiServer"),
        // The API server has rules of its own for namespaces.
        "invalid-name" | "name-too-long" => !below("metadata.namespace"),
        name => floor::all().any(|(rule, hold)| rule.name == name && matches!(hold, Hold::Cel(_) | Hold::Partly(..))),
    }
}

fn is_component_name(path: &Path) -> bool {
    let slot = Path::of("spec.componentsList");
    path.starts_with(&slot) && path.segments().len() == 4 && path.segments().last() == Some(&Segment::Key("name".into()))
}

/// The path at which the floor tells a rule: it does not see which item of a list it is.
fn floor_path(rule: &str, path: &Path) -> Path {
    let list = match rule {
        "invalid-product" if path.starts_with(&Path::of("spec.productAllowedClusterResources")) => 2,
        "invalid-product" | "empty-cluster-resource" => 3,
        _ => usize::MAX,
    };
    path.segments().iter().take(list).cloned().collect()
}

/// Whether the floor lets more pass of an update than the rule: it does not compare items.
pub(crate) fn is_coarse(rule: &str) -> bool {
    floor::expressions().any(|expression| expression.rule.name == rule && expression.ratchet == Ratchet::Before)
}
