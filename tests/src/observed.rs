//! A finding as a door shows it.

use clearance_core::finding::Place;
use clearance_core::{Document, Finding, Language};
use serde::{Deserialize, Serialize};

/// What every door must say alike of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The rule.
    pub rule: String,
    /// The severity.
    pub severity: String,
    /// The path in the resource; nothing for a fault of the text.
    pub path: Option<String>,
    /// The text under it, where there is text.
    pub underlined: Option<String>,
    /// The sentence, in English: it holds the rule's arguments.
    pub message: String,
    /// Whether an update found it there already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
}

impl Observed {
    /// A finding as the core has it.
    #[must_use]
    pub fn of(finding: &Finding, document: &Document<'_>) -> Self {
        let range = document.range_of(&finding.place);
        let secret = document.secrets().iter().any(|secret| secret.start < range.end && range.start < secret.end);
        Self {
            rule: finding.rule.name.to_owned(),
            severity: finding.severity.name().to_owned(),
            path: match &finding.place {
                Place::Path { path, .. } => Some(path.to_string()),
                Place::Text(_) => None,
            },
            // A credential is in no snapshot.
            underlined: Some(if secret { "…".to_owned() } else { range.of(document.text).to_owned() }),
            message: finding.message(Language::English),
            unchanged: finding.unchanged,
        }
    }
}
