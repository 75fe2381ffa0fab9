//! `clearance serve` on its own: `cargo run -p clearance-webhook --example serve -- --help`.

use clap::Parser;
use clearance_webhook::Options;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    clearance_webhook::run(Cli::parse().options)
}
