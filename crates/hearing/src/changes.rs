//! What a policy changes, as changes to paths.

use clearance_core::Change;
use clearance_core::finding::Path;
use clearance_core::source::{Node, Value};

use crate::prelude::*;

/// The changes that make the one resource of the other.
pub(crate) fn between(before: &Node<'_>, after: &Node<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(before, after, &Path::root(), &mut changes);
    changes
}

fn compare(before: &Node<'_>, after: &Node<'_>, path: &Path, changes: &mut Vec<Change>) {
    if let (Value::Map(_), Value::Map(_)) = (&before.value, &after.value) {
        for entry in before.in_force(true).filter(|entry| after.get(&entry.key).is_none()) {
            // A field that is null and one that is not there are the same.
            if !entry.value.is_null() {
                changes.push(Change::Remove { path: path.clone().key(entry.key.clone().into_owned()), occurrence: None });
            }
        }
        for entry in after.in_force(false) {
            let path = path.clone().key(entry.key.clone().into_owned());
            match before.get(&entry.key).filter(|node| !node.is_null()) {
                Some(before) => compare(before, &entry.value, &path, changes),
                None if entry.value.is_null() => {}
                None => changes.push(Change::Insert { path, value: entry.value.value.clone().into_owned() }),
            }
        }
    } else if !before.value.same(&after.value) {
        changes.push(Change::Set { path: path.clone(), value: after.value.clone().into_owned() });
    }
}
