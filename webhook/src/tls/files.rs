//! Certificates in files: given ones, or of our own making in the state directory.
//!
//! The files are read every second, and what they hold is compared: the kubelet swaps a link to a
//! directory (`..data`), which changes no time and no size that could be relied on.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use time::OffsetDateTime;

use super::make::{Kept, Recipe};
use super::{Identity, Shown, clients};
use crate::state;

/// Far enough back for a clock that is set a little late, and short enough for clients that take no
/// certificate of more than 398 days (Apple's limit).
const BACK: Duration = Duration::from_hours(24);

/// Where the certificate comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// Files that somebody else makes and renews.
    Given { chain: PathBuf, key: PathBuf },
    /// Files of our own making in the state directory, for these names.
    Own { state: PathBuf, names: BTreeSet<String> },
    /// A Secret that all replicas share; not a file.
    Secret,
}

impl Source {
    fn files(&self) -> Option<(PathBuf, PathBuf)> {
        match self {
            Self::Given { chain, key } => Some((chain.clone(), key.clone())),
            Self::Own { state, .. } => Some((state.join("tls.pem"), state.join("tls.key"))),
            Self::Secret => None,
        }
    }

    /// The certificate that clients must trust; empty where it is no file.
    pub(crate) fn trusted(&self) -> PathBuf {
        match self {
            Self::Given { chain, .. } => chain.clone(),
            Self::Own { state, .. } => state.join("ca.pem"),
            Self::Secret => PathBuf::new(),
        }
    }
}

/// The files that certificates are read from.
#[derive(Debug)]
pub(crate) struct Files {
    source: Source,
    client_ca: Option<PathBuf>,
    /// Of what was last read, be it good or bad.
    hashes: [Option<u64>; 2],
}

impl Files {
    pub(crate) fn new(source: Source, client_ca: Option<PathBuf>) -> Self {
        Self { source, client_ca, hashes: [None; 2] }
    }

    /// Reads them for the first time. With a Secret its identity is given.
    pub(crate) fn open(&mut self, identity: Option<Identity>, now: OffsetDateTime) -> anyhow::Result<Arc<Shown>> {
        let identity = match identity {
            Some(identity) => identity,
            None => self.identity(now)?.context("there is no certificate")?,
        };
        Shown::new(identity, clients(None)?).and_then(|shown| self.refresh_clients(&shown).map(|()| shown))
    }

    /// Renews one of our own when its time comes, and takes up what has changed. What is wrong with it
    /// is told once; until it changes again, what was good before stays. Returns whether anything changed.
    pub(crate) fn refresh(&mut self, shown: &Shown, now: OffsetDateTime) -> anyhow::Result<bool> {
        let clients = self.refresh_clients(shown);
        let identity = self.identity(now)?;
        let changed = identity.is_some();
        if let Some(identity) = identity {
            let expired = |identity: &Identity| identity.until <= now.unix_timestamp();
            anyhow::ensure!(!expired(&identity) || expired(&shown.identity()), "the new certificate has expired already");
            shown.show(identity)?;
            tracing::info!(expires_in_days = shown.expires_in(now.unix_timestamp()) / 86_400, "the certificate was read again");
        }
        clients.map(|()| changed)
    }

    /// What the files hold, if it is new.
    fn identity(&mut self, now: OffsetDateTime) -> anyhow::Result<Option<Identity>> {
        let Some((chain, key)) = self.source.files() else { return Ok(None) };
        if let Source::Own { state, names } = &self.source {
            make(state, names, now)?;
        }
        let content = read(&chain).and_then(|chain| read(&key).map(|key| (chain, key)));
        if !self.has_changed(0, &content) {
            return Ok(None);
        }
        let (chain_pem, key_pem) = content?;
        let identity = Identity::read(&chain_pem, &key_pem);
        identity.with_context(|| format!("cannot use {} with {}", chain.display(), key.display())).map(Some)
    }

    fn refresh_clients(&mut self, shown: &Shown) -> anyhow::Result<()> {
        let Some(path) = self.client_ca.clone() else { return Ok(()) };
        let content = read(&path);
        if !self.has_changed(1, &content) {
            return Ok(());
        }
        let clients = clients(Some(&content?)).with_context(|| format!("cannot use the CAs in {}", path.display()))?;
        shown.demand(clients)
    }

    fn has_changed<T: Hash>(&mut self, which: usize, content: &anyhow::Result<T>) -> bool {
        let mut hasher = DefaultHasher::new();
        match content {
            Ok(content) => content.hash(&mut hasher),
            Err(error) => error.to_string().hash(&mut hasher),
        }
        let hash = Some(hasher.finish());
        self.hashes.get_mut(which).is_some_and(|before| std::mem::replace(before, hash) != hash)
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Makes a CA and a certificate where there are none that last, or none for these names.
fn make(state: &Path, names: &BTreeSet<String>, now: OffsetDateTime) -> anyhow::Result<()> {
    let recipe = Recipe { names: names.clone(), back: BACK };
    let paths = ["ca.pem", "ca.key", "tls.pem", "tls.key"].map(|name| state.join(name));
    let kept = || {
        let [ca, ca_key, chain, key] = paths.each_ref().map(|path| fs::read_to_string(path).unwrap_or_default());
        Kept { ca, ca_key, chain, key }
    };
    if recipe.renewed(&kept(), true, now)?.is_none() {
        return Ok(());
    }
    let _lock = state::lock(state)?;
    // Somebody else may have been first.
    let before = kept();
    let Some(next) = recipe.renewed(&before, true, now)? else { return Ok(()) };
    let pairs = [(&before.ca_key, &next.ca_key), (&before.ca, &next.ca), (&before.key, &next.key), (&before.chain, &next.chain)];
    let [ca, ca_key, chain, key] = &paths;
    for (path, (before, next)) in [ca_key, ca, key, chain].into_iter().zip(pairs) {
        if before != next {
            state::write(path, next.as_bytes())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
