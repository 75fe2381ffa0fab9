//! YAML text → tree.
//!
//! `granit-parser` turns the text into events with byte ranges. This module makes trees of them:
//! it reads scalars as Kubernetes does ([`scalar`]), resolves aliases and merge keys within a
//! budget, puts the ranges of blocks right, and goes on after an error with the next document.
//! What needs none of that, as most manifests do not, is read [without it](quick).

mod aliases;
mod places;
mod quick;
mod scalars;
#[cfg(test)]
mod tests;

use alloc::borrow::Cow;
use core::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScanError, Span, StructureStyle, YamlVersion};

use super::scalar::{self, Scalar};
use super::{Entry, Fault, FaultKind, Limits, Node, Parsed, SyntaxFault, TextRange, Value};
use crate::finding::visible;
use crate::map::Map;
use crate::prelude::*;
use crate::sort::sort_by;
use aliases::{Anchor, Budget, Extent};

/// How much deeper than our own limit granit may go, so that one place that is too deep does not
/// cost the rest of the document. Granit keeps some 200 bytes for each level.
const SPARE_DEPTH: usize = 1_000;

/// The prefix of the tags that YAML itself defines; `!!` is short for it.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// Reads all documents of a text; the caller has seen to its size.
///
/// Documents that hold nothing (as behind a trailing `---`) are left out; where nothing is left, the
/// result is one document with the fault [`SyntaxFault::Empty`]. The ranges of the documents do not
/// overlap and are in order; comments between two documents belong to the first.
pub(crate) fn read<'a>(text: &'a str, limits: &Limits) -> Vec<Parsed<'a>> {
    if let Some(nul) = text.find('\0') {
        return vec![nothing(text, SyntaxFault::Binary, TextRange::new(nul, nul.saturating_add(1)))];
    }
    quick::read(text, limits).unwrap_or_else(|| read_all_of_yaml(text, limits))
}

fn read_all_of_yaml<'a>(text: &'a str, limits: &Limits) -> Vec<Parsed<'a>> {
    let nesting = limits.depth.saturating_add(SPARE_DEPTH);
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        flow_nesting_limit: nesting,
        block_nesting_limit: nesting,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    // However many documents there are, aliases must not stand for more than a text of this length could write out.
    let total = Budget { document: 0, text: limits.alias_nodes.max(text.len()) };
    let mut reader = Reader {
        text,
        tabs: text.contains('\t'),
        depth: limits.depth,
        alias_nodes: limits.alias_nodes,
        expanded: total,
        kept: total,
        documents: Vec::new(),
        reading: false,
        document: Document::default(),
        resume: Some(0),
        read_from: 0,
    };
    while let Some(next) = parser.next_event() {
        match next {
            Ok((event, span)) => reader.take(event, &span),
            Err(error) => {
                reader.fail(&error);
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    if reader.documents.is_empty() {
        return vec![nothing(text, SyntaxFault::Empty, TextRange::new(0, text.trim_end().len()))];
    }
    for document in &mut reader.documents {
        sort_by(&mut document.faults, |a, b| a.range.cmp(&b.range));
    }
    reader.documents
}

/// A text without a document.
fn nothing(text: &str, fault: SyntaxFault, place: TextRange) -> Parsed<'_> {
    Parsed {
        root: Node::new(Value::Null, TextRange::default()),
        faults: vec![Fault { kind: FaultKind::Syntax(fault), range: place, edits: Vec::new() }],
        range: TextRange::new(0, text.len()),
    }
}

/// Builds the documents of one text.
struct Reader<'a> {
    text: &'a str,
    /// Whether there is a tab anywhere: then the gaps between tokens are looked at.
    tabs: bool,
    /// How deep lists and maps may be nested.
    depth: usize,
    /// How many nodes aliases may stand for in one document.
    alias_nodes: usize,
    /// How many more nodes aliases may stand for.
    expanded: Budget,
    /// How many more nodes may be kept for aliases to name.
    kept: Budget,
    documents: Vec<Parsed<'a>>,
    /// Whether a document is being read.
    reading: bool,
    /// The document that is being read.
    document: Document<'a>,
    /// Where the next document starts, if that is not at its `---`.
    resume: Option<usize>,
    /// Where the content of the last document starts.
    read_from: usize,
}

