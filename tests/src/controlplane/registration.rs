//! How the API server is told to ask the door.

use anyhow::Result;
use serde_json::{Value, json};

use super::api::Api;
use super::eventually;

/// Who acts as this user is asked about by nobody: so what is stored before a test needs not be right.
pub const UNJUDGED: &str = "unjudged";
/// What this user does is only judged, not filled in: as where the mutating webhook was not reached.
pub const JUDGED_ONCE: &str = "judged-once";

/// Where a door is reached.
#[derive(Debug, Clone, Copy)]
pub struct Registration<'a> {
    /// `https://host:port`.
    pub address: &'a str,
    /// The certificates that the API server is to trust, PEM.
    pub ca: &'a str,
}

impl Registration<'_> {
    /// Adds the two configurations, and waits until both are heeded.
    pub(super) fn add(&self, api: &Api) -> Result<()> {
        self.configure(api)?;
        // No resource definition refuses it: only the door knows what belongs in which slot.
        let probe = json!({
            "apiVersion": "nautes.resource.nautes.io/v1alpha1",
            "kind": "Cluster",
            "metadata": {"name": "probe"},
            "spec": {
                "apiServer": "https://203.0.113.1:6443",
                "clusterType": "physical",
                "usage": "worker",
                "workerType": "deployment",
                "componentsList": {"deployment": {"name": "tekton", "namespace": "tekton-pipelines"}},
            },
        });
        for (user, webhook) in [("probe", "mutate"), (JUDGED_ONCE, "validate")] {
            let api = api.acting_as(user);
            eventually("the webhooks are asked", || {
                let answer = api.create(&format!("{}?dryRun=All", super::CLUSTERS), &probe)?;
                Ok(answer.body["message"].as_str().is_some_and(|message| message.contains(&format!("\"{webhook}.clearance.nautes.io\""))))
            })?;
        }
        Ok(())
    }

    /// Adds the two configurations. They are heeded a little later.
    pub fn configure(&self, api: &Api) -> Result<()> {
        for (kind, plural, path) in [
            ("MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "/mutate"),
            ("ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "/validate"),
        ] {
            let configuration = self.configuration(kind, path);
            api.create(&format!("/apis/admissionregistration.k8s.io/v1/{plural}"), &configuration)?.expect(&[201])?;
        }
        Ok(())
    }

    fn configuration(&self, kind: &str, path: &str) -> Value {
        use base64::Engine as _;
        let mutates = path == "/mutate";
        let passes = |user: &str| json!({"name": user, "expression": format!("request.userInfo.username != '{user}'")});
        let (operations, conditions) = if mutates {
            (json!(["CREATE", "UPDATE"]), json!([passes(UNJUDGED), passes(JUDGED_ONCE)]))
        } else {
            (json!(["CREATE", "UPDATE", "DELETE"]), json!([passes(UNJUDGED)]))
        };
        let mut webhook = json!({
            "name": format!("{}.clearance.nautes.io", path.trim_start_matches('/')),
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "timeoutSeconds": 5,
            "failurePolicy": if mutates { "Ignore" } else { "Fail" },
            "matchConditions": conditions,
            "clientConfig": {
                "url": format!("{}{path}", self.address),
                "caBundle": base64::engine::general_purpose::STANDARD.encode(self.ca),
            },
            "rules": [{
                "apiGroups": ["nautes.resource.nautes.io"],
                "apiVersions": ["*"],
                "operations": operations,
                "resources": ["clusters"],
                "scope": "Namespaced",
            }],
        });
        if mutates {
            webhook["reinvocationPolicy"] = "IfNeeded".into();
        }
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": "clearance"},
            "webhooks": [webhook],
        })
    }
}
