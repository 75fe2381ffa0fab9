//! A baseline: the findings of an old repository that are known and not told, so that new ones are.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use clearance_core::rules::{self, Lookup};
use clearance_render::{Finding, Fingerprints, Paths};
use serde_json::{Value, json};

use crate::read;
use crate::replace::create;

/// The version of the file's shape.
const VERSION: u64 = 1;
/// A hundred thousand findings fit.
const LONGEST: usize = 64 << 20;

/// Findings by their fingerprints, which hold no line.
#[derive(Debug, Default)]
pub struct Baseline {
    known: BTreeMap<String, Value>,
    always_told: usize,
}

impl Baseline {
    pub fn read(path: &Path) -> Result<Self> {
        let text = read::named(path, LONGEST)?;
        let no_baseline = || format!("`{}` is no baseline; `clearance check --write-baseline` makes one", path.display());
        let file: Value = serde_json::from_str(&text).with_context(no_baseline)?;
        if file["version"].as_u64() != Some(VERSION) {
            bail!("{}", no_baseline());
        }
        let entries = file["findings"].as_object().with_context(no_baseline)?;
        Ok(Self { known: entries.iter().map(|(print, about)| (print.clone(), about.clone())).collect(), always_told: 0 })
    }

    /// Whether a finding is known.
    pub fn holds(&self, fingerprint: &str) -> bool {
        self.known.contains_key(fingerprint)
    }

    /// Takes a finding in, if it can be known.
    pub fn add(&mut self, fingerprint: String, finding: &Finding, path: &str) {
        if can_be_known(finding) {
            self.known.insert(fingerprint, json!({ "file": path, "rule": finding.rule, "path": finding.path }));
        } else {
            self.always_told += 1;
        }
    }

    /// What was taken in and what was not, as a sentence.
    pub fn told(&self, path: &Path) -> String {
        let known = match self.known.len() {
            1 => "1 finding is".to_owned(),
            number => format!("{number} findings are"),
        };
        let not = match self.always_told {
            0 => String::new(),
            1 => "; 1 more is not, as it is of a rule that is always told".to_owned(),
            number => format!("; {number} more are not, as they are of rules that are always told"),
        };
        format!("{known} known from now on, by `{}`{not}", path.display())
    }

    /// Writes it, one finding a line, so that a merge request shows what became known.
    pub fn write(&self, path: &Path) -> Result<()> {
        let lines: Vec<String> = self.known.iter().map(|(print, about)| format!("\n    \"{print}\": {about}")).collect();
        let end = if lines.is_empty() { "" } else { "\n  " };
        create(path, &format!("{{\n  \"version\": {VERSION},\n  \"findings\": {{{}{end}}}\n}}\n", lines.join(",")))
    }
}

/// What can be known and not told: what cannot be ignored is always told.
pub fn can_be_known(finding: &Finding) -> bool {
    matches!(rules::find(&finding.rule), Lookup::Known(rule) if rule.can_be_suppressed())
}

/// The fingerprints of one file's findings.
pub struct Prints<'p> {
    paths: &'p Paths,
    fingerprints: Fingerprints,
}

impl<'p> Prints<'p> {
    pub fn new(paths: &'p Paths) -> Self {
        Self { paths, fingerprints: Fingerprints::default() }
    }

    /// A finding's fingerprint, and its file's path in the repository.
    pub fn of(&mut self, finding: &Finding) -> (String, String) {
        let path = self.paths.relative(&finding.file);
        (self.fingerprints.of(finding, &path), path)
    }
}
