//! Maps and lists of YAML that are written in lines of their own.

use core::ops::Range;

use super::super::{Format, Node, Value};
use super::Writer;
use super::flow::new_collection;
use super::plan::Plan;
use super::render::{Flow, Quotes, block, block_entry, block_item, deeper, short};
use super::scan::Slot;
use crate::prelude::*;
use crate::text::{has, joined};

/// What a value belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The document.
    Root,
    /// A key at a column.
    Key(usize),
    /// A dash at a column.
    Dash(usize),
}

/// An entry or item of a block.
#[derive(Debug)]
struct Part {
    /// Its position in the tree.
    position: usize,
    /// Where its key or dash stands, or the key's anchor.
    start: usize,
    column: usize,
    slot: Slot,
    /// The end of its last line, comment included.
    end: usize,
    tail: Tail,
}

/// How a value ends.
#[derive(Debug, Clone)]
struct Tail {
    end: usize,
    /// The header of the block scalar that it ends with.
    scalar: Option<Range<usize>>,
}

impl Writer<'_> {
    /// Carries out the plan of a node that stands in a block, or is the root.
    pub(super) fn block_value(&mut self, node: &Node<'_>, plan: &Plan, slot: &Slot, owner: Owner) -> Option<()> {
        if plan.is_empty() {
            return Some(());
        }
        self.not_shared(slot, plan.set.is_some())?;
        if let Some(value) = &plan.set {
            return self.set_in_block(node, slot, value, owner);
        }
        if !self.scan.in_brackets(node) {
            return self.block(node, plan, slot, owner);
        }
        // Between empty brackets there is no style to keep, and blocks read better.
        if node.entries().is_empty() && node.items().is_empty() && self.is_blank_inside(slot) {
            return self.set_in_block(node, slot, &new_collection(node, plan), owner);
        }
        self.brackets(node, plan, Flow::YAML)
    }

    // ---- Replacing a value ----

    fn set_in_block(&mut self, node: &Node<'_>, slot: &Slot, value: &Value<'_>, owner: Owner) -> Option<()> {
        self.drop_tags(slot);
        let old = self.scan.slice(slot.value.clone());
        let quotes = if slot.header.is_some() { Quotes::Plain } else { Quotes::of(old) };
        let is_block = self.is_block(node);
        let full_brackets = self.scan.in_brackets(node) && !node.alias && !(node.items().is_empty() && node.entries().is_empty());
        let inline = match short(value, quotes) {
            None if full_brackets => Some(Flow::YAML.inline(value)),
            short => short,
        };
        match (inline, is_block) {
            (Some(text), false) => self.set_short(slot, &text),
            (Some(text), true) => {
                let lines = self.block_lines(node)?;
                self.replace_block(lines, slot, &text);
            }
            (None, true) => {
                let lines = self.block_lines(node)?;
                self.set_block_for_block(lines, value, owner)?;
            }
            (None, false) => self.set_block(slot, value, owner)?,
        }
        Some(())
    }

    /// A scalar or brackets in place of the same or of nothing.
    fn set_short(&mut self, slot: &Slot, text: &str) {
        if let Some(header) = &slot.header {
            self.pieces.replace(header.clone(), text);
            self.pieces.remove(slot.value.clone());
        } else if !slot.is_empty() {
            self.pieces.replace(slot.value.clone(), text);
        } else {
            self.put(slot, text);
        }
    }

    /// Puts text where nothing is written yet.
    fn put(&mut self, slot: &Slot, text: &str) {
        let at = slot.properties_end;
        let blanks = self.scan.blank_end(at);
        let blank = if at == 0 || self.scan.begins_line(at) { "" } else { " " };
        let end = if self.scan.ends_line(blanks) { blanks } else { at };
        self.pieces.replace(at..end, format!("{blank}{text}"));
    }

    /// A scalar or brackets in place of a block.
    fn replace_block(&mut self, lines: Range<usize>, slot: &Slot, text: &str) {
        if self.scan.same_line(slot.after, lines.start) {
            self.pieces.replace(lines, text);
            return;
        }
        self.put(slot, text);
        self.pieces.remove(self.scan.line_start(lines.start)..self.scan.next_line(lines.end));
    }

    /// A block in place of a block.
    fn set_block_for_block(&mut self, lines: Range<usize>, value: &Value<'_>, owner: Owner) -> Option<()> {
        let line = self.scan.line_start(lines.start);
        let old = lines.start.checked_sub(line)?;
        let column = match owner {
            Owner::Key(key) if matches!(value, Value::Map(_)) && old <= key => deeper(value, key, &self.layout),
            _ => old,
        };
        let text = block(value, column, &self.layout);
        if self.scan.first_on_line(lines.start) {
            self.pieces.replace(line..lines.end, text);
        } else {
            self.pieces.replace(lines, text.trim_start_matches(' '));
        }
        Some(())
    }

    /// A block in place of a scalar, of empty brackets or of nothing.
    fn set_block(&mut self, slot: &Slot, value: &Value<'_>, owner: Owner) -> Option<()> {
        let written = slot.header.as_ref().unwrap_or(&slot.value).clone();
        let line_ends = self.scan.ends_line(self.scan.blank_end(written.end));
        let (column, same_line) = match owner {
            Owner::Root => {
                self.set_root_block(slot, value);
                return Some(());
            }
            Owner::Key(key) => (deeper(value, key, &self.layout), false),
            Owner::Dash(dash) => (dash.saturating_add(2), line_ends && slot.header.is_none() && slot.properties_end == slot.after),
        };
        let text = block(value, column, &self.layout);
        if same_line {
            self.pieces.replace(slot.after..self.scan.blank_end(written.end), format!(" {}", text.trim_start_matches(' ')));
            return Some(());
        }
        let end = self.scan.content_end(slot.value.end)?;
        // What stays on the line is a comment at most.
        if !slot.is_empty() {
            let from = if line_ends { self.scan.blank_start(written.start) } else { written.start };
            self.pieces.remove(from.max(slot.properties_end)..self.scan.blank_end(written.end));
        }
        if slot.header.is_some() {
            self.pieces.remove(slot.value.clone());
        }
        self.pieces.lines(self.scan.next_line(end), text);
        Some(())
    }

    fn set_root_block(&mut self, slot: &Slot, value: &Value<'_>) {
        let text = block(value, 0, &self.layout);
        if slot.is_empty() {
            self.pieces.lines(self.scan.text.len(), text);
            return;
        }
        let start = slot.header.as_ref().map_or(slot.value.start, |header| header.start);
        if self.scan.begins_line(start) {
            self.pieces.replace(start..slot.value.end, text);
        } else {
            self.pieces.replace(self.scan.blank_start(start)..slot.value.end, format!("{}{text}", self.layout.eol));
        }
    }

    // ---- Entries and items ----

    /// Carries out the plan of a block map or block list.
    fn block(&mut self, node: &Node<'_>, plan: &Plan, slot: &Slot, owner: Owner) -> Option<()> {
        let parts = self.block_parts(node)?;
        let Some(last) = parts.last() else {
            // All of it comes from merge keys.
            let lines = self.block_lines(node)?;
            let column = lines.start.checked_sub(self.scan.line_start(lines.start))?;
            self.pieces.lines(self.scan.next_line(lines.end), self.added(plan, column));
            return Some(());
        };
        for part in &parts {
            let Some(child) = plan.children.get(&part.position) else { continue };
            if plan.goes(part.position) {
                self.not_shared_in(part.start..part.end)?;
                continue;
            }
            match &node.value {
                Value::Map(entries) => {
                    let entry = entries.get(part.position)?;
                    if let Some(name) = &child.renamed {
                        self.rename(entry, name, false);
                    }
                    self.block_value(&entry.value, &child.plan, &part.slot, Owner::Key(part.column))?;
                }
                Value::List(items) => {
                    self.block_value(items.get(part.position)?, &child.plan, &part.slot, Owner::Dash(part.column))?;
                }
                _ => return None,
            }
        }
        let mut stays = parts.iter().filter(|part| !plan.goes(part.position)).peekable();
        let removes = parts.iter().any(|part| plan.goes(part.position));
        let new = self.added(plan, last.column);
        if stays.peek().is_none() {
            self.whole(node, &parts)?;
            self.replace_all(&parts, slot, &new, owner, if matches!(node.value, Value::List(_)) { "[]" } else { "{}" });
            return Some(());
        }
        if removes {
            self.remove_some(&parts, plan);
        }
        if !new.is_empty() {
            if tail_stays(node, plan) {
                self.close_scalar(last);
            }
            self.pieces.lines(self.scan.next_line(last.end), new);
        }
        Some(())
    }

    /// The lines of new parts.
    fn added(&self, plan: &Plan, column: usize) -> String {
        let lines = plan.added.iter().map(|added| match &added.key {
            Some(key) => block_entry(key, &added.value, column, &self.layout),
            None => block_item(&added.value, column, &self.layout),
        });
        joined(&lines.collect::<Vec<_>>(), self.layout.eol)
    }

    /// Takes out all parts; new ones, or empty brackets, come in their place.
    fn replace_all(&mut self, parts: &[Part], slot: &Slot, new: &str, owner: Owner, brackets: &str) {
        let Some((first, others)) = parts.split_first() else { return };
        let same_line = self.scan.same_line(slot.after, first.start);
        if !new.is_empty() {
            self.pieces.replace(first.start..first.end, new.trim_start_matches(' '));
        } else if same_line || owner == Owner::Root {
            self.pieces.replace(first.start..first.end, brackets);
        } else {
            self.put(slot, brackets);
            self.pieces.remove(self.scan.line_start(first.start)..self.scan.next_line(first.end));
        }
        for part in others {
            self.pieces.remove(self.scan.line_start(part.start)..self.scan.next_line(part.end));
        }
    }

    /// Takes out some parts, of which others stay.
    fn remove_some(&mut self, parts: &[Part], plan: &Plan) {
        let Some(first_stays) = parts.iter().position(|part| !plan.goes(part.position)) else { return };
        let mut from = 0;
        // The first entry may stand on the line of a dash, and another one then has to take its place.
        if let (Some(first), Some(stays)) = (parts.first(), parts.get(first_stays))
            && first_stays > 0
            && !self.scan.first_on_line(first.start)
        {
            from = if self.comments_between(parts.get(..=first_stays).unwrap_or_default()) {
                self.pieces.remove(self.scan.blank_start(first.start)..first.end);
                1
            } else {
                self.pieces.remove(first.start..stays.start);
                first_stays
            };
        }
        let mut before: Option<&Part> = None;
        for (index, part) in parts.iter().enumerate() {
            if !plan.goes(part.position) {
                before = Some(part);
            } else if index >= from {
                let mut end = self.scan.next_line(part.end);
                if let Some(header) = before.and_then(|before| before.tail.scalar.clone()) {
                    end = self.end_of_orphans(end, part.column, has(self.scan.slice(header), b'+'));
                }
                self.pieces.remove(self.scan.line_start(part.start)..end);
            }
        }
    }

    /// Whether comments stand on lines of their own between some parts.
    fn comments_between(&self, parts: &[Part]) -> bool {
        parts.windows(2).any(|pair| match pair {
            [before, after] => !self.scan.slice(before.end..self.scan.line_start(after.start)).trim().is_empty(),
            _ => false,
        })
    }

    /// After a block scalar, comments that are indented as it is would become part of it, once what
    /// stands between goes; after one that keeps its empty lines, so would empty lines.
    fn end_of_orphans(&self, from: usize, column: usize, keeps: bool) -> usize {
        let mut end = from;
        let mut at = from;
        while at < self.scan.text.len() {
            let content = self.scan.blank_end(at);
            let is_empty = self.scan.ends_line(content);
            let is_deep = self.scan.comment(content).is_some() && content.saturating_sub(at) > column;
            if !is_empty && !is_deep {
                break;
            }
            at = self.scan.next_line(at);
            if is_deep || keeps {
                end = at;
            }
        }
        end
    }

    /// A block scalar at the very end of a text without a last line end has none in its value, and
    /// must not get one by what comes below.
    fn close_scalar(&mut self, last: &Part) {
        let Some(header) = last.tail.scalar.clone().filter(|_| last.tail.end == self.scan.text.len()) else { return };
        let text = self.scan.slice(header.clone());
        if !has(text, b'-') {
            self.pieces.replace(header, format!("{}-", text.replace('+', "")));
        }
    }

    // ---- Finding the lines ----

    /// Whether a node is written in lines of its own.
    fn is_block(&self, node: &Node<'_>) -> bool {
        let full = matches!(node.value, Value::Map(_) | Value::List(_));
        full && !node.alias && !self.scan.in_brackets(node) && self.scan.format == Format::Yaml
    }

    /// The parts of a block; nothing if something there is not as expected (explicit keys, a value
    /// that goes on where it should not).
    fn block_parts(&self, node: &Node<'_>) -> Option<Vec<Part>> {
        let mut parts: Vec<Part> = Vec::new();
        match &node.value {
            Value::Map(entries) => {
                for (position, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.merged) {
                    let key = entry.key_range.as_range();
                    let (slot, bare) = self.entry_slot(key.end, &entry.value, true);
                    if bare || !self.scan.same_line(key.end, slot.after) {
                        return None;
                    }
                    let start = self.entry_start(key.start)?;
                    parts.push(self.part(position, start, slot, &entry.value)?);
                }
            }
            Value::List(items) => {
                let mut at = self.first_dash(node)?;
                for (position, item) in items.iter().enumerate() {
                    let after = self.scan.dash(at, self.scan.text.len())?;
                    let slot = self.scan.slot(after, item, true);
                    parts.push(self.part(position, after.checked_sub(1)?, slot, item)?);
                    at = parts.last()?.end;
                }
            }
            _ => return None,
        }
        let one_column = parts
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.column == b.column && a.end < b.start && self.scan.first_on_line(b.start)));
        one_column.then_some(parts)
    }

    /// All of a block, with what the tree does not hold: merge keys, and keys that are no text.
    fn block_lines(&self, node: &Node<'_>) -> Option<Range<usize>> {
        let start = match node.value {
            Value::List(_) => self.first_dash(node)?,
            _ => self.entry_start(node.range.as_range().start)?,
        };
        let (_, end) = self.lines_from(start, self.end_of_block(node)?.end)?;
        Some(start..end)
    }

    /// The column of what begins at an offset, and the end of the line on which it ends, if all its
    /// lines are as expected.
    fn lines_from(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let line = self.scan.line_start(start);
        // Before it on its line there may be dashes only.
        if !self.scan.slice(line..start).chars().all(|c| matches!(c, ' ' | '-')) {
            return None;
        }
        let column = start.checked_sub(line)?;
        let end = self.scan.content_end(end)?;
        // What is indented deeper still belongs to it, whatever it is.
        let next = self.scan.next_content(self.scan.next_line(end));
        let deeper = next < self.scan.text.len() && next.saturating_sub(self.scan.line_start(next)) > column;
        (!deeper).then_some((column, end))
    }

    fn part(&self, position: usize, start: usize, slot: Slot, value: &Node<'_>) -> Option<Part> {
        let tail = self.tail(&slot, value)?;
        let (column, end) = self.lines_from(start, tail.end)?;
        Some(Part { position, start, column, slot, end, tail })
    }

    /// Where an entry begins: at its key, or at the key's anchor or tag.
    fn entry_start(&self, key: usize) -> Option<usize> {
        let line = self.scan.line_start(key);
        let before = self.scan.slice(line..key);
        let mut properties = before.trim_start_matches([' ', '-']);
        let start = key.checked_sub(properties.len())?;
        while let Some(rest) = properties.strip_prefix(['&', '!']) {
            properties = rest.split_once(' ')?.1.trim_start_matches(' ');
        }
        properties.is_empty().then_some(start)
    }

    fn first_dash(&self, node: &Node<'_>) -> Option<usize> {
        let start = node.range.as_range().start;
        if self.scan.from(start).starts_with('-') {
            return Some(start);
        }
        let before = self.scan.slice(self.scan.line_start(start)..start);
        before.rfind('-').and_then(|dash| self.scan.line_start(start).checked_add(dash))
    }

    /// Where a value ends.
    fn tail(&self, slot: &Slot, node: &Node<'_>) -> Option<Tail> {
        if let Some(header) = &slot.header {
            return Some(Tail { end: slot.value.end, scalar: Some(header.clone()) });
        }
        if !self.is_block(node) {
            return Some(Tail { end: slot.value.end.max(slot.properties_end), scalar: None });
        }
        self.end_of_block(node)
    }

    fn end_of_block(&self, node: &Node<'_>) -> Option<Tail> {
        // What the tree does not hold (a merge key, a key that is no text) still ends the block.
        let least = self.scan.trimmed(node.range.as_range().end);
        let parts = self.block_parts(node)?;
        let tail = parts.last().map(|part| part.tail.clone());
        Some(tail.filter(|tail| tail.end >= least).unwrap_or(Tail { end: least, scalar: None }))
    }

    /// Makes sure that a block is nothing but its parts: merge keys are in no part.
    fn whole(&self, node: &Node<'_>, parts: &[Part]) -> Option<()> {
        let range = node.range.as_range();
        let (first, last) = (parts.first()?, parts.last()?);
        let between = parts.windows(2).all(|pair| matches!(pair, [a, b] if self.scan.next_content(a.end) >= b.start));
        let inside = first.start <= range.start && self.scan.trimmed(range.end) <= last.end;
        (between && inside && node.entries().iter().all(|entry| !entry.merged)).then_some(())
    }
}

/// Whether a block will end as it does now, but for what is added to the block itself.
fn tail_stays(node: &Node<'_>, plan: &Plan) -> bool {
    let last = match &node.value {
        Value::Map(entries) => entries.iter().enumerate().rfind(|(_, entry)| !entry.merged).map(|(last, entry)| (last, &entry.value)),
        Value::List(items) => items.iter().enumerate().next_back(),
        _ => None,
    };
    let Some((last, node)) = last else { return true };
    match plan.children.get(&last) {
        _ if plan.goes(last) => false,
        Some(child) => child.plan.set.is_none() && child.plan.added.is_empty() && tail_stays(node, &child.plan),
        None => true,
    }
}
