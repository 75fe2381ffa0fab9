//! The doors, and how a case is taken through each.

mod api_server;
mod binary;
mod core;
mod lsp;
mod registrar;
mod wasm;
pub mod webhook;

use anyhow::Result;

use crate::Case;
use crate::case::Expected;

pub use api_server::ApiServer;
pub use binary::Binary;
pub use core::Core;
pub use lsp::Lsp;
pub use registrar::Registrar;
pub use wasm::Wasm;
pub use webhook::Webhook;

/// A way in which a description meets the core.
pub trait Door {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Takes a case through; nothing where the door cannot see the case at all.
    fn take(&self, case: &Case) -> Result<Option<Expected>>;

    /// What of the expectation this door can see: faults of text, for one, only exist where there is text.
    fn sees(&self, case: &Case, expected: &Expected) -> Expected;
}
