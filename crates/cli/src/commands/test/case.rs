//! One case: what goes in, and what must come out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clearance_core::rules::{self, Lookup};
use clearance_core::source::{Encoding, Fault, FaultKind, Format, Limits, LineIndex, TextRange, read};
use clearance_core::{Content, Document};
use clearance_render::Finding;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock;
use crate::commands::basis::Basis;
use crate::config::no_such_rule;
use crate::input::cannot_read;
use crate::listen::Heard;
use crate::replace::create;

/// The file that makes a directory a case.
pub const CASE: &str = "case.yaml";
const EXPECTED: &str = "expected.json";
/// When a case is judged that says nothing of it: a case must not change its mind with the years.
const NOW: &str = "2026-11-01T00:00:00Z";
const INPUTS: [&str; 4] = ["input.yaml", "input.yml", "input.json", "input.txt"];
const FLEETS: [&str; 3] = ["fleet.yaml", "fleet.json", "fleet"];

/// A case.
pub struct Case {
    directory: PathBuf,
    said: Said,
    input: PathBuf,
    now: i64,
    expected: Option<Expected>,
}

/// What `case.yaml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    about: String,
    name: Option<String>,
    now: Option<String>,
    #[serde(default)]
    operation: Operation,
    complete: Option<bool>,
    catalog: Option<PathBuf>,
    #[serde(default)]
    intends: Vec<Intent>,
    #[serde(default)]
    not: Vec<String>,
    #[serde(default)]
    only: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Operation {
    #[default]
    Create,
    Update,
    Delete,
}

/// A finding that must come out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Intent {
    rule: String,
    path: Option<String>,
    severity: Option<String>,
    message: Option<String>,
}

/// What `expected.json` says: exactly this comes out.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    findings: Vec<Observed>,
    filled: Vec<Value>,
}

/// A finding in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Observed {
    rule: String,
    severity: String,
    path: Option<String>,
    underlined: Option<String>,
    message: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unchanged: bool,
}

/// What stands for a credential where it is underlined.
const HIDDEN: &str = "…";
/// What stands for it in a resource.
const MASKED: &str = "********";

impl Case {
    pub fn read(directory: &Path) -> Result<Self> {
        let path = directory.join(CASE);
        let said = said(&text(&path)?)?;
        for rule in said.intends.iter().map(|intent| &intent.rule).chain(&said.not) {
            // A rule of a policy is known only once it is asked.
            if let Lookup::Unknown { nearest: Some(nearest) } = rules::find(rule) {
                bail!("{CASE}: {}", no_such_rule(rule, Some(nearest)));
            }
        }
        let there = |names: &[&str]| names.iter().map(|name| directory.join(name)).find(|path| path.exists());
        let input = there(&INPUTS).with_context(|| format!("it holds none of {}", INPUTS.join(", ")))?;
        let now = said.now.as_deref().unwrap_or(NOW);
        let now = clock::parse(now).map_err(|why| anyhow!("{CASE}: `now` is `{now}`: {why}"))?;
        let path = directory.join(EXPECTED);
        let expected = if path.exists() { Some(serde_json::from_str(&text(&path)?).context(EXPECTED)?) } else { None };
        if said.operation == Operation::Update && !directory.join("old.yaml").exists() {
            bail!("an update needs `old.yaml`");
        }
        if expected.is_none() && said.intends.is_empty() && said.not.is_empty() && !said.only {
            bail!("it expects nothing, so nothing could be wrong: give `intends`, `not` or `only` in {CASE}");
        }
        Ok(Self { directory: directory.to_owned(), said, input, now, expected })
    }

    pub fn about(&self) -> &str {
        &self.said.about
    }

    pub fn is_deletion(&self) -> bool {
        self.said.operation == Operation::Delete
    }

    /// What described the cluster until now.
    pub fn old(&self) -> Option<PathBuf> {
        (self.said.operation == Operation::Update).then(|| self.directory.join("old.yaml"))
    }

    /// What is read, and by what it is judged.
    pub fn basis(&self, basis: &Basis) -> Basis {
        let fleet: Vec<PathBuf> = FLEETS.iter().map(|name| self.directory.join(name)).filter(|path| path.exists()).collect();
        let mut basis = basis.clone().of(vec![self.input.clone()]);
        basis.complete = Some(self.said.complete.unwrap_or(!fleet.is_empty()));
        basis.fleet = fleet;
        basis.alone = true;
        basis.name.clone_from(&self.said.name);
        basis.now = Some(self.now);
        if let Some(catalog) = &self.said.catalog {
            basis.catalog = Some(self.directory.join(catalog));
        }
        basis
    }

    /// What is not as expected, a line each.
    pub fn differences(&self, heard: &Heard) -> Vec<String> {
        let found = &heard.findings;
        let mut differences = Vec::new();
        let mut unexplained: Vec<&Finding> = found.iter().collect();
        for intent in &self.said.intends {
            if !found.iter().any(|finding| intent.fits(finding)) {
                differences.push(format!("  lacks {}", intent.shown()));
            }
            unexplained.retain(|finding| !intent.fits(finding));
        }
        if self.said.only {
            differences.extend(unexplained.iter().map(|finding| format!("  has beside {}", shown(finding))));
        }
        let unwanted = found.iter().filter(|finding| self.said.not.contains(&finding.rule));
        differences.extend(unwanted.map(|finding| format!("  must not have {}", shown(finding))));
        if let (Some(expected), Ok(observed)) = (&self.expected, self.observed(heard)) {
            differences.extend(expected.differences(&observed));
        }
        differences
    }

