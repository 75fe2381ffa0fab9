//! What must not be blocked, who may say otherwise, and what is only watched.

use serde_json::{Value, json};

use crate::server::{Directory, Server, create, delete, update, worker};

const FLEET: &str = "
apiVersion: nautes.resource.nautes.io/v1alpha1
kind: Cluster
metadata: {name: host-1, namespace: nautes}
spec: {apiServer: 'https://203.0.113.10:6443', clusterType: physical, usage: host}
---
apiVersion: nautes.resource.nautes.io/v1alpha1
kind: Cluster
metadata: {name: vc-1, namespace: nautes}
spec: {apiServer: 'https://203.0.113.10:31001', clusterType: virtual, usage: worker, workerType: deployment, hostCluster: host-1}
";
const OVERRIDE: &str = "clearance.nautes.io/override";

fn virtual_cluster(name: &str, port: u16) -> Value {
    let mut object = worker(name);
    object["spec"] = json!({
        "apiServer": format!("https://203.0.113.10:{port}"),
        "clusterType": "virtual",
        "usage": "worker",
        "workerType": "deployment",
        "hostCluster": "host-1",
    });
    object
}

async fn start(change: impl FnOnce(&mut clearance_webhook::Options)) -> Server {
    let directory = Directory::new();
    let path = directory.write("fleet.yaml", FLEET);
    Server::start_with(directory, |options| {
        options.fleet = vec![path];
        change(options);
    })
    .await
}

fn by(mut review: Value, user: &str, groups: &[&str]) -> Value {
    review["request"]["userInfo"] = json!({"username": user, "groups": groups});
    review
}

fn overriding(mut object: Value, lines: &str) -> Value {
    object["metadata"]["annotations"] = json!({OVERRIDE: lines});
    object
}

