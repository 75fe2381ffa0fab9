//! A tree as YAML text.

use clearance_core::source::{Node, Value};

use crate::prelude::*;

/// A value as a YAML document, readers of YAML 1.1 and of 1.2 agreeing on it.
#[must_use]
pub fn yaml(value: &Value<'_>) -> String {
    let mut text = String::new();
    match value {
        Value::Map(entries) if !entries.is_empty() => map(value, 0, false, &mut text),
        Value::List(items) if !items.is_empty() => list(items, 0, &mut text),
        other => {
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
    text
}

/// The same, indented by some levels: what stands below a key.
#[must_use]
pub fn yaml_below(value: &Value<'_>, level: usize) -> String {
    let mut text = String::new();
    below(value, level, &mut text);
    text
}

/// What follows `key:` or `-`.
fn below(value: &Value<'_>, level: usize, text: &mut String) {
    match value {
        Value::Map(entries) if !entries.is_empty() => {
            text.push('\n');
            map(value, level, false, text);
        }
        Value::List(items) if !items.is_empty() => {
            text.push('\n');
            list(items, level, text);
        }
        other => {
            text.push(' ');
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
}

fn map(value: &Value<'_>, level: usize, inline_first: bool, text: &mut String) {
    let Value::Map(entries) = value else { return };
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 || !inline_first {
            text.push_str(&"  ".repeat(level));
        }
        text.push_str(&word(&entry.key));
        text.push(':');
        below(&entry.value.value, level + 1, text);
    }
}

fn list(items: &[Node<'_>], level: usize, text: &mut String) {
    for item in items {
        text.push_str(&"  ".repeat(level));
        text.push('-');
        match &item.value {
            Value::Map(entries) if !entries.is_empty() => {
                text.push(' ');
                map(&item.value, level + 1, true, text);
            }
            other => below(other, level + 1, text),
        }
    }
}

fn scalar(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(number) => number.clone().into_owned(),
        Value::String(text) => word(text),
        Value::List(_) => "[]".to_owned(),
        Value::Map(_) => "{}".to_owned(),
    }
}

/// Words that some reader of YAML takes for something else than a text.
const RESERVED: &[&str] = &["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// A text, in quotes where it could be read as something else.
fn word(text: &str) -> String {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':' | '@'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/')
        && !text.ends_with(':')
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str())
        && !looks_like_number(text);
    // JSON's strings are YAML's double-quoted ones.
    if is_plain { text.to_owned() } else { serde_json::to_string(text).unwrap_or_default() }
}

/// Numbers in all bases, with underscores, colons and exponents, and dates: all begin with a digit
/// and hold no letter beyond those. A host name that begins with a digit has others.
fn looks_like_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && !(text.matches('.').count() > 1 && text.contains(|c| matches!(c, 'g'..='s')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clearance_core::Limits;
    use clearance_core::source::{Format, read};

    fn parsed(text: &str, format: Format) -> Node<'_> {
        read(text, format, &Limits::default()).remove(0).root
    }

    #[test]
    fn there_and_back() {
        let json = r#"{"a": {"b": ["x", {"c": "30080", "d": {}}, [], ["y"]], "e": null}, "no": "no", "t": true, "n": 12,
            "url": "https://8.217.50.114:6443", "host": "8.217.50.114.nip.io", "empty": "", "colon": "a: b", "hash": "a #b",
            "date": "2024-01-01", "sexagesimal": "1:30", "hex": "0x1F", "域名": "域\n名\t", "quote": "\"'", "dash": "- x", "tail": "a:",
            "tilde": "~", "star": "*a", "long": "1.2.3", "e": "1e5", "version": "v1.2.3", "group": "rbac.authorization.k8s.io"}"#;
        let tree = parsed(json, Format::Json);
        let written = yaml(&tree.value);
        let again = parsed(&written, Format::Yaml);
        assert!(tree.value.same(&again.value), "{written}");
        insta::assert_snapshot!(written);
    }
}
