//! `clearance register`, `unregister` and `get`: the registrar's API by command line.

use std::io::{IsTerminal, Read as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use clearance_core::finding::{Path, visible};
use clearance_core::source::Format;
use clearance_core::{Content, Document, Form, Limits};
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::Value;

use super::{Exit, Look};
use crate::output::print;

/// Where the registrar is. The access token comes from `CLEARANCE_TOKEN`, or is asked for.
#[derive(Args)]
pub struct Server {
    /// The registrar's address.
    #[arg(long, value_name = "URL", env = "CLEARANCE_SERVER", default_value = "https://127.0.0.1:8443")]
    server: String,
    /// The CAs (PEM) of the server, if they are not the system's.
    #[arg(long, value_name = "FILE", env = "CLEARANCE_CA")]
    ca: Option<PathBuf>,
}

/// Registers a cluster: a property file of the Nautes command line, or a request.
#[derive(Args)]
pub struct Register {
    /// A file, or `-` for standard input.
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The cluster's name, where the file does not say it.
    #[arg(long)]
    name: Option<String>,
    /// Shows what would change, and changes nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    server: Server,
}

/// Takes a registered cluster away.
#[derive(Args)]
pub struct Unregister {
    /// The cluster's name.
    name: String,
    /// Shows what would change, and changes nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    server: Server,
}

/// Shows registered clusters.
#[derive(Args)]
pub struct Get {
    /// The cluster's name; all that are selected without one.
    name: Option<String>,
    /// Which clusters: `usage=worker,cluster_type=physical`.
    #[arg(long, value_name = "FIELDS", conflicts_with = "name")]
    selector: Option<String>,
    #[command(flatten)]
    server: Server,
}

impl Register {
    pub fn run(&self, look: Look) -> Result<Exit> {
        let label = self.path.display().to_string();
        let text = if label == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("standard input is no text")?;
            text
        } else {
            std::fs::read_to_string(&self.path).with_context(|| format!("cannot read `{label}`"))?
        };
        let clusters = Document::read_all(&text, Some(&label), &Limits::default()).into_iter();
        let mut clusters = clusters.filter_map(|content| if let Content::Cluster(document) = content { Some(document) } else { None });
        let (Some(document), None) = (clusters.next(), clusters.next()) else { bail!("`{label}` holds not exactly one cluster") };
        if document.form == Form::Resource {
            bail!(
                "`{label}` is a resource, which holds no kubeconfig: `clearance convert {label} --to property` makes a property file of \
                 it; add the kubeconfig of a physical cluster to that as `spec.kubeconfig`"
            );
        }
        let written = document.find(&Path::of("metadata.name"), None).and_then(|at| at.node().as_str().map(str::to_owned));
        let Some(name) = self.name.clone().or(written) else { bail!("`{label}` does not say the cluster's name: give it with --name") };
        let kind = if document.format == Format::Json { "application/json" } else { "application/yaml" };
        let request = self.server.request("POST", &one(&name), self.dry_run)?.header("accept-language", look.tag());
        let answer = request.header("content-type", kind).body(text.clone()).send();
        tell(&label, answer)
    }
}

impl Unregister {
    pub fn run(&self, look: Look) -> Result<Exit> {
        let request = self.server.request("DELETE", &one(&self.name), self.dry_run)?.header("accept-language", look.tag());
        tell(&self.name, request.send())
    }
}

impl Get {
    pub fn run(&self) -> Result<Exit> {
        let path = self.name.as_deref().map_or_else(|| "/api/v1/clusters".to_owned(), one);
        let mut request = self.server.request("GET", &path, false)?;
        if let Some(selector) = &self.selector {
            request = request.query(&[("field_selector", selector)]);
        }
        tell(self.name.as_deref().unwrap_or("clusters"), request.send())
    }
}

