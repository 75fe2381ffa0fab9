//! What JavaScript asks for. What is wrong in it is told; nothing is passed over.

use clearance_core::finding::has_chinese;
use clearance_core::rules::{self, Lookup};
use clearance_core::source::{Format, Limits, Node, Value, read};
use clearance_core::{Language, Map, Severity, Suppression};

use crate::prelude::*;

/// A sentence about options that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misuse(pub String);

impl core::fmt::Display for Misuse {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for Misuse {}

/// What holds for all texts that one checker judges.
#[derive(Debug, Default)]
pub struct Settings {
    /// A catalogue's text, which adds to the built-in one.
    pub catalog: Option<String>,
    /// What the catalogue is called where it is told of.
    pub catalog_name: Option<String>,
    /// The weight of rules by their names; `None` switches one off.
    pub severities: Map<String, Option<Severity>>,
    /// Findings that are taken as they are.
    pub suppressions: Vec<Suppression>,
    /// Whether the fleet counts as complete.
    pub complete: Option<bool>,
    /// How many findings a document's verdict holds at most.
    pub limit: Option<usize>,
}

/// What is asked about one text.
#[derive(Debug, Default)]
pub struct Request {
    /// What the text is called.
    pub file_name: Option<String>,
    /// The cluster's name, as in a request's URL.
    pub name: Option<String>,
    /// The text before an update.
    pub old: Option<String>,
    /// What happens.
    pub operation: Option<Operation>,
    /// The time, in seconds since 1970.
    pub now: i64,
    /// The language of sentences.
    pub language: Language,
    /// Whether the resources are wanted with everything filled in.
    pub resource: bool,
}

/// What happens to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It is new.
    Create,
    /// It was described by another text until now.
    Update,
    /// It goes.
    Delete,
}

