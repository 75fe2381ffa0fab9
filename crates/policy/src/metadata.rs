//! What a module says of itself: Kubewarden's metadata, and the schema of its settings.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Unusable;

/// The custom section of Kubewarden's metadata.
pub(crate) const SECTION: &str = "io.kubewarden.metadata";
/// The custom section that holds a JSON Schema of the settings; Kubewarden knows none.
pub(crate) const SCHEMA: &str = "io.clearance.settings";

/// Kubewarden's metadata, as `kwctl annotate` writes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// What it is for.
    pub rules: Vec<Rule>,
    /// Words about it: title, author, licence, …
    pub annotations: Option<serde_json::Map<String, Value>>,
    /// Whether it changes objects.
    pub mutating: bool,
    /// The resources that it looks up.
    pub context_aware_resources: Vec<Resource>,
    /// The engine that it is written for.
    pub execution_mode: Option<String>,
    /// The protocol that it speaks.
    pub protocol_version: Option<Value>,
}

/// Which requests a policy is for, in the words of a webhook's configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    /// API groups.
    pub api_groups: Vec<String>,
    /// Their versions.
    pub api_versions: Vec<String>,
    /// Resources, in the plural.
    pub resources: Vec<String>,
    /// Operations.
    pub operations: Vec<String>,
}

/// A kind of resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resource {
    /// Its API version.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
}

impl Metadata {
    pub(crate) fn read(section: &[u8]) -> Result<Self, Unusable> {
        let metadata: Self = serde_json::from_slice(section).map_err(|error| Unusable::Metadata(error.to_string()))?;
        match metadata.execution_mode.as_deref() {
            None | Some("kubewarden-wapc") => Ok(metadata),
            Some(other) => Err(Unusable::Execution(other.chars().take(40).collect())),
        }
    }

    /// A word about the policy.
    #[must_use]
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(name)?.as_str()
    }
}
