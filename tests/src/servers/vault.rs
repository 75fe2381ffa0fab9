//! Vault, in memory, with the engine `kv` and the login by a pod's token: `tests/servers/vault`.

use std::fs::{self, File};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use reqwest::blocking::Client;
use serde_json::{Value, json};

use super::shown;
use crate::program::{Program, built, empty, target};

/// A running Vault. It ends with the process that started it.
#[derive(Debug)]
pub struct Vault {
    directory: PathBuf,
    /// Where it is.
    pub address: String,
    /// The token of who may do everything.
    pub root: String,
    share: String,
    client: Client,
    _program: Program,
    _lock: File,
}

impl Vault {
    /// Starts one, with the engine `kv` at `secret`. Its directory is kept until the next of that name starts.
    pub fn start(name: &str) -> Result<Self> {
        let directory = target()?.join("tmp").join(format!("vault-{name}"));
        let lock = empty(&directory)?;
        // Its one line is all that goes to standard output; the log of a program holds both.
        let mut program = Program::start(&built("servers/vault")?.join("vault"), &[], &directory)?;
        let log = directory.join("vault.log");
        let mut words = Vec::new();
        program.wait_until("Vault listens", || {
            let text = fs::read_to_string(&log)?;
            words = text.lines().find(|line| line.starts_with("127.")).unwrap_or_default().split(' ').map(str::to_owned).collect();
            Ok(words.len() == 3)
        })?;
        let [address, root, share] = words.try_into().ok().context("an address, a token and a share of the key")?;
        let this =
            Self { directory, address: format!("http://{address}"), root, share, client: super::client(), _program: program, _lock: lock };
        this.expect("POST", "sys/mounts/secret", &json!({"type": "kv", "options": {"version": "2"}}))?;
        // An engine that was just mounted may still make itself ready.
        crate::program::eventually("the engine is ready", || Ok(this.ask("GET", "secret/config", &Value::Null)?.0 == 200))?;
        Ok(this)
    }

    /// Asks as who may do everything; returns the status, and the answer where it has one.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
        let request = self.client.request(method.parse()?, format!("{}/v1/{path}", self.address)).header("x-vault-token", &self.root);
        let answer = if body.is_null() { request.send()? } else { request.json(body).send()? };
        let status = answer.status().as_u16();
        Ok((status, answer.json().unwrap_or_default()))
    }

    /// The same, where it must succeed.
    pub fn expect(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let (status, answer) = self.ask(method, path, body)?;
        ensure!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        Ok(answer)
    }

    /// The kubeconfig of a cluster that counts.
    pub fn kubeconfig(&self, cluster: &str) -> Result<Option<String>> {
        let (status, answer) = self.ask("GET", &format!("secret/data/clearance/clusters/{cluster}"), &Value::Null)?;
        Ok((status == 200).then(|| answer["data"]["data"]["kubeconfig"].as_str().unwrap_or_default().to_owned()))
    }

    /// The clusters that something pending is there for.
    pub fn pending(&self) -> Result<Value> {
        let (status, answer) = self.ask("LIST", "secret/metadata/clearance/pending", &Value::Null)?;
        Ok(if status == 404 { json!([]) } else { answer["data"]["keys"].clone() })
    }

    /// A file with a token that may do what the registrar's README says, and no more.
    pub fn token_file(&self) -> Result<PathBuf> {
        self.expect("PUT", "sys/policies/acl/registrar", &json!({"policy": shown("hcl")?}))?;
        let made = self.expect("POST", "auth/token/create", &json!({"policies": ["registrar"], "no_default_policy": true}))?;
        let path = self.directory.join("token");
        fs::write(&path, made["auth"]["client_token"].as_str().context("a token")?)?;
        Ok(path)
    }

    /// Seals it: until it is unsealed it answers nothing.
    pub fn seal(&self) -> Result<()> {
        self.expect("PUT", "sys/seal", &Value::Null).map(drop)
    }

    /// Unseals it.
    pub fn unseal(&self) -> Result<()> {
        self.expect("PUT", "sys/unseal", &json!({"key": self.share}))?;
        crate::program::eventually("Vault is ready", || Ok(self.ask("GET", "secret/config", &Value::Null)?.0 == 200))
    }
}
