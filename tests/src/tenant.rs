//! A tenant repository with merge requests to it (`tests/tenant`): a Git repository with the same bytes, and the same
//! commits, each time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tempfile::TempDir;

use crate::case::from_yaml;
use crate::door::Binary;

/// A merge request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Its directory's name.
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    directory: PathBuf,
    /// What it shows, in one sentence.
    pub about: String,
    /// How the run must end.
    pub code: i32,
    #[serde(default)]
    removed: Vec<String>,
    /// All findings that are not about what was there before.
    pub intends: Vec<Intent>,
    /// Rules that a comment says to ignore.
    #[serde(default)]
    pub ignored: Vec<String>,
}

/// A finding that a request must get.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The file.
    pub file: String,
    /// The rule.
    pub rule: String,
    /// The severity.
    pub severity: String,
    /// The path in the resource; any if not said.
    pub path: Option<String>,
}

fn tenant() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tenant")
}

/// All merge requests, in order.
pub fn requests() -> Result<Vec<Request>> {
    let mut requests = Vec::new();
    for entry in fs::read_dir(tenant().join("requests"))? {
        let directory = entry?.path();
        let text = fs::read_to_string(directory.join("request.yaml")).with_context(|| directory.display().to_string())?;
        let request: Request = from_yaml(&text).with_context(|| directory.display().to_string())?;
        let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        requests.push(Request { name, directory, ..request });
    }
    requests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(requests)
}

/// A repository with a request checked out.
#[derive(Debug)]
pub struct Repository {
    directory: TempDir,
    clearance: PathBuf,
}

impl Repository {
    /// `main` is the base, and what is checked out is the request.
    pub fn with(request: &Request) -> Result<Self> {
        let repository = Self { directory: tempfile::tempdir()?, clearance: Binary::new()?.path().to_owned() };
        repository.take(&tenant().join("base"))?;
        repository.git(&["init", "--quiet"])?;
        repository.commit("The tenant repository")?;
        repository.git(&["checkout", "--quiet", "-b", "request"])?;
        repository.take(&request.directory.join("change"))?;
        for path in &request.removed {
            fs::remove_file(repository.path().join(path)).with_context(|| path.clone())?;
        }
        repository.commit(&request.about)?;
        Ok(repository)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Copies a directory into the working tree.
    fn take(&self, from: &Path) -> Result<()> {
        for (path, text) in texts(from)? {
            let to = self.path().join(path);
            fs::create_dir_all(to.parent().context("a directory")?)?;
            fs::write(to, text)?;
        }
        Ok(())
    }

    fn commit(&self, message: &str) -> Result<()> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", message])
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        let mut git = Command::new("git");
        git.current_dir(self.path()).args(["-c", "init.defaultBranch=main"]).args(arguments);
        for (key, value) in [("NAME", "Somebody"), ("EMAIL", "somebody@example.com"), ("DATE", "2026-11-01T00:00:00Z")] {
            git.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
        }
        let output = git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").output().context("cannot run `git`")?;
        ensure!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// What a pipeline runs: the exit code, and what it writes.
    pub fn check(&self, format: &str) -> Result<(i32, String)> {
        let mut clearance = Command::new(&self.clearance);
        clearance.args(["check", "--base", "main", "--now", "2026-11-01T00:00:00Z", "--format", format]).current_dir(self.path());
        for variable in ["CI_PROJECT_DIR", "GITHUB_WORKSPACE", "CLEARANCE_LANG", "CLEARANCE_CONFIG", "CLEARANCE_FAIL_ON"] {
            clearance.env_remove(variable);
        }
        let output = clearance.output()?;
        ensure!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok((output.status.code().context("a signal")?, String::from_utf8(output.stdout)?))
    }

    /// The files of the base, by their paths.
    pub fn before(&self) -> Result<BTreeMap<String, String>> {
        Ok(yaml(texts(&tenant().join("base"))?))
    }

    /// The files as they are after the merge.
    pub fn after(&self) -> Result<BTreeMap<String, String>> {
        Ok(yaml(texts(self.path())?))
    }
}

fn yaml(mut texts: BTreeMap<String, String>) -> BTreeMap<String, String> {
    texts.retain(|path, _| Path::new(path).extension().is_some_and(|extension| extension == "yaml"));
    texts
}

fn texts(root: &Path) -> Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name == ".git") {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                texts.insert(path.strip_prefix(root)?.to_string_lossy().into_owned(), fs::read_to_string(&path)?);
            }
        }
    }
    Ok(texts)
}
