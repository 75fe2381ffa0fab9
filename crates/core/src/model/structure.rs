//! The structure check: which fields there are, what they hold, which are required.
//!
//! The tables are generated from the JSON Schema of the [model](super) (`cargo xtask codegen`) and
//! walked over the tree: a walk costs a tenth of what a general JSON Schema validator costs, and
//! the ranges are at hand.

use crate::finding::{Applicability, Finding, Findings, Part, Place, Trail, message};
use crate::form::Form;
use crate::prelude::*;
use crate::rules::structure::{MISSING_FIELD, UNKNOWN_FIELD, UNSUPPORTED_VALUE, WRONG_TYPE, remove, rename, set};
use crate::source::{Node, Value};
use crate::text::{nearest, nearest_or_only, quoted_list};

/// What a value may be.
#[derive(Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// A string.
    Text,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A map with these fields and no others.
    Object(&'static [Field]),
    /// A map from any key to this.
    Map(&'static Shape),
    /// A list of this.
    List(&'static Shape),
}

/// One field of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name in the resource.
    pub name: &'static str,
    /// Its name in a request.
    pub request: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it holds.
    pub shape: Shape,
    /// What it is, in a sentence or two; without the feature `pages` only that of a required field, which is told
    /// where it is missing.
    pub about: &'static str,
}

/// What a field is that may be left out, where the rules' pages are brought along as well.
macro_rules! about {
    ($text:literal) => {
        if cfg!(feature = "pages") { $text } else { "" }
    };
}
pub(super) use about;

impl Field {
    /// The field's name in a form.
    #[must_use]
    pub fn word(&self, form: Form) -> &'static str {
        match form {
            Form::Request => self.request,
            // The one field that only a request has and that the two forms write differently.
            Form::Property if self.name == "https_node_port" => "httpsNodePort",
            Form::Resource | Form::Property => self.name,
        }
    }
}

impl Shape {
    /// The fields of an object; none for anything else.
    #[must_use]
    pub fn fields(&self) -> &'static [Field] {
        match self {
            Self::Object(fields) => fields,
            _ => &[],
        }
    }

    /// What lies below this shape at a key.
    #[must_use]
    pub fn at(&'static self, key: &str) -> Option<&'static Shape> {
        match self {
            Self::Object(fields) => fields.iter().find(|field| field.name == key).map(|field| &field.shape),
            Self::Map(inner) => Some(inner),
            _ => None,
        }
    }

    /// The word for what is expected, in English and Chinese.
    fn expected(&self) -> (&'static str, &'static str) {
        match self {
            Self::Any => ("anything", "任意值"),
            Self::Text | Self::Choice(_) => ("a string", "字符串"),
            Self::Integer => ("a whole number", "整数"),
            Self::Boolean => ("`true` or `false`", "`true` 或 `false`"),
            Self::Object(_) | Self::Map(_) => ("a map", "映射"),
            Self::List(_) => ("a list", "列表"),
        }
    }
}

/// A part of an object: fields and the path that they lie below. A request's one object holds the
/// fields of `spec` and those that only a request has.
#[derive(Clone, Copy)]
pub(crate) struct Section<'s> {
    /// The path of the object in the resource.
    pub base: &'s Trail<'s>,
    /// Its fields.
    pub fields: &'static [Field],
}

/// Walks a tree along a table.
pub(crate) struct Walk<'w> {
    /// The form that gives the fields' names.
    pub form: Form,
    /// Whether a key is given twice anywhere in the tree.
    pub repeats_keys: bool,
    /// Where findings go.
    pub findings: &'w mut Findings,
}

