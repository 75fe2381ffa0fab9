//! What an editor's user sets: by `initializationOptions`, and later by
//! `workspace/didChangeConfiguration`, there under `clearance`.

use clearance_core::Language;
use clearance_core::rules::{Layer, Rule};
use serde::Deserialize;
use serde_json::Value;

/// Where the rules' pages are.
const DOCS: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/v", env!("CARGO_PKG_VERSION"), "/crates/core/src/rules/pages/");

/// What is set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Settings {
    /// The language of messages.
    lang: Option<String>,
    /// What is told.
    layers: Layers,
    /// Whether the repository holds all there is.
    pub complete: Option<bool>,
    /// The address below which the rules' pages are.
    docs: Option<String>,
    /// The name of a registration request's cluster, which stands in its URL.
    pub name: Option<String>,
    /// The time of all judgements, in seconds since 1970 (UTC), so that they can be repeated.
    pub now: Option<i64>,
}

/// Which layers are told: what another checker beside us says already is not said twice.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Layers {
    syntax: Switch,
    schema: Switch,
    document: Switch,
    fleet: Switch,
}

/// Whether a layer is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Switch {
    #[default]
    On,
    Off,
    /// Only where no modeline gives the text to yaml-language-server.
    WithoutModeline,
}

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Bool(false) => Self::Off,
            Value::String(word) if word == "without-modeline" => Self::WithoutModeline,
            _ => Self::On,
        })
    }
}

impl Settings {
    /// Reads what a client sent; what is not understood is as if it were not there.
    pub(crate) fn read(value: &Value) -> Self {
        let own = value.get("clearance").filter(|own| own.is_object()).unwrap_or(value);
        Self::deserialize(own).unwrap_or_default()
    }

    /// The same, with a time that was set before.
    pub(crate) fn at(self, now: Option<i64>) -> Self {
        Self { now: self.now.or(now), ..self }
    }

    pub(crate) fn language(&self) -> Option<Language> {
        self.lang.as_deref().and_then(Language::from_tag)
    }

    /// The address of a rule's page.
    pub(crate) fn page(&self, rule: &Rule) -> String {
        let docs = self.docs.as_deref().unwrap_or(DOCS);
        format!("{docs}{}{}.md", if docs.ends_with('/') { "" } else { "/" }, rule.name)
    }

    /// Whether what a rule finds in a text is told.
    pub(crate) fn tells(&self, rule: &Rule, text: &str) -> bool {
        let switch = match rule.layer() {
            Layer::Syntax => self.layers.syntax,
            Layer::Schema => self.layers.schema,
            Layer::Document => self.layers.document,
            Layer::Fleet => self.layers.fleet,
        };
        match switch {
            Switch::On => true,
            Switch::Off => false,
            Switch::WithoutModeline => !has_modeline(text),
        }
    }
}

/// Whether a text says by which schema yaml-language-server is to check it.
fn has_modeline(text: &str) -> bool {
    let is_one = |line: &str| {
        line.trim_start()
            .strip_prefix('#')
            .is_some_and(|rest| rest.trim_start().starts_with("yaml-language-server:") && rest.contains("$schema="))
    };
    text.lines().take(50).any(is_one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clearance_core::rules::structure::UNKNOWN_FIELD;
    use serde_json::json;

    #[test]
    fn a_switch_per_layer() {
        let modeline = "# yaml-language-server: $schema=resource.json\nkind: Cluster\n";
        for (options, plain, with_modeline) in [
            (json!(null), true, true),
            (json!({"layers": {"schema": false}}), false, false),
            (json!({"clearance": {"layers": {"schema": "without-modeline"}}}), true, false),
            (json!({"layers": {"syntax": false}}), true, true),
            (json!({"layers": 7}), true, true),
        ] {
            let settings = Settings::read(&options);
            assert_eq!(
                (settings.tells(&UNKNOWN_FIELD, "a: 1"), settings.tells(&UNKNOWN_FIELD, modeline)),
                (plain, with_modeline),
                "{options}"
            );
        }
    }
}
