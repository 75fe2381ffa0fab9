//! Certificates and bundles of them.

use rcgen::{BasicConstraints, CertificateParams, DnType, DnValue, IsCa, KeyPair, date_time_ymd};

use super::super::certificate::X509;
use super::super::der::Element;
use super::super::{FaultKind, Invalid, KeyFault, Role, time};
use super::{kubeconfig, read, told};

const AUTHORITY: &str = "clusters[0].cluster.certificate-authority-data";
const CLIENT: &str = "users[0].user.client-certificate-data";
const KEY: &str = "users[0].user.client-key-data";

/// A certificate that signed itself, and its key, in PEM.
fn certificate(name: &str, is_ca: IsCa) -> (String, String) {
    let mut params = CertificateParams::default();
    params.is_ca = is_ca;
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().expect("a key");
    (params.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
}

fn authority() -> IsCa {
    IsCa::Ca(BasicConstraints::Unconstrained)
}

fn invalid(fault: Invalid, path: &str) -> (FaultKind, String) {
    (FaultKind::Invalid(fault), path.to_owned())
}

#[test]
fn a_good_pair_beside_its_authority() {
    let (ca, _) = certificate("ca", authority());
    let (client, key) = certificate("client", IsCa::NoCa);
    assert_eq!(told(&kubeconfig(&ca, &client, &key)), []);
    // Text around the blocks, other blocks, and Windows' line ends are no matter.
    let chatty = format!("subject=caf\u{e9}\n{client}\nissuer=…\n{ca}").replace('\n', "\r\n");
    let (read, faults) =
        read(&kubeconfig(&ca, &chatty, &format!("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{key}")));
    assert_eq!(faults, []);
    let roles: Vec<_> = read.certificates.iter().map(|certificate| (certificate.role, certificate.subject.as_deref())).collect();
    assert_eq!(roles, [(Role::Authority, Some("ca")), (Role::Client, Some("client")), (Role::ClientChain, Some("ca"))]);
}

#[test]
fn an_authority_must_be_one() {
    let (client, key) = certificate("client", IsCa::NoCa);
    let (denied, _) = certificate("denied", IsCa::ExplicitNoCa);
    let (ca, _) = certificate("ca", authority());
    for bundle in [client.clone(), format!("{client}{denied}")] {
        assert_eq!(told(&kubeconfig(&bundle, &client, &key)), [invalid(Invalid::NotAuthority, AUTHORITY)]);
    }
    assert_eq!(told(&kubeconfig(&format!("{client}{ca}"), &client, &key)), []);
}

#[test]
fn the_first_of_a_bundle_is_the_clients() {
    let (ca, _) = certificate("ca", authority());
    let (client, key) = certificate("client", IsCa::NoCa);
    assert_eq!(told(&kubeconfig(&ca, &format!("{ca}{client}"), &key)), [invalid(Invalid::OtherKey, KEY)]);
}

#[test]
fn broken_data() {
    let (ca, _) = certificate("ca", authority());
    let (client, key) = certificate("client", IsCa::NoCa);
    let cut = client.replace("-----END CERTIFICATE-----", "");
    let mislabelled = client.replace("END CERTIFICATE", "END CERT");
    let stray = client.replacen('M', "!", 1);
    let one_line = client.replace('\n', " ");
    for broken in [&cut, &mislabelled, &stray, &one_line] {
        assert_eq!(told(&kubeconfig(&ca, broken, &key)), [invalid(Invalid::Pem, CLIENT)]);
        assert_eq!(told(&kubeconfig(broken, &client, &key)), [invalid(Invalid::Pem, AUTHORITY)]);
    }
    for nothing in ["hello", &key, "-----BEGIN TRUSTED CERTIFICATE-----\n-----END TRUSTED CERTIFICATE-----\n"] {
        assert_eq!(told(&kubeconfig(&ca, nothing, &key)), [invalid(Invalid::NoCertificate, CLIENT)]);
        assert_eq!(told(&kubeconfig(nothing, &client, &key)), [invalid(Invalid::NoCertificate, AUTHORITY)]);
    }
    let no_der = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    assert_eq!(told(&kubeconfig(&ca, &format!("{client}{no_der}"), &key)), [invalid(Invalid::Certificate { index: 1 }, CLIENT)]);
    // A block that is left open does not take the next one with it.
    assert_eq!(told(&kubeconfig(&format!("{cut}\n{ca}"), &client, &key)), [invalid(Invalid::Pem, AUTHORITY)]);
    assert_eq!(told(&kubeconfig(&ca, &client, &client)), [invalid(Invalid::Key(KeyFault::Missing), KEY)]);
}

#[test]
fn names_of_every_kind() {
    let key = KeyPair::generate().expect("a key");
    for (value, expected) in [
        (DnValue::Utf8String("naïve 集群".to_owned()), Some("naïve 集群")),
        (DnValue::PrintableString("plain".try_into().expect("printable")), Some("plain")),
        (DnValue::Ia5String("a@b".try_into().expect("ASCII")), Some("a@b")),
        (DnValue::TeletexString("old".try_into().expect("ASCII")), Some("old")),
        (DnValue::BmpString("集群".try_into().expect("BMP")), Some("集群")),
        (DnValue::UniversalString("rare".try_into().expect("text")), None),
    ] {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "system:masters");
        params.distinguished_name.push(DnType::CommonName, value);
        let certificate = params.self_signed(&key).expect("a certificate");
        assert_eq!(X509::read(certificate.der()).ok().and_then(|x509| x509.subject.common_name()).as_deref(), expected);
    }
}

#[test]
fn times_at_the_edges() {
    let key = KeyPair::generate().expect("a key");
    // 2049 is the last year of UTCTime (RFC 5280, 4.1.2.5).
    for (year, month, day, seconds) in [
        (1950, 1, 1, -631_152_000),
        (1970, 1, 1, 0),
        (1999, 12, 31, 946_598_400),
        (2000, 2, 29, 951_782_400),
        (2049, 12, 31, 2_524_521_600),
        (2050, 1, 1, 2_524_608_000),
        (2100, 2, 28, 4_107_456_000),
        (2100, 3, 1, 4_107_542_400),
        (9999, 12, 31, 253_402_214_400),
    ] {
        let mut params = CertificateParams::default();
        params.not_after = date_time_ymd(year, month, day);
        let certificate = params.self_signed(&key).expect("a certificate");
        assert_eq!(X509::read(certificate.der()).ok().map(|x509| x509.not_after), Some(seconds), "{year}-{month}-{day}");
    }
}

#[test]
fn no_time() {
    let read = |tag, content: &str| time::seconds(Element { tag, content: content.as_bytes(), whole: &[] }).ok();
    assert_eq!(read(0x17, "230607122114Z"), Some(1_686_140_474));
    assert_eq!(read(0x18, "00000101000000Z"), Some(-62_167_219_200));
    for text in ["", "Z", "2306071221Z", "230607122114", "230607122114+0000", "230607122160Z", "230607126014Z", "230607242114Z"] {
        assert_eq!(read(0x17, text), None, "{text}");
    }
    for text in ["230229000000Z", "230431000000Z", "230100000000Z", "231301000000Z", "230001000000Z", "2306071221-1Z", "230607122114ZZ"] {
        assert_eq!(read(0x17, text), None, "{text}");
    }
    assert_eq!(read(0x18, "20230607122114.5Z"), None);
    assert_eq!(read(0x16, "230607122114Z"), None);
}
