//! What leaves the house: versioned types that the core's own types may drift from.
//!
//! They are filled in one place, [`Teller`](crate::Teller). A field is only ever added; anything
//! else raises [`VERSION`].

use clearance_core::rules;
use clearance_core::source::Value;
use serde::Serialize;

use crate::prelude::*;

/// The version of the shape of the JSON output.
pub const VERSION: u32 = 1;

/// All that one run says.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Report {
    /// The version of this shape: 1.
    pub version: u32,
    /// Which core gave the verdict, and by which rules.
    pub core: Core,
    /// The findings, by file and then in the verdict's order.
    pub findings: Vec<Finding>,
    /// The resources with everything filled in, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filled: Option<Vec<Filled>>,
    /// How much there was.
    pub summary: Summary,
}

/// Which core gave a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Core {
    /// Its version.
    pub version: String,
    /// A hash of rules, catalogue and settings, as 16 hexadecimal digits: equal hashes and equal
    /// input give equal verdicts.
    pub hash: String,
}

impl From<clearance_core::Core> for Core {
    fn from(core: clearance_core::Core) -> Self {
        Self { version: core.version.to_owned(), hash: format!("{:016x}", core.hash) }
    }
}

/// How much there was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Summary {
    /// Files that were judged.
    pub files: usize,
    /// Documents that were judged.
    pub documents: usize,
    /// Files without a cluster.
    pub skipped: usize,
    /// Files and directories that could not be read.
    pub unreadable: usize,
    /// Errors, omitted ones included.
    pub errors: usize,
    /// Warnings, omitted ones included.
    pub warnings: usize,
    /// Findings that are only good to know.
    pub infos: usize,
    /// Files with findings.
    pub told: usize,
    /// Findings that are counted and not listed: a document's verdict holds a bounded number.
    pub omitted: usize,
    /// Warnings that were there before the change that is judged: they never fail a run.
    pub unchanged: usize,
    /// Findings that the baseline knows: they are neither listed nor counted elsewhere.
    pub known: usize,
}

/// One finding.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Finding {
    /// The name of the rule that says it.
    pub rule: String,
    /// `error`, `warning` or `info`.
    #[cfg_attr(feature = "typescript", ts(type = "Severity"))]
    pub severity: String,
    /// What is wrong, in one line.
    pub message: String,
    /// Why, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The file.
    pub file: String,
    /// Which document of the file, from 1; absent where the file holds only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<usize>,
    /// The path in the resource, as Kubernetes writes it; absent for a fault of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The same path as a JSON Pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The path in the words of the form that the document is written in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// The text under it; for what is missing, the key that it is missing below.
    pub range: Range,
    /// Where inside the decoded field, for a finding in a kubeconfig.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// Other parties to it.
    pub related: Vec<Related>,
    /// Ways to mend it, the best first.
    pub changes: Vec<Change>,
    /// Whether an update found it there already, unchanged.
    pub unchanged: bool,
    /// The address of the rule's page, relative to the documentation's root.
    pub docs: String,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Range {
    /// Its first character.
    pub start: Position,
    /// The character after its last.
    pub end: Position,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in code points, from 1; in the npm package, in UTF-16 code units.
    pub column: u32,
    /// The offset in bytes, from 0; in the npm package, in UTF-16 code units.
    pub offset: u32,
}

/// A place inside the text that a field holds in encoded form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Within {
    /// The path in the decoded document.
    pub path: String,
    /// The line in it, from 1.
    pub line: u32,
    /// The column in it in code points, from 1.
    pub column: u32,
}

/// Another party to a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Related {
    /// What it has to do with the finding.
    pub message: String,
    /// Its file, if it came from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The path in its resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The text under it, where its file could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
}

/// One way to mend a finding: what it holds goes together.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Change {
    /// What it does, as on a button.
    pub title: String,
    /// `safe`: it may be made without asking; `unsafe`: it needs a decision.
    #[cfg_attr(feature = "typescript", ts(type = "\"safe\" | \"unsafe\""))]
    pub applicability: String,
    /// Edits of the text, sorted; empty where the change cannot be made in this text, or would
    /// repeat a credential.
    pub edits: Vec<Edit>,
    /// The same as changes to the resource; none for a fault of the text.
    pub operations: Vec<Operation>,
}

/// Replaces a part of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub range: Range,
    /// What comes in its place.
    pub text: String,
}

/// One change to the resource.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Operation {
    /// What is done.
    pub op: OperationKind,
    /// Where, as a JSON Pointer.
    pub pointer: String,
    /// The value that is set or inserted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(any(test, feature = "schema"), schemars(with = "Option<serde_json::Value>"))]
    #[cfg_attr(feature = "typescript", ts(optional, type = "Json"))]
    pub value: Option<Value<'static>>,
    /// The key's new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Which one of a key that is given several times, from 0; the last one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<usize>,
}

/// The kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum OperationKind {
    /// Replaces the value.
    Set,
    /// Adds a value; missing maps on the way are made.
    Insert,
    /// Removes the entry.
    Remove,
    /// Gives the key another name.
    Rename,
}

/// A resource with everything filled in.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Filled {
    /// The file that describes it.
    pub file: String,
    /// Which document of the file, from 1; absent where the file holds only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<usize>,
    /// The resource.
    #[cfg_attr(any(test, feature = "schema"), schemars(with = "serde_json::Value"))]
    pub resource: Value<'static>,
}

/// A rule, in the list of all of them.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// The group that it belongs to.
    pub group: &'static str,
    /// Its weight, if the settings say nothing else.
    #[cfg_attr(feature = "typescript", ts(type = "Severity"))]
    pub severity: &'static str,
    /// `preview`, `stable`, `deprecated` or `removed`.
    pub status: &'static str,
    /// The version since when.
    pub since: &'static str,
    /// What it says, in a few words.
    pub headline: &'static str,
    /// Whether it offers a change where one can be made.
    pub fixable: bool,
    /// The address of its page, relative to the documentation's root.
    pub docs: String,
}

impl Rule {
    /// A rule, with its headline in a language.
    #[must_use]
    pub fn of(rule: &'static rules::Rule, language: clearance_core::Language) -> Self {
        let (status, since) = rule.status.words();
        Self {
            name: rule.name,
            group: rule.group,
            severity: rule.severity.name(),
            status,
            since,
            headline: rule.headline.in_language(language),
            fixable: rule.fixable,
            docs: rule.page(),
        }
    }
}
