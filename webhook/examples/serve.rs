//! `clearance serve` on its own: `cargo run -p clearance-webhook --example serve -- --help`.

use clap::Parser;
use clearance_webhook::Configuration;

/// The allocator of the `clearance` binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    configuration: Configuration,
}

fn main() -> anyhow::Result<()> {
    clearance_webhook::run(Cli::parse().configuration.options, Vec::new())
}
