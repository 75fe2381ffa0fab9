//! The floor: what the API server holds by itself, through the CRD, while the webhook is away.
//!
//! Each rule is listed once, with the CEL expressions that stand for it or with the reason why
//! there are none. An expression may be weaker than its rule where it must be (each says where),
//! and never stronger: what the rules accept, the floor accepts.

mod bounds;
mod expressions;

pub use bounds::{BOUNDS, Bound};

use super::{Rule, Status};
use crate::finding::{Language, Message};
use crate::prelude::*;

/// How the floor holds a rule.
#[derive(Debug, Clone, Copy)]
pub enum Hold {
    /// By the schema's types, words and required fields.
    Schema,
    /// By what the API server does with any object, whatever the CRD says.
    Server(&'static str),
    /// By these expressions.
    Cel(&'static [Expression]),
    /// Only where one of these expressions reaches; the text says what is left.
    Partly(&'static [Expression], &'static str),
    /// Not at all.
    Not(Absence),
}

/// Why the floor does not hold a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// It is about the text, which the API server never sees.
    Text,
    /// It is about what only a registration request holds.
    Request,
    /// It asks the catalogue, which a platform team may change while the CRD stays.
    Catalog,
    /// It compares with other objects, and a CRD sees one at a time.
    Fleet,
    /// It is about the files of a repository, which the API server never sees.
    Repository,
    /// It is what a policy says, which the API server does not run.
    Policy,
    /// It only warns, and a CRD can only refuse.
    Warning,
    /// The API server drops such fields before anything looks at them.
    Pruned,
    /// It reads the values of a map, whose cost the API server cannot bound.
    Cost,
}

impl Absence {
    /// The reason as a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Text => "It is about the text; the API server gets values.",
            Self::Request => "It is about what only a registration request holds.",
            Self::Catalog => "It asks the catalogue, which changes without the CRD.",
            Self::Fleet => "It compares with other objects; a CRD sees one at a time.",
            Self::Repository => "It is about the files of the tenant repository.",
            Self::Policy => "Policies run at the doors.",
            Self::Warning => "It warns; a CRD can only refuse.",
            Self::Cost => "It compares values of a map; the API server cannot bound what that costs.",
            Self::Pruned => "The API server drops unknown fields first (`kubectl` refuses them: strict field validation).",
        }
    }
}

/// One CEL expression that stands for a rule, or for a part of it.
#[derive(Debug)]
pub struct Expression {
    /// The rule.
    pub rule: &'static Rule,
    /// The path of what `self` is; `*` stands for any key of a map or any field of an object.
    pub at: &'static str,
    /// What holds where the rule finds nothing.
    pub holds: &'static str,
    /// The path below `self` that a refusal names; empty for `self`.
    pub field: &'static str,
    /// What an update that found the fault there already is compared by.
    pub ratchet: Ratchet,
    /// The sentence; the rule's headline where the rule has too many.
    says: Option<&'static Message>,
    /// The words of the sentence, each with the CEL expression of its text.
    words: &'static [(&'static str, &'static str)],
}

/// How an update that found a fault there already passes, as the rules let it pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ratchet {
    /// The API server sees it: `self` is all that the rule looks at, and did not change.
    Native,
    /// There is nothing to let pass: what the rule looks at never changes.
    Fixed,
    /// `self` held the fault before, and the named field (no longer path) is the same.
    Field,
    /// `self` held the fault before. Weaker than the rule, which looks at each item.
    Before,
}

/// One CEL rule of a CRD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// The expression.
    pub cel: String,
    /// Whether it is asked too where there was nothing before, and `oldSelf` is an optional value
    /// (`optionalOldSelf`).
    pub optional_old_self: bool,
}

