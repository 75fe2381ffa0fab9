//! The core itself.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use clearance_core::{Content, Document, Examined, Fleet, Limits, Operation, Record, Rulebook, Verdict, changes};
use clearance_policy_host::{Basis, Host, Mode, Policies, Read};

use super::Door;
use crate::case::{Case, Expected, OperationKind};
use crate::observed::Observed;

/// The core, called as a library.
#[derive(Debug, Default)]
pub struct Core {
    /// The rules that hold.
    pub rulebook: Rulebook,
}

/// What was loaded is kept, for all doors of this process: a module is compiled once, which takes its time unoptimised.
static KEPT: Mutex<Vec<Arc<Policies>>> = Mutex::new(Vec::new());

/// The policies of a case.
pub(super) fn policies(path: &Path) -> Result<Arc<Policies>> {
    let host = Host::of_process(Mode::Server).map_err(anyhow::Error::msg)?;
    // Held while it compiles: who asks for the same at this moment waits, and then finds it.
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let read = Read::of(&std::fs::read_to_string(path)?, "policies.yaml", path.parent().context("a directory")?, host);
    let policies = Arc::new(read.policies.with_context(|| format!("{}: {:?}", path.display(), read.faults))?);
    kept.push(Arc::clone(&policies));
    Ok(policies)
}

impl Core {
    /// Judges the documents of a case, and hands each over with its verdict.
    pub fn judge(&self, case: &Case, mut each: impl FnMut(&Document<'_>, &Verdict) -> Result<()>) -> Result<()> {
        let now = case.now()?;
        let limits = Limits::default();
        let read = |bytes, file| {
            let all = Document::read_bytes(bytes, Some(file), &limits);
            let (clusters, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|content| matches!(content, Content::Cluster(_)));
            // Beside clusters, other objects are left alone; on their own they are what was asked about.
            let contents = if clusters.is_empty() { others } else { clusters };
            contents.into_iter().map(|content| match content {
                Content::Cluster(document) | Content::Other(document) => document,
            })
        };
        let documents: Vec<Document<'_>> = read(&case.input, &case.file)
            .map(|document| match &case.about.name {
                Some(name) => document.named(name.as_str()),
                None => document,
            })
            .collect();
        let old: Option<Document<'_>> = case.old.as_ref().and_then(|old| read(old.as_bytes(), "old.yaml").next());

        let examined: Vec<Examined> = documents.iter().map(|document| self.rulebook.examine(document, now)).collect();
        let (mut records, referrers) = case.others();
        for (document, examined) in documents.iter().zip(&examined) {
            if document.is_readable() && case.about.operation != OperationKind::Delete {
                records.push(Record { judged: true, ..examined.record.clone() });
            }
        }
        let fleet = Fleet::new(records, referrers, case.is_complete());

        let policies = match case.policies()? {
            Some(directory) => policies(&directory.path().join("policies.yaml"))?,
            None => Arc::default(),
        };
        let basis = Basis { rulebook: &self.rulebook, fleet: &fleet, now };
        for (document, examined) in documents.iter().zip(examined) {
            let operation = match (case.about.operation, &old) {
                (OperationKind::Delete, _) => Operation::Delete,
                (OperationKind::Update, Some(old)) => Operation::Update(old),
                _ => Operation::Create,
            };
            each(document, &policies.judge(&basis, document, examined, operation))?;
        }
        Ok(())
    }
}

impl Door for Core {
    fn name(&self) -> &'static str {
        "core"
    }

    fn take(&self, case: &Case) -> Result<Option<Expected>> {
        let mut expected = Expected { findings: Vec::new(), filled: Vec::new() };
        self.judge(case, |document, verdict| {
            expected.findings.extend(verdict.findings.iter().map(|finding| Observed::of(finding, document)));
            if document.is_readable() && case.about.operation != OperationKind::Delete {
                let mut resource = document.to_resource();
                changes::apply(&mut resource, &verdict.fill);
                expected.filled.push(serde_json::to_value(&resource)?);
            }
            Ok(())
        })?;
        Ok(Some(expected))
    }

    fn sees(&self, _: &Case, expected: &Expected) -> Expected {
        expected.clone()
    }
}
