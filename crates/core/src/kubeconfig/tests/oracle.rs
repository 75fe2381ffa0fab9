//! `x509-parser` as the oracle: of every whole certificate both say the same, and of a damaged one
//! we never say anything else.

use std::sync::LazyLock;

use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, DnValue, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
    SanType, date_time_ymd,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::super::certificate::X509;
use super::super::key::PublicKey;
use super::super::pem;

/// What is compared.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    version: u32,
    issuer: Option<String>,
    subject: Option<String>,
    not_before: i64,
    not_after: i64,
    public_key: Vec<u8>,
    is_authority: Option<bool>,
}

fn ours(der: &[u8]) -> Option<Facts> {
    let x509 = X509::read(der).ok()?;
    Some(Facts {
        version: x509.version.into(),
        issuer: x509.issuer.common_name(),
        subject: x509.subject.common_name(),
        not_before: x509.not_before,
        not_after: x509.not_after,
        public_key: x509.public_key.to_vec(),
        is_authority: x509.is_authority,
    })
}

fn theirs(der: &[u8]) -> Option<Facts> {
    let (rest, x509) = X509Certificate::from_der(der).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let name =
        |name: &x509_parser::x509::X509Name<'_>| name.iter_common_name().last().and_then(|name| name.as_str().ok()).map(ToOwned::to_owned);
    Some(Facts {
        version: x509.version().0.checked_add(1)?,
        issuer: name(x509.issuer()),
        subject: name(x509.subject()),
        not_before: x509.validity().not_before.timestamp(),
        not_after: x509.validity().not_after.timestamp(),
        public_key: x509.public_key().raw.to_vec(),
        is_authority: x509.basic_constraints().ok()?.map(|constraints| constraints.value.ca),
    })
}

/// One key of each kind, so that what fails fails again.
static KEYS: LazyLock<[KeyPair; 3]> = LazyLock::new(|| {
    [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384, &PKCS_ED25519].map(|algorithm| KeyPair::generate_for(algorithm).expect("a key"))
});

/// Certificates of many kinds.
fn certificates() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof!["[A-Za-z0-9:@.-]{0,30}", "\\PC{0,20}"];
    let day = (1950..=9999_i32, 1..=12_u8, 1..=28_u8, 0..24_u8, 0..60_u8);
    (name, day.clone(), day, 0..3_u8, 0..3_usize, proptest::collection::vec(any::<u8>(), 1..20), any::<bool>()).prop_map(
        |(name, from, to, authority, algorithm, serial, extensions)| {
            let time = |(year, month, day, hour, minute)| {
                let midnight = date_time_ymd(year, month, day);
                let hour = midnight.replace_hour(hour).expect("an hour");
                hour.replace_minute(minute).expect("a minute").replace_second(59).expect("a second")
            };
            let mut params = CertificateParams::default();
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(DnType::OrganizationName, "system:masters");
            params.distinguished_name.push(DnType::CommonName, DnValue::Utf8String(name));
            params.not_before = time(from);
            params.not_after = time(to);
            params.serial_number = Some(serial.into());
            params.is_ca = match authority {
                0 => IsCa::NoCa,
                1 => IsCa::ExplicitNoCa,
                _ => IsCa::Ca(BasicConstraints::Constrained(1)),
            };
            if extensions {
                params.subject_alt_names = vec![SanType::DnsName("a.example".try_into().expect("a name"))];
                params.use_authority_key_identifier_extension = true;
            }
            params.self_signed(&KEYS[algorithm]).expect("a certificate").der().to_vec()
        },
    )
}

/// Those that people really have: the guides', and one with an RSA key.
fn real() -> Vec<Vec<u8>> {
    let text = super::guide();
    let data = text.lines().filter_map(|line| line.trim().split_once("-data: ")).filter(|(field, _)| field.contains("certificate"));
    let mut real = Vec::new();
    for (_, data) in data {
        let data = crate::encoding::strict(data).expect("Base64");
        real.extend(pem::read(&data).certificates().map(<[u8]>::to_vec));
    }
    let rsa = KeyPair::from_pem(include_str!("rsa.pem")).expect("a key");
    real.push(CertificateParams::default().self_signed(&rsa).expect("a certificate").der().to_vec());
    real
}

#[test]
fn real_certificates() {
    let real = real();
    assert_eq!(real.len(), 4);
    for der in real {
        assert!(ours(&der).is_some());
        assert_eq!(ours(&der), theirs(&der));
    }
}

/// Every byte of the guides' certificates, changed in each bit.
#[test]
fn every_bit() {
    for der in real() {
        for position in 0..der.len() {
            for bit in 0..8 {
                let mut damaged = der.clone();
                damaged[position] ^= 1 << bit;
                compare(&damaged);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn generated(der in certificates()) {
        prop_assert!(ours(&der).is_some());
        prop_assert_eq!(ours(&der), theirs(&der));
    }

    #[test]
    fn damaged(der in certificates(), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in any::<prop::sample::Index>(), whole in any::<bool>()) {
        let mut der = der;
        for (position, byte) in changes {
            let position = position.index(der.len());
            der[position] = byte;
        }
        if !whole {
            der.truncate(cut.index(der.len()));
        }
        compare(&der);
        let _ = PublicKey::of_certificate(&der);
    }

    #[test]
    fn arbitrary(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let pem = pem::read(&bytes);
        let _ = PublicKey::of_private_key(&pem.blocks);
        let block = pem::Block { label: b"PRIVATE KEY", headers: false, bytes };
        let _ = PublicKey::of_private_key(std::slice::from_ref(&block));
        compare(&block.bytes);
    }
}

/// What we take, `x509-parser` takes too, and reads the same in it. It also takes much that is no DER
/// (long lengths, bits left over, bools other than 00 and FF, tags that only look alike): Go refuses
/// nearly all of that, as we do.
fn compare(der: &[u8]) {
    let Some(mut ours) = ours(der) else { return };
    let mut theirs = theirs(der).expect("both take it");
    // Damage can give a name a type in which only one of us reads it.
    for (ours, theirs) in [(&mut ours.issuer, &mut theirs.issuer), (&mut ours.subject, &mut theirs.subject)] {
        if ours.is_none() || theirs.is_none() {
            (*ours, *theirs) = (None, None);
        }
    }
    assert_eq!(ours, theirs);
}
