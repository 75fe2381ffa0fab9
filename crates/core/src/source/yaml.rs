//! YAML text → tree.
//!
//! The text becomes [tokens], and these become trees by the grammar of go-yaml, with which Kubernetes reads. Scalars mean
//! what Kubernetes takes them for ([`scalar`]), aliases and merge keys are resolved within a budget, and after an error the
//! reading goes on with the next document. What needs none of that, as most manifests do not, is read
//! [without tokens](quick).

mod aliases;
mod nodes;
mod quick;
mod scalars;
#[cfg(test)]
mod tests;
mod tokens;

use alloc::borrow::Cow;

use super::{Entry, Fault, FaultKind, Limits, Node, Parsed, SyntaxFault, TextRange, Value};
use crate::finding::visible;
use crate::map::Map;
use crate::prelude::*;
use crate::sort::sort_by;
use crate::text::is_letter;
use aliases::{Anchor, Budget, Extent};
use tokens::{Error, Kind, Scanner};

/// How much deeper than our own limit nodes are still read over, so that one place that is too deep does not cost the
/// rest of the document.
const SPARE_DEPTH: usize = 1_000;

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
    // However many documents there are, aliases must not stand for more than a text of this length could write out.
    let total = Budget { document: 0, text: limits.alias_nodes.max(text.len()) };
    let mut reader = Reader {
        text,
        tokens: Scanner::new(text),
        depth: limits.depth,
        alias_nodes: limits.alias_nodes,
        expanded: total,
        kept: total,
        documents: Vec::new(),
        reading: false,
        document: Document::default(),
        resume: Some(0),
    };
    loop {
        match reader.document() {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let at = error.at;
                reader.fail(error);
                reader.tokens.restart(at);
            }
        }
    }
    if reader.documents.is_empty() {
        return vec![nothing(text, SyntaxFault::Empty, TextRange::new(0, text.trim_end().len()))];
    }
    // What stands behind the last one.
    if let Some(last) = reader.documents.last_mut() {
        last.faults.append(&mut reader.tokens.faults);
    }
    if let Some((at, sign)) = text.char_indices().find(|(_, sign)| is_control(*sign)) {
        let range = TextRange::new(at, at.saturating_add(sign.len_utf8()));
        let document = reader.documents.iter_mut().rev().find(|document| document.range.start <= range.start);
        if let Some(document) = document {
            document.faults.push(Fault { kind: unexpected(sign), range, edits: Vec::new() });
        }
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
    tokens: Scanner<'a>,
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
    /// Where the next document starts, if that is not at its `---`: behind a `...`, or at the start of the text.
    resume: Option<usize>,
}

/// A document on its way.
#[derive(Default)]
struct Document<'a> {
    start: usize,
    /// Where its content starts: behind the `---`.
    content: usize,
    /// The handles of tags that its directives name, each with what it stands for.
    handles: Vec<(&'a str, &'a str)>,
    /// The root, once it is complete; nothing too where nothing is written.
    root: Option<Node<'a>>,
    faults: Vec<Fault>,
    /// The lists and maps that are open, outermost first: nothing here recurses.
    open: Vec<Open<'a>>,
    /// Whether these two are told already: once a document is enough.
    told_too_deep: bool,
    told_alias_limit: bool,
    /// What aliases may name.
    anchors: Map<&'a str, Anchor<'a>>,
}

/// A list or a map that is not closed yet.
struct Open<'a> {
    holds: Holds<'a>,
    style: Style,
    start: usize,
    /// The end of the last child, key or bracket so far.
    end: usize,
    anchor: Option<&'a str>,
    extent: Extent,
    /// Whether nothing of it was read yet.
    fresh: bool,
}

/// How a list or a map is written.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// By its indentation.
    Block,
    /// A list that is not indented under its key.
    Indentless,
    /// Between brackets or braces.
    Flow,
    /// `a: 1` alone in a list in brackets: a map without braces.
    Pair,
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

