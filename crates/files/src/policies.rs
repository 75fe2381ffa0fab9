//! An organisation's own policies, from the file that configures them.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use clearance_core::source::LineIndex;
use clearance_policy_host::{Host, Mode, Policies, Read};
use clearance_render::Told;

use crate::{config, read};

/// The longest configuration.
const LONGEST: usize = 4 << 20;

/// Policies as they are configured.
#[derive(Debug, Default)]
pub struct OwnPolicies {
    policies: Option<Policies>,
    findings: Vec<Told>,
    files: Vec<PathBuf>,
}

impl OwnPolicies {
    /// Reads a configuration, and loads its modules for as many calls as `mode` says.
    pub fn read(path: &Path, mode: Mode) -> Result<Self> {
        let text = read::named(path, LONGEST)?;
        let name = path.to_string_lossy();
        let host = Host::of_process(mode).map_err(|why| anyhow!(why))?;
        let Read { policies, faults, files } = Read::of(&text, &name, path.parent().unwrap_or(Path::new("")), host);
        let lines = LineIndex::new(&text);
        let findings = faults.into_iter().map(|fault| config::fault(&text, &lines, &name, fault.range, fault.what)).collect();
        Ok(Self { policies, findings, files })
    }

    /// What is wrong with them.
    #[must_use]
    pub fn findings(&self) -> &[Told] {
        &self.findings
    }

    /// The policies; nothing where the configuration cannot be used.
    #[must_use]
    pub fn policies(&self) -> Option<&Policies> {
        self.policies.as_ref()
    }

    /// The modules that they rest on.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}
