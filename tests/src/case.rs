//! The corpus: one directory a case, described in `tests/corpus/README.md`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clearance_core::source::{Format, read};
use clearance_core::{Catalog, Fleet, Limits, fleet};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Observed;

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its directory below the corpus, such as `rules/port-already-used-fails`.
    pub name: String,
    /// Where it lies.
    pub directory: PathBuf,
    /// What is said of it.
    pub about: About,
    /// The input's file name.
    pub file: String,
    /// The input.
    pub input: Vec<u8>,
    /// What else exists.
    pub fleet: Option<String>,
    /// The object before an update.
    pub old: Option<String>,
    /// What comes out: written by the core, looked over by people, compared by all doors.
    pub expected: Option<Expected>,
}

/// A case's `case.yaml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// What it shows, in one sentence.
    pub about: String,
    /// A request's name, from its URL.
    pub name: Option<String>,
    /// The time, RFC 3339.
    pub now: Option<String>,
    /// What happens to the cluster.
    #[serde(default)]
    pub operation: OperationKind,
    /// Whether the fleet is complete; if not said, it is where there is a `fleet.yaml`.
    pub complete: Option<bool>,
    /// What must come out, as a person sees it.
    #[serde(default)]
    pub intends: Vec<Intent>,
    /// Rules that must not come out.
    #[serde(default)]
    pub not: Vec<String>,
    /// Whether nothing else may come out.
    #[serde(default)]
    pub only: bool,
}

/// What happens to the cluster of a case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// It is new.
    #[default]
    Create,
    /// It was `old.yaml`.
    Update,
    /// It goes.
    Delete,
}

/// A finding that a person expects.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The rule.
    pub rule: String,
    /// The path in the resource; any if not said.
    pub path: Option<String>,
    /// The severity; any if not said.
    pub severity: Option<String>,
}

/// A case's `expected.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// The findings of all documents, in order.
    pub findings: Vec<Observed>,
    /// The resources with everything filled in, one a document that could be read.
    pub filled: Vec<Value>,
}

/// The corpus' directory.
#[must_use]
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// All cases, by name.
pub fn all() -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for group in directories(&corpus())? {
        for directory in directories(&group)? {
            cases.push(Case::load(&directory).with_context(|| directory.display().to_string())?);
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

fn directories(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    Ok(found)
}

impl Case {
    fn load(directory: &Path) -> Result<Self> {
        let text = |name: &str| std::fs::read_to_string(directory.join(name)).ok();
        let file = ["input.json", "input.yaml", "input.txt"].into_iter().find(|file| directory.join(file).exists()).context("no input")?;
        let expected = match text("expected.json") {
            Some(text) => Some(serde_json::from_str(&text).context("expected.json")?),
            None => None,
        };
        Ok(Self {
            name: directory.strip_prefix(corpus())?.to_string_lossy().into_owned(),
            directory: directory.to_owned(),
            about: from_yaml(&text("case.yaml").context("no case.yaml")?)?,
            file: file.to_owned(),
            input: std::fs::read(directory.join(file))?,
            fleet: text("fleet.yaml"),
            old: text("old.yaml"),
            expected,
        })
    }

    /// The time, in seconds since 1970.
    pub fn now(&self) -> Result<i64> {
        let now = self.about.now.as_deref().unwrap_or("2026-11-01T00:00:00Z");
        Ok(OffsetDateTime::parse(now, &Rfc3339)?.unix_timestamp())
    }

    /// Whether the fleet is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.about.complete.unwrap_or(self.fleet.is_some())
    }

    /// What else exists, beside the judged documents.
    #[must_use]
    pub fn others(&self) -> (Vec<fleet::Record>, Vec<fleet::Referrer>) {
        self.fleet.as_deref().map(|text| fleet::read(text, Some("fleet.yaml"), Catalog::built_in(), &Limits::default())).unwrap_or_default()
    }

    /// The fleet without the judged documents, as a door that judges one object at a time has it.
    #[must_use]
    pub fn fleet(&self) -> Fleet {
        let (records, referrers) = self.others();
        Fleet::new(records, referrers, self.is_complete())
    }
}

pub(crate) fn from_yaml<T: DeserializeOwned>(text: &str) -> Result<T> {
    let parsed = read(text, Format::Yaml, &Limits::default()).into_iter().next().context("empty")?;
    Ok(serde_json::from_value(serde_json::to_value(&parsed.root)?)?)
}
