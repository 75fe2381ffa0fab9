//! `clearance version`

use anyhow::Result;
use clap::Args;
use clearance_core::Rulebook;
use serde_json::json;

use super::{Exit, Format};
use crate::output::print;

/// Says which version this is, and which core.
///
/// The hash after the core's `+` is of rules, catalogue and settings, here of the built-in catalogue and the usual
/// settings: verdicts that are reached by others bear another one.
#[derive(Args)]
pub struct Version {
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Version {
    pub fn run(&self) -> Result<Exit> {
        let core = Rulebook::default().core();
        let text = match self.format {
            Format::Text => format!("clearance {}\n", super::long_version()),
            Format::Json => {
                let hash = format!("{:016x}", core.hash);
                format!("{}\n", json!({ "version": env!("CARGO_PKG_VERSION"), "core": { "version": core.version, "hash": hash } }))
            }
        };
        print(&text)?;
        Ok(Exit::Clean)
    }
}
