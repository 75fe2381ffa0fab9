//! From changes of paths to edits of the text.
//!
//! First all changes together become one plan over the tree ([`plan`]), then the plan is carried out
//! node by node: in brackets ([`flow`]) or in lines ([`block`]). What the tree does not know, such as
//! commas and comments, is read from the text around the nodes ([`scan`]). All that stands elsewhere
//! keeps every byte.

mod block;
mod flow;
mod pieces;
mod plan;
mod proof;
mod render;
mod scan;
#[cfg(test)]
mod tests;

use core::ops::Range;

use super::{Entry, Format, Node, TextEdit, Value};
use crate::finding::Change;
use crate::prelude::*;
use crate::sort::sort_by;
use crate::text::find;
use block::Owner;
use pieces::Pieces;
use render::{Flow, Layout, Quotes};
pub(crate) use render::{plain_or_quoted, quoted};
use scan::{Scan, Slot};

/// Turns changes into edits of the text that the tree was read from, in order and without overlaps.
///
/// The paths are those of this very tree; an insert may also lead below what an earlier one inserts.
/// Nothing comes back if one of the changes cannot be made: its path leads nowhere, or through an
/// alias or merge key; what is to be inserted is there already; an alias elsewhere stands for what is
/// to change; two changes contradict each other; or the text is too odd there to be edited safely.
#[must_use]
pub fn edits(text: &str, format: Format, root: &Node<'_>, changes: &[Change]) -> Option<Vec<TextEdit>> {
    let plan = plan::plan(root, changes)?;
    let edits = planned(text, format, root, changes, &plan)?;
    let scan = Scan { text, format };
    // Bare edits alone are made by the readers, which know what they do.
    (plan.is_empty() || proof::holds(scan, &scan.document(root), root, &plan, &edits)).then_some(edits)
}

/// The edits before the last look at them.
fn planned(text: &str, format: Format, root: &Node<'_>, changes: &[Change], plan: &plan::Plan) -> Option<Vec<TextEdit>> {
    let scan = Scan { text, format };
    let given: Vec<&TextEdit> =
        changes.iter().filter_map(|change| if let Change::Edit(edits) = change { Some(edits) } else { None }).flatten().collect();
    let layout = layout(scan, root);
    let document = scan.document(root);
    let mut writer = Writer {
        scan,
        pieces: Pieces::new(scan, layout.eol),
        layout,
        unwanted: vec![false; given.len()],
        given,
        aliases: alias_names(scan, &document),
        document,
    };
    writer.root(root, plan)?;
    writer.finish()
}

/// Carries edits out; nothing if one lies outside the text or inside a character, or if two overlap.
#[must_use]
pub fn apply(text: &str, edits: &[TextEdit]) -> Option<String> {
    let mut in_order: Vec<&TextEdit> = edits.iter().collect();
    sort_by(&mut in_order, |a, b| a.range.cmp(&b.range));
    let mut edited = String::with_capacity(text.len());
    let mut at = 0;
    for edit in in_order {
        let range = edit.range.as_range();
        text.get(range.clone())?;
        // An edit that begins before the last one ends makes no range here.
        edited.push_str(text.get(at..range.start)?);
        edited.push_str(&edit.text);
        at = range.end;
    }
    edited.push_str(text.get(at..)?);
    Some(edited)
}

/// Carries out a plan.
struct Writer<'t> {
    scan: Scan<'t>,
    layout: Layout,
    pieces: Pieces<'t>,
    /// Edits that are taken as they are.
    given: Vec<&'t TextEdit>,
    /// Which of them a planned change makes needless.
    unwanted: Vec<bool>,
    /// The part of the text that holds the document.
    document: Range<usize>,
    /// The names that aliases in the document use.
    aliases: Vec<&'t str>,
}

