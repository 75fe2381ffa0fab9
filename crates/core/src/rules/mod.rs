//! The rules: one file a group, one function a rule, one registry.
//!
//! Each rule's page lies in `pages/<rule>.md`; the examples on it are run as tests.

pub mod catalog;
pub mod components;
pub mod connection;
pub mod domain;
pub mod fleet;
#[cfg(feature = "schema")]
pub mod floor;
pub mod identity;
pub mod kubeconfig;
pub mod lifecycle;
pub mod naming;
#[cfg(feature = "pages")]
pub mod pages;
pub mod policy;
pub mod ports;
pub mod repository;
pub mod structure;
pub mod suppression;
pub mod syntax;
pub mod tenancy;
pub mod topology;

use crate::catalog::{Catalog, ComponentType};
use crate::document::Document;
use crate::finding::{Findings, Reason, Severity, Text};
use crate::fleet::{Fleet, Record};
use crate::model::{Cluster, RequestOnly, Slot};
use crate::net::{Address, AddressFault};
use crate::prelude::*;
use crate::text::nearest;

/// What all findings of one kind have in common.
#[derive(Debug)]
pub struct Rule {
    /// Its name: it states the problem, and never changes its meaning.
    pub name: &'static str,
    /// The group that it belongs to.
    pub group: &'static str,
    /// Its weight, if the settings say nothing else.
    pub severity: Severity,
    /// Why the API server's door refuses, in Kubernetes' words.
    pub reason: Reason,
    /// Where it stands in its life.
    pub status: Status,
    /// What it says, in a few words.
    pub headline: Text,
    /// Whether it offers a change where one can be made.
    pub fixable: bool,
    /// Who finds it.
    pub(crate) check: Check,
}

/// Where a rule stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// On trial: it may change.
    Preview {
        /// The version that brought it.
        since: &'static str,
    },
    /// In force.
    Stable {
        /// The version that brought it.
        since: &'static str,
    },
    /// In force, and to be removed.
    Deprecated {
        /// The version that deprecated it.
        since: &'static str,
    },
    /// No longer raised; its name is never used again.
    Removed {
        /// The version that removed it.
        since: &'static str,
    },
}

impl Status {
    /// The word for it, and the version since when.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Preview { since } => ("preview", since),
            Self::Stable { since } => ("stable", since),
            Self::Deprecated { since } => ("deprecated", since),
            Self::Removed { since } => ("removed", since),
        }
    }
}

