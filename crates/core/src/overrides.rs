//! What an object says against a refusal: a rule and a reason a line, in an annotation.

use crate::rules::Rule;
use crate::source::Node;

/// One line of the annotation: this rule is not to refuse this object, for this reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Override<'n> {
    /// The name of the rule.
    pub rule: &'n str,
    /// Why; never empty.
    pub reason: &'n str,
}

impl<'n> Override<'n> {
    /// The annotation that holds them, a line each: `<rule>: <reason>`.
    pub const ANNOTATION: &'static str = "clearance.nautes.io/override";

    /// What a resource says. A line without a reason says nothing.
    pub fn all(resource: &'n Node<'_>) -> impl Iterator<Item = Override<'n>> {
        let annotations = resource.get("metadata").and_then(|metadata| metadata.get("annotations"));
        let text = annotations.and_then(|annotations| annotations.get(Self::ANNOTATION)).and_then(Node::as_str).unwrap_or_default();
        text.lines().filter_map(|line| {
            let (rule, reason) = line.split_once(':')?;
            let (rule, reason) = (rule.trim(), reason.trim());
            (!reason.is_empty()).then_some(Override { rule, reason })
        })
    }
}

impl Rule {
    /// Whether an [`Override`] can turn its refusals into warnings: what the fleet is like may be
    /// known better by a person; what a description is made of, and what others rely on, may not.
    #[must_use]
    pub fn can_be_overridden(&self) -> bool {
        self.reads_fleet() && self.name != crate::rules::lifecycle::FIELD_FROZEN.name
    }
}
