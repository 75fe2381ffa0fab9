//! A finding in Kubernetes' own words, for the API server's door.

use super::{Finding, Language, Part, Place, visible};
use crate::prelude::*;
use crate::text::without_secrets;

/// Why a field was refused: the `reason` of a `StatusCause`
/// (Kubernetes API reference, `meta/v1` `CauseType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// `FieldValueInvalid`
    Invalid,
    /// `FieldValueRequired`
    Required,
    /// `FieldValueNotSupported`
    NotSupported,
    /// `FieldValueForbidden`
    Forbidden,
    /// `FieldValueDuplicate`
    Duplicate,
    /// `FieldValueNotFound`
    NotFound,
}

impl Reason {
    /// The word in a `StatusCause`.
    #[must_use]
    pub fn cause_type(self) -> &'static str {
        match self {
            Self::Invalid => "FieldValueInvalid",
            Self::Required => "FieldValueRequired",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Forbidden => "FieldValueForbidden",
            Self::Duplicate => "FieldValueDuplicate",
            Self::NotFound => "FieldValueNotFound",
        }
    }

    /// How Kubernetes begins the sentence (`k8s.io/apimachinery` `field.ErrorType.String`), and
    /// whether the value follows.
    fn opening(self) -> (&'static str, bool) {
        match self {
            Self::Invalid => ("Invalid value", true),
            Self::Required => ("Required value", false),
            Self::NotSupported => ("Unsupported value", true),
            Self::Forbidden => ("Forbidden", false),
            Self::Duplicate => ("Duplicate value", true),
            Self::NotFound => ("Not found", true),
        }
    }
}

/// How long a warning should be at most, in characters (Kubernetes API reference,
/// `AdmissionResponse.warnings`: "Limit warnings to 120 characters if possible").
pub const LONGEST_WARNING: usize = 120;

/// A finding as one cause of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The reason.
    pub reason: &'static str,
    /// The field path; empty for a fault of the whole object.
    pub field: String,
    /// The sentence, without the field.
    pub message: String,
}

impl Finding {
    /// The finding as one cause of a refusal, worded as Kubernetes words it; the last part is the
    /// finding's own message and the rule's name in brackets.
    #[must_use]
    pub fn cause(&self, language: Language) -> Cause {
        let field = match &self.place {
            Place::Path { path, .. } => path.to_string(),
            Place::Text(_) => String::new(),
        };
        let reason = self.rule.reason;
        let (opening, with_value) = reason.opening();
        let mut message = opening.to_owned();
        let is_value = !matches!(self.place, Place::Path { part: Part::Key, .. });
        if let Some(value) = self.value.as_deref().filter(|_| with_value && is_value) {
            message.push_str(": \"");
            message.push_str(&visible(&without_secrets(value)).replace('\\', "\\\\").replace('"', "\\\""));
            message.push('"');
        }
        message.push_str(": ");
        message.push_str(&self.message(language));
        message.push_str(" [");
        message.push_str(self.rule.name);
        message.push(']');
        Cause { reason: reason.cause_type(), field, message }
    }

    /// The finding as a warning of at most `room` characters: the [line](Self::kubernetes_line) where
    /// that fits, and otherwise without Kubernetes' opening and the value, which the sentence repeats
    /// where it matters. The sentence and the rule's name are never cut: what is longer even so is
    /// told whole, as the API server cuts nothing before all warnings together are very long.
    #[must_use]
    pub fn warning_line(&self, language: Language, room: usize) -> String {
        let line = self.kubernetes_line(language);
        if line.chars().count() <= room {
            return line;
        }
        let field = self.place.path().map(|path| format!("{path}: ")).unwrap_or_default();
        format!("{field}{} [{}]", self.message(language), self.rule.name)
    }

    /// The finding in one line, as `kubectl` prints it: field, then the cause's message.
    #[must_use]
    pub fn kubernetes_line(&self, language: Language) -> String {
        let cause = self.cause(language);
        if cause.field.is_empty() { cause.message } else { format!("{}: {}", cause.field, cause.message) }
    }
}
