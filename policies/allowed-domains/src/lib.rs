//! Clusters only under certain domains: the primary domain, and the host names of components.

use clearance_policy::{Findings, Path, Policy, Request, export};
use serde::Deserialize;

/// The settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedDomains {
    /// The domains; what lies below one of them is allowed, too.
    pub domains: Vec<String>,
    /// Whether the host names of components are looked at, too.
    #[serde(default = "yes")]
    pub hosts: bool,
}

fn yes() -> bool {
    true
}

impl AllowedDomains {
    fn allow(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.domains.iter().any(|domain| name.strip_suffix(domain.as_str()).is_some_and(|above| above.is_empty() || above.ends_with('.')))
    }

    fn sentence(&self, name: &str) -> String {
        format!("`{name}` is under none of {}", self.domains.iter().map(|domain| format!("`{domain}`")).collect::<Vec<_>>().join(", "))
    }
}

impl Policy for AllowedDomains {
    fn check(&self) -> Result<(), String> {
        if self.domains.is_empty() { Err("`domains` names none, so no cluster would be allowed".to_owned()) } else { Ok(()) }
    }

    fn judge(&self, request: &Request, findings: &mut Findings) {
        let spec = &request.cluster.spec;
        if !spec.primary_domain.is_empty() && !self.allow(&spec.primary_domain) {
            findings.deny(Path::of("spec.primaryDomain"), self.sentence(&spec.primary_domain));
        }
        let hosts = spec.components_list.iter().filter_map(|(slot, component)| Some((slot, component.additions.get("host")?)));
        for (slot, host) in hosts.filter(|(_, host)| self.hosts && !self.allow(host)) {
            let path = Path::of("spec.componentsList").key(slot).key("additions").key("host");
            findings.deny(path, self.sentence(host));
        }
    }
}

export!(AllowedDomains);

#[cfg(test)]
mod tests {
    use clearance_policy::testing::{check, judge};

    use super::AllowedDomains;

    const CLUSTER: &str = r#"{"spec": {"primaryDomain": "shop.example.com", "componentsList": {
        "deployment": {"name": "argocd", "additions": {"host": "argocd.elsewhere.net"}}}}}"#;

    #[test]
    fn what_lies_below_a_domain_is_allowed() {
        let told = |domains: &str| judge::<AllowedDomains>(&format!(r#"{{"domains": [{domains}], "hosts": false}}"#), CLUSTER).denied();
        assert!(told(r#""example.com""#).is_empty());
        assert!(told(r#""shop.example.com""#).is_empty());
        assert_eq!(told(r#""ample.com""#), ["spec.primaryDomain: `shop.example.com` is under none of `ample.com`"]);
        assert_eq!(told(r#""a.org", "b.org""#), ["spec.primaryDomain: `shop.example.com` is under none of `a.org`, `b.org`"]);
    }

    #[test]
    fn hosts_are_looked_at_too() {
        assert_eq!(
            judge::<AllowedDomains>(r#"{"domains": ["example.com"]}"#, CLUSTER).denied(),
            ["spec.componentsList.deployment.additions.host: `argocd.elsewhere.net` is under none of `example.com`"]
        );
    }

    #[test]
    fn settings() {
        assert!(check::<AllowedDomains>(r#"{"domains": []}"#).is_err());
        assert!(check::<AllowedDomains>("{}").is_err());
        assert!(check::<AllowedDomains>(r#"{"domains": ["a.b"], "hots": true}"#).is_err());
    }
}
