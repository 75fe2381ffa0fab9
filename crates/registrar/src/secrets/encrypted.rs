//! The embedded store: a file each, encrypted by `age` for a key of the state directory. A backup of
//! the files without the key shows nothing; `age --decrypt -i secrets.key` opens them.

use std::fs;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use anyhow::Context;

use super::{Current, Kubeconfig, SecretStore};
use crate::files;

pub(crate) struct EncryptedFiles {
    directory: PathBuf,
    key: Identity,
}

const CURRENT: &str = "current.age";
/// The directory is one server's own, so that nobody else writes another one.
const VERSION: &str = "only";

impl EncryptedFiles {
    /// Opens the store below a state directory; makes its key where there is none.
    pub(crate) fn open(state: &Path) -> anyhow::Result<Self> {
        let directory = state.join("secrets");
        files::directory(&directory)?;
        let path = state.join("secrets.key");
        let key = match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(|_| anyhow::anyhow!("{} holds no key", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // Without its key what is there could never be read again.
                anyhow::ensure!(files::names(&directory)?.is_empty(), "{} is gone, and there are secrets that it opens", path.display());
                let key = Identity::generate();
                files::write(&path, format!("{}\n", key.to_string().expose_secret()).as_bytes())?;
                key
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(Self { directory, key })
    }

    fn of(&self, cluster: &str) -> PathBuf {
        self.directory.join(cluster)
    }

    fn pending(&self, cluster: &str, id: &str) -> PathBuf {
        self.of(cluster).join(format!("pending-{id}.age"))
    }

    /// A cluster without a secret has no directory.
    fn tidy(&self, cluster: &str) {
        // It fails where the directory is not empty.
        let _ = fs::remove_dir(self.of(cluster));
    }
}

impl SecretStore for EncryptedFiles {
    fn current(&self, cluster: &str) -> anyhow::Result<Option<Current>> {
        match fs::read(self.of(cluster).join(CURRENT)) {
            Ok(sealed) => {
                let text =
                    age::decrypt(&self.key, &sealed).with_context(|| format!("the kubeconfig of `{cluster}` cannot be decrypted"))?;
                Ok(Some(Current { kubeconfig: Kubeconfig(String::from_utf8(text)?), version: VERSION.to_owned() }))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context("a secret cannot be read"),
        }
    }

    fn put_pending(&self, cluster: &str, id: &str, kubeconfig: &Kubeconfig) -> anyhow::Result<()> {
        let sealed = age::encrypt(&self.key.to_public(), kubeconfig.0.as_bytes()).context("cannot encrypt")?;
        files::directory(&self.of(cluster))?;
        files::write(&self.pending(cluster, id), &sealed).context("a secret cannot be written")
    }

    fn promote(&self, cluster: &str, id: &str) -> anyhow::Result<()> {
        let (pending, current) = (self.pending(cluster, id), self.of(cluster).join(CURRENT));
        match fs::rename(&pending, &current) {
            // It was done before.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).context("a secret cannot be put in force"),
            Ok(()) => Ok(files::settle(&current)?),
        }
    }

    fn drop_pending(&self, cluster: &str, id: &str) -> anyhow::Result<()> {
        files::remove(&self.pending(cluster, id))?;
        self.tidy(cluster);
        Ok(())
    }

    fn remove(&self, cluster: &str, _: &str) -> anyhow::Result<()> {
        files::remove(&self.of(cluster).join(CURRENT))?;
        self.tidy(cluster);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_then_current_then_gone() -> anyhow::Result<()> {
        let state = tempfile::tempdir()?;
        let store = EncryptedFiles::open(state.path())?;
        let text = |text: &str| Kubeconfig(text.to_owned());
        let current = |store: &EncryptedFiles| store.current("shop").map(|current| current.map(|current| current.kubeconfig));
        store.put_pending("shop", "1", &text("first"))?;
        assert_eq!(current(&store)?, None);
        store.promote("shop", "1")?;
        store.put_pending("shop", "2", &text("second"))?;
        assert_eq!(current(&store)?, Some(text("first")));
        store.drop_pending("shop", "2")?;
        // Another server with the same directory has the same key.
        let again = EncryptedFiles::open(state.path())?;
        assert_eq!(current(&again)?, Some(text("first")));
        again.promote("shop", "1")?;
        // A crash in the middle of writing, and the journal's word afterwards.
        fs::write(state.path().join("secrets/shop/pending-3.age.new"), "half")?;
        again.drop_pending("shop", "3")?;
        again.remove("shop", VERSION)?;
        again.remove("shop", VERSION)?;
        assert_eq!(current(&again)?, None);
        assert!(files::names(&state.path().join("secrets"))?.is_empty());
        Ok(())
    }

    #[test]
    fn nothing_can_be_read_without_the_key() -> anyhow::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let state = tempfile::tempdir()?;
        let store = EncryptedFiles::open(state.path())?;
        store.put_pending("shop", "1", &Kubeconfig("client-key-data: c2VjcmV0".to_owned()))?;
        store.promote("shop", "1")?;
        let file = state.path().join("secrets/shop/current.age");
        let sealed = fs::read(&file)?;
        assert!(!String::from_utf8_lossy(&sealed).contains("c2VjcmV0"));
        for path in [file, state.path().join("secrets.key")] {
            assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600, "{}", path.display());
        }
        fs::remove_file(state.path().join("secrets.key"))?;
        assert!(EncryptedFiles::open(state.path()).is_err(), "a new key would not open what is there");
        Ok(())
    }
}
