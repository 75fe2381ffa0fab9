//! Calls to others by HTTP: the secret store, and the forge where it is asked who calls.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder, StatusCode};
use serde_json::Value as Json;

/// How long an answer may take.
const TIME: Duration = Duration::from_secs(10);
/// The longest answer that is read: the longest kubeconfig, and room for what is around it.
const LONGEST: usize = 8 << 20;

/// A client that trusts the system's CAs, or those of a file. It follows nobody elsewhere: a credential
/// is for the one whom it is sent to.
pub(crate) fn client(ca: Option<&Path>) -> anyhow::Result<Client> {
    // Whoever was first has said which implementation of TLS's ciphers is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut client = Client::builder().timeout(TIME).redirect(Policy::none());
    if let Some(path) = ca {
        let pem = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let certificates = Certificate::from_pem_bundle(&pem).with_context(|| format!("`{}` holds no certificates", path.display()))?;
        client = client.tls_certs_only(certificates);
    }
    client.build().context("cannot speak TLS")
}

/// Sends a request; returns the answer's status and JSON, `null` where it has none.
pub(crate) async fn send(request: RequestBuilder) -> anyhow::Result<(StatusCode, Json)> {
    // An address may tell more than a log should know.
    let mut response = request.send().await.map_err(reqwest::Error::without_url)?;
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        body.extend_from_slice(&part);
        anyhow::ensure!(body.len() <= LONGEST, "the answer has more than {LONGEST} bytes");
    }
    Ok((response.status(), serde_json::from_slice(&body).unwrap_or_default()))
}
