//! The `clearance` binary, run as people run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Door;
use crate::case::{Case, Expected, OperationKind};
use crate::observed::Observed;

/// The binary that `cargo build` has made.
#[derive(Debug)]
pub struct Binary {
    path: PathBuf,
    directory: tempfile::TempDir,
}

impl Binary {
    /// The binary beside the tests' own, or the one that `CLEARANCE_BIN` names.
    pub fn new() -> Result<Self> {
        let own = std::env::current_exe()?;
        let target = own.ancestors().nth(2).context("the tests run in a target directory")?;
        let path = std::env::var_os("CLEARANCE_BIN").map_or_else(|| target.join("clearance"), PathBuf::from);
        if !path.exists() {
            bail!("{} is not there: run `cargo build --bin clearance` first", path.display());
        }
        Ok(Self { path, directory: tempfile::tempdir()? })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `clearance check --format json` and returns what it says.
    pub fn check(&self, arguments: &[&str], directory: &Path) -> Result<Value> {
        let output = Command::new(&self.path)
            .args(["check", "--format", "json", "--fail-on", "never"])
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            bail!("{arguments:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// A finding in the output.
    pub fn observed(finding: &Value, text: &[u8]) -> Result<Observed> {
        let word = |key: &str| finding[key].as_str().map(str::to_owned);
        let offset = |end: &str| finding["range"][end]["offset"].as_u64().and_then(|offset| usize::try_from(offset).ok());
        let range = offset("start").context("start")?..offset("end").context("end")?;
        Ok(Observed {
            rule: word("rule").context("rule")?,
            severity: word("severity").context("severity")?,
            path: word("path"),
            underlined: Some(String::from_utf8_lossy(text.get(range).context("a range in the text")?).into_owned()),
            message: word("message").context("message")?,
            unchanged: finding["unchanged"].as_bool().unwrap_or_default(),
        })
    }
}

impl Door for Binary {
    fn name(&self) -> &'static str {
        "binary"
    }

    fn take(&self, case: &Case) -> Result<Option<Expected>> {
        // What is no UTF-8 is no text to this door: it says so on standard error and ends with 2.
        if std::str::from_utf8(&case.input).is_err() {
            return Ok(None);
        }
        let directory = self.directory.path().join(case.name.replace('/', "-"));
        std::fs::create_dir_all(&directory)?;
        // What the guides print has no extension of JSON or YAML: what it is shows in its content.
        let file = &case.file;
        std::fs::write(directory.join(file), &case.input)?;
        let now = case.about.now.as_deref().unwrap_or("2026-11-01T00:00:00Z");
        let complete = case.is_complete().to_string();
        let mut arguments = vec!["--now", now, "--complete", &complete, "--show-filled"];
        if let Some(fleet) = &case.fleet {
            std::fs::write(directory.join("fleet.yaml"), fleet)?;
            arguments.extend(["--fleet", "fleet.yaml"]);
        }
        let policies = case.policies()?.map(|directory| (directory.path().join("policies.yaml"), directory));
        if let Some((policies, _)) = &policies {
            arguments.extend(["--policies", policies.to_str().context("a path")?]);
        }
        if let Some(name) = &case.about.name {
            arguments.extend(["--name", name]);
        }
        match (case.about.operation, &case.old) {
            (OperationKind::Update, Some(old)) => {
                std::fs::write(directory.join("old.yaml"), old)?;
                arguments.extend(["--old", "old.yaml"]);
            }
            (OperationKind::Delete, _) => arguments.push("--delete"),
            _ => {}
        }
        arguments.push(file);
        let output = self.check(&arguments, &directory)?;
        let findings = output["findings"].as_array().context("findings")?;
        Ok(Some(Expected {
            // What is wrong with a configuration is told beside what is wrong with the case.
            findings: findings
                .iter()
                .filter(|finding| finding["rule"] != "invalid-configuration")
                .map(|finding| Self::observed(finding, &case.input))
                .collect::<Result<_>>()?,
            filled: if case.about.operation == OperationKind::Delete { &Value::Null } else { &output["filled"] }
                .as_array()
                .into_iter()
                .flatten()
                .map(|filled| filled["resource"].clone())
                .collect(),
        }))
    }

    fn sees(&self, _: &Case, expected: &Expected) -> Expected {
        expected.clone()
    }
}
