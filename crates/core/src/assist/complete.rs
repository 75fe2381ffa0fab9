//! What may come next where the cursor stands.

use alloc::borrow::Cow;

use super::cursor::{Cursor, Style};
use super::values::{Suggestion, values};
use super::{Kind, Use, fields_at, kind_of, shape_at, word};
use crate::document::{Content, Document};
use crate::finding::{Part, Path, Text};
use crate::fleet::Fleet;
use crate::form::Form;
use crate::model::structure::{Field, Shape};
use crate::prelude::*;
use crate::repository::is_list;
use crate::rules::suppression;
use crate::sort::sort_by;
use crate::source::{Format, Limits, TextRange, Value, locate, plain_or_quoted, quoted};
use crate::verdict::Rulebook;

/// What may be written at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is replaced: the word that stands there, or its beginning.
    pub range: TextRange,
    /// What may stand there, the best first.
    pub candidates: Vec<Candidate>,
}

/// One thing that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// How it is listed.
    pub label: String,
    /// What it is.
    pub kind: CandidateKind,
    /// What is written.
    pub text: String,
    /// The part of the text that a person should look at: it stands for what is not known here.
    pub placeholder: Option<TextRange>,
    /// A few words beside it.
    pub detail: String,
    /// What it is, in sentences.
    pub about: String,
}

/// What a candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandidateKind {
    /// A field.
    Field,
    /// One of the words that a field may hold.
    Word,
    /// Another cluster.
    Cluster,
    /// A component.
    Component,
    /// Any other value.
    Value,
}

/// What a description says around the cursor.
pub(super) struct Around<'a> {
    pub rulebook: &'a Rulebook,
    pub document: &'a Document<'a>,
    pub fleet: &'a Fleet,
    /// The path in the resource.
    pub path: Path,
}

const REQUIRED: Text = Text::new("required", "必填");
const FILLED: Text = Text::new("filled in if it is not said", "未填写时自动填写");

/// In what order the required fields are best written: the later ones depend on the earlier.
const FIRST: &[&str] =
    &["apiVersion", "kind", "metadata", "spec", "name", "clusterType", "usage", "workerType", "hostCluster", "apiServer", "kubeconfig"];

impl Rulebook {
    /// What may be written at an offset of a text, in bytes; nothing where it describes no cluster
    /// there, or where nothing is known. `file_name` is as for [`Document::read_all`].
    #[must_use]
    pub fn complete(&self, text: &str, file_name: Option<&str>, offset: u32, fleet: &Fleet, limits: &Limits) -> Option<Completion> {
        if text.len() > limits.document_bytes || file_name.is_some_and(is_list) {
            return None;
        }
        let offset = usize::try_from(offset).ok().filter(|offset| text.is_char_boundary(*offset))?;
        let cursor = Cursor::at(text, Format::of(file_name, text), offset)?;
        // What is being written is no part of what is known.
        let blank = cursor.blank.as_range();
        let mut known = text.get(..blank.start)?.to_owned();
        known.extend(core::iter::repeat_n(' ', blank.len()));
        known.push_str(text.get(blank.end..)?);
        let document = around(&known, file_name, cursor.range.start, limits)?;
        let candidates = candidates(&Around { rulebook: self, document: &document, fleet, path: Path::root() }, &cursor);
        Some(Completion { range: cursor.range, candidates })
    }
}

/// The document that an offset lies in, if it describes a cluster or may come to.
fn around<'a>(text: &'a str, file_name: Option<&str>, offset: u32, limits: &Limits) -> Option<Document<'a>> {
    let mut best: Option<Content<'a>> = None;
    for content in Document::read_all(text, file_name, limits) {
        let (Content::Cluster(document) | Content::Other(document)) = &content;
        // The last one that begins before it, as an empty one has no text of its own.
        if best.is_none() || document.range.start <= offset {
            best = Some(content);
        }
    }
    match best {
        Some(Content::Cluster(document)) => Some(document),
        Some(Content::Other(mut document)) => {
            let may_come = |node: &crate::source::Node<'_>| {
                let known = |key: &str| fields_at(Form::Resource, &Path::root()).iter().any(|(_, field)| field.name == key);
                let says = |key: &str, word: &str| node.get(key).and_then(crate::source::Node::as_str).is_none_or(|said| said == word);
                node.entries().iter().all(|entry| known(&entry.key))
                    && says("kind", crate::model::KIND)
                    && says("apiVersion", crate::model::API_VERSION)
            };
            if !may_come(&document.root) {
                return None;
            }
            document.form =
                if document.format == Format::Json && document.root.entries().is_empty() { Form::Request } else { Form::Resource };
            Some(document)
        }
        None => Some(Document::read_as(text, Format::of(file_name, text), Form::Resource, limits)),
    }
}

