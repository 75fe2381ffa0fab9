//! `kubectl`, as people see it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

/// The program, and where it leads.
#[derive(Debug)]
pub struct Kubectl<'a> {
    pub(super) program: PathBuf,
    pub(super) kubeconfig: PathBuf,
    pub(super) directory: &'a Path,
}

/// What it printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// Its exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Kubectl<'_> {
    /// Runs it in a directory, with an editor of its own if one is given.
    pub fn run(&self, arguments: &[&str], directory: &Path, editor: Option<&Path>) -> Result<Printed> {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(directory).env("KUBECONFIG", &self.kubeconfig).stdin(Stdio::null());
        // What it remembers of the API is this API server's.
        command.env("HOME", self.directory).env("TMPDIR", directory).env("LANG", "C");
        if let Some(editor) = editor {
            command.env("KUBE_EDITOR", editor);
        }
        let output = command.output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Printed { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) })
    }
}
