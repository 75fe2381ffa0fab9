//! The kubeconfig that the guides publish.

use super::super::{Authority, Belongs, Role, Scheme};
use super::{guide, read};
use crate::source::TextRange;

#[test]
fn nothing_is_wrong_with_it_but_its_age() {
    let (kubeconfig, faults) = read(&guide());
    assert_eq!(faults, []);
    assert_eq!(kubeconfig.contexts, ["default"]);
    assert_eq!(kubeconfig.authority, Some(Authority::Certificates));
    assert_eq!(kubeconfig.key_belongs, Some(Belongs::Yes));
}

#[test]
fn where_it_leads() {
    let text = guide();
    let (kubeconfig, _) = read(&text);
    let context = kubeconfig.context.expect("a context");
    assert_eq!((context.name.as_str(), context.at.path.to_string()), ("default", "contexts[0]".to_owned()));
    let server = kubeconfig.server.expect("a server");
    assert_eq!(server.url, "https://10.204.118.23:6443");
    assert_eq!((server.scheme, server.host.as_str(), server.port), (Scheme::Https, "10.204.118.23", 6443));
    assert!(!server.is_local());
    assert_eq!(server.at.path.to_string(), "clusters[0].cluster.server");
    assert_eq!(server.at.range.of(&text), "https://10.204.118.23:6443");
}

#[test]
fn its_certificates() {
    let text = guide();
    let (kubeconfig, _) = read(&text);
    let (made, ended, authority_ends) = (1_686_140_474, 1_717_676_474, 2_001_500_474);
    let facts: Vec<_> = kubeconfig
        .certificates
        .iter()
        .map(|certificate| {
            let name = |name: &Option<String>| name.clone().unwrap_or_default();
            let names = (name(&certificate.subject), name(&certificate.issuer));
            (certificate.role, certificate.index, names, certificate.not_before, certificate.not_after, certificate.may_sign)
        })
        .collect();
    let names = |subject: &str, issuer: &str| (subject.to_owned(), issuer.to_owned());
    let (server_ca, client_ca) = ("k3s-server-ca@1686140474", "k3s-client-ca@1686140474");
    assert_eq!(
        facts,
        [
            (Role::Authority, 0, names(server_ca, server_ca), made, authority_ends, true),
            (Role::Client, 0, names("system:admin", client_ca), made, ended, false),
            (Role::ClientChain, 1, names(client_ca, client_ca), made, authority_ends, true),
        ]
    );
    let paths: Vec<_> = kubeconfig.certificates.iter().map(|certificate| certificate.at.path.to_string()).collect();
    assert_eq!(
        paths,
        [
            "clusters[0].cluster.certificate-authority-data",
            "users[0].user.client-certificate-data",
            "users[0].user.client-certificate-data"
        ]
    );
    let range: TextRange = kubeconfig.certificates[1].at.range;
    assert!(range.of(&text).starts_with("LS0tLS1CRUdJTiBDRVJU"));
}
