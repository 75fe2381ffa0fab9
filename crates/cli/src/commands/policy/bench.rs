//! `clearance policy bench`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use clearance_policy_host::Mode;
use serde_json::{Value, json};

use super::super::Exit;
use super::case::Case;
use crate::output::print;

/// Measures what a call of a policy takes, a clean instance included; saves and compares.
#[derive(Args)]
pub struct Bench {
    /// The module, or a directory with `policy.wasm`.
    module: PathBuf,
    /// The description of a cluster.
    document: PathBuf,
    /// The settings: a file of YAML or JSON.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// How many calls.
    #[arg(long, value_name = "NUMBER", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    calls: u32,
    /// Writes the figures to a file.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Compares with figures that were saved.
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// By how many percent the median may be above what was saved.
    #[arg(long, value_name = "PERCENT", default_value_t = 25)]
    tolerance: u32,
}

impl Bench {
    pub fn run(self) -> Result<Exit> {
        let module = super::load(&self.module, Mode::Server)?;
        let text = super::text(&self.document)?;
        let mut case = Case::of(&text, &self.document.to_string_lossy())?;
        case.settings = super::settings(self.settings.as_ref())?;
        case.check(&module)?;
        // What fails costs nothing that is worth knowing.
        let first = case.ask(Arc::clone(&module))?;
        anyhow::ensure!(
            first.response.is_some(),
            "{}",
            first.opinions.iter().map(|opinion| opinion.sentence.as_str()).collect::<Vec<_>>().join("; ")
        );
        let mut times: Vec<Duration> = Vec::new();
        let begin = Instant::now();
        for _ in 0..self.calls {
            times.push(case.ask(Arc::clone(&module))?.cost.time);
        }
        let all = begin.elapsed();
        times.sort();
        let at = |percent: usize| nanos(times.get(times.len() * percent / 100).copied().unwrap_or_default());
        let figures = json!({"digest": module.digest(), "calls": self.calls, "p50": at(50), "p99": at(99), "memory": first.cost.memory});
        let micros = |nanos: u64| format!("{}.{} µs", nanos / 1000, nanos % 1000 / 100);
        print(&format!(
            "{} calls in {all:.2?}: p50 {}, p99 {}; {} KiB\n",
            self.calls,
            micros(at(50)),
            micros(at(99)),
            first.cost.memory >> 10
        ))?;
        if let Some(path) = &self.save {
            std::fs::write(path, format!("{figures:#}\n")).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        let Some(path) = &self.compare else { return Ok(Exit::Clean) };
        let saved: Value = serde_json::from_str(&super::text(path)?).with_context(|| format!("`{}` holds no figures", path.display()))?;
        let before = saved["p50"].as_u64().with_context(|| format!("`{}` holds no `p50`", path.display()))?;
        let most = before.saturating_mul(u64::from(self.tolerance) + 100) / 100;
        let is_slower = at(50) > most;
        let word = if is_slower { "slower" } else { "no slower" };
        print(&format!("{word}: p50 was {}, and up to {} is taken\n", micros(before), micros(most)))?;
        Ok(if is_slower { Exit::Findings } else { Exit::Clean })
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
