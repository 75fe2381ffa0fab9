//! A CA and a certificate of our own making, and when they are made anew.
//!
//! The CA is a bundle, the newest first: while it changes, clients trust both, and the certificate
//! is signed by the new one only when everybody who asks knows it.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;

use super::identity::{names, parse};

const CA_LASTS: Duration = Duration::from_hours(3650 * 24);
const LEAF_LASTS: Duration = Duration::from_hours(365 * 24);
/// What ends within this time is made anew.
const RENEWED_BEFORE: Duration = Duration::from_hours(30 * 24);
/// A CA earlier: what the old one signed must last while clients learn of the new one.
const CA_RENEWED_BEFORE: Duration = Duration::from_hours(60 * 24);

/// What is kept, as PEM. Empty: not made yet.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// All CAs that clients must trust, the newest first.
    pub ca: String,
    /// The key of the newest.
    pub ca_key: String,
    pub chain: String,
    pub key: String,
}

/// How certificates are made.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    /// The names and addresses that the certificate is for.
    pub names: BTreeSet<String>,
    /// How long ago it begins to be valid: clocks differ, and jump.
    pub back: Duration,
}

impl Recipe {
    /// What must be made anew; nothing if all of it lasts. With `settled` everybody who asks knows the newest CA.
    pub(super) fn renewed(&self, kept: &Kept, settled: bool, now: OffsetDateTime) -> anyhow::Result<Option<Kept>> {
        let mut next = kept.clone();
        let mut bundle = authorities(&kept.ca, now);
        let key = KeyPair::from_pem(&kept.ca_key).ok();
        let newest = bundle.first().filter(|ca| key.as_ref().is_some_and(|key| belongs(ca, key) && lasts(ca, now, CA_RENEWED_BEFORE)));
        let key = match (newest, key) {
            (Some(_), Some(key)) => key,
            _ => {
                let key = KeyPair::generate()?;
                bundle.insert(0, self.authority(now)?.self_signed(&key)?.der().clone());
                next.ca_key = key.serialize_pem();
                key
            }
        };
        let Some(newest) = bundle.first() else { anyhow::bail!("there is no CA") };
        if !self.serves(kept, &bundle, settled, now) {
            let issuer = Issuer::from_ca_cert_der(newest, key)?;
            let key = KeyPair::generate()?;
            let leaf = self.leaf(now, until(newest))?.signed_by(&key, &issuer)?;
            next.chain = leaf.pem();
            next.key = key.serialize_pem();
        }
        next.ca = bundle.iter().map(|der| pem(der)).collect();
        Ok((next != *kept).then_some(next))
    }

    /// Whether the certificate still does.
    fn serves(&self, kept: &Kept, bundle: &[CertificateDer<'_>], settled: bool, now: OffsetDateTime) -> bool {
        let (Ok(leaf), Ok(key)) = (CertificateDer::from_pem_slice(kept.chain.as_bytes()), KeyPair::from_pem(&kept.key)) else {
            return false;
        };
        let signers = if settled { bundle.get(..1).unwrap_or_default() } else { bundle };
        let is_signed = |leaf: &X509Certificate<'_>| {
            let by = |ca: &CertificateDer<'_>| parse(ca).is_some_and(|ca| leaf.verify_signature(Some(ca.public_key())).is_ok());
            signers.iter().any(by)
        };
        belongs(&leaf, &key)
            && lasts(&leaf, now, RENEWED_BEFORE)
            && parse(&leaf).is_some_and(|leaf| self.names.is_subset(&names(&leaf)) && is_signed(&leaf))
    }

    fn authority(&self, now: OffsetDateTime) -> anyhow::Result<CertificateParams> {
        let mut params = self.lasting(Vec::new(), now, now + CA_LASTS)?;
        params.distinguished_name.push(DnType::CommonName, "Clearance's own CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(params)
    }

    fn leaf(&self, now: OffsetDateTime, at_most: OffsetDateTime) -> anyhow::Result<CertificateParams> {
        let mut params = self.lasting(self.names.iter().cloned().collect(), now, (now + LEAF_LASTS).min(at_most))?;
        params.distinguished_name.push(DnType::CommonName, "Clearance");
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Ok(params)
    }

    fn lasting(&self, names: Vec<String>, now: OffsetDateTime, until: OffsetDateTime) -> anyhow::Result<CertificateParams> {
        let mut params = CertificateParams::new(names).context("a name for the certificate is no host name")?;
        params.distinguished_name = DistinguishedName::new();
        params.not_before = now - self.back;
        params.not_after = until;
        Ok(params)
    }
}

/// The CAs of a bundle that have not expired.
fn authorities(bundle: &str, now: OffsetDateTime) -> Vec<CertificateDer<'static>> {
    let all = CertificateDer::pem_slice_iter(bundle.as_bytes()).filter_map(Result::ok);
    all.filter(|ca| lasts(ca, now, Duration::ZERO)).collect()
}

fn lasts(certificate: &CertificateDer<'_>, now: OffsetDateTime, time: Duration) -> bool {
    until(certificate) > now + time
}

