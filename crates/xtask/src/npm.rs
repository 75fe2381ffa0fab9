//! Programs and libraries from npm: each directory with a `package-lock.json` pins its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::codegen::root;
use crate::run::step;

/// The npm package, and what builds and tests it.
pub(crate) const WASM: &str = "wasm/npm";
/// The language server that people have beside ours.
pub(crate) const YAML_LANGUAGE_SERVER: &str = "tests/yaml-language-server";
/// The extension for Visual Studio Code.
const VSCODE: &str = "editors/vscode";

/// Installs what a directory's lock names, unless it was installed from the same lock before; returns the directory.
pub(crate) fn install(directory: &str) -> Result<PathBuf> {
    let directory = root().join(directory);
    let lock = directory.join("package-lock.json");
    let wanted = std::fs::read_to_string(&lock).with_context(|| lock.display().to_string())?;
    if wanted.contains("\"resolved\": \"http") {
        bail!("{} names a registry: `.npmrc` beside it keeps such lines out when the lock is written anew", lock.display());
    }
    let stamp = directory.join("node_modules/.installed-from");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(directory);
    }
    if Command::new("npm").arg("--version").output().is_err() {
        bail!(
            "the packages in {} are installed with npm, and there is no `npm`: install Node 20 or later (https://nodejs.org)",
            directory.display()
        );
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&directory);
    step(&format!("packages from npm for {}", directory.display()), &mut npm)?;
    std::fs::write(stamp, wanted)?;
    Ok(directory)
}

/// Checks the extension for Visual Studio Code, and packages it.
pub(crate) fn vscode() -> Result<()> {
    let directory = install(VSCODE)?;
    step("the extension for Visual Studio Code", Command::new("npm").args(["run", "--silent", "package"]).current_dir(&directory))?;
    if !directory.join("dist/clearance.vsix").exists() {
        bail!("vsce made no dist/clearance.vsix");
    }
    Ok(())
}
