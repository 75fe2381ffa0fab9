//! Small things about words.

use alloc::borrow::Cow;
use core::cmp::Reverse;

use crate::prelude::*;
use crate::source::{Node, TextRange, Value};

/// Whether a text has a byte of some kind. A whole piece is looked at before the answer is, for then
/// its bytes are looked at sixteen at a time.
pub(crate) fn any_byte(text: &str, is: impl Fn(u8) -> bool) -> bool {
    text.as_bytes().chunks(256).any(|piece| piece.iter().fold(0, |found, byte| found | u8::from(is(*byte))) != 0)
}

/// Whether an ASCII character stands in a text. The standard library's way brings the search for any character.
pub(crate) fn has(text: &str, character: u8) -> bool {
    text.as_bytes().contains(&character)
}

/// Where a piece of text stands first. The standard library's way is made for long texts, and much longer itself.
#[must_use]
pub fn find(text: &str, piece: &str) -> Option<usize> {
    let mut starts = text.match_indices(piece.chars().next()?);
    starts.find(|&(at, _)| text.get(at..).is_some_and(|rest| rest.starts_with(piece))).map(|(at, _)| at)
}

/// Pieces of text with another between them. The standard library's way is made anew for each type, with loops for each length.
#[must_use]
pub fn joined<P: AsRef<str>>(pieces: &[P], between: &str) -> String {
    let mut joined = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            joined.push_str(between);
        }
        joined.push_str(piece.as_ref());
    }
    joined
}

/// What stands before and behind the first such piece.
#[must_use]
pub fn split_at_piece<'t>(text: &'t str, piece: &str) -> Option<(&'t str, &'t str)> {
    let (before, rest) = text.split_at_checked(find(text, piece)?)?;
    Some((before, rest.get(piece.len()..)?))
}

/// A text with another piece wherever a piece stands.
pub(crate) fn replaced(text: &str, piece: &str, with: &str) -> String {
    let (mut replaced, mut rest) = (String::new(), text);
    while let Some((before, behind)) = split_at_piece(rest, piece) {
        replaced.push_str(before);
        replaced.push_str(with);
        rest = behind;
    }
    replaced.push_str(rest);
    replaced
}

/// Whether a character is a part of words: a letter or a digit. Beyond ASCII it is whatever is no blank and no
/// common punctuation (Unicode's General, CJK and full-width blocks), as only tables of many KB could tell more.
pub(crate) fn is_letter(c: char) -> bool {
    let is_punctuation = matches!(c, '\u{80}'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}'
        | '\u{ff00}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}');
    c.is_ascii_alphanumeric() || !c.is_ascii() && !is_punctuation && !c.is_whitespace()
}

/// The nearest of some words, if one is near enough to have been meant: other case, other
/// separators, or a third of its letters wrong at most.
pub(crate) fn nearest<'w>(word: &str, candidates: &[&'w str]) -> Option<&'w str> {
    // A very long word is no slip of the fingers, and comparing it would cost its length squared.
    if word.len() > 64 {
        return None;
    }
    let plain = simplified(word);
    // Of equally near ones the one with the longer common beginning.
    let mut best: Option<((usize, Reverse<usize>), &str)> = None;
    for &candidate in candidates.iter().filter(|candidate| !candidate.is_empty()) {
        let letters = simplified(candidate);
        let distance = distance(&plain, &letters);
        let common = plain.iter().zip(&letters).take_while(|(a, b)| a == b).count();
        let allowed = candidate.chars().count().div_euclid(3).max(1);
        let rank = (distance, Reverse(common));
        if distance <= allowed && best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The nearest of some words, or the only one that there is to choose.
pub(crate) fn nearest_or_only<'w>(word: &str, candidates: &[&'w str]) -> Option<&'w str> {
    nearest(word, candidates).or(if let [only] = candidates { Some(only) } else { None })
}

fn simplified(word: &str) -> Vec<char> {
    word.chars().filter(|c| is_letter(*c)).map(|c| c.to_ascii_lowercase()).collect()
}

/// How many letters to insert, remove, replace, or swap with a neighbour (optimal string alignment distance).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous_a = None;
    for (i, &ca) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(last.len());
        let mut left = i.saturating_add(1);
        row.push(left);
        let mut previous_b = None;
        for (j, &cb) in b.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX);
            let replace = at(&last, j).saturating_add(usize::from(ca != cb));
            let remove = at(&last, j.saturating_add(1)).saturating_add(1);
            let mut least = replace.min(remove).min(left.saturating_add(1));
            if previous_a == Some(cb) && previous_b == Some(ca) {
                least = least.min(at(&before, j.saturating_sub(1)).saturating_add(1));
            }
            row.push(least);
            left = least;
            previous_b = Some(cb);
        }
        previous_a = Some(ca);
        before = core::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

/// Words in backticks, with commas between them.
pub(crate) fn quoted_list(words: &[impl AsRef<str>]) -> String {
    let mut list = String::new();
    for word in words {
        list.push_str(if list.is_empty() { "`" } else { ", `" });
        list.push_str(word.as_ref());
        list.push('`');
    }
    list
}

