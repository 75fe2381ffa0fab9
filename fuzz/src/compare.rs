//! `serde_json` as the judge of what JSON is.

use clearance_core::source::{FaultKind, Parsed};
use serde_json::Value;

/// A text without faults is JSON to both, and means the same; what is JSON has no faults.
pub(crate) fn with_serde_json(text: &str, parsed: &Parsed<'_>) {
    // A byte order mark is skipped here and refused there.
    let theirs = serde_json::from_str::<Value>(text.strip_prefix('\u{feff}').unwrap_or(text));
    let bounded = parsed.faults.iter().any(|fault| matches!(fault.kind, FaultKind::TooDeep | FaultKind::TooLarge));
    if bounded {
        return;
    }
    match theirs {
        Ok(theirs) => {
            assert!(parsed.faults.is_empty(), "faults in JSON: {:?}", parsed.faults);
            let ours = serde_json::to_value(&parsed.root).expect("JSON");
            assert!(same(&ours, &theirs), "{ours} is not {theirs}");
        }
        // `serde_json` goes no deeper than 128 levels; we note what is deeper than 100.
        Err(error) => assert!(!parsed.faults.is_empty(), "no fault, but {error}"),
    }
}

/// Numbers are compared as floating-point numbers: the last bit may differ.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(ours), Value::Number(theirs)) => match (ours.as_f64(), theirs.as_f64()) {
            (Some(ours), Some(theirs)) => (ours - theirs).abs() <= ours.abs() * 1e-15,
            _ => false,
        },
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len() && ours.iter().all(|(key, value)| theirs.get(key).is_some_and(|other| same(value, other)))
        }
        (ours, theirs) => ours == theirs,
    }
}
