//! YAML text → tree.
//!
//! `granit-parser` turns the text into events with byte ranges. This module makes trees of them:
//! it reads scalars as Kubernetes does ([`scalar`]), resolves aliases and merge keys within a
//! budget, puts the ranges of blocks right, and goes on after an error with the next document.
//! What needs none of that, as most manifests do not, is read [without it](quick).

mod quick;
#[cfg(test)]
mod tests;

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use core::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, StructureStyle, Tag, YamlVersion};

use super::scalar::{self, Scalar};
use super::{Entry, Fault, FaultKind, Limits, Node, Parsed, SyntaxFault, TextRange, Value};
use crate::finding::visible;
use crate::map::Map;
use crate::prelude::*;
use crate::sort::sort_by;
use crate::text::is_letter;

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

/// A number of nodes that is not used up yet.
#[derive(Clone, Copy)]
struct Budget {
    /// In this document.
    document: usize,
    /// In the whole text.
    text: usize,
}

impl Budget {
    /// Takes so many nodes, or none if there are not as many.
    fn take(&mut self, nodes: usize) -> bool {
        let (Some(document), Some(text)) = (self.document.checked_sub(nodes), self.text.checked_sub(nodes)) else { return false };
        (self.document, self.text) = (document, text);
        true
    }
}

/// How much a node holds.
#[derive(Clone, Copy)]
struct Extent {
    /// Itself and all nodes in it, through aliases too.
    nodes: usize,
    /// Levels of lists and maps, itself included.
    height: usize,
}

impl Extent {
    const SCALAR: Self = Self { nodes: 1, height: 0 };
    const EMPTY: Self = Self { nodes: 1, height: 1 };
}

