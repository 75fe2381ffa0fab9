//! A reader of DER (ITU-T X.690), as small as certificates and keys allow: one-byte tags, definite
//! lengths in their shortest form. It copies nothing and never looks beyond what it was given.

/// The bytes are no DER, or not the structure that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// The result of every step.
pub(super) type Read<T> = Result<T, Malformed>;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag `[number]` of a primitive value (IMPLICIT).
pub(super) const fn implicit(number: u8) -> u8 {
    0x80 | number
}

/// The tag `[number]` of a constructed value (EXPLICIT).
pub(super) const fn explicit(number: u8) -> u8 {
    0xA0 | number
}

/// One value with its tag.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// Tag, length and content.
    pub whole: &'a [u8],
}

/// What is still to be read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The content of the one SEQUENCE that the bytes are.
    pub fn sequence_of(bytes: &'a [u8]) -> Read<Self> {
        let mut outer = Self::new(bytes);
        let inner = outer.sequence()?;
        outer.end()?;
        Ok(inner)
    }

    /// The tag of the next value, if there is one.
    pub fn tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value.
    pub fn element(&mut self) -> Read<Element<'a>> {
        let before = self.rest;
        let (&tag, rest) = before.split_first().ok_or(Malformed)?;
        if tag & 0x1F == 0x1F {
            return Err(Malformed);
        }
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        let size = before.len().saturating_sub(rest.len());
        Ok(Element { tag, content, whole: before.get(..size).ok_or(Malformed)? })
    }

    /// The content of the next value, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Read<&'a [u8]> {
        let element = self.element()?;
        if element.tag == tag { Ok(element.content) } else { Err(Malformed) }
    }

    /// The content of the next value if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Read<Option<&'a [u8]>> {
        if self.tag() == Some(tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    /// The content of the next value, a SEQUENCE.
    pub fn sequence(&mut self) -> Read<Self> {
        self.expect(SEQUENCE).map(Self::new)
    }

    /// The next value, an INTEGER in its shortest form.
    pub fn integer(&mut self) -> Read<&'a [u8]> {
        match self.expect(INTEGER)? {
            [] | [0, 0..=0x7F, ..] | [0xFF, 0x80..=0xFF, ..] => Err(Malformed),
            content => Ok(content),
        }
    }

    /// The bytes of the next value, a BIT STRING of whole bytes.
    pub fn bits(&mut self) -> Read<&'a [u8]> {
        whole_bytes(self.expect(BIT_STRING)?)
    }

    /// The values up to the end.
    pub fn elements(mut self) -> impl Iterator<Item = Read<Element<'a>>> {
        core::iter::from_fn(move || {
            if self.rest.is_empty() {
                return None;
            }
            let element = self.element();
            if element.is_err() {
                self.rest = &[];
            }
            Some(element)
        })
    }

    /// Says that nothing is left.
    pub fn end(&self) -> Read<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

/// The bytes of a BIT STRING's content that leaves no bit unused.
pub(super) fn whole_bytes(content: &[u8]) -> Read<&[u8]> {
    match content {
        [0, bytes @ ..] => Ok(bytes),
        _ => Err(Malformed),
    }
}

/// A definite length in its shortest form, of at most four bytes.
fn length(bytes: &[u8]) -> Read<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first().ok_or(Malformed)?;
    if first < 0x80 {
        return Ok((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7F);
    let (digits, rest) = rest.split_at_checked(count).ok_or(Malformed)?;
    if !(1..=4).contains(&count) || digits.first() == Some(&0) {
        return Err(Malformed);
    }
    let length = digits.iter().fold(0_u32, |length, &digit| (length << 8) | u32::from(digit));
    if length < 0x80 {
        return Err(Malformed);
    }
    Ok((usize::try_from(length).map_err(|_| Malformed)?, rest))
}
