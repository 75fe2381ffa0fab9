//! The registrar: what is sent is judged with the repository as the fleet, and what is taken stands in it.

use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clearance_core::form::from_resource;
use clearance_core::source::Format;
use clearance_core::{Content, Document, Form, Limits};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use serde_json::Value;

use super::{Binary, Door};
use crate::case::{Case, Expected, OperationKind, from_yaml};
use crate::observed::Observed;

const CLUSTERS: &str = "nautes/overlays/production/clusters";

/// One server, whose repository is made anew for each case.
#[derive(Debug)]
pub struct Registrar {
    child: Child,
    address: String,
    token: String,
    client: reqwest::blocking::Client,
    state: tempfile::TempDir,
}

impl Registrar {
    /// Starts the real binary.
    pub fn new() -> Result<Self> {
        Self::start(None)
    }

    fn start(policies: Option<&Path>) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let state = tempfile::tempdir()?;
        let mut child = Command::new(Binary::new()?.path())
            .args(["serve", "--listen", "127.0.0.1:0", "--listen-http", "127.0.0.1:0", "--doors", "registrar", "--suppressions"])
            .args(["--log-level", "off", "--state"])
            .arg(state.path())
            .args(policies.iter().flat_map(|path| [Path::new("--policies"), path]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        for line in BufReader::new(child.stdout.take().context("a pipe")?).lines() {
            let line = line?;
            if let Some(word) = line.split_whitespace().find(|word| word.starts_with("http://")) {
                word.clone_into(&mut address);
            }
            if line.contains(" CA ") {
                break;
            }
        }
        let token = std::fs::read_to_string(state.path().join("registrar/token")).context("the server did not start")?.trim().to_owned();
        Ok(Self { child, address, token, client: reqwest::blocking::Client::new(), state })
    }

    fn repository(&self) -> PathBuf {
        self.state.path().join("registrar/tenant.git")
    }

    /// Makes the branch one commit that holds these files alone.
    fn reset(&self, files: &[(String, String)]) -> Result<()> {
        let mut stream = "reset refs/heads/main\ncommit refs/heads/main\ncommitter a <a@b> 0 +0000\ndata 0\n".to_owned();
        for (path, text) in files {
            stream.extend([format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len())]);
        }
        let mut import = self.git(&["fast-import", "--quiet", "--force"]).stdin(Stdio::piped()).spawn()?;
        import.stdin.take().context("a pipe")?.write_all(stream.as_bytes())?;
        ensure!(import.wait()?.success(), "the repository cannot be filled");
        Ok(())
    }

    fn git(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.args(["-c", "safe.directory=*"]).args(arguments).current_dir(self.repository());
        git
    }
}

impl Registrar {
    fn carry(&self, case: &Case) -> Result<Option<Expected>> {
        // It has the time of the machine, and takes the repository for all there is.
        let depends_on_time = case.about.now.is_some();
        let expected = case.expected.as_ref().context("bless the corpus first")?;
        let is_virtual =
            expected.filled.iter().any(|filled| filled["spec"]["clusterType"] == "virtual" || !filled["spec"]["hostCluster"].is_null());
        let Some(sent) = Sent::of(case).filter(|_| !depends_on_time && (case.is_complete() || !is_virtual)) else { return Ok(None) };
        // A file holds what it is named after.
        let mut files = vec![("nautes/README.md".to_owned(), String::new())];
        files.extend(case.fleet.iter().map(|fleet| ("nautes/fleet.yaml".to_owned(), fleet.clone())));
        let file = format!("{CLUSTERS}/{}.yaml", sent.name);
        match case.about.operation {
            OperationKind::Delete => files.push((file.clone(), String::from_utf8(case.input.clone())?)),
            OperationKind::Update => files.extend(case.old.iter().map(|old| (file.clone(), old.clone()))),
            OperationKind::Create => {}
        }
        self.reset(&files)?;
        let method = if case.about.operation == OperationKind::Delete { "DELETE" } else { "POST" };
        let kind = if sent.format == Format::Json { "application/json" } else { "application/yaml" };
        let request = self.client.request(method.parse()?, format!("{}/api/v1/clusters/{}", self.address, sent.name));
        let answer = request.bearer_auth(&self.token).header("content-type", kind).body(sent.body).send()?;
        let status = answer.status().as_u16();
        let text = answer.text()?;
        let body: Value = serde_json::from_str(&text).with_context(|| format!("{status}: {text}"))?;
        ensure!([200, 409, 422].contains(&status), "{status}: {text}");
        let told = if status == 200 { &body["warnings"] } else { &body["findings"] };
        let word = |finding: &Value, key: &str| finding[key].as_str().map(str::to_owned);
        let findings = told.as_array().into_iter().flatten().map(|finding| {
            Ok(Observed {
                rule: word(finding, "rule").context("a rule")?,
                severity: word(finding, "severity").context("a severity")?,
                path: word(finding, "path"),
                underlined: None,
                message: word(finding, "message").context("a message")?,
                unchanged: finding["unchanged"].as_bool().unwrap_or_default(),
            })
        });
        let findings = findings.collect::<Result<Vec<_>>>()?.into_iter().filter(is_of_any_day).collect();
        let mut filled = Vec::new();
        if status == 200 && method == "POST" {
            let output = self.git(&["show", &format!("main:{file}")]).output()?;
            let mut resource: Value = from_yaml(&String::from_utf8(output.stdout)?)?;
            // Where Argo CD puts it is said in the file.
            if let Some(metadata) = resource["metadata"].as_object_mut() {
                metadata.remove("namespace");
            }
            filled.push(resource);
        }
        Ok(Some(Expected { findings, filled }))
    }
}

