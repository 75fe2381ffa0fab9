//! The certificates in one `…-data` field.

use super::certificate::X509;
use super::facts::{Certificate, Role};
use super::fault::Invalid;
use super::pem::Pem;
use super::read::{Entry, Faults};
use crate::prelude::*;

/// What the certificates say that can be read; the others are faults.
pub(super) fn read(entry: &Entry<'_, '_>, field: &'static str, pem: &Pem<'_>, faults: &mut Faults) -> Vec<Certificate> {
    let mut certificates = Vec::new();
    if pem.broken {
        faults.in_entry(entry, Invalid::Pem, field, true);
    } else if pem.certificates().next().is_none() {
        faults.in_entry(entry, Invalid::NoCertificate, field, true);
    }
    for (index, der) in pem.certificates().enumerate() {
        let Ok(x509) = X509::read(der) else {
            faults.in_entry(entry, Invalid::Certificate { index }, field, true);
            continue;
        };
        certificates.push(Certificate {
            role: match (field, index) {
                ("certificate-authority-data", _) => Role::Authority,
                (_, 0) => Role::Client,
                _ => Role::ClientChain,
            },
            index,
            subject: x509.subject.common_name(),
            issuer: x509.issuer.common_name(),
            not_before: x509.not_before,
            not_after: x509.not_after,
            may_sign: x509.may_sign(),
            at: entry.at(field),
        });
    }
    certificates
}
