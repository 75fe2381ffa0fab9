//! Which cluster resources products may have.

use clearance_policy::{Findings, Path, Policy, Request, ResourceKind, export};
use serde::Deserialize;

/// The settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct ProductPermissions {
    /// What no product may have.
    pub denied: Vec<Kind>,
    /// What products may have; anything else that is not denied if the list is empty.
    pub allowed: Vec<Kind>,
    /// Products that may have anything.
    pub exempt: Vec<String>,
}

/// Kinds of cluster resources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// The kind; `*` means any.
    pub kind: String,
    /// Its API group; any if not said.
    #[serde(default)]
    pub group: Option<String>,
}

impl Kind {
    fn covers(&self, resource: &ResourceKind) -> bool {
        (self.kind == "*" || self.kind == resource.kind) && self.group.as_ref().is_none_or(|group| *group == resource.group)
    }
}

impl ProductPermissions {
    fn allow(&self, resource: &ResourceKind) -> bool {
        let among = |kinds: &[Kind]| kinds.iter().any(|kind| kind.covers(resource));
        !among(&self.denied) && (self.allowed.is_empty() || among(&self.allowed))
    }
}

impl Policy for ProductPermissions {
    fn check(&self) -> Result<(), String> {
        if self.denied.is_empty() && self.allowed.is_empty() {
            return Err("neither `denied` nor `allowed` names a kind, so nothing would ever be refused".to_owned());
        }
        Ok(())
    }

    fn judge(&self, request: &Request, findings: &mut Findings) {
        let products = &request.cluster.spec.product_allowed_cluster_resources;
        for (product, resources) in products.iter().filter(|(product, _)| !self.exempt.contains(product)) {
            let at = Path::of("spec.productAllowedClusterResources").key(product);
            for (index, resource) in resources.iter().enumerate().filter(|(_, resource)| !self.allow(resource)) {
                let ResourceKind { kind, group } = resource;
                findings.deny(at.index(index), format!("`{product}` may not have `{kind}` of `{group}`"));
            }
        }
    }
}

export!(ProductPermissions);

#[cfg(test)]
mod tests {
    use clearance_policy::testing::{check, judge};

    use super::ProductPermissions;

    const CLUSTER: &str = r#"{"spec": {"productAllowedClusterResources": {
        "shop": [{"kind": "ClusterRole", "group": "rbac.authorization.k8s.io"}, {"kind": "PriorityClass", "group": "scheduling.k8s.io"}],
        "base": [{"kind": "ClusterRole", "group": "rbac.authorization.k8s.io"}]}}}"#;

    #[test]
    fn what_is_denied_is_refused_where_it_stands() {
        let told = |settings: &str| judge::<ProductPermissions>(settings, CLUSTER).denied();
        assert_eq!(
            told(r#"{"denied": [{"kind": "ClusterRole"}], "exempt": ["base"]}"#),
            ["spec.productAllowedClusterResources.shop[0]: `shop` may not have `ClusterRole` of `rbac.authorization.k8s.io`"]
        );
        assert!(told(r#"{"denied": [{"kind": "ClusterRole", "group": "authorization.k8s.io"}]}"#).is_empty());
        assert_eq!(told(r#"{"allowed": [{"kind": "ClusterRole"}]}"#).len(), 1);
        assert_eq!(told(r#"{"denied": [{"kind": "*"}]}"#).len(), 3);
    }

    #[test]
    fn settings_that_refuse_nothing_are_a_mistake() {
        assert!(check::<ProductPermissions>("{}").is_err());
    }
}
