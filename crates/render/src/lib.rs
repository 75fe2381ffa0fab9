//! What the core found, as people and tools read it: one file a format.
//!
//! A door judges a document and hands the verdict to a [`Teller`], which turns each finding into a
//! [`Told`]: owned, with lines and columns, and with no credential in it. An [`Output`] writes them
//! as they come, so that a run over many files holds few of them at a time.

mod excerpt;
mod json;
mod mirror;
mod order;
mod schema;
mod secret;
mod teller;
#[cfg(test)]
mod tests;
mod text;
mod yaml;

use std::io;

pub use excerpt::{Shown, Spot};
pub use json::Json;
pub use mirror::{
    Change, Core, Edit, Filled, Finding, Operation, OperationKind, Position, Range, Related, Report, Rule, Summary, VERSION, Within,
};
pub use order::in_order;
pub use schema::schema;
pub use teller::{NoShelf, Shelf, Teller, Told};
pub use text::{Text, TextOptions};
pub use yaml::{yaml, yaml_below};

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

    /// One finding.
    fn finding(&mut self, told: &Told) -> io::Result<()>;

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
