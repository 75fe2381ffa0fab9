//! The certificate: a given one, or one of our own making that is kept and renewed.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::fleet_files::Stamp;
use crate::state;

const DAY: Duration = Duration::from_hours(24);
/// A certificate that ends within this time is made anew.
const RENEWED_BEFORE: Duration = Duration::from_hours(30 * 24);
const CA_LASTS: Duration = Duration::from_hours(3650 * 24);
const LEAF_LASTS: Duration = Duration::from_hours(365 * 24);

/// Where the certificate comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// Files that somebody else makes and renews.
    Given { chain: PathBuf, key: PathBuf },
    /// Files of our own making in the state directory, for these names.
    Own { state: PathBuf, names: BTreeSet<String> },
}

impl Source {
    fn files(&self) -> (PathBuf, PathBuf) {
        match self {
            Self::Given { chain, key } => (chain.clone(), key.clone()),
            Self::Own { state, .. } => (state.join("tls.pem"), state.join("tls.key")),
        }
    }

    /// The certificate that clients must trust.
    pub(crate) fn trusted(&self) -> PathBuf {
        match self {
            Self::Given { chain, .. } => chain.clone(),
            Self::Own { state, .. } => state.join("ca.pem"),
        }
    }
}

/// The certificate in use. It is looked after while the server runs.
#[derive(Debug)]
pub(crate) struct Certificate {
    source: Source,
    stamps: Option<(Stamp, Stamp)>,
    checked: Option<std::time::Instant>,
    shown: Arc<Shown>,
}

/// What is shown to clients.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Certificate {
    /// Loads a certificate; one of our own is made first where there is none.
    pub(crate) fn open(source: Source) -> anyhow::Result<Self> {
        if let Source::Own { state, names } = &source {
            make(state, names, OffsetDateTime::now_utc())?;
        }
        let stamps = stamps(&source);
        let shown = Arc::new(Shown(RwLock::new(Arc::new(load(&source)?))));
        Ok(Self { source, stamps, checked: Some(std::time::Instant::now()), shown })
    }

    /// Renews one of our own when its time comes, and takes up files that have changed.
    pub(crate) fn refresh(&mut self) -> anyhow::Result<()> {
        if let Source::Own { state, names } = &self.source
            && self.checked.is_none_or(|checked| checked.elapsed() > DAY)
        {
            self.checked = Some(std::time::Instant::now());
            make(state, names, OffsetDateTime::now_utc())?;
        }
        let stamps = stamps(&self.source);
        if stamps != self.stamps {
            // A half-written pair is told once, and looked at again when it changes again.
            self.stamps = stamps;
            let loaded = load(&self.source)?;
            *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
            tracing::info!("the certificate was read again");
        }
        Ok(())
    }

    /// The configuration of a server that shows it.
    pub(crate) fn config(&self) -> anyhow::Result<ServerConfig> {
        let shown: Arc<dyn ResolvesServerCert> = Arc::<Shown>::clone(&self.shown);
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(shown);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    /// The first name that the certificate is for.
    pub(crate) fn name(&self) -> Option<String> {
        let shown = self.shown.0.read().unwrap_or_else(PoisonError::into_inner);
        let certificate = shown.cert.first().and_then(|der| parse(der))?;
        names(&certificate).into_iter().find(|name| !name.starts_with('*'))
    }
}

/// Other crates of the same program may bring another provider, so the process has no default.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn stamps(source: &Source) -> Option<(Stamp, Stamp)> {
    let (chain, key) = source.files();
    let stamp = |path: &Path| fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata));
    Some((stamp(&chain)?, stamp(&key)?))
}

fn load(source: &Source) -> anyhow::Result<CertifiedKey> {
    let (chain, key) = source.files();
    let certificates: Vec<_> = CertificateDer::pem_file_iter(&chain)
        .and_then(Iterator::collect)
        .with_context(|| format!("cannot read the certificate in {}", chain.display()))?;
    anyhow::ensure!(!certificates.is_empty(), "there is no certificate in {}", chain.display());
    // What a reader of keys says may hold a part of the file.
    let Ok(private) = PrivateKeyDer::from_pem_file(&key) else { anyhow::bail!("cannot read a private key in {}", key.display()) };
    CertifiedKey::from_der(certificates, private, &provider())
        .with_context(|| format!("{} and {} do not go together", chain.display(), key.display()))
}

/// Makes a CA and a certificate where there are none that last, or none for these names.
fn make(state: &Path, names: &BTreeSet<String>, now: OffsetDateTime) -> anyhow::Result<()> {
    let _lock = state::lock(state)?;
    let paths = ["ca.pem", "ca.key", "tls.pem", "tls.key"].map(|name| state.join(name));
    let [ca, ca_key, leaf, leaf_key] = &paths;
    let (authority, key) = if let Some(kept) = pair(ca, ca_key, now) {
        kept
    } else {
        let key = KeyPair::generate()?;
        let certificate = authority(now)?.self_signed(&key)?;
        state::write(ca_key, key.serialize_pem().as_bytes())?;
        state::write(ca, certificate.pem().as_bytes())?;
        (certificate.der().clone(), key)
    };
    let is_ours = |leaf: &CertificateDer<'_>| {
        let (Some(leaf), Some(ca)) = (parse(leaf), parse(&authority)) else { return false };
        names.is_subset(&self::names(&leaf)) && leaf.verify_signature(Some(ca.public_key())).is_ok()
    };
    if pair(leaf, leaf_key, now).is_some_and(|(leaf, _)| is_ours(&leaf)) {
        return Ok(());
    }
    let issuer = Issuer::from_ca_cert_der(&authority, key)?;
    let key = KeyPair::generate()?;
    let certificate = leaf_of(names, now)?.signed_by(&key, &issuer)?;
    state::write(leaf_key, key.serialize_pem().as_bytes())?;
    state::write(leaf, certificate.pem().as_bytes())
}

