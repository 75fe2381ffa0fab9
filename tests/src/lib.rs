//! What crosses doors: a corpus of cases, and a harness that takes every case through every door.
//!
//! A case says what is expected, not how to call it. A door says what it can see.

pub mod case;
pub mod controlplane;
pub mod door;
pub mod generate;
pub mod kubernetes_yaml;
pub mod observed;
mod program;
pub mod servers;
pub mod tenant;

pub use case::Case;
pub use door::Door;
pub use observed::Observed;

/// Takes out what is `null`: it counts as absent. In a list it is a value, and a wrong one.
pub fn strip_nulls(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(entries) => {
            entries.retain(|_, value| !value.is_null());
            entries.values_mut().for_each(strip_nulls);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}
