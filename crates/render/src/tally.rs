//! How often each rule is told: for a first look at an old repository.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use clearance_core::Language;

use crate::Summary;
use crate::text::closing;
use crate::{Output, Told};

/// Counts findings by their rules.
pub struct Tally<W> {
    out: W,
    language: Language,
    /// By severity and rule: how many, and in which files.
    counts: BTreeMap<(String, String), (usize, BTreeSet<String>)>,
}

impl<W: Write> Tally<W> {
    /// Writes to `out`.
    pub fn new(out: W, language: Language) -> Self {
        Self { out, language, counts: BTreeMap::new() }
    }
}

impl<W: Write> Output for Tally<W> {
    fn finding(&mut self, told: &Told) -> io::Result<()> {
        let finding = &told.finding;
        let (count, files) = self.counts.entry((finding.severity.clone(), finding.rule.clone())).or_default();
        *count += 1;
        if !files.contains(&finding.file) {
            files.insert(finding.file.clone());
        }
        Ok(())
    }

    /// Errors first, then what is told most.
    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        let mut rows: Vec<_> = self.counts.iter().map(|((severity, rule), (count, files))| (severity, rule, *count, files.len())).collect();
        let weight = |severity: &str| ["error", "warning", "info"].iter().position(|word| *word == severity);
        rows.sort_by_key(|(severity, rule, count, _)| (weight(severity), std::cmp::Reverse(*count), *rule));
        let width = rows.iter().map(|(_, _, count, _)| count.to_string().len()).max().unwrap_or(0);
        for (severity, rule, count, files) in rows {
            let files = match (self.language, files) {
                (Language::English, 1) => "in 1 file".to_owned(),
                (Language::English, files) => format!("in {files} files"),
                (Language::Chinese, files) => format!("（{files} 个文件）"),
            };
            writeln!(self.out, "{count:width$} {severity}[{rule}] {files}")?;
        }
        writeln!(self.out, "{}", closing(summary, self.language))?;
        self.out.flush()
    }
}
