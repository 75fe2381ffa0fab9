//! What the API server is told: the review's answer, and a `Status` where there is no review.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clearance_core::changes::Patch;
use clearance_core::finding::Cause;
use serde::{Serialize, Serializer};

use crate::review;

/// The answer to one review.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    pub uid: String,
    pub allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    audit_annotations: BTreeMap<&'static str, String>,
}

/// Kubernetes' word for how something went (`meta/v1` `Status`).
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    #[serde(rename = "status")]
    outcome: &'static str,
    pub message: String,
    pub reason: &'static str,
    pub code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// What a refusal is about.
#[derive(Debug, Serialize)]
pub(crate) struct Details {
    pub name: String,
    pub group: &'static str,
    pub kind: &'static str,
    #[serde(serialize_with = "causes")]
    pub causes: Vec<Cause>,
}

impl Status {
    /// A failure; its reason goes with its code.
    pub(crate) fn failure(code: u16, message: impl Into<String>) -> Self {
        let reason = match code {
            403 => "Forbidden",
            404 => "NotFound",
            405 => "MethodNotAllowed",
            413 => "RequestEntityTooLarge",
            422 => "Invalid",
            429 => "TooManyRequests",
            408 | 504 => "Timeout",
            503 => "ServiceUnavailable",
            500.. => "InternalError",
            _ => "BadRequest",
        };
        Self { outcome: "Failure", message: message.into(), reason, code, details: None }
    }

    /// The same, standing for itself as an object.
    pub(crate) fn to_object(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Object<'s> {
            kind: &'static str,
            #[serde(rename = "apiVersion")]
            api_version: &'static str,
            #[serde(flatten)]
            status: &'s Status,
        }
        json(&Object { kind: "Status", api_version: "v1", status: self })
    }
}

impl Answer {
    pub(crate) fn allowed(uid: impl Into<String>) -> Self {
        Self {
            uid: uid.into(),
            allowed: true,
            status: None,
            patch_type: None,
            patch: None,
            warnings: Vec::new(),
            audit_annotations: BTreeMap::new(),
        }
    }

    pub(crate) fn refused(uid: impl Into<String>, status: Status) -> Self {
        Self { allowed: false, status: Some(status), ..Self::allowed(uid) }
    }

    /// Adds the changes to be made; none of them is no patch at all.
    pub(crate) fn with_patch(mut self, patch: &[Patch]) -> Self {
        if !patch.is_empty() {
            let operations: Vec<Operation<'_>> = patch.iter().map(Operation::of).collect();
            self.patch = Some(STANDARD.encode(json(&operations)));
            self.patch_type = Some("JSONPatch");
        }
        self
    }

    /// Adds warnings, as many as fit.
    pub(crate) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings = fitting(warnings);
        self
    }

    /// Adds what every answer says now, before all else.
    pub(crate) fn with_notice(mut self, notice: Option<&str>) -> Self {
        if let Some(notice) = notice {
            self.warnings.insert(0, notice.to_owned());
        }
        self
    }

    /// How it went, in the words of the metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match &self.status {
            _ if self.allowed => "allowed",
            Some(Status { code: 500.., .. }) => "failed",
            Some(Status { code: 400, .. }) => "invalid",
            _ => "refused",
        }
    }

    /// Adds what the audit log is told. The API server puts the webhook's name before each key, so that
    /// a key is the name part of a qualified name: letters, digits, `-`, `_` and `.`, at most 63.
    pub(crate) fn with_audit(mut self, annotations: BTreeMap<&'static str, String>) -> Self {
        self.audit_annotations = annotations;
        self
    }

    /// The whole body.
    pub(crate) fn to_review(&self) -> Vec<u8> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Envelope<'a> {
            api_version: &'static str,
            kind: &'static str,
            response: &'a Answer,
        }
        json(&Envelope { api_version: review::API_VERSION, kind: review::KIND, response: self })
    }
}

/// The bound on all warnings of one request; beyond it the API server cuts each of them to 256
/// characters (`k8s.io/apiserver`, `truncateAtTotalRunes`), and a cut sentence loses its rule's name.
/// Below it a warning is passed on as it is, however long. It is the request's and not ours alone:
/// the mutating door takes the one half, the validating door the other.
const WARNINGS: usize = 4096 / 2;

/// The first warnings that fit, whole; what is left out is counted.
fn fitting(mut warnings: Vec<String>) -> Vec<String> {
    let more = |count: usize| format!("… and {count} more warnings");
    let all: usize = warnings.iter().map(String::len).sum();
    if all <= WARNINGS {
        return warnings;
    }
    let mut room = WARNINGS.saturating_sub(more(warnings.len()).len());
    let fit = warnings.iter().take_while(|warning| room.checked_sub(warning.len()).map(|rest| room = rest).is_some()).count();
    let left_out = warnings.len().saturating_sub(fit);
    warnings.truncate(fit);
    warnings.push(more(left_out));
    warnings
}

#[derive(Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Operation<'p> {
    Add { path: &'p str, value: &'p clearance_core::source::Value<'static> },
    Remove { path: &'p str },
}

impl<'p> Operation<'p> {
    fn of(patch: &'p Patch) -> Self {
        match patch {
            Patch::Add { pointer, value } => Self::Add { path: pointer, value },
            Patch::Remove { pointer } => Self::Remove { path: pointer },
        }
    }
}

fn causes<S: Serializer>(causes: &[Cause], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Written<'c> {
        reason: &'static str,
        field: &'c str,
        message: &'c str,
    }
    serializer.collect_seq(causes.iter().map(|Cause { reason, field, message }| Written { reason, field, message }))
}

/// These types hold nothing that JSON has no word for, so writing them cannot fail.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_that_fit_are_left_alone() {
        let warnings = vec!["a".repeat(1024), "b".repeat(1024)];
        assert_eq!(fitting(warnings.clone()), warnings);
    }

    #[test]
    fn no_warning_is_cut() {
        let warnings: Vec<String> = (0..100).map(|number| format!("{number:0>100}")).collect();
        let told = fitting(warnings.clone());
        assert!(told.iter().map(String::len).sum::<usize>() <= WARNINGS);
        let (last, whole) = told.split_last().expect("something is told");
        assert_eq!(whole, &warnings[..whole.len()]);
        assert_eq!(*last, format!("… and {} more warnings", 100 - whole.len()));
        assert_eq!(whole.len(), 20);
    }
}
