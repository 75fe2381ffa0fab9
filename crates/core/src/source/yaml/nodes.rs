//! Tokens → nodes: the lists, maps and scalars of one document.

use alloc::borrow::Cow;

use super::aliases::{Anchor, Extent};
use super::tokens::{Error, Kind};
use super::{Holds, Key, Open, Reader, SPARE_DEPTH, Style};
use crate::prelude::*;
use crate::source::scalar::{self, Scalar};
use crate::source::{Entry, FaultKind, Node, SyntaxFault, TextRange, Value};
use crate::text::has;

/// What may stand before a node.
#[derive(Default)]
pub(super) struct Properties<'a> {
    pub(super) anchor: Option<&'a str>,
    /// As it is written, and where.
    pub(super) tag: Option<(&'a str, TextRange)>,
}

impl<'a> Reader<'a> {
    /// Takes the next tokens of the innermost list or map: up to a node in it, or to its end.
    pub(super) fn step(&mut self) -> Result<(), Error> {
        let Some(open) = self.document.open.last_mut() else { return Ok(()) };
        let fresh = core::mem::take(&mut open.fresh);
        let (style, end) = (open.style, open.end);
        let (is_list, awaits_key) = match &open.holds {
            Holds::List(_) => (true, false),
            Holds::Map { key, .. } => (false, matches!(key, Key::Awaited)),
        };
        match style {
            Style::Block | Style::Indentless if is_list => self.item(style),
            Style::Block | Style::Indentless if awaits_key => self.block_key(),
            Style::Flow if is_list || awaits_key => self.flow_part(is_list, fresh),
            Style::Pair if awaits_key && !fresh => {
                self.close(end);
                Ok(())
            }
            Style::Pair if awaits_key => self.flow_key(),
            _ => self.value(style, end),
        }
    }

    /// The next item of a block list.
    fn item(&mut self, style: Style) -> Result<(), Error> {
        let token = self.tokens.peek()?;
        match token.kind {
            Kind::Dash => {
                let end = self.tokens.next()?.end;
                let nothing = match self.tokens.peek()?.kind {
                    Kind::Dash | Kind::BlockEnd => true,
                    Kind::Key | Kind::Colon => style == Style::Indentless,
                    _ => false,
                };
                if nothing { self.nothing(end) } else { self.node(true, false)? }
            }
            Kind::BlockEnd if style == Style::Block => {
                self.tokens.next()?;
                self.close(0);
            }
            _ if style == Style::Indentless => self.close(0),
            _ => return Err(Error::new("did not find expected '-' indicator", token.start)),
        }
        Ok(())
    }

    /// The next key of a block map.
    fn block_key(&mut self) -> Result<(), Error> {
        let token = self.tokens.peek()?;
        match token.kind {
            Kind::Key => {
                let end = self.tokens.next()?.end;
                if matches!(self.tokens.peek()?.kind, Kind::Key | Kind::Colon | Kind::BlockEnd) {
                    self.nothing(end);
                } else {
                    self.node(true, true)?;
                }
            }
            Kind::BlockEnd => {
                self.tokens.next()?;
                self.close(0);
            }
            Kind::Colon => {
                // A value without a key: go-yaml stops here.
                let start = token.start;
                self.nothing(start);
            }
            _ => return Err(Error::new("did not find expected key", token.start)),
        }
        Ok(())
    }

    /// The value of the last key, if there is one.
    fn value(&mut self, style: Style, key_end: usize) -> Result<(), Error> {
        if self.tokens.peek()?.kind != Kind::Colon {
            self.nothing(key_end);
            return Ok(());
        }
        let end = self.tokens.next()?.end;
        let block = style == Style::Block;
        let nothing = match self.tokens.peek()?.kind {
            Kind::Key | Kind::Colon | Kind::BlockEnd => block,
            Kind::Comma | Kind::Close(_) => !block,
            _ => false,
        };
        if nothing {
            self.nothing(end);
            return Ok(());
        }
        self.node(block, block)
    }

