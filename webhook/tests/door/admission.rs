//! What is allowed, what is refused and in which words, and what is filled in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::server::{Server, create, delete, update, worker};

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
---
apiVersion: nautes.resource.nautes.io/v1alpha1
kind: Environment
metadata: {name: env-dev, namespace: team-a}
spec: {cluster: worker-env}
---
apiVersion: v1
kind: List
items:
- apiVersion: nautes.resource.nautes.io/v1alpha1
  kind: DeploymentRuntime
  metadata: {name: dr-1, namespace: team-a}
  status: {cluster: worker-used}
- apiVersion: nautes.resource.nautes.io/v1alpha1
  kind: ProjectPipelineRuntime
  metadata: {name: pr-1, namespace: team-b}
  status: {cluster: worker-used}
";

fn patch(response: &Value) -> json_patch::Patch {
    assert_eq!(response["allowed"], true, "{response}");
    assert_eq!(response["patchType"], "JSONPatch");
    let patch = STANDARD.decode(response["patch"].as_str().expect("a patch is text")).expect("a patch is Base64");
    serde_json::from_slice(&patch).expect("a patch is a JSON Patch")
}

#[tokio::test]
async fn a_good_cluster_is_allowed() {
    let server = Server::start().await;
    let mut object = worker("worker-1");
    let filling = patch(&server.mutate(&create(&object)).await);
    json_patch::patch(&mut object, &filling).expect("it fits");
    let mut response = server.validate(&create(&object)).await;
    let audit = response.as_object_mut().expect("a map").remove("auditAnnotations").expect("it is audited");
    assert_eq!(response, json!({"uid": "0df28fbd-5f5f-11e8-bc74-36e6bb280816", "allowed": true}));
    assert_eq!(audit.as_object().expect("a map").keys().collect::<Vec<_>>(), ["catalog", "core"]);
    assert!(audit["core"].as_str().expect("text").starts_with(concat!(env!("CARGO_PKG_VERSION"), "+")), "{audit}");
    server.stop().await;
}

#[tokio::test]
async fn a_bad_cluster_is_refused_with_one_cause_a_finding() {
    let server = Server::start().await;
    let mut object = worker("worker-1");
    object["spec"]["apiServer"] = "http://203.0.113.20:6443".into();
    object["spec"].as_object_mut().expect("a map").remove("usage");
    object["spec"]["clusterType"] = "physcal".into();
    for path in ["/validate", "/mutate"] {
        let response = server.review(path, &create(&object)).await;
        assert_eq!(response["allowed"], false);
        let status = &response["status"];
        assert_eq!((&status["status"], &status["reason"], &status["code"]), (&json!("Failure"), &json!("Invalid"), &json!(422)));
        let details = &status["details"];
        assert_eq!(details["group"], "nautes.resource.nautes.io");
        assert_eq!(details["kind"], "Cluster");
        assert_eq!(details["name"], "worker-1");
        let causes = details["causes"].as_array().expect("a list");
        let told: Vec<_> = causes.iter().map(|cause| (cause["reason"].as_str().unwrap(), cause["field"].as_str().unwrap())).collect();
        assert_eq!(
            told,
            [("FieldValueInvalid", "spec.apiServer"), ("FieldValueNotSupported", "spec.clusterType"), ("FieldValueRequired", "spec.usage"),]
        );
        let lines: Vec<String> =
            causes.iter().map(|cause| format!("{}: {}", cause["field"].as_str().unwrap(), cause["message"].as_str().unwrap())).collect();
        let message = format!("Cluster.nautes.resource.nautes.io \"worker-1\" is invalid: [{}]", lines.join(", "));
        assert_eq!(status["message"], message);
        assert!(!message.contains('\n'));
        assert!(lines[0].starts_with("spec.apiServer: Invalid value: \"http://203.0.113.20:6443\": "), "{}", lines[0]);
        assert!(lines[0].ends_with(" [invalid-api-server]"), "{}", lines[0]);
        assert!(lines[2].starts_with("spec.usage: Required value: "), "{}", lines[2]);
        assert!(response.get("patch").is_none());
    }
    server.stop().await;
}

