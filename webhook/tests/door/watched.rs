//! What the server says of itself: probes, metrics, captured refusals.

use serde_json::{Value, json};

use crate::server::{Directory, Server, create, worker};

fn refused() -> Value {
    let mut object = worker("worker-1");
    object["spec"]["apiServer"] = "https://user:hunter2@203.0.113.20:6443".into();
    object["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": "hunter3"});
    create(&object)
}

#[tokio::test]
async fn reviews_are_counted_by_what_came_of_them_and_by_rule() {
    let server = Server::start().await;
    server.validate(&create(&worker("worker-1"))).await;
    server.mutate(&create(&worker("worker-1"))).await;
    server.mutate(&refused()).await;
    server.post("/validate", "{}").await;
    let reviews = |path: &str, operation: &str, outcome: &str| {
        format!("clearance_reviews_total{{path=\"{path}\",operation=\"{operation}\",outcome=\"{outcome}\"}}")
    };
    for (series, count) in [
        (reviews("/validate", "CREATE", "allowed"), 1.0),
        (reviews("/mutate", "CREATE", "allowed"), 1.0),
        (reviews("/mutate", "CREATE", "refused"), 1.0),
        (reviews("/validate", "", "invalid"), 1.0),
        ("clearance_findings_total{rule=\"invalid-api-server\",severity=\"error\"}".to_owned(), 1.0),
        ("clearance_review_duration_seconds_count{path=\"/mutate\"}".to_owned(), 2.0),
        ("clearance_reviews_in_flight".to_owned(), 0.0),
        ("clearance_fleet_clusters".to_owned(), 0.0),
        ("clearance_catalog{origin=\"built-in\"}".to_owned(), 1.0),
    ] {
        assert_eq!(server.metric(&series).await, Some(count), "{series}");
    }
    let expiry = server.metric("clearance_certificate_expiry_seconds").await.expect("it is counted");
    assert!((364.0 * 86_400.0..366.0 * 86_400.0).contains(&expiry), "{expiry}");
    // The same where reviews are asked.
    let answer = server.client.get(server.url("/metrics")).send().await.expect("it answers");
    assert!(answer.headers()["content-type"].to_str().expect("it is text").starts_with("application/openmetrics-text"));
    let text = answer.text().await.expect("it is text");
    assert!(text.ends_with("# EOF\n") && !text.contains("worker-1"), "{text}");
    server.stop().await;
}

#[tokio::test]
async fn the_port_for_probes_is_for_nothing_else() {
    let server = Server::start().await;
    for path in ["/livez", "/readyz"] {
        assert_eq!(server.probe(path).await, (200, "ok\n".to_owned()));
    }
    assert_eq!(server.probe("/validate").await.0, 404);
    server.stop().await;
}

#[tokio::test]
async fn refusals_are_captured_without_what_is_secret() {
    let directory = Directory::new();
    let capture = directory.path().join("capture");
    let at = capture.clone();
    let server = Server::start_with(directory, |options| options.capture = Some(at)).await;
    server.validate(&create(&worker("worker-1"))).await;
    let answer = server.validate(&refused()).await;
    server.until("clearance_captured_total", 1.0).await;
    let text = std::fs::read_to_string(capture.join("refusals.jsonl")).expect("it is there");
    for secret in ["hunter2", "hunter3", "argocd"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let line: Value = serde_json::from_str(&text).expect("it is one line of JSON");
    assert_eq!(line["response"], answer);
    assert_eq!((&line["kind"], &line["request"]["operation"]), (&json!("AdmissionReview"), &json!("CREATE")));
    assert!(line["captured"]["at"].is_string() && line["captured"]["core"].is_string(), "{line}");
    // It can be asked again as it is, and the answer is a refusal by the same rule.
    let again = server.validate(&line).await;
    assert_eq!(again["status"]["details"]["causes"][0]["field"], answer["status"]["details"]["causes"][0]["field"]);
    server.stop().await;
}
