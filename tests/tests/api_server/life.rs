//! What changes under the door, and what it must not stand in the way of.

use clearance_tests::controlplane::{CLUSTERS, UNJUDGED};
use serde_json::{Value, json};

use super::support::{World, path, refused, worker, world};

/// A cluster that was stored when nobody looked.
fn broken(name: &str) -> Value {
    let mut cluster = worker(name);
    cluster["spec"]["apiServer"] = "http://203.0.113.20:6443".into();
    cluster
}

#[test]
fn operators_write_status_whatever_is_wrong() {
    world().store(&broken("status-1"));
    let status = json!({"status": {"warnings": [{"type": "x", "from": "y", "id": "z", "message": "m"}]}});
    let answer = world().plane.api().merge(&format!("{}/status", path("status-1")), &status).expect("the API server answers");
    assert_eq!((answer.code, answer.warnings), (200, vec![]), "{}", answer.body);
    assert_eq!(answer.body["status"]["warnings"][0]["type"], "x");
}

#[test]
fn what_was_wrong_before_stops_no_other_change() {
    world().store(&broken("ratchet-1"));
    let api = world().plane.api();
    for patch in [
        json!({"metadata": {"finalizers": ["nautes.io/test"]}}),
        json!({"metadata": {"labels": {"team": "shop"}}}),
        json!({"spec": {"primaryDomain": "shop.example.com"}}),
        json!({"metadata": {"finalizers": null}}),
    ] {
        let answer = api.merge(&path("ratchet-1"), &patch).expect("the API server answers");
        assert_eq!(answer.code, 200, "{patch}: {}", answer.body);
        assert!(answer.warnings.iter().any(|warning| warning.ends_with("[invalid-api-server]")), "{:?}", answer.warnings);
    }
    let answer = api.merge(&path("ratchet-1"), &json!({"spec": {"usage": "wroker"}})).expect("the API server answers");
    refused(&answer, 422, &[("unsupported-value", "spec.usage", "`wroker` is not supported here; supported: `host`, `worker`")]);
}

#[test]
fn what_is_being_deleted_can_go() {
    let mut cluster = broken("leaving-1");
    cluster["metadata"]["finalizers"] = json!(["nautes.io/test"]);
    world().store(&cluster);
    let api = world().plane.api();
    let leaving = api.delete(&path("leaving-1")).expect("the API server answers");
    assert!(leaving.body["metadata"]["deletionTimestamp"].is_string(), "{}", leaving.body);
    // Whatever is written while it goes.
    let answer = api.merge(&path("leaving-1"), &json!({"spec": {"usage": "wroker"}})).expect("the API server answers");
    assert_eq!(answer.code, 200, "{}", answer.body);
    let answer = api.merge(&path("leaving-1"), &json!({"metadata": {"finalizers": null}})).expect("the API server answers");
    assert_eq!(answer.code, 200, "{}", answer.body);
    assert_eq!(api.get(&path("leaving-1")).expect("the API server answers").code, 404);
}

#[test]
fn dry_runs_change_nothing() {
    let answer = world().plane.api().create(&format!("{CLUSTERS}?dryRun=All"), &worker("dry-1")).expect("the API server answers");
    assert_eq!(answer.code, 201, "{}", answer.body);
    assert_eq!(world().plane.api().get(&path("dry-1")).expect("the API server answers").code, 404);
    // Nor is it remembered: one that would clash with it passes.
    world().accepts(&worker("dry-1"));
}

#[test]
fn the_api_server_restarts_and_loses_its_store_and_the_door_goes_away() {
    let mut world = World::new("life");
    let wrong: &[(&str, &str, &str)] = &[("invalid-api-server", "spec.apiServer", "`http://203.0.113.20:6443` is no `https` address")];
    let create = |world: &World, name: &str| world.plane.api().create(CLUSTERS, &worker(name)).expect("the API server answers");
    assert_eq!(create(&world, "kept-1").code, 201);

    world.plane.stop().expect("it can be stopped");
    world.plane.resume().expect("it starts again");
    assert_eq!(world.plane.api().get(&path("kept-1")).expect("the API server answers").code, 200);
    world.rejects(&broken("new-1"), wrong);
    world.accepts(&worker("new-1"));

    // Without the door nothing is stored that nobody judged, and what it is not asked of goes on.
    let address = world.serving.as_ref().expect("it is served").registration().address.trim_start_matches("https://").to_owned();
    world.serving = None;
    let answer = create(&world, "new-2");
    assert_eq!(answer.code, 500, "{}", answer.body);
    let message = answer.body["message"].as_str().expect("a message");
    assert!(message.contains("failed calling webhook \"validate.clearance.nautes.io\""), "{message}");
    let status = world.plane.api().merge(&format!("{}/status", path("kept-1")), &json!({"status": {"productIDMap": {}}}));
    assert_eq!(status.expect("the API server answers").code, 200);
    world.serve(&address);
    world.rejects(&broken("new-2"), wrong);
    world.accepts(&worker("new-2"));

    world.plane.stop().expect("it can be stopped");
    world.plane.wipe().expect("it can be wiped");
    world.plane.resume().expect("it starts again");
    world.guard();
    assert_eq!(world.plane.api().get(&path("kept-1")).expect("the API server answers").code, 404);
    world.rejects(&broken("kept-1"), wrong);
    assert_eq!(create(&world, "kept-1").code, 201);
    assert_eq!(world.plane.api().acting_as(UNJUDGED).delete(&path("kept-1")).expect("the API server answers").code, 200);
}
