//! A server on a port of its own, and a client that trusts its certificate.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clearance_webhook::{Bound, Options, Stop, serve};
use reqwest::{Certificate, Client};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A directory that goes with the test.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("clearance-webhook-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a directory can be made");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file as tools do that care: whole, at once.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("a directory can be made");
        let new = self.0.join(format!(".{}", name.replace('/', "-")));
        std::fs::write(&new, content).expect("a file can be written");
        std::fs::rename(&new, &path).expect("a file can be renamed");
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Server {
    pub bound: Bound,
    pub client: Client,
    pub directory: Directory,
    stop: oneshot::Sender<Stop>,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(Directory::new(), |_| {}).await
    }

    pub async fn start_with(directory: Directory, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options {
            listen: "127.0.0.1:0".to_owned(),
            listen_http: Some("127.0.0.1:0".to_owned()),
            listen_metrics: Some("127.0.0.1:0".to_owned()),
            state: Some(directory.path().join("state")),
            ..Options::default()
        };
        change(&mut options);
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = oneshot::channel();
        let serving =
            tokio::spawn(serve(options, Vec::new(), |bound| drop(tell.send(bound)), async { stopped.await.unwrap_or(Stop::Now) }));
        let Ok(bound) = told.await else { panic!("it does not start: {:?}", serving.await) };
        let client = client(&bound.ca);
        Self { bound, client, directory, stop, serving }
    }

    /// A server with a fleet that is all there is.
    pub async fn with_fleet(fleet: &str) -> Self {
        let directory = Directory::new();
        let path = directory.write("fleet.yaml", fleet);
        Self::start_with(directory, |options| {
            options.fleet = vec![path];
            options.complete = Some(true);
        })
        .await
    }

    pub fn https(&self) -> SocketAddr {
        self.bound.https
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.https())
    }

    /// Sends a body; returns the status and what came back.
    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let answer = self.client.post(self.url(path)).body(body).send().await.expect("it answers");
        assert_eq!(answer.headers()["content-type"], "application/json");
        (answer.status().as_u16(), answer.json().await.expect("it answers JSON"))
    }

    /// Sends a review; returns the response in it.
    pub async fn review(&self, path: &str, review: &Value) -> Value {
        let (status, mut answer) = self.post(path, review.to_string()).await;
        assert_eq!(status, 200);
        assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
        assert_eq!(answer["kind"], "AdmissionReview");
        assert_eq!(answer["response"]["uid"], review["request"]["uid"]);
        answer["response"].take()
    }

    pub async fn validate(&self, review: &Value) -> Value {
        self.review("/validate", review).await
    }

    pub async fn mutate(&self, review: &Value) -> Value {
        self.review("/mutate", review).await
    }

    /// What the port for probes says.
    pub async fn probe(&self, path: &str) -> (u16, String) {
        let address = self.bound.metrics.expect("it listens there too");
        let answer = self.client.get(format!("http://{address}{path}")).send().await.expect("it answers");
        (answer.status().as_u16(), answer.text().await.expect("it is text"))
    }

    /// The value of a metric, with its labels.
    pub async fn metric(&self, series: &str) -> Option<f64> {
        let (_, text) = self.probe("/metrics").await;
        text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
    }

    /// Waits until a metric has a value; what is read from files is read every second.
    pub async fn until(&self, series: &str, wanted: f64) {
        for _ in 0..300 {
            if self.metric(series).await.is_some_and(|value| (value - wanted).abs() < f64::EPSILON) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{series} is never {wanted}: {:?}", self.metric(series).await);
    }

    pub async fn stop(self) {
        self.end(Stop::Now).await;
    }

    /// As Kubernetes stops it.
    pub async fn stop_gently(self) {
        self.end(Stop::AfterGrace).await;
    }

    async fn end(self, stop: Stop) {
        self.stop.send(stop).expect("it runs");
        self.serving.await.expect("it does not panic").expect("it stops well");
    }
}

pub fn client(ca: &Path) -> Client {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let pem = std::fs::read(ca).expect("the CA is there");
    let ca = Certificate::from_pem(&pem).expect("the CA is a certificate");
    Client::builder().tls_certs_only([ca]).build().expect("a client can be made")
}

/// A review that creates an object.
pub fn create(object: &Value) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "0df28fbd-5f5f-11e8-bc74-36e6bb280816",
            "kind": {"group": "nautes.resource.nautes.io", "version": "v1alpha1", "kind": "Cluster"},
            "resource": {"group": "nautes.resource.nautes.io", "version": "v1alpha1", "resource": "clusters"},
            "name": object["metadata"]["name"],
            "namespace": "nautes",
            "operation": "CREATE",
            "userInfo": {"username": "system:serviceaccount:argocd:argocd", "groups": ["system:authenticated"]},
            "object": object,
            "oldObject": null,
            "dryRun": false,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"}
        }
    })
}

/// A review that updates an object.
pub fn update(old: &Value, object: &Value) -> Value {
    let mut review = create(object);
    review["request"]["operation"] = "UPDATE".into();
    review["request"]["oldObject"] = old.clone();
    review
}

/// A review that deletes an object.
pub fn delete(object: &Value) -> Value {
    let mut review = update(object, &Value::Null);
    review["request"]["operation"] = "DELETE".into();
    review["request"]["name"] = object["metadata"]["name"].clone();
    review
}

/// A worker with nothing but what must be there.
pub fn worker(name: &str) -> Value {
    json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name, "namespace": "nautes"},
        "spec": {
            "apiServer": "https://203.0.113.20:6443",
            "clusterType": "physical",
            "usage": "worker",
            "workerType": "deployment"
        }
    })
}
