//! Three replicas of the real server keep one certificate in a Secret of a real API server, and that API
//! server trusts it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clearance_tests::controlplane::{CLUSTERS, ControlPlane, Registration, Serving, eventually, free_port, permissive};
use serde_json::{Value, json};

const SECRETS: &str = "/api/v1/namespaces/nautes/secrets";
const SECRET: &str = "/api/v1/namespaces/nautes/secrets/clearance-certificate";
const CONFIGURATIONS: [&str; 2] = [
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/clearance",
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/clearance",
];

struct Scene {
    plane: ControlPlane,
    directory: tempfile::TempDir,
    /// `host:port` of each replica; the first is the one that the API server asks.
    addresses: Vec<String>,
}

impl Scene {
    fn new() -> Result<Self> {
        let addresses = (0..3).map(|_| Ok(format!("127.0.0.1:{}", free_port()?))).collect::<Result<Vec<_>>>()?;
        let scene = Self { plane: ControlPlane::start("secret")?, directory: tempfile::tempdir()?, addresses };
        let api = scene.plane.api();
        scene.plane.add_namespace("nautes")?;
        scene.plane.add_crd(&permissive(true))?;
        // As the chart makes it: empty.
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "clearance-certificate"}, "type": "Opaque"});
        api.create(SECRETS, &secret)?.expect(&[201])?;
        let address = format!("https://{}", scene.addresses.first().context("an address")?);
        Registration { address: &address, ca: "" }.configure(api)?;
        Ok(scene)
    }

    fn start(&self, address: &str) -> Result<Serving> {
        let directory = self.directory.path().join(address);
        std::fs::create_dir_all(&directory)?;
        let kubeconfig = self.plane.kubeconfig();
        let words = ["--listen", address, "--kubeconfig", text(&kubeconfig)?];
        let kept = ["--tls-secret", "nautes/clearance-certificate", "--webhook-configuration", "clearance"];
        Serving::start(&directory, &[words, kept].concat())
    }

    /// All replicas, at the same time.
    fn start_all(&self) -> Result<Vec<Serving>> {
        std::thread::scope(|scope| {
            let starting: Vec<_> = self.addresses.iter().map(|address| scope.spawn(|| self.start(address))).collect();
            starting.into_iter().map(|started| started.join().expect("no panic")).collect()
        })
    }

    /// The Secret's version, and the CAs in it (PEM); nothing while there are none.
    fn kept(&self) -> Result<Option<(String, String)>> {
        let secret = self.plane.api().get(SECRET)?.body;
        let Some(ca) = secret["data"]["ca.crt"].as_str() else { return Ok(None) };
        let version = secret["metadata"]["resourceVersion"].as_str().context("a version")?;
        Ok(Some((version.to_owned(), String::from_utf8(STANDARD.decode(ca)?)?)))
    }

    /// Whether both configurations trust these CAs, and nothing else.
    fn trusts(&self, authorities: &str) -> Result<bool> {
        let wanted = json!(STANDARD.encode(authorities));
        for path in CONFIGURATIONS {
            let configuration = self.plane.api().get(path)?.body;
            let webhooks = configuration["webhooks"].as_array().context("webhooks")?;
            ensure!(webhooks.len() == 1, "{configuration}");
            if webhooks.iter().any(|webhook| webhook["clientConfig"]["caBundle"] != wanted) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the API server reaches both webhooks: one fills in, and the other must allow.
    fn admits(&self) -> Result<bool> {
        let cluster = json!({
            "apiVersion": "nautes.resource.nautes.io/v1alpha1",
            "kind": "Cluster",
            "metadata": {"name": "host-1"},
            "spec": {"apiServer": "https://203.0.113.10:6443", "clusterType": "physical", "usage": "host"},
        });
        let answer = self.plane.api().create(&format!("{CLUSTERS}?dryRun=All"), &cluster)?;
        Ok(answer.code == 201 && answer.body["spec"]["clusterKind"] == "kubernetes")
    }

    /// Whether each replica shows a certificate that these CAs signed.
    fn all_show(&self, authorities: &str) -> Result<bool> {
        let trusted = reqwest::Certificate::from_pem_bundle(authorities.as_bytes())?;
        let client = reqwest::blocking::Client::builder().tls_certs_only(trusted).build()?;
        Ok(self.addresses.iter().all(|address| client.get(format!("https://{address}/livez")).send().is_ok()))
    }

    fn empty_bundles(&self) -> Result<()> {
        for path in CONFIGURATIONS {
            let mut configuration: Value = self.plane.api().get(path)?.body;
            configuration["webhooks"][0]["clientConfig"]["caBundle"] = "".into();
            self.plane.api().replace(path, &configuration)?.expect(&[200])?;
        }
        Ok(())
    }
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path is text")
}

#[test]
fn three_replicas_keep_one_certificate() -> Result<()> {
    let scene = Scene::new()?;
    ensure!(!scene.admits()?, "nobody answers yet");
    let mut replicas = scene.start_all()?;
    let (version, authorities) = scene.kept()?.context("the CA is kept")?;
    assert_eq!(authorities.matches("BEGIN CERTIFICATE").count(), 1, "they made one CA");
    assert!(scene.trusts(&authorities)?, "who serves is trusted");
    assert!(scene.all_show(&authorities)?);
    eventually("the API server reaches the door", || scene.admits())?;

    // Who starts again takes what is there.
    drop(replicas.remove(0));
    ensure!(!scene.admits()?, "nobody answers any more");
    replicas.insert(0, scene.start(&scene.addresses[0])?);
    assert_eq!(scene.kept()?.context("the CA is kept")?, (version, authorities.clone()));
    eventually("the API server reaches the door again", || scene.admits())?;

    // All of it is lost at once.
    scene.plane.api().delete(SECRET)?.expect(&[200])?;
    scene.empty_bundles()?;
    eventually("the Secret is there again, and trusted", || match scene.kept()? {
        Some((_, now)) => Ok(scene.trusts(&now)? && scene.all_show(&now)?),
        None => Ok(false),
    })?;
    let now = scene.kept()?.context("the CA is kept")?.1;
    assert!(now != authorities && now.ends_with(&authorities), "what was shown before is trusted until all have read the new one");
    eventually("the API server reaches the door once more", || scene.admits())?;
    Ok(())
}
