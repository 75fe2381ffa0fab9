//! From the core's findings to what leaves the house.

use alloc::sync::Arc;

use clearance_core::finding::{self, Language, Path, Place, Segment};
use clearance_core::source::{LineIndex, Node, TextEdit, TextRange, Value};
use clearance_core::text::find;
use clearance_core::{Change as CoreChange, Document, Verdict};

use crate::excerpt::{Shown, Spot, range};
use crate::mirror::{Change, Edit, Filled, Finding, Operation, OperationKind, Range, Related, Within};
use crate::order::in_order;
use crate::prelude::*;
use crate::secret::{scrubbed, without_secrets};
use crate::utf16::Utf16;

/// Where the texts of other parties come from.
pub trait Shelf {
    /// The place of another party in its file; nothing where the file cannot be read.
    fn spot(&self, related: &finding::Related) -> Option<Arc<Spot>>;
}

/// A shelf with nothing on it.
#[derive(Debug, Clone, Copy)]
pub struct NoShelf;

impl Shelf for NoShelf {
    fn spot(&self, _: &finding::Related) -> Option<Arc<Spot>> {
        None
    }
}

/// A finding, ready to be written.
#[derive(Debug, Clone)]
pub struct Told {
    /// What it says.
    pub finding: Finding,
    /// The line under it, if it was asked for.
    pub shown: Option<Shown>,
    /// The lines of other parties.
    pub related: Vec<Option<Shown>>,
}

/// Tells the findings in one document.
pub struct Teller<'t> {
    document: &'t Document<'t>,
    lines: &'t LineIndex,
    file: &'t str,
    number: Option<usize>,
    language: Language,
    shelf: &'t dyn Shelf,
    secrets: Vec<TextRange>,
    utf16: Option<&'t Utf16>,
}

impl<'t> Teller<'t> {
    /// For a document of a file; `number` says which one, from 1, where there are several.
    #[must_use]
    pub fn new(
        document: &'t Document<'t>,
        lines: &'t LineIndex,
        file: &'t str,
        number: Option<usize>,
        language: Language,
        shelf: &'t dyn Shelf,
    ) -> Self {
        Self { document, lines, file, number, language, shelf, secrets: document.secrets(), utf16: None }
    }

    /// Tells places in UTF-16 code units, as JavaScript counts.
    #[must_use]
    pub fn in_utf16(self, utf16: &'t Utf16) -> Self {
        Self { utf16: Some(utf16), ..self }
    }

    /// One finding; with the lines that it points at, if they are wanted.
    #[must_use]
    pub fn tell(&self, finding: &finding::Finding, excerpt: bool) -> Told {
        let shown = |range| Shown::new(self.document.text, self.lines, range, &self.secrets);
        let at = |related: &finding::Related| {
            if related.here {
                Some(shown(self.document.range_of(&related.place)))
            } else {
                self.spot(related).map(|spot| spot.shown.clone())
            }
        };
        Told {
            finding: self.finding(finding),
            shown: excerpt.then(|| shown(self.document.range_of(&finding.place))),
            related: if excerpt { finding.related.iter().map(at).collect() } else { vec![None; finding.related.len()] },
        }
    }

    /// One finding, without the lines that it points at.
    #[must_use]
    pub fn finding(&self, finding: &finding::Finding) -> Finding {
        let path = finding.place.path();
        Finding {
            rule: finding.rule.name.to_owned(),
            severity: finding.severity.name().to_owned(),
            message: finding.message(self.language),
            help: finding.help(self.language),
            file: self.file.to_owned(),
            document: self.number,
            path: path.map(ToString::to_string),
            pointer: path.map(Path::to_pointer),
            display: path.map(|path| self.document.form.display(path)),
            range: self.range(self.document.range_of(&finding.place)),
            within: finding.within.as_ref().map(|within| Within {
                path: within.path.to_string(),
                line: within.line,
                column: within.column,
            }),
            related: finding.related.iter().map(|related| self.related(related)).collect(),
            changes: finding.fixes.iter().filter_map(|fix| self.change(fix)).collect(),
            unchanged: finding.unchanged,
            docs: finding.rule.page(),
        }
    }

