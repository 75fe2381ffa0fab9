//! A program from `PyPI` that tests run.

use std::process::Command;

use anyhow::{Context, Result};

use crate::run::{step, target};

/// What runs hooks before a commit, with all that it needs.
const PRE_COMMIT: &[&str] = &[
    "pre-commit==4.3.0",
    "cfgv==3.4.0",
    "distlib==0.4.0",
    "filelock==3.19.1",
    "identify==2.6.14",
    "nodeenv==1.9.1",
    "platformdirs==4.4.0",
    "PyYAML==6.0.2",
    "virtualenv==20.34.0",
];

/// Installs pre-commit below the target directory. What is there from the same list is left.
pub(crate) fn pre_commit() -> Result<()> {
    let directory = target()?.join("tools/pre-commit");
    let (stamp, list) = (directory.join("installed-from"), PRE_COMMIT.join("\n"));
    if std::fs::read_to_string(&stamp).is_ok_and(|there| there == list) {
        return Ok(());
    }
    std::fs::create_dir_all(&directory)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target"]).arg(&directory).args(PRE_COMMIT);
    step("pre-commit, from PyPI", &mut pip).context("install Python 3 with pip (Debian: python3-pip)")?;
    Ok(std::fs::write(stamp, list)?)
}
