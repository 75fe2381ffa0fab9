//! Changes made to a tree, and told as JSON Patch.

use crate::finding::{Change, Path, Segment};
use crate::prelude::*;
use crate::source::{Entry, Node, TextRange, Value};

/// One operation of a JSON Patch (RFC 6902).
#[derive(Debug, Clone, PartialEq)]
pub enum Patch {
    /// `add`
    Add {
        /// JSON Pointer.
        pointer: String,
        /// What is added.
        value: Value<'static>,
    },
    /// `remove`
    Remove {
        /// JSON Pointer.
        pointer: String,
    },
}

/// Makes insertions and removals in a resource's tree. What cannot be made, or has no place in a
/// resource (`vcluster`, `kubeconfig`), is left out.
pub fn apply(root: &mut Node<'static>, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Insert { path, value } | Change::Set { path, value } if is_in_resource(path) => insert(root, path.segments(), value),
            Change::Remove { path, .. } if is_in_resource(path) => remove(root, path.segments()),
            _ => {}
        }
    }
}

fn insert(node: &mut Node<'static>, path: &[Segment], value: &Value<'static>) {
    match path {
        [] => node.value = value.clone(),
        [Segment::Key(key), rest @ ..] => {
            if node.is_null() {
                node.value = Value::Map(Vec::new());
            }
            let Value::Map(entries) = &mut node.value else { return };
            if let Some(entry) = entries.iter_mut().rev().find(|entry| entry.key == *key) {
                insert(&mut entry.value, rest, value);
                return;
            }
            let mut child = Node::new(Value::Null, TextRange::default());
            insert(&mut child, rest, value);
            entries.push(Entry { key: key.clone(), key_range: TextRange::default(), merged: false, value: child });
        }
        [Segment::Index(index), rest @ ..] => {
            if let Value::List(items) = &mut node.value
                && let Some(item) = items.get_mut(*index)
            {
                insert(item, rest, value);
            }
        }
    }
}

fn remove(node: &mut Node<'static>, path: &[Segment]) {
    let ([Segment::Key(key), rest @ ..], Value::Map(entries)) = (path, &mut node.value) else { return };
    if rest.is_empty() {
        entries.retain(|entry| entry.key != *key);
    } else if let Some(entry) = entries.iter_mut().rev().find(|entry| entry.key == *key) {
        remove(&mut entry.value, rest);
    }
}

/// The JSON Patch that makes insertions, replacements and removals in a resource. Paths outside the resource
/// (`vcluster`, `kubeconfig`) are left out: the resource has no place for them.
#[must_use]
pub fn json_patch(root: &Node<'_>, changes: &[Change]) -> Vec<Patch> {
    // Each insertion below something missing becomes part of one `add` of the topmost missing thing.
    let mut added: Vec<(Path, Node<'static>)> = Vec::new();
    let mut patch = Vec::new();
    for change in changes {
        match change {
            // `add` replaces what is there.
            Change::Insert { path, value } | Change::Set { path, value } if is_in_resource(path) => {
                let depth = existing(root, path.segments());
                let top: Path = path.segments().iter().take(depth.saturating_add(1)).cloned().collect();
                let rest = path.segments().get(depth.saturating_add(1)..).unwrap_or_default();
                match added.iter_mut().find(|(other, _)| *other == top) {
                    Some((_, node)) => insert(node, rest, value),
                    None => {
                        let mut node = Node::new(Value::Null, TextRange::default());
                        insert(&mut node, rest, value);
                        added.push((top, node));
                    }
                }
            }
            Change::Remove { path, .. } if is_in_resource(path) => patch.push(Patch::Remove { pointer: path.to_pointer() }),
            _ => {}
        }
    }
    let added = added.into_iter().map(|(path, node)| Patch::Add { pointer: path.to_pointer(), value: node.value });
    // What is added never lies below what is removed, so the order does not matter; additions read better first.
    added.chain(patch).collect()
}

fn is_in_resource(path: &Path) -> bool {
    !matches!(path.segments().first(), Some(Segment::Key(key)) if key == "kubeconfig" || key == "vcluster")
}

/// How many steps of a path are there already, and hold something.
fn existing(root: &Node<'_>, path: &[Segment]) -> usize {
    let mut node = root;
    for (depth, segment) in path.iter().enumerate() {
        let Segment::Key(key) = segment else { return depth };
        match node.get(key).filter(|next| !next.is_null()) {
            Some(next) => node = next,
            None => return depth,
        }
    }
    path.len()
}
