//! The certificate that clients are shown, and who may be a client. Both are replaced while the server runs.

mod files;
mod identity;
mod make;
mod secret;

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};

pub(crate) use files::{Files, Source};
pub(crate) use identity::Identity;
pub(crate) use secret::Shared;

/// What is shown to clients, and asked of them.
#[derive(Debug)]
pub(crate) struct Shown(RwLock<Current>);

#[derive(Debug)]
struct Current {
    identity: Arc<Identity>,
    clients: Arc<dyn ClientCertVerifier>,
    config: Arc<ServerConfig>,
}

impl Shown {
    pub(crate) fn new(identity: Identity, clients: Arc<dyn ClientCertVerifier>) -> anyhow::Result<Arc<Self>> {
        let identity = Arc::new(identity);
        let config = config(&identity, &clients)?;
        Ok(Arc::new(Self(RwLock::new(Current { identity, clients, config }))))
    }

    /// From the next connection on.
    pub(crate) fn show(&self, identity: Identity) -> anyhow::Result<()> {
        let clients = Arc::clone(&self.read().clients);
        self.replace(Arc::new(identity), clients)
    }

    /// From the next connection on.
    fn demand(&self, clients: Arc<dyn ClientCertVerifier>) -> anyhow::Result<()> {
        let identity = self.identity();
        self.replace(identity, clients)
    }

    fn replace(&self, identity: Arc<Identity>, clients: Arc<dyn ClientCertVerifier>) -> anyhow::Result<()> {
        // A new configuration knows no session of the old one, so nobody gets in by resuming.
        let config = config(&identity, &clients)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Current { identity, clients, config };
        Ok(())
    }

    /// How the next connection is spoken to.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.read().config)
    }

    /// What is shown now.
    pub(crate) fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.read().identity)
    }

    /// Seconds until the certificate expires; negative once it has.
    pub(crate) fn expires_in(&self, now: i64) -> i64 {
        self.read().identity.until.saturating_sub(now)
    }

    /// Seconds until the certificate begins to be valid; negative once it has.
    pub(crate) fn begins_in(&self, now: i64) -> i64 {
        self.read().identity.from.saturating_sub(now)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Current> {
        // What is in it is whole at any time.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Other crates of the same program may bring another provider, so the process has no default.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn config(identity: &Identity, clients: &Arc<dyn ClientCertVerifier>) -> anyhow::Result<Arc<ServerConfig>> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_client_cert_verifier(Arc::clone(clients))
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&identity.key))));
    // The API server speaks nothing else to a webhook, so that its requests spread over all replicas.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Everybody, or those whom these CAs (PEM) vouch for.
pub(crate) fn clients(authorities: Option<&[u8]>) -> anyhow::Result<Arc<dyn ClientCertVerifier>> {
    let Some(pem) = authorities else { return Ok(Arc::new(NoClientAuth)) };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.context("it is no PEM")?)?;
    }
    anyhow::ensure!(!roots.is_empty(), "there is no certificate in it");
    Ok(WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build()?)
}
