//! What a real `clearance serve` refused and wrote down is refused again offline, for the same causes.

use std::process::Command;
use std::time::{Duration, Instant};

use clearance_tests::controlplane::Serving;
use clearance_tests::door::Binary;
use clearance_tests::door::webhook::review;
use serde_json::json;

const HOST: &str = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata: {name: host-1, namespace: nautes}\n\
    spec: {apiServer: 'https://203.0.113.10:6443', clusterType: physical, usage: host}\n";

#[test]
fn a_captured_refusal() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("fleet.yaml"), HOST).expect("a file");
    let arguments = ["--listen", "127.0.0.1:0", "--fleet", "fleet.yaml", "--capture", "capture"];
    let serving = Serving::start(directory.path(), &arguments).expect("a server can be started");
    let registration = serving.registration();
    let object = |usage: &str, api_server: &str| {
        json!({
            "apiVersion": "nautes.resource.nautes.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "shop", "namespace": "nautes"},
            "spec": {"apiServer": api_server, "clusterType": "virtual", "usage": usage, "workerType": "deployment", "hostCluster": "host-1"},
        })
    };
    let (wrong, worse) = (object("worker", "https://203.0.113.10:30443"), object("wroker", "http://user:secret@203.0.113.10:31000"));
    std::fs::write(directory.path().join("ca.pem"), registration.ca).expect("a file");
    for (operation, new, old) in [("CREATE", Some(&wrong), None), ("UPDATE", Some(&worse), Some(&wrong))] {
        std::fs::write(directory.path().join("review.json"), review(operation, new, old).to_string()).expect("a file");
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--cacert", "ca.pem", "--header", "content-type: application/json"]);
        curl.args(["--data", "@review.json", &format!("{}/validate", registration.address)]).current_dir(directory.path());
        let output = curl.output().expect("curl");
        assert!(String::from_utf8_lossy(&output.stdout).contains("\"allowed\":false"), "{output:?}");
    }
    // It is written on a thread of its own.
    let file = directory.path().join("capture/refusals.jsonl");
    let begin = Instant::now();
    while std::fs::read_to_string(&file).unwrap_or_default().lines().count() < 2 {
        assert!(begin.elapsed() < Duration::from_mins(1), "nothing is captured");
        std::thread::sleep(Duration::from_millis(20));
    }
    let binary = Binary::new().expect("the binary is built");
    let replay = |fleet: &[&str]| {
        let mut clearance = Command::new(binary.path());
        clearance.args(["replay", "capture/refusals.jsonl", "--format", "concise"]).args(fleet).current_dir(directory.path());
        let output = clearance.output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, out, err) = replay(&["--fleet", "fleet.yaml"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("error[port-already-used]") && out.contains("error[unsupported-value]") && !out.contains("secret"), "{out}");
    // Among others it is another verdict, and that is told.
    let (code, _, err) = replay(&[]);
    assert!(code == Some(1) && err.contains("only then: spec.apiServer: "), "{err}");
}
