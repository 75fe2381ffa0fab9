//! One document: its text, its tree, its form, and the ways between them.

use alloc::borrow::Cow;

use crate::finding::{Change, Finding, Findings, Part, Path, Place, Segment};
use crate::form::{Form, to_resource};
use crate::prelude::*;
use crate::repository::cluster_name;
use crate::sort::sort_by;
use crate::source::{self, Fault, FaultKind, Format, Limits, Located, Node, Parsed, SyntaxFault, TextEdit, TextRange, Value};
use crate::text::has;

/// One document of a text.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// The whole text that it stands in.
    pub text: &'a str,
    /// How the text is written.
    pub format: Format,
    /// The form that it is written in.
    pub form: Form,
    /// The tree, as written.
    pub root: Node<'a>,
    /// The part of the text that it takes.
    pub range: TextRange,
    /// The name from outside: a request's, from its URL.
    pub name: Option<Cow<'a, str>>,
    /// The name that its file gives it, in a [tenant repository](crate::repository).
    pub filed: Option<Cow<'a, str>>,
    pub(crate) faults: Vec<Fault>,
    /// Whether it is an item of a `List`.
    is_item: bool,
    /// Whether it describes a cluster, or is only said not to.
    pub(crate) describes: bool,
}

/// What a text holds.
#[derive(Debug, Clone)]
pub enum Content<'a> {
    /// The description of a cluster.
    Cluster(Document<'a>),
    /// Something else: another kind of object, or nothing that could be read.
    Other(Document<'a>),
}

impl<'a> Document<'a> {
    /// Reads a text and tells its clusters from what else it holds. `file_name` helps to tell JSON from YAML;
    /// as a path in a [tenant repository](crate::repository) it says which cluster the file should hold.
    #[must_use]
    pub fn read_all(text: &'a str, file_name: Option<&str>, limits: &Limits) -> Vec<Content<'a>> {
        let format = Format::of(file_name, text);
        let mut contents = Vec::new();
        let filed = file_name.and_then(cluster_name);
        let mut found = |parsed, is_item| {
            let filed = filed.map(|name| Cow::Owned(name.to_owned()));
            contents.push(Self::recognised(Self { filed, is_item, ..Self::plain(text, format, parsed) }));
        };
        for parsed in source::read(text, format, limits) {
            let items = crate::fleet::items(&parsed.root);
            // The common case, one object a document, moves the tree instead of copying it.
            if let [only] = items.as_slice()
                && core::ptr::eq(*only, &raw const parsed.root)
            {
                found(parsed, false);
                continue;
            }
            let items: Vec<Node<'a>> = items.into_iter().cloned().collect();
            let mut faults = parsed.faults;
            for root in items {
                let range = root.range;
                // Faults of the text are told once, with the first item.
                let faults = core::mem::take(&mut faults);
                found(Parsed { root, faults, range }, true);
            }
        }
        contents
    }

    /// The same for bytes. What is no UTF-8 is one document that cannot be read, up to the first bad byte.
    #[must_use]
    pub fn read_bytes(bytes: &'a [u8], file_name: Option<&str>, limits: &Limits) -> Vec<Content<'a>> {
        let good = match core::str::from_utf8(bytes) {
            Ok(text) => return Self::read_all(text, file_name, limits),
            Err(error) => bytes.get(..error.valid_up_to()).and_then(|good| core::str::from_utf8(good).ok()).unwrap_or_default(),
        };
        let range = TextRange::new(good.len(), good.len());
        let fault = Fault { kind: FaultKind::Syntax(SyntaxFault::NotUtf8), range, edits: Vec::new() };
        let parsed = Parsed { root: Node::new(Value::Null, range), faults: vec![fault], range };
        vec![Self::recognised(Self::plain(good, Format::of(file_name, good), parsed))]
    }

    fn recognised(mut document: Self) -> Content<'a> {
        match Form::recognise(&document.root) {
            Some(form) => {
                document.form = form;
                Content::Cluster(document)
            }
            None => {
                document.describes = false;
                Content::Other(document)
            }
        }
    }

    /// A document that is taken as a resource whatever it holds.
    #[must_use]
    pub fn plain(text: &'a str, format: Format, parsed: Parsed<'a>) -> Self {
        let Parsed { root, faults, range } = parsed;
        Self { text, format, form: Form::Resource, root, range, name: None, filed: None, faults, is_item: false, describes: true }
    }

    /// Reads a text as one document of a given form.
    #[must_use]
    pub fn read_as(text: &'a str, format: Format, form: Form, limits: &Limits) -> Self {
        let empty = || Parsed { root: Node::new(Value::Null, TextRange::default()), faults: Vec::new(), range: TextRange::default() };
        let parsed = source::read(text, format, limits).into_iter().next().unwrap_or_else(empty);
        Self { form, ..Self::plain(text, format, parsed) }
    }

    /// Gives the name from outside.
    #[must_use]
    pub fn named(mut self, name: impl Into<Cow<'a, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Whether it describes a cluster.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.describes && self.is_readable()
    }

    /// The faults of its text, whatever it describes.
    #[must_use]
    pub fn faults_of_text(&self) -> Vec<Finding> {
        let mut findings = Findings::new();
        self.faults(self.root.repeats_keys(), &mut findings);
        findings
    }

    /// The faults of its text, as findings.
    pub(crate) fn faults(&self, repeats_keys: bool, findings: &mut Findings) {
        crate::rules::syntax::raise(self, repeats_keys, findings);
    }

    /// Whether its text could be read at all.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        matches!(self.root.value, Value::Map(_))
    }

    /// The entry or item at a path in the resource.
    #[must_use]
    pub fn find(&self, path: &Path, occurrence: Option<usize>) -> Option<Located<'_, 'a>> {
        let written = self.form.written(path)?;
        source::locate(&self.root, &written, occurrence).or_else(|| {
            // A field under the other form's name stands where it was written.
            source::locate(&self.root, &self.unwritten(path)?, occurrence)
        })
    }

    /// The path of a field under the name that it has in the other form.
    fn unwritten(&self, path: &Path) -> Option<Path> {
        let first = match path.segments().first() {
            Some(Segment::Key(key)) => key.as_ref(),
            _ => return None,
        };
        let below_spec = |path: &Path| [Segment::Key(Cow::Borrowed("spec"))].into_iter().chain(path.segments().iter().cloned()).collect();
        match (self.form, first) {
            (Form::Request, "spec" | "metadata") => Some(path.segments().get(1..)?.iter().cloned().collect()),
            (Form::Resource | Form::Property, "spec") => Some(below_spec(&Form::Request.written(path)?)),
            (Form::Property, "vcluster") => Some(below_spec(path)),
            _ => None,
        }
    }

    /// The text under a place. For what is not there it is the key of the nearest thing above it.
    #[must_use]
    pub fn range_of(&self, place: &Place) -> TextRange {
        let (path, part, occurrence) = match place {
            Place::Text(range) => return *range,
            Place::Path { path, part, occurrence } => (path, *part, *occurrence),
        };
        if let Some(located) = self.find(path, occurrence) {
            return match (located, part) {
                (Located::Entry(entry), Part::Key) => entry.key_range,
                // An empty value has no text of its own.
                (Located::Entry(entry), Part::Value) if entry.value.range.start == entry.value.range.end => entry.key_range,
                (located, _) => self.value_range(located.node()),
            };
        }
        let mut above = path.clone();
        while above.pop().is_some() {
            match self.find(&above, None) {
                Some(Located::Entry(entry)) => return entry.key_range,
                Some(Located::Item(node)) => return self.value_range(node),
                Some(Located::Root(node)) => return self.opening(node),
                None => {}
            }
        }
        self.opening(&self.root)
    }

    /// A whole block of lines is too much to underline: its first key stands for it.
    fn value_range(&self, node: &Node<'_>) -> TextRange {
        match &node.value {
            Value::Map(_) | Value::List(_) if has(node.range.of(self.text), b'\n') => self.opening(node),
            _ => node.range,
        }
    }

    /// The opening bracket of a map or list, or its first key.
    fn opening(&self, node: &Node<'_>) -> TextRange {
        if node.range.of(self.text).starts_with(['{', '[']) {
            return TextRange { start: node.range.start, end: node.range.start.saturating_add(1) };
        }
        match (node.entries().first(), node.items().first()) {
            (Some(entry), _) => entry.key_range,
            (_, Some(item)) => self.value_range(item),
            _ => node.range,
        }
    }

    /// Whether all that stands in its text was read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.faults.iter().any(|fault| fault.kind.hides_something())
    }

    /// Whether something can be put at a path: nothing stands there, or an empty text, which Kubernetes takes for nothing;
    /// and all that stands above it are maps.
    #[must_use]
    pub(crate) fn has_room_for(&self, path: &Path) -> bool {
        let mut at = path.clone();
        loop {
            let is_room = |node: &Node<'_>| node.is_null() || at == *path && node.as_str() == Some("");
            if let Some(found) = self.find(&at, None).map(Located::node).filter(|node| !is_room(node)) {
                // Beside a field under the other form's name, the right one would be a second copy.
                let is_right = self.form.written(&at).is_some_and(|written| source::locate(&self.root, &written, None).is_some());
                return is_right && at != *path && matches!(found.value, Value::Map(_));
            }
            if at.pop().is_none() {
                return true;
            }
        }
    }

    /// The edits of its text that make some changes, sorted; nothing where they cannot be made in
    /// this text: through an alias, or where the form has no place for them.
    #[must_use]
    pub fn edits(&self, changes: &[Change]) -> Option<Vec<TextEdit>> {
        let mut written = Vec::new();
        for change in changes {
            match change {
                // What is written is set, what is only filled in is inserted: a rule sees no difference.
                Change::Insert { path, value } | Change::Set { path, value } => {
                    let there = self.find(path, None).is_some_and(|at| !at.node().is_null());
                    if there {
                        written.push(Change::Set { path: self.there(path)?, value: value.clone() });
                    } else if matches!(change, Change::Insert { .. }) {
                        written.push(Change::Insert { path: self.form.written(path)?, value: value.clone() });
                    }
                }
                Change::Remove { path, occurrence } => written.push(Change::Remove { path: self.there(path)?, occurrence: *occurrence }),
                Change::Rename { path, to } => written.push(Change::Rename { path: self.there(path)?, to: to.clone() }),
                Change::Edit(edits) => written.push(Change::Edit(edits.clone())),
            }
        }
        if written.is_empty() {
            return changes.is_empty().then(Vec::new);
        }
        // Bare edits are of the whole text already.
        if self.is_item && !written.iter().any(|change| matches!(change, Change::Edit(_))) {
            return self.edits_of_item(&written);
        }
        source::edits(self.text, self.format, &self.root, &written)
    }

    /// An item of a list is edited as a text of its own.
    fn edits_of_item(&self, changes: &[Change]) -> Option<Vec<TextEdit>> {
        let (text, start) = self.own_text();
        let own = source::read(&text, self.format, &Limits::default()).into_iter().next()?;
        // An alias in another item may stand for what stands here.
        let is_shared = has(self.text.get(start..self.range.as_range().end)?, b'&') && has(self.text, b'*');
        if is_shared || !own.root.value.same(&self.root.value) {
            return None;
        }
        let mut edits = source::edits(&text, self.format, &own.root, changes)?;
        for edit in &mut edits {
            let range = edit.range.as_range();
            edit.range = TextRange::new(range.start.saturating_add(start), range.end.saturating_add(start));
        }
        // What stands before it in its line is the list's.
        edits.iter().all(|edit| edit.range.start >= self.range.start).then_some(edits)
    }

    /// Its own part of the text, and where that begins in the whole. Of an item of a list the whole lines are taken, with
    /// blanks for what stands before it: so it is as deep as it was.
    pub(crate) fn own_text(&self) -> (Cow<'a, str>, usize) {
        let range = self.range.as_range();
        if !self.is_item {
            return (Cow::Borrowed(self.range.of(self.text)), range.start);
        }
        let before = self.text.get(..range.start).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let is_block = !self.range.of(self.text).starts_with(['{', '[']);
        let after = self.text.get(range.end..).unwrap_or_default();
        // A block ends with its last line, a comment included.
        let length = if is_block && !self.range.of(self.text).ends_with('\n') {
            after.find('\n').map_or(after.len(), |at| at.saturating_add(1))
        } else {
            0
        };
        let mut text = " ".repeat(range.start.saturating_sub(start));
        text.push_str(self.text.get(range.start..range.end.saturating_add(length)).unwrap_or_default());
        (Cow::Owned(text), start)
    }

    /// The path under which something stands in the text.
    fn there(&self, path: &Path) -> Option<Path> {
        let written = self.form.written(path)?;
        if source::locate(&self.root, &written, None).is_some() {
            return Some(written);
        }
        self.unwritten(path).filter(|other| source::locate(&self.root, other, None).is_some()).or(Some(written))
    }

    /// The resource that it describes.
    #[must_use]
    pub fn to_resource(&self) -> Node<'static> {
        to_resource(self.form, &self.root, self.name.as_deref())
    }

    /// Where its credentials stand, which are never shown: kubeconfigs, wherever they are, and `user:word` in URLs.
    /// In order, and none within another.
    #[must_use]
    pub fn secrets(&self) -> Vec<TextRange> {
        let mut secrets = Vec::new();
        crate::text::credentials(&self.root, self.text, &mut secrets);
        // What stands at an anchor is met again at its aliases.
        sort_by(&mut secrets, |a, b| (a.start, b.end).cmp(&(b.start, a.end)));
        let mut end = 0;
        secrets.retain(|range: &TextRange| {
            let is_new = range.end > end;
            end = end.max(range.end);
            is_new
        });
        secrets
    }

    /// Its text without its credentials: with `whole`, in quotes, where one is a value, and `part` where it is a part of
    /// an address.
    #[must_use]
    pub fn masked(&self, whole: &str, part: &str) -> String {
        let all = self.range.as_range();
        let (mut masked, mut at) = (String::with_capacity(all.len()), all.start);
        for secret in self.secrets() {
            let before = TextRange::new(at, secret.as_range().start).of(self.text);
            masked.push_str(before);
            if before.ends_with("//") {
                masked.push_str(part);
            } else {
                masked.extend(["\"", whole, "\""]);
            }
            at = secret.as_range().end;
        }
        masked + TextRange::new(at, all.end).of(self.text)
    }
}
