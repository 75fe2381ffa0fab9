//! Servers' URLs, compared with what `client-go` makes of them.

use super::super::{FaultKind, Insecure, Invalid, Scheme, Server, UrlFault};
use super::{guide_with, read};

const WRITTEN: &str = "https://10.204.118.23:6443";

fn server(url: &str) -> (Option<Server>, Vec<FaultKind>) {
    let (kubeconfig, faults) = read(&guide_with(WRITTEN, &format!("\"{url}\"")));
    (kubeconfig.server, faults.into_iter().map(|fault| fault.kind).collect())
}

#[test]
fn in_normal_form() {
    for (url, normal, host, port, local) in [
        ("https://10.0.0.1:6443", "https://10.0.0.1:6443", "10.0.0.1", 6443, false),
        ("HTTPS://API.Example.com", "https://api.example.com:443", "api.example.com", 443, false),
        ("https://[FD00:0::1]:6443/", "https://[fd00::1]:6443", "fd00::1", 6443, false),
        ("https://rancher.example/k8s/clusters/c-1?a#b", "https://rancher.example:443/k8s/clusters/c-1", "rancher.example", 443, false),
        ("https://127.0.0.1:6443", "https://127.0.0.1:6443", "127.0.0.1", 6443, true),
        ("https://127.8.0.9:6443", "https://127.8.0.9:6443", "127.8.0.9", 6443, true),
        ("https://0.0.0.0:6443", "https://0.0.0.0:6443", "0.0.0.0", 6443, true),
        ("https://[::1]:6443", "https://[::1]:6443", "::1", 6443, true),
        ("https://LOCALHOST:6443", "https://localhost:6443", "localhost", 6443, true),
    ] {
        let (server, faults) = server(url);
        let server = server.unwrap_or_else(|| panic!("{url}: {faults:?}"));
        assert_eq!((server.url.as_str(), server.host.as_str(), server.port, server.is_local()), (normal, host, port, local));
        assert_eq!(faults, [], "{url}");
    }
}

#[test]
fn plain_http_is_insecure() {
    let (server, faults) = server("http://10.0.0.1");
    let server = server.expect("a server");
    assert_eq!((server.scheme, server.port, server.url.as_str()), (Scheme::Http, 80, "http://10.0.0.1:80"));
    assert_eq!(faults, [FaultKind::Insecure(Insecure::PlainHttp)]);
}

#[test]
fn unusable() {
    for (url, fault) in [
        ("10.0.0.1:6443", UrlFault::NoScheme),
        ("ftp://10.0.0.1", UrlFault::Scheme),
        ("https://10.0.0.1:6443 ", UrlFault::Space),
        ("https://10.0.0.1:6443\\n", UrlFault::Space),
        ("https://admin:hunter2@10.0.0.1", UrlFault::Credentials),
        ("https://", UrlFault::NoHost),
        ("https://:6443", UrlFault::NoHost),
        ("https://fd00::1:6443", UrlFault::Host),
        ("https://10.0.0.256", UrlFault::Host),
        ("https://a b", UrlFault::Space),
        ("https://10.0.0.1:99999", UrlFault::Port),
        ("https://10.0.0.1:api", UrlFault::Port),
    ] {
        assert_eq!(server(url), (None, vec![FaultKind::Invalid(Invalid::Server(fault))]), "{url}");
    }
}
