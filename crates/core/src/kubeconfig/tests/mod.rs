//! What the kubeconfig module promises. The keys in this folder are made for these tests, or were
//! published with the guides; nothing accepts them.

mod certificates;
mod decoding;
mod faults;
mod guide;
mod keys;
mod oracle;
mod secrets;
mod servers;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Fault, FaultKind, Kubeconfig, decode};
use crate::source::{self, Format, Limits};

/// The kubeconfig in the guides' request bodies, in Base64.
const GUIDE: &str = include_str!("guide.b64");

/// The guides' kubeconfig.
fn guide() -> String {
    decode(GUIDE).expect("Base64").text
}

/// The guides' kubeconfig with one part replaced.
fn guide_with(from: &str, to: &str) -> String {
    let guide = guide();
    assert!(guide.contains(from), "`{from}` is not in the guides' kubeconfig");
    guide.replacen(from, to, 1)
}

/// A kubeconfig whose data is what some PEM texts encode.
fn kubeconfig(authority: &str, certificate: &str, key: &str) -> String {
    let [authority, certificate, key] = [authority, certificate, key].map(|pem| STANDARD.encode(pem));
    format!(
        "current-context: a
clusters: [{{name: a, cluster: {{server: 'https://a.example:6443', certificate-authority-data: {authority}}}}}]
users: [{{name: a, user: {{client-certificate-data: {certificate}, client-key-data: {key}}}}}]
contexts: [{{name: a, context: {{cluster: a, user: a}}}}]
"
    )
}

fn read(text: &str) -> (Kubeconfig, Vec<Fault>) {
    let parsed = source::read(text, Format::of(None, text), &Limits::default());
    Kubeconfig::read(&parsed.first().expect("a document").root)
}

fn faults(text: &str) -> Vec<Fault> {
    read(text).1
}

/// The faults' kinds and paths.
fn told(text: &str) -> Vec<(FaultKind, String)> {
    faults(text).into_iter().map(|fault| (fault.kind, fault.path.to_string())).collect()
}