    /// The next item between brackets, or the next key between braces.
    fn flow_part(&mut self, is_list: bool, fresh: bool) -> Result<(), Error> {
        let close = if is_list { b']' } else { b'}' };
        if !fresh && self.tokens.peek()?.kind == Kind::Comma {
            self.tokens.next()?;
        } else if !fresh && self.tokens.peek()?.kind != Kind::Close(close) {
            let expected = if is_list { "did not find expected ',' or ']'" } else { "did not find expected ',' or '}'" };
            return Err(self.unreadable(expected)?);
        }
        let token = self.tokens.peek()?;
        let at = token.start;
        match token.kind {
            Kind::Close(bracket) if bracket == close => {
                let end = self.tokens.next()?.end;
                self.close(end);
                Ok(())
            }
            Kind::Key if is_list => {
                self.tokens.next()?;
                let key = self.tokens.peek()?.start;
                let start = if self.text.as_bytes().get(at) == Some(&b'?') { at } else { key };
                self.open(Holds::Map { entries: Vec::new(), key: Key::Awaited, merges: Vec::new() }, Style::Pair, None, start)
            }
            Kind::Key => {
                self.tokens.next()?;
                self.flow_key()
            }
            Kind::Colon if !is_list => {
                self.nothing(at);
                Ok(())
            }
            // A key alone: it has no value.
            Kind::Scalar(..) | Kind::Alias(_) if !is_list => {
                self.node(false, false)?;
                let end = self.document.open.last().map_or(at, |open| open.end);
                self.nothing(end);
                Ok(())
            }
            _ => self.node(false, false),
        }
    }

    /// A key between brackets or braces, behind its `?` if it has one.
    fn flow_key(&mut self) -> Result<(), Error> {
        let token = self.tokens.peek()?;
        if matches!(token.kind, Kind::Colon | Kind::Comma | Kind::Close(_)) {
            let at = token.start;
            self.nothing(at);
            return Ok(());
        }
        self.node(false, false)
    }

    /// A node: a scalar or an alias is placed, a list or a map is opened.
    pub(super) fn node(&mut self, block: bool, indentless: bool) -> Result<(), Error> {
        let mut properties = Properties::default();
        let mut behind = None;
        loop {
            let token = self.tokens.peek()?;
            match token.kind {
                Kind::Anchor(name) if properties.anchor.is_none() => properties.anchor = Some(name),
                Kind::Tag(tag) if properties.tag.is_none() => properties.tag = Some((tag, TextRange::new(token.start, token.end))),
                _ => break,
            }
            behind = Some(self.tokens.next()?.end);
        }
        let token = self.tokens.peek()?;
        let at = token.start;
        let map = || Holds::Map { entries: Vec::new(), key: Key::Awaited, merges: Vec::new() };
        let list = || Holds::List(Vec::new());
        let (holds, style) = match (&token.kind, behind) {
            (Kind::Dash, _) if indentless => (list(), Style::Indentless),
            (Kind::ListStart, _) if block => (list(), Style::Block),
            (Kind::MapStart, _) if block => (map(), Style::Block),
            (Kind::Open(b'['), _) => (list(), Style::Flow),
            (Kind::Open(_), _) => (map(), Style::Flow),
            (Kind::Scalar(..), _) => {
                let token = self.tokens.next()?;
                if let Kind::Scalar(text, plain) = token.kind {
                    self.scalar(text, plain, &properties, TextRange::new(token.start, token.end));
                }
                return Ok(());
            }
            (Kind::Alias(name), None) => {
                let name = *name;
                let end = self.tokens.next()?.end;
                self.alias(name, TextRange::new(at, end));
                return Ok(());
            }
            (_, Some(end)) => {
                self.scalar(Cow::Borrowed(""), true, &properties, TextRange::new(end, end));
                return Ok(());
            }
            (_, None) => return Err(self.unreadable("did not find expected node content")?),
        };
        if style != Style::Indentless {
            self.tokens.next()?;
        }
        self.open(holds, style, properties.anchor, at)
    }

