//! What JavaScript gets, beside the types that every door shares (`clearance_mirror`). The npm
//! package's types are generated from these.

use clearance_core::source::Value;
use clearance_mirror as shared;
use clearance_mirror::{Core, Edit, OperationKind, Range};
use serde::Serialize;

use crate::prelude::*;

/// All that a check says of a text.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Verdict {
    /// The version of this shape: 1.
    pub version: u32,
    /// Which core gave the verdict, and by which rules.
    pub core: Core,
    /// The findings, by document and then in the verdict's order.
    pub findings: Vec<Finding>,
    /// The documents that were judged.
    pub documents: Vec<Described>,
    /// How much there was.
    pub summary: Summary,
    /// What was known of other clusters.
    pub fleet: Known,
}

/// One finding. Its places are counted in UTF-16 code units, as JavaScript counts.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Finding {
    /// What every door tells.
    #[serde(flatten)]
    pub told: shared::Finding,
    /// The place in the document as it is written, as a JSON Pointer: in a request that of the
    /// request's own field. Absent for a fault of the text, and where this form has no place for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// A document that was judged.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Described {
    /// Which one of the text, from 1; absent where the text holds only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<usize>,
    /// The form that it is written in; absent where it describes no cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "Form"))]
    pub form: Option<&'static str>,
    /// How it is written.
    #[cfg_attr(feature = "typescript", ts(type = "Format"))]
    pub format: &'static str,
    /// The cluster's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its row in the table of profiles, such as `physical-worker-pipeline`; absent where it is of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The host cluster that it names; absent where it names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The part of the text that it takes.
    pub range: Range,
    /// What would be filled in.
    pub fill: Fill,
    /// The resource with everything filled in, where it was asked for. It holds what the text holds,
    /// credentials included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "Json"))]
    pub resource: Option<Value<'static>>,
}

/// What would be filled in.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Fill {
    /// The edits that write it into the text; none where the text is broken, or where it would go
    /// through an alias.
    pub edits: Vec<Edit>,
    /// The same, one value each.
    pub operations: Vec<Filling>,
}

/// One value that would be filled in, or one `null` that would go.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Filling {
    /// `insert` or `remove`.
    pub op: OperationKind,
    /// Where in the resource, as a JSON Pointer.
    pub pointer: String,
    /// Where in the document as it is written, as a JSON Pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The same place in the words of the form that the document is written in.
    pub display: String,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "Json"))]
    pub value: Option<Value<'static>>,
}

/// How much there was.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Summary {
    /// Errors, omitted ones included.
    pub errors: usize,
    /// Warnings, omitted ones included.
    pub warnings: usize,
    /// Findings that are only good to know.
    pub infos: usize,
    /// Findings that are counted and not listed: a document's verdict holds a bounded number.
    pub omitted: usize,
}

/// What was known of other clusters.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Known {
    /// Clusters.
    pub clusters: usize,
    /// What refers to clusters.
    pub referrers: usize,
    /// Whether what is not there does not exist.
    pub complete: bool,
    /// What could not be read of it.
    pub troubles: Vec<Trouble>,
}

/// A text of the fleet that could not be read.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Trouble {
    /// Its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// What a text added to the fleet.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Added {
    /// Clusters.
    pub clusters: usize,
    /// What refers to clusters.
    pub referrers: usize,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}
