//! A C compiler for every target: `zig cc`, from `PyPI`, as cargo-zigbuild uses it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::{step, target};

const VERSION: &str = "ziglang==0.13.0.post1";

/// Installs it below the target directory; returns the program.
pub(super) fn install() -> Result<PathBuf> {
    let directory = target()?.join("tools/zig");
    let program = directory.join("ziglang/zig");
    if !program.exists() {
        std::fs::create_dir_all(&directory)?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(&directory).arg(VERSION);
        step("zig, from PyPI", &mut pip).context("install Python 3 with pip")?;
    }
    Ok(program)
}

/// A compiler for an architecture. The crate `cc` names the target as Rust does; zig has its own name for it.
pub(super) fn compiler(zig: &Path, architecture: &str) -> Result<PathBuf> {
    let script = format!(
        "#!/bin/sh\nfor argument; do shift; case \"$argument\" in --target=*) ;; *) set -- \"$@\" \"$argument\" ;; esac; done\n\
         exec '{}' cc -target {architecture}-linux-musl -fno-sanitize=all \"$@\"\n",
        zig.display()
    );
    written(&zig.with_file_name(format!("cc-{architecture}")), &script)
}

/// An archiver.
pub(super) fn archiver(zig: &Path) -> Result<PathBuf> {
    written(&zig.with_file_name("ar"), &format!("#!/bin/sh\nexec '{}' ar \"$@\"\n", zig.display()))
}

fn written(path: &Path, script: &str) -> Result<PathBuf> {
    std::fs::write(path, script)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path.to_owned())
}
