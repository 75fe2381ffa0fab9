//! What the core found, as people and tools read it: one file a format.
//!
//! A door judges a document and hands the verdict to a [`Teller`], which turns each finding into a
//! [`Told`]: owned, with lines and columns, and with no credential in it. An [`Output`] writes them
//! as they come, so that a run over many files holds few of them at a time.

mod concise;
#[cfg(feature = "reports")]
mod fingerprint;
#[cfg(feature = "reports")]
mod github;
#[cfg(feature = "reports")]
mod gitlab;
mod json;
mod jsonl;
#[cfg(feature = "reports")]
mod junit;
#[cfg(feature = "reports")]
mod paths;
#[cfg(feature = "reports")]
mod sarif;
mod schema;
mod several;
mod tally;
#[cfg(test)]
mod tests;
mod text;
#[cfg(feature = "reports")]
pub mod uri;

use std::io;

pub use clearance_mirror::{
    Change, Core, Edit, Filled, Finding, NoShelf, Operation, OperationKind, Position, Range, Related, Report, Rule, Shelf, Shown, Spot,
    Summary, Teller, Told, Utf16, VERSION, Within, in_order, masked, operation, yaml, yaml_below,
};
pub use concise::Concise;
#[cfg(feature = "reports")]
pub use fingerprint::Fingerprints;
#[cfg(feature = "reports")]
pub use github::Github;
#[cfg(feature = "reports")]
pub use gitlab::Gitlab;
pub use json::Json;
pub use jsonl::JsonLines;
#[cfg(feature = "reports")]
pub use junit::Junit;
#[cfg(feature = "reports")]
pub use paths::Paths;
#[cfg(feature = "reports")]
pub use sarif::Sarif;
pub use schema::{MODELINE, crd_schema, modeline, schema, schema_address, schema_file};
pub use several::Several;
pub use tally::Tally;
pub use text::{Text, TextOptions};

/// How much of the next finding an output wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Nothing: it is only counted.
    Count,
    /// What it says.
    Finding,
    /// What it says, and the [lines](Shown) that it speaks of.
    Excerpt,
}

/// Writes what was found, as it comes.
pub trait Output {
    /// How much of the next finding is wanted.
    fn wants(&self) -> Detail {
        Detail::Finding
    }

    /// A file is judged: what follows is of it, until the next one. A file without findings is told
    /// too, so that an output can say that it passes.
    fn file(&mut self, _name: &str) -> io::Result<()> {
        Ok(())
    }

    /// One finding.
    fn finding(&mut self, told: &Told) -> io::Result<()>;

    /// Something could not be read, so that this run says less than it should.
    fn trouble(&mut self, _sentence: &str) -> io::Result<()> {
        Ok(())
    }

    /// A document with everything filled in.
    fn filled(&mut self, _filled: Filled) -> io::Result<()> {
        Ok(())
    }

    /// The end.
    fn finish(&mut self, summary: &Summary) -> io::Result<()>;
}

/// The JSON Schema of the JSON output.
#[cfg(any(test, feature = "schema"))]
#[must_use]
pub fn verdict_schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Report>().to_value()
}
