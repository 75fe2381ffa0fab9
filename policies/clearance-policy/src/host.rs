//! What a policy can ask its host. Each needs to be granted by the configuration (`capabilities`).

use serde_json::Value;

/// All clusters that the host knows, as resources. Needs the capability `clusters`.
pub fn clusters() -> Result<Vec<Value>, String> {
    let wanted = serde_json::json!({"api_version": "nautes.resource.nautes.io/v1alpha1", "kind": "Cluster"});
    let list = ask("kubewarden", "kubernetes", "list_resources_all", wanted.to_string().as_bytes())?;
    let list: Value = serde_json::from_slice(&list).map_err(|error| error.to_string())?;
    Ok(list["items"].as_array().cloned().unwrap_or_default())
}

#[cfg(target_arch = "wasm32")]
use crate::wapc::ask;

#[cfg(not(target_arch = "wasm32"))]
fn ask(_: &str, _: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, String> {
    Err("there is no host outside of WebAssembly".to_owned())
}

/// Leaves a line in the host's log.
pub fn log(line: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::wapc::log(line);
    #[cfg(not(target_arch = "wasm32"))]
    println!("{line}");
}
