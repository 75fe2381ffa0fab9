//! One entry of `clusters`.

use super::facts::{Authority, Certificate, Kubeconfig};
use super::fault::{FaultKind, File, Insecure, Invalid};
use super::read::{Entry, Faults};
use super::server::{Scheme, Server, check_proxy};
use super::shape::CLUSTER;
use super::{bundle, pem};
use crate::prelude::*;
use crate::source::Value;

/// Reads a cluster; only the chosen one is looked at beyond the types of its fields and its files.
pub(super) fn read(entry: &Entry<'_, '_>, selected: bool, kubeconfig: &mut Kubeconfig, faults: &mut Faults) {
    entry.check(CLUSTER, selected, faults);
    if entry.has("certificate-authority") {
        let data_too = entry.has("certificate-authority-data");
        let kind = FaultKind::ReadsFile { file: File::CertificateAuthority, data_too };
        faults.in_entry(entry, kind, "certificate-authority", selected);
    }
    if selected {
        kubeconfig.server = server(entry, faults);
        let plain = kubeconfig.server.as_ref().is_some_and(|server| server.scheme == Scheme::Http);
        kubeconfig.authority = Some(authority(entry, plain, &mut kubeconfig.certificates, faults));
    }
}

fn server(entry: &Entry<'_, '_>, faults: &mut Faults) -> Option<Server> {
    if let Some(Err(fault)) = entry.text("proxy-url").map(check_proxy) {
        faults.in_entry(entry, Invalid::Proxy(fault), "proxy-url", true);
    }
    let Some(url) = entry.text("server") else {
        if entry.lacks_text("server") {
            faults.in_entry(entry, Invalid::NoServer, "server", true);
        }
        return None;
    };
    match Server::parse(url, entry.at("server")) {
        Ok(server) => {
            if server.scheme == Scheme::Http {
                faults.in_entry(entry, Insecure::PlainHttp, "server", true);
            }
            Some(server)
        }
        Err(fault) => {
            faults.in_entry(entry, Invalid::Server(fault), "server", true);
            None
        }
    }
}

/// What vouches for the server. In plain HTTP nothing does, and one fault is enough to say so.
fn authority(entry: &Entry<'_, '_>, plain: bool, certificates: &mut Vec<Certificate>, faults: &mut Faults) -> Authority {
    const DATA: &str = "certificate-authority-data";
    const SKIP: &str = "insecure-skip-tls-verify";
    let skips = entry.body.and_then(|body| body.get(SKIP)).is_some_and(|node| node.value == Value::Bool(true));
    if let Some(data) = entry.data(DATA, true, faults) {
        let pem = pem::read(&data);
        certificates.extend(bundle::read(entry, DATA, &pem, faults));
        let all_read = !certificates.is_empty() && certificates.len() == pem.certificates().count();
        if all_read && !certificates.iter().any(|certificate| certificate.may_sign) {
            faults.in_entry(entry, Invalid::NotAuthority, DATA, true);
        }
    }
    let (data, file) = (entry.has(DATA), entry.has("certificate-authority"));
    if skips {
        if !plain {
            faults.in_entry(entry, Insecure::SkipTlsVerify, SKIP, true);
        }
        if data || file {
            faults.in_entry(entry, Invalid::AuthorityUnchecked, SKIP, true);
        }
        return Authority::Nothing;
    }
    if data {
        Authority::Certificates
    } else if file {
        Authority::File
    } else {
        if !plain {
            faults.in_entry(entry, Insecure::SystemRoots, DATA, true);
        }
        Authority::System
    }
}
