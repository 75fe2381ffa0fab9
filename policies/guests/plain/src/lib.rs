//! A policy by waPC's guest crate alone, for tests and measurements: its expression is compiled when it
//! starts, so that a host that starts beforehand need not wait for it again.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use regex::Regex;
use serde_json::{Value, json};
use wapc_guest::prelude::*;

static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[a-z]([a-z0-9]|-[a-z0-9])*$").expect("it is one"));
static CALLS: AtomicU32 = AtomicU32::new(0);

/// Begins.
#[unsafe(no_mangle)]
pub extern "C" fn wapc_init() {
    LazyLock::force(&NAME);
    register_function("validate", validate);
    register_function("validate_settings", |_| Ok(br#"{"valid":true}"#.to_vec()));
    register_function("protocol_version", |_| Ok(br#""v1""#.to_vec()));
}

fn validate(payload: &[u8]) -> CallResult {
    let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    let question: Value = serde_json::from_slice(payload)?;
    let object = &question["request"]["object"];
    let spec = &object["spec"];
    let word = |key: &str| spec[key].as_str().unwrap_or_default();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let mut wrong = Vec::new();
    if calls > 1 {
        wrong.push(format!("call {calls} of one instance"));
    }
    if !NAME.is_match(name) {
        wrong.push(format!("`{name}` is no name"));
    }
    if !word("apiServer").starts_with("https://") {
        wrong.push("the API server is no `https` address".to_owned());
    }
    if word("usage") == "worker" && word("workerType").is_empty() {
        wrong.push("a worker has a type".to_owned());
    }
    let answer = if wrong.is_empty() { json!({"accepted": true}) } else { json!({"accepted": false, "message": wrong.join("; ")}) };
    Ok(serde_json::to_vec(&answer)?)
}
