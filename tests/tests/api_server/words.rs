//! What people read who work with `kubectl`, word for word.

use std::os::unix::fs::PermissionsExt as _;

use clearance_tests::controlplane::Printed;
use serde_json::{Value, json};

use super::support::{shown, worker, world};

/// A screen: a directory with a file, and what is typed there.
struct Screen(tempfile::TempDir);

impl Screen {
    fn new(file: &Value) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("cluster.json"), file.to_string()).expect("a file");
        Self(directory)
    }

    fn run(&self, typed: &str) -> Printed {
        let words: Vec<&str> = typed.split(' ').skip(1).collect();
        world().plane.kubectl().run(&words, self.0.path(), None).expect("kubectl runs")
    }

    fn shows(&self, typed: &str) -> String {
        shown(typed, &self.run(typed), self.0.path())
    }

    /// The same, where the editor is a program that changes the file.
    fn shows_with_editor(&self, typed: &str, script: &str) -> String {
        let editor = self.0.path().join("editor");
        std::fs::write(&editor, format!("#!/bin/sh\n{script}\n")).expect("a file");
        std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o700)).expect("it can be run");
        let words: Vec<&str> = typed.split(' ').skip(1).collect();
        let printed = world().plane.kubectl().run(&words, self.0.path(), Some(&editor)).expect("kubectl runs");
        let shown = shown(typed, &printed, self.0.path());
        // The file that it keeps has a number.
        let (Some(start), Some(end)) = (shown.find("kubectl-edit-"), shown.find(".yaml")) else { return shown };
        format!("{}kubectl-edit-N{}", &shown[..start], &shown[end..])
    }
}

#[test]
fn one_finding() {
    let mut cluster = worker("word-1");
    cluster["spec"]["apiServer"] = "http://203.0.113.20:6443".into();
    insta::assert_snapshot!(Screen::new(&cluster).shows("kubectl apply -f cluster.json"));
}

#[test]
fn several_findings() {
    let mut cluster = worker("word-2");
    cluster["spec"]["apiServer"] = "http://203.0.113.20:6443".into();
    cluster["spec"]["usage"] = "wroker".into();
    cluster["spec"]["reservedNamespacesAllowedProducts"] = json!({"argo": ["shop"]});
    cluster["spec"]["productAllowedClusterResources"] = json!({"shop": [{"kind": "ClusterRole", "group": "authorization.k8s.io"}]});
    insta::assert_snapshot!(Screen::new(&cluster).shows("kubectl apply -f cluster.json"));
}

#[test]
fn an_organisations_policy() {
    let mut cluster = worker("word-10");
    cluster["spec"]["primaryDomain"] = "elsewhere.net".into();
    insta::assert_snapshot!(Screen::new(&cluster).shows("kubectl apply -f cluster.json"));
}

#[test]
fn only_warnings() {
    let mut cluster = worker("word-3");
    cluster["spec"]["componentsList"] = json!({"pipeline": {"name": "tekton", "namespace": "tekton-pipelines"}});
    let screen = Screen::new(&cluster);
    insta::assert_snapshot!(screen.shows("kubectl apply -f cluster.json"));
    insta::assert_snapshot!("only_warnings_again", screen.shows("kubectl apply -f cluster.json"));
}

#[test]
fn one_of_several_documents() {
    let mut wrong = worker("word-4");
    wrong["spec"]["workerType"] = "".into();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [wrong, worker("word-5")]});
    insta::assert_snapshot!(Screen::new(&list).shows("kubectl apply -f cluster.json"));
}

#[test]
fn filled_in_before_it_is_stored() {
    let screen = Screen::new(&worker("word-6"));
    insta::assert_snapshot!(screen.shows("kubectl apply --dry-run=server -f cluster.json"));
    let printed = screen.run("kubectl apply --dry-run=server -f cluster.json -o jsonpath={.spec}");
    let spec: Value = serde_json::from_str(&printed.out).expect("JSON");
    insta::assert_snapshot!("filled_in_spec", serde_json::to_string_pretty(&spec).expect("JSON"));
    let stored = screen.run("kubectl get cluster word-6");
    assert!(stored.err.contains("NotFound"), "nothing is stored: {stored:?}");
}

#[test]
fn a_dry_run_is_refused_too() {
    let mut cluster = worker("word-7");
    cluster["spec"]["clusterType"] = "virtual".into();
    insta::assert_snapshot!(Screen::new(&cluster).shows("kubectl apply --dry-run=server -f cluster.json"));
}

#[test]
fn a_host_that_is_in_use() {
    let host = json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "host-fra-1", "namespace": "nautes"},
        "spec": {"apiServer": "https://203.0.113.40:6443", "clusterType": "physical", "usage": "host"},
    });
    world().store(&host);
    insta::assert_snapshot!(Screen::new(&host).shows("kubectl delete cluster host-fra-1"));
}

#[test]
fn an_edit_that_is_refused_and_given_up() {
    let cluster = worker("word-8");
    let screen = Screen::new(&cluster);
    screen.run("kubectl apply -f cluster.json");
    // The second time the file is as it was refused, with the reasons on top: they are printed, and the file is left alone.
    let script = "if grep -q '^# clusters' \"$1\"; then grep '^#' \"$1\" >> reasons; else sed -i 's,https://203.0.113.20,http://203.0.113.20,' \"$1\"; fi";
    let shown = screen.shows_with_editor("kubectl edit cluster word-8", script);
    let reasons = std::fs::read_to_string(screen.0.path().join("reasons")).expect("the editor is opened again");
    insta::assert_snapshot!(format!("{shown}\n{reasons}"));
}

#[test]
fn an_edit_that_passes() {
    let screen = Screen::new(&worker("word-9"));
    screen.run("kubectl apply -f cluster.json");
    insta::assert_snapshot!(
        screen.shows_with_editor("kubectl edit cluster word-9", "sed -i 's,203.0.113.20:6443,203.0.113.20:7443,' \"$1\"")
    );
}
