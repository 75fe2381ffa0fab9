//! The tests themselves, two sets of them at a time: many wait for servers, for the browser, or do what only one core
//! can do, and `cargo test` runs the programs one after another.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::run::{cargo, step_beside};

/// Some of the tests, which stand or fail together.
pub(crate) type Suite<'a> = Box<dyn FnOnce() -> Result<()> + Send + 'a>;

/// The one that has tests enough to fill all cores by itself. It is the last, so that no core waits for another at the end.
const LAST: &str = "agreement";

/// How many run at a time. Most begin servers of their own, and measure how long an answer may take.
const AT_A_TIME: usize = 2;

/// A program that cargo built out of tests.
struct Program {
    name: String,
    path: PathBuf,
    /// Its package's, in which cargo would run it.
    directory: PathBuf,
}

/// Runs the given suites, and all tests of the workspace: they are built already. All of them run, whatever fails.
pub(crate) fn run(first: Vec<Suite<'_>>) -> Result<()> {
    let mut programs = built()?;
    programs.sort_by_key(|program| program.name == LAST);
    let mut waiting: VecDeque<Suite<'_>> = first.into();
    waiting.push_back(Box::new(|| step_beside("examples in the documentation", &mut cargo(&["test", "--workspace", "--doc"]))));
    waiting.extend(programs.into_iter().map(|program| -> Suite<'_> { Box::new(move || program.run()) }));
    let (waiting, failed) = (Mutex::new(waiting), Mutex::new(Vec::new()));
    // Not in the head of the loop: there the lock would be held while a suite runs.
    let next = || locked(&waiting).pop_front();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(suite) = next() {
                    if let Err(error) = suite() {
                        println!("{error:#}");
                        locked(&failed).push(format!("{error:#}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n")) }
}

impl Program {
    fn run(&self) -> Result<()> {
        let mut tests = Command::new(&self.path);
        tests.current_dir(&self.directory).env("CARGO_MANIFEST_DIR", &self.directory);
        step_beside(&format!("tests: {}", self.name), &mut tests)
    }
}

/// The programs that `cargo test` would run.
fn built() -> Result<Vec<Program>> {
    let output = cargo(&["test", "--workspace", "--no-run", "--message-format", "json-render-diagnostics"]).output()?;
    if !output.status.success() {
        bail!("the tests cannot be built: {}", String::from_utf8_lossy(&output.stderr));
    }
    let mut programs = Vec::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let told: serde_json::Value = serde_json::from_slice(line)?;
        let Some(path) = told["executable"].as_str().filter(|_| told["profile"]["test"] == true) else { continue };
        let name = told["target"]["name"].as_str().context("a target has a name")?;
        let manifest = told["manifest_path"].as_str().context("a package has a manifest")?;
        let directory = Path::new(manifest).parent().context("a manifest is in a directory")?;
        programs.push(Program { name: name.to_owned(), path: path.into(), directory: directory.into() });
    }
    if programs.is_empty() {
        bail!("cargo built no tests");
    }
    Ok(programs)
}

/// What panicked while it had the lock fails by itself.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
