//! Collections in brackets: all of JSON, and flow collections in YAML.

use core::ops::Range;

use super::super::{Format, Node, Value};
use super::Writer;
use super::plan::Plan;
use super::render::{Flow, Quotes, map_of};
use super::scan::Slot;
use crate::prelude::*;
use crate::sort::sort_by;
use crate::text::{has, is_letter, joined};

/// A collection in brackets.
#[derive(Debug)]
struct Brackets {
    /// After the opening bracket.
    open: usize,
    /// Before the closing one.
    close: usize,
    /// Its entries or items, with anchors and tags before them.
    parts: Vec<Range<usize>>,
    /// What stands before each part, and behind the last.
    gaps: Vec<Gap>,
    /// The comments between the parts.
    comments: Vec<Range<usize>>,
}

#[derive(Debug, Default)]
struct Gap {
    commas: Vec<Comma>,
}

/// A comma, written or about to be written by a given edit.
#[derive(Debug, Clone, Copy)]
struct Comma {
    at: usize,
    edit: Option<usize>,
}

impl Comma {
    fn end(self) -> usize {
        if self.edit.is_some() { self.at } else { self.at.saturating_add(1) }
    }
}

impl Writer<'_> {
    /// Replaces a value in JSON or inside brackets of YAML. `start` is where its entry or item begins.
    pub(super) fn set_in_flow(&mut self, node: &Node<'_>, slot: &Slot, value: &Value<'_>, start: usize, bare: bool, style: Flow) {
        let old = self.scan.slice(slot.value.clone());
        let text = match value {
            Value::String(text) if self.scan.format == Format::Yaml && !style.json => Quotes::of(old).write(text),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => style.inline(value),
            Value::List(_) | Value::Map(_) => {
                let was_full = !node.items().is_empty() || !node.entries().is_empty();
                let lines = if was_full { has(old, b'\n') } else { self.scan.first_on_line(start) };
                if lines && self.scan.format == Format::Json {
                    style.pretty(value, self.scan.indent(start), &self.layout)
                } else {
                    style.inline(value)
                }
            }
        };
        self.drop_tags(slot);
        if !slot.is_empty() {
            let text = self.kept_apart(&slot.value, text);
            self.pieces.replace(slot.value.clone(), text);
        } else if bare {
            self.pieces.insert(slot.properties_end, format!(": {text}"));
        } else {
            self.pieces.insert(slot.properties_end, format!(" {text}"));
        }
    }

    /// Where commas are missing, two values may touch, which not all values can do.
    fn kept_apart(&self, place: &Range<usize>, text: String) -> String {
        if self.scan.format == Format::Yaml {
            return text;
        }
        let touches = |c: char| is_letter(c) || matches!(c, '"' | '\'' | '$' | '-' | '{' | '[');
        let touched = |c: char| is_letter(c) || matches!(c, '"' | '\'' | '}' | ']');
        let before = self.scan.slice(0..place.start).ends_with(touched);
        let after = self.scan.from(place.end).starts_with(touches);
        format!("{}{text}{}", if before { " " } else { "" }, if after { " " } else { "" })
    }

    /// Carries out the plan of a collection in brackets.
    pub(super) fn brackets(&mut self, node: &Node<'_>, plan: &Plan, style: Flow) -> Option<()> {
        let style = self.style(node, style);
        let brackets = self.read_brackets(node);
        for (position, child) in &plan.children {
            if plan.goes(*position) {
                self.not_shared_in(brackets.as_ref()?.parts.get(*position)?.clone())?;
                continue;
            }
            let (slot, start, value, bare) = match &node.value {
                Value::Map(entries) => {
                    let entry = entries.get(*position)?;
                    if let Some(name) = &child.renamed {
                        self.rename(entry, name, style.json);
                    }
                    let (slot, bare) = self.entry_slot(entry.key_range.as_range().end, &entry.value, false);
                    (slot, entry.key_range.as_range().start, &entry.value, bare)
                }
                Value::List(items) => {
                    let item = items.get(*position)?;
                    let part = brackets.as_ref().and_then(|brackets| brackets.parts.get(*position));
                    let after = part.map_or(item.range.as_range().start, |part| part.start);
                    (self.scan.slot(after, item, false), item.range.as_range().start, item, false)
                }
                _ => return None,
            };
            self.flow_value(value, &child.plan, &slot, start, bare, style)?;
        }
        let removes = plan.children.keys().any(|position| plan.goes(*position));
        if !removes && plan.added.is_empty() {
            return Some(());
        }
        let brackets = brackets?;
        let added: Vec<(Option<&str>, &Value<'_>)> = plan.added.iter().map(|added| (added.key.as_deref(), &added.value)).collect();
        self.structure(&brackets, |part| plan.goes(part), &added, style);
        Some(())
    }

    fn flow_value(&mut self, node: &Node<'_>, plan: &Plan, slot: &Slot, start: usize, bare: bool, style: Flow) -> Option<()> {
        if plan.is_empty() {
            return Some(());
        }
        self.not_shared(slot, plan.set.is_some())?;
        if let Some(value) = &plan.set {
            self.set_in_flow(node, slot, value, start, bare, style);
            return Some(());
        }
        // An empty map that gets entries may need lines of its own, which its entry knows about.
        if self.scan.format == Format::Json && node.entries().is_empty() && node.items().is_empty() && self.is_blank_inside(slot) {
            self.set_in_flow(node, slot, &new_collection(node, plan), start, bare, style);
            return Some(());
        }
        if !self.scan.in_brackets(node) {
            return None;
        }
        self.brackets(node, plan, style)
    }

    /// Whether nothing but blanks stands between two brackets.
    pub(super) fn is_blank_inside(&self, slot: &Slot) -> bool {
        let mut inside = self.scan.slice(slot.value.clone()).chars();
        let brackets = (inside.next(), inside.next_back());
        matches!(brackets, (Some('{'), Some('}')) | (Some('['), Some(']'))) && inside.all(char::is_whitespace)
    }

    /// Finds all that stands between two brackets; nothing if some of it is neither part, comma nor comment.
    fn read_brackets(&self, node: &Node<'_>) -> Option<Brackets> {
        let range = node.range.as_range();
        let open = range.start.checked_add(1)?;
        let close = range.end.checked_sub(1)?;
        let is_list = matches!(node.value, Value::List(_));
        let pair = (self.scan.from(range.start).chars().next()?, self.scan.from(close).chars().next()?);
        if pair != (if is_list { ('[', ']') } else { ('{', '}') }) || close < open {
            return None;
        }
        let mut brackets = Brackets { open, close, parts: Vec::new(), gaps: Vec::new(), comments: Vec::new() };
        let mut at = open;
        if is_list {
            for item in node.items() {
                let start = self.read_gap(at..item.range.as_range().start, &mut brackets)?;
                let slot = self.scan.slot(start, item, false);
                at = slot.value.end.max(slot.properties_end);
                brackets.parts.push(start..at);
            }
        } else {
            for entry in node.entries() {
                if entry.merged {
                    return None;
                }
                let key = entry.key_range.as_range();
                let start = self.read_gap(at..key.start, &mut brackets)?;
                let (slot, _) = self.entry_slot(key.end, &entry.value, false);
                at = slot.value.end.max(slot.properties_end);
                brackets.parts.push(start..at);
            }
        }
        let end = self.read_gap(at..close, &mut brackets)?;
        (end == close).then_some(brackets)
    }

    fn read_gap(&self, range: Range<usize>, brackets: &mut Brackets) -> Option<usize> {
        if range.start > range.end {
            return None;
        }
        let gap = self.scan.gap(range.clone())?;
        let written = gap.commas.iter().filter(|at| !self.edited_away(**at)).map(|at| Comma { at: *at, edit: None });
        let given = self.given_commas(&range).map(|(edit, at)| Comma { at, edit: Some(edit) });
        let mut commas: Vec<Comma> = written.chain(given).collect();
        sort_by(&mut commas, |a, b| a.at.cmp(&b.at));
        brackets.gaps.push(Gap { commas });
        brackets.comments.extend(gap.comments);
        Some(gap.properties)
    }

    /// Removes and adds parts, and sees to it that there is one comma between any two that stay.
    fn structure(&mut self, brackets: &Brackets, goes: impl Fn(usize) -> bool, added: &[(Option<&str>, &Value<'_>)], style: Flow) {
        let parts = &brackets.parts;
        let mut stays: Vec<usize> = (0..parts.len()).filter(|part| !goes(*part)).collect();
        if stays.is_empty() && added.is_empty() {
            // A comment behind a part on its line goes with it.
            let behind =
                |part: &Range<usize>, comment: &Range<usize>| part.end <= comment.start && self.scan.same_line(part.end, comment.start);
            let comments_stay = brackets.comments.iter().any(|comment| !parts.iter().any(|part| behind(part, comment)));
            let commas: Vec<&Comma> = brackets.gaps.iter().flat_map(|gap| &gap.commas).collect();
            if comments_stay {
                self.remove_parts(brackets, parts.clone(), &commas);
            } else {
                self.drop_commas(&commas);
                self.pieces.remove(brackets.open..brackets.close);
            }
            return;
        }
        // Where nothing stays, the first part gives its place to what is new.
        let replaced = stays.is_empty().then(|| parts.first()).flatten();
        if replaced.is_some() {
            stays.push(0);
        }
        self.thin_out(brackets, &stays, replaced.is_none() && !added.is_empty());
        if added.is_empty() {
            return;
        }
        let Some(model) = parts.last() else {
            self.fill(brackets, added, style);
            return;
        };
        let own_lines = self.scan.first_on_line(model.start);
        let mut indent = self.scan.indent(model.start).to_owned();
        if let Some(first) = replaced {
            let text = self.joined(added, own_lines, &indent, style);
            self.pieces.replace(first.clone(), text);
            return;
        }
        let Some((last, part)) = stays.last().and_then(|last| Some((*last, parts.get(*last)?))) else { return };
        let comma = brackets.gaps.get(last.saturating_add(1)).and_then(|gap| gap.commas.first());
        let mut at = if let Some(comma) = comma.filter(|comma| comma.edit.is_none()) {
            comma.end()
        } else {
            // One that a given edit would write would come behind what is new.
            self.drop_commas(comma.as_slice());
            self.insert_comma(part.end);
            part.end
        };
        let comment = self.comment_behind(at);
        if let Some(end) = comment {
            at = end;
        }
        // Behind a comment there is no room on the same line.
        let own_lines = if own_lines || comment.is_none() {
            own_lines
        } else {
            indent = format!("{}{}", self.scan.indent(brackets.open), self.layout.unit);
            true
        };
        let mut text = self.joined(added, own_lines, &indent, style);
        // YAML allows a comma behind the last part, and who wrote one wants another.
        let last_of_all = last.saturating_add(1) == parts.len();
        if last_of_all && comma.is_some_and(|comma| comma.edit.is_none()) && self.scan.format == Format::Yaml {
            text.push(',');
        }
        let before = if own_lines { format!("{}{indent}", self.layout.eol) } else { style.comma().trim_start_matches(',').to_owned() };
        self.pieces.insert(at, before + &text);
    }

    /// The end of a comment that follows on the same line.
    fn comment_behind(&self, at: usize) -> Option<usize> {
        self.scan.comment(self.scan.blank_end(at))
    }

    /// New parts with commas between them.
    fn joined(&self, added: &[(Option<&str>, &Value<'_>)], own_lines: bool, indent: &str, style: Flow) -> String {
        let pretty = own_lines && self.scan.format == Format::Json;
        let parts: Vec<String> = added
            .iter()
            .map(|(key, value)| {
                let key = key.map(|key| style.key(key)).unwrap_or_default();
                key + &if pretty { style.pretty(value, indent, &self.layout) } else { style.inline(value) }
            })
            .collect();
        let eol = self.layout.eol;
        joined(&parts, &if own_lines { format!(",{eol}{indent}") } else { style.comma().to_owned() })
    }

    /// Adds to a collection that has no parts.
    fn fill(&mut self, brackets: &Brackets, added: &[(Option<&str>, &Value<'_>)], style: Flow) {
        let outer = self.scan.indent(brackets.open);
        let indent = format!("{outer}{}", self.layout.unit);
        let eol = self.layout.eol;
        match brackets.comments.last() {
            Some(comment) => {
                let text = format!("{eol}{indent}{}", self.joined(added, true, &indent, style));
                self.pieces.insert(comment.end, text);
            }
            None if self.scan.format == Format::Json => {
                let text = format!("{eol}{indent}{}{eol}{outer}", self.joined(added, true, &indent, style));
                self.pieces.replace(brackets.open..brackets.close, text);
            }
            None => {
                let text = self.joined(added, false, "", style);
                self.pieces.replace(brackets.open..brackets.close, text);
            }
        }
    }

    /// Removes the parts that go and the commas that are then too many.
    fn thin_out(&mut self, brackets: &Brackets, stays: &[usize], more_to_come: bool) {
        let mut parts = Vec::new();
        let mut commas: Vec<&Comma> = Vec::new();
        let befores = core::iter::once(None).chain(stays.iter().copied().map(Some));
        let afters = stays.iter().copied().map(Some).chain([None]);
        for (before, after) in befores.zip(afters) {
            let first = before.map_or(0, |before| before.saturating_add(1));
            let end = after.unwrap_or(brackets.parts.len());
            let Some(going) = brackets.parts.get(first..end).filter(|going| !going.is_empty()) else { continue };
            parts.extend(going.iter().cloned());
            // Before the first part of all there is no comma that counts.
            let from = if before.is_some() { first } else { first.saturating_add(1) };
            let gaps = brackets.gaps.get(from..=end).unwrap_or_default();
            let found: Vec<&Comma> = gaps.iter().flat_map(|gap| &gap.commas).collect();
            let keep = match (before, after) {
                (Some(before), Some(after)) => self.comma_to_keep(brackets, before, after, gaps, &found),
                (Some(_), None) if more_to_come => gaps.first().and_then(|gap| gap.commas.first()).map(|comma| comma.at),
                _ => None,
            };
            commas.extend(found.into_iter().filter(|comma| Some(comma.at) != keep));
        }
        self.remove_parts(brackets, parts, &commas);
    }

    /// Which of the commas between two parts that stay is to stay as well.
    fn comma_to_keep(&mut self, brackets: &Brackets, before: usize, after: usize, gaps: &[Gap], found: &[&Comma]) -> Option<usize> {
        let (before, after) = (brackets.parts.get(before)?, brackets.parts.get(after)?);
        let (first, last) = (found.first()?, found.last()?);
        // Some write commas at the beginning of lines.
        let leads = !self.scan.same_line(before.end, first.at) && self.scan.same_line(last.at, after.start);
        if leads && last.edit.is_none() {
            return Some(last.at);
        }
        if gaps.first().is_none_or(|gap| gap.commas.is_empty()) {
            // The comma was missing, and the one that could take its place stands elsewhere.
            self.insert_comma(before.end);
            return None;
        }
        Some(first.at)
    }

    fn remove_parts(&mut self, brackets: &Brackets, parts: Vec<Range<usize>>, commas: &[&Comma]) {
        self.drop_commas(commas);
        let mut ranges: Vec<(Range<usize>, bool)> = parts.into_iter().map(|part| (part, true)).collect();
        ranges.extend(commas.iter().filter(|comma| comma.edit.is_none()).map(|comma| (comma.at..comma.end(), false)));
        sort_by(&mut ranges, |(a, _), (b, _)| a.start.cmp(&b.start));
        let mut joined: Vec<(Range<usize>, bool)> = Vec::new();
        for (range, is_part) in ranges {
            match joined.last_mut() {
                Some((last, any_part)) if self.scan.blank_end(last.end) == range.start => {
                    last.end = range.end;
                    *any_part |= is_part;
                }
                _ => joined.push((range, is_part)),
            }
        }
        for (range, is_part) in joined {
            let range = self.with_blanks(range, is_part, brackets);
            self.pieces.remove(range);
        }
    }

    /// What goes, with the blanks and line ends that would be left over.
    fn with_blanks(&self, range: Range<usize>, is_part: bool, brackets: &Brackets) -> Range<usize> {
        let next = self.scan.blank_end(range.end);
        let starts_line = self.scan.first_on_line(range.start) && self.scan.line_start(range.start) >= brackets.open;
        let ends_line = self.scan.ends_line(next);
        let comment = self.scan.comment(next).is_some();
        if starts_line && (ends_line || (comment && is_part)) && self.scan.content_end(range.end).is_some() {
            return self.scan.line_start(range.start)..self.scan.next_line(range.end);
        }
        if starts_line && next == brackets.close {
            // The closing bracket moves up, unless a comment would swallow it, or a colon.
            let before = self.scan.trimmed(range.start);
            let swallowed = self.behind_colon(before) || brackets.comments.iter().any(|comment| comment.end == before);
            return if swallowed { range } else { before..range.end };
        }
        if !starts_line && (ends_line || next == brackets.close || self.scan.from(next).starts_with(',')) {
            let start = self.scan.blank_start(range.start);
            let kept = usize::from(start < range.start && self.behind_colon(start));
            return start.saturating_add(kept)..range.end;
        }
        if comment && !starts_line {
            return range;
        }
        range.start..next
    }

    fn insert_comma(&mut self, at: usize) {
        self.pieces.insert(at, if self.behind_colon(at) { " ," } else { "," });
    }

    /// Whether a place follows the colon of a key without a value. A bracket or comma there would make the colon a part of
    /// the key.
    fn behind_colon(&self, at: usize) -> bool {
        self.scan.text.get(..at).is_some_and(|before| before.ends_with(':'))
    }

    /// Forgets given edits that would write commas which are not wanted any more.
    fn drop_commas(&mut self, commas: &[&Comma]) {
        for edit in commas.iter().filter_map(|comma| comma.edit) {
            if let Some(unwanted) = self.unwanted.get_mut(edit) {
                *unwanted = true;
            }
        }
    }

    /// How the parts of a collection are written.
    fn style(&self, node: &Node<'_>, outer: Flow) -> Flow {
        let mut style = outer;
        if let Some(entry) = node.entries().iter().rfind(|entry| !entry.merged) {
            let key = entry.key_range.as_range();
            if self.scan.format == Format::Yaml {
                style.json = self.scan.from(key.start).starts_with('"');
            } else if let Some(colon) = self.scan.colon(key.end) {
                style.compact = !self.scan.from(colon).starts_with([' ', '\t', '\n', '\r']);
            }
        } else if let [.., before, last] = node.items()
            && self.scan.format == Format::Json
        {
            let between = self.scan.slice(before.range.as_range().end..last.range.as_range().start);
            style.compact = between == ",";
        } else if let Some(item) = node.items().last()
            && matches!(item.value, Value::String(_))
            && self.scan.format == Format::Yaml
        {
            style.json = item.range.of(self.scan.text).starts_with('"');
        }
        style
    }
}

/// An empty map or list with all that a plan adds to it.
pub(super) fn new_collection(node: &Node<'_>, plan: &Plan) -> Value<'static> {
    match node.value {
        Value::List(_) => {
            Value::List(plan.added.iter().map(|added| Node::new(added.value.clone(), super::super::TextRange::default())).collect())
        }
        _ => map_of(plan.added.iter().filter_map(|added| Some((added.key.clone()?, added.value.clone())))),
    }
}
