//! The core itself.

use anyhow::Result;
use clearance_core::{Content, Document, Examined, Fleet, Limits, Operation, Record, Rulebook, Verdict, changes};

use super::Door;
use crate::case::{Case, Expected, OperationKind};
use crate::observed::Observed;

/// The core, called as a library.
#[derive(Debug, Default)]
pub struct Core {
    /// The rules that hold.
    pub rulebook: Rulebook,
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

        for (document, examined) in documents.iter().zip(examined) {
            let operation = match (case.about.operation, &old) {
                (OperationKind::Delete, _) => Operation::Delete,
                (OperationKind::Update, Some(old)) => Operation::Update(old),
                _ => Operation::Create,
            };
            each(document, &self.rulebook.judge_examined(document, examined, operation, &fleet, now))?;
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
