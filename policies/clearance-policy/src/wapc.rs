//! The guest's side of waPC: the question comes from the host, and the answer goes back.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Policy;
use crate::findings::{Findings, Severity};
use crate::request::{Request, Wire};

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    settings: Value,
    #[serde(default)]
    request: Wire,
}

/// Answers one operation.
pub fn answer<P: Policy>(operation: &[u8], payload: &[u8]) -> Result<Value, String> {
    match operation {
        b"protocol_version" => Ok(json!("v1")),
        b"validate_settings" => {
            Ok(match serde_json::from_slice::<P>(payload).map_err(|error| error.to_string()).and_then(|policy| policy.check()) {
                Ok(()) => json!({"valid": true}),
                Err(why) => json!({"valid": false, "message": why}),
            })
        }
        b"validate" => {
            let question: Question = serde_json::from_slice(payload).map_err(|error| format!("the question cannot be read: {error}"))?;
            let settings = if question.settings.is_null() { json!({}) } else { question.settings };
            let policy = P::deserialize(settings).map_err(|error| format!("the settings cannot be read: {error}"))?;
            let request = Request::from(question.request);
            let mut findings = Findings::default();
            policy.judge(&request, &mut findings);
            let mutated = if findings.refuse() { None } else { policy.mutate(&request) };
            Ok(verdict(&findings, mutated))
        }
        _ => Err(format!("No handler registered for function {}", String::from_utf8_lossy(operation))),
    }
}

/// A verdict: for Clearance the findings, for others message and warnings that say the same.
fn verdict(findings: &Findings, mutated: Option<Value>) -> Value {
    let line = |path: &str, message: &str| if path.is_empty() { message.to_owned() } else { format!("{path}: {message}") };
    let of = |severity| {
        findings
            .iter()
            .filter(move |finding| finding.severity == severity)
            .map(move |finding| line(finding.path.as_str(), &finding.message))
    };
    let errors: Vec<String> = of(Severity::Error).collect();
    let warnings: Vec<String> = of(Severity::Warning).collect();
    let placed =
        findings.iter().map(|finding| json!({"path": finding.path.as_str(), "message": finding.message, "severity": finding.severity}));
    let mut verdict = json!({"accepted": errors.is_empty(), "findings": placed.collect::<Vec<_>>(), "warnings": warnings});
    if !errors.is_empty() {
        verdict["message"] = errors.join("; ").into();
        verdict["code"] = 422.into();
    }
    if let Some(mutated) = mutated {
        verdict["mutated_object"] = mutated;
    }
    verdict
}

#[cfg(target_arch = "wasm32")]
mod exchange {
    use std::sync::Once;

    use crate::Policy;

    #[link(wasm_import_module = "wapc")]
    unsafe extern "C" {
        fn __guest_request(operation: *mut u8, payload: *mut u8);
        fn __guest_response(address: *const u8, length: usize);
        fn __guest_error(address: *const u8, length: usize);
        fn __console_log(address: *const u8, length: usize);
        fn __host_call(
            binding: *const u8,
            binding_length: usize,
            namespace: *const u8,
            namespace_length: usize,
            operation: *const u8,
            operation_length: usize,
            payload: *const u8,
            payload_length: usize,
        ) -> usize;
        fn __host_response_len() -> usize;
        fn __host_response(address: *mut u8);
        fn __host_error_len() -> usize;
        fn __host_error(address: *mut u8);
    }

    /// One call of the host.
    pub fn call<P: Policy>(operation: usize, payload: usize) -> i32 {
        static HOOK: Once = Once::new();
        // The host tells why a policy gave up.
        HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| log(&panic.to_string()))));
        let (mut operation, mut payload) = (vec![0; operation], vec![0; payload]);
        // SAFETY: the host writes exactly the lengths that it has just passed, and the buffers have them.
        unsafe { __guest_request(operation.as_mut_ptr(), payload.as_mut_ptr()) };
        match super::answer::<P>(&operation, &payload) {
            Ok(answer) => {
                let answer = answer.to_string();
                // SAFETY: the host reads the bytes of a live string.
                unsafe { __guest_response(answer.as_ptr(), answer.len()) };
                1
            }
            Err(error) => {
                // SAFETY: as above.
                unsafe { __guest_error(error.as_ptr(), error.len()) };
                0
            }
        }
    }

    pub fn log(line: &str) {
        // SAFETY: the host reads the bytes of a live string.
        unsafe { __console_log(line.as_ptr(), line.len()) };
    }

    pub fn ask(binding: &str, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        // SAFETY: the host reads live bytes, and writes as many as it has just said into a buffer of that length.
        unsafe {
            let good = __host_call(
                binding.as_ptr(),
                binding.len(),
                namespace.as_ptr(),
                namespace.len(),
                operation.as_ptr(),
                operation.len(),
                payload.as_ptr(),
                payload.len(),
            );
            if good == 1 {
                let mut response = vec![0; __host_response_len()];
                __host_response(response.as_mut_ptr());
                Ok(response)
            } else {
                let mut error = vec![0; __host_error_len()];
                __host_error(error.as_mut_ptr());
                Err(String::from_utf8_lossy(&error).into_owned())
            }
        }
    }
}

#[cfg(target_arch = "wasm32")]
pub use exchange::{ask, call, log};