impl Drop for Registrar {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What of a case can be sent: one description with a name; a resource is only ever taken away.
struct Sent {
    name: String,
    format: Format,
    body: Vec<u8>,
}

impl Sent {
    fn of(case: &Case) -> Option<Self> {
        let text = std::str::from_utf8(&case.input).ok()?;
        let mut contents = Document::read_all(text, Some(&case.file), &Limits::default()).into_iter();
        let (Some(Content::Cluster(document)), None) = (contents.next(), contents.next()) else { return None };
        let name = case.about.name.clone().or_else(|| {
            let at = document.find(&clearance_core::finding::Path::of("metadata.name"), None)?;
            at.node().as_str().map(str::to_owned)
        })?;
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let deletes = case.about.operation == OperationKind::Delete;
        let (format, body) = (document.format, case.input.clone());
        match document.form {
            // The cases with policies are resources, and each has a request that comes to the same.
            Form::Resource if !deletes && case.policies().ok()?.is_some() => {
                let resource = document.to_resource();
                let shown = serde_json::to_value(&resource).ok()?;
                // A request has no place for labels.
                shown["metadata"]["labels"].is_null().then_some(())?;
                let address = shown["spec"]["apiServer"].as_str()?.to_owned();
                // A virtual cluster's is found at its host.
                let own = if shown["spec"]["clusterType"] == "virtual" { None } else { Some(kubeconfig(&address).ok()?) };
                let request = from_resource(Form::Request, &resource, own.as_deref(), None);
                Some(Self { name, format: Format::Json, body: serde_json::to_vec(&request).ok()? })
            }
            form => (plain && (form == Form::Resource) == deletes).then_some(Self { name, format, body }),
        }
    }
}

/// A kubeconfig that opens nothing, with an authority of nobody's.
fn kubeconfig(server: &str) -> Result<String> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = STANDARD.encode(authority.self_signed(&KeyPair::generate()?)?.pem());
    Ok(serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "a", "cluster": {"server": server.replacen("http:", "https:", 1), "certificate-authority-data": authority}}],
        "users": [{"name": "a", "user": {"token": "none"}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "current-context": "a",
    })
    .to_string())
}

/// Certificates end: what is told of them is told of the day.
fn is_of_any_day(finding: &Observed) -> bool {
    finding.rule != "kubeconfig-expired"
}

impl Door for Registrar {
    fn name(&self) -> &'static str {
        "registrar"
    }

    fn take(&self, case: &Case) -> Result<Option<Expected>> {
        match case.policies()? {
            // A server has one configuration.
            Some(directory) => Self::start(Some(&directory.path().join("policies.yaml")))?.carry(case),
            None => self.carry(case),
        }
    }

    fn sees(&self, case: &Case, expected: &Expected) -> Expected {
        let findings = expected.findings.iter().filter(|finding| is_of_any_day(finding));
        let findings: Vec<Observed> = findings.map(|finding| Observed { underlined: None, ..finding.clone() }).collect();
        let refused = findings.iter().any(|finding| finding.severity == "error");
        // What stood in the file beside `spec` stays there, which the case's filled document does not know.
        let is_shown = !refused && case.about.operation != OperationKind::Delete;
        let mut filled = if is_shown { expected.filled.clone() } else { Vec::new() };
        // A request says no namespace.
        for metadata in filled.iter_mut().filter_map(|resource| resource["metadata"].as_object_mut()) {
            metadata.remove("namespace");
        }
        Expected { findings, filled }
    }
}
