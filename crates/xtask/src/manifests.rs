//! `cargo xtask manifests`: the plain manifests, rendered from the chart, so that there is one source.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::codegen::{put, root};
use crate::go;

/// Each file, and the values that it is rendered with.
const RENDERED: &[(&str, &[&str])] = &[
    ("webhook/deploy/manifests/clearance.yaml", &[]),
    ("webhook/deploy/manifests/clearance-with-cert-manager.yaml", &["certificates.from=cert-manager"]),
];

/// The Kubernetes that templates see; nothing in them depends on it beyond the chart's `kubeVersion`.
const KUBERNETES: &str = "1.36.3";

/// Renders the manifests, or compares them.
pub(crate) fn run(check: bool) -> Result<()> {
    let helm = go::build(&go::HELM)?.join("helm");
    for (file, values) in RENDERED {
        let mut command = Command::new(&helm);
        command.args(["template", "clearance", "webhook/deploy/chart", "--namespace", "clearance", "--kube-version", KUBERNETES]);
        for value in *values {
            command.args(["--set", value]);
        }
        let output = command.current_dir(root()).output().with_context(|| format!("cannot run {command:?}"))?;
        if !output.status.success() {
            bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        let rendered = String::from_utf8(output.stdout)?;
        let set = if values.is_empty() { String::new() } else { format!(" with {}", values.join(", ")) };
        put(check, file, &format!("# Rendered from the chart{set} by `cargo xtask manifests`.\n{rendered}"))?;
    }
    let crd = std::fs::read_to_string(root().join("webhook/deploy/chart/files/crd.yaml"))?;
    put(check, "webhook/deploy/manifests/crd.yaml", &crd)
}
