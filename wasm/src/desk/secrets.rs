//! A text that may be kept or sent on: without what is secret in it.

use clearance_core::finding::Path;
use clearance_core::source::{self, TextEdit, TextRange};
use clearance_core::text::holds_secret;
use clearance_core::{Change, Content, Document, Limits, Referrer};

use crate::prelude::*;

/// A text without kubeconfigs and without the credentials of URLs; nothing where that cannot be made sure
/// of: what cannot be read may hold anything, and so may objects that are nothing to us.
pub fn without_secrets(text: &str, file: Option<&str>) -> Option<String> {
    let mut text = text.to_owned();
    // Of a key that is given several times, one goes at a time.
    for _ in 0..64 {
        let edits = next(&text, file)?;
        if edits.is_empty() {
            // What stands in comments, in fields of other names or at an anchor, nobody looked at.
            return (!holds_secret(&text)).then_some(text);
        }
        text = source::apply(&text, &edits)?;
    }
    None
}

/// The edits that take one secret out: none where there is none.
fn next(text: &str, file: Option<&str>) -> Option<Vec<TextEdit>> {
    for content in Document::read_all(text, file, &Limits::default()) {
        let document = match content {
            Content::Cluster(document) => document,
            Content::Other(document) if document.root.is_null() || Referrer::read(&document.root).is_some() => document,
            Content::Other(_) => return None,
        };
        if !document.is_whole() {
            return None;
        }
        for path in ["kubeconfig", "spec.kubeconfig"].map(Path::of) {
            if let Some(found) = document.find(&path, None) {
                // What an alias stands for would stay at its anchor.
                if found.node().alias {
                    return None;
                }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str) -> Option<String> {
        without_secrets(text, None)
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
        for hidden in [
            "# kubeconfig: U0VDUkVU\n",
            "x: &k U0VDUkVU\nkubeconfig: *k\n",
            "kubeconfig: |\n  first\n  second\n# token: third\n",
            "token: PlainSecret\n",
        ] {
            let text = format!("{hidden}api_server: https://10.0.0.1:6443\n");
            assert!(without(&text).is_none_or(|text| !["U0V", "third", "PlainSecret"].iter().any(|word| text.contains(word))), "{text}");
        }
        let named = "\"kubeconfig \": PlainSecret\napi_server: https://10.0.0.1:6443\n";
        assert!(without(named).is_none_or(|text| !text.contains("PlainSecret")));
        let about = "# the token is in the vault, the kubeconfig: nowhere\napi_server: https://10.0.0.1:6443\n";
        assert_eq!(without(about), None);
        let plain =
            "# the token is in the vault\napi_server: https://10.0.0.1:6443\ncomponents_list:\n  secret_management: {name: vault}\n";
        assert_eq!(without(plain).as_deref(), Some(plain));
        assert_eq!(without("apiVersion: v1\nkind: Config\nusers: [{name: a, user: {token: secret}}]\n"), None);
    }
}
