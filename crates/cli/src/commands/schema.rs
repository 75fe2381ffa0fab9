//! `clearance schema`

use anyhow::Result;
use clap::Args;

use super::{Exit, FormWord};
use crate::output::print;

/// Prints the JSON Schema of a description, for editors.
///
/// It says which fields there are and what they hold; the rules that look at several of them at
/// once are told only by `clearance check`.
#[derive(Args)]
pub struct Schema {
    /// The form that it is written in.
    #[arg(long, value_enum, default_value_t = FormWord::Resource)]
    form: FormWord,
}

impl Schema {
    pub fn run(&self) -> Result<Exit> {
        print(&format!("{}\n", serde_json::to_string_pretty(&clearance_render::schema(self.form.form()))?))?;
        Ok(Exit::Clean)
    }
}
