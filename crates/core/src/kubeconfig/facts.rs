//! What a kubeconfig says, as far as rules elsewhere compare it with something.

use super::server::Server;
use crate::finding::Path;
use crate::prelude::*;
use crate::source::TextRange;

/// What the chosen context leads to. Parts that are missing or cannot be read are not here, and a
/// [`Fault`](super::Fault) says why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kubeconfig {
    /// The names of all contexts, in the order of the text.
    pub contexts: Vec<String>,
    /// The one that `current-context` names, or the only one there is.
    pub context: Option<Context>,
    /// Its cluster's API server.
    pub server: Option<Server>,
    /// What vouches for the server.
    pub authority: Option<Authority>,
    /// The certificates of its cluster and its user, in the order of their data.
    pub certificates: Vec<Certificate>,
    /// Whether the user's key belongs to the client certificate, if both are there as data.
    pub key_belongs: Option<Belongs>,
}

/// A place in the decoded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The path from the root of the kubeconfig. It holds no word of a user.
    pub path: Path,
    /// The value there; of what is missing, the thing that it is missing from.
    pub range: TextRange,
}

/// The chosen context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// Its entry in `contexts`.
    pub at: At,
}

/// What a client checks the server's certificate against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Authority {
    /// `certificate-authority-data`.
    Certificates,
    /// `certificate-authority`, a file.
    File,
    /// The roots of the machine that the client runs on: there is nothing else.
    System,
    /// Nothing: `insecure-skip-tls-verify`.
    Nothing,
}

/// Whose certificate it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// One of `certificate-authority-data`.
    Authority,
    /// The client's own: the first of `client-certificate-data`.
    Client,
    /// One of those that follow it.
    ClientChain,
}

/// A certificate in a kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is.
    pub role: Role,
    /// Its position in the bundle, from 0.
    pub index: usize,
    /// Whose it is, by its last common name.
    pub subject: Option<String>,
    /// Who signed it, by the last common name.
    pub issuer: Option<String>,
    /// The first second in which it is valid, since 1970 (RFC 5280, 4.1.2.5: both ends included).
    pub not_before: i64,
    /// The last second in which it is valid, since 1970.
    pub not_after: i64,
    /// Whether it may have signed others.
    pub may_sign: bool,
    /// The data that holds it.
    pub at: At,
}

/// Whether a private key belongs to a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Belongs {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The key does not carry its public half, so only arithmetic could tell.
    Unknown,
}

impl From<bool> for Belongs {
    fn from(belongs: bool) -> Self {
        if belongs { Self::Yes } else { Self::No }
    }
}
