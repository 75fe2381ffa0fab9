//! What a policy answers, read without trust.

use clearance_core::finding::Path;
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::path;

/// A verdict: Kubewarden's `ValidationResponse`, and findings with places, which only our own guests give.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Wire")]
pub struct Response {
    /// Whether it may be.
    pub accepted: bool,
    /// Why not, in one sentence.
    pub message: Option<String>,
    /// What is wrong, and where.
    pub findings: Vec<Finding>,
    /// What is not refused.
    pub warnings: Vec<String>,
    /// The object as it should be.
    pub mutated_object: Option<Value>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub path: Path,
    /// What.
    pub message: String,
    /// How much it weighs.
    pub weight: Weight,
}

/// How much a policy's finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It refuses.
    #[default]
    Error,
    /// It warns.
    Warning,
}

#[derive(Deserialize)]
struct Wire {
    accepted: bool,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    findings: Option<Vec<Placed>>,
    #[serde(default)]
    warnings: Option<Vec<String>>,
    #[serde(default)]
    mutated_object: Option<Value>,
}

#[derive(Deserialize)]
struct Placed {
    #[serde(default)]
    path: String,
    message: String,
    #[serde(default)]
    severity: Weight,
}

/// How many findings and how many warnings of one policy are told.
const MOST: usize = 20;
/// The longest sentence, in characters.
const LONGEST: usize = 600;

impl From<Wire> for Response {
    fn from(wire: Wire) -> Self {
        // Warnings beside placed findings say the same again, for hosts that know no places.
        let warnings = if wire.findings.is_some() { Vec::new() } else { wire.warnings.unwrap_or_default() };
        let place = |placed: Placed| Finding { path: path::parse(&placed.path), message: cut(placed.message), weight: placed.severity };
        Self {
            accepted: wire.accepted,
            message: wire.message.map(cut).filter(|message| !message.trim().is_empty()),
            findings: wire.findings.unwrap_or_default().into_iter().take(MOST).map(place).collect(),
            warnings: warnings.into_iter().take(MOST).map(cut).collect(),
            mutated_object: wire.mutated_object.filter(|object| !object.is_null()),
        }
    }
}

impl Response {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let text = str::from_utf8(bytes).map_err(|_| Failure::NotUtf8)?;
        // A list of the right length would pass for one.
        if !text.trim_start().starts_with('{') {
            return Err(Failure::Answer("it is no JSON object".to_owned()));
        }
        serde_json::from_str(text).map_err(|error| Failure::Answer(error.to_string()))
    }
}

/// What a policy answers to the question whether its settings will do.
#[derive(Debug, Deserialize)]
pub(crate) struct Settings {
    pub valid: bool,
    #[serde(default)]
    pub message: Option<String>,
}

pub(crate) fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
