//! Keys: which public key a certificate is for, and which one a private key says it belongs to.
//!
//! Of a private key only the public half is ever kept. There is no arithmetic on curves here: where
//! a private key does not carry its public half, nothing is said about it.

use super::der::{Malformed, OCTET_STRING, OID, Read, Reader, SEQUENCE, explicit, implicit, whole_bytes};
use super::facts::Belongs;
use super::fault::KeyFault;
use super::pem::Block;

/// `rsaEncryption` (RFC 8017, appendix C).
const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
/// `id-ecPublicKey` (RFC 5480, 2.1.1).
const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// `id-Ed25519` (RFC 8410, 3).
const ED25519: &[u8] = &[0x2B, 0x65, 0x70];

/// A public key, as far as it is known.
pub(super) enum PublicKey<'a> {
    /// Modulus and exponent.
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
    /// The curve's OID and the point on it.
    Ec { curve: Option<&'a [u8]>, point: Option<&'a [u8]> },
    /// The point.
    Ed25519(Option<&'a [u8]>),
    /// An algorithm that `client-go` cannot use.
    Other,
}

impl<'a> PublicKey<'a> {
    /// The key in a certificate's `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7).
    pub fn of_certificate(info: &'a [u8]) -> Read<Self> {
        let mut info = Reader::sequence_of(info)?;
        let (algorithm, curve) = algorithm(&mut info)?;
        let bits = info.bits()?;
        info.end()?;
        Ok(match algorithm {
            RSA => {
                let mut key = Reader::sequence_of(bits)?;
                let (modulus, exponent) = (key.integer()?, key.integer()?);
                key.end()?;
                Self::Rsa { modulus, exponent }
            }
            EC => Self::Ec { curve, point: Some(bits) },
            ED25519 => Self::Ed25519(Some(bits)),
            _ => Self::Other,
        })
    }

    /// The public half of the first private key among some PEM blocks. Others, such as
    /// `EC PARAMETERS`, are skipped, and the label does not tell the form: so does Go's `crypto/tls`.
    pub fn of_private_key(blocks: &'a [Block<'_>]) -> Result<Self, KeyFault> {
        let is_key = |block: &&Block<'_>| block.label.ends_with(b"PRIVATE KEY");
        let block = blocks.iter().find(is_key).ok_or(KeyFault::Missing)?;
        if block.headers || block.label.starts_with(b"ENCRYPTED") {
            return Err(KeyFault::Encrypted);
        }
        match of_der(&block.bytes) {
            Ok(Self::Other) => Err(KeyFault::Unsupported),
            Ok(key) => Ok(key),
            Err(Malformed) => Err(KeyFault::Malformed),
        }
    }

    /// Whether two keys are the same.
    pub fn belongs(&self, other: &Self) -> Belongs {
        match (self, other) {
            (Self::Rsa { modulus, exponent }, Self::Rsa { modulus: other, exponent: power }) => {
                Belongs::from(modulus == other && exponent == power)
            }
            (Self::Ec { curve: Some(curve), .. }, Self::Ec { curve: Some(other), .. }) if curve != other => Belongs::No,
            (Self::Ec { point: Some(point), .. }, Self::Ec { point: Some(other), .. }) => {
                Belongs::from(compressed(point) == compressed(other))
            }
            (Self::Ed25519(Some(point)), Self::Ed25519(Some(other))) => Belongs::from(point == other),
            (Self::Ec { .. }, Self::Ec { .. }) | (Self::Ed25519(_), Self::Ed25519(_)) | (Self::Other, _) | (_, Self::Other) => {
                Belongs::Unknown
            }
            _ => Belongs::No,
        }
    }
}

/// The three forms all start with a version; what follows it tells them apart.
fn of_der(der: &[u8]) -> Read<PublicKey<'_>> {
    let mut key = Reader::sequence_of(der)?;
    key.integer()?;
    match key.tag() {
        Some(SEQUENCE) => of_pkcs8(key),
        Some(OCTET_STRING) => of_sec1(key, None),
        _ => of_pkcs1(key),
    }
}

/// `RSAPrivateKey` after its version (RFC 8017, A.1.2).
fn of_pkcs1(mut key: Reader<'_>) -> Read<PublicKey<'_>> {
    let (modulus, exponent) = (key.integer()?, key.integer()?);
    // The private exponent, two primes, two exponents and a coefficient.
    for _ in 0..6 {
        key.integer()?;
    }
    Ok(PublicKey::Rsa { modulus, exponent })
}

/// `ECPrivateKey` after its version (RFC 5915, 3).
fn of_sec1<'a>(mut key: Reader<'a>, curve: Option<&'a [u8]>) -> Read<PublicKey<'a>> {
    key.expect(OCTET_STRING)?;
    let own_curve = match key.optional(explicit(0))? {
        Some(parameters) => oid(Reader::new(parameters)),
        None => None,
    };
    let point = match key.optional(explicit(1))? {
        Some(content) => Some(Reader::new(content).bits()?),
        None => None,
    };
    Ok(PublicKey::Ec { curve: curve.or(own_curve), point })
}

/// `OneAsymmetricKey` after its version (RFC 5958, 2).
fn of_pkcs8(mut key: Reader<'_>) -> Read<PublicKey<'_>> {
    let (algorithm, curve) = algorithm(&mut key)?;
    let private = key.expect(OCTET_STRING)?;
    match algorithm {
        RSA => {
            let mut inner = Reader::sequence_of(private)?;
            inner.integer()?;
            of_pkcs1(inner)
        }
        EC => {
            let mut inner = Reader::sequence_of(private)?;
            inner.integer()?;
            of_sec1(inner, curve)
        }
        ED25519 => {
            // RFC 8410, 7: the seed is an OCTET STRING of its own.
            let mut seed = Reader::new(private);
            if seed.expect(OCTET_STRING)?.len() != 32 {
                return Err(Malformed);
            }
            key.optional(explicit(0))?;
            Ok(PublicKey::Ed25519(key.optional(implicit(1))?.map(whole_bytes).transpose()?))
        }
        _ => Ok(PublicKey::Other),
    }
}

/// An algorithm and, where its parameters are one OID, the curve that they name.
fn algorithm<'a>(reader: &mut Reader<'a>) -> Read<(&'a [u8], Option<&'a [u8]>)> {
    let mut identifier = reader.sequence()?;
    let algorithm = identifier.expect(OID)?;
    Ok((algorithm, oid(identifier)))
}

fn oid(mut reader: Reader<'_>) -> Option<&[u8]> {
    reader.optional(OID).ok().flatten()
}

/// A point in compressed form (SEC 1, 2.3.3): whether the second coordinate is odd, and the first one.
fn compressed(point: &[u8]) -> (bool, &[u8]) {
    match point {
        [4, coordinates @ ..] => {
            let first = coordinates.get(..coordinates.len() / 2).unwrap_or_default();
            (coordinates.last().is_some_and(|last| last % 2 == 1), first)
        }
        [mark, first @ ..] => (*mark == 3, first),
        [] => (false, &[]),
    }
}
