//! The chart: Helm finds no fault in it, a real API server takes what it renders, the real server takes its
//! settings, and does its work with the rights that it is given.

mod pages;
mod rights;
mod settings;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clearance_tests::controlplane::{ControlPlane, manifests};
use serde_json::{Value, json};

/// The chart's directory.
fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../webhook/deploy/chart")
}

/// Helm, as `cargo xtask tools` built it beside the tests.
fn helm_program() -> PathBuf {
    let tests = std::env::current_exe().expect("a test is a program");
    let target = tests.ancestors().find(|directory| directory.join("go/helm/helm").exists());
    target.expect("there is no Helm: run `cargo xtask tools`, which builds it").join("go/helm/helm")
}

fn helm(arguments: &[&str]) -> Output {
    let mut helm = Command::new(helm_program());
    helm.args(arguments).args(["--kube-version", "1.36.3"]).current_dir(chart()).output().expect("Helm runs")
}

fn render(values: &[&str]) -> Result<String, String> {
    let mut arguments = vec!["template", "clearance", ".", "--namespace", "clearance"];
    arguments.extend(values.iter().flat_map(|value| ["--set", value]));
    let output = helm(&arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// The objects that are rendered.
fn rendered(values: &[&str]) -> Vec<Value> {
    manifests(&render(values).expect("it renders")).expect("objects")
}

/// The one of a kind.
fn only<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let found: Vec<&Value> = objects.iter().filter(|object| object["kind"] == kind).collect();
    let [only] = found.as_slice() else { panic!("{} of {kind}", found.len()) };
    only
}

/// Makes the namespace as the page on installing says.
fn add_namespace(plane: &ControlPlane) {
    plane.add_namespace("clearance").expect("a namespace");
    let restricted = |mode: &str| (format!("pod-security.kubernetes.io/{mode}"), json!("restricted"));
    // With `warn`, workloads are looked at, too, and not only the pods that come of them.
    let labels: serde_json::Map<_, _> = [restricted("enforce"), restricted("warn")].into_iter().collect();
    let labelled = plane.api().merge("/api/v1/namespaces/clearance", &json!({"metadata": {"labels": labels}}));
    labelled.and_then(|answer| answer.expect(&[200])).expect("it can be labelled");
}

const VALUES: &[&[&str]] = &[
    &[],
    &["crd.install=true", "replicas=1", "networkPolicy.enabled=false", "config.monitor=all", "config.grace=90s"],
    &[
        "certificates.from=secret",
        "certificates.secretName=own",
        "certificates.caBundle=PEM",
        "catalog=components: []",
        "policies.configMap.name=rules",
    ],
    &[
        "networkPolicy.apiServerPorts[0]=16443",
        "extraVolumes[0].name=ca",
        "extraVolumes[0].configMap.name=api-server",
        "extraVolumeMounts[0].name=ca",
        "extraVolumeMounts[0].mountPath=/ca",
    ],
    &["image.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "webhook.failurePolicy=Ignore"],
];

#[test]
fn helm_finds_no_fault() {
    let output = helm(&["lint", "--strict", "."]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn values_that_cannot_be_meant_are_refused() {
    for (value, told) in [
        ("webhook.timeoutSeconds=10", "timeoutSeconds"),
        ("config.listen=0.0.0.0:1", "listen"),
        ("config.grace=1m", "grace"),
        ("config.policies=/rules.yaml", "policies"),
        ("image.digest=latest", "digest"),
        ("certificates.from=secret", "secretName"),
        ("replica=2", "replica"),
    ] {
        let error = render(&[value]).expect_err(value);
        assert!(error.contains(told), "{value}: {error}");
    }
}

#[test]
fn an_api_server_takes_what_is_rendered() {
    let plane = ControlPlane::start("deploy").expect("a control plane");
    add_namespace(&plane);
    let directory = tempfile::tempdir().expect("a directory");
    for (index, values) in VALUES.iter().enumerate() {
        let file = directory.path().join(format!("{index}.yaml"));
        std::fs::write(&file, render(values).expect("it renders")).expect("a file");
        let name = file.display().to_string();
        let printed = plane.kubectl().run(&["apply", "--dry-run=server", "--filename", &name], directory.path(), None).expect("kubectl");
        assert_eq!(printed.code, Some(0), "{values:?}: {}", printed.err);
        assert_eq!(printed.err, "", "{values:?}");
    }
    let committed = chart().join("../manifests");
    for file in ["clearance.yaml", "crd.yaml"] {
        let name = committed.join(file).display().to_string();
        let printed = plane.kubectl().run(&["apply", "--dry-run=server", "--filename", &name], directory.path(), None).expect("kubectl");
        assert_eq!((printed.code, printed.err.as_str()), (Some(0), ""), "{file}");
    }
}
