//! GitLab's Code Quality report: it puts a finding beside the changed line of a merge request, and
//! tells new ones from those of the target branch by their fingerprints.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::io::{self, Write};

use serde::Serialize;

use crate::fingerprint::Fingerprints;
use crate::{Output, Paths, Told};
use crate::{Position, Summary};

/// Writes a JSON list, one finding a line.
pub struct Gitlab<W> {
    out: W,
    paths: Paths,
    fingerprints: Fingerprints,
    is_empty: bool,
}

#[derive(Serialize)]
struct Issue<'i> {
    description: &'i str,
    check_name: &'i str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    positions: Positions,
}

#[derive(Serialize)]
struct Positions {
    begin: Place,
    end: Place,
}

#[derive(Serialize)]
struct Place {
    line: u32,
    column: u32,
}

impl From<Position> for Place {
    fn from(position: Position) -> Self {
        Self { line: position.line, column: position.column }
    }
}

impl<W: Write> Gitlab<W> {
    /// Writes to `out`. GitLab wants paths from the root of the repository.
    pub fn new(out: W, paths: Paths) -> Self {
        Self { out, paths, fingerprints: Fingerprints::default(), is_empty: true }
    }
}

/// GitLab's word for a severity.
fn severity(severity: &str) -> &'static str {
    match severity {
        "error" => "major",
        "warning" => "minor",
        _ => "info",
    }
}

impl<W: Write> Output for Gitlab<W> {
    fn finding(&mut self, told: &Told) -> io::Result<()> {
        let finding = &told.finding;
        let path = self.paths.relative(&finding.file);
        let issue = Issue {
            description: &finding.message,
            check_name: &finding.rule,
            fingerprint: self.fingerprints.of(finding, &path),
            severity: severity(&finding.severity),
            location: Location { path, positions: Positions { begin: finding.range.start.into(), end: finding.range.end.into() } },
        };
        self.out.write_all(if self.is_empty { b"[\n" } else { b",\n" })?;
        self.is_empty = false;
        self.out.write_all(serde_json::to_string(&issue)?.as_bytes())
    }

    fn finish(&mut self, _: &Summary) -> io::Result<()> {
        self.out.write_all(if self.is_empty { b"[]\n" } else { b"\n]\n" })?;
        self.out.flush()
    }
}
