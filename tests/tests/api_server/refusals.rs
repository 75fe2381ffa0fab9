//! What passes and what does not: rule, field and sentence.

use serde_json::json;

use super::support::{path, refused, worker, world};

#[test]
fn what_is_right_is_filled_in() {
    let (filled, warnings) = world().accepts(&worker("shop-1"));
    assert_eq!(warnings, [] as [&str; 0]);
    let spec = &filled["spec"];
    assert_eq!(spec["clusterKind"], "kubernetes");
    assert_eq!(spec["primaryDomain"], "203.0.113.20.nip.io");
    assert_eq!(spec["componentsList"]["deployment"]["additions"]["host"], "argocd.shop-1.203.0.113.20.nip.io");
    let (again, _) = world().accepts(&json!({
        "apiVersion": filled["apiVersion"],
        "kind": filled["kind"],
        "metadata": {"name": "shop-1", "namespace": "nautes"},
        "spec": spec,
    }));
    assert_eq!(&again["spec"], spec, "filling in is done once");
}

#[test]
fn everything_is_told_at_once() {
    let mut cluster = worker("shop-1");
    cluster["spec"]["apiServer"] = "http://203.0.113.20:6443".into();
    cluster["spec"]["usage"] = "wroker".into();
    world().rejects(
        &cluster,
        &[
            ("invalid-api-server", "spec.apiServer", "`http://203.0.113.20:6443` is no `https` address"),
            ("unsupported-value", "spec.usage", ""),
        ],
    );
}

#[test]
fn a_host_must_be_there() {
    let mut cluster = worker("shop-1");
    cluster["spec"]["clusterType"] = "virtual".into();
    cluster["spec"]["apiServer"] = "https://203.0.113.40:32444".into();
    cluster["spec"]["hostCluster"] = "host-fra-2".into();
    world().rejects(&cluster, &[("unknown-host-cluster", "spec.hostCluster", "no cluster `host-fra-2` is registered")]);
}

#[test]
fn a_port_is_used_once() {
    let mut cluster = worker("shop-1");
    cluster["spec"]["apiServer"] = "https://203.0.113.40:32443".into();
    cluster["spec"]["clusterType"] = "virtual".into();
    cluster["spec"]["hostCluster"] = "host-fra-1".into();
    world().rejects(
        &cluster,
        &[("port-already-used", "spec.apiServer", "node port `32443` is already used by the API server of `payments-test`")],
    );
}

#[test]
fn what_is_referred_to_stays() {
    world().store(&json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "payments-test", "namespace": "nautes"},
        "spec": {"apiServer": "https://203.0.113.40:32443", "clusterType": "virtual", "usage": "worker", "workerType": "deployment", "hostCluster": "host-fra-1"},
    }));
    let answer = world().plane.api().delete(&path("payments-test")).expect("the API server answers");
    refused(
        &answer,
        403,
        &[("still-referenced", "metadata.name", "`payments-test` is still referred to by DeploymentRuntime `payments/dr-payments`")],
    );
    let frozen = world().plane.api().merge(&path("payments-test"), &json!({"spec": {"workerType": "pipeline"}}));
    refused(
        &frozen.expect("the API server answers"),
        422,
        &[(
            "field-frozen",
            "spec.workerType",
            "`workerType` cannot change from `deployment` to `pipeline` while the cluster is referred to by DeploymentRuntime `payments/dr-payments`",
        )],
    );
}

/// Nobody is left out: the door does not guard its own workload, and Clusters beside it are Clusters.
#[test]
fn the_namespace_of_the_door_is_judged_like_all_others() {
    world().plane.add_namespace("clearance-system").expect("a namespace");
    let mut cluster = worker("shop-1");
    cluster["metadata"]["namespace"] = "clearance-system".into();
    world().accepts(&cluster);
    cluster["spec"]["usage"] = "".into();
    world().rejects(&cluster, &[("unsupported-value", "spec.usage", "")]);
}

/// The door is asked of Clusters only: all else is stored without it.
#[test]
fn other_kinds_are_left_alone() {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}, "data": {"usage": "wroker"}});
    let answer = world().plane.api().create("/api/v1/namespaces/nautes/configmaps", &map).expect("the API server answers");
    assert_eq!((answer.code, answer.warnings.len()), (201, 0), "{}", answer.body);
}
