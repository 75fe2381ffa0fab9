//! What leaves the house: the core's findings as versioned types that its own types may drift from.
//!
//! A door judges a document and hands the verdict to a [`Teller`], which turns each finding into a
//! [`Told`]: owned, with lines and columns, and with no credential in it. It does so in a browser too,
//! and needs no more of the standard library than the core does.

#![cfg_attr(not(any(test, feature = "schema", feature = "typescript")), no_std)]

extern crate alloc;

mod excerpt;
mod mirror;
mod order;
mod prelude;
mod secret;
mod teller;
mod utf16;
mod yaml;

pub use excerpt::{Shown, Spot};
pub use mirror::{
    Change, Core, Edit, Filled, Finding, Operation, OperationKind, Position, Range, Related, Report, Rule, Summary, VERSION, Within,
};
pub use order::in_order;
pub use secret::masked;
pub use teller::{NoShelf, Shelf, Teller, Told, operation};
pub use utf16::Utf16;
pub use yaml::{yaml, yaml_below};
