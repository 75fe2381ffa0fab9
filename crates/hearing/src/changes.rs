//! What a policy changes, as changes to paths.

use clearance_core::Change;
use clearance_core::finding::Path;
use clearance_core::source::{ByKey, Node, Value};

use crate::prelude::*;

/// The changes that make the one resource of the other; nothing where they are more than `most`.
pub(crate) fn between(before: &Node<'_>, after: &Node<'_>, most: usize) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    compare(before, after, &Path::root(), most, &mut changes);
    (changes.len() <= most).then_some(changes)
}

fn compare(before: &Node<'_>, after: &Node<'_>, path: &Path, most: usize, changes: &mut Vec<Change>) {
    if let (Value::Map(earlier), Value::Map(later)) = (&before.value, &after.value) {
        let (earlier, later) = (ByKey::of(earlier), ByKey::of(later));
        for entry in before.in_force(true).filter(|entry| later.get(&entry.key).is_none()) {
            // A field that is null and one that is not there are the same.
            if !entry.value.is_null() && changes.len() <= most {
                changes.push(Change::Remove { path: path.clone().key(entry.key.clone().into_owned()), occurrence: None });
            }
        }
        for entry in after.in_force(false) {
            if changes.len() > most {
                return;
            }
            let path = path.clone().key(entry.key.clone().into_owned());
            match earlier.get(&entry.key).filter(|node| !node.is_null()) {
                Some(before) => compare(before, &entry.value, &path, most, changes),
                None if entry.value.is_null() => {}
                None => changes.push(Change::Insert { path, value: entry.value.value.clone().into_owned() }),
            }
        }
    } else if !before.value.same(&after.value) {
        changes.push(Change::Set { path: path.clone(), value: after.value.clone().into_owned() });
    }
}
