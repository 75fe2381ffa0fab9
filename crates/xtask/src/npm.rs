//! Programs from npm that tests run. Each set of them has a `package.json` in this repository, and a lock that pins
//! all that comes with them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::codegen::root;
use crate::run::{step, target};

/// The language server that reads our schemas.
pub(crate) const YAML_LANGUAGE_SERVER: &str = "tests/yaml-language-server";

/// Installs a set below the target directory; returns where it is. What is there from the same lock is left.
pub(crate) fn install(directory: &str) -> Result<PathBuf> {
    let source = root().join(directory);
    let installed = target()?.join("npm").join(source.file_name().context("a directory has a name")?);
    let lock = std::fs::read(source.join("package-lock.json")).with_context(|| format!("{directory}/package-lock.json"))?;
    let stamp = installed.join("installed-from");
    if std::fs::read(&stamp).is_ok_and(|there| there == lock) {
        return Ok(installed);
    }
    if Command::new("npm").arg("--version").output().is_err() {
        bail!("{directory} is installed with npm, and there is no `npm`: install Node.js 20 or later (https://nodejs.org)");
    }
    std::fs::create_dir_all(&installed)?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(source.join(file), installed.join(file))?;
    }
    // Nothing that comes along is run while it is installed.
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    step(&format!("{directory}, by npm"), Command::new("npm").args(arguments).current_dir(&installed))?;
    std::fs::write(stamp, lock)?;
    Ok(installed)
}