impl Walk<'_> {
    /// Checks an object that is made of one or several sections.
    pub fn object(&mut self, node: &Node<'_>, sections: &[Section<'_>]) {
        let Some(home) = sections.first() else { return };
        if !matches!(node.value, Value::Map(_)) {
            self.wrong_type(node, &Shape::Object(home.fields), home.base);
            return;
        }
        for entry in node.in_force(self.repeats_keys) {
            match find(self.form, sections, &entry.key) {
                Some((section, field)) => {
                    if !entry.value.is_null() {
                        self.value(&entry.value, &field.shape, &section.base.key(field.name));
                    }
                }
                None => self.unknown(node, &entry.key, sections),
            }
        }
        for section in sections {
            for field in section.fields.iter().filter(|field| field.required) {
                let given = node.get(field.word(self.form)).or_else(|| alternative(self.form, node, field));
                if given.is_none_or(Node::is_null) {
                    self.findings.push(
                        Finding::new(
                            &MISSING_FIELD,
                            message!(
                                "the field `{field}` is missing", "缺少字段 `{field}`";
                                "{about}", "请补充此字段。"
                            ),
                            Place::value(section.base.key(field.name).to_path()),
                        )
                        .with("field", field.word(self.form))
                        .with_list("about", field.about),
                    );
                }
            }
        }
    }

    /// Checks a value.
    fn value(&mut self, node: &Node<'_>, shape: &'static Shape, path: &Trail<'_>) {
        match (shape, &node.value) {
            (Shape::Any, _) | (Shape::Text, Value::String(_)) | (Shape::Boolean, Value::Bool(_)) => {}
            (Shape::Integer, Value::Number(text)) if !text.contains(['.', 'e', 'E']) => {}
            (Shape::Choice(words), Value::String(text)) => {
                if !words.contains(&text.as_ref()) {
                    self.unsupported(text, words, path);
                }
            }
            (Shape::Object(fields), Value::Map(_)) => {
                self.object(node, &[Section { base: path, fields }]);
            }
            (Shape::Map(inner), Value::Map(_)) => {
                for entry in node.in_force(self.repeats_keys).filter(|entry| !entry.value.is_null()) {
                    self.value(&entry.value, inner, &path.key(&entry.key));
                }
            }
            (Shape::List(inner), Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(item, inner, &path.index(index));
                }
            }
            _ => self.wrong_type(node, shape, path),
        }
    }

    fn wrong_type(&mut self, node: &Node<'_>, shape: &Shape, path: &Trail<'_>) {
        let path = path.to_path();
        let (expected, expected_zh) = shape.expected();
        let (found, found_zh) = kind(&node.value);
        let mut finding = Finding::new(
            &WRONG_TYPE,
            message!(
                "expected {expected}, found {found}", "应为{expected_zh}，实际为{found_zh}";
                "Kubernetes does not convert one into the other and would refuse the document.",
                "Kubernetes 不会自动转换类型，会拒绝此文档。"
            ),
            Place::value(path.clone()),
        )
        .with("expected", expected)
        .with("found", found)
        .with("expected_zh", expected_zh)
        .with("found_zh", found_zh);
        // Only a scalar is worth repeating.
        if let Some(text) = scalar_text(&node.value) {
            finding = finding.found(text);
            let fits = match shape {
                Shape::Text => true,
                Shape::Choice(words) => words.contains(&text),
                _ => false,
            };
            if fits {
                finding = finding.fix(message!("put it in quotes", "加上引号"), Applicability::Safe, set(path.clone(), text));
            }
        }
        self.findings.push(finding);
    }

    fn unsupported(&mut self, text: &str, words: &'static [&'static str], path: &Trail<'_>) {
        let path = path.to_path();
        let choices = quoted_list(&words.iter().copied().filter(|word| !word.is_empty()).collect::<Vec<_>>());
        let mut finding = Finding::new(
            &UNSUPPORTED_VALUE,
            message!("`{value}` is not supported here; supported: {choices}", "不支持值 `{value}`；支持的值：{choices}"),
            Place::value(path.clone()),
        )
        .found(text)
        .with_list("choices", choices);
        if let Some(word) = nearest_or_only(text, words) {
            // Another way of writing the same word can only have meant that word.
            let applicability = if word.eq_ignore_ascii_case(text.trim()) { Applicability::Safe } else { Applicability::Unsafe };
            finding = finding.with("word", word).fix(message!("use `{word}`", "改用 `{word}`"), applicability, set(path.clone(), word));
        }
        self.findings.push(finding);
    }

    fn unknown(&mut self, node: &Node<'_>, key: &str, sections: &[Section<'_>]) {
        let Some(home) = sections.first() else { return };
        // `argocdHost` and its like have a rule of their own.
        if crate::rules::structure::is_deprecated(home.base, key, self.form) {
            return;
        }
        // The same field under the other form's name can only have meant that field.
        let twin = sections.iter().find_map(|section| {
            let field = section.fields.iter().find(|field| field.name == key || field.request == key)?;
            // Under its right name the value will be checked: what would only then be told is no safe change.
            let mut told = Findings::new();
            if let Some(value) = node.get(key).filter(|value| !value.is_null()) {
                Walk { form: self.form, repeats_keys: self.repeats_keys, findings: &mut told }.value(value, &field.shape, section.base);
            }
            Some((section, field.word(self.form), told.is_empty()))
        });
        let meant = twin.or_else(|| {
            let words = sections.iter().flat_map(|section| section.fields.iter().map(|field| field.word(self.form)));
            nearest(key, &words.collect::<Vec<_>>()).map(|word| (home, word, false))
        });
        let section = meant.map_or(home, |(section, ..)| section);
        let path = section.base.key(key).to_path();
        let place = Place::Path { path: path.clone(), part: Part::Key, occurrence: None };
        let finding = match meant {
            Some((_, word, certain)) => {
                let mut finding = Finding::new(
                    &UNKNOWN_FIELD,
                    message!(
                        "unknown field `{field}`; did you mean `{word}`?", "未知字段 `{field}`；是否应为 `{word}`？";
                        "Kubernetes drops fields that it does not know, without a word: what is written here would be lost.",
                        "Kubernetes 会静默丢弃未知字段：此处的内容将会丢失。"
                    ),
                    place,
                )
                .with("field", key)
                .with("word", word);
                if node.get(word).is_none() {
                    finding = finding.fix(
                        message!("rename it to `{word}`", "重命名为 `{word}`"),
                        if certain { Applicability::Safe } else { Applicability::Unsafe },
                        rename(path, word),
                    );
                }
                finding
            }
            None => Finding::new(
                &UNKNOWN_FIELD,
                message!(
                    "unknown field `{field}`", "未知字段 `{field}`";
                    "Kubernetes drops fields that it does not know, without a word: what is written here would be lost.",
                    "Kubernetes 会静默丢弃未知字段：此处的内容将会丢失。"
                ),
                place,
            )
            .with("field", key)
            .fix(message!("remove it", "删除"), Applicability::Unsafe, remove(path)),
        };
        self.findings.push(finding);
    }
}

fn find<'s>(form: Form, sections: &'s [Section<'s>], key: &str) -> Option<(&'s Section<'s>, &'static Field)> {
    sections.iter().find_map(|section| section.fields.iter().find(|field| field.word(form) == key).map(|field| (section, field)))
}

/// A field under the name that it has in the other form: told as unknown, and not as missing too.
fn alternative<'n, 'a>(form: Form, node: &'n Node<'a>, field: &Field) -> Option<&'n Node<'a>> {
    let other = if form == Form::Request { field.name } else { field.request };
    node.get(other)
}

/// The text of a number or a truth value.
pub(crate) fn scalar_text<'n>(value: &'n Value<'_>) -> Option<&'n str> {
    match value {
        Value::Number(text) => Some(text),
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        _ => None,
    }
}

/// The word for what a value is, in English and Chinese.
fn kind(value: &Value<'_>) -> (&'static str, &'static str) {
    match value {
        Value::Null => ("nothing", "空值"),
        Value::Bool(_) => ("a truth value", "布尔值"),
        Value::Number(_) => ("a number", "数字"),
        Value::String(_) => ("a string", "字符串"),
        Value::List(_) => ("a list", "列表"),
        Value::Map(_) => ("a map", "映射"),
    }
}
