//! What a policy says.

use serde::Serialize;

use crate::path::Path;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It refuses.
    Error,
    /// It warns.
    Warning,
}

/// One thing that a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub path: Path,
    /// What, in one sentence: lower case, no full stop, the user's text in backticks.
    pub message: String,
    /// How much it weighs.
    pub severity: Severity,
}

/// All that a policy says of one cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Refuses.
    pub fn deny(&mut self, path: Path, message: impl Into<String>) {
        self.0.push(Finding { path, message: message.into(), severity: Severity::Error });
    }

    /// Warns.
    pub fn warn(&mut self, path: Path, message: impl Into<String>) {
        self.0.push(Finding { path, message: message.into(), severity: Severity::Warning });
    }

    /// Whether something is refused.
    #[must_use]
    pub fn refuse(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }
}
