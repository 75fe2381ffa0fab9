//! What Kubernetes takes a YAML scalar for.
//!
//! Kubernetes reads YAML by `sigs.k8s.io/yaml`, which is go-yaml v2 (YAML 1.1, more or less) followed
//! by Go's `encoding/json`. This is go-yaml's `resolve` (`go.yaml.in/yaml/v2` 2.4.2, `resolve.go`),
//! rule for rule, oddities included, and then the words that `encoding/json` has for the result.
//! `YAMLToJSON` itself is the oracle: see the table in the tests.

use alloc::borrow::Cow;

use super::Value;
use super::float::{self, Digits};
use crate::encoding;
use crate::prelude::*;
use crate::text::has;

/// A scalar as Kubernetes reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scalar {
    /// Nothing, `~` or `null`.
    Null,
    /// `true`, `yes`, `on` and their like.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer too large for 63 bits.
    Uint(u64),
    /// A number with a fraction or an exponent, or too large for 64 bits.
    Float(f64),
    /// Everything else: the text itself.
    Text,
}

/// How Kubernetes reads a plain scalar without a tag.
pub(crate) fn resolve(text: &str) -> Scalar {
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text).unwrap_or(Scalar::Text),
        Some(b'.') => word(text).or_else(|| pointed(text)).unwrap_or(Scalar::Text),
        Some(b'+' | b'-' | b'0'..=b'9') => word(text).or_else(|| number(text)).unwrap_or(Scalar::Text),
        Some(_) => Scalar::Text,
    }
}

/// How Kubernetes reads a scalar under the tag `!!name`, quoted or not; `Err` in go-yaml's words
/// where it refuses it. Other tags leave the text as it is.
pub(crate) fn resolve_tagged(name: &str, text: &str) -> Result<Scalar, String> {
    if !matches!(name, "null" | "bool" | "int" | "float" | "timestamp") {
        return Ok(Scalar::Text);
    }
    let scalar = resolve(text);
    let (found, fits) = match scalar {
        Scalar::Null => ("null", name == "null"),
        Scalar::Bool(_) => ("bool", name == "bool"),
        #[expect(clippy::cast_precision_loss, reason = "what `float64(v)` does in Go")]
        Scalar::Int(int) if name == "float" => return Ok(Scalar::Float(int as f64)),
        Scalar::Int(_) | Scalar::Uint(_) => ("int", name == "int"),
        Scalar::Float(_) => ("float", name == "float"),
        // A timestamp stays a text. Whether there is such a day is not looked at.
        Scalar::Text => ("str", name == "timestamp" && text.split_once('-').is_some_and(|(year, _)| year.len() == 4 && all_digits(year))),
    };
    if fits { Ok(scalar) } else { Err(format!("cannot decode !!{found} `{text}` as a !!{name}")) }
}

