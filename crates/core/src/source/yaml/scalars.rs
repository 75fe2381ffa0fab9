//! Scalars: what Kubernetes takes them for.

use alloc::borrow::Cow;
use core::ops::Range;

use granit_parser::{ScalarStyle, Span, Tag};

use super::aliases::Extent;
use super::{Key, Reader, YAML_TAGS, range, yaml};
use crate::source::scalar::{self, Scalar};
use crate::source::{FaultKind, Node, SyntaxFault, TextRange};

impl<'a> Reader<'a> {
    pub(super) fn scalar(
        &mut self,
        mut text: Cow<'a, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        at: Range<usize>,
        span: &Span,
    ) {
        let plain = style == ScalarStyle::Plain;
        let bare = tag.is_none() && anchor == 0;
        // Where nothing is written, granit says `~`, or nothing behind a tag.
        let nothing = plain && (text.is_empty() || text == "~" && self.text.get(at.clone()) != Some("~"));
        if nothing && bare && self.document.open.is_empty() {
            return;
        }
        let at = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let at = self.block_scalar(at, span.indent);
                if at.end == self.text.len() && text.ends_with('\n') {
                    // Granit adds the line break that the last line of the text lacks, go-yaml does not.
                    text.to_mut().pop();
                }
                at
            }
            // Behind a tag or an anchor granit has the place.
            _ if nothing && bare => self.nothing(at.start),
            _ => at,
        };
        if !nothing {
            self.token(&at, plain);
        }
        let at = range(&at);

        let tag = tag.map(|tag| [tag.handle(), tag.suffix()].concat());
        let tag = tag.as_deref().map(|tag| tag.strip_prefix(YAML_TAGS).unwrap_or_default());
        let merges = tag.map_or(plain, |tag| tag == "merge") && text == "<<";
        let (scalar, text) = match tag {
            Some(tag) => self.tagged(tag, text, at),
            None if nothing => (Scalar::Null, text),
            None if plain => {
                let scalar = scalar::resolve(&text);
                if let Some(words) = scalar.ambiguity(&text) {
                    self.fault(FaultKind::AmbiguousScalar(words), at);
                }
                (scalar, text)
            }
            None => (Scalar::Text, text),
        };
        if plain {
            self.check_plain(&text, at);
        } else if style == ScalarStyle::DoubleQuoted && matches!(text, Cow::Owned(_)) {
            self.check_escapes(at);
        }

        if self.awaits_key() {
            if merges {
                self.key(Key::Merge(at), at);
                return;
            }
            if anchor != 0 {
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
        if anchor != 0 {
            self.keep(anchor, &node, Extent::SCALAR);
        }
        self.place(node, Extent::SCALAR);
    }

    /// Tells what go-yaml does not take in a plain scalar, or takes for something else.
    fn check_plain(&mut self, text: &str, at: TextRange) {
        let flow = self.document.open.last().is_some_and(|open| open.flow);
        if flow && (text.contains('?') || text.starts_with(':')) {
            self.fault(yaml("`?` and a leading `:` must be quoted between brackets"), at);
        }
        if !text.is_ascii() && text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
            self.fault(yaml("line separators must be quoted"), at);
        }
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
