//! The core as wasm: how large it is, and that it asks nothing of whoever loads it.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use wasmparser::{Parser, Payload};

use super::table::Table;
use crate::codegen::root;
use crate::run::{cargo, step};

const LIMIT: usize = 200_000;

/// A crate of its own, outside the workspace: its one function reaches all that a door would.
const LIBRARY: &str = include_str!("size/lib.rs.txt");

/// Builds the core as wasm, as a browser has it, and weighs it, without the Chinese sentences (they are loaded when they are
/// asked for) and with them.
pub(super) fn run() -> Result<Table> {
    let both = build(&["chinese"])?;
    let english = build(&[])?;
    let mut table = Table::new("size: the core as wasm, without the rules' pages and the short way through JSON");
    table.row("raw", format!("{} bytes", english.raw));
    table.limited("gzip -9", format!("{} bytes", english.packed), "200,000 bytes", english.packed < LIMIT);
    table.row("… with the Chinese sentences", format!("{} bytes", both.packed));
    table.limited("imports", english.imports.len().to_string(), "none", english.imports.is_empty());
    if !english.imports.is_empty() {
        table.note(format!("Imports: {}", english.imports.join(", ")));
    }
    Ok(table)
}

/// What a module weighs, in bytes, and what it asks for.
struct Weight {
    raw: usize,
    packed: usize,
    imports: Vec<String>,
}

fn build(features: &[&str]) -> Result<Weight> {
    let scratch = root().join("target/size");
    std::fs::create_dir_all(scratch.join("src"))?;
    std::fs::write(scratch.join("Cargo.toml"), manifest(features)?)?;
    std::fs::write(scratch.join("src/lib.rs"), LIBRARY)?;
    std::fs::copy(root().join("Cargo.lock"), scratch.join("Cargo.lock"))?;
    let target = scratch.join("target");
    step(
        "wasm",
        cargo(&["build", "--quiet", "--profile", "wasm", "--target", "wasm32-unknown-unknown"])
            .current_dir(&scratch)
            .env("CARGO_TARGET_DIR", &target),
    )?;
    let file = target.join("wasm32-unknown-unknown/wasm/clearance_size.wasm");
    let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
    Ok(Weight { raw: bytes.len(), packed: packed(&file)?, imports: imports(&bytes)? })
}

/// The workspace's profile is copied: what is measured is what is shipped.
fn manifest(features: &[&str]) -> Result<String> {
    let workspace = std::fs::read_to_string(root().join("Cargo.toml"))?;
    let profile = |name: &str| {
        let start = workspace.find(&format!("[profile.{name}]")).with_context(|| format!("the workspace has no profile `{name}`"))?;
        let rest = &workspace[start..];
        anyhow::Ok(rest.find("\n[").map_or(rest, |end| &rest[..end]).to_owned())
    };
    Ok(format!(
        "[package]\nname = \"clearance-size\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
         [dependencies]\nclearance-core = {{ path = \"{}\", default-features = false, features = {features:?} }}\n\
         # An allocator of one KB; the standard library's has five.\n\
         talc = {{ version = \"=5.1.1\", default-features = false }}\n\n[workspace]\n\n{}\n{}\n",
        root().join("crates/core").display(),
        profile("release")?,
        profile("wasm")?
    ))
}

/// What a module asks of whoever loads it.
fn imports(module: &[u8]) -> Result<Vec<String>> {
    let mut imports = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                imports.push(format!("{}.{}", import.module, import.name));
            }
        }
    }
    Ok(imports)
}

/// The size after `gzip -9`.
pub(super) fn packed(file: &Path) -> Result<usize> {
    let output = Command::new("gzip").args(["-9", "-n", "-c"]).arg(file).stderr(Stdio::inherit()).output().context("cannot run gzip")?;
    if !output.status.success() {
        bail!("gzip ended with {}", output.status);
    }
    Ok(output.stdout.len())
}
