//! The npm package, in Node and in Chromium.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context, Result, bail, ensure};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use clearance_policy_host::write_list;
use serde_json::{Map, Value, json};

use super::Door;
use crate::case::{Case, Expected, OperationKind};
use crate::observed::Observed;

/// The package as `cargo xtask wasm` built it; all cases go through one process.
#[derive(Debug)]
pub struct Wasm {
    name: &'static str,
    talk: Mutex<Talk>,
}

#[derive(Debug)]
struct Talk {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Wasm {
    /// In Node.
    pub fn in_node() -> Result<Self> {
        Self::start("wasm in Node", "node")
    }

    /// In Chromium.
    pub fn in_chromium() -> Result<Self> {
        Self::start("wasm in Chromium", "chromium")
    }

    fn start(name: &'static str, place: &str) -> Result<Self> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm/npm");
        if !package.join("dist/index.js").exists() {
            bail!("the npm package is not built: run `cargo xtask wasm` first");
        }
        let mut command = Command::new("node");
        command.args(["test/door.mjs", place]).current_dir(package).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot run node: install Node 20 or later (https://nodejs.org)")?;
        let output = BufReader::new(child.stdout.take().context("its output")?);
        let input = child.stdin.take();
        Ok(Self { name, talk: Mutex::new(Talk { child, input, output }) })
    }

    /// What it says of a case in Chinese: of each finding the message, the help and the titles of its changes.
    pub fn in_chinese(&self, case: &Case) -> Result<Vec<Vec<String>>> {
        let (mut question, _) = question(case)?;
        question["options"]["lang"] = "zh".into();
        let answer = self.ask(&question)?;
        let findings = answer["verdict"]["findings"].as_array().context("findings")?;
        Ok(findings
            .iter()
            .map(|finding| {
                let titles = finding["changes"].as_array().into_iter().flatten().map(|change| &change["title"]);
                let sentences = [&finding["message"], &finding["help"]].into_iter().chain(titles);
                sentences.filter_map(|sentence| sentence.as_str().map(str::to_owned)).collect()
            })
            .collect())
    }

    fn ask(&self, question: &Value) -> Result<Value> {
        let mut talk = self.talk.lock().map_err(|_| anyhow::anyhow!("an earlier case ended badly"))?;
        let input = talk.input.as_mut().context("its input")?;
        writeln!(input, "{question}")?;
        input.flush()?;
        let mut line = String::new();
        talk.output.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the process ended; what it said is above");
        let answer: Value = serde_json::from_str(&line)?;
        match answer["error"].as_str() {
            Some(error) => bail!("{error}"),
            None => Ok(answer),
        }
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // It ends when it has nothing more to read.
        self.input = None;
        let _ = self.child.wait();
    }
}

impl Door for Wasm {
    fn name(&self) -> &'static str {
        self.name
    }

    fn take(&self, case: &Case) -> Result<Option<Expected>> {
        let (question, text) = question(case)?;
        let answer = self.ask(&question)?;
        let units: Vec<u16> = text.encode_utf16().collect();
        let findings = answer["verdict"]["findings"].as_array().context("findings")?;
        Ok(Some(Expected {
            findings: findings.iter().map(|finding| observed(finding, &units)).collect::<Result<_>>()?,
            filled: answer["resources"].as_array().context("resources")?.clone(),
        }))
    }

    fn sees(&self, _: &Case, expected: &Expected) -> Expected {
        expected.clone()
    }
}

/// What the process is asked of a case, and the text that places are counted in: up to the first byte that is none.
fn question(case: &Case) -> Result<(Value, &str)> {
    let mut options = json!({"fileName": case.file, "now": case.now()? * 1000, "complete": case.is_complete()});
    if let Some(fleet) = &case.fleet {
        options["fleet"] = json!([{"file": "fleet.yaml", "text": fleet}]);
    }
    if let Some(name) = &case.about.name {
        options["name"] = json!(name);
    }
    match (case.about.operation, &case.old) {
        (OperationKind::Update, Some(old)) => options["old"] = json!(old),
        (OperationKind::Delete, _) => options["operation"] = json!("delete"),
        _ => {}
    }
    if let Some(directory) = case.policies()? {
        options["policies"] = policies(directory.path())?;
    }
    let resources = case.about.operation != OperationKind::Delete;
    Ok(match std::str::from_utf8(&case.input) {
        Ok(text) => (json!({"text": text, "options": options, "resources": resources}), text),
        Err(error) => {
            let text = std::str::from_utf8(case.input.get(..error.valid_up_to()).unwrap_or_default())?;
            (json!({"bytes": case.input, "options": options, "resources": resources}), text)
        }
    })
}

/// Policies as the server hands them on; modules in Base64.
fn policies(directory: &Path) -> Result<Value> {
    let policies = super::core::policies(&directory.join("policies.yaml"))?;
    let mut modules = Map::new();
    for policy in &policies.list {
        if let Ok(module) = &policy.module {
            modules.insert(module.digest(), BASE64_STANDARD.encode(std::fs::read(&policy.file)?).into());
        }
    }
    Ok(json!({"list": write_list(&policies, |module| module.digest()), "modules": modules}))
}

/// A finding, with its range taken in JavaScript's units.
fn observed(finding: &Value, units: &[u16]) -> Result<Observed> {
    let word = |key: &str| finding[key].as_str().map(str::to_owned);
    let range = offset(finding, "start", units)?..offset(finding, "end", units)?;
    Ok(Observed {
        rule: word("rule").context("rule")?,
        severity: word("severity").context("severity")?,
        path: word("path"),
        underlined: Some(String::from_utf16(units.get(range).context("a range in the text")?)?),
        message: word("message").context("message")?,
        unchanged: finding["unchanged"].as_bool().unwrap_or_default(),
    })
}

/// One end of a finding's range. Its line and column say the same as its offset.
fn offset(finding: &Value, end: &str, units: &[u16]) -> Result<usize> {
    let at = &finding["range"][end];
    let number = |key: &str| at[key].as_u64().and_then(|number| usize::try_from(number).ok()).context("a position");
    let (line, column, offset) = (number("line")?, number("column")?, number("offset")?);
    let start = line_start(units, line).with_context(|| format!("there is no line {line}"))?;
    ensure!(start + column - 1 == offset, "line {line} and column {column} are not at {offset}");
    Ok(offset)
}

/// Where a line begins, counted from 1.
fn line_start(units: &[u16], line: usize) -> Option<usize> {
    const LF: u16 = b'\n' as u16;
    const CR: u16 = b'\r' as u16;
    let mut starts = (0..=units.len()).filter(|&at| {
        let before = at.checked_sub(1).and_then(|before| units.get(before));
        at == 0 || before == Some(&LF) || before == Some(&CR) && units.get(at) != Some(&LF)
    });
    starts.nth(line - 1)
}