impl Expression {
    /// The CEL rules. One that looks back becomes two, for what is new and for what changes: the
    /// API server cannot bound the cost of what it reads from an optional `oldSelf`.
    #[must_use]
    pub fn validations(&self) -> Vec<Validation> {
        let holds = self.holds;
        let before = |cel: &str| cel.replace("self", "oldSelf");
        let created = Validation { cel: format!("oldSelf.hasValue() || ({holds})"), optional_old_self: true };
        let same = match self.ratchet {
            Ratchet::Native => return vec![Validation { cel: holds.to_owned(), optional_old_self: false }],
            Ratchet::Fixed => return vec![created],
            Ratchet::Before => String::new(),
            Ratchet::Field => {
                let here = format!("self{}", self.field);
                let there = before(&here);
                format!(" && has({here}) == has({there}) && (!has({here}) || {here} == {there})")
            }
        };
        vec![created, Validation { cel: format!("({holds}) || (!({}){same})", before(holds)), optional_old_self: false }]
    }

    /// The sentence where nothing is to be filled in, or where filling in fails: the rule's message
    /// or headline, and its name in brackets as at the webhook's door.
    #[must_use]
    pub fn message(&self) -> String {
        let text = match self.says {
            Some(message) if self.words.is_empty() => message.what,
            _ => self.rule.headline,
        };
        format!("{} [{}]", text.in_language(Language::English), self.rule.name)
    }

    /// The CEL expression of the sentence with its words filled in.
    #[must_use]
    pub fn message_expression(&self) -> Option<String> {
        let message = self.says.filter(|_| !self.words.is_empty())?;
        let mut parts = Vec::new();
        let mut rest = message.what.in_language(Language::English);
        while let Some((before, (name, after))) = rest.split_once('{').and_then(|(before, tail)| Some((before, tail.split_once('}')?))) {
            let (_, cel) = self.words.iter().find(|(word, _)| *word == name)?;
            parts.push(quoted(before));
            parts.push((*cel).to_owned());
            rest = after;
        }
        parts.push(quoted(&format!("{rest} [{}]", self.rule.name)));
        parts.retain(|part| part != "''");
        Some(parts.join(" + "))
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Every rule in force, with how the floor holds it, in the order of the registry.
pub fn all() -> impl Iterator<Item = (&'static Rule, Hold)> {
    let in_force = super::all().filter(|rule| !matches!(rule.status, Status::Removed { .. }));
    in_force.filter_map(|rule| expressions::FLOOR.iter().find(|(held, _)| core::ptr::eq(*held, rule)).map(|(_, hold)| (rule, *hold)))
}

/// All expressions, in the order of the rules.
pub fn expressions() -> impl Iterator<Item = &'static Expression> {
    all().flat_map(|(_, hold)| match hold {
        Hold::Cel(expressions) | Hold::Partly(expressions, _) => expressions,
        Hold::Schema | Hold::Server(_) | Hold::Not(_) => &[],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_listed_once() {
        assert_eq!(all().map(|(rule, _)| rule.name).collect::<Vec<_>>(), super::super::all().map(|rule| rule.name).collect::<Vec<_>>());
        assert_eq!(expressions::FLOOR.len(), all().count());
    }

    #[test]
    fn every_word_of_a_sentence_is_known() {
        for expression in expressions() {
            let Some(message) = expression.says else { continue };
            assert_eq!(message.what.en.contains('{'), expression.message_expression().is_some(), "{}", expression.rule.name);
        }
    }

    #[test]
    fn a_message_is_the_rules_own() {
        let expression = expressions().find(|expression| expression.rule.name == "physical-with-host").expect("it is in the floor");
        assert_eq!(
            expression.message_expression().as_deref(),
            Some("'a physical cluster has no host cluster, but `' + self.hostCluster + '` is given [physical-with-host]'")
        );
    }

    #[test]
    fn an_expression_is_held_by_its_own_rule() {
        for (rule, hold) in all() {
            if let Hold::Cel(expressions) | Hold::Partly(expressions, _) = hold {
                assert!(expressions.iter().all(|expression| std::ptr::eq(expression.rule, rule)), "{}", rule.name);
            }
        }
    }
}
