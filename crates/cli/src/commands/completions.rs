//! `clearance completions` and `clearance man`

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Exit};
use crate::output::{print, reason};

/// Prints what a shell needs to complete commands and options.
#[derive(Args)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub fn run(&self) -> Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "clearance", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Clean)
    }
}

/// Writes the man pages, one for each command.
#[derive(Args)]
pub struct Man {
    /// The directory that they go into.
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
}

impl Man {
    pub fn run(&self) -> Result<Exit> {
        std::fs::create_dir_all(&self.directory)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), &self.directory))
            .map_err(|error| anyhow!("cannot write to `{}`: {}", self.directory.display(), reason(&error)))?;
        Ok(Exit::Clean)
    }
}
