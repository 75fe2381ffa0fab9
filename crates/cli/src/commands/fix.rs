//! `clearance fix`

use anyhow::Result;
use clap::Args;
use clearance_core::Applicability;

use super::rewrite::{Rewrite, Work};
use super::{Exit, Look};

/// Makes the fixes that findings offer; comments, order, quotes and line ends stay.
///
/// Without `--unsafe` only what could not have been meant otherwise. It is repeated until there is
/// nothing left to fix, and judged again each time: a change that makes a file no better is left.
#[derive(Args)]
#[command(after_help = super::rewrite::EXIT_CODES)]
pub struct Fix {
    #[command(flatten)]
    rewrite: Rewrite,
    /// Also makes fixes that need a decision, the best of each finding.
    #[arg(long)]
    r#unsafe: bool,
}

impl Fix {
    pub fn run(self, look: Look) -> Result<Exit> {
        self.rewrite.run(look, Work::Fix(if self.r#unsafe { Applicability::Unsafe } else { Applicability::Safe }))
    }
}