/// A certificate and its key, if both are there, belong together and last.
fn pair(certificate: &Path, key: &Path, now: OffsetDateTime) -> Option<(CertificateDer<'static>, KeyPair)> {
    let der = CertificateDer::from_pem_file(certificate).ok()?;
    let key = KeyPair::from_pem(&fs::read_to_string(key).ok()?).ok()?;
    let parsed = parse(&der)?;
    let lasts = parsed.validity().not_after.timestamp() > (now + RENEWED_BEFORE).unix_timestamp();
    let fits = parsed.public_key().subject_public_key.data.as_ref() == key.public_key_raw();
    (lasts && fits).then_some((der, key))
}

fn parse<'d>(der: &'d CertificateDer<'_>) -> Option<X509Certificate<'d>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

fn names(certificate: &X509Certificate<'_>) -> BTreeSet<String> {
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

fn authority(now: OffsetDateTime) -> anyhow::Result<CertificateParams> {
    let mut params = lasting(Vec::new(), now, CA_LASTS)?;
    params.distinguished_name.push(DnType::CommonName, "Clearance's own CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn leaf_of(names: &BTreeSet<String>, now: OffsetDateTime) -> anyhow::Result<CertificateParams> {
    let mut params = lasting(names.iter().cloned().collect(), now, LEAF_LASTS)?;
    params.distinguished_name.push(DnType::CommonName, "Clearance");
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn lasting(names: Vec<String>, now: OffsetDateTime, time: Duration) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(names).context("a name for the certificate is no host name")?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    // Clocks differ.
    params.not_before = now - Duration::from_hours(1);
    params.not_after = now + time;
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("clearance-tls-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        state::open(Some(&path)).expect("the directory can be made")
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_certificate_is_kept() {
        let state = directory("kept");
        let now = OffsetDateTime::now_utc();
        let content = || ["ca.pem", "ca.key", "tls.pem", "tls.key"].map(|name| fs::read(state.join(name)).expect("it is there"));
        make(&state, &set(&["localhost", "127.0.0.1", "::1"]), now).expect("it can be made");
        let first = content();
        make(&state, &set(&["localhost", "::1"]), now).expect("it can be made");
        assert_eq!(content(), first);
        fs::remove_dir_all(&state).expect("it can be removed");
    }

    #[test]
    fn only_the_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let state = directory("mode");
        make(&state, &set(&["localhost"]), OffsetDateTime::now_utc()).expect("it can be made");
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode(&state), 0o700);
        for entry in fs::read_dir(&state).expect("it is there") {
            let path = entry.expect("it is there").path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
        fs::remove_dir_all(&state).expect("it can be removed");
    }

    #[test]
    fn a_new_name_and_a_near_end_renew_the_leaf_and_keep_the_ca() {
        let state = directory("renewed");
        let now = OffsetDateTime::now_utc();
        let read = |name| fs::read(state.join(name)).expect("it is there");
        make(&state, &set(&["localhost"]), now).expect("it can be made");
        let (ca, first) = (read("ca.pem"), read("tls.pem"));
        make(&state, &set(&["localhost", "clearance.example"]), now).expect("it can be made");
        let second = read("tls.pem");
        assert_ne!(second, first);
        make(&state, &set(&["localhost"]), now + 334 * DAY).expect("it can be made");
        assert_eq!(read("tls.pem"), second, "31 days are left");
        make(&state, &set(&["localhost"]), now + 336 * DAY).expect("it can be made");
        assert_ne!(read("tls.pem"), second, "29 days are left");
        assert_eq!(read("ca.pem"), ca);
        fs::remove_dir_all(&state).expect("it can be removed");
    }

    #[test]
    fn what_does_not_go_together_is_made_anew() {
        let state = directory("mixed");
        let now = OffsetDateTime::now_utc();
        make(&state, &set(&["localhost"]), now).expect("it can be made");
        let other = KeyPair::generate().expect("it can be made").serialize_pem();
        fs::write(state.join("ca.key"), other).expect("it can be written");
        fs::write(state.join("tls.key"), "half a").expect("it can be written");
        let source = Source::Own { state: state.clone(), names: set(&["localhost"]) };
        let certificate = Certificate::open(source).expect("it is made anew");
        assert_eq!(certificate.name().as_deref(), Some("localhost"));
        fs::remove_dir_all(&state).expect("it can be removed");
    }
}
