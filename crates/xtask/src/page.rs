//! `cargo xtask page`: the page, in `wasm/page/dist`, from where it gets into the binary.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::npm;
use crate::run::{step, step_beside, target};
use crate::wasm;

/// The page's directory.
pub(crate) const PAGE: &str = "wasm/page";

/// How often Zopfli tries anew: 60 rounds save half a thousandth more.
const ROUNDS: NonZeroU64 = NonZeroU64::new(15).unwrap();

/// Builds the page, and the npm package that it judges with; returns the package's directory.
pub(crate) fn run() -> Result<PathBuf> {
    let package = wasm::run()?;
    let page = npm::install(PAGE)?;
    step("types of the page", tool(&page, "tsc").arg("--noEmit"))?;
    step("page", tool(&page, "vite").args(["build", "--logLevel", "warn"]))?;
    println!("the page with everything: {} bytes, compressed", pack(&page.join("dist"))?);
    Ok(package)
}

/// Puts a compressed copy beside each file, as it is served; returns the size of all of them. Zopfli writes
/// what `gzip` reads, and 4 % less of it than `gzip` does. It takes its time, so what it made is kept.
fn pack(directory: &Path) -> Result<usize> {
    let kept = target()?.join("packed");
    fs::create_dir_all(&kept)?;
    let options = zopfli::Options { iteration_count: ROUNDS, ..zopfli::Options::default() };
    let mut total = 0;
    // All of them first: copies come beside them.
    let entries = fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    for path in entries.iter().map(fs::DirEntry::path) {
        if path.is_dir() {
            total += pack(&path)?;
            continue;
        }
        let plain = fs::read(&path)?;
        let mut hash = DefaultHasher::new();
        plain.hash(&mut hash);
        let known = kept.join(format!("{:016x}-{}-{ROUNDS}.gz", hash.finish(), plain.len()));
        let packed = match fs::read(&known) {
            Ok(packed) => packed,
            Err(_) => {
                let mut packed = Vec::new();
                zopfli::compress(options, zopfli::Format::Gzip, plain.as_slice(), &mut packed)?;
                fs::write(&known, &packed)?;
                packed
            }
        };
        total += packed.len();
        fs::write(path.with_added_extension("gz"), packed)?;
    }
    Ok(total)
}

/// Walks through the page as the built binary serves it, in a real browser. Screenshots are left in
/// `target/page`, to be looked at.
pub(crate) fn test() -> Result<()> {
    let page = npm::install(PAGE)?;
    let target = target()?;
    let mut tests = Command::new("node");
    tests.args(["--test", "--test-concurrency=1", "--test-reporter=spec", "test/"]).current_dir(&page);
    tests.env("CLEARANCE_BIN", target.join("debug/clearance")).env("CLEARANCE_SHOTS", target.join("page"));
    step_beside("the page in Chromium", &mut tests)
}

fn tool(page: &Path, name: &str) -> Command {
    let mut tool = Command::new(page.join("node_modules/.bin").join(name));
    tool.current_dir(page);
    tool
}
