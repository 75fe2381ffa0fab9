//! A resource with its fields in the order of the model.

use clearance_core::model::RESOURCE;
use clearance_core::model::structure::Shape;
use clearance_core::source::{Node, Value};

/// Brings the fields of a resource into the order of the model. Unknown ones come last, and the
/// keys of maps stay as they are.
#[must_use]
pub fn in_order(resource: Value<'static>) -> Value<'static> {
    ordered(resource, &RESOURCE)
}

fn ordered(value: Value<'static>, shape: &'static Shape) -> Value<'static> {
    match value {
        Value::Map(mut entries) => {
            for entry in &mut entries {
                if let Some(shape) = shape.at(&entry.key) {
                    let value = core::mem::replace(&mut entry.value.value, Value::Null);
                    entry.value.value = ordered(value, shape);
                }
            }
            // Each field takes its place in turn: a sort for this type alone would take 6 KB of WebAssembly.
            let mut next = 0;
            for field in shape.fields() {
                while let Some(at) = entries.iter().skip(next).position(|entry| entry.key == field.name) {
                    if let Some(part) = entries.get_mut(next..=next + at) {
                        part.rotate_right(1);
                    }
                    next += 1;
                }
            }
            Value::Map(entries)
        }
        Value::List(items) => {
            let Shape::List(inner) = shape else { return Value::List(items) };
            Value::List(items.into_iter().map(|item| Node { value: ordered(item.value, inner), ..item }).collect())
        }
        other => other,
    }
}
