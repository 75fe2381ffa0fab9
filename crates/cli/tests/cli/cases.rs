//! A platform team's own cases, and verdicts of the webhook that are given again.

use serde_json::{Value, json};

use crate::support::{HOST, Place, corpus, virtual_cluster};

const CASE: &str = "about: A port that the gateway of the host has.\nintends:\n\
    - {rule: port-already-used, path: spec.apiServer, severity: error}\nonly: true\n";

/// A case that passes.
fn cases() -> Place {
    let place = Place::new();
    place.write("cases/port/case.yaml", CASE);
    place.write("cases/port/input.yaml", virtual_cluster("shop", 30_443));
    place.write("cases/port/fleet/host.yaml", HOST);
    place
}

/// The corpus has this shape, too: what the core is expected to say, the command says.
#[test]
fn the_corpus_is_a_directory_of_cases() {
    let place = Place::new();
    let outcome = place.run(&["test", corpus().to_str().unwrap()]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{outcome}");
    assert!(outcome.out.ends_with(" cases, all as expected\n"), "{outcome}");
}

#[test]
fn what_is_not_as_expected_is_told() {
    let place = cases();
    assert_eq!(place.run(&["test", "cases"]).out, "1 case, all as expected\n");
    place.write("cases/port/case.yaml", CASE.replace("spec.apiServer", "spec.usage"));
    let outcome = place.run(&["test"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (1, ""));
    let expected = "./cases/port: A port that the gateway of the host has.\n  lacks error[port-already-used] at spec.usage\n  \
        has beside error[port-already-used] at spec.apiServer: node port `30443` is already used by the gateway of `cluster-host`\n\
        1 case: 0 as expected, 1 not, 0 unusable\n";
    assert_eq!(outcome.out, expected);
    place.write("cases/port/case.yaml", "about: x\nnot: [port-already-used]\n");
    assert!(place.run(&["test"]).out.contains("  must not have error[port-already-used] at spec.apiServer"));
}

/// Settings and catalogue are the platform team's: the cases say what becomes of them.
#[test]
fn settings_and_catalogue_count() {
    let place = cases();
    place.write("clearance.toml", "fleet = [\"nowhere\"]\nbaseline = \"nowhere\"\n[severity]\nport-already-used = \"warning\"\n");
    let outcome = place.run(&["test"]);
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(outcome.out.contains("has beside warning[port-already-used]"), "{outcome}");
    assert_eq!(place.run(&["test", "--no-config"]).code, 0);
    let component = "version: 1\ncomponents:\n  kong:\n    slot: gateway\n    namespace: kong\n    default: true\n";
    place.write("own/catalog.yaml", component);
    place.write("own/kong/case.yaml", "about: Our own gateway.\ncatalog: ../catalog.yaml\nonly: true\n");
    place.write("own/kong/input.yaml", format!("{HOST}  componentsList: {{gateway: {{name: kong}}}}\n"));
    assert_eq!(place.run(&["test", "own", "--no-config"]).code, 0);
    place.write("own/kong/case.yaml", "about: Our own gateway.\nonly: true\n");
    assert!(place.run(&["test", "own", "--no-config"]).out.contains("[unknown-component]"));
    assert_eq!(place.run(&["test", "own", "--no-config", "--catalog", "own/catalog.yaml"]).code, 0);
}

#[test]
fn what_comes_out_can_be_written_down() {
    let place = cases();
    assert_eq!(place.run(&["test", "--bless"]).out, "1 case written\n");
    let path = "cases/port/expected.json";
    let written = std::fs::read_to_string(place.path().join(path)).unwrap();
    let expected: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(expected["findings"][0]["underlined"], "https://203.0.113.10:30443");
    assert_eq!(expected["filled"][0]["metadata"]["name"], "shop");
    assert_eq!(place.run(&["test"]).code, 0);
    place.write(path, written.replace("node port `30443`", "node port `30444`"));
    let outcome = place.run(&["test"]);
    assert!(outcome.code == 1 && outcome.out.contains("node port `30444`"), "{outcome}");
    // A credential is not written down.
    let request = crate::support::case("profiles/host-request/input.json");
    place.write("cases/secret/input.json", &request);
    place.write("cases/secret/case.yaml", "about: x\nname: 'no name'\nonly: true\n");
    assert_eq!(place.run(&["test", "--bless"]).code, 0);
    let kubeconfig = serde_json::from_str::<Value>(&request).unwrap()["kubeconfig"].as_str().unwrap().to_owned();
    let written = std::fs::read_to_string(place.path().join("cases/secret/expected.json")).unwrap();
    assert!(written.contains("invalid-name") && !written.contains(&kubeconfig[..20]), "{written}");
}

#[test]
fn cases_that_are_none() {
    let refused = |place: &Place, args: &[&str]| {
        let outcome = place.run(&[&["test"], args].concat());
        assert_eq!(outcome.code, 2, "{outcome}");
        outcome.err
    };
    let place = Place::new();
    assert_eq!(refused(&place, &[]), "error: there is no case here: no directory holds a `case.yaml`\n");
    place.write("a/case.yaml", "about: x\nonly: true\n");
    assert!(refused(&place, &[]).contains("`./a`: it holds none of input.yaml"));
    place.write("a/input.yaml", HOST);
    assert_eq!(place.run(&["test"]).code, 0);
    for (text, why) in [
        ("about: x\n", "it expects nothing"),
        ("about: x\nintend: []\n", "unknown field `intend`"),
        ("about: [\n", "case.yaml:1:8: it cannot be read as YAML"),
        ("about: x\noperation: update\nonly: true\n", "an update needs `old.yaml`"),
        ("about: x\nnow: yesterday\nonly: true\n", "`now` is `yesterday`: this is no time"),
        ("about: x\nnot: [port-alredy-used]\n", "perhaps `port-already-used` is meant"),
    ] {
        place.write("a/case.yaml", text);
        let err = refused(&place, &[]);
        assert!(err.contains(why), "{text}: {err}");
    }
    assert!(refused(&place, &["--fleet", "a"]).contains("stands in its directory"));
}

/// A review as the webhook writes it down.
fn captured(operation: &str, object: &Value, old: &Value, causes: &Value) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "captured": {"at": "2026-11-01T00:00:00Z", "core": "0.0.9+0000000000000000"},
        "request": {
            "uid": "1", "kind": {"group": "nautes.resource.nautes.io", "kind": "Cluster"}, "operation": operation,
            "name": "shop", "namespace": "nautes", "object": object, "oldObject": old,
        },
        "response": {"uid": "1", "allowed": causes.as_array().is_none_or(Vec::is_empty), "status": {"details": {"causes": causes}}},
    })
}

