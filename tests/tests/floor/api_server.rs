//! A real API server takes the CRD, and refuses of the corpus what `kube-cel` says it refuses: without a webhook.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use clearance_tests::case::{self, OperationKind};
use clearance_tests::controlplane::{Answer, CLUSTERS, ControlPlane, PAST, with_past};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::corpus::objects;
use crate::objects::{cluster, updates};
use crate::server;

/// How many generated updates are asked about.
const UPDATES: usize = 150;

/// An API server that takes Clusters, and asks nobody.
fn plane() -> &'static ControlPlane {
    static PLANE: LazyLock<ControlPlane> = LazyLock::new(|| {
        let plane = ControlPlane::start("floor").expect("a control plane");
        plane.add_namespace("nautes").expect("a namespace");
        plane.add_crd(&with_past(server::CRD.clone())).expect("the API server takes the CRD");
        plane
    });
    &PLANE
}

/// What an API server answers to an update of what was there before there was a floor. Each test has a
/// namespace of its own, as their objects share names.
fn update(namespace: &str, object: &Value, old: &Value) -> Answer {
    plane().add_namespace(namespace).expect("a namespace");
    let api = plane().api();
    let clusters = CLUSTERS.replace("/nautes/", &format!("/{namespace}/"));
    let past = clusters.replace("v1alpha1", PAST);
    let name = old["metadata"]["name"].as_str().expect("a name");
    let (mut old, mut object) = (old.clone(), object.clone());
    old["metadata"]["namespace"] = namespace.into();
    old["apiVersion"] = format!("nautes.resource.nautes.io/{PAST}").into();
    let stored = api.create(&past, &old).expect("an answer");
    assert_eq!(stored.code, 201, "what takes everything takes this: {}", stored.body);
    object["metadata"]["namespace"] = namespace.into();
    object["metadata"]["resourceVersion"] = stored.body["metadata"]["resourceVersion"].clone();
    let answer = api.replace(&format!("{clusters}/{name}?dryRun=All"), &object).expect("an answer");
    let gone = api.delete(&format!("{past}/{name}")).expect("an answer");
    assert_eq!(gone.code, 200, "{}", gone.body);
    answer
}

/// Rule and field of each cause that the floor told.
fn told(answer: &Value) -> BTreeSet<(String, String)> {
    let causes = answer["details"]["causes"].as_array().into_iter().flatten();
    let causes = causes.filter_map(|cause| {
        let (_, rule) = cause["message"].as_str()?.strip_suffix(']')?.rsplit_once(" [")?;
        Some((rule.to_owned(), cause["field"].as_str()?.to_owned()))
    });
    causes.collect()
}

/// Kubernetes writes keys of maps in brackets.
fn as_field((rule, path): &(String, String)) -> (String, String) {
    let below = ["spec.reservedNamespacesAllowedProducts.", "spec.productAllowedClusterResources."];
    let written = below.iter().find_map(|map| path.strip_prefix(map).map(|key| format!("{}[{key}]", map.trim_end_matches('.'))));
    (rule.clone(), written.unwrap_or_else(|| path.clone()))
}

#[test]
fn the_corpus_without_a_webhook() {
    let (mut refused, mut accepted) = (0, 0);
    for case in case::all().expect("the corpus") {
        if case.about.operation == OperationKind::Delete {
            continue;
        }
        for (index, mut object) in objects(&case.input, &case.file, case.about.name.as_deref()).into_iter().enumerate() {
            object["metadata"]["namespace"] = "nautes".into();
            let has_structure = server::has_structure(&object);
            let wanted: BTreeSet<_> =
                if has_structure { server::refusals(&object, None).keys().map(as_field).collect() } else { BTreeSet::new() };
            let answer = plane().api().create(&format!("{CLUSTERS}?dryRun=All"), &object).expect("an answer");
            let what = format!("{} #{index}: {}", case.name, answer.body);
            // The API server has rules of its own for an object's name.
            let is_name = |told: &Value| told["field"] == "metadata.name";
            if has_structure {
                let own = answer.body["details"]["causes"].as_array().is_some_and(|causes| causes.iter().any(is_name));
                assert!(own || told(&answer.body) == wanted, "{wanted:?} is what kube-cel says: {what}");
                assert_eq!(answer.code, if wanted.is_empty() && !own { 201 } else { 422 }, "{what}");
            } else {
                assert!([400, 422].contains(&answer.code), "{what}");
            }
            if answer.code == 201 { accepted += 1 } else { refused += 1 }
        }
    }
    println!("{refused} objects of the corpus are refused, {accepted} accepted");
    assert!(refused > 50 && accepted > 50);
}

/// As with what is created; and what was wrong before is let pass until it changes.
#[test]
fn updates_without_a_webhook() {
    let mut pairs = Vec::new();
    for case in case::all().expect("the corpus") {
        let name = case.about.name.as_deref();
        let Some(old) = case.old.as_deref().and_then(|old| objects(old.as_bytes(), "old.yaml", name).into_iter().next()) else { continue };
        let objects = objects(&case.input, &case.file, name).into_iter();
        pairs.extend(objects.map(|object| (case.name.clone(), object, old.clone())));
    }
    let of_the_corpus = pairs.len();
    // The same on every machine.
    let mut runner = TestRunner::deterministic();
    for index in 0..UPDATES {
        let (before, after) = updates().new_tree(&mut runner).expect("an update").current();
        let [old, object] = [before, after].map(|spec| cluster(&json!("own"), &spec));
        pairs.push((format!("generated #{index}"), object, old));
    }
    let (mut refused, mut accepted, mut ratcheted) = (0, 0, 0);
    for (name, object, old) in &pairs {
        if !server::has_structure(object) || !server::has_structure(old) {
            continue;
        }
        let answer = update("updates", object, old);
        let wanted: BTreeSet<_> = server::refusals(object, Some(old)).keys().map(as_field).collect();
        let what = format!("{name}: {}\nbefore {old}\nafter {object}", answer.body);
        assert_eq!(told(&answer.body), wanted, "this is what kube-cel says: {what}");
        assert_eq!(answer.code, if wanted.is_empty() { 200 } else { 422 }, "{what}");
        if wanted.is_empty() {
            accepted += 1;
        } else {
            refused += 1;
        }
        // Refused if it were new.
        let alone: BTreeSet<_> = server::refusals(object, None).keys().map(as_field).collect();
        ratcheted += usize::from(!alone.is_subset(&wanted));
    }
    println!("{} updates: {refused} are refused, {accepted} accepted; in {ratcheted} something wrong is let pass", pairs.len());
    assert!(of_the_corpus > 40 && refused > 50 && accepted > 40 && ratcheted > 20, "{of_the_corpus} {refused} {accepted} {ratcheted}");
}

/// Words and types that the schema refuses are let pass in the same way, which `kube-cel` cannot tell.
#[test]
fn an_unsupported_value_stays_until_it_changes() {
    let with = |usage: &str, domain: &str| {
        let spec = json!({"apiServer": "https://203.0.113.20:6443", "clusterType": "physical", "usage": usage, "primaryDomain": domain});
        cluster(&json!("own"), &spec)
    };
    let before = with("wroker", "one.example.com");
    for (after, code) in [(with("wroker", "two.example.com"), 200), (with("wokrer", "one.example.com"), 422)] {
        let answer = update("words", &after, &before);
        assert_eq!(answer.code, code, "{}", answer.body);
        if code == 422 {
            assert_eq!(answer.body["details"]["causes"][0]["field"], "spec.usage", "{}", answer.body);
        }
    }
}
