//! A tree as whatever serde writes, usually JSON.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::tree::overridden;
use super::{Node, Value, float};

/// A map holds each key once, with its last value, as Kubernetes takes it.
impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Number(text) => number(text, serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => {
                let overridden = overridden(entries);
                let mut map = serializer.serialize_map(None)?;
                for (index, entry) in entries.iter().enumerate() {
                    if overridden.binary_search(&index).is_err() {
                        map.serialize_entry(&entry.key, &entry.value)?;
                    }
                }
                map.end()
            }
        }
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// A whole number as such where 64 bits hold it; anything else as a floating-point number.
fn number<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if let Ok(number) = text.parse::<i64>() {
        return serializer.serialize_i64(number);
    }
    if let Ok(number) = text.parse::<u64>() {
        return serializer.serialize_u64(number);
    }
    match float::parse(text) {
        Some(number) => serializer.serialize_f64(number),
        None => serializer.serialize_str(text),
    }
}
