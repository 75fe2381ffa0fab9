//! The door beside a real API server: what it knows of the cluster, and how soon, and what it says when
//! it knows no more.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clearance_tests::controlplane::{Answer, CLUSTERS, ControlPlane, Serving, UNJUDGED, defined, eventually, permissive};
use clearance_tests::door::Binary;
use clearance_tests::door::webhook::review;
use serde_json::{Value, json};

const RUNTIMES: &str = "/apis/nautes.resource.nautes.io/v1alpha1/namespaces/nautes/deploymentruntimes";

fn host() -> Value {
    json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "host-1"},
        "spec": {"apiServer": "https://203.0.113.10:6443", "clusterType": "physical", "usage": "host"},
    })
}

fn virtual_cluster(name: &str, port: u16) -> Value {
    json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name},
        "spec": {
            "apiServer": format!("https://203.0.113.10:{port}"),
            "clusterType": "virtual",
            "usage": "worker",
            "workerType": "deployment",
            "hostCluster": "host-1",
        },
    })
}

/// An API server, and a directory for what runs beside it.
struct Scene {
    plane: ControlPlane,
    directory: tempfile::TempDir,
}

impl Scene {
    fn new(name: &str) -> Result<Self> {
        Ok(Self { plane: ControlPlane::start(name)?, directory: tempfile::tempdir()? })
    }

    fn kubeconfig(&self) -> Result<String> {
        Ok(self.plane.kubeconfig().to_str().context("a path is text")?.to_owned())
    }

    /// A door that follows this API server.
    fn serve(&self, name: &str, more: &[&str]) -> Result<Serving> {
        let directory = self.directory.path().join(name);
        std::fs::create_dir_all(&directory)?;
        let kubeconfig = self.kubeconfig()?;
        let serving = Serving::start(&directory, &[&["--listen", "127.0.0.1:0", "--kubeconfig", &kubeconfig], more].concat())?;
        eventually("the door knows the fleet", || Ok(ask(&serving, "/readyz")?.0 == 200))?;
        Ok(serving)
    }

    fn guarded(&self, name: &str, more: &[&str]) -> Result<Serving> {
        let serving = self.serve(name, more)?;
        self.plane.guard(&permissive(true), &serving.registration())?;
        Ok(serving)
    }

    fn create(&self, object: &Value) -> Result<Answer> {
        self.plane.api().create(CLUSTERS, object)
    }

    fn clearance(&self, words: &[&str]) -> Result<(Option<i32>, String)> {
        let kubeconfig = self.kubeconfig()?;
        let output = Command::new(Binary::new()?.path()).args(words).args(["--kubeconfig", &kubeconfig]).output()?;
        let text = String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?;
        Ok((output.status.code(), text))
    }
}

/// Asks a door itself.
fn ask(serving: &Serving, path: &str) -> Result<(u16, String)> {
    let answer = client(serving)?.get(format!("{}{path}", serving.registration().address)).send()?;
    Ok((answer.status().as_u16(), answer.text()?))
}

fn client(serving: &Serving) -> Result<reqwest::blocking::Client> {
    let ca = reqwest::Certificate::from_pem(serving.registration().ca.as_bytes())?;
    Ok(reqwest::blocking::Client::builder().tls_certs_only([ca]).build()?)
}

/// The door's answer to a review of an object, without an API server.
fn validate(serving: &Serving, object: &Value) -> Result<Value> {
    let mut object = object.clone();
    object["metadata"]["namespace"] = "nautes".into();
    let review = review("CREATE", Some(&object), None);
    let answer = client(serving)?.post(format!("{}/validate", serving.registration().address)).body(review.to_string()).send()?;
    let mut answer: Value = serde_json::from_slice(&answer.bytes()?)?;
    Ok(answer["response"].take())
}

fn message(answer: &Answer) -> &str {
    answer.body["message"].as_str().unwrap_or_default()
}

