//! The settings that the chart renders, read by the server that they are for.

use std::path::Path;
use std::process::{Command, Output};

use clearance_tests::controlplane::manifests;
use clearance_tests::door::Binary;
use serde_json::Value;

use crate::{VALUES, only, rendered};

/// The container of a Deployment.
fn container(objects: &[Value]) -> &Value {
    let containers = only(objects, "Deployment")["spec"]["template"]["spec"]["containers"].as_array().expect("containers");
    let [container] = containers.as_slice() else { panic!("{} containers", containers.len()) };
    container
}

/// Runs what the container runs, with its files in a directory.
fn run(objects: &[Value], directory: &Path, more: &[&str]) -> Output {
    for (name, text) in only(objects, "ConfigMap")["data"].as_object().expect("files") {
        std::fs::write(directory.join(name), text.as_str().expect("a text")).expect("a file");
    }
    let mounted = |word: &Value| {
        let word = word.as_str().expect("a word");
        word.strip_prefix("/config/").map_or_else(|| word.to_owned(), |file| directory.join(file).display().to_string())
    };
    let arguments = container(objects)["args"].as_array().expect("arguments").iter().map(mounted);
    let binary = Binary::new().expect("the binary is built");
    Command::new(binary.path()).args(arguments).args(more).output().expect("it runs")
}

#[test]
fn the_server_knows_each_setting() {
    for values in VALUES {
        let objects = rendered(values);
        let directory = tempfile::tempdir().expect("a directory");
        let output = run(&objects, directory.path(), &["--print-config"]);
        assert!(output.status.success(), "{values:?}: {}", String::from_utf8_lossy(&output.stderr));
        let shown = String::from_utf8(output.stdout).expect("text");
        let file = std::fs::read_to_string(directory.path().join("config.yaml")).expect("it is mounted");
        let settings = manifests(&file).expect("it is YAML").remove(0);
        for name in settings.as_object().expect("settings").keys() {
            let line = shown.lines().find(|line| line.starts_with(&format!("{name}: "))).unwrap_or_else(|| panic!("{name}: {shown}"));
            assert!(line.contains("config.yaml"), "it comes from the file: {line}");
        }
    }
}

#[test]
fn kubernetes_waits_for_the_last_answer() {
    for values in VALUES {
        let objects = rendered(values);
        let directory = tempfile::tempdir().expect("a directory");
        let output = run(&objects, directory.path(), &["--print-config"]);
        let shown = String::from_utf8(output.stdout).expect("text");
        let grace = shown.lines().find_map(|line| line.strip_prefix("grace: ")).and_then(|rest| rest.split(['s', ' ']).next());
        let grace: u64 = grace.and_then(|seconds| seconds.trim_matches(['"', '\'']).parse().ok()).unwrap_or_else(|| panic!("{shown}"));
        let waits = only(&objects, "Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"].as_u64().expect("seconds");
        assert!(waits > grace + 10, "{values:?}: {waits} for {grace}");
    }
}

/// What is read at start takes effect, whichever value it comes from.
#[test]
fn other_settings_make_other_pods() {
    let sum = |values: &[&str]| {
        let objects = rendered(values);
        only(&objects, "Deployment")["spec"]["template"]["metadata"]["annotations"]["checksum/config"].as_str().expect("a sum").to_owned()
    };
    let usual = sum(&[]);
    assert_eq!(sum(&["replicas=5"]), usual);
    for value in ["config.monitor=all", "webhook.timeoutSeconds=3", "catalog=components: []", "certificates.from=cert-manager"] {
        assert_ne!(sum(&[value]), usual, "{value}");
    }
}
