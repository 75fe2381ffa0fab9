//! An organisation's policies from a file, and what is in force while the file is no good.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clearance_core::source::{Encoding, LineIndex};
use clearance_policy_host::{Host, Mode, Policies, Read};

/// The longest configuration.
const LONGEST: u64 = 4 << 20;

/// The file that names the policies.
#[derive(Debug)]
pub(crate) struct PolicyFile {
    path: PathBuf,
    /// What the modules of the last reading were.
    modules: Vec<PathBuf>,
    /// Of what was read last, be it good or bad, as it was before.
    stamp: u64,
    is_good: bool,
}

impl PolicyFile {
    /// Reads the file for the first time. Without policies nobody knows what they would have refused, so
    /// that a configuration that cannot be used keeps the server from starting; one policy that cannot
    /// be loaded does as its own configuration says.
    pub(crate) fn open(path: PathBuf) -> anyhow::Result<(Self, Arc<Policies>)> {
        let mut file = Self { path, modules: Vec::new(), stamp: 0, is_good: true };
        let (read, faults) = file.read()?;
        let Some(policies) = read.policies else { bail!("the policies cannot be used: {}", faults.join("; ")) };
        for fault in &faults {
            tracing::warn!("{fault}");
        }
        file.is_good = faults.is_empty();
        file.modules = read.files;
        Ok((file, Arc::new(policies)))
    }

    /// What answers must say while the file is not in force.
    pub(crate) fn notice(&self) -> Option<&'static str> {
        (!self.is_good).then_some("some policies of this server cannot be used; it judges by the last good ones, and its log says why")
    }

    /// Reads the file if it or a module has changed; nothing where the policies before stay in force.
    pub(crate) fn refresh(&mut self) -> Option<Arc<Policies>> {
        // Taken before the reading, so that what changes meanwhile is seen at the next look. So is a list of modules
        // that has become another one: of their states nothing was known.
        let stamp = self.stamp();
        if std::mem::replace(&mut self.stamp, stamp) == stamp {
            return None;
        }
        let (read, faults) = match self.read() {
            Ok(read) => read,
            Err(error) => (Read::default(), vec![format!("{error:#}")]),
        };
        if !read.files.is_empty() {
            self.modules = read.files;
        }
        self.is_good = faults.is_empty();
        for fault in &faults {
            tracing::warn!("{fault}; the policies from before stay in force");
        }
        read.policies.filter(|_| faults.is_empty()).map(Arc::new)
    }

    /// Reads all; what is wrong comes as lines with their places.
    fn read(&self) -> anyhow::Result<(Read, Vec<String>)> {
        let name = self.path.display().to_string();
        let length = fs::metadata(&self.path).with_context(|| format!("cannot read the policies {name}"))?.len();
        anyhow::ensure!(length <= LONGEST, "{name} has more than {LONGEST} bytes");
        let text = fs::read_to_string(&self.path).with_context(|| format!("cannot read the policies {name}"))?;
        let host = Host::of_process(Mode::Server).map_err(|why| anyhow::anyhow!(why))?;
        let read = Read::of(&text, &name, self.path.parent().unwrap_or(Path::new("")), host);
        let lines = LineIndex::new(&text);
        let line = |fault: &clearance_policy_host::Fault| {
            let at = lines.position(&text, fault.range.start, Encoding::CodePoints);
            format!("{name}:{}:{}: {}", at.line.saturating_add(1), at.column.saturating_add(1), fault.what)
        };
        let faults = read.faults.iter().map(line).collect();
        Ok((read, faults))
    }

    /// Tells one state of all files from another, without reading modules.
    fn stamp(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        fs::read(&self.path).ok().hash(&mut hasher);
        for module in &self.modules {
            let state = fs::metadata(module).ok().map(|metadata| (metadata.len(), metadata.modified().ok()));
            state.hash(&mut hasher);
        }
        hasher.finish()
    }
}