#[test]
fn the_fleet_is_what_the_cluster_holds() -> Result<()> {
    let scene = Scene::new("watched")?;
    // Nothing is defined yet: that is synced, and empty.
    let serving = scene.guarded("door", &["--override-user", "alice"])?;
    let api = scene.plane.api();
    // What was just admitted counts, long before a watch has told of it.
    scene.create(&host())?.expect(&[201])?;
    scene.create(&virtual_cluster("vc-1", 31_001))?.expect(&[201])?;
    let clash = scene.create(&virtual_cluster("vc-2", 31_001))?;
    assert_eq!(clash.code, 422, "{clash:?}");
    assert!(message(&clash).ends_with("node port `31001` is already used by the API server of `vc-1` [port-already-used]"), "{clash:?}");
    // A dry run has no effects.
    api.create(&format!("{CLUSTERS}?dryRun=All"), &virtual_cluster("vc-2", 31_002))?.expect(&[201])?;
    scene.create(&virtual_cluster("vc-3", 31_002))?.expect(&[201])?;

    // What goes makes room.
    api.delete(&format!("{CLUSTERS}/vc-3"))?.expect(&[200])?;
    eventually("the port is free", || Ok(scene.create(&virtual_cluster("vc-4", 31_002))?.code == 201))?;

    // A kind that is defined later is followed from then on.
    scene.plane.add_crd(&defined("DeploymentRuntime", "deploymentruntimes", false))?;
    let runtime = json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "DeploymentRuntime",
        "metadata": {"name": "shop"},
        "status": {"cluster": "vc-4"},
    });
    api.create(RUNTIMES, &runtime)?.expect(&[201])?;
    eventually("the runtime holds its cluster", || Ok(api.delete(&format!("{CLUSTERS}/vc-4?dryRun=All"))?.code == 403))?;
    let refused = api.delete(&format!("{CLUSTERS}/vc-4"))?;
    assert!(message(&refused).contains("`vc-4` is still referred to by DeploymentRuntime `nautes/shop`"), "{refused:?}");
    api.delete(&format!("{RUNTIMES}/shop"))?.expect(&[200])?;
    eventually("nothing holds the cluster", || Ok(api.delete(&format!("{CLUSTERS}/vc-4"))?.code == 200))?;

    // Who is named may override, with a reason.
    let mut object = virtual_cluster("vc-2", 31_001);
    object["metadata"]["annotations"] = json!({"clearance.nautes.io/override": "port-already-used: vc-1 moves tomorrow"});
    assert_eq!(api.acting_as("bob").create(CLUSTERS, &object)?.code, 422);
    let accepted = api.acting_as("alice").create(CLUSTERS, &object)?;
    accepted.expect(&[201])?;
    assert!(accepted.warnings.iter().any(|line| line.starts_with("overridden: ") && line.ends_with("[port-already-used]")), "{accepted:?}");
    // And nobody is kept from changing what has nothing to do with it.
    api.merge(&format!("{CLUSTERS}/vc-2"), &json!({"metadata": {"finalizers": ["example.com/a"]}}))?.expect(&[200])?;
    let status = api.merge(&format!("{CLUSTERS}/vc-2/status"), &json!({"status": {"warnings": []}}))?;
    status.expect(&[200])?;
    api.delete(&format!("{CLUSTERS}/vc-2"))?.expect(&[200])?;
    api.merge(&format!("{CLUSTERS}/vc-2"), &json!({"metadata": {"finalizers": null}}))?.expect(&[200])?;
    let metrics = ask(&serving, "/metrics")?.1;
    assert!(metrics.contains("clearance_overrides_total{rule=\"port-already-used\"}"), "{metrics}");
    Ok(())
}

#[test]
fn what_is_lost_is_said_and_found_again() -> Result<()> {
    let mut scene = Scene::new("lost")?;
    let serving = scene.guarded("door", &[])?;
    scene.create(&host())?.expect(&[201])?;
    eventually("the host is seen", || Ok(ask(&serving, "/metrics")?.1.contains("clearance_fleet_clusters 1")))?;
    scene.plane.stop()?;
    let is_stale = |answer: &Value| answer["warnings"][0].as_str().is_some_and(|line| line.starts_with("what else exists is known as of "));
    eventually("the watch is lost", || Ok(is_stale(&validate(&serving, &virtual_cluster("vc-1", 31_001))?)))?;
    // It goes on with what it knows, and says how old that is.
    assert_eq!(ask(&serving, "/readyz")?.0, 200);
    assert_eq!(validate(&serving, &virtual_cluster("vc-9", 30_080))?["allowed"], false);
    eventually("the age is told", || {
        let metrics = ask(&serving, "/metrics")?.1;
        let age = metrics.lines().find_map(|line| line.strip_prefix("clearance_fleet_age_seconds ")).context("an age")?;
        Ok(age.parse::<f64>()? > 0.0)
    })?;
    scene.plane.resume()?;
    eventually("the watch is back", || Ok(!is_stale(&validate(&serving, &virtual_cluster("vc-1", 31_001))?)))?;
    assert_eq!(validate(&serving, &virtual_cluster("vc-9", 30_080))?["allowed"], false);

    // All is forgotten, and the versions are counted anew.
    scene.plane.stop()?;
    scene.plane.wipe()?;
    scene.plane.resume()?;
    eventually("what was wiped is known to be gone", || {
        Ok(ask(&serving, "/metrics")?.1.contains("clearance_fleet_clusters 0\n") && !is_stale(&validate(&serving, &host())?))
    })?;
    scene.plane.guard(&permissive(true), &serving.registration())?;
    scene.create(&host())?.expect(&[201])?;
    eventually("it follows again", || Ok(ask(&serving, "/metrics")?.1.contains("clearance_fleet_clusters 1")))?;
    Ok(())
}

