//! The commands that the pages show, run as they stand there, on a real API server.

use std::path::{Path, PathBuf};
use std::process::Command;

use clearance_tests::controlplane::{CLUSTERS, ControlPlane, permissive};
use clearance_tests::door::Binary;
use serde_json::json;

use crate::helm_program;

/// Begins of commands that need what is not here: a node that runs pods, and so wrote the `caBundle`.
const NEED_PODS: &[&str] =
    &["kubectl --namespace clearance logs", "kubectl get validatingwebhookconfiguration clearance --output jsonpath"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The commands of a page: lines of blocks without a language, and what stands in tables.
fn commands(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("webhook/docs").join(page)).expect("the page is there");
    let (mut commands, mut block) = (Vec::new(), None);
    for line in text.lines() {
        match (line.strip_prefix("```"), block) {
            (Some(language), None) => block = Some(language.is_empty()),
            (Some(_), Some(_)) => block = None,
            (None, Some(true)) if !line.is_empty() => commands.push(line.to_owned()),
            (None, None) if line.starts_with('|') => commands.extend(line.split('`').skip(1).step_by(2).map(str::to_owned)),
            _ => {}
        }
    }
    commands.retain(|command| command.starts_with("kubectl ") || command.starts_with("helm "));
    // What a person is to fill in is no command yet.
    commands.retain(|command| !command.contains('…') && !NEED_PODS.iter().any(|begin| command.starts_with(begin)));
    commands
}

/// A cluster before Clearance: with Nautes' objects, and a definition of them that is not ours.
struct Before {
    plane: ControlPlane,
    home: tempfile::TempDir,
}

impl Before {
    fn new(name: &str) -> Self {
        let plane = ControlPlane::start(name).expect("a control plane");
        plane.add_namespace("nautes").expect("a namespace");
        plane.add_crd(&permissive(true)).expect("it is taken");
        let host = json!({
            "apiVersion": "nautes.resource.nautes.io/v1alpha1",
            "kind": "Cluster",
            "metadata": {"name": "host-1"},
            "spec": {"apiServer": "https://203.0.113.10:6443", "clusterType": "physical", "usage": "host"},
        });
        plane.api().create(CLUSTERS, &host).and_then(|answer| answer.expect(&[201])).expect("a cluster");
        Self { plane, home: tempfile::tempdir().expect("a directory") }
    }

    /// Types a command into a shell.
    fn run(&self, command: &str) -> String {
        let binary = Binary::new().expect("the binary is built");
        let places = [Some(self.plane.programs()), helm_program().parent().map(Path::to_owned).as_deref(), binary.path().parent()]
            .map(|place| place.expect("a directory").to_owned());
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(places.into_iter().chain(std::env::split_paths(&others))).expect("a PATH");
        let mut shell = Command::new("bash");
        shell.args(["-o", "pipefail", "-c", command]).current_dir(root());
        shell.env("PATH", path).env("HOME", self.home.path()).env("KUBECONFIG", self.plane.kubeconfig());
        let output = shell.output().expect("there is a shell");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {}\n{told}{}", output.status, String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).expect("text")
    }
}

#[test]
fn what_the_page_on_installing_shows() {
    let before = Before::new("page-install");
    let commands = commands("install.md");
    assert!(commands.len() > 7, "{commands:?}");
    for command in commands {
        let printed = before.run(&command);
        if command.contains("custom-columns") {
            assert!(printed.contains("clearance   [clusters]"), "{printed}");
        }
        if command.ends_with("clearance check -") {
            assert_eq!(printed, "no findings: 1 cluster in 1 file\n");
        }
    }
    // The definition is ours now.
    let crd = before.run("kubectl get customresourcedefinition clusters.nautes.resource.nautes.io --output yaml");
    assert!(crd.contains("x-kubernetes-validations"), "{crd}");
}

#[test]
fn what_the_page_on_emergencies_shows() {
    let before = Before::new("page-emergency");
    before.run("kubectl create namespace clearance");
    before.run("helm install clearance webhook/deploy/chart --namespace clearance");
    let commands = commands("emergency.md");
    assert!(commands.len() > 4, "{commands:?}");
    for command in commands {
        before.run(&command);
        // And as it was.
        before.run("helm upgrade clearance webhook/deploy/chart --namespace clearance --reset-values");
    }
}
