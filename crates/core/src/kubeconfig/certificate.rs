//! X.509 certificates (RFC 5280, 4.1), as far as a kubeconfig's need to be read. Signatures are not checked.

use super::der::{BOOLEAN, Element, INTEGER, Malformed, OCTET_STRING, OID, Read, Reader, SEQUENCE, SET, explicit, implicit};
use super::time;
use crate::prelude::*;

/// `id-at-commonName` (RFC 5280, appendix A.1).
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// `id-ce-basicConstraints` (RFC 5280, 4.2.1.9).
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];

/// A certificate, borrowed from its DER.
pub(super) struct X509<'a> {
    /// 1, 2 or 3.
    pub version: u8,
    /// Who signed it.
    pub issuer: Name<'a>,
    /// Since when it is valid, in seconds since 1970.
    pub not_before: i64,
    /// Until when.
    pub not_after: i64,
    /// Whose it is.
    pub subject: Name<'a>,
    /// The `SubjectPublicKeyInfo` with tag and length.
    pub public_key: &'a [u8],
    /// What the basic constraints say; nothing without that extension.
    pub is_authority: Option<bool>,
}

/// A distinguished name.
pub(super) struct Name<'a> {
    /// Its last common name: the most specific one, and the one that Kubernetes takes for the user.
    common_name: Option<Element<'a>>,
}

impl<'a> X509<'a> {
    /// Reads one certificate, which must take all of the bytes.
    pub fn read(der: &'a [u8]) -> Read<Self> {
        let mut outer = Reader::sequence_of(der)?;
        let mut certificate = outer.sequence()?;
        algorithm(&mut outer)?;
        outer.bits()?;
        outer.end()?;

        let version = version(&mut certificate)?;
        // The serial number.
        certificate.integer()?;
        algorithm(&mut certificate)?;
        let issuer = Name::read(certificate.sequence()?)?;
        let mut validity = certificate.sequence()?;
        let not_before = time::seconds(validity.element()?)?;
        let not_after = time::seconds(validity.element()?)?;
        validity.end()?;
        let subject = Name::read(certificate.sequence()?)?;
        let public_key = public_key(&mut certificate)?;
        // The unique identifiers of issuer and subject.
        certificate.optional(implicit(1))?;
        certificate.optional(implicit(2))?;
        let extensions = certificate.optional(explicit(3))?;
        certificate.end()?;
        let is_authority = extensions.map(is_authority).transpose()?.flatten();
        Ok(Self { version, issuer, not_before, not_after, subject, public_key, is_authority })
    }

    /// Whether it may have signed others. Before version 3 nothing could say that it may not.
    pub fn may_sign(&self) -> bool {
        self.is_authority.unwrap_or(self.version < 3)
    }
}

impl<'a> Name<'a> {
    fn read(parts: Reader<'a>) -> Read<Self> {
        let mut common_name = None;
        for part in parts.elements() {
            let part = part?;
            if part.tag != SET {
                return Err(Malformed);
            }
            for attribute in Reader::new(part.content).elements() {
                let attribute = attribute?;
                if attribute.tag != SEQUENCE {
                    return Err(Malformed);
                }
                let mut attribute = Reader::new(attribute.content);
                let kind = attribute.expect(OID)?;
                let value = attribute.element()?;
                attribute.end()?;
                if kind == COMMON_NAME {
                    common_name = Some(value);
                }
            }
        }
        Ok(Self { common_name })
    }

    /// The common name, for people to read; nothing where there is none, or none that is text.
    pub fn common_name(&self) -> Option<String> {
        let value = self.common_name?;
        match value.tag {
            // UTF8String, NumericString, PrintableString, IA5String.
            0x0C | 0x12 | 0x13 | 0x16 => String::from_utf8(value.content.to_vec()).ok(),
            // TeletexString, which is Latin-1 in practice.
            0x14 => Some(value.content.iter().copied().map(char::from).collect()),
            // BMPString: UTF-16 without surrogates.
            0x1E => {
                let (units, odd) = value.content.as_chunks::<2>();
                let units: Vec<u16> = units.iter().copied().map(u16::from_be_bytes).collect();
                String::from_utf16(&units).ok().filter(|_| odd.is_empty())
            }
            _ => None,
        }
    }
}

fn version(certificate: &mut Reader<'_>) -> Read<u8> {
    let Some(content) = certificate.optional(explicit(0))? else { return Ok(1) };
    let mut content = Reader::new(content);
    let version = match content.expect(INTEGER)? {
        [0] => 1,
        [1] => 2,
        [2] => 3,
        _ => return Err(Malformed),
    };
    content.end()?;
    Ok(version)
}

/// `AlgorithmIdentifier`: an OID and whatever parameters it wants.
fn algorithm(reader: &mut Reader<'_>) -> Read<()> {
    let mut algorithm = reader.sequence()?;
    algorithm.expect(OID)?;
    if algorithm.tag().is_some() {
        algorithm.element()?;
    }
    algorithm.end()
}

fn public_key<'a>(certificate: &mut Reader<'a>) -> Read<&'a [u8]> {
    let element = certificate.element()?;
    if element.tag != SEQUENCE {
        return Err(Malformed);
    }
    let mut key = Reader::new(element.content);
    algorithm(&mut key)?;
    key.bits()?;
    key.end()?;
    Ok(element.whole)
}

/// What the basic constraints say, if they are among the extensions (RFC 5280, 4.2).
fn is_authority(extensions: &[u8]) -> Read<Option<bool>> {
    let mut found = None;
    for extension in Reader::sequence_of(extensions)?.elements() {
        let extension = extension?;
        if extension.tag != SEQUENCE {
            return Err(Malformed);
        }
        let mut extension = Reader::new(extension.content);
        let kind = extension.expect(OID)?;
        extension.optional(BOOLEAN)?.map_or(Ok(false), boolean)?;
        let value = extension.expect(OCTET_STRING)?;
        extension.end()?;
        if kind == BASIC_CONSTRAINTS {
            let mut constraints = Reader::sequence_of(value)?;
            found = Some(constraints.optional(BOOLEAN)?.map_or(Ok(false), boolean)?);
            if constraints.tag().is_some() {
                path_length(constraints.integer()?)?;
            }
            constraints.end()?;
        }
    }
    Ok(found)
}

/// How many authorities may follow: no negative number, and none that only a damaged one could be.
fn path_length(number: &[u8]) -> Read<()> {
    if number.len() <= 4 && number.first().is_some_and(|first| *first < 0x80) { Ok(()) } else { Err(Malformed) }
}

fn boolean(content: &[u8]) -> Read<bool> {
    match content {
        [0] => Ok(false),
        [0xFF] => Ok(true),
        _ => Err(Malformed),
    }
}
