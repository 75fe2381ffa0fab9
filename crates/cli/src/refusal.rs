//! A refusal of the API server, as `kubectl` and Argo CD repeat it: which objects, and for what causes.

use std::borrow::Cow;

use clearance_core::finding::{Path, Segment};
use clearance_core::model::KIND;
use clearance_core::rules::{self, Lookup, Rule};

/// How Kubernetes begins what is wrong with a field (`k8s.io/apimachinery`, `field.ErrorType`).
const OPENINGS: [&str; 6] = ["Invalid value", "Required value", "Unsupported value", "Forbidden", "Duplicate value", "Not found"];

/// One cause of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The object's name, where one is said before it.
    pub name: Option<String>,
    /// The path in the resource.
    pub path: Path,
    /// What is said of it.
    pub sentence: String,
    /// The rule, where it is one of ours.
    pub rule: Option<String>,
}

/// The causes in a message, in their order.
pub fn causes(message: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut at = 0;
    while let Some((start, opening)) = next(message, at) {
        let field = field(message.get(at..start).unwrap_or_default());
        let rest = message.get(start + 2..).unwrap_or_default();
        let (length, rule) = end(rest);
        if let Some(path) = field.and_then(parsed) {
            let sentence = rest.get(..length).unwrap_or(rest).trim_end_matches([',', ']', ' ']).to_owned();
            causes.push(Cause { name: name(message.get(..start).unwrap_or_default()), path, sentence, rule });
        }
        at = start + 2 + length.max(opening.len());
    }
    causes
}

/// The next `: Invalid value` or the like: where it begins.
fn next(message: &str, from: usize) -> Option<(usize, &'static str)> {
    let rest = message.get(from..)?;
    let found = OPENINGS.iter().filter_map(|opening| Some((rest.find(&format!(": {opening}"))? + from, *opening)));
    found.min_by_key(|(start, _)| *start)
}

/// The field that the text ends with.
fn field(before: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let mut start = before.len();
    for (offset, c) in before.char_indices().rev() {
        match c {
            ']' => depth += 1,
            // The list of causes itself stands in brackets.
            '[' if depth == 0 => break,
            '[' => depth -= 1,
            c if depth == 0 && (c.is_whitespace() || matches!(c, ',' | ':' | '"' | '\'' | '*')) => break,
            _ => {}
        }
        start = offset;
    }
    before.get(start..).filter(|field| !field.is_empty())
}

/// A path as Kubernetes writes it: `spec.a.b[0]`, `spec.a[a.b/c]`.
fn parsed(field: &str) -> Option<Path> {
    let mut path = Path::root();
    let mut rest = field;
    while !rest.is_empty() {
        if let Some(bracket) = rest.strip_prefix('[') {
            let (inside, after) = bracket.split_once(']')?;
            path.push(inside.parse().map_or_else(|_| Segment::Key(Cow::Owned(inside.to_owned())), Segment::Index));
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let length = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(length);
            path.push(Segment::Key(Cow::Owned(key.to_owned())));
            rest = after.strip_prefix('.').unwrap_or(after);
        }
    }
    Some(path)
}

/// How far a cause reaches: to the name of its rule in brackets, else to the end of its line.
fn end(rest: &str) -> (usize, Option<String>) {
    let line = rest.find('\n').unwrap_or(rest.len());
    let text = rest.get(..line).unwrap_or(rest);
    for (open, _) in text.match_indices(" [") {
        let inside = text.get(open + 2..).and_then(|inside| inside.split_once(']')).map(|(inside, _)| inside);
        if let Some(word) = inside.filter(|word| rule(word).is_some()) {
            return (open, Some(word.to_owned()));
        }
    }
    (line, None)
}

/// A rule in force, by its name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    match rules::find(name) {
        Lookup::Known(rule) => Some(rule),
        Lookup::Removed(_) | Lookup::Unknown { .. } => None,
    }
}

/// The name that was said last: `Cluster "shop"`, `Cluster.nautes.resource.nautes.io "shop"`.
fn name(before: &str) -> Option<String> {
    for (at, _) in before.rmatch_indices(KIND) {
        // Fields' names hold the word, too.
        let Some((group, quoted)) = before.get(at + KIND.len()..)?.split_once(" \"") else { continue };
        if group.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '/')) {
            return quoted.split_once('"').map(|(name, _)| name.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str) -> Vec<(Option<String>, String, String, Option<String>)> {
        causes(message).into_iter().map(|cause| (cause.name, cause.path.to_string(), cause.sentence, cause.rule)).collect()
    }

    #[test]
    fn as_kubectl_and_argo_cd_repeat_it() {
        let lines = "The Cluster \"shop\" is invalid: \n* spec.apiServer: Invalid value: \"http://a: b\": `http` is no address [invalid-api-server]\n\
            * spec.productAllowedClusterResources.demo[0].kind: Required value: it is empty [empty-cluster-resource]\n";
        let some = |text: &str| Some(text.to_owned());
        let expected = [
            (
                some("shop"),
                "spec.apiServer".to_owned(),
                "Invalid value: \"http://a: b\": `http` is no address".to_owned(),
                some("invalid-api-server"),
            ),
            (
                some("shop"),
                "spec.productAllowedClusterResources.demo[0].kind".to_owned(),
                "Required value: it is empty".to_owned(),
                some("empty-cluster-resource"),
            ),
        ];
        assert_eq!(told(lines), expected);
        let list = "one or more objects failed to apply, reason: admission webhook \"clearance.nautes.io\" denied the request: \
            Cluster.nautes.resource.nautes.io \"shop\" is invalid: [spec.apiServer: Invalid value: \"http://a: b\": `http` is no address [invalid-api-server], \
            spec.productAllowedClusterResources.demo[0].kind: Required value: it is empty [empty-cluster-resource]]";
        assert_eq!(told(list), expected);
    }

    #[test]
    fn what_is_no_refusal() {
        assert_eq!(told(""), []);
        assert_eq!(told("error: the server could not be reached"), []);
        assert_eq!(told(": Forbidden"), []);
        assert_eq!(told("Error from server (Forbidden): clusters is forbidden: User \"x\""), []);
    }
}