    /// Writes what comes out down as what is expected.
    pub fn bless(&self, heard: &Heard) -> Result<()> {
        create(&self.directory.join(EXPECTED), &format!("{}\n", serde_json::to_string_pretty(&self.observed(heard)?)?))
    }

    fn observed(&self, heard: &Heard) -> Result<Expected> {
        let bytes = fs::read(&self.input)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut secrets: Vec<TextRange> = Vec::new();
        for content in Document::read_all(&text, Some(&self.input.to_string_lossy()), &Limits::default()) {
            let (Content::Cluster(document) | Content::Other(document)) = content;
            secrets.extend(document.secrets());
        }
        let observed = |finding: &Finding| {
            let range = TextRange { start: finding.range.start.offset, end: finding.range.end.offset };
            let is_secret = secrets.iter().any(|secret| secret.start < range.end && range.start < secret.end);
            Observed {
                rule: finding.rule.clone(),
                severity: finding.severity.clone(),
                path: finding.path.clone(),
                underlined: Some(if is_secret { HIDDEN } else { text.get(range.as_range()).unwrap_or_default() }.to_owned()),
                message: finding.message.clone(),
                unchanged: finding.unchanged,
            }
        };
        let filled = heard.filled.iter().filter(|_| !self.is_deletion());
        Ok(Expected {
            findings: heard.findings.iter().map(observed).collect(),
            filled: filled.map(|filled| serde_json::to_value(&filled.resource)).collect::<Result<_, _>>()?,
        })
    }
}

impl Expected {
    fn differences(&self, found: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let mut open = found.findings.clone();
        for expected in &self.findings {
            match open.iter().position(|observed| observed == expected) {
                Some(index) => drop(open.remove(index)),
                None => differences.push(format!("  lacks {}", expected.shown())),
            }
        }
        differences.extend(open.iter().map(|observed| format!("  has beside {}", observed.shown())));
        if differences.is_empty() && self.findings != found.findings {
            differences.push("  has its findings in another order".to_owned());
        }
        if self.filled.len() != found.filled.len()
            || !self.filled.iter().zip(&found.filled).all(|(expected, found)| is_same(expected, found))
        {
            differences.push("  fills in something else; `--bless` writes it down, and the difference shows it".to_owned());
        }
        differences
    }
}

/// Whether two resources say the same. What is told of a credential is that there is one.
fn is_same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            expected.len() == found.len() && expected.iter().all(|(key, value)| found.get(key).is_some_and(|found| is_same(value, found)))
        }
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len() && expected.iter().zip(found).all(|(expected, found)| is_same(expected, found))
        }
        (Value::String(expected), Value::String(found)) => expected == found || found.contains(MASKED),
        (expected, found) => expected == found,
    }
}

impl Observed {
    fn shown(&self) -> String {
        let at = self.path.as_ref().map(|path| format!(" at {path}")).unwrap_or_default();
        let under = self.underlined.as_ref().map(|text| format!(", under `{}`", text.replace('\n', "\\n"))).unwrap_or_default();
        let unchanged = if self.unchanged { ", unchanged" } else { "" };
        format!("{}[{}]{at}: {}{under}{unchanged}", self.severity, self.rule, self.message)
    }
}

impl Intent {
    fn fits(&self, finding: &Finding) -> bool {
        finding.rule == self.rule
            && self.path.as_ref().is_none_or(|path| finding.path.as_ref() == Some(path))
            && self.severity.as_ref().is_none_or(|severity| finding.severity == *severity)
            && self.message.as_ref().is_none_or(|message| finding.message == *message)
    }

    fn shown(&self) -> String {
        let severity = self.severity.as_deref().unwrap_or("any");
        let at = self.path.as_ref().map(|path| format!(" at {path}")).unwrap_or_default();
        let message = self.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
        format!("{severity}[{}]{at}{message}", self.rule)
    }
}

fn shown(finding: &Finding) -> String {
    let at = finding.path.as_ref().map(|path| format!(" at {path}")).unwrap_or_default();
    format!("{}[{}]{at}: {}", finding.severity, finding.rule, finding.message)
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| anyhow!(cannot_read(path, &crate::output::reason(&error))))
}

/// `case.yaml`, as a description is read, so that a fault of its text has a place.
fn said(text: &str) -> Result<Said> {
    let parsed = read(text, Format::Yaml, &Limits::default()).into_iter().next().with_context(|| format!("{CASE} is empty"))?;
    if let Some(Fault { kind: FaultKind::Syntax(_), range, .. }) = parsed.faults.first() {
        let start = LineIndex::new(text).position(text, range.start, Encoding::CodePoints);
        bail!("{CASE}:{}:{}: it cannot be read as YAML", start.line + 1, start.column + 1);
    }
    serde_json::from_value(serde_json::to_value(&parsed.root)?).with_context(|| format!("{CASE} is no case"))
}
