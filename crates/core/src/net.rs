//! Addresses, ports and DNS names, as far as a cluster's description needs them.

use alloc::borrow::Cow;
use core::fmt::Write as _;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::prelude::*;
use crate::text::{has, joined, split_at_piece};

/// The longest DNS name (RFC 1035, 2.3.4) and the longest label.
pub(crate) const LONGEST_NAME: usize = 253;
pub(crate) const LONGEST_LABEL: usize = 63;

/// An API server's address in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The host in lower case, an IPv6 address without brackets and in its shortest form.
    pub host: String,
    /// The host as an IP address.
    pub ip: Option<IpAddr>,
    /// The port; 443 if not said.
    pub port: u16,
    /// Whether the port is written.
    pub has_port: bool,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressFault {
    Empty,
    Space,
    NoScheme,
    Scheme,
    Credentials,
    NoHost,
    Host,
    Port,
    Path,
}

/// A host as URLs have it: an IPv6 address in brackets (RFC 3986, 3.2.2).
pub(crate) fn in_url(host: &str) -> Cow<'_, str> {
    if has(host, b':') { Cow::Owned(format!("[{host}]")) } else { Cow::Borrowed(host) }
}

impl Address {
    /// Takes `https://host[:port]` apart (RFC 3986; a path, a query or credentials have no place in it).
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        if text.is_empty() {
            return Err(AddressFault::Empty);
        }
        let blank = |c: char| c.is_whitespace() || c.is_control();
        if text.bytes().any(|byte| byte <= b' ' || byte >= 0x7f) && text.contains(blank) {
            return Err(AddressFault::Space);
        }
        let (scheme, rest) = split_at_piece(text, "://").ok_or(AddressFault::NoScheme)?;
        if !scheme.eq_ignore_ascii_case("https") {
            return Err(AddressFault::Scheme);
        }
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if has(authority, b'@') {
            return Err(AddressFault::Credentials);
        }
        let (host, port) = split_port(authority)?;
        if host.is_empty() {
            return Err(AddressFault::NoHost);
        }
        let (host, ip) = normal_host(host).ok_or(AddressFault::Host)?;
        let number = match port {
            Some(port) => port_number(port).filter(|port| *port != 0).ok_or(AddressFault::Port)?,
            None => 443,
        };
        if !tail.is_empty() {
            return Err(AddressFault::Path);
        }
        Ok(Self { host, ip, port: number, has_port: port.is_some() })
    }

    /// Whether the address means the machine that reads it.
    pub fn is_local(&self) -> bool {
        is_local_host(&self.host, self.ip)
    }
}

