//! The walk over a kubeconfig's tree: its lists of named entries, and the context that it chooses.

use alloc::borrow::Cow;

use super::facts::{At, Context, Kubeconfig};
use super::fault::{Fault, FaultKind, Invalid, Owner, Section, WrongContext};
use super::shape::{CONTEXT, Fields, ROOT, Shape, text};
use super::{cluster, user};
use crate::encoding;
use crate::finding::{Path, Segment};
use crate::prelude::*;
use crate::sort::sort_by;
use crate::source::{Node, TextRange, Value};
use crate::text::find;

/// So many faults are enough to say that a kubeconfig is invalid. Programs and files are told beyond
/// it: they must not hide behind others.
const MOST: usize = 1000;

impl Kubeconfig {
    /// Reads the tree of a kubeconfig: what the chosen context leads to, and all that is wrong.
    ///
    /// The faults are in the order of this walk: root, contexts, clusters, users. Where nothing
    /// chooses a context and there is only one, that one is read as if it were chosen.
    #[must_use]
    pub fn read(root: &Node<'_>) -> (Self, Vec<Fault>) {
        let mut faults = Faults(Vec::new());
        let mut kubeconfig = Self::default();
        if matches!(root.value, Value::Map(_)) {
            read_root(root, &mut faults);
            read_sections(root, &mut kubeconfig, &mut faults);
        } else {
            faults.at_root(Invalid::NotAMap, Path::root(), root.range);
        }
        (kubeconfig, faults.0)
    }
}

fn read_root(root: &Node<'_>, faults: &mut Faults) {
    for (field, node, shape) in wrong_types(root, ROOT) {
        faults.at_root(Invalid::WrongType(shape), Path::root().key(field), node.range);
    }
    for (field, word, fault) in [("apiVersion", "v1", Invalid::WrongVersion), ("kind", "Config", Invalid::WrongKind)] {
        if text(root, field).is_some_and(|found| found != word) {
            let range = root.get(field).map_or(root.range, |node| node.range);
            faults.at_root(fault, Path::root().key(field), range);
        }
    }
}

fn read_sections(root: &Node<'_>, kubeconfig: &mut Kubeconfig, faults: &mut Faults) {
    let contexts = named(root, Section::Contexts, faults);
    let clusters = named(root, Section::Clusters, faults);
    let users = named(root, Section::Users, faults);
    kubeconfig.contexts = contexts.iter().map(|entry| entry.name.to_owned()).collect();

    let context = choose(root, &contexts, faults);
    for (index, entry) in contexts.iter().enumerate() {
        entry.check(CONTEXT, context == Some(index), faults);
    }
    let context = context.and_then(|index| contexts.get(index));
    if let Some(context) = context {
        let at = At { path: context.item_path(), range: context.range };
        kubeconfig.context = Some(Context { name: context.name.to_owned(), at });
    }

    let chosen = context.and_then(|context| context.refers_to(Section::Clusters, &clusters, faults));
    for (index, entry) in clusters.iter().enumerate() {
        cluster::read(entry, chosen == Some(index), kubeconfig, faults);
    }
    let chosen = context.and_then(|context| context.refers_to(Section::Users, &users, faults));
    for (index, entry) in users.iter().enumerate() {
        user::read(entry, chosen == Some(index), kubeconfig, faults);
    }
}

/// The entries of one list.
fn named<'n, 'a>(root: &'n Node<'a>, section: Section, faults: &mut Faults) -> Vec<Entry<'n, 'a>> {
    let list = root.get(section.list());
    let range = list.map_or(root.range, |list| list.range);
    let path = Path::root().key(section.list());
    if list.is_some_and(|list| !Shape::List.fits(list)) {
        faults.at_root(Invalid::WrongType(Shape::List), path, range);
        return Vec::new();
    }
    let items = list.map(Node::items).unwrap_or_default();
    if items.is_empty() {
        faults.at_root(Invalid::NoEntries(section), path, range);
    }
    let entries: Vec<Entry<'_, '_>> = items.iter().enumerate().map(|(index, item)| Entry::read(item, section, index, faults)).collect();
    let mut order: Vec<usize> = (0..entries.len()).collect();
    let name = |at: usize| entries.get(at).map(|entry| entry.name);
    sort_by(&mut order, |a, b| name(*a).cmp(&name(*b)));
    for pair in order.windows(2) {
        if let [first, again] = pair
            && name(*first) == name(*again)
            && let (Some(entry), Some(item)) = (entries.get(*again), items.get(*again))
        {
            faults.in_item(entry, Invalid::SameName, Some(("name", item.get("name"))));
        }
    }
    entries
}

