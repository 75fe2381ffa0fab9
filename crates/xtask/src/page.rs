//! `cargo xtask page`: the page, in `wasm/page/dist`, from where it gets into the binary.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::npm;
use crate::run::{step, target};
use crate::wasm;

/// The page's directory.
pub(crate) const PAGE: &str = "wasm/page";

/// Builds the page, and the npm package that it judges with; returns the package's directory.
pub(crate) fn run() -> Result<PathBuf> {
    let package = wasm::run()?;
    let page = npm::install(PAGE)?;
    step("types of the page", tool(&page, "tsc").arg("--noEmit"))?;
    step("page", tool(&page, "vite").args(["build", "--logLevel", "warn"]))?;
    Ok(package)
}

/// Walks through the page as the built binary serves it, in a real browser. Screenshots are left in
/// `target/page`, to be looked at.
pub(crate) fn test() -> Result<()> {
    let page = npm::install(PAGE)?;
    let target = target()?;
    let mut tests = Command::new("node");
    tests.args(["--test", "--test-concurrency=1", "--test-reporter=spec", "test/"]).current_dir(&page);
    tests.env("CLEARANCE_BIN", target.join("debug/clearance")).env("CLEARANCE_SHOTS", target.join("page"));
    step("the page in Chromium", &mut tests)
}

fn tool(page: &Path, name: &str) -> Command {
    let mut tool = Command::new(page.join("node_modules/.bin").join(name));
    tool.current_dir(page);
    tool
}