    fn related(&self, related: &finding::Related) -> Related {
        Related {
            message: related.message.what.in_words(self.language, &related.args),
            file: if related.here { Some(self.file.to_owned()) } else { related.file.clone() },
            path: related.place.path().map(ToString::to_string),
            range: if related.here {
                Some(self.range(self.document.range_of(&related.place)))
            } else {
                self.spot(related).map(|spot| spot.range)
            },
        }
    }

    fn spot(&self, related: &finding::Related) -> Option<Arc<Spot>> {
        related.file.as_ref().and_then(|_| self.shelf.spot(related))
    }

    /// A range of the document's text.
    #[must_use]
    pub fn range(&self, at: TextRange) -> Range {
        match self.utf16 {
            Some(utf16) => utf16.range(self.document.text, self.lines, at),
            None => range(self.document.text, self.lines, at),
        }
    }

    /// Edits of the document's text.
    #[must_use]
    pub fn edits(&self, edits: Vec<TextEdit>) -> Vec<Edit> {
        edits.into_iter().map(|edit| Edit { range: self.range(edit.range), text: edit.text }).collect()
    }

    /// A change, where it can be made: through an alias it cannot.
    fn change(&self, fix: &finding::Fix) -> Option<Change> {
        let kept = |edits: &Vec<TextEdit>| !fix.changes.iter().any(writes_kubeconfig) && !edits.iter().any(|edit| self.is_secret(edit));
        let edits = self.document.edits(&fix.changes).filter(|edits| !edits.is_empty())?;
        let edits = Some(edits).filter(kept).unwrap_or_default();
        Some(Change {
            title: fix.title(self.language),
            applicability: fix.applicability.name().to_owned(),
            edits: self.edits(edits),
            operations: fix.changes.iter().filter_map(operation).collect(),
        })
    }

    /// Whether an edit would repeat a credential.
    fn is_secret(&self, edit: &TextEdit) -> bool {
        let is_known = self.secrets.iter().any(|secret| {
            let secret = secret.of(self.document.text).trim_matches(['"', '\'']);
            !secret.is_empty() && find(&edit.text, secret).is_some()
        });
        is_known || scrubbed(edit.text.clone()) != edit.text
    }

    /// The resource that the document describes, with everything filled in.
    #[must_use]
    pub fn filled(&self, verdict: &Verdict) -> Filled {
        let mut resource: Node<'static> = self.document.to_resource();
        clearance_core::changes::apply(&mut resource, &verdict.fill);
        Filled { file: self.file.to_owned(), document: self.number, resource: in_order(without_secrets(resource.value)) }
    }
}

/// Whether a change writes a credential.
fn writes_kubeconfig(change: &CoreChange) -> bool {
    let is_kubeconfig = |path: &Path| matches!(path.segments().first(), Some(Segment::Key(key)) if key == "kubeconfig");
    match change {
        CoreChange::Set { path, .. } | CoreChange::Insert { path, .. } => is_kubeconfig(path),
        CoreChange::Remove { .. } | CoreChange::Rename { .. } | CoreChange::Edit(_) => false,
    }
}

/// A change to the resource; nothing for an edit of the text. What it writes is without credentials.
#[must_use]
pub fn operation(change: &CoreChange) -> Option<Operation> {
    let plain = |op, path: &Path| Operation { op, pointer: path.to_pointer(), value: None, to: None, occurrence: None };
    let with_value = |op, path: &Path, value: &Value<'static>| Operation {
        value: (!writes_kubeconfig(change)).then(|| without_secrets(value.clone())),
        ..plain(op, path)
    };
    Some(match change {
        CoreChange::Set { path, value } => with_value(OperationKind::Set, path, value),
        CoreChange::Insert { path, value } => with_value(OperationKind::Insert, path, value),
        CoreChange::Remove { path, occurrence } => Operation { occurrence: *occurrence, ..plain(OperationKind::Remove, path) },
        CoreChange::Rename { path, to } => Operation { to: Some(to.clone()), ..plain(OperationKind::Rename, path) },
        CoreChange::Edit(_) => return None,
    })
}

impl Spot {
    /// The place in a document of another file.
    #[must_use]
    pub fn of(document: &Document<'_>, lines: &LineIndex, place: &Place) -> Self {
        let at = document.range_of(place);
        Self { range: range(document.text, lines, at), shown: Shown::new(document.text, lines, at, &document.secrets()) }
    }
}