/// What an alias may name.
enum Anchor<'a> {
    /// A list or map that is still open: it would contain itself.
    Open,
    Kept(Node<'a>, Extent),
    /// There was no room to keep it.
    TooLarge,
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

    fn scalar(&mut self, mut text: Cow<'a, str>, style: ScalarStyle, anchor: usize, tag: Option<&Tag>, at: Range<usize>, span: &Span) {
        let plain = style == ScalarStyle::Plain;
        let bare = tag.is_none() && anchor == 0;
        // Where nothing is written, granit says `~`, or nothing behind a tag.
        let nothing = plain && (text.is_empty() || text == "~" && self.text.get(at.clone()) != Some("~"));
        if nothing && bare && self.document.open.is_empty() {
            return;
        }
        let at = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let at = self.block_scalar(at, span.indent);
                if at.end == self.text.len() && text.ends_with('\n') {
                    // Granit adds the line break that the last line of the text lacks, go-yaml does not.
                    text.to_mut().pop();
                }
                at
            }
            // Behind a tag or an anchor granit has the place.
            _ if nothing && bare => self.nothing(at.start),
            _ => at,
        };
        if !nothing {
            self.token(&at, plain);
        }
        let at = range(&at);

        let tag = tag.map(|tag| [tag.handle(), tag.suffix()].concat());
        let tag = tag.as_deref().map(|tag| tag.strip_prefix(YAML_TAGS).unwrap_or_default());
        let merges = tag.map_or(plain, |tag| tag == "merge") && text == "<<";
        let (scalar, text) = match tag {
            Some(tag) => self.tagged(tag, text, at),
            None if nothing => (Scalar::Null, text),
            None if plain => {
                let scalar = scalar::resolve(&text);
                if let Some(words) = scalar.ambiguity(&text) {
                    self.fault(FaultKind::AmbiguousScalar(words), at);
                }
                (scalar, text)
            }
            None => (Scalar::Text, text),
        };
        if plain {
            self.check_plain(&text, at);
        } else if style == ScalarStyle::DoubleQuoted && matches!(text, Cow::Owned(_)) {
            self.check_escapes(at);
        }

        if self.awaits_key() {
            if merges {
                self.key(Key::Merge(at), at);
                return;
            }
            if anchor != 0 {
                self.keep(anchor, &Node::new(scalar.value(text.clone()), at), Extent::SCALAR);
            }
            let key = scalar.key(text).map(|text| Key::Text(text, at));
            self.key_or_fault(key, at);
            return;
        }
        if !scalar.has_json() {
            self.fault(FaultKind::Syntax(SyntaxFault::NoJsonNumber), at);
        }
        let node = Node::new(scalar.value(text), at);
        if anchor != 0 {
            self.keep(anchor, &node, Extent::SCALAR);
        }
        self.place(node, Extent::SCALAR);
    }

    /// Tells what go-yaml does not take in a plain scalar, or takes for something else.
    fn check_plain(&mut self, text: &str, at: TextRange) {
        let flow = self.document.open.last().is_some_and(|open| open.flow);
        if flow && (text.contains('?') || text.starts_with(':')) {
            self.fault(yaml("`?` and a leading `:` must be quoted between brackets"), at);
        }
        if !text.is_ascii() && text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
            self.fault(yaml("line separators must be quoted"), at);
        }
    }

    /// What a scalar under the tag `!!name` is, and its text.
    fn tagged(&mut self, name: &str, text: Cow<'a, str>, at: TextRange) -> (Scalar, Cow<'a, str>) {
        if name == "binary" {
            if let Some(decoded) = scalar::binary(&text) {
                return (Scalar::Text, Cow::Owned(decoded));
            }
            let place = self.visible(at);
            self.fault(yaml("!!binary value contains invalid base64 data"), place);
        }
        let scalar = scalar::resolve_tagged(name, &text).unwrap_or_else(|message| {
            let place = self.visible(at);
            self.fault(yaml(message), place);
            Scalar::Text
        });
        (scalar, text)
    }

    fn alias(&mut self, anchor: usize, at: &Range<usize>) {
        let at = range(at);
        let mut node = Node { alias: true, ..Node::new(Value::Null, at) };
        let mut extent = Extent::SCALAR;
        match self.document.anchors.get(&anchor) {
            Some(Anchor::Kept(_, kept)) if self.document.open.len().saturating_add(kept.height) > self.depth => {
                self.too_deep(at);
            }
            Some(Anchor::Kept(named, kept)) if self.expanded.take(kept.nodes) => {
                node.value = named.value.clone();
                extent = *kept;
            }
            Some(Anchor::Kept(..) | Anchor::TooLarge) => self.alias_limit(at),
            Some(Anchor::Open) => {
                let name = at.of(self.text).trim_start_matches('*').to_owned();
                self.fault(yaml(format!("anchor `{name}` value contains itself")), at);
            }
            // It was left out with what was too deep.
            None => {}
        }
        self.place(node, extent);
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

    /// Adds what merge keys bring: own entries win, then the last merge key (as in Kubernetes), and
    /// of a list of maps the first.
    fn merge(&mut self, entries: &mut Vec<Entry<'a>>, merges: Vec<(TextRange, Node<'a>)>) {
        let mut present: BTreeSet<Cow<'a, str>> = BTreeSet::new();
        present.extend(entries.iter().map(|entry| entry.key.clone()));
        for (key, node) in merges.into_iter().rev() {
            let maps = match node.value {
                // Go-yaml takes a list only where it is written out.
                Value::List(items) if !node.alias => items,
                _ => vec![node],
            };
            for map in maps {
                let Value::Map(merged) = map.value else {
                    let place = if map.range.start == map.range.end { key } else { map.range };
                    // An alias that leads nowhere is told already.
                    if !self.document.faults.iter().any(|fault| fault.range == place) {
                        self.fault(FaultKind::Syntax(SyntaxFault::InvalidMerge), place);
                    }
                    continue;
                };
                let first = entries.len();
                for entry in merged.into_iter().rev() {
                    if present.insert(entry.key.clone()) {
                        entries.push(Entry { merged: true, ..entry });
                    }
                }
                if let Some(added) = entries.get_mut(first..) {
                    added.reverse();
                }
            }
        }
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

    /// Keeps a node for the aliases that will name it, if there is room.
    fn keep(&mut self, anchor: usize, node: &Node<'a>, extent: Extent) {
        let kept = if self.kept.take(extent.nodes) { Anchor::Kept(node.clone(), extent) } else { Anchor::TooLarge };
        self.document.anchors.insert(anchor, kept);
    }

    fn too_deep(&mut self, place: TextRange) {
        if !self.document.told_too_deep {
            self.document.told_too_deep = true;
            self.fault(FaultKind::TooDeep, place);
        }
    }

    fn alias_limit(&mut self, place: TextRange) {
        if !self.document.told_alias_limit {
            self.document.told_alias_limit = true;
            self.fault(FaultKind::AliasLimit, place);
        }
    }

    fn fault(&mut self, kind: FaultKind, range: TextRange) {
        self.document.faults.push(Fault { kind, range, edits: Vec::new() });
    }

    /// Where a value stands that is not written: behind its colon or dash. `at` is where granit saw
    /// that it is missing.
    fn nothing(&self, at: usize) -> Range<usize> {
        let place = match self.document.open.last() {
            Some(Open { holds: Holds::List(items), end, .. }) if items.is_empty() => *end,
            Some(Open { holds: Holds::List(_), end, .. }) => self.behind(*end, b'-', at).unwrap_or(at),
            Some(Open { holds: Holds::Map { key: Key::Awaited, .. }, .. }) | None => at,
            // A key may have no colon at all, in braces.
            Some(Open { holds: Holds::Map { .. }, end, .. }) => self.behind(*end, b':', at).unwrap_or(*end),
        };
        place..place
    }

    /// The place behind the `indicator` that follows `from`, no later than at `limit`.
    fn behind(&self, from: usize, indicator: u8, limit: usize) -> Option<usize> {
        let end = self.seek(from, &[indicator], b"").filter(|found| *found <= limit)?.saturating_add(1);
        let next = self.text.as_bytes().get(end);
        let flow = self.document.open.last().is_some_and(|open| open.flow);
        // Else it is part of a plain scalar.
        next.is_none_or(|next| next.is_ascii_whitespace() || flow && b",[]{}".contains(next)).then_some(end)
    }

    /// The range of a block scalar: from its `|` or `>`, which granit leaves out, to the end of the
    /// last line that is not blank.
    fn block_scalar(&self, at: Range<usize>, indent: Option<usize>) -> Range<usize> {
        let start = self.seek(self.last_end(), b"|>", b":-?&!").filter(|start| *start <= at.start).unwrap_or(at.start);
        let mut text = self.text.get(start..at.end).unwrap_or_default();
        while let Some((before, line)) = text.rsplit_once(['\n', '\r']) {
            if line.len() > indent.unwrap_or(usize::MAX) || line.bytes().any(|byte| byte != b' ') {
                break;
            }
            text = before;
        }
        start..start.saturating_add(text.len())
    }

    /// Where the last key or node of the innermost list or map ends, or else where that begins.
    fn last_end(&self) -> usize {
        self.document.open.last().map_or(self.document.content, |open| open.end)
    }

    /// The first byte of `wanted` that follows `from`, behind nothing but blanks, comments and the
    /// indicators in `over`; `&` and `!` stand for whole anchors and tags.
    fn seek(&self, from: usize, wanted: &[u8], over: &[u8]) -> Option<usize> {
        let mut at = from;
        loop {
            let rest = self.text.get(at..)?;
            let skip = match *rest.as_bytes().first()? {
                byte if wanted.contains(&byte) => return Some(at),
                b' ' | b'\t' | b'\n' | b'\r' => 1,
                _ if rest.starts_with('\u{feff}') => '\u{feff}'.len_utf8(),
                b'#' => rest.find(['\n', '\r'])?,
                byte if !over.contains(&byte) => return None,
                b'&' | b'!' => rest.find([' ', '\t', '\n', '\r'])?,
                _ => 1,
            };
            at = at.saturating_add(skip);
        }
    }

    /// A token stands at `at`. Go-yaml takes no tab before it where a key could start, that is at the
    /// start of a line or behind a dash, not even in a line that is else empty.
    fn token(&mut self, at: &Range<usize>, plain: bool) {
        if !self.tabs {
            return;
        }
        let open = self.document.open.last();
        let mut reach = None;
        if !open.is_some_and(|open| open.flow) {
            if plain {
                let before = open.and_then(|open| self.text.get(..open.start));
                reach = Some(before.map_or(0, |before| before.chars().rev().take_while(|char| *char != '\n').count().saturating_add(1)));
            }
            if let Some(tab) = self.stray_tab(at.start) {
                self.fault(yaml("tab cannot be used as indentation"), TextRange::new(tab, tab.saturating_add(1)));
            }
        }
        self.document.seen = at.end;
        self.document.reach = reach;
    }

    /// The first tab that is not allowed between the last token and `end`.
    fn stray_tab(&self, end: usize) -> Option<usize> {
        let Document { seen, start, mut reach, .. } = self.document;
        let gap = self.text.as_bytes().get(seen..end)?;
        let mut at = 0_usize;
        let mut column = 0_usize;
        // Whether a key could start here.
        let mut fresh = seen == start;
        loop {
            let rest = gap.get(at..)?;
            let line = || rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let word = || rest.iter().position(u8::is_ascii_whitespace);
            let mut skip = 1;
            match *rest.first()? {
                b'\n' | b'\r' => fresh = true,
                b'\t' if fresh && reach.is_none_or(|reach| column < reach) => return Some(seen.saturating_add(at)),
                b' ' | b'\t' => {}
                // The next document is looked at when it is read.
                b'-' | b'.' if fresh && column == 0 && (rest.starts_with(b"---") || rest.starts_with(b"...")) => return None,
                byte => {
                    reach = None;
                    match byte {
                        b'-' | b'?' => fresh = true,
                        b'#' => skip = line()?,
                        b'%' if column == 0 => skip = line()?,
                        b'&' | b'!' => (skip, fresh) = (word()?, false),
                        // A colon starts nothing new; nor does a byte order mark.
                        _ => {}
                    }
                }
            }
            column = if matches!(rest.first(), Some(b'\n' | b'\r')) { 0 } else { column.saturating_add(skip) };
            at = at.saturating_add(skip);
        }
    }

    /// Tells the first escape of a text in double quotes that go-yaml does not know.
    fn check_escapes(&mut self, at: TextRange) {
        let mut rest = at.of(self.text);
        while let Some((_, escape)) = rest.split_once('\\') {
            let (length, message) = match escape.as_bytes() {
                [b'/', ..] => (2, "found unknown escape character"),
                [b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..] => (6, "found invalid Unicode character escape code"),
                _ => {
                    rest = escape.get(1..).unwrap_or_default();
                    continue;
                }
            };
            let start = at.as_range().end.saturating_sub(escape.len()).saturating_sub(1);
            self.fault(yaml(message), TextRange::new(start, start.saturating_add(length)));
            return;
        }
    }

    /// What to underline for a node, which may be one that is not written.
    fn visible(&self, at: TextRange) -> TextRange {
        if at.start == at.end { self.spot(at.as_range().start) } else { at }
    }

    /// What to underline for an error at an offset: the word or sign that starts there, or else
    /// the last sign before it.
    fn spot(&self, offset: usize) -> TextRange {
        let (before, after) = self.text.split_at_checked(offset).unwrap_or((self.text, ""));
        if let Some(first) = after.chars().next().filter(|first| *first == '\t' || !first.is_whitespace()) {
            let word = after.find(|char: char| !is_letter(char) && !"-_./".contains(char)).unwrap_or(after.len());
            return TextRange::new(offset, offset.saturating_add(word.max(first.len_utf8())));
        }
        let before = before.trim_end();
        match before.char_indices().next_back() {
            Some((last, _)) => TextRange::new(last, before.len()),
            None => TextRange::new(0, self.text.chars().next().map_or(0, char::len_utf8)),
        }
    }
}

/// An error in the words of the YAML reader.
fn yaml(message: impl Into<String>) -> FaultKind {
    FaultKind::Syntax(SyntaxFault::Yaml(message.into()))
}

fn range(at: &Range<usize>) -> TextRange {
    TextRange::new(at.start, at.end)
}
