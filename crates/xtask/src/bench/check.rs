//! Twenty thousand files, by `clearance check` and by kubeconform.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use clearance_core::model::{Cluster, schema};

use super::fleets;
use super::process::{Cost, watch};
use super::table::Table;
use crate::codegen::root;
use crate::run::{cargo, step, target};

/// How many files there are.
const FILES: usize = 20_000;
const RUNS: usize = 5;
const KUBECONFORM: &str = "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0";

/// Measures a whole tenant repository.
pub(super) fn run() -> Result<Table> {
    let scratch = Scratch::new()?;
    let files = scratch.0.join("clusters");
    std::fs::create_dir(&files)?;
    for index in 0..FILES {
        std::fs::write(files.join(format!("cluster-{index}.yaml")), fleets::resource(index))?;
    }
    let title = format!("check: {FILES} resource files, {} cores", std::thread::available_parallelism().map_or(1, usize::from));
    let mut table = Table::new(title);
    beside_kubeconform(&mut table, &scratch, &files, FILES)?;
    Ok(table)
}

/// The binary that is measured.
pub(super) fn clearance() -> Result<PathBuf> {
    step("clearance", &mut cargo(&["build", "--quiet", "--release", "--bin", "clearance"]))?;
    Ok(target()?.join("release/clearance"))
}

/// Measures a directory with so many files beside kubeconform, and prints it.
pub(super) fn beside_kubeconform(table: &mut Table, scratch: &Scratch, files: &Path, count: usize) -> Result<()> {
    let clearance = clearance()?;
    let check = || watch(Command::new(&clearance).arg("check").arg(files));

    let kubeconform = tool()?;
    let schema = scratch.0.join("cluster_v1alpha1.json");
    let mut model = schema::of::<Cluster<'static>>();
    // Without a word on its version, kubeconform takes it for draft 4, which knows no `const`.
    model["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    std::fs::write(&schema, model.to_string())?;
    let location = format!("{}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json", scratch.0.display());
    let conform =
        |tool: &Path| watch(Command::new(tool).args(["-schema-location", &location, "-summary", "-skip", "Kustomization"]).arg(files));

    // In turns, so that a busy machine is busy for both.
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..=RUNS {
        let keep = |costs: &mut Vec<Cost>, cost: Cost| {
            // The first run of each only fills the page cache.
            if run > 0 {
                costs.push(cost);
            }
        };
        keep(&mut ours, check()?);
        if let Some(tool) = &kubeconform {
            keep(&mut theirs, conform(tool)?);
        }
    }
    compare(table, &mut ours, &mut theirs, count);
    Ok(())
}

fn compare(table: &mut Table, ours: &mut [Cost], theirs: &mut [Cost], count: usize) {
    let check = rows(table, "clearance check", ours, count);
    if theirs.is_empty() {
        table.note("There is no `go`, so kubeconform was not measured.");
    } else {
        let conform = rows(table, "kubeconform", theirs, count);
        let times = conform.0 / check.0;
        table.limited("clearance check, times as fast", format!("{times:.1}"), "10", times >= 10.0);
        table.row("clearance check, times less CPU", format!("{:.1}", conform.1 / check.1));
    }
    table.note(format!("Medians of {RUNS} runs, in turns, files in the page cache. kubeconform checks the schema only."));
}

/// Prints what a program took; returns seconds of wall and of CPU.
fn rows(table: &mut Table, name: &str, costs: &mut [Cost], count: usize) -> (f64, f64) {
    let files = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    costs.sort_by_key(|cost| cost.wall);
    let wall = costs[costs.len() / 2].wall.as_secs_f64();
    costs.sort_by_key(|cost| cost.cpu);
    let cpu = costs[costs.len() / 2].cpu.as_secs_f64();
    let peak = costs.iter().map(|cost| cost.peak).max().unwrap_or(0);
    table.row(format!("{name}, files a second"), format!("{:.0}", files / wall));
    table.row(format!("{name}, CPU a file"), format!("{:.1} µs", cpu * 1e6 / files));
    table.row(format!("{name}, peak memory"), format!("{} MiB", peak / 1024));
    (wall, cpu)
}

/// kubeconform, installed below `target` where there is a `go`.
fn tool() -> Result<Option<PathBuf>> {
    let directory = root().join("target/tools");
    let tool = directory.join("kubeconform");
    if tool.exists() {
        return Ok(Some(tool));
    }
    if Command::new("go").arg("version").output().is_err() {
        return Ok(None);
    }
    std::fs::create_dir_all(&directory)?;
    step("kubeconform", Command::new("go").args(["install", KUBECONFORM]).env("GOBIN", &directory))?;
    if !tool.exists() {
        bail!("go installed no {}", tool.display());
    }
    Ok(Some(tool))
}

/// A directory of our own that goes when we do.
pub(super) struct Scratch(pub PathBuf);

impl Scratch {
    pub(super) fn new() -> Result<Self> {
        let directory = std::env::temp_dir().join(format!("clearance-bench-{}", std::process::id()));
        std::fs::create_dir_all(&directory)?;
        Ok(Self(directory))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
