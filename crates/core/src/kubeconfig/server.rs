//! The URL of a cluster's API server.

use core::net::IpAddr;

use super::facts::At;
use crate::net::{Address, AddressFault, is_local_host};
use crate::prelude::*;
use crate::text::split_at_piece;

/// The API server that a kubeconfig leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The URL in normal form, without user, password, query or fragment.
    pub url: String,
    /// How it is spoken to.
    pub scheme: Scheme,
    /// The host in lower case, an IPv6 address without brackets and in its shortest form.
    pub host: String,
    /// The host as an IP address.
    pub ip: Option<IpAddr>,
    /// The port; the scheme's own if not said.
    pub port: u16,
    /// Where it stands in the kubeconfig.
    pub at: At,
}

/// The schemes that an API server may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `https`.
    Https,
    /// `http`: `client-go` then sends no credential.
    Http,
}

/// What is wrong with a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UrlFault {
    /// It holds white space or control characters.
    Space,
    /// It has no scheme. `client-go` then speaks plain HTTP and sends no credential.
    NoScheme,
    /// A scheme that has no use there.
    Scheme,
    /// User or password stand in it.
    Credentials,
    /// It has no host.
    NoHost,
    /// Its host is no DNS name and no IP address.
    Host,
    /// Its port is no number from 1 to 65535.
    Port,
}

impl Server {
    /// Takes `server` of a cluster apart. Unlike an API server that is to be registered, it may be
    /// plain HTTP, and it may have a path (a gateway to many clusters tells them apart by it).
    pub(super) fn parse(text: &str, at: At) -> Result<Self, UrlFault> {
        let (scheme, rest) = split_scheme(text)?;
        let scheme = if scheme.eq_ignore_ascii_case("https") {
            Scheme::Https
        } else if scheme.eq_ignore_ascii_case("http") {
            Scheme::Http
        } else {
            return Err(UrlFault::Scheme);
        };
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let address = Address::parse(&format!("https://{authority}"))?;
        let (name, usual) = match scheme {
            Scheme::Https => ("https", 443),
            Scheme::Http => ("http", 80),
        };
        let port = if address.has_port { address.port } else { usual };
        let path = tail.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let url = match address.ip {
            Some(IpAddr::V6(_)) => format!("{name}://[{}]:{port}{path}", address.host),
            _ => format!("{name}://{}:{port}{path}", address.host),
        };
        Ok(Self { url, scheme, host: address.host, ip: address.ip, port, at })
    }

    /// Whether the host means the machine that reads the kubeconfig: `localhost`, `127.0.0.0/8`,
    /// `::1`, `0.0.0.0`.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_local_host(&self.host, self.ip)
    }
}

/// Checks a `proxy-url`: `client-go` wants one of three schemes. Credentials may stand in it.
pub(super) fn check_proxy(text: &str) -> Result<(), UrlFault> {
    let (scheme, _) = split_scheme(text)?;
    let known = ["http", "https", "socks5"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if known { Ok(()) } else { Err(UrlFault::Scheme) }
}

fn split_scheme(text: &str) -> Result<(&str, &str), UrlFault> {
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(UrlFault::Space);
    }
    split_at_piece(text, "://").ok_or(UrlFault::NoScheme)
}

impl From<AddressFault> for UrlFault {
    fn from(fault: AddressFault) -> Self {
        match fault {
            AddressFault::Empty | AddressFault::NoHost => Self::NoHost,
            AddressFault::Space => Self::Space,
            AddressFault::NoScheme => Self::NoScheme,
            AddressFault::Scheme => Self::Scheme,
            AddressFault::Credentials => Self::Credentials,
            AddressFault::Host | AddressFault::Path => Self::Host,
            AddressFault::Port => Self::Port,
        }
    }
}