/// Who finds what a rule is about.
#[derive(Debug)]
pub(crate) enum Check {
    /// The reader of the text, of the structure, of the catalogue or of the kubeconfig, on its way.
    Reader,
    /// A function that looks at the description alone.
    Alone(fn(&Subject<'_>, &mut Findings)),
    /// A function that looks at the cluster among all others.
    Fleet(fn(&Relation<'_>, &mut Findings)),
}

/// One description, with all that its rules may look at.
pub(crate) struct Subject<'s> {
    pub document: &'s Document<'s>,
    /// As written.
    pub written: &'s Cluster<'s>,
    /// With everything filled in.
    pub cluster: &'s Cluster<'s>,
    pub request: &'s RequestOnly<'s>,
    /// The API server's address, as written.
    pub address: Option<Result<Address, AddressFault>>,
    pub name: Option<&'s str>,
    pub catalog: &'s Catalog,
    /// What the catalogue knows of the component in each slot: of the one that is named, or of the default.
    pub known: [Option<&'s ComponentType>; Slot::ALL.len()],
}

impl<'s> Subject<'s> {
    /// What the catalogue knows of the component in a slot.
    pub fn known(&self, slot: Slot) -> Option<&'s ComponentType> {
        self.known.get(slot as usize).copied().flatten()
    }

    /// The API server's address, where it is one.
    pub fn address(&self) -> Option<&Address> {
        self.address.as_ref()?.as_ref().ok()
    }
}

/// One cluster among all others.
pub(crate) struct Relation<'r> {
    pub record: &'r Record,
    /// As it was before an update.
    pub old: Option<&'r Record>,
    pub deletion: bool,
    pub fleet: &'r Fleet,
    /// Whether what is not in the fleet does not exist.
    pub complete: bool,
}

/// Declares the rules of a group, in the order in which they are told.
macro_rules! rules {
    ($group:literal; $($const:ident = $name:literal, $severity:ident, $reason:ident, $fixable:literal, $check:expr, $en:literal, $zh:literal;)+) => {
        $(
            #[doc = $en]
            pub static $const: $crate::rules::Rule = $crate::rules::Rule {
                name: $name,
                group: $group,
                severity: $crate::finding::Severity::$severity,
                reason: $crate::finding::Reason::$reason,
                status: $crate::rules::Status::Stable { since: "0.1.0" },
                headline: $crate::finding::Text::new($en, $zh),
                fixable: $fixable,
                check: $check,
            };
        )+
        /// The rules of this group.
        pub(crate) static RULES: &[&$crate::rules::Rule] = &[$(&$const),+];
    };
}
pub(crate) use rules;

/// All groups, in the order in which their rules are told at one place.
static GROUPS: &[&[&Rule]] = &[
    syntax::RULES,
    structure::RULES,
    naming::RULES,
    topology::RULES,
    identity::RULES,
    connection::RULES,
    domain::RULES,
    components::RULES,
    ports::RULES,
    tenancy::RULES,
    kubeconfig::RULES,
    fleet::RULES,
    lifecycle::RULES,
    policy::RULES,
    suppression::RULES,
    repository::RULES,
    catalog::RULES,
];

/// All rules.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    GROUPS.iter().copied().flatten().copied()
}

/// What a name stands for.
#[derive(Debug)]
pub enum Lookup {
    /// A rule in force.
    Known(&'static Rule),
    /// A rule that is no longer raised.
    Removed(&'static Rule),
    /// No rule, and never one; perhaps another was meant.
    Unknown {
        /// The rule of the nearest name.
        nearest: Option<&'static Rule>,
    },
}

/// Looks a rule up by its name.
#[must_use]
pub fn find(name: &str) -> Lookup {
    match all().find(|rule| rule.name == name) {
        Some(rule) if matches!(rule.status, Status::Removed { .. }) => Lookup::Removed(rule),
        Some(rule) => Lookup::Known(rule),
        None => {
            let near = nearest(name, &all().map(|rule| rule.name).collect::<Vec<_>>());
            Lookup::Unknown { nearest: near.and_then(|near| all().find(|rule| rule.name == near)) }
        }
    }
}

/// The rule's place among all: findings at one place are told in this order.
pub(crate) fn order(rule: &'static Rule) -> usize {
    all().position(|other| core::ptr::eq(other, rule)).unwrap_or(usize::MAX)
}

/// Which look finds what a rule is about: a door that stands beside another checker may leave one to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// The text: what any reader of YAML or JSON says.
    Syntax,
    /// The fields and their types: what the JSON Schema says, too.
    Schema,
    /// The description alone.
    Document,
    /// The cluster among all others.
    Fleet,
}

impl Layer {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Syntax, Self::Schema, Self::Document, Self::Fleet];

    /// The word for it in settings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Schema => "schema",
            Self::Document => "document",
            Self::Fleet => "fleet",
        }
    }
}

impl Rule {
    /// The look that finds it.
    #[must_use]
    pub fn layer(&self) -> Layer {
        match self.name {
            "invalid-syntax" | "duplicate-key" | "missing-comma" | "trailing-comma" | "comment-in-json" => Layer::Syntax,
            "unknown-field" | "missing-field" | "wrong-type" | "unsupported-value" => Layer::Schema,
            _ if self.reads_fleet() => Layer::Fleet,
            _ => Layer::Document,
        }
    }

    /// Whether it looks at a cluster among all others.
    #[must_use]
    pub fn reads_fleet(&self) -> bool {
        matches!(self.check, Check::Fleet(_))
    }

    /// The address of the rule's page, relative to the documentation's root.
    #[must_use]
    pub fn page(&self) -> String {
        format!("rules/{}.html", self.name)
    }
}

pub(crate) fn alone(subject: &Subject<'_>, findings: &mut Findings) {
    for rule in all() {
        if let Check::Alone(check) = rule.check {
            check(subject, findings);
        }
    }
}

pub(crate) fn among_others(relation: &Relation<'_>, findings: &mut Findings) {
    for rule in all() {
        if let Check::Fleet(check) = rule.check {
            check(relation, findings);
        }
    }
}
