//! The npm package: what a browser loads, and how long a check takes in Chromium.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::fleets;
use super::size::packed;
use super::table::Table;
use crate::wasm;

/// Of the module, compressed, in bytes.
const LIMIT: usize = 200_000;
/// Of a check, in microseconds.
const LONGEST: f64 = 1_000.0;
/// How many times as fast as the peer.
const TIMES: f64 = 3.0;

/// Builds the package, weighs it and times it.
pub(super) fn run() -> Result<Table> {
    let package = wasm::run()?;
    let file = |name: &str| package.join("dist").join(name);
    let mut table = Table::new("wasm: the npm package");
    let module = file("core/clearance_bg.wasm");
    table.row("the module, raw", format!("{} bytes", std::fs::metadata(&module)?.len()));
    let size = packed(&module)?;
    table.limited("the module, gzip -9", format!("{size} bytes"), "200,000 bytes", size <= LIMIT);
    let script = ["index.js", "api.js", "version.js", "guest.js", "core/clearance.js"]
        .iter()
        .map(|name| packed(&file(name)))
        .sum::<Result<usize>>()?;
    table.row("its JavaScript, gzip -9", format!("{script} bytes"));
    table.row("the rules' pages, loaded when asked for, gzip -9", format!("{} bytes", packed(&file("pages.js"))?));
    table.row("the sentences in Chinese, loaded when asked for, gzip -9", format!("{} bytes", packed(&file("chinese.js"))?));

    let text = fleets::worker_of_size(2_048);
    let mut bench = Command::new("node")
        .arg("test/bench.mjs")
        .current_dir(&package)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run node: install Node 20 or later (https://nodejs.org)")?;
    bench.stdin.take().context("its input")?.write_all(text.as_bytes())?;
    let output = bench.wait_with_output()?;
    if !output.status.success() {
        bail!("test/bench.mjs ended with {}", output.status);
    }
    let medians: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let (ours, theirs) = (medians["ours"].as_f64().context("a time")?, medians["theirs"].as_f64().context("a time")?);
    table.limited(format!("check of {} bytes of YAML in Chromium", text.len()), format!("{ours:.0} µs"), "1 ms", ours <= LONGEST);
    table.row("… beside: yaml and ajv, the structure alone", format!("{theirs:.0} µs"));
    table.limited("… times as fast", format!("{:.1}", theirs / ours), "3", theirs / ours >= TIMES);
    table.note("Medians of 100 rounds of 20, in turns, in one page.");
    Ok(table)
}
