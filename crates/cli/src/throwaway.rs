//! A kubeconfig that opens nothing: its keys are made on the spot, and its authority is nobody's.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use time::{Duration, OffsetDateTime};

/// A kubeconfig for an API server, valid for a year, in Base64.
pub fn kubeconfig(api_server: &str) -> Result<String> {
    let mut authority = params("clearance-example-ca");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let mut user = params("clearance-example");
    user.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate()?;
    let certificate = user.signed_by(&key, &authority)?;
    let text = format!(
        "apiVersion: v1
kind: Config
clusters:
- name: default
  cluster:
    server: {api_server}
    certificate-authority-data: {}
users:
- name: default
  user:
    client-certificate-data: {}
    client-key-data: {}
contexts:
- name: default
  context:
    cluster: default
    user: default
current-context: default
",
        STANDARD.encode(authority.as_ref().pem()),
        STANDARD.encode(certificate.pem()),
        STANDARD.encode(key.serialize_pem()),
    );
    Ok(STANDARD.encode(text))
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = OffsetDateTime::now_utc();
    // Clocks differ by some minutes.
    params.not_before = now - Duration::hours(1);
    params.not_after = now + Duration::days(365);
    params
}