/// A text with the credentials of its URLs hidden: `https://user:word@host` becomes `https://…@host`.
pub(crate) fn without_credentials(text: &str) -> Cow<'_, str> {
    let (mut masked, mut at) = (String::new(), 0);
    for (start, end) in userinfo(text) {
        masked.push_str(text.get(at..start).unwrap_or_default());
        masked.push('…');
        at = end;
    }
    if at == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(masked)
}

/// A user's text with what looks like a credential hidden: user and password of a URL, and long
/// Base64. A sentence may repeat a value that stands in the wrong place.
pub(crate) fn without_secrets(text: &str) -> Cow<'_, str> {
    let masked = without_credentials(text);
    if !masked.split(|c| !is_base64(c)).any(looks_encoded) {
        return masked;
    }
    let mut hidden = String::new();
    for piece in masked.split_inclusive(|c| !is_base64(c)) {
        let run = piece.trim_end_matches(|c| !is_base64(c));
        if looks_encoded(run) {
            hidden.push('…');
            hidden.push_str(piece.get(run.len()..).unwrap_or_default());
        } else {
            hidden.push_str(piece);
        }
    }
    Cow::Owned(hidden)
}

/// Whether a text holds what looks like a secret wherever it stands, comments included: long Base64, or a word behind the
/// name of a credential.
#[must_use]
pub fn holds_secret(text: &str) -> bool {
    const NAMES: [&str; 6] = ["kubeconfig", "kube_config", "token", "password", "secret", "-data"];
    text.lines().any(|line| {
        let line = line.to_ascii_lowercase();
        NAMES.iter().any(|name| {
            let mut rest = line.as_str();
            while let Some(after) = split_at_piece(rest, name).map(|(_, after)| after) {
                rest = after;
                let word = rest.trim_start_matches(['"', '\'', ' ']).strip_prefix([':', '=']);
                if word.is_some_and(|word| !word.trim_matches(['"', '\'', ' ', ',']).is_empty()) {
                    return true;
                }
            }
            false
        })
    }) || text.split(|c| !is_base64(c)).any(looks_encoded)
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

/// Names have at most 63 characters, and no name mixes capitals, small letters and digits at that length.
fn looks_encoded(run: &str) -> bool {
    let has = |what: fn(&u8) -> bool| run.as_bytes().iter().any(what);
    run.len() > 63 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

/// The byte ranges of `user:word` in the URLs of a text, in order.
fn userinfo(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    core::iter::from_fn(move || {
        loop {
            at = find(text.get(at..)?, "://")?.checked_add(at)?.checked_add(3)?;
            let rest = text.get(at..)?;
            let authority = rest.get(..rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len()))?;
            if let Some(length) = authority.rfind('@').filter(|length| *length > 0) {
                return Some((at, at.checked_add(length)?));
            }
        }
    })
}

/// Whether a field's name says that it holds a kubeconfig, in whatever spelling. A resource has no such field, and whoever
/// puts one there means it all the same.
fn is_kubeconfig(key: &str) -> bool {
    let letters = key.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase());
    letters.eq("kubeconfig".chars())
}

/// Takes all credentials out of a tree: kubeconfigs, and what URLs hold.
pub fn take_credentials(node: &mut Node<'static>) {
    match &mut node.value {
        Value::String(text) => {
            if let Cow::Owned(hidden) = without_credentials(text) {
                *text = Cow::Owned(hidden);
            }
        }
        Value::List(items) => items.iter_mut().for_each(take_credentials),
        Value::Map(entries) => {
            entries.retain(|entry| !is_kubeconfig(&entry.key));
            for entry in entries {
                take_credentials(&mut entry.value);
            }
        }
        _ => {}
    }
}

/// Adds the ranges of all credentials below a node: kubeconfigs, and what URLs hold.
pub(crate) fn credentials(node: &Node<'_>, text: &str, ranges: &mut Vec<TextRange>) {
    match &node.value {
        Value::String(value) => {
            let written: Vec<_> = userinfo(node.range.of(text)).collect();
            if userinfo(value).count() > written.len() {
                // Some stand behind escapes.
                ranges.push(node.range);
                return;
            }
            let offset = node.range.start as usize;
            ranges.extend(written.into_iter().map(|(start, end)| TextRange::new(offset.saturating_add(start), offset.saturating_add(end))));
        }
        Value::List(items) => items.iter().for_each(|item| credentials(item, text, ranges)),
        Value::Map(entries) => {
            for entry in entries {
                if !is_kubeconfig(&entry.key) {
                    credentials(&entry.value, text, ranges);
                } else if !entry.value.range.of(text).trim().is_empty() {
                    ranges.push(entry.value.range);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_word() {
        let fields = ["apiServer", "clusterType", "usage"];
        assert_eq!(nearest("apiserver", &fields), Some("apiServer"));
        assert_eq!(nearest("cluster_type", &fields), Some("clusterType"));
        assert_eq!(nearest("usgae", &fields), Some("usage"));
        assert_eq!(nearest("replicas", &fields), None);
    }

    #[test]
    fn credentials_of_all_urls_are_hidden() {
        for (text, expected) in [
            ("https://a:b@c", "https://…@c"),
            ("https://a https://b:c@d, e@f", "https://a https://…@d, e@f"),
            ("https://a@b://c:d@e/f@g", "https://…@b://…@e/f@g"),
            ("https://@a", "https://@a"),
            ("a://", "a://"),
        ] {
            assert_eq!(without_credentials(text), expected);
        }
    }
}
