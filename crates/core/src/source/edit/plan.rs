//! What is to become of each node, gathered from all changes before a byte of text is looked at.
//!
//! Only so can several changes work together: ten inserts below one missing map become one map,
//! and the last entry of a map knows that all others go too.

use alloc::borrow::Cow;

use super::super::{Entry, Node, TextRange, Value};
use crate::finding::{Change, Segment};
use crate::map::Map;
use crate::prelude::*;

/// What is to become of one node of the tree.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The value that comes in place of the old one; then nothing else counts.
    pub set: Option<Value<'static>>,
    /// What is to become of the node's entries or items, by their position in the tree.
    pub children: Map<usize, Child>,
    /// What is added at the end: entries of a map have a key, items of a list have none.
    pub added: Vec<Added>,
}

/// What is to become of one entry or item.
#[derive(Debug, Default)]
pub(super) struct Child {
    /// Whether it stays.
    pub fate: Fate,
    /// Its new key.
    pub renamed: Option<String>,
    /// What is to become of its value.
    pub plan: Plan,
}

/// Whether an entry or item stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Fate {
    /// It stays.
    #[default]
    Stays,
    /// It goes, as it was asked for.
    Goes,
    /// It was to go, but something new has come under its key, and takes its place.
    Replaced,
}

/// A new entry or item.
#[derive(Debug)]
pub(super) struct Added {
    /// Its key, in a map.
    pub key: Option<String>,
    /// Its value.
    pub value: Value<'static>,
}

impl Plan {
    /// Whether nothing happens to the node.
    pub fn is_empty(&self) -> bool {
        self.set.is_none() && self.children.is_empty() && self.added.is_empty()
    }

    /// Whether the entry or item at a position goes.
    pub fn goes(&self, position: usize) -> bool {
        self.children.get(&position).is_some_and(|child| child.fate == Fate::Goes)
    }

    fn child(&mut self, position: usize) -> Option<&mut Child> {
        self.children.or_default(position)
    }
}

/// Plans all changes but the bare edits of text; nothing if one of them cannot be made.
pub(super) fn plan(root: &Node<'_>, changes: &[Change]) -> Option<Plan> {
    let mut plan = Plan::default();
    for change in changes {
        match change {
            Change::Set { path, value } => set(root, &mut plan, path.segments(), value)?,
            Change::Insert { path, value } => insert(root, &mut plan, path.segments(), value.clone())?,
            Change::Remove { path, occurrence } => remove(root, &mut plan, path.segments(), *occurrence)?,
            Change::Rename { path, to } => rename(root, &mut plan, path.segments(), to)?,
            Change::Edit(_) => {}
        }
    }
    Some(plan)
}

fn set(node: &Node<'_>, plan: &mut Plan, steps: &[Segment], value: &Value<'static>) -> Option<()> {
    let Some((step, rest)) = steps.split_first() else {
        *plan = Plan { set: Some(value.clone()), ..Plan::default() };
        return Some(());
    };
    let (position, node) = existing(node, plan, step)?;
    set(node, &mut plan.child(position)?.plan, rest, value)
}

fn rename(node: &Node<'_>, plan: &mut Plan, steps: &[Segment], to: &str) -> Option<()> {
    let (step, rest) = steps.split_first()?;
    let (position, child) = existing(node, plan, step)?;
    if !rest.is_empty() {
        return rename(child, &mut plan.child(position)?.plan, rest, to);
    }
    let Segment::Key(key) = step else { return None };
    // Of a key that is given twice, the other one would come to count.
    let taken =
        key != to && names(node, plan).any(|(_, name)| name == to) || plan.added.iter().any(|added| added.key.as_deref() == Some(to));
    if taken {
        return None;
    }
    plan.child(position)?.renamed = Some(to.to_owned());
    Some(())
}

