//! A certificate with its chain and key, as it is shown to clients.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Context;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::provider;

/// A certificate with its chain and key.
#[derive(Debug)]
pub(crate) struct Identity {
    pub key: Arc<CertifiedKey>,
    /// When it begins to be valid, in seconds since 1970.
    pub from: i64,
    /// When it expires.
    pub until: i64,
}

impl Identity {
    /// Reads a chain and its key (PEM). They must go together.
    pub(crate) fn read(chain: &[u8], key: &[u8]) -> anyhow::Result<Self> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().context("the certificate is no PEM")?;
        let first = certificates.first().context("there is no certificate in the chain")?;
        let parsed = parse(first).context("the certificate cannot be read")?;
        let (from, until) = (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp());
        // What a reader of keys says may hold a part of the file.
        let Ok(key) = PrivateKeyDer::from_pem_slice(key) else { anyhow::bail!("there is no private key (PEM)") };
        drop(parsed);
        let key = CertifiedKey::from_der(certificates, key, &provider()).context("certificate and key do not go together")?;
        Ok(Self { key: Arc::new(key), from, until })
    }

    /// The first name that the certificate is for.
    pub(crate) fn name(&self) -> Option<String> {
        let certificate = self.key.cert.first().and_then(|der| parse(der))?;
        names(&certificate).into_iter().find(|name| !name.starts_with('*'))
    }
}

pub(super) fn parse<'d>(der: &'d CertificateDer<'_>) -> Option<X509Certificate<'d>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

/// The names and addresses that a certificate is for.
pub(super) fn names(certificate: &X509Certificate<'_>) -> BTreeSet<String> {
    let names = certificate.subject_alternative_name().ok().flatten().map(|extension| &extension.value.general_names);
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(bytes) => Some(IpAddr::from(bytes).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
        },
        _ => None,
    };
    names.into_iter().flatten().filter_map(text).collect()
}
