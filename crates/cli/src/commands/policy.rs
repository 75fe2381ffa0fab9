//! `clearance policy`: looks at policies, tries them, measures them, begins new ones.

mod bench;
mod case;
mod inspect;
mod new;
mod test;
mod trial;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow};
use clap::{Args, Subcommand};
use clearance_core::Limits;
use clearance_policy_host::{Bounds, Host, Mode, Module};

use super::{Exit, Look};
use crate::input::cannot_read;
use crate::read;

/// Looks at policies (WebAssembly modules), tries them, and begins new ones.
#[derive(Args)]
#[command(after_help = "Exit codes: 0 nothing to object to; 1 a refusal, a case that fails, a regression; 2 used wrongly, or \
    something could not be read; 3 a fault of clearance itself.")]
pub struct Policy {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Inspect(inspect::Inspect),
    Run(trial::Run),
    Test(test::Test),
    Bench(bench::Bench),
    New(new::New),
}

impl Policy {
    pub fn run(self, look: Look) -> Result<Exit> {
        match self.task {
            Task::Inspect(inspect) => inspect.run(),
            Task::Run(trial) => trial.run(look),
            Task::Test(test) => test.run(),
            Task::Bench(bench) => bench.run(),
            Task::New(new) => new.run(),
        }
    }
}

/// Loads a module: a file, or a directory with `policy.wasm`.
fn load(path: &Path, mode: Mode) -> Result<Arc<Module>> {
    let file = if path.is_dir() { path.join("policy.wasm") } else { path.to_owned() };
    let bytes = std::fs::read(&file).map_err(|error| anyhow!(cannot_read(&file, &crate::output::reason(&error))))?;
    let host = Host::of_process(mode).map_err(|why| anyhow!(why))?;
    host.load(&bytes, Bounds::default().memory).map_err(|why| anyhow!("`{}`: {why}", file.display()))
}

/// A text from a file.
fn text(path: &Path) -> Result<String> {
    read::named(path, Limits::default().bytes)
}

/// Settings from a file of YAML or JSON, as JSON; without a file there are none.
fn settings(path: Option<&PathBuf>) -> Result<String> {
    let Some(path) = path else { return Ok("{}".to_owned()) };
    let text = text(path)?;
    let format = clearance_core::source::Format::of(path.to_str(), &text);
    let parsed = clearance_core::source::read(&text, format, &Limits::default()).into_iter().next();
    let root = parsed.ok_or_else(|| anyhow!("`{}` is empty", path.display()))?.root;
    anyhow::ensure!(matches!(root.value, clearance_core::source::Value::Map(_)), "`{}` holds no map of settings", path.display());
    Ok(serde_json::to_string(&root)?)
}