fn remove(node: &Node<'_>, plan: &mut Plan, steps: &[Segment], occurrence: Option<usize>) -> Option<()> {
    let (step, rest) = steps.split_first()?;
    if !rest.is_empty() {
        let (position, node) = existing(node, plan, step)?;
        return remove(node, &mut plan.child(position)?.plan, rest, occurrence);
    }
    if plan.set.is_some() || node.alias {
        return None;
    }
    let position = match step {
        Segment::Index(index) => node.items().get(*index).map(|_| *index)?,
        Segment::Key(key) => {
            let mut same = node.entries().iter().enumerate().filter(|(_, entry)| entry.key == *key);
            let (position, entry) = match occurrence {
                Some(occurrence) => same.nth(occurrence)?,
                None => same.next_back()?,
            };
            if entry.merged {
                return None;
            }
            position
        }
    };
    // Which one would be meant, the old or the new?
    if plan.child(position)?.fate == Fate::Replaced {
        return None;
    }
    *plan.child(position)? = Child { fate: Fate::Goes, ..Child::default() };
    Some(())
}

fn insert(node: &Node<'_>, plan: &mut Plan, steps: &[Segment], value: Value<'static>) -> Option<()> {
    if let Some(set) = &mut plan.set {
        return insert_into(set, steps, value);
    }
    let Some((step, rest)) = steps.split_first() else {
        if !node.is_null() {
            return None;
        }
        plan.set = Some(value);
        return Some(());
    };
    if node.alias {
        return None;
    }
    match (&node.value, step) {
        (Value::Null, _) => {
            plan.set = Some(built(steps, value)?);
            Some(())
        }
        (Value::Map(_), Segment::Key(key)) => {
            if let Some((position, child)) = existing(node, plan, step) {
                return insert(child, &mut plan.child(position)?.plan, rest, value);
            }
            if let Some(added) = plan.added.iter_mut().find(|added| added.key.as_deref() == Some(key.as_ref())) {
                return insert_into(&mut added.value, rest, value);
            }
            // What goes and comes back under the same key keeps its place.
            let gone = node.entries().iter().enumerate().rev().find(|(position, entry)| entry.key == *key && plan.goes(*position));
            if let Some((position, _)) = gone {
                let new = Plan { set: Some(built(rest, value)?), ..Plan::default() };
                *plan.child(position)? = Child { fate: Fate::Replaced, renamed: None, plan: new };
                return Some(());
            }
            if node.entries().iter().any(|entry| entry.key == *key) {
                return None;
            }
            plan.added.push(Added { key: Some(key.to_string()), value: built(rest, value)? });
            Some(())
        }
        (Value::List(items), Segment::Index(index)) => {
            if let Some(item) = items.get(*index) {
                let child = plan.child(*index)?;
                return if child.fate == Fate::Goes { None } else { insert(item, &mut child.plan, rest, value) };
            }
            append(items.len(), &mut plan.added, *index, rest, value)
        }
        _ => None,
    }
}

fn append(length: usize, added: &mut Vec<Added>, index: usize, rest: &[Segment], value: Value<'static>) -> Option<()> {
    // An index that an earlier insert has filled reaches into that item; the list's own length
    // always appends, because that is what every rule sees as the end.
    let past = index.checked_sub(length)?;
    if !rest.is_empty()
        && let Some(item) = added.get_mut(past)
    {
        return insert_into(&mut item.value, rest, value);
    }
    if past > added.len() {
        return None;
    }
    added.push(Added { key: None, value: built(rest, value)? });
    Some(())
}