/// The path of a cluster. A name goes into no other place of an address.
fn one(name: &str) -> String {
    let encoded: String = name
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() || byte == b'-' { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    format!("/api/v1/clusters/{encoded}")
}

impl Server {
    fn request(&self, method: &str, path: &str, dry_run: bool) -> Result<RequestBuilder> {
        let server = self.server.trim_end_matches('/');
        let address: reqwest::Url = server.parse().with_context(|| format!("`{}` is no address", visible(server)))?;
        let is_here = matches!(address.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if address.scheme() != "https" && !is_here {
            bail!("the token would leave this machine in plain text: the server's address begins with `https://`");
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        // An answer may take as long as a slow repository does.
        let mut client = Client::builder().timeout(Duration::from_mins(4)).redirect(reqwest::redirect::Policy::none());
        if let Some(path) = &self.ca {
            let pem = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
            client = client.tls_certs_only(
                reqwest::Certificate::from_pem_bundle(&pem).with_context(|| format!("`{}` holds no certificates", path.display()))?,
            );
        }
        let request = client.build().context("cannot speak TLS")?.request(method.parse()?, format!("{server}{path}")).bearer_auth(token()?);
        Ok(if dry_run { request.query(&[("dry_run", "true")]) } else { request })
    }
}

/// The access token: never an argument, which others on the machine can see.
fn token() -> Result<String> {
    if let Ok(token) = std::env::var("CLEARANCE_TOKEN") {
        return Ok(token);
    }
    if !std::io::stderr().is_terminal() {
        bail!("there is no access token: set CLEARANCE_TOKEN");
    }
    rpassword::prompt_password("Access token: ").context("the token cannot be asked for")
}

fn tell(label: &str, answer: reqwest::Result<reqwest::blocking::Response>) -> Result<Exit> {
    let answer = answer.map_err(not_reached)?;
    let status = answer.status();
    let is_plain = answer.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let text = answer.text().context("the answer ended before its end")?;
    let Ok(body) = serde_json::from_str::<Value>(&text) else {
        let said = text.lines().find(|line| is_plain && !line.trim().is_empty());
        bail!("this is no registrar: it answered {status}{}", said.map(|said| format!(": {}", one_line(said))).unwrap_or_default());
    };
    let word = |key: &str| body[key].as_str().map(one_line);
    for finding in ["findings", "warnings"].iter().flat_map(|key| body[key].as_array().into_iter().flatten()) {
        let word = |key: &str| one_line(finding[key].as_str().unwrap_or_default());
        let place = if finding["line"].is_u64() { format!("{label}:{}:{}", finding["line"], finding["column"]) } else { label.to_owned() };
        print(&format!("{place}: {}[{}]: {}\n", word("severity"), word("rule"), word("message")))?;
        if finding["help"].is_string() {
            print(&format!("  = help: {}\n", word("help")))?;
        }
    }
    if let Some(diff) = body["diff"].as_str() {
        print(diff)?;
    }
    match (status.is_success(), word("message")) {
        (true, Some(message)) => print(&format!("{message}\n"))?,
        (true, None) => print(&format!("{}\n", serde_json::to_string_pretty(&body)?))?,
        // What is wrong has been told line by line.
        (false, _) if body["findings"].is_array() => return Ok(Exit::Findings),
        (false, message) => bail!("{}", message.unwrap_or_else(|| status.to_string())),
    }
    Ok(Exit::Clean)
}

/// Why there is no answer. The address is in the error's words; the token is not.
fn not_reached(error: reqwest::Error) -> anyhow::Error {
    let error = anyhow::Error::from(error);
    let is_unknown = error.chain().any(|cause| cause.to_string().contains("UnknownIssuer"));
    error.context(if is_unknown {
        "the server's certificate is of an authority that is not known here: `--ca FILE` (or CLEARANCE_CA) names the authority's; \
         a server's own is `ca.pem` in its state directory"
    } else {
        "the server cannot be reached"
    })
}

/// A server's sentence in one line. It is not cut, but words of it are: nobody writes such long ones.
fn one_line(text: &str) -> String {
    text.split_inclusive(' ').map(visible).collect()
}
