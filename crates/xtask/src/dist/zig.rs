//! A C compiler for every target: `zig cc`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::python;

/// Installs it; returns the program.
pub(super) fn install() -> Result<PathBuf> {
    // It is no script in the environment but a file of its package.
    let python = python::install(&python::ZIG)?.join("bin/python");
    let output = Command::new(python).args(["-c", "import ziglang; print(ziglang.__path__[0])"]).output()?;
    let package = String::from_utf8(output.stdout).ok().filter(|_| output.status.success()).context("the package ziglang is not there")?;
    Ok(Path::new(package.trim()).join("zig"))
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
