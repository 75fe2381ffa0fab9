//! `cargo xtask test`: everything that must hold before a change lands.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::codegen;
use crate::go;
use crate::manifests;
use crate::npm;
use crate::python;
use crate::run::{cargo, step};
use crate::wasm;

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
    ("tmux", "tmux"),
];

/// Runs all checks and tests.
pub(crate) fn run() -> Result<()> {
    install_target()?;
    install_programs()?;
    step("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    println!("\n== generated files");
    codegen::run(true)?;
    manifests::run(true)?;
    step("clippy", &mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    step(
        "clippy of the core for wasm",
        &mut cargo(&["clippy", "-p", "clearance-core", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]),
    )?;
    pure_core()?;
    step("documentation", cargo(&["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    // The tests run a real API server.
    go::tools()?;
    // The editor door stands beside another language server.
    npm::install(npm::YAML_LANGUAGE_SERVER)?;
    npm::vscode()?;
    python::tools()?;
    // The agreement harness takes cases through the real binary.
    step("binary", &mut cargo(&["build", "--bin", "clearance"]))?;
    // … and through the npm package.
    let package = wasm::run()?;
    step("the npm package and its adapters", Command::new("npm").args(["test", "--silent"]).current_dir(package))?;
    step("tests", &mut cargo(&["test", "--workspace"]))
}

/// The wasm target comes with rustup; without rustup it must be there already.
fn install_target() -> Result<()> {
    let rustup = Command::new("rustup").args(["target", "add", "wasm32-unknown-unknown"]).current_dir(codegen::root()).status();
    match rustup {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("rustup could not add the target wasm32-unknown-unknown ({status})"),
        Err(_) => {
            let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().context("cannot run rustc")?;
            let sysroot = String::from_utf8(sysroot.stdout)?;
            let target = std::path::Path::new(sysroot.trim()).join("lib/rustlib/wasm32-unknown-unknown");
            if target.exists() {
                return Ok(());
            }
            bail!("the target wasm32-unknown-unknown is missing and there is no rustup: install it with your toolchain")
        }
    }
}

/// Where Debian's packages can be installed they are; elsewhere a person must.
fn install_programs() -> Result<()> {
    let is_there = |program: &str| Command::new(program).arg("--version").output().is_ok();
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
