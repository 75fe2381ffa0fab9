//! What else exists, from files that change.

use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Directory, Server, create, worker};

const HOST: &str = "
apiVersion: nautes.resource.nautes.io/v1alpha1
kind: Cluster
metadata: {name: host-1, namespace: nautes}
spec: {apiServer: 'https://203.0.113.10:6443', clusterType: physical, usage: host}
";

fn virtual_cluster() -> Value {
    let mut object = worker("vc-1");
    object["spec"] = json!({
        "apiServer": "https://203.0.113.10:31001",
        "clusterType": "virtual",
        "usage": "worker",
        "workerType": "deployment",
        "hostCluster": "host-1",
    });
    object
}

/// Asks until the answer is as wanted; files are looked at every second.
async fn becomes(server: &Server, wanted: bool) {
    for _ in 0..600 {
        if server.validate(&create(&virtual_cluster())).await["allowed"] == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it is never {wanted}");
}

#[tokio::test]
async fn files_are_read_again_and_the_last_good_stays() {
    let directory = Directory::new();
    directory.write("repository/clusters/.keep", "");
    let root = directory.path().join("repository");
    let server = Server::start_with(directory, |options| {
        options.fleet = vec![root];
        options.complete = Some(true);
    })
    .await;
    becomes(&server, false).await;
    server.directory.write("repository/clusters/deeper/host-1.yml", HOST);
    becomes(&server, true).await;
    // Half a file.
    server.directory.write("repository/clusters/deeper/host-1.yml", "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: {");
    tokio::time::sleep(Duration::from_millis(2500)).await;
    becomes(&server, true).await;
    // It is a host no longer.
    server.directory.write("repository/clusters/deeper/host-1.yml", &HOST.replace("usage: host", "usage: worker, workerType: pipeline"));
    becomes(&server, false).await;
    server.directory.write("repository/snapshot.json", &json!({"kind": "List", "items": []}).to_string());
    std::fs::remove_file(server.directory.path().join("repository/clusters/deeper/host-1.yml")).expect("it is there");
    becomes(&server, false).await;
    server.stop().await;
}

#[tokio::test]
async fn a_snapshot_is_a_fleet() {
    let directory = Directory::new();
    let host = json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "host-1", "namespace": "nautes"},
        "spec": {"apiServer": "https://203.0.113.10:6443", "clusterType": "physical", "usage": "host"},
    });
    // More than one document may hold.
    let mut items = vec![host];
    items.extend((0..4000).map(|number| worker(&format!("worker-{number}-{}", "x".repeat(500)))));
    let path = directory.write("snapshot", &json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string());
    let server = Server::start_with(directory, |options| {
        options.fleet = vec![path];
        options.complete = Some(true);
    })
    .await;
    assert!(server.bound.banner.contains("4001 clusters"), "{}", server.bound.banner);
    assert_eq!(server.validate(&create(&virtual_cluster())).await["allowed"], true);
    server.stop().await;
}

#[tokio::test]
async fn without_a_fleet_nothing_is_known_not_to_exist() {
    let server = Server::start().await;
    let response = server.validate(&create(&virtual_cluster())).await;
    assert_eq!(response["allowed"], true);
    assert!(response["warnings"][0].as_str().expect("a warning").ends_with("[unknown-host-cluster]"));
    server.stop().await;
}

#[tokio::test]
async fn a_catalogue_changes_the_rules_and_a_bad_one_does_not() {
    const GOOD: &str = "version: 1\ncomponents:\n  kong:\n    slot: gateway\n    namespace: kong\n";
    const BAD: &str = "version: 1\ncomponents:\n  kong:\n    slot: gatway\n";
    let origin = |word: &str| format!("clearance_catalog{{origin=\"{word}\"}}");
    let directory = Directory::new();
    let path = directory.write("catalog.yaml", GOOD);
    let server = Server::start_with(directory, |options| options.catalog = Some(path)).await;
    let mut object = worker("worker-1");
    object["spec"]["componentsList"] = json!({"gateway": {"name": "kong", "namespace": "kong"}});
    let first_warning =
        async |server: &Server| server.validate(&create(&object)).await["warnings"][0].as_str().unwrap_or_default().to_owned();
    assert_eq!(server.validate(&create(&object)).await["allowed"], true);
    server.until(&origin("given"), 1.0).await;
    server.directory.write("catalog.yaml", BAD);
    server.until(&origin("last-good"), 1.0).await;
    let answer = server.validate(&create(&object)).await;
    assert_eq!(answer["allowed"], true);
    assert!(first_warning(&server).await.contains("the last good one"), "{answer}");
    server.directory.write("catalog.yaml", "version: 1\n");
    server.until(&origin("given"), 1.0).await;
    assert_eq!(server.validate(&create(&object)).await["allowed"], false);
    server.directory.write("catalog.yaml", BAD);
    server.until(&origin("last-good"), 1.0).await;
    server.stop().await;
}

/// A server whose catalogue is broken must start: its absence would be worse.
#[tokio::test]
async fn a_bad_catalogue_at_the_start_is_said_in_every_answer() {
    let directory = Directory::new();
    let path = directory.write("catalog.yaml", "version: 1\ncomponents:\n  kong:\n    slot: gatway\n");
    let server = Server::start_with(directory, |options| options.catalog = Some(path)).await;
    assert_eq!(server.metric("clearance_catalog{origin=\"built-in\"}").await, Some(1.0));
    for answer in [server.validate(&create(&worker("worker-1"))).await, server.mutate(&create(&worker("worker-1"))).await] {
        assert_eq!(answer["allowed"], true);
        let warning = answer["warnings"][0].as_str().expect("a warning");
        assert!(warning.contains("the built-in one") && warning.len() <= 120, "{warning}");
    }
    server.stop().await;
}
