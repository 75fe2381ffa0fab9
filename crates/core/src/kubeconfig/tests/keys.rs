//! Which key belongs to which certificate.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

use super::super::certificate::X509;
use super::super::der::{OCTET_STRING, Reader};
use super::super::fault::KeyFault;
use super::super::key::PublicKey;
use super::super::pem;
use super::super::{Belongs, FaultKind, Invalid};

/// 2048 bits, PKCS #8.
const RSA: &str = include_str!("rsa.pem");
/// 512 bits, PKCS #1.
const OTHER_RSA: &str = include_str!("rsa-other.pem");
/// PKCS #8 without the public half, as `openssl` writes it.
const BARE_ED25519: &str = include_str!("ed25519-v1.pem");

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// The key inside PKCS #8: PKCS #1 for RSA, SEC 1 for curves.
fn inner(pkcs8: &[u8]) -> Vec<u8> {
    let mut outer = Reader::sequence_of(pkcs8).expect("PKCS #8");
    outer.integer().expect("a version");
    outer.sequence().expect("an algorithm");
    outer.expect(OCTET_STRING).expect("a key").to_vec()
}

/// A SEC 1 key that holds nothing but the secret.
fn bare(sec1: &[u8]) -> Vec<u8> {
    let mut outer = Reader::sequence_of(sec1).expect("SEC 1");
    outer.integer().expect("a version");
    let secret = outer.element().expect("a secret").whole;
    let body = [&[2, 1, 1], secret].concat();
    [&[0x30, u8::try_from(body.len()).expect("short")], body.as_slice()].concat()
}

fn belongs(certified: &KeyPair, key: &str) -> Result<Belongs, KeyFault> {
    let certificate = CertificateParams::default().self_signed(certified).expect("a certificate");
    let x509 = X509::read(certificate.der()).expect("a certificate");
    let public = PublicKey::of_certificate(x509.public_key).expect("a key");
    let pem = pem::read(key.as_bytes());
    let key = PublicKey::of_private_key(&pem.blocks)?;
    Ok(public.belongs(&key))
}

#[test]
fn each_kind_in_each_form() {
    let rsa = KeyPair::from_pem(RSA).expect("a key");
    let pkcs1 = pem("RSA PRIVATE KEY", &inner(rsa.serialized_der()));
    assert_eq!(belongs(&rsa, RSA), Ok(Belongs::Yes));
    assert_eq!(belongs(&rsa, &pkcs1), Ok(Belongs::Yes));
    // As in Go, the label does not tell the form.
    assert_eq!(belongs(&rsa, &pkcs1.replace("RSA ", "")), Ok(Belongs::Yes));
    assert_eq!(belongs(&rsa, OTHER_RSA), Ok(Belongs::No));

    for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384] {
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let other = KeyPair::generate_for(algorithm).expect("a key");
        let sec1 = inner(key.serialized_der());
        assert_eq!(belongs(&key, &key.serialize_pem()), Ok(Belongs::Yes));
        assert_eq!(belongs(&key, &pem("EC PRIVATE KEY", &sec1)), Ok(Belongs::Yes));
        assert_eq!(belongs(&key, &pem("EC PRIVATE KEY", &bare(&sec1))), Ok(Belongs::Unknown));
        assert_eq!(belongs(&key, &other.serialize_pem()), Ok(Belongs::No));
        assert_eq!(belongs(&key, RSA), Ok(Belongs::No));
        assert_eq!(belongs(&rsa, &key.serialize_pem()), Ok(Belongs::No));
    }

    let (small, large) = (KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256), KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384));
    assert_eq!(belongs(&small.expect("a key"), &large.expect("a key").serialize_pem()), Ok(Belongs::No));

    let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let other = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    assert_eq!(belongs(&key, &key.serialize_pem()), Ok(Belongs::Yes));
    assert_eq!(belongs(&key, &other.serialize_pem()), Ok(Belongs::No));
    assert_eq!(belongs(&key, BARE_ED25519), Ok(Belongs::Unknown));
    assert_eq!(belongs(&rsa, BARE_ED25519), Ok(Belongs::No));
}

#[test]
fn a_compressed_point_is_the_same_point() {
    let point = |point: &'static [u8]| PublicKey::Ec { curve: None, point: Some(point) };
    let whole = point(&[4, 1, 2, 3, 5]);
    assert_eq!(whole.belongs(&point(&[3, 1, 2])), Belongs::Yes);
    assert_eq!(whole.belongs(&point(&[2, 1, 2])), Belongs::No);
    assert_eq!(whole.belongs(&point(&[3, 1, 3])), Belongs::No);
    assert_eq!(point(&[4, 1, 2, 3, 4]).belongs(&point(&[2, 1, 2])), Belongs::Yes);
}

#[test]
fn keys_that_cannot_be_used() {
    let key = KeyPair::generate().expect("a key");
    let x25519 =
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIMgU0EHzyCJlFx5ztTx1aTtpBl9rc/AAnX9wkpeGqoRD\n-----END PRIVATE KEY-----\n";
    let encrypted =
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\naGVsbG8=\n-----END RSA PRIVATE KEY-----\n";
    for (text, fault) in [
        ("", KeyFault::Missing),
        (encrypted, KeyFault::Encrypted),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\naGVsbG8=\n-----END ENCRYPTED PRIVATE KEY-----\n", KeyFault::Encrypted),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\naGVsbG8=\n-----END OPENSSH PRIVATE KEY-----\n", KeyFault::Malformed),
        (x25519, KeyFault::Unsupported),
    ] {
        assert_eq!(belongs(&key, text), Err(fault), "{text}");
    }
}

#[test]
fn in_a_kubeconfig() {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    let (kubeconfig, faults) = super::read(&super::kubeconfig(&certificate, &certificate, RSA));
    assert_eq!(kubeconfig.key_belongs, Some(Belongs::No));
    assert_eq!(faults.iter().map(|fault| &fault.kind).collect::<Vec<_>>(), [&FaultKind::Invalid(Invalid::OtherKey)]);
    let bare = pem("EC PRIVATE KEY", &bare(&inner(key.serialized_der())));
    let (kubeconfig, faults) = super::read(&super::kubeconfig(&certificate, &certificate, &bare));
    assert_eq!((kubeconfig.key_belongs, faults), (Some(Belongs::Unknown), vec![]));
}
