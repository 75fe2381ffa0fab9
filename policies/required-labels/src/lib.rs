//! Labels that a cluster must have, and the values that they may have.

use clearance_policy::serde_json::{Value, json};
use clearance_policy::{Findings, Path, Policy, Request, export};
use serde::Deserialize;

/// The settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredLabels {
    /// The labels.
    pub labels: Vec<Label>,
}

/// One label.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Its key.
    pub key: String,
    /// The values that it may have; any if none is named.
    #[serde(default)]
    pub values: Vec<String>,
    /// What is written where it is missing.
    #[serde(default)]
    pub default: Option<String>,
}

impl Label {
    fn allows(&self, value: &str) -> bool {
        self.values.is_empty() || self.values.iter().any(|known| known == value)
    }
}

impl Policy for RequiredLabels {
    fn check(&self) -> Result<(), String> {
        match self.labels.iter().find(|label| label.default.as_ref().is_some_and(|value| !label.allows(value))) {
            Some(label) => Err(format!("the default of `{}` is none of its values", label.key)),
            None => Ok(()),
        }
    }

    fn judge(&self, request: &Request, findings: &mut Findings) {
        let at = Path::of("metadata.labels");
        for label in &self.labels {
            match request.cluster.metadata.labels.get(&label.key) {
                // It is filled in.
                None if label.default.is_some() => {}
                None => findings.deny(at.key(&label.key), format!("the label `{}` is missing", label.key)),
                Some(value) if !label.allows(value) => {
                    let known = label.values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
                    findings.deny(at.key(&label.key), format!("`{value}` is none of {known}"));
                }
                Some(_) => {}
            }
        }
    }

    fn mutate(&self, request: &Request) -> Option<Value> {
        let mut object = request.object.clone();
        let mut changed = false;
        for label in self.labels.iter().filter(|label| !request.cluster.metadata.labels.contains_key(&label.key)) {
            let Some(default) = &label.default else { continue };
            let metadata = object.as_object_mut()?.entry("metadata").or_insert_with(|| json!({})).as_object_mut()?;
            let labels = metadata.entry("labels").or_insert_with(|| json!({}));
            if labels.is_null() {
                *labels = json!({});
            }
            labels.as_object_mut()?.insert(label.key.clone(), default.as_str().into());
            changed = true;
        }
        changed.then_some(object)
    }
}

export!(RequiredLabels);

#[cfg(test)]
mod tests {
    use clearance_policy::testing::{check, judge};

    use super::RequiredLabels;

    #[test]
    fn labels_and_their_values() {
        let settings = r#"{"labels": [{"key": "example.com/owner"}, {"key": "tier", "values": ["test", "production"]}]}"#;
        let told = |labels: &str| judge::<RequiredLabels>(settings, &format!(r#"{{"metadata": {{"labels": {labels}}}}}"#)).denied();
        assert!(told(r#"{"example.com/owner": "shop", "tier": "test"}"#).is_empty());
        assert_eq!(
            told(r#"{"tier": "prod"}"#),
            [
                "metadata.labels[example.com/owner]: the label `example.com/owner` is missing",
                "metadata.labels.tier: `prod` is none of `test`, `production`"
            ]
        );
        assert_eq!(told("null").len(), 2);
    }

    #[test]
    fn a_default_is_written() {
        let settings = r#"{"labels": [{"key": "tier", "values": ["test"], "default": "test"}]}"#;
        let verdict = judge::<RequiredLabels>(settings, r#"{"metadata": {"name": "a"}}"#);
        assert!(verdict.denied().is_empty());
        assert_eq!(verdict.mutated.expect("it is changed")["metadata"]["labels"]["tier"], "test");
        let verdict = judge::<RequiredLabels>(settings, r#"{"metadata": {"labels": {"tier": "test"}}}"#);
        assert!(verdict.mutated.is_none());
    }

    #[test]
    fn settings() {
        assert!(check::<RequiredLabels>(r#"{"labels": [{"key": "tier", "values": ["a"], "default": "b"}]}"#).is_err());
    }
}
