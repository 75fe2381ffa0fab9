//! What looks like a credential, where nobody knows for sure: in a text that cannot be read, below a
//! key that is misspelt, in a sentence that repeats a value.

use alloc::borrow::Cow;
use core::ops::Range as Bytes;

use clearance_core::source::{TextRange, Value};

use crate::prelude::*;

/// What a credential is shown as, whatever its length.
pub(crate) const MASK: &str = "********";
/// The shortest run of Base64 that is taken for a credential: names are at most 63 characters.
const RUN: usize = 64;

/// All that looks like a credential in a line.
pub(crate) fn guessed(line: &str) -> impl Iterator<Item = Bytes<usize>> {
    named(line).chain(runs(line)).chain(userinfo(line))
}

/// A text with its credentials masked, line by line: those that are known, and what looks like one.
#[must_use]
pub fn masked(text: &str, secrets: &[TextRange]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let whole = start..start + content.len();
        let inside = |secret: &TextRange| {
            let secret = secret.as_range();
            let part = secret.start.max(whole.start)..secret.end.min(whole.end);
            (part.start < part.end).then(|| part.start - start..part.end - start)
        };
        let mut ranges: Vec<Bytes<usize>> = secrets.iter().filter_map(inside).chain(guessed(content)).collect();
        ranges.sort_by_key(|range| range.start);
        let mut at = 0;
        for range in ranges.iter().filter(|range| !content.get((*range).clone()).unwrap_or_default().trim().is_empty()) {
            if range.start >= at {
                shown.push_str(content.get(at..range.start).unwrap_or_default());
                shown.push_str(MASK);
            }
            at = at.max(range.end);
        }
        shown.push_str(line.get(at..).unwrap_or_default());
        start += line.len();
    }
    shown
}

/// Keys whose values are credentials, in a request or in a kubeconfig.
const KEYS: &[&str] = &["kubeconfig", "clientkeydata", "token", "idtoken", "refreshtoken", "accesstoken", "password", "clientsecret"];

/// Whether a key holds a credential, however it is written.
fn is_secret(key: &str) -> bool {
    let word: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    KEYS.contains(&word.as_str())
}

/// Values of keys that hold credentials.
fn named(line: &str) -> impl Iterator<Item = Bytes<usize>> {
    line.match_indices(':').filter_map(|(colon, _)| {
        let key = line.get(..colon)?.trim_end().trim_end_matches(['"', '\'']);
        let start = key.rfind(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-')).map_or(0, |at| at + 1);
        if !is_secret(key.get(start..)?) {
            return None;
        }
        let value = line.get(colon + 1..)?;
        let start = colon + 1 + (value.len() - value.trim_start().len());
        let value = line.get(start..)?;
        let length = match value.chars().next()? {
            quote @ ('"' | '\'') => value.get(1..)?.find(quote).map_or(value.len(), |end| end + 2),
            _ => value.find([',', '}', ' ']).unwrap_or(value.len()),
        };
        // The sign of a block, an alias or nothing at all is worth seeing.
        let is_value = length > 2 && !value.starts_with(['|', '>', '*', '&', '{', '[', '$', '<']);
        is_value.then(|| start..start + length)
    })
}

/// Long runs of Base64, and what is left of longer ones.
fn runs(line: &str) -> impl Iterator<Item = Bytes<usize>> {
    let mut at = 0;
    line.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))).filter_map(move |run| {
        let (start, end) = (at, at + run.len());
        let rest = line.get(end..).unwrap_or_default();
        // What is split at is one character, of as many bytes as it has.
        at = end + rest.chars().next().map_or(0, char::len_utf8);
        let is_cut = rest.starts_with('…') || line.get(..start).is_some_and(|before| before.ends_with('…'));
        let least = if is_cut { RUN / 2 } else { RUN };
        // No name mixes capitals, small letters and digits at that length.
        let has = |what: fn(&u8) -> bool| run.as_bytes().iter().any(what);
        let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
        (run.len() >= least && is_mixed).then_some(start..end)
    })
}

/// `user:password` in addresses.
fn userinfo(line: &str) -> impl Iterator<Item = Bytes<usize>> {
    // A search for one character takes less code than one for three.
    line.match_indices(':').filter_map(|(at, _)| {
        let rest = line.get(at..)?.strip_prefix("://")?;
        let start = line.len() - rest.len();
        let authority = rest.get(..rest.find(['/', '?', '#', ' ', '"', '\'', '`']).unwrap_or(rest.len()))?;
        let length = authority.rfind('@').filter(|length| *length > 0)?;
        (authority.get(..length)? != "…").then(|| start..start + length)
    })
}

/// A sentence without what looks like a credential.
pub(crate) fn scrubbed(sentence: String) -> String {
    let mut found: Vec<_> = runs(&sentence).chain(userinfo(&sentence)).collect();
    let mut scrubbed = sentence;
    // From the end, so that what is left keeps its place; a sort for so few would be the longer code.
    while let Some(last) = (0..found.len()).max_by_key(|at| found.get(*at).map(|range| range.start)) {
        let range = found.swap_remove(last);
        // Ranges that overlap are gone with the first.
        if range.end <= scrubbed.len() && scrubbed.is_char_boundary(range.start) && scrubbed.is_char_boundary(range.end) {
            scrubbed.replace_range(range, MASK);
        }
    }
    scrubbed
}

/// A value without what looks like a credential.
pub(crate) fn without_secrets(value: Value<'static>) -> Value<'static> {
    match value {
        Value::String(text) => Value::String(Cow::Owned(scrubbed(text.into_owned()))),
        Value::List(mut items) => {
            for item in &mut items {
                item.value = without_secrets(core::mem::replace(&mut item.value, Value::Null));
            }
            Value::List(items)
        }
        Value::Map(mut entries) => {
            for entry in &mut entries {
                let value = core::mem::replace(&mut entry.value.value, Value::Null);
                let hidden = is_secret(&entry.key) && value != Value::Null;
                entry.value.value = if hidden { Value::String(Cow::Borrowed(MASK)) } else { without_secrets(value) };
            }
            Value::Map(entries)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_scrubbed() {
        let base64 = "LS0t".repeat(15);
        let cases = [
            (format!("`{base64}…{base64}` is no number"), "`********…********` is no number"),
            ("`https://a:b@c` and `https://d@e:1/f@g`".to_owned(), "`https://********@c` and `https://********@e:1/f@g`"),
            ("`https://…@c`, mail@example.com".to_owned(), "`https://…@c`, mail@example.com"),
            ("nothing".to_owned(), "nothing"),
        ];
        for (sentence, expected) in cases {
            assert_eq!(scrubbed(sentence), expected);
        }
    }
}
