//! What an editor's user sets: by `initializationOptions`, and later by
//! `workspace/didChangeConfiguration`, there under `clearance`.

use clearance_core::Language;
use clearance_core::rules::{Layer, Rule};
use serde_json::Value;

/// Where the rules' pages are as they are written, if no site of them is set.
const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/v", env!("CARGO_PKG_VERSION"), "/crates/core/src/rules/pages/");

/// What is set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// The language of messages.
    lang: Option<String>,
    /// What is told.
    layers: Layers,
    /// Whether the repository holds all there is.
    pub complete: Option<bool>,
    /// The address of the site that `cargo xtask docs` writes.
    docs: Option<String>,
    /// The name of a registration request's cluster, which stands in its URL.
    pub name: Option<String>,
    /// The time of all judgements, in seconds since 1970 (UTC), so that they can be repeated.
    pub now: Option<i64>,
    /// What was sent and is not understood, as sentences.
    pub wrong: Vec<String>,
}

/// Which layers are told: what another checker beside us says already is not said twice.
#[derive(Debug, Clone, Default)]
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

impl Switch {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(true) => Some(Self::On),
            Value::Bool(false) => Some(Self::Off),
            Value::String(word) if word == "without-modeline" => Some(Self::WithoutModeline),
            _ => None,
        }
    }
}

impl Settings {
    /// Reads what a client sent. One setting that is not understood is as if it were not there, and the others hold.
    pub(crate) fn read(value: &Value) -> Self {
        let mut reader = Reader { own: own(value), wrong: Vec::new() };
        let settings = Self {
            lang: reader.get("lang", "a string", |lang| lang.as_str().map(str::to_owned)),
            layers: reader.layers(),
            complete: reader.get("complete", "`true` or `false`", Value::as_bool),
            docs: reader.get("docs", "a string", |docs| docs.as_str().map(str::to_owned)),
            name: reader.get("name", "a string", |name| name.as_str().map(str::to_owned)),
            now: reader.get("now", "a whole number", Value::as_i64),
            wrong: Vec::new(),
        };
        Self { wrong: reader.wrong, ..settings }
    }

    /// Reads what a client sent later than its options, which hold where it says nothing else.
    pub(crate) fn read_over(options: &Value, value: &Value) -> Self {
        let mut all = own(options).clone();
        if !all.is_object() {
            all = Value::Object(serde_json::Map::new());
        }
        put(&mut all, own(value));
        Self::read(&all)
    }

    pub(crate) fn language(&self) -> Option<Language> {
        self.lang.as_deref().and_then(Language::from_tag)
    }

    /// The address of a rule's page.
    pub(crate) fn page(&self, rule: &Rule) -> String {
        match &self.docs {
            Some(site) => format!("{}/{}", site.trim_end_matches('/'), rule.page()),
            None => format!("{PAGES}{}.md", rule.name),
        }
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

/// What was sent, and what of it is not understood.
struct Reader<'v> {
    own: &'v Value,
    wrong: Vec<String>,
}

impl Reader<'_> {
    fn get<T>(&mut self, key: &str, what: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        self.get_in(self.own, key, key, what, read)
    }

    /// As `get`, of one key of an object; `name` is what the user calls it.
    fn get_in<T>(&mut self, object: &Value, key: &str, name: &str, what: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = object.get(key).filter(|value| !value.is_null())?;
        let found = read(value);
        if found.is_none() {
            self.wrong.push(format!("the editor's setting `{name}` is passed over: it must be {what}"));
        }
        found
    }

    fn layers(&mut self) -> Layers {
        let Some(object) = self.get("layers", "an object", |layers| layers.is_object().then(|| layers.clone())) else {
            return Layers::default();
        };
        let mut switch = |layer: Layer| {
            let name = format!("layers.{}", layer.word());
            let what = "`true`, `false` or `\"without-modeline\"`";
            self.get_in(&object, layer.word(), &name, what, Switch::read).unwrap_or_default()
        };
        Layers {
            syntax: switch(Layer::Syntax),
            schema: switch(Layer::Schema),
            document: switch(Layer::Document),
            fleet: switch(Layer::Fleet),
        }
    }
}

/// The part of what a client sends that is meant for us.
fn own(value: &Value) -> &Value {
    value.get("clearance").filter(|own| own.is_object()).unwrap_or(value)
}

/// Puts what is set into what was set before; what is `null` is not set.
fn put(all: &mut Value, new: &Value) {
    match (all, new) {
        (_, Value::Null) => {}
        (Value::Object(all), Value::Object(new)) => {
            for (key, value) in new {
                put(all.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (all, new) => *all = new.clone(),
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
            (json!({"complete": "no", "lang": 7, "layers": {"schema": false, "fleet": 7}}), false, false),
        ] {
            let settings = Settings::read(&options);
            assert_eq!(
                (settings.tells(&UNKNOWN_FIELD, "a: 1"), settings.tells(&UNKNOWN_FIELD, modeline)),
                (plain, with_modeline),
                "{options}"
            );
        }
    }

    #[test]
    fn what_is_set_later_leaves_the_rest_as_it_was() {
        let options = json!({"name": "shop", "now": 7, "complete": true, "layers": {"schema": false}});
        let settings = Settings::read_over(&options, &json!({"clearance": {"complete": false, "name": null, "layers": {"fleet": false}}}));
        assert_eq!((settings.name.as_deref(), settings.now, settings.complete), (Some("shop"), Some(7), Some(false)));
        assert_eq!((settings.layers.schema, settings.layers.fleet), (Switch::Off, Switch::Off));
        assert_eq!(Settings::read_over(&Value::Null, &json!({"complete": false})).complete, Some(false));
        assert_eq!(
            Settings::read(&json!({"complete": "no", "lang": null})).wrong,
            ["the editor's setting `complete` is passed over: it must be `true` or `false`"]
        );
        assert_eq!(
            Settings::read(&json!({"layers": {"schema": "off", "fleet": false, "syntax": true, "document": null}})).wrong,
            ["the editor's setting `layers.schema` is passed over: it must be `true`, `false` or `\"without-modeline\"`"]
        );
    }

    /// The built site has its pages where verdicts say (`docs`); without one, those of the repository are shown.
    #[test]
    fn pages_are_where_the_site_has_them() {
        for docs in ["https://docs.example.com/clearance", "https://docs.example.com/clearance/"] {
            let page = Settings::read(&json!({ "docs": docs })).page(&UNKNOWN_FIELD);
            assert_eq!(page, "https://docs.example.com/clearance/rules/unknown-field.html");
        }
        let page = Settings::default().page(&UNKNOWN_FIELD);
        assert!(page.ends_with("/crates/core/src/rules/pages/unknown-field.md"), "{page}");
    }
}
