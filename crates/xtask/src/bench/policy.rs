//! Policies: what a call takes, beside the crates that Kubewarden runs them with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::table::Table;
use crate::policies;
use crate::run::{cargo, step, target};

/// How many calls are measured, and how many are made to see whether memory lasts.
const CALLS: &str = "4000";
const LASTING: &str = "1000000";

pub(super) fn run() -> Result<Table> {
    let sdk = policies::to_compare()?;
    // Makes small again what the step before has collected anew.
    policies::build()?;
    let peer = policies::peer("release")?;
    step("measure", &mut cargo(&["build", "--release", "--package", "clearance-policy-host", "--example", "measure"]))?;
    let target = target()?;
    let own = target.join("release/examples/measure");
    let built = target.join("policies");
    let request = built.join("request.json");
    let file = |name: &str| built.join(name);
    let plain = file("guest-plain.wasm");
    let size = figures(&own, &[Path::new("request"), &request])?;
    let measure =
        |mode: &str, module: &PathBuf| figures(&own, &["calls".as_ref(), mode.as_ref(), module.as_path(), &request, CALLS.as_ref()]);
    let compare = |mode: &str, module: &PathBuf| figures(&peer, &[mode.as_ref(), module.as_path(), &request, CALLS.as_ref()]);

    let mut table = Table::new("Policies");
    table.row("the request", format!("{} bytes", size["bytes"]));
    // The two take turns, so that a busy moment is not the one's alone.
    for (title, module, least) in
        [("its expression compiled in each call", &sdk, 2.5), ("its expression compiled at its start", &plain, 2.5)]
    {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            ours.push(micros(&measure("started", module)?, "p50")?);
            theirs.push(micros(&compare("fresh", module)?, "p50")?);
        }
        let (ours, theirs) = (least_of(&ours), least_of(&theirs));
        table.row(format!("wapc + wasmtime-provider, a fresh instance, {title}"), format!("{theirs:.1} µs"));
        let ratio = theirs / ours;
        table.limited(
            format!("a call in a clean instance, {title}"),
            format!("{ours:.1} µs, {ratio:.1} times as fast"),
            "2.5 times",
            ratio >= least,
        );
    }
    table.row("wapc + wasmtime-provider, one instance for all calls", format!("{:.1} µs", micros(&compare("reused", &sdk)?, "p50")?));
    table.row("the same call, started each time (`clearance check`)", format!("{:.1} µs", micros(&measure("fresh", &plain)?, "p50")?));
    for (title, module) in [("compiled in each call", &sdk), ("compiled at their start", &plain)] {
        let ten = micros(&figures(&own, &["ten".as_ref(), module.as_path(), "1000".as_ref()])?, "p50")?;
        table.limited(format!("ten policies on a request, their expressions {title}"), format!("{ten:.0} µs"), "500 µs", ten < 500.0);
    }
    let stock =
        ["allowed-domains", "required-labels", "product-permissions", "naming-convention"].map(|name| file(&format!("{name}.wasm")));
    let mebibytes = |value: &Value| value.as_f64().map(|kibibytes| kibibytes / 1024.0).context("a size");
    for (row, which) in [("100 loaded policies of four modules", "shared"), ("100 loaded policies, no two alike", "distinct")] {
        let mut words = vec![Path::new("loaded"), Path::new(which)];
        words.extend(stock.iter().map(PathBuf::as_path));
        let memory = mebibytes(&figures(&own, &words)?["kibibytes"])?;
        table.limited(row, format!("{memory:.1} MiB"), "60 MiB", memory < 60.0);
    }
    let limits = figures(&own, &[Path::new("limits")])?;
    let late = micros(&limits, "late")? / 1000.0;
    table.limited("an endless loop, after its time", format!("{late:.1} ms"), "20 ms", late < 20.0);
    let bomb = limits["bomb"].as_f64().context("a size")? / f64::from(1 << 20);
    table.limited("a memory bomb that may have 64 MiB", format!("{bomb:.1} MiB"), "64 MiB", bomb <= 64.0);
    let lasting = figures(&own, &["lasting".as_ref(), plain.as_path(), request.as_path(), LASTING.as_ref()])?;
    let (before, after) = (mebibytes(&lasting["before"])?, mebibytes(&lasting["after"])?);
    let change = (after / before - 1.0) * 100.0;
    table.limited("memory after a million calls", format!("{after:.1} MiB ({change:+.1} %)"), "±5 %", change.abs() <= 5.0);
    table.note("Each figure of a call is the median of 4000, the best of three runs that took turns.");
    Ok(table)
}

fn least_of(figures: &[f64]) -> f64 {
    figures.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Runs a program that prints one JSON object.
fn figures(program: &Path, words: &[&Path]) -> Result<Value> {
    let output = Command::new(program).args(words).output().with_context(|| format!("cannot run {}", program.display()))?;
    anyhow::ensure!(output.status.success(), "{} {words:?}: {}", program.display(), String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn micros(figures: &Value, name: &str) -> Result<f64> {
    Ok(figures[name].as_f64().with_context(|| format!("no `{name}` in {figures}"))? / 1000.0)
}
