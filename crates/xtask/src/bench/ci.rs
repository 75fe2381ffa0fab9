//! A pipeline's work: a whole tenant repository, a merge request to one, and what mending keeps.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use clearance_core::repository::CLUSTERS;

use super::check::{Scratch, beside_kubeconform, clearance};
use super::fleets;
use super::process::watch;
use super::table::Table;
use crate::run::{cargo, step};

/// Files of a whole repository.
const FILES: usize = 50_000;
/// Clusters of a repository that gets a merge request, and how many of them it changes.
const CLUSTERS_IN_IT: usize = 10_000;
const CHANGED: usize = 100;
const RUNS: usize = 5;
/// Generated documents that are mended.
const DOCUMENTS: &str = "100000";

pub(super) fn run() -> Result<Table> {
    let mut table = Table::new(format!("ci: a tenant repository of {FILES} clusters, {} cores", cores()));
    let scratch = Scratch::new()?;
    let whole = scratch.0.join("whole");
    repository(&whole, FILES)?;
    beside_kubeconform(&mut table, &scratch, &whole, FILES)?;
    std::fs::remove_dir_all(&whole)?;
    merge_request(&mut table, &scratch.0.join("request"))?;
    mending(&mut table)?;
    Ok(table)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A repository with its layout and its list, so that all rules across files look.
fn repository(root: &Path, clusters: usize) -> Result<()> {
    let directory = root.join(CLUSTERS);
    std::fs::create_dir_all(&directory)?;
    let mut list = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n".to_owned();
    for index in 0..clusters {
        let text = fleets::resource(index);
        let name = text.lines().find_map(|line| line.strip_prefix("  name: ")).unwrap_or_default();
        std::fs::write(directory.join(format!("{name}.yaml")), &text)?;
        writeln!(list, "  - {name}.yaml")?;
    }
    std::fs::write(directory.join("kustomization.yaml"), list)?;
    Ok(())
}

/// A merge request that changes some of many clusters.
fn merge_request(table: &mut Table, root: &Path) -> Result<()> {
    repository(root, CLUSTERS_IN_IT)?;
    git(root, &["init", "--quiet", "--initial-branch=main"])?;
    git(root, &["add", "--all"])?;
    git(root, &["commit", "--quiet", "--message", "All clusters"])?;
    for index in (1..CLUSTERS_IN_IT).step_by(CLUSTERS_IN_IT / CHANGED) {
        let text = fleets::resource(index);
        let name = text.lines().find_map(|line| line.strip_prefix("  name: ")).unwrap_or_default();
        std::fs::write(root.join(CLUSTERS).join(format!("{name}.yaml")), text.replace("      - shop\n", "      - shop\n      - bakery\n"))?;
    }
    let clearance = clearance()?;
    let mut walls = Vec::new();
    for _ in 0..=RUNS {
        walls.push(watch(Command::new(&clearance).args(["check", "--base", "main"]).current_dir(root))?.wall);
    }
    // The first run only fills the page cache.
    walls.remove(0);
    walls.sort();
    let median = walls[walls.len() / 2].as_secs_f64();
    table.limited(
        format!("--base, {CLUSTERS_IN_IT} clusters of which {CHANGED} change"),
        format!("{:.0} ms", median * 1e3),
        "1 s",
        median < 1.0,
    );
    Ok(())
}

fn git(root: &Path, arguments: &[&str]) -> Result<()> {
    let who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"];
    let status = Command::new("git").current_dir(root).args(who).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").status()?;
    if !status.success() {
        bail!("git {arguments:?} ended with {status}");
    }
    Ok(())
}

/// What holds of fixes is looked for in tests; here in more documents than there.
fn mending(table: &mut Table) -> Result<()> {
    let tests = |title: &str, test: &str, filter: &str| {
        let mut command = cargo(&["test", "--release", "--package", "clearance-tests", "--test", test, "--", filter, "--nocapture"]);
        step(title, command.env("CLEARANCE_CASES", DOCUMENTS))
    };
    tests("safe changes of the corpus", "fixes", "")?;
    table.limited("fix: safe changes of the corpus that leave their finding or bring one", "0", "0", true);
    tests("mended documents", "properties", "mend::")?;
    table.limited(format!("fix: of {DOCUMENTS} generated documents, those that lose a comment"), "0", "0", true);
    Ok(())
}