impl Reader<'_> {
    /// Reads the next document, if there is one.
    fn document(&mut self) -> Result<bool, Error> {
        // Only the first document, or one behind `---`, needs no mark of its own.
        let mut implicit = self.resume == Some(0);
        while !implicit && self.tokens.peek()?.kind == Kind::DocumentEnd {
            self.resume = Some(self.tokens.next()?.end);
        }
        let mut handles: Vec<(&str, &str)> = Vec::new();
        let mut has_version = false;
        while let Kind::Directive(directive) = self.tokens.peek()?.kind {
            let token = self.tokens.next()?;
            implicit = false;
            let again = match directive {
                Some((handle, _)) => handles.iter().any(|(known, _)| *known == handle),
                None => core::mem::replace(&mut has_version, true),
            };
            if again {
                self.tokens.fault("found duplicate directive", token.start, token.end);
            }
            handles.extend(directive);
        }
        let token = self.tokens.peek()?;
        let (start, end) = (token.start, token.end);
        match token.kind {
            Kind::End => return Ok(false),
            Kind::DocumentStart => {
                self.begin(start, end);
                self.tokens.next()?;
            }
            Kind::DocumentEnd => return Err(Error::new("did not find expected node content", start)),
            _ if implicit => self.begin(start, self.resume.unwrap_or(start)),
            _ => return Err(Error::new("did not find expected <document start>", start)),
        }
        self.document.handles = handles;
        let ends = |kind: &Kind<'_>| matches!(kind, Kind::Directive(_) | Kind::DocumentStart | Kind::DocumentEnd | Kind::End);
        if !ends(&self.tokens.peek()?.kind) {
            self.node(true, false)?;
            while !self.document.open.is_empty() {
                self.step()?;
            }
        }
        let token = self.tokens.peek()?;
        let end = (token.kind == Kind::DocumentEnd).then_some(token.end);
        if end.is_some() {
            self.tokens.next()?;
        }
        self.finish(end);
        Ok(true)
    }

    /// A document starts at a token that ends at `content`, if it is not where the last one ended.
    fn begin(&mut self, at: usize, content: usize) {
        let start = self.resume.take().unwrap_or(at);
        if let Some(last) = self.documents.last_mut() {
            last.range.end = last.range.end.min(TextRange::new(start, start).start);
        }
        self.reading = true;
        self.expanded.document = self.alias_nodes;
        self.kept.document = self.alias_nodes;
        self.document.start = start;
        self.document.content = content;
    }

    /// A document ends: at its `...`, or where the next one starts.
    fn finish(&mut self, end: Option<usize>) {
        let mut document = core::mem::take(&mut self.document);
        document.faults.append(&mut self.tokens.faults);
        self.reading = false;
        self.resume = end;
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

    /// The document cannot be read any further: what is open is closed.
    fn fail(&mut self, error: Error) {
        let place = self.spot(error.at);
        if !self.reading {
            if self.resume.is_none()
                && let Some(last) = self.documents.last_mut()
            {
                // What goes on behind the end of a document without a `---` is its own fault.
                last.faults.push(Fault { kind: error.kind, range: place, edits: Vec::new() });
                return;
            }
            self.begin(error.at, error.at);
        }
        match error.kind {
            FaultKind::TooDeep => self.too_deep(place),
            // A tab is to blame, which is told.
            _ if self.tokens.told_tab => {}
            kind => self.fault(kind, place),
        }
        while let Some(open) = self.document.open.last() {
            let end = open.end;
            if matches!(open.holds, Holds::Map { key: Key::Text(..) | Key::Merge(_), .. }) {
                self.place(Node::new(Value::Null, TextRange::new(end, end)), Extent::SCALAR);
            }
            self.close(end);
        }
        self.finish(None);
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

    /// What to underline for a node, which may be one that is not written.
    fn visible(&self, at: TextRange) -> TextRange {
        if at.start == at.end { self.spot(at.as_range().start) } else { at }
    }

    /// What to underline for an error at an offset: the word or sign that starts there, or else
    /// the last sign before it.
    fn spot(&self, offset: usize) -> TextRange {
        let (before, after) = self.text.split_at_checked(offset).unwrap_or((self.text, ""));
        if let Some(first) = after.chars().next().filter(|first| *first == '\t' || !first.is_whitespace()) {
            let word = after.find(|char: char| !is_letter(char) && !matches!(char, '-' | '_' | '.' | '/')).unwrap_or(after.len());
            return TextRange::new(offset, offset.saturating_add(word.max(first.len_utf8())));
        }
        let before = before.trim_end();
        match before.char_indices().next_back() {
            Some((last, _)) => TextRange::new(last, before.len()),
            None => TextRange::new(0, self.text.chars().next().map_or(0, char::len_utf8)),
        }
    }
}

/// Whether YAML allows a character nowhere: controls save tabs and line breaks, and what is no character.
fn is_control(sign: char) -> bool {
    matches!(sign, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

fn unexpected(sign: char) -> FaultKind {
    yaml(format!("unexpected character `{}`", visible(sign.encode_utf8(&mut [0; 4]))))
}

/// An error in the words of the YAML reader.
fn yaml(message: impl Into<String>) -> FaultKind {
    FaultKind::Syntax(SyntaxFault::Yaml(message.into()))
}
