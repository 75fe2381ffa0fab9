//! `cargo xtask test`: everything that must hold before a change lands.

use std::process::Command;

use anyhow::{Result, anyhow, bail};

use crate::codegen;
use crate::go;
use crate::manifests;
use crate::npm;
use crate::page;
use crate::policies;
use crate::python;
use crate::run::{cargo, step, step_beside};
use crate::suites;

/// What the core must never pull in: it is pure (ARCHITECTURE.md, invariant 1).
const BANNED_IN_CORE: &[&str] = &["tokio", "kube", "kube-core", "axum", "hyper", "wasmtime", "wasm-bindgen", "getrandom", "rand", "js-sys"];

/// Programs that tests run as a person would, and the Debian packages that they are in.
const PROGRAMS: &[(&str, &str)] = &[
    ("chromium", "chromium"),
    ("curl", "curl"),
    ("git", "git"),
    ("nvim", "neovim"),
    ("openssl", "openssl"),
    ("python3", "python3-venv"),
    ("script", "bsdutils"),
    ("tmux", "tmux"),
    ("xmllint", "libxml2-utils"),
];

/// Runs all checks and tests.
pub(crate) fn run() -> Result<()> {
    policies::install("wasm32-unknown-unknown")?;
    install_programs()?;
    step("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    // The tests run a real API server, and more that is built with Go.
    let tools = go::begin()?;
    println!("\n== generated files");
    codegen::run(true)?;
    step("clippy", &mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    step(
        "clippy of the core for wasm",
        &mut cargo(&["clippy", "-p", "clearance-core", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]),
    )?;
    pure_core()?;
    step("documentation", cargo(&["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    // The editor door stands beside another language server.
    npm::install(npm::YAML_LANGUAGE_SERVER)?;
    npm::vscode()?;
    python::install(&python::SCHEMATHESIS)?;
    python::install(&python::PRE_COMMIT)?;
    policies::check()?;
    // Tests and doors run real policies.
    policies::build()?;
    policies::peer("dev")?;
    // The binary holds the page, and the page the npm package.
    let package = page::run()?;
    // The real binary comes with its own tests. Built alone it would have other features, and be built twice.
    step("tests and binary", &mut cargo(&["test", "--workspace", "--no-run"]))?;
    tools.join().map_err(|_| anyhow!("the building of Go's programs panicked"))??;
    manifests::run(true)?;
    suites::run(vec![
        Box::new(page::test),
        Box::new(|| step_beside("the npm package and its adapters", Command::new("npm").args(["test", "--silent"]).current_dir(package))),
    ])
}

/// Where Debian's packages can be installed they are; elsewhere a person must.
fn install_programs() -> Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &str| std::env::split_paths(&path).any(|directory| directory.join(program).is_file());
    let missing: Vec<&str> = PROGRAMS.iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    if !is_root || !is_there("apt-get") {
        bail!("the tests run programs that are not there: install {0} (Debian: `apt-get install {0}`)", missing.join(" "));
    }
    step("Debian's list of packages", Command::new("apt-get").args(["update", "--quiet"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--no-install-recommends"]).args(&missing).env("DEBIAN_FRONTEND", "noninteractive");
    step(&format!("{}, from Debian", missing.join(" and ")), &mut install)
}

/// No I/O, no clock, no randomness: nothing that brings them is in the core's tree.
fn pure_core() -> Result<()> {
    println!("\n== the core's dependencies");
    let output = cargo(&["tree", "-p", "clearance-core", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]).output()?;
    if !output.status.success() {
        bail!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let tree = String::from_utf8(output.stdout)?;
    for line in tree.lines() {
        let name = line.split(' ').next().unwrap_or(line);
        if BANNED_IN_CORE.contains(&name) {
            bail!("the core depends on {line}: it must stay pure");
        }
    }
    println!("{} packages, none of {}", tree.lines().count(), BANNED_IN_CORE.join(", "));
    Ok(())
}