fn warnings(response: &Value) -> Vec<&str> {
    response["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn those_who_are_named_override_with_a_reason() {
    let server = start(|options| {
        options.override_user = vec!["alice".to_owned()];
        options.override_group = vec!["platform".to_owned()];
    })
    .await;
    let object = overriding(virtual_cluster("vc-2", 31_001), "port-already-used: vc-1 moves tomorrow");
    for (user, groups) in [("alice", &[][..]), ("bob", &["platform"])] {
        for path in ["/validate", "/mutate"] {
            let response = server.review(path, &by(create(&object), user, groups)).await;
            assert_eq!(response["allowed"], true, "{response}");
            assert_eq!(response["auditAnnotations"]["overridden"], "port-already-used: vc-1 moves tomorrow");
            assert!(
                warnings(&response).iter().any(|line| line.starts_with("overridden: ") && line.ends_with("[port-already-used]")),
                "{response}"
            );
        }
    }
    // Nobody else, and not without a reason.
    let response = server.validate(&by(create(&object), "bob", &["alice"])).await;
    assert_eq!((&response["allowed"], &response["auditAnnotations"]["refused"]), (&json!(false), &json!("port-already-used")));
    assert!(warnings(&response)[0].contains("the configuration does not name `bob`"), "{response}");
    for lines in ["port-already-used", "port-already-used:  ", "", "other: reason"] {
        let object = overriding(virtual_cluster("vc-2", 31_001), lines);
        assert_eq!(server.validate(&by(create(&object), "alice", &[])).await["allowed"], false, "{lines}");
    }
    server.stop().await;
}

#[tokio::test]
async fn structure_and_what_others_rely_on_cannot_be_overridden() {
    let server = start(|options| options.override_user = vec!["alice".to_owned()]).await;
    let lines = "invalid-api-server: r\nfield-frozen: r\nunknown-hots-cluster: r\nstill-referenced: it goes with its guests";
    let mut host = overriding(worker("host-1"), lines);
    host["spec"] = json!({"apiServer": "https://203.0.113.10:6443", "clusterType": "physical", "usage": "host"});
    let mut wrong = host.clone();
    wrong["spec"]["apiServer"] = "http://203.0.113.10:6443".into();
    let response = server.validate(&by(create(&wrong), "alice", &[])).await;
    assert_eq!(response["allowed"], false);
    assert!(warnings(&response).contains(&"`invalid-api-server` cannot be overridden"), "{response}");
    let misspelt = "the override names no rule: `unknown-hots-cluster`; perhaps `unknown-host-cluster` is meant";
    assert!(warnings(&response).contains(&misspelt), "{response}");
    let mut frozen = host.clone();
    frozen["spec"]["usage"] = "worker".into();
    frozen["spec"]["workerType"] = "deployment".into();
    let response = server.validate(&by(update(&host, &frozen), "alice", &[])).await;
    assert_eq!((&response["allowed"], &response["auditAnnotations"]["refused"]), (&json!(false), &json!("field-frozen")));
    // A deletion has no object of its own: what is stored counts.
    assert_eq!(server.validate(&by(delete(&host), "bob", &[])).await["allowed"], false);
    let response = server.validate(&by(delete(&host), "alice", &[])).await;
    assert_eq!(response["allowed"], true);
    assert_eq!(response["auditAnnotations"]["overridden"], "still-referenced: it goes with its guests");
    server.stop().await;
}

#[tokio::test]
async fn overrides_are_off_by_default() {
    let server = start(|_| {}).await;
    let object = overriding(virtual_cluster("vc-2", 31_001), "port-already-used: r");
    let response = server.validate(&by(create(&object), "", &["system:masters"])).await;
    assert_eq!(response["allowed"], false);
    server.stop().await;
}

/// Whoever may not override may still do everything else with what was overridden.
#[tokio::test]
async fn what_was_overridden_is_no_fault_of_the_next_update() {
    let server = start(|options| options.override_user = vec!["alice".to_owned()]).await;
    let old = overriding(virtual_cluster("vc-2", 31_001), "port-already-used: r");
    let mut new = old.clone();
    new["metadata"]["labels"] = json!({"team": "a"});
    assert_eq!(server.validate(&by(update(&old, &new), "argocd", &[])).await["allowed"], true);
    server.stop().await;
}

#[tokio::test]
async fn monitor_mode_refuses_nothing_and_says_what_it_would() {
    let server = start(|options| options.monitor = vec!["all".to_owned()]).await;
    let mut object = virtual_cluster("vc-2", 31_001);
    object["spec"]["primaryDomain"] = "no domain".into();
    for path in ["/validate", "/mutate"] {
        let response = server.review(path, &create(&object)).await;
        assert_eq!(response["allowed"], true);
        assert_eq!(response["auditAnnotations"]["monitored"], "invalid-domain, port-already-used", "{response}");
        let told = warnings(&response).iter().filter(|line| line.starts_with("would be refused: ")).count();
        assert_eq!(told, 2, "{response}");
    }
    server.stop().await;
    let server = start(|options| options.monitor = vec!["port-already-used".to_owned()]).await;
    let response = server.validate(&create(&object)).await;
    assert_eq!((&response["allowed"], &response["auditAnnotations"]["refused"]), (&json!(false), &json!("invalid-domain")));
    assert_eq!(response["status"]["details"]["causes"].as_array().map(Vec::len), Some(1));
    object["spec"]["primaryDomain"] = "example.com".into();
    assert_eq!(server.validate(&create(&object)).await["allowed"], true);
    server.stop().await;
}

#[tokio::test]
async fn what_was_not_filled_in_is_accepted_and_said() {
    let server = start(|_| {}).await;
    let mut object = virtual_cluster("vc-2", 31_002);
    let response = server.validate(&create(&object)).await;
    assert_eq!(response["allowed"], true);
    let told: Vec<&str> = warnings(&response).into_iter().filter(|line| line.starts_with("not filled in")).collect();
    assert_eq!(told.len(), 1, "{response}");
    assert!(told[0].starts_with("not filled in, as the mutating webhook was skipped: spec.") && told[0].chars().count() <= 120, "{told:?}");
    let mutated = server.mutate(&create(&object)).await;
    let patch =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, mutated["patch"].as_str().expect("a patch")).expect("Base64");
    json_patch::patch(&mut object, &serde_json::from_slice::<json_patch::Patch>(&patch).expect("a patch")).expect("it fits");
    let response = server.validate(&create(&object)).await;
    assert!(!warnings(&response).iter().any(|line| line.starts_with("not filled in")), "{response}");
    // Asked again, as after another webhook has changed the object: nothing is left to do.
    assert_eq!(server.mutate(&create(&object)).await.get("patch"), None);
    server.stop().await;
}

#[tokio::test]
async fn the_keys_of_audit_annotations_are_names() {
    let server = start(|options| options.override_user = vec!["alice".to_owned()]).await;
    let mut object = overriding(virtual_cluster("vc-2", 31_001), &format!("port-already-used: {}", "r\u{202e}".repeat(5000)));
    object["spec"]["primaryDomain"] = "no domain".into();
    let response = server.validate(&by(create(&object), "alice", &[])).await;
    let audit = response["auditAnnotations"].as_object().expect("a map");
    for (key, value) in audit {
        // The name part of a qualified name, as Kubernetes has it.
        assert!(key.len() <= 63 && key.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{key}");
        let value = value.as_str().expect("text");
        assert!(value.chars().count() < 2000 && !value.contains('\u{202e}'), "{key}: {value}");
    }
    assert_eq!(audit.keys().collect::<Vec<_>>(), ["catalog", "core", "overridden", "refused"]);
    server.stop().await;
}
