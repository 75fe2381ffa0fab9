//! Objects without what is secret in them, for what is written down or printed.

use clearance_core::source::Format;
use clearance_core::{Document, Form, Limits};
use serde_json::Value;

/// What a credential is shown as.
pub(crate) const MASK: &str = "********";

/// An object without its credentials; nothing where it cannot be read, as it may hold anything then.
pub(crate) fn object(text: &str) -> Option<Value> {
    let document = Document::read_as(text, Format::Json, Form::Resource, &Limits::default());
    if document.root.is_null() {
        return None;
    }
    serde_json::from_str(&document.masked(MASK, MASK)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_holds_a_secret_within_a_secret_is_masked_once() {
        for kubeconfig in
            [json!("server: https://user:averyveryverylongpassword@h"), json!("https://a:b@c https://d:e@f"), json!({"a": 1}), json!(7)]
        {
            let masked = object(&json!({"spec": {"kubeconfig": kubeconfig}}).to_string());
            assert_eq!(masked, Some(json!({"spec": {"kubeconfig": MASK}})));
        }
        let address = |user: &str| format!("https://{user}@a https://{user}@b");
        for user in ["me:word", "[me:word", "{me:word"] {
            let masked = object(&json!({"spec": {"apiServer": address(user)}, "kubeconfig": "c"}).to_string());
            assert_eq!(masked, Some(json!({"spec": {"apiServer": address(MASK)}, "kubeconfig": MASK})));
        }
        assert_eq!(object("{\"spec\": "), None);
    }
}
