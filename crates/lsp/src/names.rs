//! A cluster's name at all its places: where it is defined, who refers to it, and another name for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clearance_core::assist::{Named, Role, named};
use clearance_core::finding::{Change, Path as Field};
use clearance_core::fleet::Identity;
use clearance_core::repository::{can_be_named, cluster_name, is_list, listed};
use clearance_core::rules::identity::DEFINED_TWICE;
use clearance_core::rules::naming::INVALID_NAME;
use clearance_core::source::{Format, Limits, LineIndex, Node, TextEdit as CoreEdit, TextRange, Value};
use clearance_core::{Content, Document, Finding, Form, Severity, source};
use gen_lsp_types::{
    DocumentChange, Edit, Location, OptionalVersionedTextDocumentIdentifier, Position, Range, RenameFile, TextDocumentEdit,
    TextDocumentIdentifier, TextEdit, WorkspaceEdit,
};

use crate::buffer::{Buffer, to_range};
use crate::repository::Repository;
use crate::server::{Failure, Server};

/// A name in a text.
struct Place {
    file: PathBuf,
    range: TextRange,
    role: Option<Role>,
}

/// Reads a text.
fn contents<'a>(text: &'a str, file: &Path) -> Vec<Content<'a>> {
    Document::read_all(text, file.to_str(), &Limits::default())
}

fn list<'a>(text: &'a str, file: &Path) -> Document<'a> {
    Document::read_as(text, Format::of(file.to_str(), text), Form::Resource, &Limits::default())
}

/// Whether a file is the list of a tenant repository's clusters.
pub(crate) fn is_list_file(file: &Path) -> bool {
    file.to_str().is_some_and(|file| is_list(&file.replace('\\', "/")))
}

