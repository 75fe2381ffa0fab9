//! `clearance fill`

use anyhow::Result;
use clap::Args;

use super::rewrite::{Rewrite, Work};
use super::{Exit, Look};

/// Writes into the files what would be filled in, so that Argo CD sees no drift.
///
/// It only adds what is missing and takes `null`s away; comments, order, quotes and line ends stay.
#[derive(Args)]
#[command(after_help = super::rewrite::EXIT_CODES)]
pub struct Fill {
    #[command(flatten)]
    rewrite: Rewrite,
}

impl Fill {
    pub fn run(self, look: Look) -> Result<Exit> {
        self.rewrite.run(look, Work::Fill)
    }
}