#[tokio::test]
async fn a_single_finding_stands_without_brackets() {
    let server = Server::start().await;
    let mut object = worker("worker-1");
    object["spec"]["apiServer"] = "http://203.0.113.20:6443".into();
    let response = server.validate(&create(&object)).await;
    let message = response["status"]["message"].as_str().expect("a message");
    assert!(message.starts_with("Cluster.nautes.resource.nautes.io \"worker-1\" is invalid: spec.apiServer: Invalid value: "), "{message}");
    server.stop().await;
}

#[tokio::test]
async fn another_version_of_our_kind_is_a_wrong_kind() {
    let server = Server::start().await;
    let mut object = worker("worker-1");
    object["apiVersion"] = "nautes.resource.nautes.io/v9".into();
    let mut review = create(&object);
    review["request"]["kind"]["version"] = "v9".into();
    let response = server.validate(&review).await;
    let cause = &response["status"]["details"]["causes"][0];
    assert_eq!((cause["field"].as_str(), cause["reason"].as_str()), (Some("apiVersion"), Some("FieldValueNotSupported")));
    assert!(cause["message"].as_str().expect("a message").ends_with("[wrong-kind]"));
    server.stop().await;
}

#[tokio::test]
async fn another_kind_is_allowed_and_said_to_be_unchecked() {
    let server = Server::start().await;
    for (group, kind) in [("cluster.x-k8s.io", "Cluster"), ("nautes.resource.nautes.io", "Product"), ("", "Pod")] {
        let mut review = create(&json!({"kind": kind, "metadata": {"name": "x"}}));
        review["request"]["kind"] = json!({"group": group, "version": "v1", "kind": kind});
        let response = server.validate(&review).await;
        assert_eq!(response["allowed"], true);
        let warnings = response["warnings"].as_array().expect("a warning");
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].as_str().expect("a sentence").contains("nothing was checked"));
    }
    server.stop().await;
}