impl Writer<'_> {
    fn root(&mut self, root: &Node<'_>, plan: &plan::Plan) -> Option<()> {
        if plan.is_empty() {
            return Some(());
        }
        let range = root.range.as_range();
        let mut slot = self.scan.slot(range.start, root, false);
        let is_collection = matches!(root.value, Value::Map(_) | Value::List(_));
        if slot.is_empty() {
            let at = self.end_of_empty_text(range.start)?;
            slot = self.scan.slot(at, root, false);
        } else if !is_collection && self.scan.format == Format::Yaml {
            self.is_simple_root(range.start)?;
        }
        match self.scan.format {
            Format::Yaml => {
                // What is shared with other places can be changed at all of them only.
                let before = self.scan.slice(self.document.start..range.start);
                if self.aliases.iter().any(|name| find(before, &format!("&{name}")).is_some()) {
                    return None;
                }
                self.block_value(root, plan, &slot, Owner::Root)
            }
            Format::Json if slot.is_empty() => {
                let value = plan.set.as_ref()?;
                let text = Flow::JSON.pretty(value, "", &self.layout);
                self.pieces.lines(slot.after, text);
                Some(())
            }
            Format::Json => match &plan.set {
                Some(value) => {
                    self.set_in_flow(root, &slot, value, range.start, false, Flow::JSON);
                    Some(())
                }
                None => self.brackets(root, plan, Flow::JSON),
            },
        }
    }

    /// Where the first value of an empty text is put: at its end, below all comments.
    fn end_of_empty_text(&self, start: usize) -> Option<usize> {
        let length = self.scan.text.len();
        let bom = self.scan.line_start(0);
        let mut at = self.scan.next_content(start.max(bom));
        if self.scan.format == Format::Yaml && self.scan.from(at).starts_with("---") {
            at = self.scan.next_content(at.saturating_add(3));
        }
        (at == length).then_some(length)
    }

    /// Whether nothing on the line before belongs to a root that is a scalar.
    fn is_simple_root(&self, start: usize) -> Option<()> {
        let before = self.scan.slice(self.scan.line_start(0)..start).trim_end();
        let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
        let properties = line.strip_prefix("---").unwrap_or(line).trim_start();
        (!properties.starts_with(['|', '>', '&', '!'])).then_some(())
    }

    /// The place of an entry's value, and whether the key has no colon.
    fn entry_slot(&self, key_end: usize, value: &Node<'_>, in_block: bool) -> (Slot, bool) {
        match self.scan.colon(key_end) {
            Some(after) => (self.scan.slot(after, value, in_block), false),
            None => (self.scan.slot(key_end, value, in_block), true),
        }
    }

    fn rename(&mut self, entry: &Entry<'_>, name: &str, json: bool) {
        let key = entry.key_range.as_range();
        let text = if json || self.scan.format == Format::Json {
            render::quoted(name)
        } else {
            Quotes::of(self.scan.slice(key.clone())).write(name)
        };
        self.pieces.replace(key, text);
    }

    /// A tag says how the old value was to be read.
    fn drop_tags(&mut self, slot: &Slot) {
        for tag in &slot.tags {
            let start = self.scan.blank_start(tag.start).max(slot.after);
            let behind = if start == tag.start && !slot.is_empty() { self.scan.blank_end(tag.end) } else { tag.end };
            self.pieces.remove(start..behind);
        }
    }

    /// Makes sure that no alias stands for a node that is about to change: the change would show at
    /// other places as well. With `all`, the node is about to go altogether.
    fn not_shared(&self, slot: &Slot, all: bool) -> Option<()> {
        let named = slot.anchors.iter().any(|anchor| self.aliases.contains(&self.scan.slice(anchor.clone())));
        if named {
            return None;
        }
        if all { self.not_shared_in(slot.value.clone()) } else { Some(()) }
    }

    /// The same for all that stands in a range.
    fn not_shared_in(&self, range: Range<usize>) -> Option<()> {
        let text = self.scan.slice(range);
        (!self.aliases.iter().any(|name| find(text, &format!("&{name}")).is_some())).then_some(())
    }

    /// Whether a given edit takes away or replaces the byte at an offset.
    fn edited_away(&self, at: usize) -> bool {
        self.given.iter().any(|edit| edit.range.as_range().contains(&at))
    }

    /// Commas that given edits put into a range.
    fn given_commas(&self, range: &Range<usize>) -> impl Iterator<Item = (usize, usize)> {
        let inside =
            |edit: &TextEdit| edit.range.start == edit.range.end && (range.start..=range.end).contains(&(edit.range.start as usize));
        let commas = self.given.iter().enumerate().filter(move |(_, edit)| edit.text.trim() == "," && inside(edit));
        commas.map(|(index, edit)| (index, edit.range.start as usize))
    }

    fn finish(mut self) -> Option<Vec<TextEdit>> {
        for (edit, unwanted) in self.given.iter().zip(&self.unwanted) {
            if !unwanted {
                self.pieces.give(edit);
            }
        }
        self.pieces.finish()
    }
}