fn object() -> Value {
    json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "shop"},
        "spec": {"apiServer": "https://203.0.113.10:30443", "clusterType": "virtual", "usage": "worker", "workerType": "deployment",
            "hostCluster": "cluster-host"},
    })
}

#[test]
fn a_refusal_is_given_again() {
    let place = Place::with([("fleet.yaml", HOST)]);
    let cause = json!([{"field": "spec.apiServer", "reason": "FieldValueDuplicate", "message":
        "Duplicate value: \"https://203.0.113.10:30443\": node port `30443` is already used by the gateway of `cluster-host` [port-already-used]"}]);
    let (refused, none) = (captured("CREATE", &object(), &Value::Null, &cause), json!([]));
    place.write("refusals.jsonl", format!("{refused}\n\n{refused}\n"));
    let replay = |file: &str, more: &[&str]| place.run(&[&["replay", file, "--format", "concise"], more].concat());
    let outcome = replay("refusals.jsonl", &["--fleet", "fleet.yaml"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{outcome}");
    let lines: Vec<&str> = outcome.out.lines().collect();
    assert!(lines.len() == 2 && lines[1].starts_with("refusals.jsonl:3:"), "{outcome}");
    // Without the host there is no clash: the verdict is another one, and what differs is told.
    let outcome = replay("refusals.jsonl", &[]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.err.contains("refusals.jsonl:1: the verdict is another one now (then by core 0.0.9+0000000000000000, now by"),
        "{outcome}"
    );
    assert!(outcome.err.contains("only then: spec.apiServer: Duplicate value"), "{outcome}");
    // What was let in then, and would be refused now.
    place.write("allowed.json", serde_json::to_string_pretty(&captured("CREATE", &object(), &Value::Null, &none)).unwrap());
    let outcome = replay("allowed.json", &["--fleet", "fleet.yaml"]);
    assert!(outcome.code == 1 && outcome.err.contains("only now: spec.apiServer: node port `30443`"), "{outcome}");
}

/// Updates are judged against what was there, deletions against what refers to them; a review that was never
/// answered fails where it would be refused.
#[test]
fn every_operation_is_judged() {
    let place = Place::with([("fleet.yaml", format!("{HOST}---\n{}", virtual_cluster("shop", 31_000)).as_str())]);
    let host = json!({"apiVersion": "nautes.resource.nautes.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "cluster-host"},
        "spec": {"apiServer": "https://203.0.113.10:6443", "clusterType": "physical", "usage": "host"}});
    let mut other = host.clone();
    other["spec"]["usage"] = "worker".into();
    other["spec"]["workerType"] = "deployment".into();
    let judged = |operation: &str, object: &Value, old: &Value| {
        let mut review = captured(operation, object, old, &json!([]));
        review["request"]["name"] = "cluster-host".into();
        review.as_object_mut().unwrap().remove("response");
        let outcome = place.run_with(&["replay", "-", "--fleet", "fleet.yaml", "--format", "concise"], review.to_string().as_bytes());
        (outcome.code, outcome.out + &outcome.err)
    };
    let (code, out) = judged("UPDATE", &other, &host);
    assert!(code == 1 && out.contains("error[field-frozen]"), "{out}");
    let (code, out) = judged("DELETE", &Value::Null, &host);
    assert!(code == 1 && out.contains("error[still-referenced]"), "{out}");
    assert_eq!(judged("UPDATE", &host, &host).0, 0);
    let (code, out) = judged("CONNECT", &host, &Value::Null);
    assert!(code == 0 && out.contains("nothing is judged here"), "{out}");
    let (code, out) = judged("DELETE", &Value::Null, &Value::Null);
    assert!(code == 2 && out.contains("it holds no `request.oldObject`"), "{out}");
    let outcome = place.run_with(&["replay", "-"], b"{\"kind\": \"Pod\"}\nnot json\n");
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("<stdin>:1: it is no `AdmissionReview`") && outcome.err.contains("<stdin>:2: it is no JSON"), "{outcome}");
    assert!(place.run_with(&["replay", "-"], b"").err.contains("there is no review here"));
}
