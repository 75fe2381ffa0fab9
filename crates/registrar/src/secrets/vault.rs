//! HashiCorp Vault or OpenBao: the engine `kv` in its version 2
//! (<https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2>).
//!
//! `PATH/clusters/NAME` is the kubeconfig that counts, `PATH/pending/NAME/ID` one that may come to. They
//! are apart because whoever reads a secret gets its newest version.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value as Json, json};
use tokio::runtime::Handle;

use super::{Current, Kubeconfig, SecretStore};
use crate::caller::Token;
use crate::http;

/// Where Kubernetes puts a pod's own token.
const POD_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const KEY: &str = "kubeconfig";

/// How the server shows Vault who it is.
#[derive(Debug, Clone)]
pub(crate) enum Login {
    /// By a token in a file, which is read again when Vault does not take it any more.
    TokenFile(PathBuf),
    /// By the pod's own token, for a role of the method `kubernetes`.
    Kubernetes {
        /// Where the method is mounted.
        mount: String,
        /// The role.
        role: String,
        /// The file with the pod's token [default: where Kubernetes puts it].
        token_file: Option<PathBuf>,
    },
}

/// Where in which Vault.
#[derive(Debug, Clone)]
pub(crate) struct VaultAt {
    pub address: String,
    /// Where the engine is mounted.
    pub mount: String,
    /// Below which path.
    pub path: String,
    pub login: Login,
    pub ca: Option<PathBuf>,
}

pub(crate) struct Vault {
    at: VaultAt,
    client: Client,
    runtime: Handle,
    session: Mutex<Option<Session>>,
}

/// A token, and until when Vault takes it.
struct Session {
    token: Token,
    until: Option<Instant>,
}

impl Vault {
    /// A store; nothing is asked of it yet.
    pub(crate) fn new(at: VaultAt, runtime: Handle) -> anyhow::Result<Self> {
        let client = http::client(at.ca.as_deref())?;
        Ok(Self { at, client, runtime, session: Mutex::new(None) })
    }

    fn of(&self, what: &str, cluster: &str) -> String {
        format!("{}/{what}/{}/clusters/{cluster}", self.at.mount, self.at.path)
    }

    fn pending(&self, what: &str, cluster: &str, id: &str) -> String {
        format!("{}/{what}/{}/pending/{cluster}/{id}", self.at.mount, self.at.path)
    }

    fn read(&self, path: &str) -> anyhow::Result<Option<Current>> {
        let Some(answer) = self.call(&Method::GET, path, None)? else { return Ok(None) };
        let data = &answer["data"];
        let (Some(text), Some(version)) = (data["data"][KEY].as_str(), data["metadata"]["version"].as_u64()) else {
            bail!("the secret `{path}` holds no `{KEY}`: is the engine `{}` of version 2?", self.at.mount);
        };
        Ok(Some(Current { kubeconfig: Kubeconfig(text.to_owned()), version: version.to_string() }))
    }

    fn write(&self, path: &str, kubeconfig: &Kubeconfig) -> anyhow::Result<()> {
        let body = json!({"data": {KEY: kubeconfig.0}});
        let written = self.call(&Method::POST, path, Some(&body))?;
        written.map(drop).with_context(|| format!("there is no engine `kv` of version 2 at `{}`", self.at.mount))
    }