#[tokio::test]
async fn filling_in_is_idempotent() {
    let server = Server::with_fleet(FLEET).await;
    let mut objects = vec![worker("worker-1"), worker("worker-2"), worker("host-2"), worker("vc-2"), worker("vc-3")];
    objects[1]["spec"]["workerType"] = "pipeline".into();
    objects[2]["spec"] = json!({"apiServer": "https://203.0.113.30:6443", "clusterType": "physical", "usage": "host"});
    for (object, worker_type) in [(3, "deployment"), (4, "pipeline")] {
        let port = 31_000 + object;
        objects[object]["spec"] = json!({
            "apiServer": format!("https://203.0.113.10:{port}"),
            "clusterType": "virtual",
            "usage": "worker",
            "workerType": worker_type,
            "hostCluster": "host-1",
            "componentsList": {"deployment": {"name": "argocd", "namespace": null}, "certManagement": null},
        });
    }
    for mut object in objects {
        let patch = patch(&server.mutate(&create(&object)).await);
        json_patch::patch(&mut object, &patch).unwrap_or_else(|error| panic!("{error}: {object} {patch}"));
        assert_eq!(object["spec"]["clusterKind"], "kubernetes");
        assert!(!object.to_string().contains("null"), "{object}");
        let again = server.mutate(&create(&object)).await;
        assert_eq!((&again["allowed"], again.get("patch"), again.get("patchType")), (&json!(true), None, None), "{object}");
        assert_eq!(server.validate(&create(&object)).await["allowed"], true);
        // An update is filled in like a new one.
        object["spec"].as_object_mut().expect("a map").remove("clusterKind");
        let patch = self::patch(&server.mutate(&update(&object, &object)).await);
        assert_eq!(
            serde_json::to_value(&patch).expect("it is JSON"),
            json!([{"op": "add", "path": "/spec/clusterKind", "value": "kubernetes"}])
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn a_deletion_names_every_referrer() {
    let server = Server::with_fleet(FLEET).await;
    let mut host = worker("host-1");
    host["spec"] = json!({"apiServer": "https://203.0.113.10:6443", "clusterType": "physical", "usage": "host"});
    let response = server.validate(&delete(&host)).await;
    assert_eq!(response["allowed"], false);
    let status = &response["status"];
    assert_eq!((&status["reason"], &status["code"]), (&json!("Forbidden"), &json!(403)));
    let message = status["message"].as_str().expect("a message");
    assert!(message.starts_with("clusters.nautes.resource.nautes.io \"host-1\" is forbidden: metadata.name: Forbidden: "), "{message}");
    assert!(message.contains("vc-1") && message.ends_with("[still-referenced]"), "{message}");
    assert_eq!(status["details"]["causes"][0]["field"], "metadata.name");

    let response = server.mutate(&delete(&worker("worker-used"))).await;
    let message = response["status"]["message"].as_str().expect("a message");
    assert!(message.contains("DeploymentRuntime `team-a/dr-1`"), "{message}");

    let response = server.validate(&delete(&worker("worker-env"))).await;
    assert_eq!(response["allowed"], true);
    assert!(response["warnings"][0].as_str().expect("a warning").contains("Environment `team-a/env-dev`"));

    // Nothing refers to it, so whatever is wrong with it does not matter.
    let mut faulty = worker("worker-1");
    faulty["spec"] = json!({"clusterType": 7});
    assert_eq!(server.validate(&delete(&faulty)).await["allowed"], true);
    server.stop().await;
}

/// However many they are: a name that is left out is found only by the next refusal.
#[tokio::test]
async fn a_deletion_names_many_referrers() {
    let runtime = |number: u32| {
        json!({
            "apiVersion": "nautes.resource.nautes.io/v1alpha1",
            "kind": "DeploymentRuntime",
            "metadata": {"name": format!("runtime-{number}"), "namespace": "team-a"},
            "status": {"cluster": "worker-1"},
        })
    };
    let items: Vec<Value> = (100..150).map(runtime).collect();
    let server = Server::with_fleet(&json!({"kind": "List", "items": items}).to_string()).await;
    let response = server.validate(&delete(&worker("worker-1"))).await;
    for number in 100..150 {
        let name = format!("`team-a/runtime-{number}`");
        assert!(response["status"]["message"].as_str().expect("a message").contains(&name), "{name}: {response}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_update_is_not_refused_for_what_was_there_before() {
    let server = Server::with_fleet(FLEET).await;
    let mut old = worker("worker-1");
    old["spec"]["apiServer"] = "http://203.0.113.20:6443".into();
    let mut new = old.clone();
    new["metadata"]["labels"] = json!({"team": "a"});
    let response = server.validate(&update(&old, &new)).await;
    assert_eq!(response["allowed"], true);
    assert!(response["warnings"][0].as_str().expect("a warning").ends_with("[invalid-api-server]"));
    new["spec"]["apiServer"] = "http://203.0.113.21:6443".into();
    assert_eq!(server.validate(&update(&old, &new)).await["allowed"], false);
    // Without the old object it is judged as if it were new.
    let mut review = update(&old, &old);
    review["request"]["oldObject"] = Value::Null;
    assert_eq!(server.validate(&review).await["status"]["code"], 422);
    review["request"]["object"] = worker("worker-1");
    let response = server.validate(&review).await;
    assert_eq!(response["allowed"], true);
    let warnings = response["warnings"].as_array().expect("warnings");
    assert!(warnings.contains(&json!("the review holds no `request.oldObject`: it was judged as if it were new")), "{warnings:?}");
    server.stop().await;
}

#[tokio::test]
async fn what_is_being_deleted_can_lose_its_finalizers() {
    let server = Server::with_fleet(FLEET).await;
    let mut old = worker("worker-1");
    old["metadata"]["deletionTimestamp"] = "2026-11-01T00:00:00Z".into();
    old["metadata"]["finalizers"] = json!(["cluster.nautes.resource.nautes.io/finalizers"]);
    let mut new = old.clone();
    new["metadata"].as_object_mut().expect("a map").remove("finalizers");
    new["spec"]["apiServer"] = "nonsense".into();
    let response = server.validate(&update(&old, &new)).await;
    assert_eq!(response["allowed"], true);
    assert!(response["warnings"][0].as_str().expect("a warning").ends_with("[invalid-api-server]"));
    let response = server.mutate(&update(&old, &new)).await;
    assert_eq!((&response["allowed"], response.get("patch")), (&json!(true), None));
    server.stop().await;
}

#[tokio::test]
async fn subresources_and_connections_are_allowed() {
    let server = Server::start().await;
    let mut object = worker("worker-1");
    object["spec"] = json!({});
    let mut status = update(&object, &object);
    status["request"]["subResource"] = "status".into();
    let mut connect = create(&object);
    connect["request"]["operation"] = "CONNECT".into();
    for review in [status, connect] {
        assert_eq!(server.validate(&review).await["allowed"], true);
        assert_eq!(server.mutate(&review).await.get("patch"), None);
    }
    server.stop().await;
}

#[tokio::test]
async fn the_request_says_what_the_object_does_not() {
    let mut object = worker("worker-used");
    let server = Server::with_fleet(&format!("{}\n---\n{object}\n", FLEET.trim_end())).await;
    // Referrers name no namespace: where `nautes` has a cluster of that name, a cluster of another namespace is another one.
    object["metadata"] = json!({"name": "worker-used"});
    assert_eq!(server.validate(&delete(&object)).await["allowed"], false);
    let mut elsewhere = delete(&object);
    elsewhere["request"]["namespace"] = "elsewhere".into();
    assert_eq!(server.validate(&elsewhere).await["allowed"], true);
    // While the API server has yet to make the name, hosts that hold it cannot be filled in.
    object["metadata"] = json!({"generateName": "worker-", "namespace": "nautes"});
    let mut review = create(&object);
    review["request"]["name"] = "".into();
    let response = server.validate(&review).await;
    assert_ne!(response["status"]["details"]["causes"][0]["field"], "metadata.name", "{response}");
    server.stop().await;
}

#[tokio::test]
async fn warnings_are_whole_and_bounded() {
    let server = Server::start().await;
    let mut object = worker("worker-1");
    object["spec"]["componentsList"] = json!({"pipeline": {"name": "tekton", "namespace": "tekton-pipelines"}});
    let response = server.validate(&create(&object)).await;
    assert_eq!(response["allowed"], true);
    let warnings = response["warnings"].as_array().expect("warnings");
    assert!(warnings.iter().any(|warning| warning.as_str().expect("text").ends_with("[unused-component]")), "{warnings:?}");

    let additions: serde_json::Map<String, Value> = (0..90).map(|number| (format!("unknown{number}"), json!("x"))).collect();
    object["spec"]["componentsList"] =
        json!({"secretSync": {"name": "external-secrets", "namespace": "external-secrets", "additions": additions}});
    let response = server.validate(&create(&object)).await;
    let warnings: Vec<&str> = response["warnings"].as_array().expect("warnings").iter().filter_map(Value::as_str).collect();
    let (last, whole) = warnings.split_last().expect("warnings");
    assert!(warnings.iter().map(|warning| warning.len()).sum::<usize>() <= 2048);
    assert!(whole.iter().all(|warning| warning.ends_with("[unknown-addition]")), "{warnings:?}");
    assert!(whole.len() > 10, "{warnings:?}");
    assert!(last.ends_with("more warnings"), "{last}");
    server.stop().await;
}