#[test]
fn what_slips_past_two_replicas_is_found() -> Result<()> {
    let scene = Scene::new("replicas")?;
    let one = scene.guarded("one", &[])?;
    let other = scene.serve("other", &[])?;
    scene.create(&host())?.expect(&[201])?;
    eventually("the other knows the host", || Ok(ask(&other, "/metrics")?.1.contains("clearance_fleet_clusters 1\n")))?;
    // Each is asked before anything is stored that the other could see. Of two asked one, it lets one through.
    assert_eq!(validate(&one, &virtual_cluster("vc-1", 31_001))?["allowed"], true);
    assert_eq!(validate(&one, &virtual_cluster("vc-2", 31_001))?["allowed"], false);
    assert_eq!(validate(&other, &virtual_cluster("vc-2", 31_001))?["allowed"], true);
    let unjudged = scene.plane.api().acting_as(UNJUDGED);
    for name in ["vc-1", "vc-2"] {
        unjudged.create(CLUSTERS, &virtual_cluster(name, 31_001))?.expect(&[201])?;
    }
    let (code, text) = scene.clearance(&["audit", "--color", "never"])?;
    assert_eq!(code, Some(1), "{text}");
    for name in ["vc-1", "vc-2"] {
        assert!(text.contains(&format!("--> Cluster/nautes/{name}:")), "{text}");
    }
    assert_eq!(text.matches("error[port-already-used]").count(), 2, "{text}");

    // A thousand more are listed in pages.
    let items: Vec<Value> = (0..1000)
        .map(|number| {
            let mut object = host();
            object["metadata"]["name"] = format!("host-a{number}").into();
            object["spec"]["apiServer"] = format!("https://host-a{number}.example.com:6443").into();
            object
        })
        .collect();
    for item in &items {
        unjudged.create(CLUSTERS, item)?.expect(&[201])?;
    }
    let second = scene.serve("second", &[])?;
    assert!(ask(&second, "/metrics")?.1.contains("clearance_fleet_clusters 1003\n"), "all are known once it is ready");

    // A snapshot of it all is a fleet elsewhere.
    let (code, snapshot) = scene.clearance(&["fleet", "export"])?;
    assert_eq!(code, Some(0), "{snapshot}");
    assert!(!snapshot.contains("managedFields") && !snapshot.contains("\"status\""));
    let file: PathBuf = scene.directory.path().join("snapshot.json");
    std::fs::write(&file, &snapshot)?;
    let new = scene.directory.path().join("new.yaml");
    std::fs::write(&new, virtual_cluster("vc-3", 31_001).to_string())?;
    let output = Command::new(Binary::new()?.path()).arg("check").arg(&new).arg("--fleet").arg(&file).output()?;
    assert!(String::from_utf8(output.stdout)?.contains("error[port-already-used]"));
    Ok(())
}

#[test]
fn monitor_mode_lets_everything_through_and_counts() -> Result<()> {
    let scene = Scene::new("monitor")?;
    let serving = scene.serve("door", &["--monitor", "all"])?;
    scene.plane.add_namespace("nautes")?;
    scene.plane.add_crd(&permissive(true))?;
    serving.registration().configure(scene.plane.api())?;
    let mut object = virtual_cluster("vc-1", 31_001);
    object["spec"]["apiServer"] = "http://203.0.113.10:31001".into();
    eventually("the webhook is asked", || {
        let answer = scene.plane.api().create(&format!("{CLUSTERS}?dryRun=All"), &object)?;
        Ok(answer.warnings.iter().any(|line| line.starts_with("would be refused: ")))
    })?;
    scene.create(&object)?.expect(&[201])?;
    assert!(ask(&serving, "/metrics")?.1.contains("clearance_monitored_total{rule=\"invalid-api-server\"}"));
    Ok(())
}
