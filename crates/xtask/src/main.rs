//! What developers and CI run.

mod bench;
mod codegen;
mod dist;
mod docs;
mod go;
mod manifests;
mod npm;
mod page;
mod policies;
mod python;
mod run;
mod suites;
mod test;
mod wasm;

use clap::{Parser, Subcommand};

/// What is measured here runs under the allocator that the doors have.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What developers and CI run.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds what is needed and runs the main job: `clearance serve`.
    Serve {
        /// What `clearance serve` is given.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Installs what the tests need, and runs them all.
    Test,
    /// Builds and installs the programs that tests run: by Go and by Python.
    Tools,
    /// Builds the policies as WebAssembly, into target/policies.
    Policies,
    /// Renders the plain manifests from the chart; with --check only compares them.
    Manifests {
        /// Fail when a file is not what would be rendered.
        #[arg(long)]
        check: bool,
    },
    /// Takes generated documents through all doors; they must agree.
    Agree {
        /// How many.
        #[arg(long, default_value_t = 1_000_000)]
        documents: u64,
        /// The first seed; each stands for 500 documents.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Writes the generated files; with --check only compares them.
    Codegen {
        /// Fail when a file is not what would be generated.
        #[arg(long)]
        check: bool,
    },
    /// Measures, and prints figures beside their limits.
    Bench {
        /// What is measured.
        subject: bench::Subject,
        /// Fail when a figure is over its limit.
        #[arg(long)]
        strict: bool,
    },
    /// Builds what a release holds into target/dist: static binaries, checksums, a bill of materials, an image.
    Dist {
        /// For which machines.
        #[arg(long = "machine", value_enum, default_values_t = [dist::Machine::Amd64, dist::Machine::Arm64])]
        machines: Vec<dist::Machine>,
        /// Builds it again elsewhere; it must be the same bytes.
        #[arg(long)]
        twice: bool,
    },
    /// Writes the rules' pages as a static site into target/docs.
    Docs,
    /// Builds the page into wasm/page/dist; a binary that is built after that serves it.
    Page,
    /// Builds the npm package into wasm/npm/dist.
    Wasm,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().task {
        Task::Serve { arguments } => serve(&arguments),
        Task::Test => test::run(),
        Task::Tools => go::tools().and_then(|()| python::install(&python::SCHEMATHESIS).map(drop)),
        Task::Policies => policies::build(),
        Task::Manifests { check } => manifests::run(check),
        Task::Agree { documents, seed } => agree(documents, seed),
        Task::Codegen { check } => codegen::run(check),
        Task::Bench { subject, strict } => bench::run(subject, strict),
        Task::Dist { machines, twice } => dist::run(&machines, twice),
        Task::Docs => docs::run(),
        Task::Page => page::run().map(drop),
        Task::Wasm => wasm::run().map(drop),
    }
}

/// Runs the server in the foreground; Ctrl-C reaches it as it would without us.
fn serve(arguments: &[String]) -> anyhow::Result<()> {
    if let Err(why) = page::run() {
        eprintln!("\nThe page is served as it was built before, or not at all: {why:#}\n");
    }
    let mut command = run::cargo(&["run", "--quiet", "--release", "--bin", "clearance", "--", "serve"]);
    command.args(arguments);
    anyhow::bail!("cannot run {command:?}: {}", std::os::unix::process::CommandExt::exec(&mut command))
}

/// Optimised, as a million documents take their time.
fn agree(documents: u64, seed: u64) -> anyhow::Result<()> {
    run::step("binary", &mut run::cargo(&["build", "--release", "--bin", "clearance"]))?;
    let mut tests = run::cargo(&["test", "--release", "-p", "clearance-tests", "--test", "generated", "--", "--nocapture"]);
    tests.env("CLEARANCE_DOCUMENTS", documents.to_string()).env("CLEARANCE_SEED", seed.to_string());
    run::step("agreement", &mut tests)
}