/// What is to be known of the document of a cluster in a text.
pub(crate) fn document_of<T>(text: &str, file: &Path, identity: &Identity, look: impl Fn(&Document<'_>) -> T) -> Option<T> {
    contents(text, file).iter().find_map(|content| {
        let is_it = named(content).iter().any(|named| named.role == Role::Itself && named.identity == *identity);
        let (Content::Cluster(document) | Content::Other(document)) = content;
        let refers = matches!(content, Content::Other(_))
            && document.find(&Field::of("metadata.name"), None).is_some_and(|at| at.node().as_str() == Some(&identity.1));
        (is_it || refers).then(|| look(document))
    })
}

/// The entries of a list that name a file, each with its position and range.
fn entries(document: &Document<'_>, file: &Path) -> Vec<(usize, TextRange)> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let items = document.root.get("resources").map(Node::items).unwrap_or_default();
    listed(document).filter(|(_, path)| *path == name).filter_map(|(index, _)| Some((index, items.get(index)?.range))).collect()
}

/// The cluster that is named at an offset of a text, and where.
fn name_at(repository: &Repository, buffer: &Buffer, offset: u32) -> Option<(Identity, TextRange)> {
    let Buffer { file, text, .. } = buffer;
    let holds = |range: TextRange| range.start <= offset && offset <= range.end;
    if is_list_file(file) {
        let document = list(text, file);
        let items = document.root.get("resources").map(Node::items).unwrap_or_default();
        let (index, path) = listed(&document).find(|(index, _)| items.get(*index).is_some_and(|item| holds(item.range)))?;
        let target = file.parent()?.join(path);
        return Some((repository.identity_in(&target)?, items.get(index)?.range));
    }
    let names = contents(text, file).iter().flat_map(named).collect::<Vec<Named>>();
    names.into_iter().find(|named| holds(named.range)).map(|named| (named.identity, named.range))
}

/// Refuses a name that the rules refuse.
fn accept(repository: &Repository, file: &Path, text: &str, edits: &[CoreEdit], to: &str) -> Result<(), Failure> {
    let Some(renamed) = source::apply(text, edits) else { return Ok(()) };
    let target = file.with_file_name(format!("{to}.yaml"));
    let language = repository.rulebook.settings().language;
    let name = Field::of("metadata.name");
    for (_, verdict) in repository.judge(&target, &renamed) {
        let is_wrong = |finding: &&Finding| {
            finding.severity == Severity::Error && finding.rule.group == "naming" && finding.place.path() == Some(&name)
        };
        if let Some(finding) = verdict.findings.iter().find(is_wrong) {
            return Err(Failure::refused(&finding.message(language)));
        }
    }
    Ok(())
}

impl Server<'_> {
    /// All places at which a cluster is named; for entries of lists there is no role.
    fn places(&self, repository: &Repository, identity: &Identity) -> Vec<Place> {
        let files = repository.naming(identity);
        let defining: BTreeSet<&PathBuf> = files.iter().filter(|file| repository.defines(file, identity)).collect();
        let mut places = Vec::new();
        for file in &files {
            let Some(text) = self.text_of(file) else { continue };
            if is_list_file(file) {
                let document = list(&text, file);
                let beside = defining.iter().filter(|other| other.parent() == file.parent());
                places.extend(beside.flat_map(|other| entries(&document, other)).map(|(_, range)| Place {
                    file: file.clone(),
                    range,
                    role: None,
                }));
            } else {
                let names =
                    contents(&text, file).iter().flat_map(named).filter(|named| named.identity == *identity).collect::<Vec<Named>>();
                places.extend(names.into_iter().map(|named| Place { file: file.clone(), range: named.range, role: Some(named.role) }));
            }
        }
        places
    }

    /// Where the cluster that is named at a position is described, or everything that refers to it.
    pub(crate) fn locations(&self, uri: &str, position: Position, defining: bool, declaration: bool) -> Option<Vec<Location>> {
        let (repository, open) = self.open(uri)?;
        let offset = open.buffer.offset(position, self.client.encoding);
        let (identity, _) = name_at(repository, &open.buffer, offset)?;
        let is_wanted = |place: &Place| match place.role {
            Some(Role::Itself) => defining || declaration,
            _ => !defining,
        };
        let places = self.places(repository, &identity).into_iter().filter(is_wanted);
        let location = |place: Place| {
            let text = self.text_of(&place.file)?;
            let range = to_range(&text, &LineIndex::new(&text), place.range, self.client.encoding);
            Some(Location { uri: self.uri_of(&place.file), range })
        };
        Some(places.filter_map(location).collect())
    }

    /// What can be renamed at a position.
    pub(crate) fn renamable(&self, uri: &str, position: Position) -> Option<(Range, String)> {
        let (repository, open) = self.open(uri)?;
        let offset = open.buffer.offset(position, self.client.encoding);
        let (identity, range) = name_at(repository, &open.buffer, offset)?;
        Some((open.buffer.range(range, self.client.encoding), identity.1))
    }

    /// Gives a cluster another name, wherever it is named: in its own file and the file's name, in the
    /// lists, and in all that refers to it.
    pub(crate) fn rename(&self, uri: &str, position: Position, to: &str) -> Result<Option<WorkspaceEdit>, Failure> {
        let Some((repository, open)) = self.open(uri) else { return Ok(None) };
        let offset = open.buffer.offset(position, self.client.encoding);
        let Some((identity, _)) = name_at(repository, &open.buffer, offset) else { return Ok(None) };
        if identity.1 == to {
            return Ok(Some(WorkspaceEdit::default()));
        }
        let language = repository.rulebook.settings().language;
        if repository.fleet.find(&(identity.0.clone(), to.to_owned())).next().is_some() {
            return Err(Failure::refused(DEFINED_TWICE.headline.in_language(language)));
        }
        let refused = can_be_named(to).then_some(()).ok_or_else(|| Failure::refused(INVALID_NAME.headline.in_language(language)));
        let files = repository.naming(&identity);
        let mut edits: BTreeMap<PathBuf, Vec<CoreEdit>> = BTreeMap::new();
        let mut moves: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        for file in files.iter().filter(|file| !is_list_file(file)) {
            let Some(text) = self.text_of(file) else { continue };
            for content in &contents(&text, file) {
                let names: Vec<Named> = named(content).into_iter().filter(|named| named.identity == identity).collect();
                let (Content::Cluster(document) | Content::Other(document)) = content;
                let changes: Vec<Change> = names
                    .iter()
                    .map(|named| Change::Set { path: named.path.clone(), value: Value::String(to.to_owned().into()) })
                    .collect();
                if changes.is_empty() {
                    continue;
                }
                // Through an alias no name can be changed: then none is.
                let made = document.edits(&changes).ok_or_else(|| Failure::refused(&format!("{}: {}", file.display(), UNCHANGEABLE)))?;
                if names.iter().any(|named| named.role == Role::Itself) {
                    accept(repository, file, &text, &made, to)?;
                    if self.client.renames && file.to_str().and_then(|file| cluster_name(file)) == Some(&identity.1) {
                        let extension = file.extension().map(|extension| extension.to_string_lossy().into_owned()).unwrap_or_default();
                        moves.insert(file.clone(), file.with_file_name(format!("{to}.{extension}")));
                    }
                }
                edits.entry(file.clone()).or_default().extend(made);
            }
        }
        for file in files.iter().filter(|file| is_list_file(file)) {
            let Some(text) = self.text_of(file) else { continue };
            let document = list(&text, file);
            let mut changes = Vec::new();
            for (from, new) in moves.iter().filter(|(from, _)| from.parent() == file.parent()) {
                let name = new.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let path = |index| Field::of("resources").index(index);
                changes.extend(
                    entries(&document, from)
                        .into_iter()
                        .map(|(index, _)| Change::Set { path: path(index), value: Value::String(name.clone().into()) }),
                );
            }
            if let Some(made) = document.edits(&changes).filter(|made| !made.is_empty()) {
                edits.insert(file.clone(), made);
            }
        }
        // Where a rule refuses the name it says more.
        refused?;
        Ok(Some(self.workspace_edit(&edits, &moves)))
    }

    /// Edits of several files as one.
    fn workspace_edit(&self, edits: &BTreeMap<PathBuf, Vec<CoreEdit>>, moves: &BTreeMap<PathBuf, PathBuf>) -> WorkspaceEdit {
        let in_lines = |file: &PathBuf, edits: &[CoreEdit]| -> Vec<TextEdit> {
            let text = self.text_of(file).unwrap_or_default();
            let lines = LineIndex::new(&text);
            edits
                .iter()
                .map(|edit| TextEdit { range: to_range(&text, &lines, edit.range, self.client.encoding), new_text: edit.text.clone() })
                .collect()
        };
        if !self.client.versions {
            let changes = edits.iter().map(|(file, edits)| (self.uri_of(file), in_lines(file, edits))).collect();
            return WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() };
        }
        let mut changes: Vec<DocumentChange> = Vec::new();
        for (file, edits) in edits {
            let version = self.buffers.values().find(|open| open.buffer.file == *file).map(|open| open.buffer.version);
            changes.push(DocumentChange::TextDocumentEdit(TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier {
                    version,
                    text_document_identifier: TextDocumentIdentifier { uri: self.uri_of(file) },
                },
                edits: in_lines(file, edits).into_iter().map(Edit::TextEdit).collect(),
            }));
        }
        for (from, to) in moves {
            let rename = RenameFile { old_uri: self.uri_of(from), new_uri: self.closed_uri(to), options: None, annotation_id: None };
            changes.push(DocumentChange::RenameFile(rename));
        }
        WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() }
    }
}

/// What is said when a text is too odd to be edited.
const UNCHANGEABLE: &str = "the name there comes in by an alias and cannot be changed by itself";
