//! Several clusters: of one set, of a fleet, before and after.

use insta::assert_snapshot;

use crate::support::{HOST, Place, virtual_cluster};

#[test]
fn the_whole_set_is_one_fleet() {
    let (one, two) = (virtual_cluster("shop-test", 31_443), virtual_cluster("shop-stage", 31_443));
    let place = Place::with([("host.yaml", HOST), ("v/one.yaml", one.as_str()), ("v/two.yaml", two.as_str())]);
    assert_snapshot!(place.run(&["check", "."]));
    assert_snapshot!(place.run(&["check", ".", "--format", "json"]));
}

#[test]
fn a_fleet_is_not_judged_and_makes_sure() {
    let (one, two) = (virtual_cluster("shop-test", 31_443), virtual_cluster("shop-stage", 31_444));
    let broken = HOST.replace("cluster-host", "other").replace("usage: host", "usage: hots").replace(":6443", ":6444");
    let fleet = format!("{HOST}---\n{one}---\n{broken}");
    let place = Place::with([("repository/all.yaml", fleet.as_str()), ("new.yaml", two.as_str())]);
    // Without the fleet nobody knows; with it the host is there.
    assert!(place.run(&["check", "new.yaml"]).out.contains("warning[unknown-host-cluster]"));
    let outcome = place.run(&["check", "new.yaml", "--fleet", "repository"]);
    assert_eq!((outcome.code, outcome.out.trim()), (0, "no findings: 1 cluster in 1 file"));
    let lost = two.replace("cluster-host", "cluster-hots");
    place.write("lost.yaml", lost);
    assert_snapshot!(place.run(&["check", "lost.yaml", "--fleet", "repository"]));
    assert_eq!(place.run(&["check", "lost.yaml", "--fleet", "repository", "--complete", "false"]).code, 0);
    assert_eq!(place.run(&["check", "lost.yaml", "--complete", "true"]).code, 1);
    assert_eq!(place.run(&["check", "new.yaml", "--fleet", "missing"]).code, 2);
    // What cannot be read may be the host.
    place.write("repository/broken.yaml", HOST.replace("spec:", "spec: [").replace("cluster-host", "another"));
    let outcome = place.run(&["check", "lost.yaml", "--fleet", "repository"]);
    assert!(outcome.code == 0 && outcome.out.contains("warning[unknown-host-cluster]"), "{outcome}");
}

#[test]
fn a_fleet_that_holds_nothing() {
    let place = Place::with([("host.yaml", HOST), ("list.yaml", "- a\n")]);
    let outcome = place.run(&["check", "host.yaml", "--fleet", "list.yaml"]);
    assert_eq!(outcome.err, "warning: `list.yaml`, given by --fleet, holds nothing that can be read as a cluster\n");
    assert_eq!(outcome.code, 0);
    assert_eq!(place.run(&["check", "host.yaml", "--fleet", "-"]).code, 2);
}

#[test]
fn a_snapshot_of_a_fleet() {
    let place = Place::with([("new.yaml", virtual_cluster("shop-stage", 31_443).as_str())]);
    let snapshot = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "nautes.resource.nautes.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "cluster-host", "namespace": "nautes"},
         "spec": {"apiServer": "https://203.0.113.10:6443", "clusterType": "physical", "usage": "host"}},
        {"apiVersion": "nautes.resource.nautes.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "shop-test", "namespace": "nautes"},
         "spec": {"apiServer": "https://203.0.113.10:31443", "clusterType": "virtual", "usage": "worker", "workerType": "deployment",
                  "hostCluster": "cluster-host"}}]});
    place.write("snapshot.json", serde_json::to_string_pretty(&snapshot).unwrap());
    assert_snapshot!(place.run(&["check", "new.yaml", "--fleet", "snapshot.json"]));
}

#[test]
fn updates_and_deletions() {
    let old = virtual_cluster("shop-test", 31_443);
    let new = old.replace("workerType: deployment", "workerType: pipeline");
    let runtime = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: DeploymentRuntime\nmetadata: {name: shop, namespace: demo}\n\
        status:\n  cluster: shop-test\n";
    let place = Place::with([("host.yaml", HOST), ("old.yaml", old.as_str()), ("new.yaml", new.as_str()), ("fleet/runtime.yaml", runtime)]);
    place.write("fleet/host.yaml", HOST);
    place.write("fleet/old.yaml", &old);
    assert_snapshot!(place.run(&["check", "new.yaml", "--old", "old.yaml", "--fleet", "fleet"]));
    assert_snapshot!(place.run(&["check", "old.yaml", "host.yaml", "--delete", "--fleet", "fleet"]));
    assert_eq!(place.run(&["check", "new.yaml", "--old", "missing.yaml"]).code, 2);
    assert_eq!(place.run(&["check", "new.yaml", "--old", "fleet/runtime.yaml"]).code, 2);
}

#[test]
fn an_update_is_not_blamed_for_what_was_there() {
    let old = HOST.replace("clusterType: physical", "clusterType: physical\n  hostCluster: x");
    let new = old.replace("usage: host", "usage: host\n  primaryDomain: example.com");
    let place = Place::with([("old.yaml", old.as_str()), ("new.yaml", new.as_str())]);
    assert_eq!(place.run(&["check", "new.yaml"]).code, 1);
    assert_snapshot!(place.run(&["check", "new.yaml", "--old", "old.yaml"]));
}
