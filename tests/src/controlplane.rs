//! A real Kubernetes API server, started for tests: `tests/controlplane/README.md`.

mod api;
mod crd;
mod kubectl;
mod registration;
mod serving;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

pub use api::{Answer, Api};
pub use crd::{PAST, defined, manifests, permissive, prune, shipped, with_past};
pub use kubectl::{Kubectl, Printed};
pub use registration::{JUDGED_ONCE, Registration, UNJUDGED};
pub use serving::Serving;

use crate::program::{Program, built, empty, secret, target};
pub use crate::program::{eventually, free_port};

/// What is recorded of requests: who asked for what, of service accounts alone.
const AUDIT: &str = "
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: Metadata, userGroups: [system:serviceaccounts]}
  - {level: None}
";

/// Where Clusters are, in the API.
pub const CLUSTERS: &str = "/apis/nautes.resource.nautes.io/v1alpha1/namespaces/nautes/clusters";

/// An API server with a store of its own, on a port of its own. It ends with the process that
/// started it, even when that is killed.
#[derive(Debug)]
pub struct ControlPlane {
    directory: PathBuf,
    programs: PathBuf,
    port: u16,
    api: Api,
    // In the order in which they end.
    api_server: Option<Program>,
    etcd: Option<Program>,
    /// Held while the directory is in use.
    _lock: File,
}

impl ControlPlane {
    /// Starts one, with an empty store. Its directory is kept below the target directory until the next of that name
    /// starts: there are the logs.
    pub fn start(name: &str) -> Result<Self> {
        let programs = programs()?;
        let directory = target()?.join("tmp").join(format!("controlplane-{name}"));
        let lock = empty(&directory)?;
        let token = secret()?;
        fs::write(directory.join("tokens.csv"), format!("{token},admin,admin,system:masters\n"))?;
        let key = rcgen::KeyPair::generate()?;
        fs::write(directory.join("service-accounts.key"), key.serialize_pem())?;
        fs::write(directory.join("service-accounts.pub"), key.public_key_pem())?;
        let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        fs::write(directory.join("tls.key"), own.signing_key.serialize_pem())?;
        fs::write(directory.join("tls.pem"), own.cert.pem())?;
        let port = free_port()?;
        let api = Api::new(&format!("https://127.0.0.1:{port}"), &own.cert.pem(), &token)?;
        fs::write(directory.join("kubeconfig"), kubeconfig(port, &token))?;
        fs::write(directory.join("audit.yaml"), AUDIT)?;
        let mut plane = Self { directory, programs, port, api, api_server: None, etcd: None, _lock: lock };
        plane.resume()?;
        Ok(plane)
    }

    /// The API, as somebody who may do everything.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The certificate that who asks it must trust (PEM).
    pub fn ca(&self) -> Result<String> {
        Ok(fs::read_to_string(self.directory.join("tls.pem"))?)
    }

