//! The page in Chromium: what it weighs, when it is of use, and whether a long text makes it slow.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::table::Table;
use crate::page;
use crate::run::{cargo, step, target};

/// Builds the page and the binary that serves it, and has `wasm/page/bench/page.mjs` measure.
pub(super) fn run() -> Result<Table> {
    page::run()?;
    step("binary", &mut cargo(&["build", "--release", "--bin", "clearance"]))?;
    let mut bench = Command::new("node");
    bench.arg("bench/page.mjs").current_dir(crate::codegen::root().join(page::PAGE));
    bench.env("CLEARANCE_BIN", target()?.join("release/clearance"));
    let output = bench.output().context("cannot run node")?;
    if !output.status.success() {
        bail!("the page could not be measured: {}", String::from_utf8_lossy(&output.stderr));
    }
    let figures: Value = serde_json::from_slice(&output.stdout)?;
    let figure = |name: &str| figures[name].as_f64().with_context(|| format!("no figure `{name}`"));
    let (bytes, load, slow, longest) = (figure("bytes")?, figure("load")?, figure("slow")?, figure("longest")?);
    let (over, tasks) = (figure("over")?, figure("tasks")?);
    let mut table = Table::new("page: in Chromium, as `clearance serve` serves it");
    table.limited("all its files, as they are served (gzip)", format!("{bytes} bytes"), "400 KB", bytes <= 400_000.0);
    table.row("… of these the module", format!("{} bytes", module()?));
    table.limited("of use, cold", format!("{load:.0} ms"), "1 s", load < 1_000.0);
    table.limited("… over 4G (165 ms, 8.1 Mbit/s)", format!("{slow:.0} ms"), "3 s", slow < 3_000.0);
    table.limited("longest task while typing into 200 KB", format!("{longest:.1} ms"), "16 ms", longest <= 16.0);
    table.row("… tasks of more than 16 ms", format!("{over} of {tasks}"));
    table.note("Of use: the rules are loaded and the form takes input. 60 keystrokes, 60 ms apart, in a text of some 900 documents.");
    Ok(table)
}

/// The size of the module as it is served, in bytes.
fn module() -> Result<u64> {
    let assets = crate::codegen::root().join(page::PAGE).join("dist/assets");
    let files = fs::read_dir(assets)?.collect::<std::io::Result<Vec<_>>>()?;
    let module = files.iter().find(|file| file.file_name().to_string_lossy().ends_with(".wasm.gz")).context("a module")?;
    Ok(module.metadata()?.len())
}
