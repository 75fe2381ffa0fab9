//! One set of rules for Nautes runtime clusters: text or JSON in, verdict out.
//!
//! The core is pure: it does no I/O, has no clock and draws no random numbers; the time, the
//! [fleet](fleet::Fleet), the [catalogue](catalog::Catalog) and the [settings](settings::Settings)
//! are arguments. It never fails on input and never panics.
//!
//! ```
//! use clearance_core::{Content, Document, Fleet, Limits, Operation, Rulebook};
//!
//! let text = "api_server: http://10.0.0.1:6443\ncluster_type: physical\nusage: host\n";
//! let rulebook = Rulebook::default();
//! for content in Document::read_all(text, Some("host.yaml"), &Limits::default()) {
//!     let Content::Cluster(document) = content else { continue };
//!     let verdict = rulebook.judge(&document, Operation::Create, &Fleet::default(), 0);
//!     assert!(verdict.findings.iter().any(|finding| finding.rule.name == "invalid-api-server"));
//! }
//! ```

// What does I/O is not even there: the standard library but for its `core` and `alloc`.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]
// Tests say what they tried.
#![cfg_attr(test, allow(clippy::disallowed_macros, clippy::format_collect))]

extern crate alloc;

pub mod assist;
pub mod catalog;
pub mod changes;
pub mod defaults;
mod document;
mod encoding;
pub mod finding;
pub mod fleet;
pub mod form;
pub mod kubeconfig;
mod map;
pub mod mend;
pub mod model;
mod net;
mod overrides;
mod prelude;
pub mod repository;
pub mod rules;
pub mod settings;
mod sort;
pub mod source;
pub mod text;
mod verdict;

pub use catalog::Catalog;
pub use document::{Content, Document};
pub use finding::{Applicability, Change, Excuse, Finding, Language, Severity};
pub use fleet::{Fleet, Record, Referrer};
pub use form::Form;
pub use map::Map;
pub use overrides::Override;
pub use settings::{Monitor, Settings, Suppression};
pub use source::Limits;
pub use verdict::{Core, Examined, Operation, Relations, Rulebook, Verdict};
