//! A policy by Kubewarden's own SDK, for tests and measurements: it does what its settings say.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use kubewarden_policy_sdk::request::ValidationRequest;
use kubewarden_policy_sdk::settings::Validatable;
use kubewarden_policy_sdk::{accept_request, mutate_request, protocol_version_guest, reject_request, validate_settings};
use regex::Regex;
use serde::{Deserialize, Serialize};
use wapc_guest::prelude::*;

/// What to do.
#[derive(Debug, Default, Clone, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// `check`, `mutate`, `move`, `log`, `ask`, `count`, `warn`, `fail`.
    act: String,
    /// The domain of `check`.
    domain: String,
}

impl Validatable for Settings {
    fn validate(&self) -> Result<(), String> {
        match self.act.as_str() {
            "" | "check" | "mutate" | "move" | "log" | "ask" | "count" | "warn" | "fail" => Ok(()),
            other => Err(format!("`{other}` is nothing that can be done")),
        }
    }
}

/// A regular expression that is compiled when it is first needed, as policies usually do.
static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[a-z]([a-z0-9]|-[a-z0-9])*$").expect("it is one"));

/// What a guest must not be able to keep from one call to the next.
static CALLS: AtomicU32 = AtomicU32::new(0);

/// Begins.
#[unsafe(no_mangle)]
pub extern "C" fn wapc_init() {
    register_function("validate", validate);
    register_function("validate_settings", validate_settings::<Settings>);
    register_function("protocol_version", protocol_version_guest);
}

fn validate(payload: &[u8]) -> CallResult {
    let request: ValidationRequest<Settings> = ValidationRequest::new(payload)?;
    let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    let mut object = request.request.object;
    match request.settings.act.as_str() {
        "mutate" => {
            object["metadata"]["labels"]["guest"] = "was-here".into();
            mutate_request(object)
        }
        "move" => {
            object["spec"]["hostCluster"] = "elsewhere".into();
            mutate_request(object)
        }
        "log" => {
            console_log("a line for the log");
            accept_request()
        }
        "ask" => match host_call("kubewarden", "kubernetes", "list_resources_all", br#"{"api_version":"v1","kind":"Secret"}"#) {
            Ok(_) => reject_request(Some("it was answered".to_owned()), None, None, None),
            Err(error) => reject_request(Some(format!("it was refused: {error}")), None, None, None),
        },
        "count" => reject_request(Some(format!("call {calls}")), None, None, None),
        "warn" => Ok(serde_json::to_vec(&serde_json::json!({"accepted": true, "warnings": ["take care"]}))?),
        "fail" => Err("something is wrong with it".into()),
        _ => check(&request.settings.domain, &object),
    }
}

fn check(domain: &str, object: &serde_json::Value) -> CallResult {
    let spec = &object["spec"];
    let word = |key: &str| spec[key].as_str().unwrap_or_default();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let mut wrong = Vec::new();
    if !NAME.is_match(name) {
        wrong.push(format!("`{name}` is no name"));
    }
    if !word("apiServer").starts_with("https://") {
        wrong.push("the API server is no `https` address".to_owned());
    }
    if !domain.is_empty() && !word("primaryDomain").ends_with(domain) {
        wrong.push(format!("`{}` is not under `{domain}`", word("primaryDomain")));
    }
    if word("usage") == "worker" && word("workerType").is_empty() {
        wrong.push("a worker has a type".to_owned());
    }
    let components = spec["componentsList"].as_object().into_iter().flatten();
    for (slot, _) in components.filter(|(_, component)| component["namespace"] == "default") {
        wrong.push(format!("`{slot}` is in the namespace `default`"));
    }
    if wrong.is_empty() { accept_request() } else { reject_request(Some(wrong.join("; ")), None, None, None) }
}
