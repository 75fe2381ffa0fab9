//! Changes made to a tree, and told as JSON Patch.

use crate::finding::{Change, Path, Segment};
use crate::prelude::*;
use crate::source::{ByKey, Entry, Node, TextRange, Value};

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
    // Most objects come filled in.
    if changes.is_empty() {
        return Vec::new();
    }
    let mut after = root.clone().into_owned();
    apply(&mut after, changes);
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    compare(root, &after, &Path::root(), &mut added, &mut removed);
    // Nothing that is added lies below what is removed, so the order does not matter; additions read better first.
    added.append(&mut removed);
    added
}

/// The operations that make the one tree of the other: of what is missing the topmost is added, and what is there replaced.
fn compare(before: &Node<'_>, after: &Node<'static>, path: &Path, added: &mut Vec<Patch>, removed: &mut Vec<Patch>) {
    if let (Value::Map(earlier), Value::Map(later)) = (&before.value, &after.value) {
        let (earlier, later) = (ByKey::of(earlier), ByKey::of(later));
        for entry in after.in_force(true) {
            let path = path.clone().key(entry.key.clone());
            match earlier.get(&entry.key) {
                Some(before) => compare(before, &entry.value, &path, added, removed),
                None => added.push(Patch::Add { pointer: path.to_pointer(), value: entry.value.value.clone() }),
            }
        }
        for entry in before.in_force(true).filter(|entry| later.get(&entry.key).is_none()) {
            removed.push(Patch::Remove { pointer: path.clone().key(entry.key.clone().into_owned()).to_pointer() });
        }
    } else if !before.value.same(&after.value) {
        added.push(Patch::Add { pointer: path.to_pointer(), value: after.value.clone() });
    }
}

fn is_in_resource(path: &Path) -> bool {
    !matches!(path.segments().first(), Some(Segment::Key(key)) if key == "kubeconfig" || key == "vcluster")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &'static str) -> Value<'static> {
        Value::String(text.into())
    }

    fn insert_at(path: &'static str, value: &'static str) -> Change {
        Change::Insert { path: Path::of(path), value: text(value) }
    }

    fn remove_at(path: &'static str) -> Change {
        Change::Remove { path: Path::of(path), occurrence: None }
    }

    fn map(entries: Vec<(&'static str, Value<'static>)>) -> Value<'static> {
        let entry = |(key, value): (&'static str, _)| Entry {
            key: key.into(),
            key_range: TextRange::default(),
            merged: false,
            value: Node::new(value, TextRange::default()),
        };
        Value::Map(entries.into_iter().map(entry).collect())
    }

    /// Whether something stands at a path, be it null.
    fn is_there(root: &Node<'_>, path: &[Segment]) -> bool {
        let mut node = root;
        for segment in path {
            let Segment::Key(key) = segment else { return false };
            match node.get(key) {
                Some(next) => node = next,
                None => return false,
            }
        }
        true
    }

    /// The object after a patch, as an API server makes it.
    fn patched(mut root: Node<'static>, patch: &[Patch]) -> Node<'static> {
        let path = |pointer: &str| pointer.split('/').skip(1).map(|key| Segment::Key(key.to_owned().into())).collect::<Path>();
        for operation in patch {
            match operation {
                Patch::Add { pointer, value } => {
                    let path = path(pointer);
                    let (_, above) = path.segments().split_last().expect("the root is not added");
                    assert!(is_there(&root, above), "nothing is above {pointer}");
                    remove(&mut root, path.segments());
                    insert(&mut root, path.segments(), value);
                }
                Patch::Remove { pointer } => {
                    assert!(is_there(&root, path(pointer).segments()), "nothing is at {pointer}");
                    remove(&mut root, path(pointer).segments());
                }
            }
        }
        root
    }

    #[test]
    fn a_patch_does_what_the_changes_do() {
        let spec = map(vec![("null", Value::Null), ("a", text("old")), ("map", map(vec![("x", text("x")), ("null", Value::Null)]))]);
        let root = Node::new(map(vec![("spec", spec)]), TextRange::default());
        let all = [
            insert_at("spec.null", "new"),
            insert_at("spec.null.below", "new"),
            insert_at("spec.new.below", "new"),
            insert_at("spec.new.beside", "new"),
            insert_at("spec.map.new", "new"),
            remove_at("spec.null"),
            remove_at("spec.new"),
            remove_at("spec.new.below"),
            remove_at("spec.map"),
            remove_at("spec.map.x"),
            remove_at("spec.map.null"),
            Change::Set { path: Path::of("spec.a"), value: text("set") },
            Change::Set { path: Path::of("spec.map"), value: map(vec![("y", text("y"))]) },
        ];
        let mut cases: Vec<Vec<Change>> = Vec::new();
        for first in &all {
            for second in &all {
                for third in &all {
                    cases.push(vec![first.clone(), second.clone(), third.clone()]);
                }
            }
        }
        for changes in cases {
            let mut applied = root.clone();
            apply(&mut applied, &changes);
            let patched = patched(root.clone(), &json_patch(&root, &changes));
            assert!(applied.value.same(&patched.value), "{changes:?}: {applied:?} is not {patched:?}");
        }
    }
}
