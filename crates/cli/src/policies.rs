//! An organisation's own policies, beside the rules.

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use clearance_core::source::LineIndex;
use clearance_core::{Document, Examined, Fleet, Operation, Verdict};
use clearance_policy_host::{Basis, Host, Mode, Policies, Read, Snapshot};
use clearance_render::{Output, Summary};

use crate::config;
use crate::input::cannot_read;
use crate::read;
use crate::scan::Reader;

/// The longest configuration.
const LONGEST: usize = 4 << 20;

/// Policies as they are configured.
pub struct OwnPolicies {
    name: String,
    text: String,
    read: Read,
}

impl OwnPolicies {
    /// Reads a configuration, and loads its modules.
    pub fn read(path: &Path) -> Result<Self> {
        let mut buffer = Vec::new();
        let text = read::file(path, LONGEST, &mut buffer).map(str::to_owned).map_err(|why| anyhow!(cannot_read(path, &why.reason())))?;
        let name = path.to_string_lossy().into_owned();
        let host = Host::new(Mode::Once).map_err(|why| anyhow!(why))?;
        let read = Read::of(&text, &name, path.parent().unwrap_or(Path::new("")), &host);
        Ok(Self { name, text, read })
    }

    /// Tells what is wrong with them.
    pub fn tell(&self, output: &mut dyn Output, summary: &mut Summary) -> io::Result<()> {
        let lines = LineIndex::new(&self.text);
        for fault in &self.read.faults {
            output.finding(&config::fault(&self.text, &lines, &self.name, fault.range, fault.what.clone()))?;
        }
        summary.errors += self.read.faults.len();
        summary.told += usize::from(!self.read.faults.is_empty());
        Ok(())
    }

    /// The policies; nothing where the configuration cannot be used.
    pub fn policies(&self) -> Option<&Policies> {
        self.read.policies.as_ref()
    }
}

/// Policies, and what they may look up.
pub struct Hearing<'h> {
    policies: &'h Policies,
    clusters: Option<Arc<Snapshot>>,
}

impl<'h> Hearing<'h> {
    pub fn new(policies: &'h Policies, fleet: &Fleet) -> Self {
        Self { policies, clusters: policies.look_up().then(|| Arc::new(Snapshot::of(fleet))) }
    }

    /// Judges by the rules and by the policies.
    pub fn judge(
        &self,
        reader: &Reader<'_>,
        fleet: &Fleet,
        document: &Document<'_>,
        examined: Examined,
        operation: Operation<'_>,
    ) -> Verdict {
        let basis = Basis { rulebook: reader.rulebook, fleet, clusters: self.clusters.as_ref(), now: reader.now };
        self.policies.judge(&basis, document, examined, operation)
    }
}