    /// The next token is none of those that may follow. The bracket is at fault where the text or its document ends, and
    /// where a key follows an item on another line: it was taken for the rest of the item.
    fn unreadable(&mut self, expected: &'static str) -> Result<Error, Error> {
        let token = self.tokens.peek()?;
        let ends = matches!(token.kind, Kind::DocumentStart | Kind::DocumentEnd | Kind::End);
        let (at, is_value) = (token.start, token.kind == Kind::Colon);
        let Some(open) = self.document.open.iter_mut().rev().find(|open| open.style == Style::Flow) else {
            return Ok(Error::new(expected, at));
        };
        let start = open.start;
        Ok(match &mut open.holds {
            Holds::List(items) if ends || is_value && items.last().is_some_and(|item| has(item.range.of(self.text), b'\n')) => {
                if is_value {
                    items.pop();
                }
                Error::new("unclosed bracket '['", start)
            }
            Holds::Map { .. } if ends => Error::new("unclosed bracket '{'", start),
            _ => Error::new(expected, at),
        })
    }

    /// A node that is not written: it would stand at `at`.
    fn nothing(&mut self, at: usize) {
        self.place(Node::new(Value::Null, TextRange::new(at, at)), Extent::SCALAR);
    }

    /// A list or a map starts.
    fn open(&mut self, holds: Holds<'a>, style: Style, anchor: Option<&'a str>, start: usize) -> Result<(), Error> {
        let depth = self.document.open.len();
        if depth >= self.depth {
            let place = self.spot(start);
            self.too_deep(place);
        }
        if depth >= self.depth.saturating_add(SPARE_DEPTH) {
            return Err(Error { kind: FaultKind::TooDeep, at: start });
        }
        if let Some(name) = anchor {
            self.document.anchors.insert(name, Anchor::Open(start));
        }
        let end = if style == Style::Flow { start.saturating_add(1) } else { start };
        self.document.open.push(Open { holds, style, start, end, anchor, extent: Extent::EMPTY, fresh: true });
        Ok(())
    }

    /// The innermost list or map ends; `end` is behind its bracket, if it has one.
    pub(super) fn close(&mut self, end: usize) {
        let Some(open) = self.document.open.pop() else { return };
        let end = end.max(open.end);
        if self.document.open.len() >= self.depth {
            // What is too deep is left out.
            self.place(Node::new(Value::Null, TextRange::new(open.start, end)), Extent::SCALAR);
            return;
        }
        let value = match open.holds {
            Holds::List(items) => Value::List(items),
            Holds::Map { mut entries, merges, .. } => {
                if !merges.is_empty() {
                    self.merge(&mut entries, merges);
                }
                Value::Map(entries)
            }
        };
        let node = Node::new(value, TextRange::new(open.start, end));
        // An anchor of the same name within it counts from there on.
        if let Some(name) = open.anchor
            && matches!(self.document.anchors.get(&name), Some(Anchor::Open(start)) if *start == open.start)
        {
            self.keep(name, &node, open.extent);
        }
        self.place(node, open.extent);
    }

    /// Puts a finished node where it belongs: it is the next key, value or item.
    pub(super) fn place(&mut self, node: Node<'a>, extent: Extent) {
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
    pub(super) fn awaits_key(&self) -> bool {
        matches!(self.document.open.last(), Some(Open { holds: Holds::Map { key: Key::Awaited, .. }, .. }))
    }

    /// Sets the key of the innermost map.
    pub(super) fn key(&mut self, next: Key<'a>, at: TextRange) {
        if let Some(open) = self.document.open.last_mut() {
            open.end = open.end.max(at.as_range().end);
            if let Holds::Map { key, .. } = &mut open.holds {
                *key = next;
            }
        }
    }

    /// Sets the key of the innermost map, or tells that it is none.
    pub(super) fn key_or_fault(&mut self, key: Option<Key<'a>>, at: TextRange) {
        if key.is_none() {
            let place = self.visible(at);
            self.fault(FaultKind::Syntax(SyntaxFault::KeyNotText), place);
        }
        self.key(key.unwrap_or(Key::Unusable), at);
    }
}
