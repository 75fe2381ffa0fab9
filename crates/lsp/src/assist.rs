//! Completion, hover and hints, as an editor shows them.

use clearance_core::Limits;
use clearance_core::assist::{Candidate, CandidateKind, hints};
use clearance_core::source::TextRange;
use gen_lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemTextEdit, CompletionList, Documentation, Hover, InlayHint, InsertTextFormat,
    InsertTextMode, MarkupContent, MarkupKind, Position, Range, TextEdit,
};

use crate::buffer::Buffer;
use crate::server::Server;

/// The name by which the core tells how a text is written and what it should hold.
pub(crate) fn file_name(buffer: &Buffer) -> Option<&str> {
    buffer.file.to_str()
}

fn markdown(value: String) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value }
}

impl Server<'_> {
    /// What may be written at a position.
    pub(crate) fn completion(&self, uri: &str, position: Position) -> Option<CompletionList> {
        let (repository, open) = self.open(uri)?;
        let buffer = &open.buffer;
        let offset = buffer.offset(position, self.client.encoding);
        let completion = repository.rulebook.complete(&buffer.text, file_name(buffer), offset, &repository.fleet, &Limits::default())?;
        let range = buffer.range(completion.range, self.client.encoding);
        let items = completion.candidates.into_iter().enumerate().map(|(rank, candidate)| self.item(candidate, range, rank)).collect();
        Some(CompletionList { items, ..CompletionList::default() })
    }

    fn item(&self, candidate: Candidate, range: Range, rank: usize) -> CompletionItem {
        let place = candidate.placeholder.filter(|_| self.client.snippets);
        let new_text = place.map_or_else(|| candidate.text.clone(), |place| snippet(&candidate.text, place));
        let written = candidate.text.trim_start();
        CompletionItem {
            kind: Some(match candidate.kind {
                CandidateKind::Field => CompletionItemKind::Field,
                CandidateKind::Word => CompletionItemKind::EnumMember,
                CandidateKind::Cluster => CompletionItemKind::Reference,
                CandidateKind::Component => CompletionItemKind::Module,
                CandidateKind::Value => CompletionItemKind::Value,
            }),
            detail: (!candidate.detail.is_empty()).then_some(candidate.detail),
            documentation: (!candidate.about.is_empty()).then(|| Documentation::MarkupContent(markdown(candidate.about))),
            sort_text: Some(format!("{rank:04}")),
            // What a person types begins with the quote that stands there.
            filter_text: written.starts_with('"').then(|| written.to_owned()),
            insert_text_format: place.map(|_| InsertTextFormat::Snippet),
            insert_text_mode: Some(InsertTextMode::AsIs),
            text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit { range, new_text })),
            label: candidate.label,
            ..CompletionItem::default()
        }
    }

    /// What stands at a position.
    pub(crate) fn hover(&self, uri: &str, position: Position) -> Option<Hover> {
        let (repository, open) = self.open(uri)?;
        let buffer = &open.buffer;
        let offset = buffer.offset(position, self.client.encoding);
        let judged = repository.verdicts(&buffer.file, &buffer.text);
        let hover = judged
            .iter()
            .find_map(|(document, verdict)| repository.rulebook.hover(document, verdict, offset, |rule| self.settings.page(rule)))?;
        Some(Hover { contents: markdown(hover.markdown).into(), range: Some(buffer.range(hover.range, self.client.encoding)) })
    }

    /// What will be filled in, in some lines of a text.
    pub(crate) fn inlay_hints(&self, uri: &str, within: Range) -> Option<Vec<InlayHint>> {
        let (repository, open) = self.open(uri)?;
        let buffer = &open.buffer;
        let encoding = self.client.encoding;
        let mut shown = Vec::new();
        for (document, verdict) in repository.verdicts(&buffer.file, &buffer.text) {
            for hint in hints(&document, &verdict.fill, repository.rulebook.settings().language) {
                let line = buffer.lines.line_at(hint.offset);
                if line < within.start.line || line > within.end.line {
                    continue;
                }
                let end = buffer.lines.line_range(line).end;
                let position = buffer.range(TextRange { start: end, end }, encoding).start;
                let edits = document.edits(&hint.changes).unwrap_or_default();
                let edits: Vec<TextEdit> =
                    edits.into_iter().map(|edit| TextEdit { range: buffer.range(edit.range, encoding), new_text: edit.text }).collect();
                shown.push(InlayHint {
                    position,
                    label: hint.label.into(),
                    kind: None,
                    text_edits: (!edits.is_empty()).then_some(edits),
                    tooltip: Some(markdown(hint.about).into()),
                    padding_left: Some(true),
                    padding_right: None,
                    data: None,
                });
            }
        }
        Some(shown)
    }
}

/// A text in which one part is for a person to look at.
fn snippet(text: &str, place: TextRange) -> String {
    let escaped = |part: &str| part.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}");
    let part = |start: u32, end: usize| text.get(start as usize..end).unwrap_or_default();
    let (before, within, after) = (part(0, place.start as usize), place.of(text), part(place.end, text.len()));
    let within = if within.is_empty() { "$1".to_owned() } else { format!("${{1:{}}}", escaped(within)) };
    format!("{}{within}{}", escaped(before), escaped(after))
}