/// The names that aliases use. A `*` inside of a text may be taken for one, which does no harm.
fn alias_names<'t>(scan: Scan<'t>, document: &Range<usize>) -> Vec<&'t str> {
    if scan.format == Format::Json {
        return Vec::new();
    }
    let text = scan.slice(document.clone());
    let stars = text.match_indices('*').filter(|(at, _)| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| c.is_whitespace() || matches!(c, '[' | '{' | ',' | ':'))
    });
    let names = stars.filter_map(|(at, star)| {
        let rest = text.get(at.saturating_add(star.len())..)?;
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}'));
        rest.get(..end.unwrap_or(rest.len())).filter(|name| !name.is_empty())
    });
    names.collect()
}

/// Looks at how the text is laid out.
fn layout(scan: Scan<'_>, root: &Node<'_>) -> Layout {
    let mut found = Found::default();
    look(scan, root, None, &mut found);
    Layout {
        eol: scan.eol(),
        unit: found.unit.unwrap_or_else(|| "  ".to_owned()),
        step: found.step.unwrap_or(2),
        list_step: found.list_step.unwrap_or(2),
    }
}

/// What is known of the layout so far: the first of each kind counts.
#[derive(Default)]
struct Found {
    unit: Option<String>,
    step: Option<usize>,
    list_step: Option<usize>,
}

impl Found {
    fn all(&self, scan: Scan<'_>) -> bool {
        match scan.format {
            Format::Json => self.unit.is_some(),
            Format::Yaml => self.unit.is_some() && self.step.is_some() && self.list_step.is_some(),
        }
    }
}

/// Looks for the layout in a node that is the value of a key, if it is, at the offset `key`.
fn look(scan: Scan<'_>, node: &Node<'_>, key: Option<usize>, found: &mut Found) {
    if node.alias || found.all(scan) {
        return;
    }
    let start = node.range.as_range().start;
    let first = match &node.value {
        Value::Map(entries) => entries.iter().find(|entry| !entry.merged).map(|entry| entry.key_range.as_range().start),
        Value::List(items) if scan.in_brackets(node) => items.first().map(|item| item.range.as_range().start),
        Value::List(_) => Some(start),
        _ => return,
    };
    let mut unit = None;
    if let Some(first) = first {
        if scan.in_brackets(node) {
            if scan.first_on_line(first) {
                unit = scan.indent(first).strip_prefix(scan.indent(start)).filter(|unit| !unit.is_empty());
            }
        } else if let Some(key) = key {
            let column = |at: usize| at.saturating_sub(scan.line_start(at));
            let first =
                if matches!(node.value, Value::List(_)) { scan.line_start(first).saturating_add(scan.indent(first).len()) } else { first };
            let step = column(first).checked_sub(column(key));
            match node.value {
                Value::List(_) if found.list_step.is_none() => found.list_step = step,
                Value::Map(_) if found.step.is_none() => found.step = step.filter(|step| *step > 0),
                _ => {}
            }
        }
    }
    for entry in node.entries().iter().filter(|entry| !entry.merged) {
        look(scan, &entry.value, Some(entry.key_range.as_range().start), found);
    }
    for item in node.items() {
        look(scan, item, None, found);
    }
    // The deepest level tells most of what goes below others: the first one may be indented as the text was pasted.
    if found.unit.is_none() {
        found.unit = unit.map(str::to_owned);
    }
}
