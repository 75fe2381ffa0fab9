//! The `clearance` command: every door behind one command.
//!
//! It carries and does not judge: what is said of a cluster, the core says.

mod base;
mod baseline;
mod clock;
mod commands;
mod comments;
mod fleet;
mod git;
mod judge;
mod listen;
mod markdown;
mod output;
mod progress;
mod refusal;
mod replace;
mod report;
mod repository;
mod sample;
mod shelf;
mod throwaway;
mod trial;

use std::process::ExitCode;

use clap::Parser;
use clearance_files::{config, input, read, scan, template};

use commands::{Cli, Exit};

/// Parsing is allocating: twice as fast as with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
        output::complain(&format!("this is a fault in clearance itself, not in what it was given{place}; please report it"));
        std::process::exit(Exit::Fault.code());
    }));
    let cli = Cli::parse();
    if cli.is_quiet() {
        output::be_quiet();
    }
    let exit = cli.run().unwrap_or_else(|error| {
        output::complain(&format!("{error:#}"));
        Exit::Unusable
    });
    ExitCode::from(exit)
}
