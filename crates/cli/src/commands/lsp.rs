//! `clearance lsp`

use std::io;

use anyhow::Result;
use clap::Args;
use clearance_lsp::End;

use super::Exit;

/// Serves an editor: the language server protocol, by standard input and output.
///
/// The editor starts it. What it judges by comes from the nearest clearance.toml, and from what the
/// editor sends when it starts.
#[derive(Args)]
pub struct Lsp {
    /// What editors pass by custom; there is no other way.
    #[arg(long, hide = true)]
    stdio: bool,
}

impl Lsp {
    #[expect(clippy::unused_self, reason = "what is accepted changes nothing")]
    pub fn run(self) -> Result<Exit> {
        match clearance_lsp::serve(io::stdin(), io::stdout())? {
            End::Orderly => Ok(Exit::Clean),
            // The protocol asks for another exit code than after `shutdown`.
            End::Gone => Ok(Exit::Findings),
        }
    }
}
