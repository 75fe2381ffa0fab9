//! The fields of kubeconfig v1 and the types that they must have: `client-go` refuses the whole
//! file when one is of another type, wherever it stands. It lets unknown fields pass.

use crate::source::{Node, Value};

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A text. A number or a bool without quotes is none.
    Text,
    /// `true` or `false`.
    Flag,
    /// Bytes in Base64.
    Data,
    /// A list of texts.
    Texts,
    /// A map of lists of texts.
    TextLists,
    /// A map.
    Map,
    /// A list.
    List,
}

pub(super) type Fields = &'static [(&'static str, Shape)];

/// `Config`, but for its lists of entries.
pub(super) const ROOT: Fields = &[
    ("apiVersion", Shape::Text),
    ("kind", Shape::Text),
    ("preferences", Shape::Map),
    ("current-context", Shape::Text),
    ("extensions", Shape::List),
];

/// `Cluster`.
pub(super) const CLUSTER: Fields = &[
    ("server", Shape::Text),
    ("tls-server-name", Shape::Text),
    ("insecure-skip-tls-verify", Shape::Flag),
    ("certificate-authority", Shape::Text),
    ("certificate-authority-data", Shape::Data),
    ("proxy-url", Shape::Text),
    ("disable-compression", Shape::Flag),
    ("extensions", Shape::List),
];

/// `AuthInfo`.
pub(super) const USER: Fields = &[
    ("client-certificate", Shape::Text),
    ("client-certificate-data", Shape::Data),
    ("client-key", Shape::Text),
    ("client-key-data", Shape::Data),
    ("token", Shape::Text),
    ("tokenFile", Shape::Text),
    ("as", Shape::Text),
    ("as-uid", Shape::Text),
    ("as-groups", Shape::Texts),
    ("as-user-extra", Shape::TextLists),
    ("username", Shape::Text),
    ("password", Shape::Text),
    ("auth-provider", Shape::Map),
    ("exec", Shape::Map),
    ("extensions", Shape::List),
];

/// `Context`.
pub(super) const CONTEXT: Fields =
    &[("cluster", Shape::Text), ("user", Shape::Text), ("namespace", Shape::Text), ("extensions", Shape::List)];

impl Shape {
    /// Whether a value has this type. `null` has every type. What stands in Base64 is not looked at.
    pub(super) fn fits(self, node: &Node<'_>) -> bool {
        let all_texts = |items: &[Node<'_>]| items.iter().all(|item| Self::Text.fits(item));
        match (self, &node.value) {
            (_, Value::Null)
            | (Self::Text | Self::Data, Value::String(_))
            | (Self::Flag, Value::Bool(_))
            | (Self::Map, Value::Map(_))
            | (Self::List, Value::List(_)) => true,
            (Self::Texts, Value::List(items)) => all_texts(items),
            (Self::TextLists, Value::Map(entries)) => entries.iter().all(|entry| Self::Texts.fits(&entry.value)),
            _ => false,
        }
    }
}

/// The text of a field; what is empty counts as absent, as in Go.
pub(super) fn text<'n>(map: &'n Node<'_>, field: &str) -> Option<&'n str> {
    map.get(field)?.as_str().filter(|text| !text.is_empty())
}