fn until(certificate: &CertificateDer<'_>) -> OffsetDateTime {
    let until = parse(certificate).map_or(0, |certificate| certificate.validity().not_after.timestamp());
    OffsetDateTime::from_unix_timestamp(until).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn belongs(certificate: &CertificateDer<'_>, key: &KeyPair) -> bool {
    parse(certificate).is_some_and(|parsed| parsed.public_key().subject_public_key.data.as_ref() == key.public_key_raw())
}

/// As in RFC 7468.
fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let body = lines.fold(String::new(), |body, line| body + &line + "\n");
    format!("-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn recipe(names: &[&str]) -> Recipe {
        Recipe { names: names.iter().map(|name| (*name).to_owned()).collect(), back: DAY }
    }

    fn first(recipe: &Recipe, now: OffsetDateTime) -> Kept {
        recipe.renewed(&Kept::default(), true, now).expect("it can be made").expect("there is none")
    }

    #[test]
    fn what_lasts_is_kept() {
        let now = OffsetDateTime::now_utc();
        let kept = first(&recipe(&["localhost", "127.0.0.1", "::1"]), now);
        for (names, days) in [(&["localhost", "::1"][..], 0), (&["localhost"], 334)] {
            let again = recipe(names).renewed(&kept, true, now + DAY * days).expect("it can be made");
            assert!(again.is_none(), "{names:?} {days}");
        }
    }

    #[test]
    fn a_new_name_and_a_near_end_renew_the_leaf_and_keep_the_ca() {
        let now = OffsetDateTime::now_utc();
        let kept = first(&recipe(&["localhost"]), now);
        for (names, days) in [(&["localhost", "clearance.example"][..], 0), (&["localhost"], 336)] {
            let next = recipe(names).renewed(&kept, true, now + DAY * days).expect("it can be made").expect("it is made anew");
            assert_ne!(next.chain, kept.chain);
            assert_eq!((&next.ca, &next.ca_key), (&kept.ca, &kept.ca_key));
        }
    }

    /// While clients learn of the new CA, they are shown what the old one signed.
    #[test]
    fn a_ca_that_nears_its_end_is_followed_by_another_without_a_gap() {
        let recipe = recipe(&["localhost"]);
        let mut now = OffsetDateTime::now_utc();
        let mut kept = first(&recipe, now);
        let old = kept.clone();
        let end = until(&CertificateDer::from_pem_slice(old.ca.as_bytes()).expect("it is PEM")) - DAY * 61;
        while now < end {
            now = (now + DAY * 100).min(end);
            kept = recipe.renewed(&kept, true, now).expect("it can be made").unwrap_or(kept);
        }
        assert_eq!(kept.ca, old.ca, "61 days are left");
        now += DAY * 2;
        let both = recipe.renewed(&kept, false, now).expect("it can be made").expect("59 days are left");
        assert!(both.ca.ends_with(&kept.ca) && both.ca.len() > old.ca.len());
        assert_eq!(both.chain, kept.chain);
        let next = recipe.renewed(&both, true, now).expect("it can be made").expect("the new one is known");
        assert_eq!(next.ca, both.ca);
        assert_ne!(next.chain, kept.chain);
        now += DAY * 60;
        let alone = recipe.renewed(&next, true, now).expect("it can be made").expect("the old one has expired");
        assert!(!alone.ca.contains(&old.ca));
        assert_eq!(alone.chain, next.chain);
    }

    #[test]
    fn the_leaf_follows_its_ca_once_that_is_known() {
        let recipe = recipe(&["localhost"]);
        let now = OffsetDateTime::now_utc();
        let kept = first(&recipe, now);
        let other = first(&recipe, now);
        let mixed = Kept { ca: other.ca.clone() + &kept.ca, ca_key: other.ca_key.clone(), ..kept.clone() };
        assert!(recipe.renewed(&mixed, false, now).expect("it can be made").is_none(), "the old CA is trusted still");
        let next = recipe.renewed(&mixed, true, now).expect("it can be made").expect("its CA is the newer one");
        assert_eq!(next.ca, mixed.ca);
        assert_ne!(next.chain, kept.chain);
    }

    #[test]
    fn what_does_not_go_together_is_made_anew() {
        let recipe = recipe(&["localhost"]);
        let now = OffsetDateTime::now_utc();
        let (kept, other) = (first(&recipe, now), first(&recipe, now));
        for broken in [
            Kept { ca_key: other.ca_key.clone(), ..kept.clone() },
            Kept { key: other.key.clone(), ..kept.clone() },
            Kept { key: "half a".to_owned(), ..kept.clone() },
            Kept { chain: other.chain.clone(), key: other.key.clone(), ..kept.clone() },
            Kept { ca: String::new(), ..kept.clone() },
            Kept { ca: "-----BEGIN CERTIFICATE-----\n".to_owned(), ..kept.clone() },
        ] {
            let next = recipe.renewed(&broken, true, now).expect("it can be made").expect("it is made anew");
            assert!(recipe.renewed(&next, true, now).expect("it can be made").is_none());
        }
    }

    /// A clock that jumps ahead renews; one that jumps back finds what it has still valid.
    #[test]
    fn a_clock_that_jumps() {
        let recipe = Recipe { back: DAY * 3650, ..recipe(&["localhost"]) };
        let now = OffsetDateTime::now_utc();
        let ahead = recipe.renewed(&first(&recipe, now), true, now + DAY * 4000).expect("it can be made").expect("all has expired");
        assert!(recipe.renewed(&ahead, true, now).expect("it can be made").is_none(), "others whose clock is right keep it");
        let leaf = CertificateDer::from_pem_slice(ahead.chain.as_bytes()).expect("it is PEM");
        let from = parse(&leaf).expect("it is a certificate").validity().not_before.timestamp();
        assert!(from <= (now + DAY * 400).unix_timestamp());
    }
}