impl Scalar {
    /// The value that `text` stands for. Where JSON has no word for the number
    /// ([`has_json`](Self::has_json)), that is the text.
    pub(crate) fn value(self, text: Cow<'_, str>) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(bool) => Value::Bool(bool),
            Self::Text => Value::String(text),
            Self::Int(_) | Self::Uint(_) | Self::Float(_) if !self.has_json() => Value::String(text),
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => Value::Number(self.words(text)),
        }
    }

    /// The text of a key, as `sigs.k8s.io/yaml` makes it; nothing where it refuses the key.
    pub(crate) fn key(self, text: Cow<'_, str>) -> Option<Cow<'_, str>> {
        match self {
            Self::Null | Self::Uint(_) => None,
            Self::Bool(true) => Some(Cow::Borrowed("true")),
            Self::Bool(false) => Some(Cow::Borrowed("false")),
            Self::Int(_) | Self::Text => Some(self.words(text)),
            Self::Float(float) => Some(Cow::Owned(float_key(float))),
        }
    }

    /// Whether JSON can say it: it has neither infinity nor not-a-number.
    pub(crate) fn has_json(self) -> bool {
        !matches!(self, Self::Float(float) if !float.is_finite())
    }

    /// How Kubernetes reads a plain scalar, in the words of JSON, where a reader of YAML 1.2 (core
    /// schema) would read something else.
    pub(crate) fn ambiguity(self, text: &str) -> Option<String> {
        let differs = match self {
            Self::Null => false,
            // `yes`, `no`, `on`, `off`, `y` and `n` are words of YAML 1.1 alone.
            Self::Bool(_) => !matches!(text.as_bytes().first(), Some(b't' | b'T' | b'f' | b'F')),
            Self::Int(_) if is_canonical(text) => false,
            Self::Text => matches!(text.as_bytes().first(), Some(b'+' | b'-' | b'.' | b'0'..=b'9')) && core_number(text).is_some(),
            _ => self.has_json() && core_number(text).is_none_or(|core| core != self.words(Cow::Borrowed(text))),
        };
        differs.then(|| match self {
            Self::Text => format!("\"{text}\""),
            Self::Bool(bool) => bool.to_string(),
            _ => self.words(Cow::Borrowed(text)).into_owned(),
        })
    }

    /// The words of JSON for a number, the text itself for anything else; `text` is given back
    /// where it is these words already.
    fn words(self, text: Cow<'_, str>) -> Cow<'_, str> {
        let words = match self {
            Self::Int(_) if is_canonical(&text) => return text,
            Self::Int(int) => int.to_string(),
            Self::Uint(int) => int.to_string(),
            Self::Float(float) => float_json(float),
            Self::Null | Self::Bool(_) | Self::Text => return text,
        };
        if words == text { text } else { Cow::Owned(words) }
    }
}

/// Whether `text` can stand unquoted, as a value or a key, in block and in flow context, and is read
/// as this very text: by Kubernetes, by YAML 1.2, and by what else reads YAML (so no dates and no
/// `12:30`, which Kubernetes would not mind). In doubt the answer is no: quotes never hurt.
pub(crate) fn reads_as_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    let indicator = |byte: &u8| b"-?:,[]{}#&*!|>'\"%@`=<".contains(byte);
    let pairs = || bytes.iter().zip(bytes.iter().skip(1));
    let safe = !indicator(first)
        && *first != b' '
        && !matches!(last, b' ' | b':')
        && !text.starts_with("...")
        && !bytes.iter().any(|byte| b",[]{}?".contains(byte))
        && !pairs().any(|pair| matches!(pair, (b':', b' ') | (b' ', b'#')))
        && !text.chars().any(|char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'));
    // Dates, times and numbers to the base 60 of other readers of YAML 1.1.
    let dated = || {
        first.is_ascii_digit()
            && bytes.iter().any(|byte| matches!(byte, b':' | b'-'))
            && bytes.iter().all(|byte| byte.is_ascii_digit() || b":-+._ TtZz".contains(byte))
    };
    safe && resolve(text) == Scalar::Text && core_number(text).is_none() && !dated()
}

/// The bytes of a `!!binary` scalar as text, the way Go puts them into JSON: each byte that is not
/// UTF-8 becomes U+FFFD. Nothing where it is no base64, as Go's `base64.StdEncoding` has it.
pub(crate) fn binary(text: &str) -> Option<String> {
    let bytes = encoding::strict(text)?;
    let mut decoded = String::new();
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(decoded)
}

/// The words that go-yaml looks up before it tries numbers.
fn word(text: &str) -> Option<Scalar> {
    Some(match text {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Bool(true),
        "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// A number that starts with a point. Go's `ParseFloat` reads it as it stands, so here an underscore
/// must stand between digits.
fn pointed(text: &str) -> Option<Scalar> {
    if !has(text, b'_') {
        return float(text);
    }
    let digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
    let mut before = None;
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte == b'_' && !(digit(before) && digit(rest.peek().copied())) {
            return None;
        }
        before = Some(byte);
    }
    float(&text.replace('_', ""))
}

/// A number that starts with a sign or a digit: underscores may stand anywhere.
fn number(text: &str) -> Option<Scalar> {
    let plain = if has(text, b'_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    integer(&plain).or_else(|| float(&plain)).or_else(|| {
        // What is left for go-yaml's own attempt at binary numbers is a sign behind the prefix.
        let signed = plain.strip_prefix("0b").filter(|digits| digits.starts_with(['+', '-']))?;
        i64::from_str_radix(signed, 2).ok().map(Scalar::Int)
    })
}

/// Go's `ParseInt` with base 0, then its `ParseUint`.
fn integer(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, radix) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (unsigned.get(2..)?, 16),
        [b'0', b'o' | b'O', _, ..] => (unsigned.get(2..)?, 8),
        [b'0', b'b' | b'B', _, ..] => (unsigned.get(2..)?, 2),
        [b'0', _, ..] => (unsigned.get(1..)?, 8),
        _ => (unsigned, 10),
    };
    // `from_str_radix` would take a sign here.
    if digits.starts_with('+') {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if text.starts_with('-') {
        return 0_i64.checked_sub_unsigned(magnitude).map(Scalar::Int);
    }
    match i64::try_from(magnitude) {
        Ok(int) => Some(Scalar::Int(int)),
        Err(_) if text.starts_with('+') => None,
        Err(_) => Some(Scalar::Uint(magnitude)),
    }
}

/// A decimal number; nothing where it is too large, as with Go's `ParseFloat`.
fn float(text: &str) -> Option<Scalar> {
    let float = float::parse(text).filter(|float| is_decimal(text) && float.is_finite())?;
    Some(Scalar::Float(float))
}

/// Whether `text` is a decimal number as both go-yaml and YAML 1.2 write it:
/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = !whole.is_empty() || !fraction.is_empty();
    digits && all_digits(whole) && all_digits(fraction) && !exponent.is_empty() && all_digits(exponent)
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` is an integer the way JSON writes it, `-0` apart.
fn is_canonical(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    match digits.as_bytes() {
        [b'0'] => digits.len() == text.len(),
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// The words of JSON for what the core schema of YAML 1.2 takes `text` for, if that is a number
/// (infinity and not-a-number aside: these are the same everywhere).
fn core_number(text: &str) -> Option<String> {
    let based = |digits: &str, radix| {
        let fits = !digits.is_empty() && digits.chars().all(|char| char.is_digit(radix));
        // Any word will do for what is too large for Kubernetes: it never is the same.
        fits.then(|| u64::from_str_radix(digits, radix).map_or_else(|_| "too large".into(), |int| int.to_string()))
    };
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16);
    }
    if !is_decimal(text) {
        return None;
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !all_digits(digits) {
        return float::parse(text).map(float_json);
    }
    let digits = digits.trim_start_matches('0');
    let sign = if text.starts_with('-') { "-" } else { "" };
    Some(if digits.is_empty() { "0".into() } else { format!("{sign}{digits}") })
}

/// A number in the words of Go's `encoding/json`.
fn float_json(float: f64) -> String {
    if !float.is_finite() {
        // JSON has no word for it, and whoever compares words finds none that is the same.
        return "inf".into();
    }
    let exponential = !(1e-6..1e21).contains(&float.abs()) && float != 0.0;
    Digits::of(float).print(exponential, 1)
}

/// A number as the key of a map: `sigs.k8s.io/yaml` cuts it to 32 bits and prints it as `%g` does.
fn float_key(float: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "what `FormatFloat(…, 32)` does in Go")]
    let float = float as f32;
    if float.is_nan() {
        return ".nan".into();
    }
    if float.is_infinite() {
        return if float > 0.0 { ".inf".into() } else { "-.inf".into() };
    }
    let digits = Digits::of_single(float);
    let exponential = !(-4..=5).contains(&digits.exponent);
    digits.print(exponential, 2)
}

#[cfg(test)]
mod tests;
