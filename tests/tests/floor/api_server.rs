//! A real API server takes the CRD, and refuses of the corpus what `kube-cel` says it refuses: without a webhook.

use std::collections::BTreeSet;

use clearance_tests::case::{self, OperationKind};
use clearance_tests::controlplane::{CLUSTERS, ControlPlane};
use serde_json::Value;

use crate::corpus::objects;
use crate::server;

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
    let plane = ControlPlane::start("floor").expect("a control plane");
    plane.add_namespace("nautes").expect("a namespace");
    plane.add_crd(&server::CRD).expect("the API server takes the CRD");
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
            let answer = plane.api().create(&format!("{CLUSTERS}?dryRun=All"), &object).expect("an answer");
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
