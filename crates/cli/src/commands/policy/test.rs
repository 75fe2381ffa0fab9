//! `clearance policy test`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use clearance_core::Limits;
use clearance_core::source::{Format, Node, read};
use clearance_policy_host::{Mode, Module};
use serde::Deserialize;
use serde_json::Value;

use super::super::Exit;
use super::case::{Case, change, word};
use super::trial::capability;
use crate::output::print;

/// Takes a directory of cases through a policy: each says what must come out.
#[derive(Args)]
pub struct Test {
    /// The module, or a directory with `policy.wasm`.
    module: PathBuf,
    /// The directory of cases, `*.yaml` and `*.json`.
    cases: PathBuf,
}

/// A case as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// What it shows.
    about: String,
    #[serde(default)]
    settings: Option<Value>,
    /// The cluster, in any form.
    cluster: Value,
    #[serde(default)]
    old: Option<Value>,
    #[serde(default)]
    delete: bool,
    /// What else exists.
    #[serde(default)]
    fleet: Vec<Value>,
    #[serde(default)]
    grant: Vec<String>,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// What is said, in any order, as `denied spec.usage: why`; all of it.
    #[serde(default)]
    says: Vec<String>,
    /// What is changed, as `spec.usage = "host"`; all of it.
    #[serde(default)]
    changes: Vec<String>,
    /// What the policy says of settings that will not do.
    #[serde(default)]
    settings: Option<String>,
}

impl Test {
    pub fn run(self) -> Result<Exit> {
        let module = super::load(&self.module, Mode::Once)?;
        let mut files: Vec<PathBuf> = std::fs::read_dir(&self.cases)
            .with_context(|| format!("cannot read `{}`", self.cases.display()))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "json"))
            .collect();
        files.sort();
        if files.is_empty() {
            bail!("there is no case in `{}`", self.cases.display());
        }
        let mut failed = 0;
        for path in &files {
            let faults = take(path, &module).with_context(|| format!("`{}` is no case", path.display()))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            if faults.is_empty() {
                print(&format!("ok      {name}\n"))?;
            } else {
                failed += 1;
                print(&format!("FAILED  {name}\n"))?;
                for fault in &faults {
                    print(&format!("        {fault}\n"))?;
                }
            }
        }
        print(&format!("{} cases, {failed} failed\n", files.len()))?;
        Ok(if failed > 0 { Exit::Findings } else { Exit::Clean })
    }
}

/// Takes one case; returns what is not as it should be.
fn take(path: &Path, module: &Arc<Module>) -> Result<Vec<String>> {
    let text = super::text(path)?;
    let parsed = read(&text, Format::of(path.to_str(), &text), &Limits::default()).into_iter().next().context("it is empty")?;
    let written: Written = serde_json::from_value(value(&parsed.root)?)?;
    if written.about.trim().is_empty() {
        bail!("`about` says nothing");
    }
    let (cluster, old) = (written.cluster.to_string(), written.old.map(|old| old.to_string()));
    let mut case = Case::of(&cluster, "cluster.json")?;
    case.settings = written.settings.map_or_else(|| "{}".to_owned(), |settings| settings.to_string());
    case.old = old.as_deref();
    case.is_deletion = written.delete;
    let fleet = Value::Array(written.fleet);
    let fleet = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": fleet}).to_string();
    case.fleet = Some(&fleet);
    case.granted = written.grant.iter().map(|name| capability(name).map_err(anyhow::Error::msg)).collect::<Result<_>>()?;
    let refused = module.check_settings(&case.settings, case.bounds).err();
    if let Some(wanted) = &written.expect.settings {
        return Ok(match refused {
            Some(wrong) if wrong.iter().any(|wrong| wrong.contains(wanted)) => Vec::new(),
            Some(wrong) => vec![format!("the settings are refused otherwise: {}", wrong.join("; "))],
            None => vec!["the settings are not refused".to_owned()],
        });
    }
    if let Some(wrong) = refused {
        return Ok(vec![format!("the settings are refused: {}", wrong.join("; "))]);
    }
    let trial = case.ask(Arc::clone(module))?;
    let place = |path: &str| if path.is_empty() { String::new() } else { format!(" {path}") };
    let said =
        trial.opinions.iter().map(|opinion| format!("{}{}: {}", word(opinion.says), place(&opinion.path.to_string()), opinion.sentence));
    let mut faults = differences(&written.expect.says, said.collect());
    faults.extend(differences(&written.expect.changes, trial.changes.iter().map(change).collect()));
    Ok(faults)
}

fn differences(wanted: &[String], mut found: Vec<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for wanted in wanted {
        match found.iter().position(|found| found == wanted) {
            Some(index) => drop(found.remove(index)),
            None => faults.push(format!("missing: {wanted}")),
        }
    }
    faults.extend(found.iter().map(|found| format!("not expected: {found}")));
    faults
}

fn value(node: &Node<'_>) -> Result<Value> {
    Ok(serde_json::to_value(node)?)
}
