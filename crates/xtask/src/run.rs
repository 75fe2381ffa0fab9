//! Running other programs, so that the reader of a log sees what was run and why it failed.

use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::codegen::root;

/// A `cargo` of this toolchain, in the repository's root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> Result<PathBuf> {
    let output = cargo(&["metadata", "--format-version", "1", "--no-deps"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    Ok(metadata["target_directory"].as_str().context("cargo metadata names no target directory")?.into())
}

/// Runs a step and tells how long it took; fails when it fails.
pub(crate) fn step(title: &str, command: &mut Command) -> Result<()> {
    println!("\n== {title}");
    timed(title, command, Command::status)
}

/// Runs a step beside others: what it prints is shown when it ends, so that it stands together.
pub(crate) fn step_beside(title: &str, command: &mut Command) -> Result<()> {
    println!("== {title}: begun");
    timed(title, command, |command| {
        let output = command.output()?;
        print!("{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
        Ok(output.status)
    })
}

fn timed(title: &str, command: &mut Command, run: impl FnOnce(&mut Command) -> io::Result<ExitStatus>) -> Result<()> {
    let start = Instant::now();
    let status = run(command.stdin(Stdio::null())).with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{title}: {command:?} ended with {status}");
    }
    println!("== {title}: ok in {:.0?}", start.elapsed());
    Ok(())
}