fn candidates(around: &Around<'_>, cursor: &Cursor) -> Vec<Candidate> {
    let form = around.document.form;
    let around = Around { path: form.canonical(&cursor.path), ..*around };
    match cursor.part {
        // A map's keys and a list's items are no value of its own.
        Part::Value if matches!(shape_at(&around.path), Some((Shape::Object(_) | Shape::Map(_) | Shape::List(_), _))) => Vec::new(),
        Part::Value => values(&around).into_iter().map(|suggestion| value(&suggestion, cursor)).collect(),
        Part::Key => {
            let fields = fields_at(form, &cursor.path);
            if !fields.is_empty() {
                return keys(&around, &fields, cursor);
            }
            match shape_at(&around.path).map(|(shape, _)| shape) {
                Some(Shape::Map(inner)) => values(&around)
                    .into_iter()
                    .filter(|key| !is_there(&around, cursor, &key.text))
                    .map(|key| map_key(&around, &key, inner, cursor))
                    .collect(),
                Some(Shape::List(inner)) => items(&around, inner, cursor),
                Some(Shape::Text) => values(&around).into_iter().map(|suggestion| value(&suggestion, cursor)).collect(),
                _ => Vec::new(),
            }
        }
    }
}

/// Whether the map at the cursor has a key already, other than the one that is being written.
fn is_there(around: &Around<'_>, cursor: &Cursor, key: &str) -> bool {
    let map = locate(&around.document.root, &cursor.path, None);
    let is_written = |range: TextRange| cursor.range.start < cursor.range.end && range.start == cursor.range.start;
    map.is_some_and(|map| map.node().entries().iter().any(|entry| entry.key == key && !is_written(entry.key_range)))
}

fn keys(around: &Around<'_>, fields: &[(Path, &'static Field)], cursor: &Cursor) -> Vec<Candidate> {
    let catalog = around.rulebook.catalog();
    let language = around.rulebook.settings().language;
    let kind = kind_of(around.document, catalog);
    let mut ranked: Vec<((Use, usize), Candidate)> = Vec::new();
    for (path, field) in fields {
        let form = around.document.form;
        let word = word(form, path, field);
        let use_of = kind.makes_of(path, field);
        if use_of == Use::Refused || is_there(around, cursor, &word) {
            continue;
        }
        let detail = match use_of {
            Use::Required => REQUIRED.in_language(language),
            Use::Filled => FILLED.in_language(language),
            Use::Optional | Use::Refused => "",
        };
        let rank = FIRST.iter().position(|first| *first == field.name).unwrap_or(FIRST.len());
        let below = Around { path: path.clone(), ..*around };
        let candidate = key(&word, &field.shape, only_value(&below, use_of), detail, field.about, cursor);
        ranked.push(((use_of, rank), candidate));
    }
    sort_by(&mut ranked, |(a, _), (b, _)| a.cmp(b));
    ranked.into_iter().map(|(_, candidate)| candidate).collect()
}

/// The value of a field that can hold but one, or that would be filled in.
fn only_value(around: &Around<'_>, use_of: Use) -> Option<Suggestion> {
    let (shape, _) = shape_at(&around.path)?;
    if !matches!(shape, Shape::Text | Shape::Choice(_)) {
        return None;
    }
    let mut values = values(around).into_iter();
    let first = values.next()?;
    (use_of == Use::Filled || values.next().is_none()).then_some(first)
}

