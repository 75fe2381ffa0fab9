//! `cargo xtask policies`: builds the stock policies, and those that only tests run, as WebAssembly.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::codegen::root;
use crate::run::{step, target};
use crate::{npm, wasm};

/// What policies are built for.
pub(crate) const TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "wasm32-wasip1"];

/// Those that are built for the second target, too: the host must run both kinds.
const ALSO_WASI: [&str; 2] = ["allowed-domains", "guest-plain"];

/// Built for the second target alone, as policies by Kubewarden's SDK are. What the SDK brings takes as long to build as
/// all the others together.
const BY_THEIR_SDK: &str = "guest-sdk";

/// Those that people are given: they are made smaller, and so are ready sooner and take less memory.
const STOCK: [&str; 5] = ["allowed-domains", "clearance-rules", "naming-convention", "product-permissions", "required-labels"];

/// Builds all of them into `target/policies`.
pub(crate) fn build() -> Result<()> {
    for target in TARGETS {
        install(target)?;
    }
    let [unknown, wasi] = TARGETS;
    compile("policies", unknown, &["--workspace", "--exclude", BY_THEIR_SDK])?;
    let also: Vec<&str> = ALSO_WASI.iter().chain([&BY_THEIR_SDK]).flat_map(|package| ["--package", package]).collect();
    compile("policies for WASI", wasi, &also)?;
    let built = directory()?;
    std::fs::create_dir_all(&built)?;
    collect(unknown, "", &built)?;
    collect(wasi, ".wasip1", &built)?;
    let package = npm::install(npm::WASM)?;
    for name in STOCK {
        wasm::optimise(&package, &built.join(format!("{name}.wasm")), wasm::SMALL)?;
    }
    println!("policies are in {}", built.display());
    Ok(())
}

/// Builds the one by Kubewarden's SDK for the first target, too: their engine, as it is measured, knows no WASI.
pub(crate) fn to_compare() -> Result<PathBuf> {
    let [unknown, _] = TARGETS;
    compile("a policy by their SDK", unknown, &["--package", BY_THEIR_SDK])?;
    let built = directory()?;
    collect(unknown, "", &built)?;
    Ok(built.join(format!("{BY_THEIR_SDK}.wasm")))
}

/// Checks their sources, and runs their tests, which need no WebAssembly.
pub(crate) fn check() -> Result<()> {
    step("format of policies", &mut cargo(&["fmt", "--all", "--check"])?)?;
    let natively = ["--workspace", "--exclude", "guest-plain", "--exclude", BY_THEIR_SDK];
    step("clippy of policies", cargo(&["clippy"])?.args(natively).args(["--all-targets", "--", "-D", "warnings"]))?;
    step("tests of policies", cargo(&["test"])?.args(natively))
}

/// Builds Kubewarden's own engine crates, with a small program around them; returns it. What is measured is built by
/// the profile `release`, what is only asked by `dev`.
pub(crate) fn peer(profile: &str) -> Result<PathBuf> {
    let mut build = crate::run::cargo(&["build", "--locked", "--profile", profile]);
    build.current_dir(root().join("policies/peer")).env("CARGO_TARGET_DIR", target()?);
    step("Kubewarden's engine crates", &mut build)?;
    let directory = if profile == "dev" { "debug" } else { profile };
    Ok(target()?.join(directory).join("peer"))
}

/// Where they lie when they are built.
fn directory() -> Result<PathBuf> {
    Ok(target()?.join("policies"))
}

/// A `cargo` in the policies' own workspace; what it builds lies beside what others do.
fn cargo(arguments: &[&str]) -> Result<Command> {
    let mut command = crate::run::cargo(arguments);
    command.current_dir(root().join("policies")).env("CARGO_TARGET_DIR", target()?.join("policies-build"));
    Ok(command)
}

fn compile(title: &str, target: &str, packages: &[&str]) -> Result<()> {
    step(title, cargo(&["build", "--release", "--locked", "--target", target])?.args(packages))
}

fn collect(target_name: &str, ending: &str, into: &Path) -> Result<()> {
    let from = target()?.join("policies-build").join(target_name).join("release");
    for entry in std::fs::read_dir(&from).with_context(|| from.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let name = path.file_stem().and_then(|name| name.to_str()).context("a name")?.replace('_', "-");
            std::fs::copy(&path, into.join(format!("{name}{ending}.wasm")))?;
        }
    }
    Ok(())
}

/// The targets come with rustup; without rustup they must be there already.
pub(crate) fn install(target: &str) -> Result<()> {
    let rustup = Command::new("rustup").args(["target", "add", target]).current_dir(root()).status();
    match rustup {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("rustup could not add the target {target} ({status})"),
        Err(_) => {
            let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().context("cannot run rustc")?;
            let sysroot = String::from_utf8(sysroot.stdout)?;
            if Path::new(sysroot.trim()).join("lib/rustlib").join(target).exists() {
                return Ok(());
            }
            bail!("the target {target} is missing and there is no rustup: install it with your toolchain")
        }
    }
}
