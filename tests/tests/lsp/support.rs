//! A tenant repository on disk, and an editor in it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clearance_lsp_client::Editor;
use clearance_tests::door::Binary;
use serde_json::{Value, json};

pub use clearance_core::repository::CLUSTERS;

/// A tenant repository.
pub struct Tenant {
    directory: tempfile::TempDir,
}

impl Tenant {
    pub fn new() -> Self {
        // Globs of other servers see no hidden directories.
        let directory = tempfile::Builder::new().prefix("tenant-").tempdir().expect("a directory");
        std::fs::create_dir_all(directory.path().join(CLUSTERS)).expect("the layout");
        let tenant = Self { directory };
        tenant.write("kustomization.yaml", "resources: []\n");
        tenant
    }

    pub fn root(&self) -> PathBuf {
        self.directory.path().canonicalize().expect("it is there")
    }

    /// A file among the clusters.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root().join(CLUSTERS).join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.file(name);
        std::fs::write(&file, text).expect("it can be written");
        file
    }

    /// Writes clusters and the list of them.
    pub fn with(self, clusters: &[(&str, String)]) -> Self {
        let mut list = "resources:\n".to_owned();
        for (name, text) in clusters {
            self.write(&format!("{name}.yaml"), text);
            let _ = writeln!(list, "  - {name}.yaml");
        }
        self.write("kustomization.yaml", &list);
        self
    }

    /// What `clearance check` says of all of it.
    pub fn check(&self) -> Vec<Value> {
        let output = Binary::new().expect("the binary").check(&[], &self.root()).expect("it can be checked");
        output["findings"].as_array().expect("findings").clone()
    }
}

pub fn server() -> Command {
    let mut command = Command::new(Binary::new().expect("the binary is built").path());
    command.arg("lsp");
    command
}

pub fn editor(folder: &Path, options: &Value) -> Editor {
    Editor::start(&mut server(), folder, &json!({}), options).expect("a language server")
}

pub fn host(name: &str, address: &str) -> String {
    format!(
        "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: {name}\n  namespace: nautes\nspec:\n  \
         apiServer: https://{address}:6443\n  clusterType: physical\n  usage: host\n"
    )
}

pub fn worker(name: &str, address: &str, port: u16, host: &str) -> String {
    format!(
        "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: {name}\n  namespace: nautes\nspec:\n  \
         apiServer: https://{address}:{port}\n  clusterType: virtual\n  usage: worker\n  workerType: deployment\n  hostCluster: {host}\n"
    )
}

/// The rules of diagnostics.
pub fn rules(diagnostics: &[Value]) -> Vec<String> {
    diagnostics.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap_or_default().to_owned()).collect()
}
