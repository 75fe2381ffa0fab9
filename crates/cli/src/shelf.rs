//! The files of other parties: where exactly in them the other party stands.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clearance_core::finding::{Place, Related};
use clearance_core::source::{Format, LineIndex, Node, Parsed, TextRange};
use clearance_core::{Content, Document, Form};
use clearance_render::{Shelf, Spot};

use crate::input::{Input, Source};
use crate::scan::Reader;

/// How many files are held open: neighbours speak of the same ones.
const OPEN: usize = 16;

/// Opens a file when a finding speaks of it, and remembers the place.
pub struct Files<'f> {
    reader: &'f Reader<'f>,
    stdin: Option<&'f str>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    spots: HashMap<String, Option<Arc<Spot>>>,
    open: VecDeque<(String, Arc<Opened>)>,
}

/// A file with its documents.
struct Opened {
    text: String,
    lines: LineIndex,
    documents: Vec<Kept>,
    by_name: HashMap<String, Vec<usize>>,
}

/// A document that borrows from nothing.
struct Kept {
    format: Format,
    form: Form,
    root: Node<'static>,
    namespace: Option<String>,
}

impl<'f> Files<'f> {
    /// `stdin` is the name that standard input goes by.
    pub fn new(reader: &'f Reader<'f>, stdin: Option<&'f str>) -> Self {
        Self { reader, stdin, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, file: &str) -> Option<Arc<Opened>> {
        if let Some((_, opened)) = self.state().open.iter().find(|(name, _)| name == file) {
            return Some(Arc::clone(opened));
        }
        let source = if self.stdin == Some(file) { Source::Stdin } else { Source::File(PathBuf::from(file)) };
        let mut buffer = Vec::new();
        let text = self.reader.open(&Input { name: file.to_owned(), source, named: false }, &mut buffer).ok()?;
        let opened = Arc::new(Opened::new(text, file, self.reader));
        let mut state = self.state();
        state.open.push_back((file.to_owned(), Arc::clone(&opened)));
        if state.open.len() > OPEN {
            state.open.pop_front();
        }
        Some(opened)
    }
}

impl Opened {
    fn new(text: &str, file: &str, reader: &Reader<'_>) -> Self {
        let mut documents = Vec::new();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for content in Document::read_all(text, Some(file), &reader.limits) {
            let (Content::Cluster(document) | Content::Other(document)) = content;
            let get = |key| {
                let resource = (document.form != Form::Resource).then(|| document.to_resource());
                let metadata = resource.as_ref().unwrap_or(&document.root).get("metadata")?;
                metadata.get(key)?.as_str().map(str::to_owned)
            };
            let (name, namespace) = (get("name"), get("namespace"));
            by_name.entry(name.unwrap_or_default()).or_default().push(documents.len());
            documents.push(Kept { format: document.format, form: document.form, root: document.root.into_owned(), namespace });
        }
        Self { text: text.to_owned(), lines: LineIndex::new(text), documents, by_name }
    }

    /// The place in the document that a sentence names: "`name`", "`namespace/name`", with or
    /// without a kind before it.
    fn spot(&self, named: &str, place: &Place) -> Option<Spot> {
        let quoted = named.split('`').nth(1)?;
        let (namespace, name) = quoted.split_once('/').map_or((None, quoted), |(namespace, name)| (Some(namespace), name));
        self.by_name.get(name)?.iter().filter_map(|index| self.documents.get(*index)).find_map(|kept| {
            if namespace.is_some() && kept.namespace.is_some() && kept.namespace.as_deref() != namespace {
                return None;
            }
            let parsed = Parsed { root: kept.root.clone(), faults: Vec::new(), range: TextRange::default() };
            let mut document = Document::plain(&self.text, kept.format, parsed);
            document.form = kept.form;
            let is_there = place.path().is_none_or(|path| document.find(path, None).is_some());
            is_there.then(|| Spot::of(&document, &self.lines, place))
        })
    }
}

impl Shelf for Files<'_> {
    fn spot(&self, related: &Related) -> Option<Arc<Spot>> {
        let file = related.file.as_deref()?;
        let named = related.args.iter().find(|arg| arg.name == "name").map(|arg| arg.value.as_str()).unwrap_or_default();
        let path = related.place.path().map(ToString::to_string).unwrap_or_default();
        let key = format!("{file}\0{named}\0{path}");
        if let Some(spot) = self.state().spots.get(&key) {
            return spot.clone();
        }
        let spot = self.open(file).and_then(|opened| opened.spot(named, &related.place)).map(Arc::new);
        self.state().spots.insert(key, spot.clone());
        spot
    }
}