    /// Asks Vault; nothing where there is nothing.
    fn call(&self, method: &Method, path: &str, body: Option<&Json>) -> anyhow::Result<Option<Json>> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.take_if(|session| session.until.is_some_and(|until| until <= Instant::now()));
        let is_fresh = session.is_none();
        let (mut status, mut answer) = self.ask(&mut session, method, path, body)?;
        if status == StatusCode::FORBIDDEN && !is_fresh {
            // The token may have been revoked before its time, or replaced in its file.
            *session = None;
            (status, answer) = self.ask(&mut session, method, path, body)?;
        }
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => Ok(Some(answer)),
            status => Err(refusal(status, &answer)),
        }
    }

    fn ask(&self, session: &mut Option<Session>, method: &Method, path: &str, body: Option<&Json>) -> anyhow::Result<(StatusCode, Json)> {
        if session.is_none() {
            *session = Some(self.log_in()?);
        }
        self.send(method, path, session.as_ref().map(|session| &session.token), body)
    }

    fn send(&self, method: &Method, path: &str, token: Option<&Token>, body: Option<&Json>) -> anyhow::Result<(StatusCode, Json)> {
        let mut request = self.client.request(method.clone(), format!("{}/v1/{path}", self.at.address)).header("x-vault-request", "true");
        if let Some(token) = token {
            let mut token = reqwest::header::HeaderValue::from_str(token.reveal())?;
            token.set_sensitive(true);
            request = request.header("x-vault-token", token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.runtime.block_on(http::send(request)).context("Vault does not answer")
    }

    fn log_in(&self) -> anyhow::Result<Session> {
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
            Token::new(text.trim()).with_context(|| format!("`{}` holds no token", path.display()))
        };
        match &self.at.login {
            Login::TokenFile(path) => Ok(Session { token: read(path)?, until: None }),
            Login::Kubernetes { mount, role, token_file } => {
                let jwt = read(token_file.as_ref().unwrap_or(&PathBuf::from(POD_TOKEN)))?;
                let body = json!({"role": role, "jwt": jwt.reveal()});
                let begin = Instant::now();
                let (status, answer) = self.send(&Method::POST, &format!("auth/{mount}/login"), None, Some(&body))?;
                if !status.is_success() {
                    return Err(refusal(status, &answer).context(format!("Vault takes no login for the role `{role}`")));
                }
                let auth = &answer["auth"];
                let token = auth["client_token"].as_str().and_then(Token::new).context("Vault's answer to the login holds no token")?;
                let lease = auth["lease_duration"].as_u64().filter(|lease| *lease > 0);
                // A request on its way must not arrive too late.
                let until = lease.and_then(|lease| begin.checked_add(Duration::from_secs(lease).mul_f32(0.8)));
                Ok(Session { token, until })
            }
        }
    }
}

fn refusal(status: StatusCode, answer: &Json) -> anyhow::Error {
    let said: Vec<&str> = answer["errors"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    match status {
        StatusCode::SERVICE_UNAVAILABLE => anyhow::anyhow!("Vault is sealed, or not ready"),
        status => anyhow::anyhow!("Vault answers {status}: {}", said.join("; ")),
    }
}

impl SecretStore for Vault {
    fn current(&self, cluster: &str) -> anyhow::Result<Option<Current>> {
        self.read(&self.of("data", cluster))
    }

    fn put_pending(&self, cluster: &str, id: &str, kubeconfig: &Kubeconfig) -> anyhow::Result<()> {
        self.write(&self.pending("data", cluster, id), kubeconfig)
    }

    fn promote(&self, cluster: &str, id: &str) -> anyhow::Result<()> {
        // It was done before where there is none.
        let Some(pending) = self.read(&self.pending("data", cluster, id))? else { return Ok(()) };
        if self.current(cluster)?.is_none_or(|current| current.kubeconfig != pending.kubeconfig) {
            self.write(&self.of("data", cluster), &pending.kubeconfig)?;
        }
        self.drop_pending(cluster, id)
    }

    fn drop_pending(&self, cluster: &str, id: &str) -> anyhow::Result<()> {
        self.call(&Method::DELETE, &self.pending("metadata", cluster, id), None).map(drop)
    }

    fn remove(&self, cluster: &str, version: &str) -> anyhow::Result<()> {
        let Some(metadata) = self.call(&Method::GET, &self.of("metadata", cluster), None)? else { return Ok(()) };
        let last: u64 = version.parse().context("a version of the journal")?;
        let kept = metadata["data"]["versions"].as_object().into_iter().flatten();
        let old: Vec<u64> = kept.filter_map(|(version, _)| version.parse().ok()).filter(|version| *version <= last).collect();
        // For good; what was written after them stays.
        self.call(&Method::PUT, &self.of("destroy", cluster), Some(&json!({"versions": old}))).map(drop)
    }
}
