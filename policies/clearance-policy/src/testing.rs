//! Asks a policy as a host would, without WebAssembly.

use serde_json::Value;

use crate::Policy;
use crate::findings::{Finding, Findings, Severity};
use crate::request::Request;

/// What a policy said.
#[derive(Debug)]
pub struct Verdict {
    /// All that it found.
    pub findings: Findings,
    /// The object as it should be, where the policy changes it.
    pub mutated: Option<Value>,
}

impl Verdict {
    /// What it refuses, as `path: message`.
    #[must_use]
    pub fn denied(&self) -> Vec<String> {
        self.told(Severity::Error)
    }

    /// What it warns of, as `path: message`.
    #[must_use]
    pub fn warned(&self) -> Vec<String> {
        self.told(Severity::Warning)
    }

    fn told(&self, severity: Severity) -> Vec<String> {
        let told = |finding: &Finding| format!("{}: {}", finding.path, finding.message);
        self.findings.iter().filter(|finding| finding.severity == severity).map(told).collect()
    }
}

/// Judges a new cluster.
///
/// # Panics
///
/// If settings or cluster are no JSON, or the settings will not do.
#[must_use]
pub fn judge<P: Policy>(settings: &str, cluster: &str) -> Verdict {
    ask::<P>(settings, &Request::of(serde_json::from_str(cluster).expect("the cluster is JSON")))
}

/// Judges whatever is asked.
///
/// # Panics
///
/// If the settings are no JSON, or will not do.
#[must_use]
pub fn ask<P: Policy>(settings: &str, request: &Request) -> Verdict {
    let policy: P = serde_json::from_str(settings).expect("the settings are of the right shape");
    policy.check().expect("the settings will do");
    let mut findings = Findings::default();
    policy.judge(request, &mut findings);
    let mutated = if findings.refuse() { None } else { policy.mutate(request) };
    Verdict { findings, mutated }
}

/// Whether settings will do.
pub fn check<P: Policy>(settings: &str) -> Result<(), String> {
    serde_json::from_str::<P>(settings).map_err(|error| error.to_string())?.check()
}