/// A key with what follows it.
fn key(word: &str, shape: &Shape, with: Option<Suggestion>, detail: &str, about: &str, cursor: &Cursor) -> Candidate {
    let mut candidate = Candidate {
        label: word.to_owned(),
        kind: CandidateKind::Field,
        text: String::new(),
        placeholder: None,
        detail: detail.to_owned(),
        about: about.to_owned(),
    };
    let json = matches!(cursor.style, Style::Flow { json: true, .. });
    candidate.text = if json { quoted(word) } else { plain_or_quoted(word) };
    if cursor.colon {
        return candidate;
    }
    candidate.text.push(':');
    match (cursor.style, shape) {
        (Style::Block(column), Shape::Object(_) | Shape::Map(_)) => {
            candidate.text.push('\n');
            candidate.text.extend(core::iter::repeat_n(' ', column.saturating_add(2)));
        }
        (Style::Block(column), Shape::List(_)) => {
            candidate.text.push('\n');
            candidate.text.extend(core::iter::repeat_n(' ', column.saturating_add(2)));
            candidate.text.push_str("- ");
        }
        _ => {
            candidate.text.push(' ');
            match (shape, with) {
                (_, Some(suggestion)) => write_value(&mut candidate, &suggestion, json),
                (Shape::Object(_) | Shape::Map(_), None) => hole(&mut candidate, "{", "}"),
                (Shape::List(_), None) if json => hole(&mut candidate, "[", "]"),
                (Shape::Text | Shape::Choice(_), None) if json => hole(&mut candidate, "\"", "\""),
                _ => {}
            }
        }
    }
    if matches!(cursor.style, Style::Flow { comma: true, .. }) {
        candidate.text.push(',');
    }
    candidate
}

/// Brackets or quotes with a place for a person between them.
fn hole(candidate: &mut Candidate, open: &str, close: &str) {
    candidate.text.push_str(open);
    candidate.placeholder = Some(TextRange::new(candidate.text.len(), candidate.text.len()));
    candidate.text.push_str(close);
}

fn write_value(candidate: &mut Candidate, suggestion: &Suggestion, json: bool) {
    let written = if json { quoted(&suggestion.text) } else { plain_or_quoted(&suggestion.text) };
    let start = candidate.text.len();
    candidate.text.push_str(&written);
    if suggestion.placeholder {
        candidate.placeholder = Some(TextRange::new(start, candidate.text.len()));
    }
}

fn value(suggestion: &Suggestion, cursor: &Cursor) -> Candidate {
    let json = matches!(cursor.style, Style::Flow { json: true, .. });
    let mut candidate = Candidate {
        label: suggestion.text.clone(),
        kind: suggestion.kind,
        text: if cursor.colon { " ".to_owned() } else { String::new() },
        placeholder: None,
        detail: suggestion.detail.clone(),
        about: String::new(),
    };
    write_value(&mut candidate, suggestion, json);
    candidate
}

/// A key of a map that may have any; what is known of it comes from the catalogue.
fn map_key(around: &Around<'_>, suggestion: &Suggestion, inner: &Shape, cursor: &Cursor) -> Candidate {
    let below = Around { path: around.path.clone().key(suggestion.text.clone()), ..*around };
    let with = matches!(inner, Shape::Text).then(|| values(&below).into_iter().next()).flatten();
    let about = if suggestion.text == suppression::ANNOTATION { "RULE: why" } else { "" };
    Candidate { kind: suggestion.kind, ..key(&suggestion.text, inner, with, &suggestion.detail, about, cursor) }
}

/// The first item of a list, below its key.
fn items(around: &Around<'_>, inner: &'static Shape, cursor: &Cursor) -> Vec<Candidate> {
    if !matches!(cursor.style, Style::Block(_)) {
        return Vec::new();
    }
    let below = Around { path: around.path.clone().index(0), ..*around };
    let mut found: Vec<Candidate> = match inner {
        Shape::Object(fields) => {
            let fields: Vec<(Path, &'static Field)> = fields.iter().map(|field| (below.path.clone().key(field.name), field)).collect();
            keys(&below, &fields, cursor)
        }
        _ => values(&below).into_iter().map(|suggestion| value(&suggestion, cursor)).collect(),
    };
    for candidate in &mut found {
        candidate.text.insert_str(0, "- ");
        candidate.placeholder =
            candidate.placeholder.map(|range| TextRange { start: range.start.saturating_add(2), end: range.end.saturating_add(2) });
    }
    found
}

impl Around<'_> {
    /// What is filled in at the path, if it is a text.
    pub fn filled(&self) -> Option<String> {
        let examined = self.rulebook.examine(self.document, 0);
        examined.fill.into_iter().find_map(|change| match change {
            crate::finding::Change::Insert { path, value: Value::String(text) } if path == self.path => Some(text.into_owned()),
            _ => None,
        })
    }

    /// The kind of cluster.
    pub fn kind(&self) -> Kind<'_> {
        kind_of(self.document, self.rulebook.catalog())
    }

    /// The cluster's name, from wherever it is known.
    pub fn name(&self) -> Option<Cow<'_, str>> {
        let written = self.document.find(&Path::of("metadata.name"), None).and_then(|at| at.node().as_str());
        self.document.name.clone().or(written.map(Cow::Borrowed)).or(self.document.filed.clone())
    }
}
