//! A directory with files, and the command run in it.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub struct Place {
    directory: TempDir,
}

pub struct Outcome {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// As in a snapshot.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The hash changes with every rule.
        let out = match self.out.split_once("\"hash\":\"") {
            Some((before, after)) => format!("{before}\"hash\":\"…{}", after.get(16..).unwrap_or_default()),
            None => self.out.clone(),
        };
        write!(f, "exit {}\n\n{out}", self.code)?;
        if !self.err.is_empty() {
            write!(f, "\n--- stderr\n{}", self.err)?;
        }
        Ok(())
    }
}

impl Place {
    pub fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    /// With these files in it.
    pub fn with<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let place = Self::new();
        for (name, text) in files {
            place.write(name, text);
        }
        place
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// The command, with the clock of the corpus.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clearance"));
        command.args(args).current_dir(self.path());
        for variable in ["NO_COLOR", "CLICOLOR_FORCE", "NO_GRAPHICS", "CI_PROJECT_DIR", "GITHUB_WORKSPACE", "CLEARANCE_LANG"] {
            command.env_remove(variable);
        }
        if args.first() == Some(&"check") && !args.contains(&"--now") {
            command.args(["--now", "2026-11-01T00:00:00Z"]);
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Outcome {
        self.run_with(args, b"")
    }

    pub fn run_with(&self, args: &[&str], stdin: &[u8]) -> Outcome {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // What reads only a part of it closes the pipe.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        let output = child.wait_with_output().unwrap();
        Outcome {
            code: output.status.code().expect("no signal"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus")
}

/// A file of the corpus.
pub fn case(path: &str) -> String {
    std::fs::read_to_string(corpus().join(path)).unwrap()
}

/// A host cluster without a fault.
pub const HOST: &str = "apiVersion: nautes.resource.nautes.io/v1alpha1
kind: Cluster
metadata:
  name: cluster-host
  namespace: nautes
spec:
  apiServer: https://203.0.113.10:6443
  clusterType: physical
  usage: host
";

/// A virtual cluster on it.
pub fn virtual_cluster(name: &str, port: u16) -> String {
    format!(
        "apiVersion: nautes.resource.nautes.io/v1alpha1
kind: Cluster
metadata:
  name: {name}
  namespace: nautes
spec:
  apiServer: https://203.0.113.10:{port}
  clusterType: virtual
  usage: worker
  workerType: deployment
  hostCluster: cluster-host
"
    )
}
