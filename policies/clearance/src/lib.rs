//! The stock rules as a policy: who runs Kubewarden gets them there, from the same core.

use std::collections::BTreeMap;

use clearance_core::finding::Language;
use clearance_core::rules::{self, Lookup};
use clearance_core::source::{Format, Node};
use clearance_core::{Catalog, Document, Fleet, Form, Limits, Rulebook, Settings, Severity, Verdict, catalog, changes, fleet};
use clearance_policy::serde_json::Value;
use clearance_policy::{Findings, Operation, Path, Policy, Request, export, host};
use serde::Deserialize;

/// The settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clearance {
    /// Whether the cluster is judged among all others.
    pub fleet: bool,
    /// A catalogue beside the built-in one.
    pub catalog: Option<String>,
    /// Rules that weigh differently; `off` switches one off.
    pub severities: BTreeMap<String, String>,
}

/// There is no clock. Only certificates have an end, and they are in no resource.
const NOW: i64 = 0;

impl Clearance {
    fn rulebook(&self) -> Result<Rulebook, String> {
        let catalog = match &self.catalog {
            Some(text) => {
                let (catalog, findings) = catalog::read(text, None);
                let why = || findings.first().map(|finding| finding.message(Language::English)).unwrap_or_default();
                catalog.ok_or_else(|| format!("the catalogue is refused: {}", why()))?
            }
            None => Catalog::built_in().clone(),
        };
        let mut settings = Settings::default();
        for (rule, level) in &self.severities {
            if matches!(rules::find(rule), Lookup::Unknown { .. }) {
                return Err(format!("there is no rule `{rule}`"));
            }
            settings.severities.insert(rule.clone(), Severity::from_name(level));
        }
        Ok(Rulebook::new(catalog, settings))
    }

    fn others(&self) -> Result<Fleet, String> {
        if !self.fleet {
            return Ok(Fleet::default());
        }
        let items = Value::Array(host::clusters()?);
        let list = clearance_policy::serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items});
        let (records, referrers) = fleet::read(&list.to_string(), Some("fleet.json"), Catalog::built_in(), &Limits::default());
        Ok(Fleet::new(records, referrers, true))
    }

    fn verdict(&self, request: &Request, fleet: &Fleet) -> Option<(Node<'static>, Verdict)> {
        let rulebook = self.rulebook().ok()?;
        let is_deletion = request.operation == Operation::Delete;
        let (text, old) = (request.object.to_string(), request.old_object.to_string());
        let read = |text| Document::read_as(text, Format::Json, Form::Resource, &Limits::default());
        let (document, old) = (read(if is_deletion { &old } else { &text }), read(&old));
        let operation = match request.operation {
            Operation::Delete => clearance_core::Operation::Delete,
            Operation::Update if !request.old_object.is_null() => clearance_core::Operation::Update(&old),
            _ => clearance_core::Operation::Create,
        };
        Some((document.to_resource(), rulebook.judge(&document, operation, fleet, NOW)))
    }
}

impl Policy for Clearance {
    fn check(&self) -> Result<(), String> {
        self.rulebook().map(drop)
    }

    fn judge(&self, request: &Request, findings: &mut Findings) {
        let fleet = match self.others() {
            Ok(fleet) => fleet,
            Err(why) => return findings.deny(Path::default(), format!("what else exists cannot be looked up: {why}")),
        };
        for finding in self.verdict(request, &fleet).map(|(_, verdict)| verdict.findings).unwrap_or_default() {
            let path = finding.place.path().map(ToString::to_string).unwrap_or_default();
            let sentence = format!("{} [{}]", finding.message(Language::English), finding.rule.name);
            match finding.severity {
                Severity::Error => findings.deny(Path::of(&path), sentence),
                Severity::Warning => findings.warn(Path::of(&path), sentence),
                Severity::Info => {}
            }
        }
    }

    fn mutate(&self, request: &Request) -> Option<Value> {
        if request.operation == Operation::Delete {
            return None;
        }
        let (mut resource, verdict) = self.verdict(request, &Fleet::default())?;
        if verdict.fill.is_empty() {
            return None;
        }
        changes::apply(&mut resource, &verdict.fill);
        clearance_policy::serde_json::to_value(&resource).ok()
    }
}

export!(Clearance);

#[cfg(test)]
mod tests {
    use clearance_policy::testing::{check, judge};

    use super::Clearance;

    const HOST: &str = r#"{"apiVersion": "nautes.resource.nautes.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "demo", "namespace": "nautes"},
        "spec": {"apiServer": "http://10.0.0.1:6443", "clusterType": "physical", "usage": "host"}}"#;

    #[test]
    fn the_stock_rules_speak() {
        let verdict = judge::<Clearance>("{}", HOST);
        assert_eq!(verdict.denied(), ["spec.apiServer: `http://10.0.0.1:6443` is no `https` address [invalid-api-server]"]);
        let verdict = judge::<Clearance>(r#"{"severities": {"invalid-api-server": "off"}}"#, HOST);
        assert!(verdict.denied().is_empty());
        assert_eq!(verdict.mutated.expect("it is filled in")["spec"]["clusterKind"], "kubernetes");
    }

    #[test]
    fn settings() {
        assert!(check::<Clearance>(r#"{"severities": {"no-such-rule": "off"}}"#).is_err());
        assert!(check::<Clearance>(r#"{"catalog": "components: 3"}"#).is_err());
    }
}
