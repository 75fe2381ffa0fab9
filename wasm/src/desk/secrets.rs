//! A text that may be kept or sent on: without what is secret in it.

use clearance_core::finding::Path;
use clearance_core::source::{self, TextEdit, TextRange};
use clearance_core::{Change, Content, Document, Fleet, Limits, Operation, Referrer, Rulebook};

use crate::prelude::*;

/// A text without kubeconfigs and without the credentials of URLs; nothing where that cannot be made sure
/// of: what cannot be read may hold anything, and so may objects that are nothing to us.
pub fn without_secrets(rulebook: &Rulebook, text: &str, file: Option<&str>) -> Option<String> {
    let mut text = text.to_owned();
    // Of a key that is given several times, one goes at a time.
    for _ in 0..64 {
        let edits = next(rulebook, &text, file)?;
        if edits.is_empty() {
            return Some(text);
        }
        text = source::apply(&text, &edits)?;
    }
    None
}

/// The edits that take one secret out: none where there is none.
fn next(rulebook: &Rulebook, text: &str, file: Option<&str>) -> Option<Vec<TextEdit>> {
    for content in Document::read_all(text, file, &Limits::default()) {
        let document = match content {
            Content::Cluster(document) => document,
            Content::Other(document) if document.root.is_null() || Referrer::read(&document.root).is_some() => document,
            Content::Other(_) => return None,
        };
        if is_broken(rulebook, &document) {
            return None;
        }
        for path in ["kubeconfig", "spec.kubeconfig"].map(Path::of) {
            if document.find(&path, None).is_some() {
                return document.edits(&[Change::Remove { path, occurrence: None }]).filter(|edits| !edits.is_empty());
            }
        }
        let credentials: Vec<TextEdit> = document.secrets().into_iter().filter(|range| range.of(text) != HIDDEN).map(hidden).collect();
        if !credentials.is_empty() {
            return Some(credentials);
        }
    }
    Some(Vec::new())
}

const HIDDEN: &str = "hidden";

fn hidden(range: TextRange) -> TextEdit {
    TextEdit { range, text: HIDDEN.to_owned() }
}

fn is_broken(rulebook: &Rulebook, document: &Document<'_>) -> bool {
    let verdict = rulebook.judge(document, Operation::Create, &Fleet::default(), 0);
    verdict.findings.iter().any(|finding| matches!(finding.rule.name, "invalid-syntax" | "too-large" | "too-deep" | "alias-limit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str) -> Option<String> {
        without_secrets(&Rulebook::default(), text, None)
    }

    #[test]
    fn kubeconfigs_go_and_the_rest_stays() {
        let text = "# mine\napi_server: https://10.0.0.1:6443\nkubeconfig: |\n  secret\n  more\nusage: host # why\n";
        assert_eq!(without(text).unwrap(), "# mine\napi_server: https://10.0.0.1:6443\nusage: host # why\n");
        let twice = "{\"api_server\": \"x\", \"kubeconfig\": \"one\", \"usage\": \"host\", \"kubeconfig\": \"two\"}";
        let without = without(twice).unwrap();
        assert!(!without.contains("one") && !without.contains("two"), "{without}");
    }

    #[test]
    fn a_kubeconfig_goes_from_a_resource_too() {
        let kind = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\n";
        let text = format!("{kind}spec:\n  kubeconfig: PlainSecret\n  usage: host\n");
        assert_eq!(without(&text).unwrap(), format!("{kind}spec:\n  usage: host\n"));
        let elsewhere = without(&format!("{kind}spec:\n  usage: host\nother: [{{kubeConfig: PlainSecret}}]\n"));
        assert!(elsewhere.is_none_or(|text| !text.contains("PlainSecret")));
    }

    #[test]
    fn credentials_of_urls_go() {
        let two = without("api_server: https://a https://me:word@b\n").unwrap();
        assert_eq!(two, "api_server: https://a https://hidden@b\n");
        let text = without("{\"api_server\": \"https://me:word@10.0.0.1:6443\"}").unwrap();
        assert_eq!(text, "{\"api_server\": \"https://hidden@10.0.0.1:6443\"}");
    }

    #[test]
    fn what_cannot_be_read_is_not_passed_on() {
        assert_eq!(without("api_server: [\nkubeconfig: secret"), None);
        assert_eq!(without("apiVersion: v1\nkind: Secret\nstringData: {token: secret}\n"), None);
        assert_eq!(without("apiVersion: v1\nkind: Config\nusers: [{name: a, user: {token: secret}}]\n"), None);
    }
}
