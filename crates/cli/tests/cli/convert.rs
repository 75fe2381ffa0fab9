//! One description in all forms.

use insta::assert_snapshot;

use crate::support::Place;

const RESOURCE: &str = "# the shop's cluster
# asked for by the shop team
apiVersion: nautes.resource.nautes.io/v1alpha1 # the only version
kind: Cluster
metadata:
  name: shop # as in the repository
  namespace: nautes
spec:
  # where it listens
  apiServer: https://203.0.113.12:6443
  clusterType: physical # bare metal
  usage: worker
  workerType: deployment
  # everything else is filled in
  componentsList:
    deployment: # GitOps
      name: argocd
      additions: {host: argocd.example.com} # public
  productAllowedClusterResources:
    demo:
      # for its operator
      - kind: ClusterRole
        group: rbac.authorization.k8s.io
";

#[test]
fn comments_come_along() {
    let place = Place::with([("shop.yaml", RESOURCE)]);
    let request = place.run(&["convert", "shop.yaml", "--to", "request", "--format", "yaml"]);
    assert_snapshot!("to_request", request);
    assert_snapshot!("to_property", place.run(&["convert", "shop.yaml", "--to", "property"]));
    let json = place.run(&["convert", "shop.yaml", "--to", "request"]);
    assert!(json.err.contains("JSON has no comments: 10 left out"), "{json}");
    // And back.
    let back = place.run_with(&["convert", "-", "--to", "resource", "--name", "shop"], request.out.as_bytes());
    assert_snapshot!("and_back", back);
}

#[test]
fn what_has_no_place_is_told() {
    let request = "{\"api_server\": \"https://203.0.113.10:31000\", # here\n \"cluster_type\": \"virtual\", \"usage\": \"worker\", \"worker_type\": \"pipeline\",\n \
        \"host_cluster\": \"h\", \"vcluster\": {\"https_node_port\": \"31000\"}, \"kubeconfig\": \"YQ==\"}";
    let place = Place::with([("a.json", request)]);
    let resource = place.run(&["convert", "a.json", "--to", "resource"]);
    assert_snapshot!(resource);
    // Between the two that have a place for them, nothing is lost.
    let property = place.run(&["convert", "a.json", "--to", "property", "--name", "shop"]);
    let back = place.run_with(&["convert", "-", "--to", "request"], property.out.as_bytes());
    let [before, after]: [serde_json::Value; 2] =
        [request.replace("# here", ""), back.out.clone()].map(|text| serde_json::from_str(&text).unwrap());
    assert_eq!(before, after, "{property}");
}

/// A port may be a number; what is no text at all is not dropped without a word.
#[test]
fn values_of_other_types() {
    let request = r#"{"api_server": "https://203.0.113.10:30100", "vcluster": {"https_node_port": 30100}, "kubeconfig": {"a": 1}}"#;
    let place = Place::with([("a.json", request)]);
    let outcome = place.run(&["convert", "a.json", "--to", "property"]);
    assert!(outcome.out.ends_with("  vcluster:\n    httpsNodePort: \"30100\"\n"), "{outcome}");
    assert_eq!(outcome.err, "warning: `kubeconfig` is left out: it is no text\n");
}

#[test]
fn what_cannot_be_converted() {
    let place = Place::with([("other.yaml", "kind: Deployment\n"), ("two.yaml", &format!("{RESOURCE}---\n{RESOURCE}"))]);
    let refused = |args: &[&str]| {
        let outcome = place.run(args);
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{outcome}");
        outcome.err
    };
    assert_eq!(refused(&["convert", "other.yaml", "--to", "request"]), "error: `other.yaml` holds no cluster\n");
    assert!(refused(&["convert", "two.yaml", "--to", "request"]).contains("holds 2 clusters"));
    assert!(refused(&["convert", "missing.yaml", "--to", "request"]).contains("cannot read `missing.yaml`"));
    let both = place.run(&["convert", "two.yaml", "--to", "property"]);
    assert_eq!(both.out.matches("\n---\n").count(), 1, "{both}");
}

#[test]
fn copies_that_differ_are_told() {
    let place = Place::with([("a.yaml", RESOURCE.replace("  usage: worker\n", "  usage: host\n  usage: worker\n").as_str())]);
    let outcome = place.run(&["convert", "a.yaml", "--to", "request"]);
    assert!(
        outcome.err.contains("warning: the key `usage` is given 2 times, with different contents: the last copy is written\n"),
        "{outcome}"
    );
    assert!(outcome.out.contains("\"usage\": \"worker\"") && !outcome.out.contains("\"usage\": \"host\""), "{outcome}");
}