/// Whether a host means the machine that reads it (RFC 6761, RFC 1122).
pub(crate) fn is_local_host(host: &str, ip: Option<IpAddr>) -> bool {
    match ip {
        Some(ip) => ip.is_loopback() || ip.is_unspecified() || mapped(ip).is_some_and(|ip| ip.is_loopback()),
        None => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn mapped(ip: IpAddr) -> Option<Ipv4Addr> {
    match ip {
        IpAddr::V6(ip) => ip.to_ipv4_mapped(),
        IpAddr::V4(_) => None,
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), AddressFault> {
    if authority.starts_with('[') {
        let (host, rest) = authority.split_once(']').ok_or(AddressFault::Host)?;
        let port = match rest {
            "" => None,
            rest => Some(rest.strip_prefix(':').ok_or(AddressFault::Port)?),
        };
        // The opening bracket stays as the mark of an IPv6 address.
        return Ok((host, port));
    }
    match authority.split_once(':') {
        // More than one colon without brackets: an IPv6 address that lacks them.
        Some((_, port)) if has(port, b':') => Err(AddressFault::Host),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

fn normal_host(host: &str) -> Option<(String, Option<IpAddr>)> {
    if let Some(ip) = host.strip_prefix('[') {
        let ip: Ipv6Addr = ip.parse().ok()?;
        return Some((shortest(ip), Some(IpAddr::V6(ip))));
    }
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        // There is but one way to write it that is taken.
        return Some((host.to_owned(), Some(IpAddr::V4(ip))));
    }
    let host = host.to_ascii_lowercase();
    is_host_name(&host).then_some((host, None))
}

/// An IPv6 address in its shortest form (RFC 5952, 4), as the standard library prints it with much more around it.
fn shortest(ip: Ipv6Addr) -> String {
    if let Some(ip) = ip.to_ipv4_mapped() {
        return format!("::ffff:{ip}");
    }
    // The first of the longest runs of noughts, if there are two at least.
    let (mut run, mut start) = (0..0, 0_usize);
    for (at, segment) in ip.segments().into_iter().enumerate() {
        let behind = at.saturating_add(1);
        if segment != 0 {
            start = behind;
        } else if behind.saturating_sub(start) > run.len().max(1) {
            run = start..behind;
        }
    }
    let mut text = String::new();
    for (at, segment) in ip.segments().into_iter().enumerate() {
        if run.contains(&at) {
            text.push_str(if at == run.start { "::" } else { "" });
            continue;
        }
        let colon = if text.is_empty() || text.ends_with(':') { "" } else { ":" };
        // Writing to a String cannot fail.
        let _ = write!(text, "{colon}{segment:x}");
    }
    text
}

/// A port from digits; nothing when it is none.
pub(crate) fn port_number(text: &str) -> Option<u16> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) { None } else { text.parse().ok() }
}

/// Whether a text is a DNS label in lower case (RFC 1123, as Kubernetes takes it).
pub(crate) fn is_dns_label(text: &str) -> bool {
    is_label(text.as_bytes())
}

fn is_label(text: &[u8]) -> bool {
    text.len() <= LONGEST_LABEL
        && text.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !matches!(text, [] | [b'-', ..] | [.., b'-'])
}

/// Whether a text is a DNS name in lower case: labels with dots between them.
pub(crate) fn is_dns_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME && text.as_bytes().split(|byte| *byte == b'.').all(is_label)
}

/// Whether a text is a DNS name that a host can have: its last label is no number (RFC 1123, 2.1), or it would be an IPv4
/// address, perhaps with a slip in it.
pub(crate) fn is_host_name(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or(text);
    is_dns_name(text) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

/// The IPv4 address in a name of a service that answers with it, such as `10.0.0.1.nip.io`.
pub(crate) fn wildcard_dns_ip(domain: &str) -> Option<Ipv4Addr> {
    let rest = [".nip.io", ".sslip.io", ".xip.io"].iter().find_map(|suffix| domain.strip_suffix(suffix))?;
    let labels: Vec<&str> = rest.rsplit('.').take(4).collect();
    if labels.len() == 4
        && let Ok(ip) = joined(&labels.iter().rev().collect::<Vec<_>>(), ".").parse()
    {
        return Some(ip);
    }
    // The form with dashes: `app-10-0-0-1.nip.io`.
    let last = rest.rsplit('.').next()?;
    let parts: Vec<&str> = last.rsplit('-').take(4).collect();
    if parts.len() == 4 { joined(&parts.iter().rev().collect::<Vec<_>>(), ".").parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_shortest_form_is_the_standard_librarys(segments: [u16; 8], noughts: [bool; 8], mapped: u32) {
            let segments = core::array::from_fn(|at| if noughts[at] { 0 } else { segments[at] });
            for ip in [Ipv6Addr::from(segments), Ipv4Addr::from(mapped).to_ipv6_mapped(), Ipv6Addr::UNSPECIFIED] {
                prop_assert_eq!(shortest(ip), ip.to_string());
            }
        }
    }

    #[test]
    fn addresses() {
        let address = Address::parse("https://8.217.50.114:6443").expect("an address");
        assert_eq!((address.host.as_str(), address.port, address.has_port), ("8.217.50.114", 6443, true));
        let address = Address::parse("https://[FD00::1]:6443").expect("an address");
        assert_eq!(address.host, "fd00::1");
        assert_eq!(Address::parse("https://api.example.museum").expect("an address").port, 443);
        for (text, fault) in [
            ("", AddressFault::Empty),
            ("junk http://a.b junk", AddressFault::Space),
            ("https://a.b:6443\n", AddressFault::Space),
            ("8.217.50.114:6443", AddressFault::NoScheme),
            ("http://8.217.50.114:6443", AddressFault::Scheme),
            ("https://user:word@a.b", AddressFault::Credentials),
            ("https://:6443", AddressFault::NoHost),
            ("https://a_b:6443", AddressFault::Host),
            ("https://8.217.50:6443", AddressFault::Host),
            ("https://8.217.50.256:6443", AddressFault::Host),
            ("https://api.1:6443", AddressFault::Host),
            ("https://fd00::1:6443", AddressFault::Host),
            ("https://a.b:abc", AddressFault::Port),
            ("https://a.b:99999", AddressFault::Port),
            ("https://a.b:0", AddressFault::Port),
            ("https://a.b:6443/", AddressFault::Path),
        ] {
            assert_eq!(Address::parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn wildcard_names() {
        assert_eq!(wildcard_dns_ip("8.217.50.114.nip.io"), Some(Ipv4Addr::new(8, 217, 50, 114)));
        assert_eq!(wildcard_dns_ip("a.b.8.217.50.114.nip.io"), Some(Ipv4Addr::new(8, 217, 50, 114)));
        assert_eq!(wildcard_dns_ip("app-8-217-50-114.sslip.io"), Some(Ipv4Addr::new(8, 217, 50, 114)));
        assert_eq!(wildcard_dns_ip("example.com"), None);
    }
}
