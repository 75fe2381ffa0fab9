//! The API server's API, as far as tests need it.

use std::time::Duration;

use anyhow::{Result, bail};
use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::Value;

/// An API server, and who asks it.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    server: String,
    token: String,
    /// As whom, if not as oneself.
    user: Option<&'static str>,
}

/// What it answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub code: u16,
    /// The body, if it is JSON.
    pub body: Value,
    /// The warnings beside it, in order.
    pub warnings: Vec<String>,
}

impl Api {
    pub(super) fn new(server: &str, certificate: &str, token: &str) -> Result<Self> {
        // A second test in the same process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let trusted = reqwest::Certificate::from_pem(certificate.as_bytes())?;
        let client = Client::builder().tls_certs_only([trusted]).timeout(Duration::from_secs(30)).build()?;
        Ok(Self { client, server: server.to_owned(), token: token.to_owned(), user: None })
    }

    /// The same, acting as another user who may do everything.
    #[must_use]
    pub fn acting_as(&self, user: &'static str) -> Self {
        Self { user: Some(user), ..self.clone() }
    }

    /// The same, as whoever has this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), user: None, ..self.clone() }
    }

    /// Reads an object or a list.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, None)
    }

    /// Creates an object in a list.
    pub fn create(&self, list: &str, object: &Value) -> Result<Answer> {
        self.send(Method::POST, list, Some(object))
    }

    /// Replaces an object.
    pub fn replace(&self, path: &str, object: &Value) -> Result<Answer> {
        self.send(Method::PUT, path, Some(object))
    }

    /// Merges a patch into an object (RFC 7386).
    pub fn merge(&self, path: &str, patch: &Value) -> Result<Answer> {
        self.send(Method::PATCH, path, Some(patch))
    }

    /// Deletes an object.
    pub fn delete(&self, path: &str) -> Result<Answer> {
        self.send(Method::DELETE, path, None)
    }

    fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let kind = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let mut request = self.client.request(method, format!("{}{path}", self.server)).bearer_auth(&self.token);
        if let Some(user) = self.user {
            request = request.header("Impersonate-User", user).header("Impersonate-Group", "system:masters");
        }
        if let Some(body) = body {
            request = request.header("Content-Type", kind).body(body.to_string());
        }
        let answer = request.send()?;
        let code = answer.status().as_u16();
        let warnings = answer.headers().get_all("warning").iter().map(|header| warning(header.as_bytes())).collect::<Result<_>>()?;
        Ok(Answer { code, body: serde_json::from_slice(&answer.bytes()?).unwrap_or_default(), warnings })
    }
}

impl Answer {
    /// Fails unless the HTTP status is one of these.
    pub fn expect(&self, codes: &[u16]) -> Result<()> {
        if codes.contains(&self.code) {
            return Ok(());
        }
        bail!("the API server answered {}: {}", self.code, self.body["message"].as_str().unwrap_or("nothing"))
    }
}

/// The text of a warning: `299 - "…"` (RFC 7234 section 5.5, as `k8s.io/apimachinery` writes it).
fn warning(header: &[u8]) -> Result<String> {
    let text = str::from_utf8(header)?;
    let Some(quoted) = text.strip_prefix("299 - \"").and_then(|text| text.strip_suffix('"')) else { bail!("this is no warning: {text}") };
    let mut plain = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    Ok(plain)
}
