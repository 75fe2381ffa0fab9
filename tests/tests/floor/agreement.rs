//! Expression false, rule found: on generated objects, at the same place, in the same words.

use clearance_core::Form;
use clearance_core::source::Format;
use clearance_core::{Document, Limits};
use clearance_tests::controlplane::prune;
use clearance_tests::generate;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use crate::objects::{cluster, names, specs, updates};
use crate::rules::{errors, is_coarse, judge};
use crate::{rules, server};

/// The same cases on every machine; `CLEARANCE_CASES` and `CLEARANCE_SEED` look further.
fn cases() -> ProptestConfig {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let cases = number("CLEARANCE_CASES").and_then(|cases| u32::try_from(cases).ok()).unwrap_or(1_000);
    let rng_seed = RngSeed::Fixed(number("CLEARANCE_SEED").unwrap_or(1));
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_created(name in names(), spec in specs()) {
        agree(&cluster(&name, &spec), None);
    }

    #[test]
    fn what_is_updated(name in names(), (before, after) in updates()) {
        agree(&cluster(&name, &after), Some(&cluster(&name, &before)));
    }

    #[test]
    fn documents_of_the_harness(plan in generate::tidy_plans()) {
        let generated = plan.write();
        let document = Document::read_as(&generated.text, plan.format, plan.form, &Limits::default()).named(generated.name.clone());
        let mut object = serde_json::to_value(document.to_resource()).expect("JSON");
        as_stored(&mut object, &generated.name);
        agree(&object, None);
    }
}

/// As an API server has it: a name, the right kind, no `null` outside lists, and no unknown field.
pub(crate) fn as_stored(object: &mut Value, name: &str) {
    object["apiVersion"] = json!("nautes.resource.nautes.io/v1alpha1");
    object["kind"] = json!("Cluster");
    let written = |key: &str| object["metadata"][key].as_str().map(str::to_owned);
    object["metadata"] = json!({"name": written("name").unwrap_or_else(|| name.to_owned()), "namespace": written("namespace")});
    clearance_tests::strip_nulls(object);
    prune(&server::CRD, object);
}

fn agree(object: &Value, old: Option<&Value>) {
    let verdict = judge(object, old);
    if !server::has_structure(object) {
        assert!(errors(&judge(object, None)).next().is_some(), "the schema refuses what the rules accept: {object}");
        return;
    }
    if old.is_some_and(|old| !server::has_structure(old)) {
        return;
    }
    let says = |rule: &str| errors(&verdict).any(|finding| finding.rule.name == rule);
    assert!(!["wrong-type", "unsupported-value"].into_iter().any(says), "the schema accepts what the rules refuse: {object}");

    let by_rules = rules::refusals(&verdict);
    let by_cel = server::refusals(object, old);
    for ((rule, path), sentences) in &by_cel {
        let found = by_rules.get(&(rule.clone(), path.clone()));
        // One fault, one finding: a variable hides what else is wrong at its place.
        let told_as_variable = || {
            errors(&verdict).any(|finding| {
                let at = finding.place.path().map(ToString::to_string).unwrap_or_default();
                finding.rule.name == "unreplaced-variable" && at.starts_with(path.as_str())
            })
        };
        match found {
            Some(told) => assert!(
                sentences
                    .iter()
                    .all(|sentence| told.contains(sentence) || is_headline(sentence) || is_shown(sentence) || told_as_variable()),
                "{rule} at {path}: CEL says {sentences:?}, the rule {told:?}"
            ),
            None => {
                assert!(told_as_variable(), "only CEL tells {rule} at {path}: {sentences:?}\n{object}\n{old:?}\n{:?}", verdict.findings);
            }
        }
    }
    for (rule, path) in by_rules.keys().filter(|key| !by_cel.contains_key(*key)) {
        let weaker = match rule.as_str() {
            "invalid-api-server" | "missing-field" | "port-out-of-range" => object["spec"]["apiServer"].as_str().is_some_and(is_mapped),
            rule => old.is_some() && is_coarse(rule),
        };
        assert!(weaker, "only the rule tells {rule} at {path}\n{object}\n{old:?}");
    }
}

/// `isIP` takes no IPv6 address with an IPv4 address in it, so the floor does not ask it about those.
fn is_mapped(address: &str) -> bool {
    address.contains('[') && (address.contains('.') || address.to_ascii_lowercase().contains(":ffff:"))
}

/// The rule's headline stands where there is a sentence for each of many faults.
fn is_headline(sentence: &str) -> bool {
    clearance_core::rules::all().any(|rule| sentence == format!("{} [{}]", rule.headline.en, rule.name))
}

/// A rule shows control characters and cuts long values, where CEL repeats them as they are; and `isIP`
/// takes no IPv6 address with an IPv4 address in it, which is then called no name instead.
fn is_shown(sentence: &str) -> bool {
    sentence.chars().any(char::is_control) || sentence.chars().count() > 120 || sentence.contains("`::ffff:")
}

/// What is filled in whatever else is known is what the CRD fills in, and nothing else is.
#[test]
fn defaults_are_the_cores() {
    let text =
        json!({"apiVersion": "nautes.resource.nautes.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "own"}, "spec": {}}).to_string();
    let document = Document::read_as(&text, Format::Json, Form::Resource, &Limits::default());
    let verdict =
        clearance_core::Rulebook::default().judge(&document, clearance_core::Operation::Create, &clearance_core::Fleet::default(), 0);
    let filled: Vec<String> = verdict.fill.iter().map(|change| format!("{change:?}")).collect();
    assert_eq!(filled.len(), 1, "{filled:?}");
    let mut defaults = Vec::new();
    collect_defaults(&server::SCHEMA, "", &mut defaults);
    assert_eq!(defaults, [(".spec.clusterKind".to_owned(), json!("kubernetes"))]);
    assert!(filled[0].contains("clusterKind") && filled[0].contains("kubernetes"), "{filled:?}");
}

fn collect_defaults(schema: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    if let Some(default) = schema.get("default") {
        found.push((path.to_owned(), default.clone()));
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        collect_defaults(field, &format!("{path}.{name}"), found);
    }
}
