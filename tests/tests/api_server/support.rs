//! One API server for the tests of this program, and what is said of its answers.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clearance_tests::case::built_policies;
use clearance_tests::controlplane::{Answer, CLUSTERS, ControlPlane, Printed, Serving, UNJUDGED, free_port, permissive};
use serde_json::{Value, json};

/// What else exists: a host cluster with a virtual one on it, which a runtime refers to.
const FLEET: &str = r"
apiVersion: nautes.resource.nautes.io/v1alpha1
kind: Cluster
metadata: {name: host-fra-1, namespace: nautes}
spec: {apiServer: 'https://203.0.113.40:6443', clusterType: physical, usage: host}
---
apiVersion: nautes.resource.nautes.io/v1alpha1
kind: Cluster
metadata: {name: payments-test, namespace: nautes}
spec: {apiServer: 'https://203.0.113.40:32443', clusterType: virtual, usage: worker, workerType: deployment, hostCluster: host-fra-1}
---
apiVersion: nautes.resource.nautes.io/v1alpha1
kind: DeploymentRuntime
metadata: {name: dr-payments, namespace: payments}
status: {cluster: payments-test}
";

/// An organisation's own rule.
const POLICIES: &str = "
version: 1
policies:
  - {name: domains, module: MODULES/allowed-domains.wasm, settings: {domains: [example.com, nip.io]}}
";

/// An API server and the door that it asks.
pub struct World {
    pub plane: ControlPlane,
    pub serving: Option<Serving>,
    directory: PathBuf,
}

impl World {
    /// A world of its own, for what the others would notice.
    pub fn new(name: &str) -> Self {
        let plane = ControlPlane::start(name).expect("an API server can be started");
        let directory = plane.directory().join("door");
        std::fs::create_dir(&directory).expect("a directory");
        std::fs::write(directory.join("fleet.yaml"), FLEET).expect("a file");
        let modules = built_policies().expect("policies are built");
        let policies = POLICIES.replace("MODULES", modules.to_str().expect("a path"));
        std::fs::write(directory.join("policies.yaml"), policies).expect("a file");
        let mut world = Self { plane, serving: None, directory };
        world.serve(&format!("127.0.0.1:{}", free_port().expect("a port")));
        world.guard();
        world
    }

    /// Starts the door.
    pub fn serve(&mut self, listen: &str) {
        let serving = Serving::start(&self.directory, &["--listen", listen, "--fleet", "fleet.yaml", "--policies", "policies.yaml"]);
        self.serving = Some(serving.expect("a server can be started"));
    }

    /// Registers it.
    pub fn guard(&self) {
        let serving = self.serving.as_ref().expect("it is served");
        self.plane.guard(&permissive(true), &serving.registration()).expect("the webhooks can be registered");
    }

    /// Stores an object, whatever is wrong with it.
    pub fn store(&self, object: &Value) -> Value {
        let answer = self.plane.api().acting_as(UNJUDGED).create(CLUSTERS, object).expect("the API server answers");
        assert_eq!(answer.code, 201, "{}", answer.body);
        answer.body
    }

    /// Creates an object that must pass; returns it as it would be stored, and the warnings.
    pub fn accepts(&self, object: &Value) -> (Value, Vec<String>) {
        let answer = self.try_create(object);
        assert_eq!(answer.code, 201, "{}", answer.body);
        (answer.body, answer.warnings)
    }

    /// Creates an object that must be refused for exactly these: rule, field and sentence.
    pub fn rejects(&self, object: &Value, findings: &[(&str, &str, &str)]) {
        refused(&self.try_create(object), 422, findings);
    }

    fn try_create(&self, object: &Value) -> Answer {
        let namespace = object["metadata"]["namespace"].as_str().expect("it is in one");
        let list = CLUSTERS.replace("/nautes/", &format!("/{namespace}/"));
        self.plane.api().create(&format!("{list}?dryRun=All"), object).expect("the API server answers")
    }
}

/// What an answer refuses: a cause for each finding, and all of them in the one line that some tools print alone.
#[track_caller]
pub fn refused(answer: &Answer, code: u16, findings: &[(&str, &str, &str)]) {
    assert_eq!(answer.code, code, "{}", answer.body);
    let causes = answer.body["details"]["causes"].as_array().expect("causes");
    let told: Vec<(&str, &str)> =
        causes.iter().map(|cause| (cause["field"].as_str().unwrap_or_default(), cause["message"].as_str().expect("a message"))).collect();
    assert_eq!(told.len(), findings.len(), "{told:#?}");
    let line = answer.body["message"].as_str().expect("a message");
    for ((field, message), (rule, expected, sentence)) in told.into_iter().zip(findings) {
        assert_eq!(field, *expected, "{message}");
        assert!(message.ends_with(&format!("{sentence} [{rule}]")), "{message}");
        assert!(line.contains(message), "{line} lacks {message}");
    }
}

/// The world that the tests share. They ask without storing, or store under names of their own.
pub fn world() -> &'static World {
    static WORLD: LazyLock<World> = LazyLock::new(|| World::new("api-server"));
    &WORLD
}

/// A cluster with nothing but what must be there.
pub fn worker(name: &str) -> Value {
    json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name, "namespace": "nautes"},
        "spec": {"apiServer": "https://203.0.113.20:6443", "clusterType": "physical", "usage": "worker", "workerType": "deployment"},
    })
}

/// Where a cluster is.
pub fn path(name: &str) -> String {
    format!("{CLUSTERS}/{name}")
}

/// What was typed and what came back, as it is read on a screen. What is another each time is left out.
pub fn shown(typed: &str, printed: &Printed, directory: &Path) -> String {
    let mut shown = format!("$ {typed}\n");
    for (mark, text) in [("", &printed.out), ("! ", &printed.err)] {
        for line in text.replace(&directory.display().to_string(), ".").lines() {
            writeln!(shown, "{mark}{}", line.trim_end()).expect("a string");
        }
    }
    writeln!(shown, "ends with {}", printed.code.expect("it ends by itself")).expect("a string");
    shown
}
