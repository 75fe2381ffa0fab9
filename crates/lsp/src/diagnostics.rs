//! Findings as an editor shows them.

use std::path::{Path, PathBuf};

use clearance_core::finding::{Finding, Related};
use clearance_core::rules::structure::DEPRECATED_FIELD;
use clearance_core::source::{LineIndex, TextRange};
use clearance_core::{Document, Severity};
use clearance_render::{NoShelf, Teller, Told};
use gen_lsp_types::{
    Code, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, TextEdit,
};
use serde::{Deserialize, Serialize};

use crate::buffer::to_range;
use crate::repository::Repository;
use crate::server::Server;
use crate::uri::uri;

/// The name under which findings stand beside those of others.
pub(crate) const SOURCE: &str = "clearance";

/// What a diagnostic carries along, so that its fixes need not be looked for again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Data {
    /// The path in the resource.
    pub path: Option<String>,
    /// The version of the text that the edits are for.
    pub version: i32,
    /// The state of the fleet that they are for: a free port may have been taken since.
    #[serde(default)]
    pub state: u64,
    pub fixes: Vec<Offer>,
}

/// One way to mend a finding.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Offer {
    pub title: String,
    /// Whether it says only what could have been meant.
    pub safe: bool,
    pub edits: Vec<TextEdit>,
}

/// A finding with its diagnostic.
pub(crate) struct Shown {
    pub diagnostic: Diagnostic,
    pub data: Data,
    /// Whether its layer is switched off.
    pub hidden: bool,
}

impl Server<'_> {
    /// What is told of a text.
    pub(crate) fn diagnostics(&self, repository: &Repository, file: &Path, text: &str, lines: &LineIndex, version: i32) -> Vec<Diagnostic> {
        let shown = self.shown(repository, file, text, lines, version).into_iter().filter(|shown| !shown.hidden);
        shown.map(|shown| Diagnostic { data: serde_json::to_value(&shown.data).ok(), ..shown.diagnostic }).collect()
    }

    /// The same, with what is not told.
    pub(crate) fn shown(&self, repository: &Repository, file: &Path, text: &str, lines: &LineIndex, version: i32) -> Vec<Shown> {
        let judged = repository.verdicts(file, text);
        let name = file.to_string_lossy();
        let mut shown = Vec::new();
        for (document, verdict) in &judged {
            let teller = Teller::new(document, lines, &name, None, repository.rulebook.settings().language, &NoShelf);
            for finding in &verdict.findings {
                let told = teller.tell(finding, false);
                let mut one = self.show(file, document, finding, &told, lines, version);
                one.data.state = repository.state;
                shown.push(one);
            }
        }
        shown
    }

    fn show(&self, file: &Path, document: &Document<'_>, finding: &Finding, told: &Told, lines: &LineIndex, version: i32) -> Shown {
        let encoding = self.client.encoding;
        let at = |start: u32, end: u32| to_range(document.text, lines, TextRange { start, end }, encoding);
        let range = told.finding.range;
        let message = match &told.finding.help {
            Some(help) => format!("{}\n{help}", told.finding.message),
            None => told.finding.message.clone(),
        };
        let related = finding.related.iter().zip(&told.finding.related).filter_map(|(related, words)| {
            let location = if related.here {
                let range = words.range?;
                Location { uri: self.uri_of(file), range: at(range.start.offset, range.end.offset) }
            } else {
                self.other_party(related)?
            };
            Some(DiagnosticRelatedInformation { location, message: words.message.clone() })
        });
        let related: Vec<DiagnosticRelatedInformation> = if self.client.related { related.collect() } else { Vec::new() };
        let fixes = told.finding.changes.iter().filter(|change| !change.edits.is_empty()).map(|change| Offer {
            title: change.title.clone(),
            safe: change.applicability == "safe",
            edits: change
                .edits
                .iter()
                .map(|edit| TextEdit { range: at(edit.range.start.offset, edit.range.end.offset), new_text: edit.text.clone() })
                .collect(),
        });
        let data = Data { path: told.finding.path.clone(), version, state: 0, fixes: fixes.collect() };
        let diagnostic = Diagnostic {
            range: at(range.start.offset, range.end.offset),
            severity: Some(match finding.severity {
                Severity::Error => DiagnosticSeverity::Error,
                Severity::Warning => DiagnosticSeverity::Warning,
                Severity::Info => DiagnosticSeverity::Information,
            }),
            code: Some(Code::String(finding.rule.name.to_owned())),
            code_description: Some(CodeDescription { href: self.settings.page(finding.rule).into() }),
            source: Some(SOURCE.to_owned()),
            message: message.into(),
            tags: (finding.rule.name == DEPRECATED_FIELD.name).then(|| vec![DiagnosticTag::Deprecated]),
            related_information: (!related.is_empty()).then_some(related),
            data: None,
        };
        Shown { diagnostic, data, hidden: !self.settings.tells(finding.rule, document.text) }
    }

    /// Where another cluster stands in its file.
    fn other_party(&self, related: &Related) -> Option<Location> {
        let file = PathBuf::from(related.file.as_deref()?);
        let identity = related.identity.as_ref()?;
        let text = self.text_of(&file)?;
        let lines = LineIndex::new(&text);
        let range = crate::names::document_of(&text, &file, identity, |document| document.range_of(&related.place))?;
        Some(Location { uri: self.uri_of(&file), range: to_range(&text, &lines, range, self.client.encoding) })
    }

    /// What is wrong in its files of settings.
    pub(crate) fn config_diagnostics(&self, repository: &Repository) -> Vec<(PathBuf, Vec<Diagnostic>)> {
        let settings = repository.config_file.clone().map(|path| (path, repository.config_findings.as_slice()));
        let policies = repository.policy_file.clone().map(|path| (path, repository.policies.findings()));
        settings.into_iter().chain(policies).map(|(path, findings)| self.in_settings(path, findings)).collect()
    }

    fn in_settings(&self, path: PathBuf, findings: &[Told]) -> (PathBuf, Vec<Diagnostic>) {
        let text = if findings.is_empty() { String::new() } else { std::fs::read_to_string(&path).unwrap_or_default() };
        let lines = LineIndex::new(&text);
        let diagnostics = findings.iter().map(|told| {
            let range = TextRange { start: told.finding.range.start.offset, end: told.finding.range.end.offset };
            Diagnostic {
                range: to_range(&text, &lines, range, self.client.encoding),
                severity: Some(DiagnosticSeverity::Error),
                code: Some(Code::String(told.finding.rule.clone())),
                source: Some(SOURCE.to_owned()),
                message: told.finding.message.clone().into(),
                ..Diagnostic::default()
            }
        });
        let diagnostics = diagnostics.collect();
        (path, diagnostics)
    }

    /// The URI of a file: as its editor calls it, where it is open.
    pub(crate) fn uri_of(&self, file: &Path) -> gen_lsp_types::Uri {
        let open = self.buffers.iter().find(|(_, open)| open.buffer.file == file);
        open.map_or_else(|| self.closed_uri(file), |(name, _)| name.clone().into())
    }

    /// The URI of a file that is not open: by the folder in which the editor finds it.
    pub(crate) fn closed_uri(&self, file: &Path) -> gen_lsp_types::Uri {
        self.folders.iter().find_map(|folder| folder.uri(file)).unwrap_or_else(|| uri(file))
    }
}