/// The context that `current-context` names, or the only one there is.
fn choose(root: &Node<'_>, contexts: &[Entry<'_, '_>], faults: &mut Faults) -> Option<usize> {
    let current = text(root, "current-context");
    let position = contexts.iter().position(|context| context.name == current.unwrap_or_default());
    if position.is_some() || contexts.is_empty() {
        return position;
    }
    let candidates = contexts.iter().map(|context| context.name.to_owned()).collect();
    let fault = match current {
        Some(name) => WrongContext::Unknown { name: name.to_owned(), candidates },
        None => WrongContext::Missing { candidates },
    };
    let range = root.get("current-context").map_or(root.range, |node| node.range);
    faults.at_root(FaultKind::WrongContext(fault), Path::root().key("current-context"), range);
    (contexts.len() == 1).then_some(0)
}

/// The fields of a map that are of another type than they must be.
fn wrong_types<'n, 'a>(map: &'n Node<'a>, fields: Fields) -> impl Iterator<Item = (&'static str, &'n Node<'a>, Shape)> {
    fields.iter().filter_map(|&(field, shape)| {
        let node = map.get(field)?;
        (!shape.fits(node)).then_some((field, node, shape))
    })
}

/// A named entry.
pub(super) struct Entry<'n, 'a> {
    pub name: &'n str,
    /// What it names.
    pub body: Option<&'n Node<'a>>,
    section: Section,
    index: usize,
    range: TextRange,
}

impl<'n, 'a> Entry<'n, 'a> {
    /// Reads an item of a list. `null` is an entry without a name, as in Go.
    fn read(item: &'n Node<'a>, section: Section, index: usize, faults: &mut Faults) -> Self {
        let name = text(item, "name").unwrap_or_default();
        let entry = Self { name, body: item.get(section.item()), section, index, range: item.range };
        if !Shape::Map.fits(item) {
            faults.in_item(&entry, Invalid::WrongType(Shape::Map), None);
        }
        for (field, shape) in [("name", Shape::Text), (section.item(), Shape::Map)] {
            if let Some(node) = item.get(field).filter(|node| !shape.fits(node)) {
                faults.in_item(&entry, Invalid::WrongType(shape), Some((field, Some(node))));
            }
        }
        entry
    }

    /// Checks the types of its fields, and that data is Base64.
    pub fn check(&self, fields: Fields, selected: bool, faults: &mut Faults) {
        let Some(body) = self.body else { return };
        for (field, _, shape) in wrong_types(body, fields) {
            faults.in_entry(self, Invalid::WrongType(shape), field, selected);
        }
        if selected {
            // Whoever reads the data says what is wrong with it.
            return;
        }
        for &(field, _) in fields.iter().filter(|(_, shape)| *shape == Shape::Data) {
            self.data(field, selected, faults);
        }
    }

