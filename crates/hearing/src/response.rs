//! What a policy answers, read without trust.

use clearance_core::finding::Path;
use clearance_core::source::{Node, Value};

use crate::failure::Failure;
use crate::prelude::*;
use crate::{json, path};

/// A verdict: Kubewarden's `ValidationResponse`, and findings with places, which only our own guests give.
#[derive(Debug, Clone)]
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
    pub mutated_object: Option<Node<'static>>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weight {
    /// It refuses.
    #[default]
    Error,
    /// It warns.
    Warning,
}

/// How many findings and how many warnings of one policy are told.
const MOST: usize = 20;
/// How many values an answer may hold: the largest cluster has some thousands.
const MOST_VALUES: usize = 100_000;
/// The longest sentence, in characters.
const LONGEST: usize = 600;

impl Response {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let text = core::str::from_utf8(bytes).map_err(|_| Failure::NotUtf8)?;
        // Each takes a hundred bytes here. What stands in a string is counted, too: few strings are made of commas.
        if bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() > MOST_VALUES {
            return Err(Failure::Answer(format!("it holds more than {MOST_VALUES} values")));
        }
        json::object(text).and_then(|root| Self::of(&root)).map_err(Failure::Answer)
    }

    fn of(root: &Node<'_>) -> Result<Self, String> {
        let accepted = match root.get("accepted").map(|node| &node.value) {
            Some(Value::Bool(accepted)) => *accepted,
            Some(_) => return Err("`accepted` is neither true nor false".to_owned()),
            None => return Err("it has no `accepted`".to_owned()),
        };
        let has_places = json::part(root, "findings").is_some();
        let mut findings = json::list(root, "findings", Finding::of)?;
        let mut warnings = json::words(root, "warnings")?;
        if has_places {
            // Warnings beside placed findings say the same again, for hosts that know no places.
            warnings.clear();
        }
        if findings.len() > MOST {
            // What refuses must be among what is told.
            let (errors, others): (Vec<_>, Vec<_>) = findings.into_iter().partition(|finding| finding.weight == Weight::Error);
            findings = errors.into_iter().chain(others).take(MOST).collect();
        }
        warnings.truncate(MOST);
        Ok(Self {
            accepted,
            message: json::text(root, "message")?.map(cut).filter(|message| !message.trim().is_empty()),
            findings,
            warnings: warnings.into_iter().map(cut).collect(),
            mutated_object: json::part(root, "mutated_object").map(|object| object.clone().into_owned()),
        })
    }
}

impl Finding {
    fn of(node: &Node<'_>) -> Result<Self, String> {
        let weight = match json::text(node, "severity")?.as_deref() {
            None | Some("error") => Weight::Error,
            Some("warning") => Weight::Warning,
            Some(_) => return Err("a finding's `severity` is neither `error` nor `warning`".to_owned()),
        };
        let message = json::text(node, "message")?.ok_or("a finding has no `message`")?;
        Ok(Self { path: path::parse(&json::text(node, "path")?.unwrap_or_default()), message: cut(message), weight })
    }
}

/// A sentence of others, as long as sentences are.
#[must_use]
pub fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
