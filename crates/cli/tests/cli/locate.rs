//! From a refusal back to the line.

use insta::assert_snapshot;

use crate::support::{HOST, Place};

const REFUSAL: &str = "Error from server (Invalid): error when creating \"a.yaml\": admission webhook \"clearance.nautes.io\" denied the request: \
    Cluster \"shop\" is invalid: [spec.apiServer: Invalid value: \"http://8.217.50.114:6443\": `http://8.217.50.114:6443` is no `https` address \
    [invalid-api-server], spec.workerType: Required value: a worker needs a worker type [worker-without-type]]\n";

#[test]
fn every_cause_has_its_line() {
    let shop = "# one\napi_server: http://8.217.50.114:6443\ncluster_name: shop\ncluster_type: physical\nusage: worker\n";
    let place = Place::with([("a.yaml", HOST), ("b/shop.yaml", shop)]);
    assert_snapshot!("located", place.run_with(&["locate", "-"], REFUSAL.as_bytes()));
    let outcome = place.run_with(&["locate", "-", "a.yaml"], REFUSAL.as_bytes());
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("no file here has `spec.apiServer` of `shop`: Invalid value"), "{outcome}");
    let outcome = place.run_with(&["locate", "-"], b"cluster.nautes.resource.nautes.io/shop created\n");
    assert_eq!((outcome.code, outcome.err.as_str()), (0, "warning: there is no refusal of a Cluster in this message\n"));
    place.write("message.txt", REFUSAL);
    assert_eq!(place.run(&["locate", "message.txt", ".", "--format", "concise"]).out.lines().count(), 2);
}

#[test]
fn versions_completions_and_pages() {
    let place = Place::new();
    let version: serde_json::Value = serde_json::from_str(&place.run(&["version", "--format", "json"]).out).unwrap();
    assert_eq!((version["version"].as_str(), version["core"]["hash"].as_str().map(str::len)), (Some("0.1.0"), Some(16)));
    assert!(place.run(&["version"]).out.starts_with("clearance 0.1.0 (core 0.1.0+"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(place.run(&["completions", shell]).out.contains("write-baseline"), "{shell}");
    }
    let outcome = place.run(&["man", "."]);
    assert_eq!(outcome.code, 0, "{outcome}");
    for page in ["clearance.1", "clearance-check.1", "clearance-fix.1"] {
        assert!(std::fs::read_to_string(place.path().join(page)).unwrap().contains(".TH"), "{page}");
    }
    assert_eq!(place.run(&["man", "new/pages"]).code, 0);
    assert!(place.path().join("new/pages/clearance.1").is_file());
    let outcome = place.run(&["man", "clearance.1/pages"]);
    assert!(outcome.code == 2 && outcome.err.starts_with("error: cannot write to `clearance.1/pages`: "), "{outcome}");
}
