//! The files of other parties: where exactly in them the other party stands.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clearance_core::finding::{Place, Related};
use clearance_core::source::{Format, LineIndex, Node, Parsed, TextRange};
use clearance_core::{Content, Document, Form, Limits};
use clearance_render::{Shelf, Spot};

use crate::input::{Input, Source};
use crate::read;

/// How many files are held open: neighbours speak of the same ones.
const OPEN: usize = 16;

/// Opens a file when a finding speaks of it, and remembers the place.
pub struct Files<'f> {
    limits: Limits,
    held: HashMap<&'f str, &'f [u8]>,
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
    /// What was judged, and can be read only once, is among the inputs.
    pub fn new(inputs: &'f [Input], limits: Limits) -> Self {
        let held = inputs.iter().filter_map(|input| match &input.source {
            Source::Held(bytes) => Some((input.name.as_str(), bytes.as_slice())),
            Source::File(_) => None,
        });
        Self { limits, held: held.collect(), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, file: &str) -> Option<Arc<Opened>> {
        if let Some((_, opened)) = self.state().open.iter().find(|(name, _)| name == file) {
            return Some(Arc::clone(opened));
        }
        let mut buffer = Vec::new();
        let text = match self.held.get(file) {
            Some(bytes) => str::from_utf8(bytes).ok()?,
            None => read::file(Path::new(file), self.limits.bytes, &mut buffer).ok()?,
        };
        let opened = Arc::new(Opened::new(text, file, &self.limits));
        let mut state = self.state();
        state.open.push_back((file.to_owned(), Arc::clone(&opened)));
        if state.open.len() > OPEN {
            state.open.pop_front();
        }
        Some(opened)
    }
}

impl Opened {
    fn new(text: &str, file: &str, limits: &Limits) -> Self {
        let mut documents = Vec::new();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for content in Document::read_all(text, Some(file), limits) {
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

    /// The place in the document of an object.
    fn spot(&self, namespace: &str, name: &str, place: &Place) -> Option<Spot> {
        self.by_name.get(name)?.iter().filter_map(|index| self.documents.get(*index)).find_map(|kept| {
            if kept.namespace.as_ref().is_some_and(|own| own != namespace) {
                return None;
            }
            let parsed = Parsed { root: kept.root.clone(), faults: Vec::new(), range: TextRange::default() };
            let mut document = Document::plain(&self.text, kept.format, parsed);
            document.form = kept.form;
            // An object of another kind may have the same name.
            let is_there = place.path().is_none_or(|path| document.find(path, None).is_some());
            is_there.then(|| Spot::of(&document, &self.lines, place))
        })
    }
}

impl Shelf for Files<'_> {
    fn spot(&self, related: &Related) -> Option<Arc<Spot>> {
        let file = related.file.as_deref()?;
        let (namespace, name) = related.identity.as_ref()?;
        let path = related.place.path().map(ToString::to_string).unwrap_or_default();
        let key = format!("{file}\0{namespace}\0{name}\0{path}");
        if let Some(spot) = self.state().spots.get(&key) {
            return spot.clone();
        }
        let spot = self.open(file).and_then(|opened| opened.spot(namespace, name, &related.place)).map(Arc::new);
        self.state().spots.insert(key, spot.clone());
        spot
    }
}
