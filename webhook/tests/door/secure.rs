//! TLS: what is spoken, who is let in, and certificates that change.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::{Certificate, Client, Identity};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::server::{Directory, Server, create, worker};

/// A CA that signs for tests.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no name is wrong");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("it can be made");
        let pem = params.self_signed(&key).expect("it can be made").pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// A certificate and its key.
    fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().expect("it can be made");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("it is a name");
        (params.signed_by(&key, &self.issuer).expect("it can be signed").pem(), key.serialize_pem())
    }
}

#[tokio::test]
async fn plain_http_on_the_port_for_https_is_told_so() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.https()).await.expect("it listens");
    let body = create(&worker("worker-1")).to_string();
    let request = format!("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut said = String::new();
    stream.read_to_string(&mut said).await.expect("it ends");
    let (head, body) = said.split_once("\r\n\r\n").expect("it is an answer");
    assert!(head.starts_with("HTTP/1.1 400 Bad Request"), "{said}");
    assert_eq!(body, "this port speaks HTTPS; the request came in plain HTTP");
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{said}");
    server.stop().await;
}

/// With OpenSSL, which can still speak the old versions when its security level lets it.
#[tokio::test(flavor = "multi_thread")]
async fn tls_1_2_and_1_3_are_spoken_and_nothing_older() {
    let server = Server::start().await;
    for (version, spoken) in [("-tls1", false), ("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true)] {
        let connect = server.https().to_string();
        let said = Command::new("openssl")
            .args(["s_client", "-connect", &connect, version, "-cipher", "ALL:@SECLEVEL=0", "-CAfile"])
            .arg(&server.bound.ca)
            .stdin(Stdio::null())
            .output()
            .await
            .expect("openssl is installed");
        let text = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
        assert_eq!(
            text.contains("Verify return code: 0 (ok)") && text.contains("-----BEGIN CERTIFICATE-----"),
            spoken,
            "{version}: {text}"
        );
        // Refused by an alert, that is, not by OpenSSL itself.
        assert_eq!(text.contains("SSL alert number "), !spoken, "{version}: {text}");
    }
    server.stop().await;
}

fn client(server: &Server, identity: Option<&(String, String)>) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ca = Certificate::from_pem(&std::fs::read(&server.bound.ca).expect("it is there")).expect("it is a certificate");
    let builder = Client::builder().tls_certs_only([ca]);
    let builder = match identity {
        Some((certificate, key)) => {
            builder.identity(Identity::from_pem(format!("{certificate}{key}").as_bytes()).expect("they go together"))
        }
        None => builder,
    };
    builder.build().expect("a client can be made")
}

