//! Gitea, with all that it stores in a directory: `tests/servers/gitea`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::program::{Program, built, empty, eventually, free_port, secret, target};

/// Who owns the repository, and may do everything.
const OWNER: &str = "platform";

/// A running Gitea with one private repository that has no commit yet. It ends with the process that started it.
#[derive(Debug)]
pub struct Gitea {
    directory: PathBuf,
    /// Where it is.
    pub address: String,
    owner: (String, String),
    client: Client,
    _program: Program,
    _lock: File,
}

/// What an account may do with the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// See it, and push to it.
    Write,
    /// See it.
    Read,
    /// Not even know of it.
    Nothing,
}

impl Gitea {
    /// Starts one. Its directory is kept below the target directory until the next of that name starts.
    pub fn start(name: &str) -> Result<Self> {
        let built = built("servers/gitea")?;
        let directory = target()?.join("tmp").join(format!("gitea-{name}"));
        let lock = empty(&directory)?;
        let (address, configuration) = configuration(&directory, &built.join("static"))?;
        let path = directory.join("app.ini");
        fs::write(&path, configuration)?;
        let program = built.join("gitea");
        let config = path.to_str().context("a path in UTF-8")?;
        let mut running = Program::start(&program, &["web", "--config", config], &directory)?;
        let client = super::client();
        running
            .wait_until("Gitea listens", || Ok(client.get(format!("{address}/api/healthz")).send().is_ok_and(|it| it.status() == 200)))?;
        let password = secret()?;
        let mut create = Command::new(&program);
        create.args(["admin", "user", "create", "--admin", "--must-change-password=false", "--email", "platform@forge.example"]);
        // The account is of this one server, which ends with the test.
        let made = create.args(["--username", OWNER, "--password", &password, "--config", config]).current_dir(&directory).output()?;
        ensure!(made.status.success(), "{}{}", String::from_utf8_lossy(&made.stdout), String::from_utf8_lossy(&made.stderr));
        let this = Self { directory, address, owner: (OWNER.to_owned(), password), client, _program: running, _lock: lock };
        this.expect("POST", "user/repos", &json!({"name": "tenant", "private": true, "default_branch": "main"}))?;
        Ok(this)
    }

    /// Where the repository is.
    #[must_use]
    pub fn repository(&self) -> String {
        format!("{}/{OWNER}/tenant.git", self.address)
    }

    /// The same, on this machine's disk.
    #[must_use]
    pub fn on_disk(&self) -> PathBuf {
        self.directory.join("data/gitea-repositories").join(OWNER).join("tenant.git")
    }

    /// A token of a new account; `scopes` are what the token, beside the account, may do.
    pub fn account(&self, name: &str, may: May, scopes: &[&str]) -> Result<String> {
        let password = secret()?;
        let account = json!({
            "username": name, "full_name": format!("{name} of the platform team"), "email": format!("{name}@forge.example"),
            "password": password, "must_change_password": false,
        });
        self.expect("POST", "admin/users", &account)?;
        if may != May::Nothing {
            let permission = if may == May::Write { "write" } else { "read" };
            self.expect("PUT", &format!("repos/{OWNER}/tenant/collaborators/{name}"), &json!({"permission": permission}))?;
        }
        let asked = (name.to_owned(), password);
        let made = self.ask_as(&asked, "POST", &format!("users/{name}/tokens"), &json!({"name": "registrar", "scopes": scopes}))?;
        Ok(made["sha1"].as_str().context("a token")?.to_owned())
    }

    /// Nobody pushes to `main` any more.
    pub fn protect(&self) -> Result<()> {
        let rule = json!({"rule_name": "main", "enable_push": false});
        self.expect("POST", &format!("repos/{OWNER}/tenant/branch_protections"), &rule).map(drop)
    }

    /// Merges a branch into `main`, as the owner, without a push.
    pub fn merge(&self, branch: &str) -> Result<()> {
        let repository = format!("repos/{OWNER}/tenant");
        // That a repository has commits, and whether a branch of it can be merged, is found out after the push.
        eventually("Gitea has seen the first push", || Ok(self.expect("GET", &repository, &Value::Null)?["empty"] == false))?;
        let request = json!({"head": branch, "base": "main", "title": "a registration"});
        let made = self.expect("POST", &format!("{repository}/pulls"), &request)?;
        let path = format!("{repository}/pulls/{}", made["number"]);
        eventually("the branch can be merged", || Ok(self.expect("GET", &path, &Value::Null)?["mergeable"] == true))?;
        self.expect("POST", &format!("{path}/merge"), &json!({"Do": "merge"})).map(drop)
    }

    /// What the server wrote to its log.
    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.directory.join("gitea.log"))?)
    }

    fn expect(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        self.ask_as(&self.owner, method, path, body)
    }

    fn ask_as(&self, who: &(String, String), method: &str, path: &str, body: &Value) -> Result<Value> {
        let request = self.client.request(method.parse()?, format!("{}/api/v1/{path}", self.address)).basic_auth(&who.0, Some(&who.1));
        let answer = if body.is_null() { request.send()? } else { request.json(body).send()? };
        let status = answer.status();
        let text = answer.text()?;
        ensure!(status.is_success(), "{method} {path}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}

/// Where it will be, and its configuration.
fn configuration(directory: &Path, shown: &Path) -> Result<(String, String)> {
    let (port, at) = (free_port()?, directory.display());
    let address = format!("http://127.0.0.1:{port}");
    let text = format!(
        "I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
WORK_PATH = {at}
[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = {address}/
STATIC_ROOT_PATH = {}
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = {at}/gitea.db
[repository]
ROOT = {at}/data/gitea-repositories
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
SECRET_KEY = {}
[service]
DISABLE_REGISTRATION = true
[log]
MODE = console
LEVEL = Info
[indexer]
ISSUE_INDEXER_TYPE = db
[cron]
ENABLED = false
[session]
PROVIDER = memory
",
        shown.display(),
        secret()?
    );
    Ok((address, text))
}
