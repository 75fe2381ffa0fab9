//! What is answered where a request is refused: problem details (RFC 9457), with every finding.

use std::ops::{Deref, DerefMut};

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use crate::told::Told;

/// A refusal. It is returned by many, and mostly not: so it is small.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Details>);

impl Deref for Problem {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

/// What it says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Details {
    /// What kind of problem it is; `about:blank` says that the status tells it all.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// The status.
    pub status: u16,
    /// What is wrong, as a sentence.
    pub detail: String,
    /// The same, under the name that the guides' API gives it.
    pub message: String,
    /// The path of the request.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub instance: String,
    /// By what the log knows the request.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// Everything that is wrong with the description.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Told>,
    /// The body with all fixes made that could not have been meant otherwise; its kubeconfig is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mended: Option<String>,
    /// When to ask again, in seconds.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self(Box::new(Details {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            message: detail.clone(),
            detail,
            instance: String::new(),
            request_id: String::new(),
            findings: Vec::new(),
            mended: None,
            retry_after: None,
        }))
    }

    pub(crate) fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    pub(crate) fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    pub(crate) fn not_found(name: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no cluster `{}`", clearance_core::finding::visible(name)))
    }

    pub(crate) fn unavailable(detail: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).after(5)
    }

    pub(crate) fn busy(detail: &str) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, detail).after(1)
    }

    fn after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A fault that is nobody's but ours, or the machine's.
    pub(crate) fn ours(what: &anyhow::Error) -> Self {
        tracing::error!(error = crate::log_line(&format!("{what:#}")), "the registrar failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log says at what. Nothing was registered")
    }

    /// A fault in the middle of a request: how far it has come is not known.
    pub(crate) fn broken_off() -> Self {
        tracing::error!("a request ended in a panic");
        let detail =
            "the server failed in the middle of this request; its log says at what. Send it again: what is done already is not done twice";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }

    /// The secret store, or the disk, does not take what must be kept.
    pub(crate) fn unkept(why: &anyhow::Error) -> Self {
        tracing::error!(error = crate::log_line(&format!("{why:#}")), "what must be kept cannot be");
        Self::unavailable("the secret store, or the server's disk, does not take what must be kept; its log says why. Nothing was changed")
    }

    pub(crate) fn with(mut self, findings: Vec<Told>) -> Self {
        self.findings = findings;
        self
    }

    pub(crate) fn to_response(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(serde_json::to_vec(&*self.0).unwrap_or_default()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == 401 {
            headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            // `git clone` asks for a password only where this is offered.
            headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"clearance\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