#[tokio::test]
async fn a_client_certificate_is_demanded_when_so_configured() {
    let (known, other) = (Authority::new(), Authority::new());
    let directory = Directory::new();
    let path = directory.write("clients.pem", &known.pem);
    let server = Server::start_with(directory, |options| options.client_ca = Some(path)).await;
    let asks = async |identity: Option<&(String, String)>| client(&server, identity).get(server.url("/livez")).send().await.is_ok();
    let (ours, theirs) = (known.sign("kube-apiserver"), other.sign("kube-apiserver"));
    assert!(asks(Some(&ours)).await);
    assert!(!asks(None).await, "no certificate");
    assert!(!asks(Some(&theirs)).await, "another CA's certificate");
    // Probes come without one.
    assert_eq!(server.probe("/readyz").await, (200, "ok\n".to_owned()));
    // The CA changes; a broken file changes nothing.
    server.directory.write("clients.pem", "nothing");
    server.directory.write("clients.pem", &other.pem);
    for _ in 0..300 {
        if asks(Some(&theirs)).await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(asks(Some(&theirs)).await && !asks(Some(&ours)).await);
    server.stop().await;
}

/// A directory as the kubelet mounts it: the files lead through `..data`, a link that is swapped.
struct Mount {
    directory: Directory,
    version: usize,
}

impl Mount {
    fn swap(&mut self, files: &[(&str, &str)]) {
        let (root, version) = (self.directory.path(), format!("..{}", self.version));
        self.version += 1;
        std::fs::create_dir(root.join(&version)).expect("it can be made");
        for (name, content) in files {
            std::fs::write(root.join(&version).join(name), content).expect("it can be written");
            let _ = std::os::unix::fs::symlink(format!("..data/{name}"), root.join(name));
        }
        std::os::unix::fs::symlink(&version, root.join("..data_tmp")).expect("it can be made");
        std::fs::rename(root.join("..data_tmp"), root.join("..data")).expect("it can be renamed");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// One of two servers that are asked in turns, as a Service would.
async fn start(mount: &Mount) -> Server {
    Server::start_with(Directory::new(), |options| {
        options.tls_cert = Some(mount.path("tls.crt"));
        options.tls_key = Some(mount.path("tls.key"));
        options.catalog = Some(mount.path("catalog.yaml"));
        options.grace = Duration::from_secs(3);
    })
    .await
}

/// Under load: the certificate is swapped five times, the catalogue ten times (once for a broken
/// one), and one of two servers stops gently and is started again. Nobody is let down.
#[tokio::test(flavor = "multi_thread")]
async fn no_admission_fails_while_everything_changes() {
    let authority = Authority::new();
    let mut mount = Mount { directory: Directory::new(), version: 0 };
    let catalog = |number: usize| format!("version: 1\ncomponents:\n  kong-{number}:\n    slot: gateway\n    namespace: kong\n");
    let (mut certificate, mut key) = authority.sign("localhost");
    let swap = |mount: &mut Mount, certificate: &str, key: &str, catalog: &str| {
        mount.swap(&[("tls.crt", certificate), ("tls.key", key), ("catalog.yaml", catalog)]);
    };
    swap(&mut mount, &certificate, &key, &catalog(0));
    let (stays, leaves) = (start(&mount).await, start(&mount).await);
    let targets = Arc::new(std::sync::Mutex::new(vec![stays.https(), leaves.https()]));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let asking: Vec<_> = (0..8)
        .map(|number: usize| {
            let (targets, stopped, pem) = (Arc::clone(&targets), stopped.clone(), authority.pem.clone());
            tokio::spawn(async move {
                let _ = rustls::crypto::ring::default_provider().install_default();
                let ca = Certificate::from_pem(pem.as_bytes()).expect("it is a certificate");
                let mut answered = 0_usize;
                // Now and then a new client: it meets the certificate of the day.
                while !*stopped.borrow() {
                    let client = Client::builder().tls_certs_only([ca.clone()]).build().expect("a client can be made");
                    for turn in 0..20 {
                        let target = {
                            let targets = targets.lock().expect("no panic");
                            targets[(number + turn) % targets.len()]
                        };
                        let url = format!("https://localhost:{}/validate", target.port());
                        let answer = client.post(url).body(create(&worker("worker-1")).to_string()).send().await.expect("it answers");
                        assert_eq!(answer.json::<Value>().await.expect("JSON")["response"]["allowed"], true);
                        answered += 1;
                    }
                }
                answered
            })
        })
        .collect();
    let failing = "clearance_certificate_failing";
    let shown = async |server: &Server| server.metric("clearance_certificate_expiry_seconds").await.is_some();
    for number in 1..=10 {
        if number % 2 == 0 {
            (certificate, key) = authority.sign("localhost");
        }
        swap(&mut mount, &certificate, &key, &if number == 5 { "version: [".to_owned() } else { catalog(number) });
        let origin = if number == 5 { "last-good" } else { "given" };
        stays.until(&format!("clearance_catalog{{origin=\"{origin}\"}}"), 1.0).await;
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    assert!(shown(&stays).await);
    stays.until(failing, 0.0).await;
    // As Kubernetes does it: first nobody new is sent there, though some still are; then it stops.
    targets.lock().expect("no panic").truncate(1);
    leaves.stop_gently().await;
    let again = start(&mount).await;
    targets.lock().expect("no panic").push(again.https());
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.send_replace(true);
    for asked in asking {
        assert!(asked.await.expect("each is answered") > 0);
    }
    assert!(again.metric("clearance_reviews_total{path=\"/validate\",operation=\"CREATE\",outcome=\"allowed\"}").await > Some(0.0));
    stays.stop().await;
    again.stop().await;
}
