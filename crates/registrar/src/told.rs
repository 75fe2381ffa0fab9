//! A finding as the API tells it.

use clearance_core::source::LineIndex;
use clearance_core::{Document, Finding, Language};
use clearance_render::Change;
use clearance_render::{NoShelf, Teller};
use serde::Serialize;

/// One finding in a request.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Told {
    /// The rule.
    pub rule: String,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// What is wrong, in one line.
    pub message: String,
    /// Why, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where in the body, as a JSON Pointer; for what is missing, where it would stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Where in the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where in the body, with dots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The line in the body, from 1.
    pub line: u32,
    /// The column in the body, in code points from 1.
    pub column: u32,
    /// Whether it was there before, unchanged.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    /// Ways to mend it, the best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// Tells findings in a document, in a language.
pub(crate) fn tell(document: &Document<'_>, findings: &[Finding], language: Language) -> Vec<Told> {
    let lines = LineIndex::new(document.text);
    let teller = Teller::new(document, &lines, "", None, language, &NoShelf);
    findings
        .iter()
        .map(|finding| {
            let told = teller.tell(finding, false).finding;
            let written = finding.place.path().and_then(|path| document.form.written(path));
            Told {
                rule: told.rule,
                severity: told.severity,
                message: told.message,
                help: told.help,
                pointer: written.map(|path| path.to_pointer()),
                path: told.path,
                field: told.display,
                line: told.range.start.line,
                column: told.range.start.column,
                unchanged: told.unchanged,
                changes: told.changes,
            }
        })
        .collect()
}