/// A document on its way.
#[derive(Default)]
struct Document<'a> {
    start: usize,
    /// Where its content starts: behind the `---`.
    content: usize,
    /// The root, once it is complete; nothing too where nothing is written.
    root: Option<Node<'a>>,
    faults: Vec<Fault>,
    /// The lists and maps that are open, outermost first: nothing here recurses.
    open: Vec<Open<'a>>,
    /// How many lists and maps are open in what is left out for being too deep.
    skipped: usize,
    /// Whether these two are told already: once a document is enough.
    told_too_deep: bool,
    told_alias_limit: bool,
    /// The end of the last token.
    seen: usize,
    /// Where that is a plain scalar: the column from which a line would go on with it.
    reach: Option<usize>,
    /// What aliases may name, by granit's numbers.
    anchors: Map<usize, Anchor<'a>>,
}

/// A list or a map that is not closed yet.
struct Open<'a> {
    holds: Holds<'a>,
    start: usize,
    /// The end of the last child, key or bracket so far.
    end: usize,
    /// Whether it is within brackets or braces, its own included.
    flow: bool,
    /// Whether a bracket or brace will close it.
    bracketed: bool,
    /// Granit's number of its anchor, or 0.
    anchor: usize,
    extent: Extent,
}

/// What is in it so far.
enum Holds<'a> {
    List(Vec<Node<'a>>),
    Map {
        entries: Vec<Entry<'a>>,
        key: Key<'a>,
        /// The merge keys, each with its value.
        merges: Vec<(TextRange, Node<'a>)>,
    },
}

/// Where a map stands between a key and its value.
enum Key<'a> {
    /// The next node is a key.
    Awaited,
    /// The next node is the value of this key.
    Text(Cow<'a, str>, TextRange),
    /// The next node is the value of `<<`.
    Merge(TextRange),
    /// The next node is left out: its key was none.
    Unusable,
}

impl<'a> Reader<'a> {
    fn take(&mut self, event: Event<'a>, span: &Span) {
        let at = span.byte_range().unwrap_or_default();
        match event {
            Event::DocumentStart(explicit, version) => self.begin(explicit, version, &at),
            Event::DocumentEnd => {
                // Only an explicit end, `...`, has a range.
                let end = (!at.is_empty()).then_some(at.end);
                let rest = self.text.len();
                self.token(&(rest..rest), false);
                self.finish(end);
            }
            // What is too deep is left out.
            Event::SequenceStart(..) | Event::MappingStart(..) if self.document.skipped > 0 => {
                self.document.skipped = self.document.skipped.saturating_add(1);
            }
            Event::SequenceEnd | Event::MappingEnd if self.document.skipped > 0 => {
                self.document.skipped = self.document.skipped.saturating_sub(1);
                self.document.seen = at.end;
            }
            _ if self.document.skipped > 0 => {}
            // Go-yaml takes no other names.
            Event::Anchor(_, name) if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) => {
                self.fault(yaml("did not find expected alphabetic or numeric character"), range(&at));
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), at, span),
            Event::Alias(anchor) => {
                self.token(&at, false);
                self.alias(anchor, &at);
            }
            Event::UnresolvedAlias(_) => {
                self.token(&at, false);
                self.fault(FaultKind::Syntax(SyntaxFault::UnknownAnchor), range(&at));
                self.place(Node { alias: true, ..Node::new(Value::Null, range(&at)) }, Extent::SCALAR);
            }
            Event::SequenceStart(style, anchor, _) => self.open(Holds::List(Vec::new()), style, anchor, &at),
            Event::MappingStart(style, anchor, _) => {
                let holds = Holds::Map { entries: Vec::new(), key: Key::Awaited, merges: Vec::new() };
                self.open(holds, style, anchor, &at);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(at.end),
            _ => {}
        }
    }

    /// A document starts; `at` is its `---`, or else the start of its content.
    fn begin(&mut self, explicit: bool, version: Option<YamlVersion>, at: &Range<usize>) {
        let resume = self.resume.take();
        let dots = if explicit { None } else { self.behind_dots(resume.unwrap_or(self.read_from)..at.start) };
        let start = resume.or(dots).unwrap_or(at.start);
        if let Some(last) = self.documents.last_mut() {
            let Range { start: first, end } = last.range.as_range();
            last.range = TextRange::new(first, end.min(start));
        }
        self.reading = true;
        self.expanded.document = self.alias_nodes;
        self.kept.document = self.alias_nodes;
        self.document.start = start;
        // Of an implicit document granit has the place of the first token; a block scalar starts before that.
        self.document.content = if explicit { at.end } else { dots.unwrap_or(start) };
        self.document.seen = if explicit { at.end } else { start };
        // Go-yaml refuses any other version, even 1.2.
        if version.is_some_and(|version| (version.major, version.minor) != (1, 1)) {
            self.fault(yaml("found incompatible YAML document"), range(at));
        }
    }

    /// The end of the last `...` in a range that ends where a document begins.
    fn behind_dots(&self, gap: Range<usize>) -> Option<usize> {
        let mut end = gap.end;
        for line in self.text.get(gap)?.rsplit(['\n', '\r']) {
            let start = end.saturating_sub(line.len());
            let behind_mark = line.strip_prefix('\u{feff}').unwrap_or(line);
            if let Some(rest) = behind_mark.strip_prefix("...") {
                return Some(end.saturating_sub(rest.len()));
            }
            end = start.saturating_sub(1);
        }
        None
    }

    /// A document ends: at its `...`, or where the next one starts.
    fn finish(&mut self, end: Option<usize>) {
        let document = core::mem::take(&mut self.document);
        self.reading = false;
        self.resume = end;
        self.read_from = document.content;
        if document.root.is_none() && document.faults.is_empty() {
            return;
        }
        let empty = TextRange::new(document.content, document.content);
        self.documents.push(Parsed {
            root: document.root.unwrap_or_else(|| Node::new(Value::Null, empty)),
            faults: document.faults,
            range: TextRange::new(document.start, end.unwrap_or(self.text.len())),
        });
    }

    /// Granit stops here: what is open is closed.
    fn fail(&mut self, error: &ScanError) {
        let offset = error.marker().byte_offset().unwrap_or_default();
        let mut place = self.spot(offset);
        let at_end = self.text.get(offset..).is_none_or(|rest| rest.trim_start().is_empty());
        let kind = match error.kind() {
            ErrorKind::RecursionLimitExceeded => FaultKind::TooDeep,
            ErrorKind::InvalidQuotedScalarIndent if at_end => {
                // The quote that is not closed follows what was read last.
                if let Some(quote) = self.seek(self.last_end(), b"'\"", b":-?&!,[{") {
                    place = TextRange::new(quote, quote.saturating_add(1));
                }
                yaml("unclosed quote")
            }
            ErrorKind::UnexpectedCharacter { character } => {
                yaml(format!("unexpected character `{}`", visible(character.encode_utf8(&mut [0; 4]))))
            }
            _ => {
                let message = error.info();
                yaml(message.strip_suffix('.').unwrap_or(&message))
            }
        };
        if !self.reading {
            if self.resume.is_none()
                && let Some(last) = self.documents.last_mut()
            {
                // What goes on behind the end of a document without a `---` is its own fault.
                last.faults.push(Fault { kind, range: place, edits: Vec::new() });
                return;
            }
            self.begin(false, None, &(offset..offset));
        }
        match kind {
            FaultKind::TooDeep => self.too_deep(place),
            kind => self.fault(kind, place),
        }
        self.document.skipped = 0;
        while let Some(open) = self.document.open.last() {
            let end = open.end;
            if matches!(open.holds, Holds::Map { key: Key::Text(..) | Key::Merge(_), .. }) {
                self.place(Node::new(Value::Null, TextRange::new(end, end)), Extent::SCALAR);
            }
            self.close(end);
        }
        self.finish(None);
    }

    /// A list or a map starts.
    fn open(&mut self, holds: Holds<'a>, style: StructureStyle, anchor: usize, at: &Range<usize>) {
        let mut start = at.start;
        // Not so `a: 1` alone in a list in brackets: it is a map without braces.
        let bracketed = style == StructureStyle::Flow && self.text.get(at.clone()).is_some_and(|bracket| matches!(bracket, "[" | "{"));
        let mut end = start;
        if bracketed {
            self.token(at, false);
            end = at.end;
        } else if matches!(holds, Holds::List(_)) {
            // Granit starts a list that is not indented under its key behind the `- `.
            if let Some(open) = self.document.open.last()
                && matches!(open.holds, Holds::Map { .. })
                && let Some(dash) = self.seek(open.end, b"-", b":?&!").filter(|dash| *dash < start)
            {
                start = dash;
            }
            end = start.saturating_add(1);
        }
        if self.document.open.len() >= self.depth {
            let place = self.spot(start);
            self.too_deep(place);
            self.document.skipped = 1;
            self.place(Node::new(Value::Null, place), Extent::SCALAR);
            return;
        }
        if anchor != 0 {
            self.document.anchors.insert(anchor, Anchor::Open);
        }
        self.document.open.push(Open { holds, start, end, flow: style == StructureStyle::Flow, bracketed, anchor, extent: Extent::EMPTY });
    }

    /// The innermost list or map ends; `end` is behind its bracket, if it has one.
    fn close(&mut self, end: usize) {
        let Some(open) = self.document.open.pop() else { return };
        let value = match open.holds {
            Holds::List(items) => Value::List(items),
            Holds::Map { mut entries, merges, .. } => {
                if !merges.is_empty() {
                    self.merge(&mut entries, merges);
                }
                Value::Map(entries)
            }
        };
        let end = if open.bracketed { end.max(open.end) } else { open.end };
        if open.bracketed {
            self.document.seen = end;
        }
        let node = Node::new(value, TextRange::new(open.start, end));
        if open.anchor != 0 {
            self.keep(open.anchor, &node, open.extent);
        }
        self.place(node, open.extent);
    }

    /// Puts a finished node where it belongs: it is the next key, value or item.
    fn place(&mut self, node: Node<'a>, extent: Extent) {
        let Some(open) = self.document.open.last_mut() else {
            self.document.root.get_or_insert(node);
            return;
        };
        open.end = open.end.max(node.range.as_range().end);
        open.extent.nodes = open.extent.nodes.saturating_add(extent.nodes);
        open.extent.height = open.extent.height.max(extent.height.saturating_add(1));
        match &mut open.holds {
            Holds::List(items) => items.push(node),
            Holds::Map { entries, key, merges } => match core::mem::replace(key, Key::Awaited) {
                Key::Text(key, key_range) => entries.push(Entry { key, key_range, merged: false, value: node }),
                Key::Merge(key) => merges.push((key, node)),
                Key::Unusable => {}
                Key::Awaited => {
                    let text = match node.value {
                        Value::String(text) => Some(text),
                        Value::Bool(bool) => Scalar::Bool(bool).key(Cow::Borrowed("")),
                        Value::Number(text) => scalar::resolve(&text).key(text),
                        Value::Null | Value::List(_) | Value::Map(_) => None,
                    };
                    self.key_or_fault(text.map(|text| Key::Text(text, node.range)), node.range);
                }
            },
        }
    }

    /// Whether the next node is the key of a map.
    fn awaits_key(&self) -> bool {
        matches!(self.document.open.last(), Some(Open { holds: Holds::Map { key: Key::Awaited, .. }, .. }))
    }

    /// Sets the key of the innermost map.
    fn key(&mut self, next: Key<'a>, at: TextRange) {
        if let Some(open) = self.document.open.last_mut() {
            open.end = open.end.max(at.as_range().end);
            if let Holds::Map { key, .. } = &mut open.holds {
                *key = next;
            }
        }
    }

    /// Sets the key of the innermost map, or tells that it is none.
    fn key_or_fault(&mut self, key: Option<Key<'a>>, at: TextRange) {
        if key.is_none() {
            let place = self.visible(at);
            self.fault(FaultKind::Syntax(SyntaxFault::KeyNotText), place);
        }
        self.key(key.unwrap_or(Key::Unusable), at);
    }

    fn too_deep(&mut self, place: TextRange) {
        if !self.document.told_too_deep {
            self.document.told_too_deep = true;
            self.fault(FaultKind::TooDeep, place);
        }
    }

    fn fault(&mut self, kind: FaultKind, range: TextRange) {
        self.document.faults.push(Fault { kind, range, edits: Vec::new() });
    }
}

/// An error in the words of the YAML reader.
fn yaml(message: impl Into<String>) -> FaultKind {
    FaultKind::Syntax(SyntaxFault::Yaml(message.into()))
}

fn range(at: &Range<usize>) -> TextRange {
    TextRange::new(at.start, at.end)
}
