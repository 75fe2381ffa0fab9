//! What mends a text: a fix at a finding, or all that is safe.

use clearance_core::source::TextRange;
use clearance_core::{Applicability, mend};
use gen_lsp_types::{
    CodeAction, CodeActionKind, CodeActionParams, Diagnostic, DocumentChange, Edit, OptionalVersionedTextDocumentIdentifier, Range,
    TextDocumentEdit, TextDocumentIdentifier, TextEdit, WorkspaceEdit,
};
use serde::Deserialize;

use crate::diagnostics::{Data, Offer, SOURCE};
use crate::server::{Open, Server};

/// All that is safe.
pub(crate) const FIX_ALL: &str = "source.fixAll.clearance";

impl Server<'_> {
    /// What can be done about a part of a text.
    pub(crate) fn code_actions(&self, params: &CodeActionParams) -> Option<Vec<CodeAction>> {
        let uri = params.text_document.uri.0.as_str();
        let (repository, open) = self.open(uri)?;
        let is_wanted = |kind: &str| match &params.context.only {
            None => true,
            Some(kinds) => kinds.iter().any(|only| {
                let only = serde_json::to_value(only).ok();
                only.as_ref()
                    .and_then(|only| only.as_str())
                    .is_some_and(|only| kind == only || kind.strip_prefix(only).is_some_and(|rest| rest.starts_with('.')))
            }),
        };
        let mut actions = Vec::new();
        if is_wanted("quickfix") {
            let version = open.buffer.version;
            let given = params.context.diagnostics.iter().filter(|diagnostic| diagnostic.source.as_deref() == Some(SOURCE));
            let carried: Vec<(&Diagnostic, Data)> = given.filter_map(|diagnostic| Some((diagnostic, carried(diagnostic)?))).collect();
            let are_current =
                !carried.is_empty() && carried.iter().all(|(_, data)| data.version == version && data.state == repository.state);
            if are_current {
                for (diagnostic, data) in &carried {
                    actions.extend(
                        data.fixes
                            .iter()
                            .enumerate()
                            .map(|(rank, offer)| self.quick_fix(uri, open, offer, rank, Some((*diagnostic).clone()))),
                    );
                }
            }
            // What another checker tells instead of us we still mend; and what came without its fixes, or with those of another text.
            for shown in self.shown(repository, &open.buffer.file, &open.buffer.text, &open.buffer.lines, version) {
                if touch(shown.diagnostic.range, params.range) && (shown.hidden || !are_current) {
                    let diagnostic = (!shown.hidden).then_some(&shown.diagnostic);
                    actions.extend(
                        shown
                            .data
                            .fixes
                            .iter()
                            .enumerate()
                            .map(|(rank, offer)| self.quick_fix(uri, open, offer, rank, diagnostic.cloned())),
                    );
                }
            }
        }
        // It judges again and again: only where somebody asks for it.
        if params.context.only.is_some() && is_wanted(FIX_ALL) {
            let mended = mend::mend(&open.buffer.text, Applicability::Safe, |text| repository.judge(&open.buffer.file, text));
            if !mended.made.is_empty() {
                let edit = self.edit(uri, open, vec![difference(open, &mended.text, self)]);
                actions.push(CodeAction {
                    title: match repository.rulebook.settings().language {
                        clearance_core::Language::English => "Make all safe fixes".to_owned(),
                        clearance_core::Language::Chinese => "应用所有安全的修复".to_owned(),
                    },
                    kind: Some(CodeActionKind::from(FIX_ALL.to_owned())),
                    edit: Some(edit),
                    ..CodeAction::default()
                });
            }
        }
        Some(actions)
    }

    fn quick_fix(&self, uri: &str, open: &Open, offer: &Offer, rank: usize, diagnostic: Option<Diagnostic>) -> CodeAction {
        CodeAction {
            title: offer.title.clone(),
            kind: Some(CodeActionKind::QuickFix),
            is_preferred: Some(rank == 0 && offer.safe),
            diagnostics: diagnostic.map(|diagnostic| vec![diagnostic]),
            edit: Some(self.edit(uri, open, offer.edits.clone())),
            ..CodeAction::default()
        }
    }

    fn edit(&self, uri: &str, open: &Open, edits: Vec<TextEdit>) -> WorkspaceEdit {
        if !self.client.versions {
            return WorkspaceEdit { changes: Some([(uri.into(), edits)].into()), ..WorkspaceEdit::default() };
        }
        let change = TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier {
                version: Some(open.buffer.version),
                text_document_identifier: TextDocumentIdentifier { uri: uri.into() },
            },
            edits: edits.into_iter().map(Edit::TextEdit).collect(),
        };
        WorkspaceEdit { document_changes: Some(vec![DocumentChange::TextDocumentEdit(change)]), ..WorkspaceEdit::default() }
    }
}

/// What a diagnostic of ours carried along.
fn carried(diagnostic: &Diagnostic) -> Option<Data> {
    Data::deserialize(diagnostic.data.as_ref()?).ok()
}

fn touch(a: Range, b: Range) -> bool {
    a.start <= b.end && b.start <= a.end
}

/// The one edit that makes another text of a buffer: what is alike at both ends is left alone.
fn difference(open: &Open, new: &str, server: &Server<'_>) -> TextEdit {
    let old = &open.buffer.text;
    let before = old.char_indices().zip(new.chars()).find(|((_, a), b)| a != b).map_or(old.len().min(new.len()), |((at, _), _)| at);
    let (rest, new_rest) = (old.get(before..).unwrap_or_default(), new.get(before..).unwrap_or_default());
    let after: usize = rest.chars().rev().zip(new_rest.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let range = TextRange::new(before, old.len() - after);
    let text = new_rest.get(..new_rest.len() - after).unwrap_or_default();
    TextEdit { range: open.buffer.range(range, server.client.encoding), new_text: text.to_owned() }
}
