//! `clearance fleet`

use anyhow::Result;
use clap::{Args, Subcommand};
use clearance_webhook::cluster::{self, Access};
use serde_json::json;

use super::Exit;
use crate::output::print;

/// What exists in a cluster.
#[derive(Args)]
pub struct Fleet {
    #[command(subcommand)]
    command: FleetCommand,
}

#[derive(Subcommand)]
enum FleetCommand {
    /// Writes a snapshot that `--fleet` reads: a `List` in JSON, without status and credentials.
    Export(Access),
}

impl Fleet {
    pub fn run(self) -> Result<Exit> {
        let FleetCommand::Export(access) = self.command;
        let items: Vec<_> = cluster::list(&access)?.into_iter().map(|listed| listed.object).collect();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        print(&format!("{}\n", serde_json::to_string_pretty(&list)?))?;
        Ok(Exit::Clean)
    }
}
