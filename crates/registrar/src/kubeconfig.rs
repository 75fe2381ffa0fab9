//! The kubeconfig as it is stored: with the address that the cluster is registered under.

use clearance_core::finding::{Change, Path};
use clearance_core::kubeconfig::decode;
use clearance_core::source::{self, Format, Limits, Node, Value};

use crate::secrets::Kubeconfig;

/// The kubeconfig of a request's field, whose context in force leads to `api_server`; nothing where
/// it cannot be read, which the core has told already.
pub(crate) fn leading_to(field: &str, api_server: &str) -> Option<Kubeconfig> {
    let text = decode(field).ok()?.text;
    let format = Format::of(None, &text);
    let parsed = source::read(&text, format, &Limits::default()).into_iter().next()?;
    let root = &parsed.root;
    let named = |list: &str, name: &str| {
        let items = root.get(list).map(Node::items).unwrap_or_default();
        items.iter().position(|item| item.get("name").and_then(Node::as_str) == Some(name))
    };
    let context = named("contexts", root.get("current-context").and_then(Node::as_str)?)?;
    let context = root.get("contexts")?.items().get(context)?.get("context")?;
    let cluster = named("clusters", context.get("cluster").and_then(Node::as_str)?)?;
    let change = Change::Set {
        path: Path::root().key("clusters").index(cluster).key("cluster").key("server"),
        value: Value::String(api_server.to_owned().into()),
    };
    let edits = source::edits(&text, format, root, std::slice::from_ref(&change));
    if let Some(edited) = edits.and_then(|edits| source::apply(&text, &edits)) {
        return Some(Kubeconfig(edited));
    }
    // Through an alias nothing can be edited: then the tree is written anew.
    let mut tree = serde_json::to_value(root).ok()?;
    *tree.get_mut("clusters")?.get_mut(cluster)?.get_mut("cluster")?.get_mut("server")? = api_server.into();
    Some(Kubeconfig(tree.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_of_the_context_in_force_is_set() {
        let text = "# mine\nclusters:\n- name: a\n  cluster: {server: 'https://127.0.0.1:1'}\n- name: b\n  cluster:\n    server: https://b:2\n\
            contexts:\n- name: x\n  context: {cluster: b, user: u}\ncurrent-context: x\n";
        let stored = leading_to(text, "https://10.0.0.1:6443").expect("it can be read").0;
        assert_eq!(stored, text.replace("https://b:2", "https://10.0.0.1:6443"));
        assert_eq!(leading_to("not one", "https://10.0.0.1:6443"), None);
    }

    #[test]
    fn through_an_alias_it_is_set_as_well() {
        let text = "clusters:\n- &c {name: a, cluster: {server: 'https://a:1'}}\n- *c\ncontexts:\n- name: x\n  context: {cluster: a}\ncurrent-context: x\n";
        let stored = leading_to(text, "https://10.0.0.1:6443").expect("it can be read").0;
        assert!(stored.contains("10.0.0.1"), "{stored}");
    }
}
