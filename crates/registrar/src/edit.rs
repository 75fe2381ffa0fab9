//! Files are edited, not rewritten: what others wrote in them, comments and the order stay.

use clearance_core::finding::{Change, Path};
use clearance_core::source::{self, Fault, FaultKind, Format, Limits, Node, SyntaxFault, Value};

/// A file's text that says what is wanted. `owns` tells what is ours alone, so that it goes where it
/// is not wanted any more.
pub(crate) fn updated(old: &str, wanted: &Node<'_>, owns: &dyn Fn(&Path) -> bool) -> Option<String> {
    let root = read(old)?;
    let mut changes = Vec::new();
    differ(&root, wanted, &Path::root(), owns, &mut changes);
    edited(old, &root, &changes)
}

/// A text after some changes; nothing where they cannot be made in it.
pub(crate) fn edited(old: &str, root: &Node<'_>, changes: &[Change]) -> Option<String> {
    if changes.is_empty() {
        return Some(old.to_owned());
    }
    source::edits(old, Format::Yaml, root, changes).and_then(|edits| source::apply(old, &edits))
}

/// The tree of a file with one document; nothing where it has a fault or holds more than one.
pub(crate) fn read(text: &str) -> Option<Node<'_>> {
    let mut documents = source::read(text, Format::Yaml, &Limits::default());
    let only = documents.pop().filter(|_| documents.is_empty())?;
    let is_broken = |fault: &Fault| match &fault.kind {
        FaultKind::Syntax(fault) => *fault != SyntaxFault::Empty,
        FaultKind::AmbiguousScalar(_) | FaultKind::CommentInJson | FaultKind::TrailingComma => false,
        _ => true,
    };
    (!only.faults.iter().any(is_broken)).then_some(only.root)
}

fn differ(old: &Node<'_>, new: &Node<'_>, path: &Path, owns: &dyn Fn(&Path) -> bool, changes: &mut Vec<Change>) {
    let (Value::Map(_), Value::Map(_)) = (&old.value, &new.value) else {
        if serde_json::to_value(old).ok() != serde_json::to_value(new).ok() {
            changes.push(Change::Set { path: path.clone(), value: new.clone().into_owned().value });
        }
        return;
    };
    for entry in new.entries() {
        let below = path.clone().key(entry.key.clone().into_owned());
        match old.get(&entry.key) {
            Some(there) if !there.is_null() || entry.value.is_null() => differ(there, &entry.value, &below, owns, changes),
            _ => changes.push(Change::Insert { path: below, value: entry.value.clone().into_owned().value }),
        }
    }
    for entry in old.entries().iter().filter(|entry| new.get(&entry.key).is_none()) {
        let below = path.clone().key(entry.key.clone().into_owned());
        if owns(&below) {
            changes.push(Change::Remove { path: below, occurrence: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_stays() {
        let old = "# ours\nkind: Cluster\nmetadata:\n  name: a # the first\n  labels: {team: x}\nspec:\n  b: '1'\n  gone: true\n  a: [1]\n";
        let new = read("kind: Cluster\nmetadata: {name: a}\nspec: {a: [1, 2], b: '1', c: new}\n").expect("it can be read");
        let owns = |path: &Path| path.starts_with(&Path::of("spec"));
        let text = updated(old, &new, &owns).expect("it can be edited");
        insta::assert_snapshot!(text, @r"
        # ours
        kind: Cluster
        metadata:
          name: a # the first
          labels: {team: x}
        spec:
          b: '1'
          a: [1, 2]
          c: new
        ");
        assert_eq!(updated(&text, &new, &owns).as_deref(), Some(text.as_str()), "the second time nothing changes");
    }
}
