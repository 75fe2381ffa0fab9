//! Whether a policy's settings will do: by its module's schema, and by its own word.

use serde::Deserialize;

use crate::module::Module;
use crate::{Access, Bounds, Call, Callable as _, Failure, cut};

/// What a policy answers to the question whether its settings will do.
#[derive(Debug, Deserialize)]
struct Settings {
    valid: bool,
    #[serde(default)]
    message: Option<String>,
}

/// What is wrong with settings, and where in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// A JSON Pointer.
    pub pointer: String,
    pub what: String,
}

/// How many faults of settings are told.
const MOST_WRONG: usize = 20;

impl Module {
    /// Whether settings (JSON) will do: by the module's schema, and by its own word.
    pub fn check_settings(&self, settings: &str, bounds: Bounds) -> Result<(), Vec<String>> {
        let wrong: Vec<String> = self.wrong_settings(settings, bounds).into_iter().map(|wrong| wrong.what).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    pub(crate) fn wrong_settings(&self, settings: &str, bounds: Bounds) -> Vec<Wrong> {
        let value: serde_json::Value = match serde_json::from_str(settings) {
            Ok(value) => value,
            Err(error) => return vec![Wrong { pointer: String::new(), what: format!("they are no JSON: {error}") }],
        };
        if let Some(validator) = self.schema().and_then(|schema| jsonschema::validator_for(schema).ok()) {
            let wrong = |error: jsonschema::ValidationError<'_>| {
                let pointer = error.instance_path().as_str().to_owned();
                let at = if pointer.is_empty() { String::new() } else { format!("`{pointer}`: ") };
                Wrong { what: cut(format!("{at}{error}")), pointer }
            };
            let wrong: Vec<Wrong> = validator.iter_errors(&value).take(MOST_WRONG).map(wrong).collect();
            if !wrong.is_empty() {
                return wrong;
            }
        }
        let call = Call { operation: "validate_settings", payload: settings.as_bytes().to_vec(), bounds, access: Access::default() };
        let what = match self.call(call).response {
            Ok(answer) => match serde_json::from_slice::<Settings>(&answer) {
                Ok(Settings { valid: true, .. }) => return Vec::new(),
                Ok(Settings { message, .. }) => message.unwrap_or_else(|| "it does not accept them".to_owned()),
                Err(error) => format!("its answer about them cannot be understood: {error}"),
            },
            // Who has nothing to say of settings takes any.
            Err(Failure::Refused(why)) if why.starts_with("No handler registered") => return Vec::new(),
            Err(failure) => failure.to_string(),
        };
        vec![Wrong { pointer: String::new(), what: cut(what) }]
    }
}
