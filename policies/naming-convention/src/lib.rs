//! What clusters are named like, by regular expressions.

use clearance_policy::{Cluster, Findings, Path, Policy, Request, export};
use regex_lite::Regex;
use serde::Deserialize;

/// The settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamingConvention {
    /// What clusters are named like; of several the first that is for a cluster counts.
    pub names: Vec<Names>,
}

/// What some clusters are named like.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Names {
    /// Only for this usage.
    #[serde(default)]
    pub usage: Option<String>,
    /// Only for this type.
    #[serde(default)]
    pub cluster_type: Option<String>,
    /// Only for this type of worker.
    #[serde(default)]
    pub worker_type: Option<String>,
    /// A regular expression for the whole name.
    pub pattern: String,
    /// A name that fits.
    #[serde(default)]
    pub example: Option<String>,
}

impl Names {
    fn are_for(&self, cluster: &Cluster) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
        let spec = &cluster.spec;
        fits(&self.usage, &spec.usage) && fits(&self.cluster_type, &spec.cluster_type) && fits(&self.worker_type, &spec.worker_type)
    }

    /// The whole name must fit.
    fn regex(&self) -> Result<Regex, String> {
        Regex::new(&format!("^(?:{})$", self.pattern)).map_err(|error| format!("`{}` is no regular expression: {error}", self.pattern))
    }
}

impl Policy for NamingConvention {
    fn check(&self) -> Result<(), String> {
        for names in &self.names {
            let regex = names.regex()?;
            if let Some(example) = names.example.as_ref().filter(|example| !regex.is_match(example)) {
                return Err(format!("the example `{example}` does not fit `{}`", names.pattern));
            }
        }
        Ok(())
    }

    fn judge(&self, request: &Request, findings: &mut Findings) {
        let cluster = &request.cluster;
        let Some(names) = self.names.iter().find(|names| names.are_for(cluster)) else { return };
        let name = &cluster.metadata.name;
        if name.is_empty() || names.regex().is_ok_and(|regex| regex.is_match(name)) {
            return;
        }
        let example = names.example.as_ref().map(|example| format!(", such as `{example}`")).unwrap_or_default();
        findings.deny(Path::of("metadata.name"), format!("`{name}` does not fit `{}`{example}", names.pattern));
    }
}

export!(NamingConvention);

#[cfg(test)]
mod tests {
    use clearance_policy::testing::{check, judge};

    use super::NamingConvention;

    #[test]
    fn the_first_that_is_for_a_cluster_counts() {
        let settings = r#"{"names": [{"usage": "host", "pattern": "[a-z]+-host", "example": "shop-host"}, {"pattern": "[a-z]+-(test|production)-[0-9]+"}]}"#;
        let told = |name: &str, usage: &str| {
            judge::<NamingConvention>(settings, &format!(r#"{{"metadata": {{"name": "{name}"}}, "spec": {{"usage": "{usage}"}}}}"#))
                .denied()
        };
        assert!(told("shop-host", "host").is_empty());
        assert!(told("shop-test-1", "worker").is_empty());
        assert_eq!(told("shop-test-1", "host"), ["metadata.name: `shop-test-1` does not fit `[a-z]+-host`, such as `shop-host`"]);
        assert_eq!(told("a-shop-host-b", "host").len(), 1);
        assert_eq!(told("shop", "worker"), ["metadata.name: `shop` does not fit `[a-z]+-(test|production)-[0-9]+`"]);
    }

    #[test]
    fn settings() {
        let of = |pattern: &str| check::<NamingConvention>(&format!(r#"{{"names": [{{"pattern": "{pattern}", "example": "a1"}}]}}"#));
        assert_eq!(of("a[0-9]"), Ok(()));
        assert_eq!(of("b"), Err("the example `a1` does not fit `b`".to_owned()));
        assert!(of("a(").is_err());
    }
}
