//! Programs in Python that tests run, in an environment of their own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::run::{step, target};

/// What asks an API by its own description.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// Installs what is not there in this version.
pub(crate) fn tools() -> Result<PathBuf> {
    let directory = target()?.join("venv");
    let stamp = directory.join("installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == SCHEMATHESIS) {
        return Ok(directory);
    }
    step("an environment for Python", Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
    let mut pip = Command::new(directory.join("bin/pip"));
    step(SCHEMATHESIS, pip.args(["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS]))?;
    std::fs::write(stamp, SCHEMATHESIS)?;
    Ok(directory)
}
