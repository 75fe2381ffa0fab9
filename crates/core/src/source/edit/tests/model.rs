//! What changes mean, told a second time: on values alone, one change after the other.

use super::super::super::{Node, Value};
use crate::finding::{Change, Path, Segment};

/// A value in which what goes leaves a mark, so that paths stay those of the tree as it was.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    Scalar(Value<'static>),
    /// The items, and how many there were in the tree; as many as there are if the list is new.
    List(Vec<Option<Model>>, usize),
    Map(Vec<Slot>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// The key that the tree had, or that an insert gave.
    old: String,
    new: String,
    value: Option<Model>,
}

impl Model {
    pub fn of(value: &Value<'_>) -> Self {
        match value {
            Value::List(items) => Self::List(items.iter().map(|item| Some(Self::of(&item.value))).collect(), items.len()),
            Value::Map(entries) => {
                let slot = |key: &str, value: &Value<'_>| Slot { old: key.to_owned(), new: key.to_owned(), value: Some(Self::of(value)) };
                Self::Map(entries.iter().map(|entry| slot(&entry.key, &entry.value.value)).collect())
            }
            scalar => Self::Scalar(scalar.clone().into_owned()),
        }
    }

    fn new(value: &Value<'_>) -> Self {
        let mut model = Self::of(value);
        model.forget_lengths();
        model
    }

    fn forget_lengths(&mut self) {
        match self {
            Self::Scalar(_) => {}
            Self::List(items, length) => {
                *length = usize::MAX;
                items.iter_mut().flatten().for_each(Self::forget_lengths);
            }
            Self::Map(slots) => slots.iter_mut().filter_map(|slot| slot.value.as_mut()).for_each(Self::forget_lengths),
        }
    }

    /// The value as text in which the order of different keys does not show.
    pub fn told(&self) -> String {
        match self {
            Self::Scalar(value) => format!("{value:?}"),
            Self::List(items, _) => format!("[{}]", items.iter().flatten().map(Self::told).collect::<Vec<_>>().join(",")),
            Self::Map(slots) => {
                let mut entries: Vec<(&str, String)> =
                    slots.iter().filter_map(|slot| Some((&*slot.new, slot.value.as_ref()?.told()))).collect();
                entries.sort_by_key(|(key, _)| *key);
                format!("{entries:?}")
            }
        }
    }

    fn at(&mut self, steps: &[Segment]) -> Option<&mut Option<Self>> {
        let (step, rest) = steps.split_first()?;
        let child = match (self, step) {
            (Self::List(items, _), Segment::Index(index)) => items.get_mut(*index)?,
            (Self::Map(slots), Segment::Key(key)) => {
                let named = |slot: &&Slot| slot.value.is_some() && slot.old == *key;
                let renamed = |slot: &&Slot| slot.value.is_some() && slot.new == *key;
                let slot = slots.iter().rev().find(named).or_else(|| slots.iter().rev().find(renamed))?;
                let at = slots.iter().position(|other| std::ptr::eq(other, slot))?;
                &mut slots[at].value
            }
            _ => return None,
        };
        if rest.is_empty() { Some(child) } else { child.as_mut()?.at(rest) }
    }

    pub fn apply(&mut self, change: &Change) -> Option<()> {
        match change {
            Change::Set { path, value } if path.segments().is_empty() => *self = Self::new(value),
            Change::Set { path, value } => {
                let place = self.at(path.segments())?;
                place.as_ref()?;
                *place = Some(Self::new(value));
            }
            Change::Insert { path, value } => self.insert(path.segments(), Self::new(value))?,
            Change::Remove { path, occurrence } => {
                let place = self.place(path, *occurrence)?;
                *place = None;
            }
            Change::Rename { path, to } => {
                let (parent, key) = self.parent(path)?;
                let (Self::Map(slots), Segment::Key(key)) = (parent, key) else { return None };
                if key != to && slots.iter().any(|slot| slot.value.is_some() && slot.new == *to) {
                    return None;
                }
                let named = slots.iter().rposition(|slot| slot.value.is_some() && slot.old == *key);
                let at = named.or_else(|| slots.iter().rposition(|slot| slot.value.is_some() && slot.new == *key))?;
                slots[at].new.clone_from(to);
            }
            Change::Edit(_) => {}
        }
        Some(())
    }

    fn parent<'p>(&mut self, path: &'p Path) -> Option<(&mut Self, &'p Segment)> {
        let (last, above) = path.segments().split_last()?;
        let parent = if above.is_empty() { self } else { self.at(above)?.as_mut()? };
        Some((parent, last))
    }

    fn place(&mut self, path: &Path, occurrence: Option<usize>) -> Option<&mut Option<Self>> {
        let (parent, step) = self.parent(path)?;
        match (parent, step) {
            (Self::List(items, length), Segment::Index(index)) if index < length => items.get_mut(*index),
            (Self::Map(slots), Segment::Key(key)) => {
                let mut same: Vec<&mut Slot> = slots.iter_mut().filter(|slot| slot.old == *key).collect();
                let index = occurrence.or(same.len().checked_sub(1))?;
                (index < same.len()).then(|| &mut same.swap_remove(index).value)
            }
            _ => None,
        }
    }

    fn insert(&mut self, steps: &[Segment], value: Self) -> Option<()> {
        if matches!(self, Self::Scalar(Value::Null)) {
            *self = steps.iter().rev().try_fold(value, |value, step| match step {
                Segment::Key(key) => Some(Self::Map(vec![Slot { old: key.to_string(), new: key.to_string(), value: Some(value) }])),
                Segment::Index(0) => Some(Self::List(vec![Some(value)], usize::MAX)),
                Segment::Index(_) => None,
            })?;
            return Some(());
        }
        let (step, rest) = steps.split_first()?;
        match (self, step) {
            (Self::Map(slots), Segment::Key(key)) => {
                if let Some(slot) = slots.iter_mut().rev().find(|slot| slot.value.is_some() && slot.old == *key) {
                    return slot.value.as_mut()?.insert(rest, value);
                }
                if let Some(slot) = slots.iter_mut().rev().find(|slot| slot.value.is_some() && slot.new == *key) {
                    return slot.value.as_mut()?.insert(rest, value);
                }
                let mut new = Self::Scalar(Value::Null);
                new.insert(rest, value)?;
                slots.push(Slot { old: key.to_string(), new: key.to_string(), value: Some(new) });
            }
            (Self::List(items, length), Segment::Index(index)) => {
                if let Some(item) = items.get_mut(*index)
                    && (*index < *length || !rest.is_empty())
                {
                    return item.as_mut()?.insert(rest, value);
                }
                if (*index < *length && *length < usize::MAX) || *index > items.len() {
                    return None;
                }
                let mut new = Self::Scalar(Value::Null);
                new.insert(rest, value)?;
                items.push(Some(new));
            }
            _ => return None,
        }
        Some(())
    }
}

/// All paths in a tree, and the nodes that they lead to.
pub fn paths<'n, 'a>(node: &'n Node<'a>, path: &Path, into: &mut Vec<(Path, &'n Node<'a>)>) {
    into.push((path.clone(), node));
    for entry in node.entries() {
        paths(&entry.value, &path.clone().key(entry.key.to_string()), into);
    }
    for (index, item) in node.items().iter().enumerate() {
        paths(item, &path.clone().index(index), into);
    }
}