/// The entry or item that a step leads to, if it is written here and stays.
fn existing<'n, 'a>(node: &'n Node<'a>, plan: &Plan, step: &Segment) -> Option<(usize, &'n Node<'a>)> {
    if plan.set.is_some() || node.alias {
        return None;
    }
    match step {
        Segment::Index(index) => node.items().get(*index).filter(|_| !plan.goes(*index)).map(|item| (*index, item)),
        Segment::Key(key) => {
            let entries = || node.entries().iter().enumerate().rev().filter(|(position, _)| !plan.goes(*position));
            let (position, entry) = entries().find(|(_, entry)| entry.key == *key).or_else(|| {
                entries()
                    .find(|(position, _)| plan.children.get(position).is_some_and(|child| child.renamed.as_deref() == Some(key.as_ref())))
            })?;
            (!entry.merged).then_some((position, &entry.value))
        }
    }
}

/// The entries of a map that stay, under the names that they will have.
fn names<'n>(node: &'n Node<'_>, plan: &'n Plan) -> impl Iterator<Item = (usize, &'n str)> {
    node.entries().iter().enumerate().filter(|(position, _)| !plan.goes(*position)).map(|(position, entry)| {
        let renamed = plan.children.get(&position).and_then(|child| child.renamed.as_deref());
        (position, renamed.unwrap_or(&entry.key))
    })
}

/// Inserts into a value that is itself new.
fn insert_into(node: &mut Value<'static>, steps: &[Segment], value: Value<'static>) -> Option<()> {
    let Some((step, rest)) = steps.split_first() else {
        if !matches!(node, Value::Null) {
            return None;
        }
        *node = value;
        return Some(());
    };
    match (&mut *node, step) {
        (Value::Null, _) => *node = built(steps, value)?,
        (Value::Map(entries), Segment::Key(key)) => match entries.iter_mut().rev().find(|entry| entry.key == *key) {
            Some(entry) => return insert_into(&mut entry.value.value, rest, value),
            None => entries.push(new_entry(key.to_string(), built(rest, value)?)),
        },
        (Value::List(items), Segment::Index(index)) => {
            let length = items.len();
            match items.get_mut(*index) {
                Some(item) => return insert_into(&mut item.value, rest, value),
                None if *index == length => items.push(new_node(built(rest, value)?)),
                None => return None,
            }
        }
        _ => return None,
    }
    Some(())
}

/// A value below maps that are still to be made.
fn built(steps: &[Segment], value: Value<'static>) -> Option<Value<'static>> {
    steps.iter().rev().try_fold(value, |value, step| match step {
        Segment::Key(key) => Some(Value::Map(vec![new_entry(key.to_string(), value)])),
        Segment::Index(0) => Some(Value::List(vec![new_node(value)])),
        Segment::Index(_) => None,
    })
}

fn new_node(value: Value<'static>) -> Node<'static> {
    Node::new(value, TextRange::default())
}

fn new_entry(key: String, value: Value<'static>) -> Entry<'static> {
    Entry { key: Cow::Owned(key), key_range: TextRange::default(), merged: false, value: new_node(value) }
}

/// A node's value once its plan is carried out.
pub(super) fn outcome(node: &Node<'_>, plan: &Plan) -> Value<'static> {
    if let Some(value) = &plan.set {
        return value.clone();
    }
    let nothing = Plan::default();
    let below = |position: usize| plan.children.get(&position).map_or(&nothing, |child| &child.plan);
    match &node.value {
        Value::Map(entries) => {
            let mut map: Vec<Entry<'static>> = Vec::new();
            for (position, name) in names(node, plan) {
                let Some(entry) = entries.get(position) else { continue };
                map.push(new_entry(name.to_owned(), outcome(&entry.value, below(position))));
            }
            map.extend(plan.added.iter().filter_map(|added| Some(new_entry(added.key.clone()?, added.value.clone()))));
            Value::Map(map)
        }
        Value::List(items) => {
            let kept = items.iter().enumerate().filter(|(position, _)| !plan.goes(*position));
            let mut list: Vec<Node<'static>> = kept.map(|(position, item)| new_node(outcome(item, below(position)))).collect();
            list.extend(plan.added.iter().map(|added| new_node(added.value.clone())));
            Value::List(list)
        }
        other => other.clone().into_owned(),
    }
}
