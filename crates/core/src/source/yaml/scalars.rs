//! Scalars: what Kubernetes takes them for.

use alloc::borrow::Cow;

use super::aliases::Extent;
use super::nodes::Properties;
use super::tokens::handle;
use super::{Key, Reader, yaml};
use crate::prelude::*;
use crate::source::scalar::{self, Scalar};
use crate::source::{FaultKind, Node, SyntaxFault, TextRange};

/// The prefix of the tags that YAML itself defines; `!!` is short for it.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

impl<'a> Reader<'a> {
    /// Places a scalar, or one that is not written but has a tag or an anchor.
    pub(super) fn scalar(&mut self, text: Cow<'a, str>, plain: bool, properties: &Properties<'a>, at: TextRange) {
        let anchor = properties.anchor;
        let tag = properties.tag.map(|(tag, at)| self.resolved_tag(tag, at));
        let unspecific = tag.as_deref() == Some("!");
        let tag = tag.as_deref().map(|tag| tag.strip_prefix(YAML_TAGS).unwrap_or_default());
        let merges = (unspecific || tag.map_or(plain, |tag| tag == "merge")) && text == "<<";
        let (scalar, text) = match tag {
            Some(tag) => self.tagged(tag, text, at),
            None if plain && text.is_empty() => (Scalar::Null, text),
            None if plain => {
                let scalar = scalar::resolve(&text);
                if let Some(words) = scalar.ambiguity(&text) {
                    self.fault(FaultKind::AmbiguousScalar(words), at);
                }
                (scalar, text)
            }
            None => (Scalar::Text, text),
        };

        if self.awaits_key() {
            if merges {
                self.key(Key::Merge(at), at);
                return;
            }
            if let Some(anchor) = anchor {
                self.keep(anchor, &Node::new(scalar.value(text.clone()), at), Extent::SCALAR);
            }
            let key = scalar.key(text).map(|text| Key::Text(text, at));
            self.key_or_fault(key, at);
            return;
        }
        if !scalar.has_json() {
            self.fault(FaultKind::Syntax(SyntaxFault::NoJsonNumber), at);
        }
        let node = Node::new(scalar.value(text), at);
        if let Some(anchor) = anchor {
            self.keep(anchor, &node, Extent::SCALAR);
        }
        self.place(node, Extent::SCALAR);
    }

    /// A tag in full: what its handle stands for, and the rest.
    fn resolved_tag(&mut self, tag: &str, at: TextRange) -> String {
        if let Some(written) = tag.strip_prefix("!<") {
            return written.trim_end_matches('>').to_owned();
        }
        let handle = handle(tag);
        let rest = tag.get(handle.len()..).unwrap_or_default();
        let prefix = match self.document.handles.iter().find(|(known, _)| *known == handle) {
            Some((_, prefix)) => *prefix,
            None if handle == "!!" => YAML_TAGS,
            None => {
                if handle != "!" {
                    self.fault(yaml("found undefined tag handle"), at);
                }
                "!"
            }
        };
        [prefix, rest].concat()
    }

    /// What a scalar under the tag `!!name` is, and its text.
    fn tagged(&mut self, name: &str, text: Cow<'a, str>, at: TextRange) -> (Scalar, Cow<'a, str>) {
        if name == "binary" {
            if let Some(decoded) = scalar::binary(&text) {
                return (Scalar::Text, Cow::Owned(decoded));
            }
            let place = self.visible(at);
            self.fault(yaml("!!binary value contains invalid base64 data"), place);
        }
        let scalar = scalar::resolve_tagged(name, &text).unwrap_or_else(|message| {
            let place = self.visible(at);
            self.fault(yaml(message), place);
            Scalar::Text
        });
        (scalar, text)
    }
}