    /// The text of a field of what it names; what is empty counts as absent.
    pub fn text(&self, field: &str) -> Option<&'n str> {
        text(self.body?, field)
    }

    /// Whether a text is absent or empty. One of a wrong type is not: that has its own fault.
    pub fn lacks_text(&self, field: &str) -> bool {
        self.text(field).is_none() && self.body.and_then(|body| body.get(field)).is_none_or(|node| Shape::Text.fits(node))
    }

    /// The bytes of a field of what it names; what is empty counts as absent.
    pub fn data(&self, field: &'static str, selected: bool, faults: &mut Faults) -> Option<Vec<u8>> {
        let text = self.text(field)?;
        let data = encoding::strict(text);
        if data.is_none() {
            faults.in_entry(self, Invalid::Base64 { pem: find(text, "-----BEGIN ").is_some() }, field, selected);
        }
        data.filter(|data| !data.is_empty())
    }

    /// Whether a field of what it names is there and says something, in any copy of a key that is
    /// given several times: a file or program must not hide behind another copy.
    pub fn has(&self, field: &str) -> bool {
        self.any(field, |value| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Map(entries) => !entries.is_empty(),
            Value::Bool(_) | Value::Number(_) => true,
        })
    }

    /// Whether a field of what it names is there, be it as an empty map.
    pub fn mentions(&self, field: &str) -> bool {
        self.any(field, |value| *value != Value::Null)
    }

    fn any(&self, field: &str, says: impl Fn(&Value<'a>) -> bool) -> bool {
        self.body.is_some_and(|body| body.entries().iter().any(|entry| entry.key == field && says(&entry.value.value)))
    }

    /// The place of a field of what it names.
    pub fn at(&self, field: &'static str) -> At {
        let At { mut path, range } = self.at_body();
        path.push(Segment::Key(Cow::Borrowed(field)));
        At { path, range: self.body.and_then(|body| body.get(field)).map_or(range, |node| node.range) }
    }

    /// The place of what it names.
    fn at_body(&self) -> At {
        let mut path = self.item_path();
        path.push(Segment::Key(Cow::Borrowed(self.section.item())));
        At { path, range: self.body.map_or(self.range, |body| body.range) }
    }

    fn item_path(&self) -> Path {
        [Segment::Key(Cow::Borrowed(self.section.list())), Segment::Index(self.index)].into_iter().collect()
    }

    /// The entry that a context refers to.
    fn refers_to(&self, section: Section, entries: &[Entry<'n, 'a>], faults: &mut Faults) -> Option<usize> {
        let field = section.item();
        let Some(name) = self.text(field) else {
            if self.lacks_text(field) {
                faults.in_entry(self, Invalid::NoReference(section), field, true);
            }
            return None;
        };
        let position = entries.iter().position(|entry| entry.name == name);
        if position.is_none() && !entries.is_empty() {
            faults.in_entry(self, Invalid::UnknownReference { section, name: name.to_owned() }, field, true);
        }
        position
    }
}

/// The faults so far.
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    fn at_root(&mut self, kind: impl Into<FaultKind>, path: Path, range: TextRange) {
        self.0.push(Fault { kind: kind.into(), path, range, owner: None, selected: true });
    }

    fn add(&mut self, entry: &Entry<'_, '_>, kind: impl Into<FaultKind>, path: Path, range: TextRange, selected: bool) {
        let kind = kind.into();
        if self.0.len() >= MOST && matches!(kind, FaultKind::Invalid(_)) {
            return;
        }
        let owner = Owner { section: entry.section, name: entry.name.to_owned() };
        self.0.push(Fault { kind, path, range, owner: Some(owner), selected });
    }

    /// A fault of an item in a list, or of a field beside its name.
    fn in_item(&mut self, entry: &Entry<'_, '_>, kind: impl Into<FaultKind>, field: Option<(&'static str, Option<&Node<'_>>)>) {
        let mut path = entry.item_path();
        let mut range = entry.range;
        if let Some((field, node)) = field {
            path.push(Segment::Key(Cow::Borrowed(field)));
            range = node.map_or(range, |node| node.range);
        }
        self.add(entry, kind, path, range, true);
    }

    /// A fault at a field of what an entry names.
    pub fn in_entry(&mut self, entry: &Entry<'_, '_>, kind: impl Into<FaultKind>, field: &'static str, selected: bool) {
        let At { path, range } = entry.at(field);
        self.add(entry, kind, path, range, selected);
    }

    /// A fault of all that an entry names.
    pub fn of_entry(&mut self, entry: &Entry<'_, '_>, kind: impl Into<FaultKind>) {
        let At { path, range } = entry.at_body();
        self.add(entry, kind, path, range, true);
    }
}
