//! A server with a state of its own, and what it is asked.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clearance_tests::case;
use clearance_tests::door::Binary;
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::Value;

/// Where a cluster is, in the API.
pub const CLUSTERS: &str = "/api/v1/clusters";

/// A running server. It ends when it is dropped.
pub struct Server {
    child: Child,
    pub http: String,
    pub https: String,
    /// The token of the embedded repository.
    pub token: String,
    client: Client,
}

/// A place for a server's state and its log, which outlive the server.
pub struct Place {
    directory: tempfile::TempDir,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Place {
    pub fn new() -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self { directory: tempfile::tempdir()? })
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    pub fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.path().join("log"))?)
    }

    pub fn start(&self, more: &[&str]) -> Result<Server> {
        let log = File::options().create(true).append(true).open(self.path().join("log"))?;
        let mut child = Command::new(Binary::new()?.path())
            .args(["serve", "--listen", "127.0.0.1:0", "--listen-http", "127.0.0.1:0", "--doors", "registrar", "--state"])
            .arg(self.state())
            .args(["--argocd-repository", "https://forge.example/tenant.git"])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let mut words = BufReader::new(child.stdout.take().context("a pipe")?);
        let (mut https, mut http, mut token) = (String::new(), String::new(), String::new());
        let mut line = String::new();
        // The CA is told last.
        while !line.contains(" CA ") {
            line.clear();
            if words.read_line(&mut line)? == 0 {
                let _ = child.wait();
                anyhow::bail!("the server ended: {}", self.log()?);
            }
            let word = line.split_whitespace().find(|word| word.starts_with("http")).unwrap_or_default();
            if word.starts_with("https://127.") && https.is_empty() {
                word.clone_into(&mut https);
            } else if word.starts_with("http://") {
                word.clone_into(&mut http);
            }
            if let Some((_, text)) = line.split_once("token: ") {
                text.trim().clone_into(&mut token);
            }
        }
        if token.is_empty() {
            std::fs::read_to_string(self.state().join("registrar/token")).unwrap_or_default().trim().clone_into(&mut token);
        }
        let ca = std::fs::read(self.state().join("ca.pem"))?;
        let client = Client::builder().tls_certs_only([reqwest::Certificate::from_pem(&ca)?]).timeout(Duration::from_mins(2)).build()?;
        Ok(Server { child, http, https, token, client })
    }

    /// All files below the state directory.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut directories = vec![self.state()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory)? {
                let path = entry?.path();
                if path.is_dir() { directories.push(path) } else { found.push(path) }
            }
        }
        Ok(found)
    }

    /// Runs git on the embedded repository.
    pub fn git(&self, arguments: &[&str]) -> Result<String> {
        git(&self.state().join("registrar/tenant.git"), arguments)
    }
}

impl Server {
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().expect("a method");
        self.client.request(method, format!("{}{path}", self.https)).bearer_auth(&self.token)
    }

    pub fn save(&self, name: &str, body: impl Into<String>) -> Result<Answer> {
        Answer::of(self.request("POST", &format!("{CLUSTERS}/{name}")).header("content-type", "application/json").body(body.into()))
    }

    pub fn get(&self, path: &str) -> Result<Answer> {
        Answer::of(self.request("GET", path))
    }

    pub fn delete(&self, name: &str) -> Result<Answer> {
        Answer::of(self.request("DELETE", &format!("{CLUSTERS}/{name}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    pub fn of(request: RequestBuilder) -> Result<Self> {
        let response = request.send()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text()?;
        Ok(Self { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text })
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The rules of its findings, from `findings` or `warnings`.
    pub fn rules(&self, severity: &str) -> Vec<String> {
        let findings = ["findings", "warnings"].iter().flat_map(|key| self.body[key].as_array().into_iter().flatten());
        findings
            .filter(|finding| finding["severity"] == severity)
            .map(|finding| finding["rule"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

/// An example of the guides: the name in its URL, and its body.
pub fn guide(case: &str) -> Result<(String, String)> {
    let directory = case::corpus().join("guides").join(case);
    let about = std::fs::read_to_string(directory.join("case.yaml"))?;
    let name = about.lines().find_map(|line| line.strip_prefix("name: ")).context("a name")?.trim_matches('"').to_owned();
    let input = ["input.json", "input.txt", "input.yaml"].iter().find_map(|file| std::fs::read_to_string(directory.join(file)).ok());
    Ok((name, input.context("an input")?))
}

/// A host cluster at an address of its own, as the guides describe one.
pub fn host(number: u8) -> Result<String> {
    at(&guide("zh-cluster-host-as-printed")?.1, number)
}

/// A description at another address.
pub fn at(body: &str, number: u8) -> Result<String> {
    let old = "8.217.50.114";
    ensure!(body.contains(old), "the guides' address");
    Ok(body.replace(old, &format!("10.0.0.{number}")))
}

pub fn git(directory: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").args(["-c", "safe.directory=*"]).args(arguments).current_dir(directory).output()?;
    ensure!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Waits for something that comes soon.
pub fn soon(what: &str, is_so: impl Fn() -> Result<bool>) -> Result<()> {
    let begin = Instant::now();
    while !is_so()? {
        ensure!(begin.elapsed() < Duration::from_mins(1), "{what} did not come");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

pub fn ran(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok(output)
}
