//! One entry of `users`.

use super::certificate::X509;
use super::facts::{Belongs, Kubeconfig};
use super::fault::{FaultKind, File, Invalid, Program};
use super::key::PublicKey;
use super::pem::Pem;
use super::read::{Entry, Faults};
use super::shape::USER;
use super::{bundle, pem};

const CERTIFICATE: &str = "client-certificate-data";
const KEY: &str = "client-key-data";

/// The fields that run a program.
const PROGRAMS: [(&str, Program); 2] = [("exec", Program::Exec), ("auth-provider", Program::AuthProvider)];

/// The fields that name a file, and those that hold the same as data.
const FILES: [(&str, &str, File); 3] = [
    ("client-certificate", CERTIFICATE, File::ClientCertificate),
    ("client-key", KEY, File::ClientKey),
    ("tokenFile", "token", File::Token),
];

/// Reads a user; only the chosen one is looked at beyond the types of its fields, its programs and its files.
pub(super) fn read(entry: &Entry<'_, '_>, selected: bool, kubeconfig: &mut Kubeconfig, faults: &mut Faults) {
    entry.check(USER, selected, faults);
    for (field, program) in PROGRAMS {
        if entry.mentions(field) {
            faults.in_entry(entry, FaultKind::RunsProgram(program), field, selected);
        }
    }
    for (field, data, file) in FILES {
        if entry.has(field) {
            let data_too = entry.has(data);
            faults.in_entry(entry, FaultKind::ReadsFile { file, data_too }, field, selected);
        }
    }
    if selected {
        check_credentials(entry, faults);
        read_data(entry, kubeconfig, faults);
    }
}

/// Checks that there is one way to say who the user is, and that it is complete.
fn check_credentials(entry: &Entry<'_, '_>, faults: &mut Faults) {
    let any = |fields: &[&str]| fields.iter().any(|field| entry.has(field));
    let certificate = any(&["client-certificate", CERTIFICATE]);
    let key = any(&["client-key", KEY]);
    let password = any(&["username", "password"]);
    if certificate && !key {
        faults.of_entry(entry, Invalid::NoKey);
    }
    let program = PROGRAMS.iter().any(|(field, _)| entry.mentions(field));
    if !certificate && !password && !program && !any(&["token", "tokenFile"]) {
        faults.of_entry(entry, if key { Invalid::KeyAlone } else { Invalid::NoCredential });
    }
    if password && any(&["token"]) {
        faults.of_entry(entry, Invalid::TwoCredentials);
    }
    // RFC 9110, 5.5: what a header may hold, as Go's `net/http` checks it.
    if entry.text("token").is_some_and(|token| token.chars().any(|c| c.is_ascii_control() && c != '\t')) {
        faults.in_entry(entry, Invalid::Token, "token", true);
    }
    if any(&["as-uid", "as-groups", "as-user-extra"]) && !any(&["as"]) {
        faults.of_entry(entry, Invalid::ActsAsNobody);
    }
}

/// Reads the client certificate and the key, and compares them.
fn read_data(entry: &Entry<'_, '_>, kubeconfig: &mut Kubeconfig, faults: &mut Faults) {
    let certificate = entry.data(CERTIFICATE, true, faults);
    let certificate = certificate.as_deref().map(pem::read);
    if let Some(pem) = &certificate {
        kubeconfig.certificates.extend(bundle::read(entry, CERTIFICATE, pem, faults));
    }
    let key = entry.data(KEY, true, faults);
    let key = key.as_deref().map(pem::read);
    let Some(key) = &key else { return };
    match PublicKey::of_private_key(&key.blocks) {
        Ok(key) => kubeconfig.key_belongs = certificate.as_ref().and_then(|certificate| belongs(&key, certificate)),
        Err(fault) => faults.in_entry(entry, Invalid::Key(fault), KEY, true),
    }
    if kubeconfig.key_belongs == Some(Belongs::No) {
        faults.in_entry(entry, Invalid::OtherKey, KEY, true);
    }
}

/// Whether a key belongs to the first of some certificates; nothing where that cannot be read.
fn belongs(key: &PublicKey<'_>, certificate: &Pem<'_>) -> Option<Belongs> {
    let x509 = X509::read(certificate.certificates().next()?).ok()?;
    Some(PublicKey::of_certificate(x509.public_key).map_or(Belongs::Unknown, |public| public.belongs(key)))
}
