//! Programs from `PyPI`, each in an environment of its own below the target directory.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::{step, target};

/// A program, and what is installed of it.
#[derive(Debug)]
pub(crate) struct Program {
    /// What its environment is called.
    name: &'static str,
    /// Packages with their versions: the program alone, whose dependencies come along, or all that it needs.
    packages: &'static [&'static str],
}

/// What asks an API by its own description.
pub(crate) const SCHEMATHESIS: Program = Program { name: "schemathesis", packages: &["schemathesis==4.32.5"] };

/// What runs hooks before a commit.
pub(crate) const PRE_COMMIT: Program = Program {
    name: "pre-commit",
    packages: &[
        "pre-commit==4.3.0",
        "cfgv==3.4.0",
        "distlib==0.4.0",
        "filelock==3.19.1",
        "identify==2.6.14",
        "nodeenv==1.9.1",
        "platformdirs==4.4.0",
        "PyYAML==6.0.2",
        "virtualenv==20.34.0",
    ],
};

/// A C compiler for every target, as cargo-zigbuild uses it.
pub(crate) const ZIG: Program = Program { name: "zig", packages: &["ziglang==0.13.0.post1"] };

/// Installs a program, unless it was installed from the same list before; returns the directory of its environment.
pub(crate) fn install(program: &Program) -> Result<PathBuf> {
    let directory = target()?.join("python").join(program.name);
    let (stamp, list) = (directory.join("installed-from"), program.packages.join("\n"));
    if std::fs::read_to_string(&stamp).is_ok_and(|there| there == list) {
        return Ok(directory);
    }
    let mut venv = Command::new("python3");
    step(&format!("an environment for {}", program.name), venv.args(["-m", "venv", "--clear"]).arg(&directory))
        .context("install Python 3 with its environments (Debian: python3-venv)")?;
    let mut pip = Command::new(directory.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(program.packages);
    step(&format!("{}, from PyPI", program.name), &mut pip)?;
    std::fs::write(stamp, list)?;
    Ok(directory)
}