    /// What holds its logs. The next of that name begins with an empty one.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The kubeconfig of somebody who may do everything.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.join("kubeconfig")
    }

    /// The directory that holds `kubectl`.
    #[must_use]
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// The kubeconfig of a service account, and its token.
    pub fn kubeconfig_of(&self, namespace: &str, account: &str) -> Result<(PathBuf, String)> {
        let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
        let answer = self.api.create(&format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"), &request)?;
        answer.expect(&[201])?;
        let token = answer.body["status"]["token"].as_str().context("a token")?;
        let path = self.directory.join(format!("kubeconfig-{namespace}-{account}"));
        fs::write(&path, kubeconfig(self.port, token))?;
        Ok((path, token.to_owned()))
    }

    /// What service accounts asked of the API server (`audit.k8s.io/v1`, `Event`).
    pub fn asked(&self) -> Result<Vec<Value>> {
        let log = fs::read_to_string(self.directory.join("audit.log"))?;
        // The last line may be half written.
        Ok(log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// `kubectl`, as the same.
    #[must_use]
    pub fn kubectl(&self) -> Kubectl<'_> {
        Kubectl { program: self.programs.join("kubectl"), kubeconfig: self.directory.join("kubeconfig"), directory: &self.directory }
    }

    /// Ends the API server and its store; what is stored stays.
    pub fn stop(&mut self) -> Result<()> {
        for program in [self.api_server.take(), self.etcd.take()].into_iter().flatten() {
            program.end()?;
        }
        Ok(())
    }

    /// Starts both again, at the same address.
    pub fn resume(&mut self) -> Result<()> {
        self.etcd = Some(self.start_etcd()?);
        let api_server = self.start_api_server()?;
        self.api_server.insert(api_server).wait_until("it is ready", || Ok(self.api.get("/readyz").is_ok_and(|answer| answer.code == 200)))
    }

    /// Forgets everything that is stored. Only while it is stopped.
    pub fn wipe(&self) -> Result<()> {
        anyhow::ensure!(self.etcd.is_none(), "the store is in use");
        Ok(fs::remove_dir_all(self.directory.join("etcd"))?)
    }

    /// Makes a namespace, if it is not there yet.
    pub fn add_namespace(&self, name: &str) -> Result<()> {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.api.create("/api/v1/namespaces", &namespace)?.expect(&[201, 409])
    }

    /// Makes a resource definition, and waits until its objects are served.
    pub fn add_crd(&self, crd: &Value) -> Result<()> {
        self.api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)?.expect(&[201])?;
        let (group, plural) = (crd["spec"]["group"].as_str(), crd["spec"]["names"]["plural"].as_str());
        let version = crd["spec"]["versions"][0]["name"].as_str();
        let path = format!("/apis/{}/{}/{}", group.context("a group")?, version.context("a version")?, plural.context("a plural")?);
        eventually("a resource is served", || Ok(self.api.get(&path)?.code == 200))
    }

    /// Everything as it is where Clearance runs: its namespace, the resource definition, and the door registered.
    pub fn guard(&self, crd: &Value, registration: &Registration<'_>) -> Result<()> {
        self.add_namespace("nautes")?;
        self.add_crd(crd)?;
        registration.add(&self.api)
    }

    fn start_etcd(&self) -> Result<Program> {
        // Sockets in the directory, as nobody else is to reach it.
        let arguments = [
            "--data-dir=etcd",
            "--listen-client-urls=unix://etcd.socket",
            // Nobody asks it where it is.
            "--advertise-client-urls=http://localhost:2379",
            "--listen-peer-urls=unix://peers.socket",
            // What it holds is worth nothing once the machine stops.
            "--unsafe-no-fsync",
            "--log-level=warn",
        ];
        Program::start(&self.programs.join("etcd"), &arguments, &self.directory)
    }

    fn start_api_server(&self) -> Result<Program> {
        let port = format!("--secure-port={}", self.port);
        let arguments = [
            "--etcd-servers=unix://etcd.socket",
            "--bind-address=127.0.0.1",
            &port,
            "--tls-cert-file=tls.pem",
            "--tls-private-key-file=tls.key",
            "--token-auth-file=tokens.csv",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=service-accounts.pub",
            "--service-account-signing-key-file=service-accounts.key",
            "--audit-policy-file=audit.yaml",
            "--audit-log-path=audit.log",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none",
        ];
        Program::start(&self.programs.join("kube-apiserver"), &arguments, &self.directory)
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        // They end in any case when their input does.
        let _ = self.stop();
    }
}

/// The directory that holds `etcd`, `kube-apiserver` and `kubectl`.
fn programs() -> Result<PathBuf> {
    match std::env::var_os("KUBEBUILDER_ASSETS") {
        Some(assets) => Ok(assets.into()),
        None => built("controlplane"),
    }
}

/// As JSON, which is YAML; file names in it are relative to it.
fn kubeconfig(port: u16, token: &str) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": format!("https://127.0.0.1:{port}"), "certificate-authority": "tls.pem"}}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin", "namespace": "nautes"}}],
        "current-context": "test",
    })
    .to_string()
}
