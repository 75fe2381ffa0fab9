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
            let place = |key: &str| shape.fields().iter().position(|field| field.name == key).unwrap_or(usize::MAX);
            entries.sort_by_key(|entry| place(&entry.key));
            for entry in &mut entries {
                if let Some(shape) = shape.at(&entry.key) {
                    let value = core::mem::replace(&mut entry.value.value, Value::Null);
                    entry.value.value = ordered(value, shape);
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
