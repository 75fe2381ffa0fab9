//! The rules' pages: what a rule finds, why that matters, a document in which it fires, and one in
//! which it does not.
//!
//! The same text is shown in a terminal, in a browser and in an editor. `tests/pages.rs` runs the
//! examples, so a page cannot say what its rule does not do.

/// Declares the pages; each lies in `pages/<rule>.md`.
macro_rules! pages {
    ($($rule:literal)+) => {
        /// Each rule's name and its page, in the order of the names.
        static PAGES: &[(&str, &str)] = &[$(($rule, include_str!(concat!("pages/", $rule, ".md")))),+];
    };
}

pages! {
    "alias-limit"
    "ambiguous-scalar"
    "api-server-not-on-host"
    "cluster-not-listed"
    "comment-in-json"
    "component-in-wrong-slot"
    "component-not-selectable"
    "defined-twice"
    "deprecated-field"
    "domain-already-used"
    "domain-ip-mismatch"
    "duplicate-api-server"
    "duplicate-key"
    "empty-cluster-resource"
    "field-frozen"
    "host-with-worker-type"
    "hosted-by-itself"
    "invalid-addition"
    "invalid-api-server"
    "invalid-catalog"
    "invalid-domain"
    "invalid-kubeconfig"
    "invalid-name"
    "invalid-product"
    "invalid-suppression"
    "invalid-syntax"
    "kubeconfig-expired"
    "kubeconfig-insecure"
    "kubeconfig-local-server"
    "kubeconfig-not-needed"
    "kubeconfig-reads-files"
    "kubeconfig-runs-program"
    "kubeconfig-server-mismatch"
    "kubeconfig-wrong-context"
    "listed-file-missing"
    "listed-twice"
    "local-api-server"
    "missing-addition"
    "missing-comma"
    "missing-field"
    "name-mismatch"
    "name-too-long"
    "namespace-shared"
    "not-a-host-cluster"
    "physical-with-host"
    "physical-with-vcluster"
    "policy-denied"
    "policy-failed"
    "policy-warned"
    "port-already-used"
    "port-mismatch"
    "port-out-of-range"
    "ports-equal"
    "read-only-field"
    "still-referenced"
    "too-deep"
    "too-large"
    "trailing-comma"
    "unknown-addition"
    "unknown-component"
    "unknown-field"
    "unknown-host-cluster"
    "unknown-reserved-namespace"
    "unreplaced-variable"
    "unsupported-value"
    "unused-component"
    "unused-suppression"
    "virtual-host"
    "virtual-without-host"
    "worker-without-type"
    "wrong-api-group"
    "wrong-kind"
    "wrong-type"
}

/// The page of a rule, in Markdown.
#[must_use]
pub fn page(rule: &str) -> Option<&'static str> {
    let position = PAGES.binary_search_by(|(name, _)| (*name).cmp(rule)).ok()?;
    PAGES.get(position).map(|(_, page)| *page)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{PAGES, page};
    use crate::rules;

    #[test]
    fn every_rule_has_a_page_and_every_page_a_rule() {
        let rules: BTreeSet<&str> = rules::all().map(|rule| rule.name).collect();
        let pages: BTreeSet<&str> = PAGES.iter().map(|(rule, _)| *rule).collect();
        assert_eq!(rules, pages);
    }

    #[test]
    fn pages_are_in_the_order_of_their_names() {
        assert!(PAGES.is_sorted_by(|(a, _), (b, _)| a < b), "`page` searches by halves");
        for (rule, text) in PAGES {
            assert_eq!(page(rule), Some(*text));
        }
        assert_eq!(page("no-such-rule"), None);
    }
}