impl Settings {
    /// Reads them from JSON.
    pub fn read(json: &str) -> Result<Self, Misuse> {
        let mut settings = Self::default();
        each(json, &mut |name, node| {
            match name {
                "catalog" => settings.catalog = Some(text(name, node)?.to_owned()),
                "catalogName" => settings.catalog_name = Some(text(name, node)?.to_owned()),
                "complete" => settings.complete = Some(flag(name, node)?),
                "limit" => settings.limit = Some(number(name, node)?),
                "severities" => settings.severities = severities(node)?,
                "suppressions" => settings.suppressions = suppressions(node)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(settings)
    }
}

impl Request {
    /// Reads it from JSON.
    pub fn read(json: &str) -> Result<Self, Misuse> {
        let mut request = Self::default();
        each(json, &mut |name, node| {
            match name {
                "fileName" => request.file_name = Some(text(name, node)?.to_owned()),
                "name" => request.name = Some(text(name, node)?.to_owned()),
                "old" => request.old = Some(text(name, node)?.to_owned()),
                "operation" => {
                    let operation = match text(name, node)? {
                        "create" => Operation::Create,
                        "update" => Operation::Update,
                        "delete" => Operation::Delete,
                        other => return Err(wrong(name, format_args!("`{other}`"), "`create`, `update` or `delete`")),
                    };
                    request.operation = Some(operation);
                }
                "now" => request.now = number(name, node)?,
                "lang" => {
                    let word = text(name, node)?;
                    request.language = language(word)?.ok_or_else(|| wrong(name, format_args!("`{word}`"), "`en` or `zh`"))?;
                }
                "resource" => request.resource = flag(name, node)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if request.operation == Some(Operation::Update) && request.old.is_none() {
            return Err(Misuse("an update needs `options.old`: the text from before".to_owned()));
        }
        if request.old.is_some() && matches!(request.operation, Some(Operation::Create | Operation::Delete)) {
            return Err(Misuse("`options.old` is for updates: leave it out, or `options.operation`".to_owned()));
        }
        Ok(request)
    }
}

/// The language of a word, which must be there; nothing for another word.
pub(crate) fn language(word: &str) -> Result<Option<Language>, Misuse> {
    match word {
        "en" => Ok(Some(Language::English)),
        "zh" if !has_chinese() => Err(Misuse("the sentences in Chinese are not loaded: await `loadLanguage(\"zh\")` first".to_owned())),
        "zh" => Ok(Some(Language::Chinese)),
        _ => Ok(None),
    }
}

/// Reads an object field by field. `field` returns whether it knows the field.
fn each(json: &str, field: &mut dyn FnMut(&str, &Node<'_>) -> Result<bool, Misuse>) -> Result<(), Misuse> {
    let limits = Limits { bytes: usize::MAX, document_bytes: usize::MAX, ..Limits::default() };
    let parsed = read(json, Format::Json, &limits).into_iter().next();
    let root = parsed.as_ref().map(|parsed| &parsed.root);
    let Some(Node { value: Value::Map(entries), .. }) = root else {
        return Err(Misuse("the options are no object".to_owned()));
    };
    for entry in entries {
        if !field(&entry.key, &entry.value)? {
            return Err(Misuse(format!("there is no option `{}`", entry.key)));
        }
    }
    Ok(())
}

fn wrong(name: &str, found: core::fmt::Arguments<'_>, wanted: &str) -> Misuse {
    Misuse(format!("`options.{name}` is {found}; it takes {wanted}"))
}

fn described(node: &Node<'_>) -> &'static str {
    match node.value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
    }
}

fn text<'n>(name: &str, node: &'n Node<'_>) -> Result<&'n str, Misuse> {
    node.as_str().ok_or_else(|| wrong(name, format_args!("{}", described(node)), "a string"))
}

fn flag(name: &str, node: &Node<'_>) -> Result<bool, Misuse> {
    match node.value {
        Value::Bool(flag) => Ok(flag),
        _ => Err(wrong(name, format_args!("{}", described(node)), "true or false")),
    }
}

fn number<T: core::str::FromStr>(name: &str, node: &Node<'_>) -> Result<T, Misuse> {
    match &node.value {
        Value::Number(text) => text.parse().map_err(|_| wrong(name, format_args!("{text}"), "a whole number")),
        _ => Err(wrong(name, format_args!("{}", described(node)), "a whole number")),
    }
}

/// Whether a rule is known.
fn known(name: &str, rule: &str) -> Result<Option<&'static rules::Rule>, Misuse> {
    match rules::find(rule) {
        Lookup::Known(rule) => Ok(Some(rule)),
        Lookup::Removed(_) => Ok(None),
        Lookup::Unknown { nearest } => {
            let near = nearest.map_or_else(String::new, |near| format!("; did you mean `{}`?", near.name));
            Err(Misuse(format!("`options.{name}`: there is no rule `{rule}`{near}")))
        }
    }
}

fn severities(node: &Node<'_>) -> Result<Map<String, Option<Severity>>, Misuse> {
    let Value::Map(entries) = &node.value else {
        return Err(wrong("severities", format_args!("{}", described(node)), "an object: rules and their weight"));
    };
    let mut severities = Map::default();
    for entry in entries {
        known("severities", &entry.key)?;
        let name = format!("severities.{}", entry.key);
        let severity = match text(&name, &entry.value)? {
            "off" => None,
            word => match Severity::from_name(word) {
                Some(severity) => Some(severity),
                None => return Err(wrong(&name, format_args!("`{word}`"), "`error`, `warning`, `info` or `off`")),
            },
        };
        severities.insert(entry.key.clone().into_owned(), severity);
    }
    Ok(severities)
}

fn suppressions(node: &Node<'_>) -> Result<Vec<Suppression>, Misuse> {
    let Value::List(items) = &node.value else {
        return Err(wrong("suppressions", format_args!("{}", described(node)), "a list of `{rule, path, reason}`"));
    };
    let mut suppressions = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let name = |key: &str| format!("suppressions[{index}].{key}");
        let word = |key: &str| item.get(key).filter(|node| !node.is_null()).map(|node| text(&name(key), node)).transpose();
        if let Some(entry) = item.entries().iter().find(|entry| !["rule", "path", "reason"].contains(&entry.key.as_ref())) {
            return Err(Misuse(format!("there is no option `{}`", name(&entry.key))));
        }
        let Some(rule) = word("rule")? else { return Err(wrong(&name("rule"), format_args!("missing"), "the name of a rule")) };
        if known(&name("rule"), rule)?.is_some_and(|rule| !rule.can_be_suppressed()) {
            return Err(Misuse(format!("`options.{}`: `{rule}` cannot be ignored", name("rule"))));
        }
        let Some(reason) = word("reason")?.filter(|reason| !reason.trim().is_empty()) else {
            return Err(wrong(&name("reason"), format_args!("missing"), "a sentence: nothing is ignored without a reason"));
        };
        suppressions.push(Suppression { rule: rule.to_owned(), path: word("path")?.map(str::to_owned), reason: reason.to_owned() });
    }
    Ok(suppressions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_told() {
        let request = [
            ("7", "the options are no object"),
            ("{\"nam\": \"a\"}", "there is no option `nam`"),
            ("{\"name\": 7}", "`options.name` is a number; it takes a string"),
            ("{\"now\": 7.5}", "`options.now` is 7.5; it takes a whole number"),
            ("{\"lang\": \"de\"}", "`options.lang` is `de`; it takes `en` or `zh`"),
            ("{\"operation\": \"patch\"}", "`options.operation` is `patch`; it takes `create`, `update` or `delete`"),
            ("{\"operation\": \"update\"}", "an update needs `options.old`: the text from before"),
            ("{\"operation\": \"delete\", \"old\": \"\"}", "`options.old` is for updates: leave it out, or `options.operation`"),
        ];
        for (json, expected) in request {
            assert_eq!(Request::read(json).unwrap_err().0, expected, "{json}");
        }
        let settings = [
            ("{\"complete\": \"yes\"}", "`options.complete` is a string; it takes true or false"),
            ("{\"limit\": -1}", "`options.limit` is -1; it takes a whole number"),
            ("{\"severities\": []}", "`options.severities` is a list; it takes an object: rules and their weight"),
            (
                "{\"severities\": {\"port-already-use\": \"off\"}}",
                "`options.severities`: there is no rule `port-already-use`; did you mean `port-already-used`?",
            ),
            (
                "{\"severities\": {\"port-already-used\": \"no\"}}",
                "`options.severities.port-already-used` is `no`; it takes `error`, `warning`, `info` or `off`",
            ),
            ("{\"suppressions\": [{}]}", "`options.suppressions[0].rule` is missing; it takes the name of a rule"),
            (
                "{\"suppressions\": [{\"rule\": \"unused-component\"}]}",
                "`options.suppressions[0].reason` is missing; it takes a sentence: nothing is ignored without a reason",
            ),
            (
                "{\"suppressions\": [{\"rule\": \"field-frozen\", \"reason\": \"so\"}]}",
                "`options.suppressions[0].rule`: `field-frozen` cannot be ignored",
            ),
        ];
        for (json, expected) in settings {
            assert_eq!(Settings::read(json).unwrap_err().0, expected, "{json}");
        }
    }
}
