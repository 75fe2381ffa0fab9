//! `cargo xtask wasm`: the npm package, in `wasm/npm/dist`. Nothing needs to be installed by hand but Node.

mod chinese;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clearance_core::rules::pages;
use clearance_core::{Form, rules};

use crate::npm;
use crate::run::{cargo, step, target};

/// What rustc emits for `wasm32-unknown-unknown`, and nothing beyond: with all features `wasm-opt` writes
/// what Node 20 refuses.
const FEATURES: &[&str] = &["bulk-memory", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"];

/// How a module is made small. No address below 1,024 is meant by a sum that begins above all memory, as the optimiser has
/// to fear: the stack ends there.
pub(crate) const SMALL: &[&str] = &["--low-memory-unused", "-Oz"];

/// Leaves out the passes that shorten a module and make it longer once it is compressed, because what was alike is so no
/// more.
const LONGER_WHEN_COMPRESSED: &[&str] = &["--skip-pass=memory-packing", "--skip-pass=local-cse", "--skip-pass=inlining-optimizing"];

/// Builds the package; returns its directory.
pub(crate) fn run() -> Result<PathBuf> {
    let package = npm::install(npm::WASM)?;
    check_version(&package)?;
    let dist = package.join("dist");
    let core = dist.join("core");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&core)?;
    let module = module()?;
    // Named as a program, not as a package: so it is built with the workspace's features, as the tests are.
    let mut bindgen = cargo(&["run", "--quiet", "--bin", "clearance-wasm-bindgen", "--"]);
    step("wasm-bindgen", bindgen.arg(&module).arg(&core).arg("clearance"))?;
    // What the first round leaves, a second one finds.
    optimise(&package, &core.join("clearance_bg.wasm"), &[SMALL, LONGER_WHEN_COMPRESSED, &["-Oz"]].concat())?;
    fs::write(dist.join("pages.js"), pages()?)?;
    fs::write(dist.join("pages.d.ts"), "export declare const pages: Record<string, string>;\n")?;
    fs::write(dist.join("chinese.js"), format!("export const chinese = {};\n", serde_json::to_string(&chinese::dictionary()?)?))?;
    fs::write(dist.join("chinese.d.ts"), "export declare const chinese: string;\n")?;
    schemas(&dist)?;
    step("tsc", Command::new(package.join("node_modules/.bin/tsc")).current_dir(&package))?;
    Ok(package)
}

/// The core with its bindings, as the compiler has it. It is made a module here and not in its manifest,
/// because what is a Rust library beside it is not optimised across crates.
fn module() -> Result<PathBuf> {
    let mut build = cargo(&["rustc", "--quiet", "--package", "clearance-wasm", "--lib", "--crate-type", "cdylib", "--profile", "wasm"]);
    // The names of functions go later: wasm-bindgen reads what is stripped with them.
    build.args(["--target", "wasm32-unknown-unknown"]).env("CARGO_PROFILE_WASM_STRIP", "debuginfo");
    step("wasm", &mut build)?;
    Ok(target()?.join("wasm32-unknown-unknown/wasm/clearance_wasm.wasm"))
}

/// Makes a module smaller, in place, by the tool in the npm package. It takes up to a minute, so the result for the same
/// module is kept.
pub(crate) fn optimise(package: &Path, module: &Path, passes: &[&str]) -> Result<()> {
    let name = module.file_stem().context("a module has a name")?;
    let kept = target()?.join("wasm-opt").join(name);
    let (before, after, passed) = (kept.join("before.wasm"), kept.join("after.wasm"), kept.join("passes"));
    let bytes = fs::read(module)?;
    let is_known =
        fs::read(&before).is_ok_and(|known| known == bytes) && fs::read_to_string(&passed).is_ok_and(|known| known == passes.join(" "));
    if after.exists() && is_known {
        fs::copy(&after, module)?;
        return Ok(());
    }
    if kept.exists() {
        fs::remove_dir_all(&kept)?;
    }
    fs::create_dir_all(&kept)?;
    fs::write(&before, bytes)?;
    fs::write(passed, passes.join(" "))?;
    let mut optimise = Command::new(package.join("node_modules/.bin/wasm-opt"));
    optimise.args(passes).arg("--mvp-features").args(FEATURES.iter().map(|feature| format!("--enable-{feature}")));
    step(&format!("wasm-opt of {}", name.display()), optimise.arg(&before).arg("-o").arg(&after))?;
    fs::copy(&after, module)?;
    Ok(())
}

/// The version stands in two places: npm's file cannot read Cargo's.
fn check_version(package: &Path) -> Result<()> {
    let text = fs::read_to_string(package.join("package.json"))?;
    let json: serde_json::Value = serde_json::from_str(&text)?;
    let (there, wanted) = (json["version"].as_str().context("a version")?, env!("CARGO_PKG_VERSION"));
    if there != wanted {
        bail!("wasm/npm/package.json has the version {there}, the workspace {wanted}");
    }
    Ok(())
}

/// The rules' pages, loaded when they are asked for.
fn pages() -> Result<String> {
    let mut text = String::from("// Made from crates/core/src/rules/pages.\nexport const pages = {\n");
    for rule in rules::all() {
        let page = pages::page(rule.name).with_context(|| format!("{} has no page", rule.name))?;
        writeln!(text, "{}: {},", serde_json::to_string(rule.name)?, serde_json::to_string(page)?)?;
    }
    text.push_str("};\n");
    Ok(text)
}

/// The forms' schemas, as files and as a module.
fn schemas(dist: &Path) -> Result<()> {
    fs::create_dir_all(dist.join("schema"))?;
    let mut text = String::from("export const schemas = {\n");
    for &form in Form::ALL {
        let schema = clearance_render::schema(form);
        fs::write(dist.join(format!("schema/{}.json", form.name())), format!("{}\n", serde_json::to_string_pretty(&schema)?))?;
        writeln!(text, "{}: {schema},", form.name())?;
    }
    text.push_str("};\n");
    fs::write(dist.join("schemas.js"), text)?;
    let types = "export declare const schemas: Record<\"resource\" | \"request\" | \"property\", unknown>;\n";
    Ok(fs::write(dist.join("schemas.d.ts"), types)?)
}
