//! Where kubeconfigs are kept: never in Git.
//!
//! What is stored is pending at first. It becomes current once the commit that it belongs to is in the
//! repository, and is dropped if that does not come to be.

mod encrypted;
mod kubernetes;
mod vault;

pub(crate) use encrypted::EncryptedFiles;
pub(crate) use kubernetes::KubernetesSecrets;
pub(crate) use vault::{Login, Vault, VaultAt};

/// A kubeconfig's text. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Kubeconfig(pub String);

impl std::fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kubeconfig(…)")
    }
}

/// The kubeconfig of a cluster that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Current {
    pub kubeconfig: Kubeconfig,
    /// Which one it is: another one has another version.
    pub version: String,
}

/// A secret store. Each call may be made again: what is done already is no fault.
pub(crate) trait SecretStore: Send + Sync {
    /// The kubeconfig of a cluster that counts.
    fn current(&self, cluster: &str) -> anyhow::Result<Option<Current>>;
    /// Keeps one that may come to count.
    fn put_pending(&self, cluster: &str, id: &str, kubeconfig: &Kubeconfig) -> anyhow::Result<()>;
    /// Makes it count.
    fn promote(&self, cluster: &str, id: &str) -> anyhow::Result<()>;
    /// Takes it back.
    fn drop_pending(&self, cluster: &str, id: &str) -> anyhow::Result<()>;
    /// Removes the one that counts, if it still is this version: where servers share a store, another
    /// one may have registered the cluster anew meanwhile.
    fn remove(&self, cluster: &str, version: &str) -> anyhow::Result<()>;
}
