//! The model's JSON Schema (draft 7), for code generation and for whoever validates without us.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::prelude::*;

/// The schema of a part of the model, with everything inlined.
#[must_use]
pub fn of<T: JsonSchema>() -> Value {
    let mut generator = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut schema = generator.root_schema_for::<T>().to_value();
    flatten(&mut schema);
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
    }
    schema
}

/// `anyOf [X, null]` and `type: [X, null]` become X: `null` counts as absent, and a union hides
/// unknown names from whoever validates.
fn flatten(schema: &mut Value) {
    if let Value::Object(object) = schema {
        if let Some(Value::Array(options)) = object.get("anyOf").cloned()
            && let Some(Value::Object(inner)) = options.into_iter().find(|option| option.get("type").is_none_or(|kind| kind != "null"))
        {
            object.remove("anyOf");
            for (key, value) in inner {
                object.entry(key).or_insert(value);
            }
        }
        if let Some(Value::Array(types)) = object.get("type").cloned()
            && let Some(only) = types.into_iter().find(|kind| kind != "null")
        {
            object.insert("type".to_owned(), only);
        }
        if let Some(Value::Array(words)) = object.get_mut("enum") {
            words.retain(|word| !word.is_null());
        }
        object.remove("default");
        object.values_mut().for_each(flatten);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(flatten);
    }
}
