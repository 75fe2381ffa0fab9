//! What has begun and is not known to be done: a file each, so that a crash between any two steps is
//! finished or undone afterwards.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::objects::{Objects, Oid};
use crate::secrets::SecretStore;

/// What one request is about to do. It holds no credential.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Step {
    /// The name of the pending secret, and of the prepared commit.
    pub id: String,
    pub cluster: String,
    pub does: Does,
    /// The commit that is pushed.
    pub commit: String,
    /// The version of the secret that goes then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What becomes of the secret once the commit is in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Does {
    /// The pending one counts.
    Register,
    /// None counts any more.
    Unregister,
}

impl Step {
    /// Brings the secret store to where the repository is.
    pub(crate) fn finish(&self, secrets: &dyn SecretStore) -> anyhow::Result<()> {
        if self.does == Does::Register {
            secrets.promote(&self.cluster, &self.id)?;
        }
        self.version.as_ref().map_or(Ok(()), |version| secrets.remove(&self.cluster, version))
    }

    /// Takes back what was stored for a commit that did not come to be.
    pub(crate) fn undo(&self, secrets: &dyn SecretStore) -> anyhow::Result<()> {
        match self.does {
            Does::Register => secrets.drop_pending(&self.cluster, &self.id),
            Does::Unregister => Ok(()),
        }
    }
}

pub(crate) struct Journal {
    directory: PathBuf,
    /// So long a program that a dead server started may still be at work.
    patience: Duration,
}

impl Journal {
    pub(crate) fn open(state: &Path, patience: Duration) -> anyhow::Result<Self> {
        let directory = state.join("journal");
        files::directory(&directory)?;
        Ok(Self { directory, patience })
    }

    fn path(&self, id: &str) -> PathBuf {
        self.directory.join(format!("{id}.json"))
    }

    /// Notes a step before it is done; once more where it is tried again.
    pub(crate) fn note(&self, step: &Step) -> anyhow::Result<()> {
        files::write(&self.path(&step.id), &serde_json::to_vec(step)?).context("the journal cannot be written")
    }

    /// The step is done, or undone.
    pub(crate) fn close(&self, id: &str) -> anyhow::Result<()> {
        Ok(files::remove(&self.path(id))?)
    }

    /// Finishes what came to be, and undoes what did not. `tip` is the repository as it is now; where it need not be
    /// the latest, nothing is undone.
    pub(crate) fn settle(&self, objects: &Objects, secrets: &dyn SecretStore, tip: Option<&Oid>, is_latest: bool) -> anyhow::Result<()> {
        for name in files::names(&self.directory)? {
            let path = self.directory.join(&name);
            if path.extension().is_some_and(|end| end == "new") {
                files::remove(&path)?;
                continue;
            }
            let Ok(text) = std::fs::read(&path) else { continue };
            let step: Step = serde_json::from_slice(&text).with_context(|| format!("{} cannot be read", path.display()))?;
            let commit = Oid::parse(&step.commit).context("a commit of the journal")?;
            let is_in = match tip {
                Some(tip) => objects.holds(tip, &commit)?,
                None => false,
            };
            if !is_in && (!is_latest || age(&path) < self.patience) {
                continue;
            }
            if is_in {
                step.finish(secrets)?;
            } else {
                step.undo(secrets)?;
            }
            tracing::info!(request = step.id, cluster = step.cluster, finished = is_in, "what was left open is settled");
            let _ = objects.forget(&step.id);
            self.close(&step.id)?;
        }
        Ok(())
    }

    /// Whether nothing is open.
    pub(crate) fn is_empty(&self) -> anyhow::Result<bool> {
        Ok(files::names(&self.directory)?.is_empty())
    }

    /// Whether a request is still open.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.path(id).exists()
    }
}

fn age(path: &Path) -> Duration {
    let modified = path.metadata().and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    SystemTime::now().duration_since(modified).unwrap_or_default()
}
