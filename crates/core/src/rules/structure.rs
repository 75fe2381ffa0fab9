//! Which fields there are and what they hold. Most of it is found by the structure check.

use alloc::borrow::Cow;

use super::{Check, Subject, rules};
use crate::finding::{Applicability, Change, Finding, Findings, Path, Place, Trail, message};
use crate::form::Form;
use crate::model::structure::scalar_text;
use crate::model::{API_VERSION, GROUP, KIND};
use crate::prelude::*;
use crate::source::{Node, Value};

rules! { "structure";
    WRONG_KIND = "wrong-kind", Error, NotSupported, true, Check::Alone(wrong_kind),
        "the document is no Cluster of a known version", "文档不是已知版本的 Cluster";
    UNKNOWN_FIELD = "unknown-field", Error, Invalid, true, Check::Reader,
        "a field that Clusters do not have", "Cluster 没有此字段";
    MISSING_FIELD = "missing-field", Error, Required, false, Check::Reader,
        "a required field is missing", "缺少必填字段";
    WRONG_TYPE = "wrong-type", Error, Invalid, true, Check::Reader,
        "a value has the wrong type", "值的类型错误";
    UNSUPPORTED_VALUE = "unsupported-value", Error, NotSupported, true, Check::Reader,
        "a value is none of the supported ones", "不支持该值";
    DEPRECATED_FIELD = "deprecated-field", Warning, Invalid, true, Check::Alone(deprecated_field),
        "a field from an earlier version, which has moved", "旧版本的字段，现已迁移";
    READ_ONLY_FIELD = "read-only-field", Warning, Forbidden, true, Check::Alone(read_only_field),
        "a field that operators write", "由 operator 写入的字段";
}

fn wrong_kind(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.document.form == Form::Request {
        return;
    }
    if let Some(kind) = subject.written.kind.as_deref().filter(|kind| *kind != KIND) {
        let path = Path::of("kind");
        findings.push(
            Finding::new(
                &WRONG_KIND,
                message!("the kind is `{value}`, not `{known}`", "kind 是 `{value}`，而不是 `{known}`"),
                Place::value(path.clone()),
            )
            .found(kind)
            .with("known", KIND)
            .fix(message!("use `{known}`", "改用 `{known}`"), Applicability::Safe, set(path, KIND)),
        );
    }
    let Some(version) = subject.written.api_version.as_deref().filter(|version| *version != API_VERSION) else { return };
    let path = Path::of("apiVersion");
    findings.push(
        Finding::new(
            &WRONG_KIND,
            message!(
                "`{value}` is no known version of `Cluster`; known: `{known}`",
                "`{value}` 不是 `Cluster` 的已知版本；已知版本：`{known}`"
            ),
            Place::value(path.clone()),
        )
        .found(version)
        .with("known", API_VERSION)
        .fix(message!("use `{known}`", "改用 `{known}`"), Applicability::Unsafe, set(path, API_VERSION)),
    );
}

/// A document that describes no cluster, where one was asked for.
pub(crate) fn no_cluster(root: &Node<'_>) -> Finding {
    let kind = root.get("kind").and_then(Node::as_str);
    let version = root.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
    match (&root.value, kind) {
        (Value::Map(_), Some(kind)) => Finding::new(
            &WRONG_KIND,
            message!("this is a `{value}` of `{version}`, not a Cluster of `{group}`", "这是 `{version}` 的 `{value}`，不是 `{group}` 的 Cluster"),
            Place::value(Path::of(if kind == KIND { "apiVersion" } else { "kind" })),
        )
        .found(kind)
        .with("version", version)
        .with("group", GROUP),
        (Value::Map(_), None) => Finding::new(
            &WRONG_KIND,
            message!("this document describes no cluster", "此文档没有描述集群";
                "A resource or property file has `kind: {kind}`; a request has `api_server`, `cluster_type` and `usage`.", "资源或属性文件包含 `kind: {kind}`；请求包含 `api_server`、`cluster_type` 和 `usage`。"),
            Place::value(Path::root()),
        )
        .with("kind", KIND),
        _ => Finding::new(
            &WRONG_KIND,
            message!("this document is no map, so it describes no cluster", "此文档不是映射，没有描述集群";
                "A resource or property file has `kind: {kind}`; a request has `api_server`, `cluster_type` and `usage`.", "资源或属性文件包含 `kind: {kind}`；请求包含 `api_server`、`cluster_type` 和 `usage`。"),
            Place::value(Path::root()),
        )
        .with("kind", KIND),
    }
}

/// Fields from before v0.4 and where they went.
const MOVED: &[(&str, &[(&str, &str)])] = &[
    ("argocdHost", &[("", "spec.componentsList.deployment.additions.host")]),
    ("tektonHost", &[("", "spec.componentsList.pipeline.additions.host")]),
    (
        "traefik",
        &[
            ("httpNodePort", "spec.componentsList.gateway.additions.httpNodePort"),
            ("httpsNodePort", "spec.componentsList.gateway.additions.httpsNodePort"),
        ],
    ),
];

fn request_word(word: &'static str) -> &'static str {
    match word {
        "argocdHost" => "argocd_host",
        "tektonHost" => "tekton_host",
        other => other,
    }
}

/// Whether a key of `spec` has a rule of its own: it is old, not unknown.
pub(crate) fn is_deprecated(base: &Trail<'_>, key: &str, form: Form) -> bool {
    let is_spec = base.keys_upwards().eq(["spec"]);
    is_spec && MOVED.iter().any(|(word, _)| key == *word || form == Form::Request && key == request_word(word))
}

fn deprecated_field(subject: &Subject<'_>, findings: &mut Findings) {
    let form = subject.document.form;
    let Some(spec) = form.spec(&subject.document.root) else { return };
    for (word, moves) in MOVED {
        for key in [*word, request_word(word)] {
            let Some(node) = spec.get(key) else { continue };
            let path = Path::of("spec").key(key);
            let mut changes = Vec::new();
            for (inner, to) in *moves {
                let from = if inner.is_empty() { Some(node) } else { node.get(inner) };
                // A number is a text in its new place.
                let text = from.and_then(|node| node.as_str().or_else(|| scalar_text(&node.value)));
                let to = Path::of(to);
                if let Some(text) = text.filter(|_| subject.document.find(&to, None).is_none()) {
                    changes.extend(insert(to, text));
                }
            }
            let to = moves.iter().map(|(_, to)| form.display(&Path::of(to))).collect::<Vec<_>>();
            let mut finding = Finding::new(
                &DEPRECATED_FIELD,
                message!("`{field}` is no longer read since v0.4; its place is {to}", "自 v0.4 起不再读取 `{field}`；现应写在 {to}";
                    "Nautes drops it without a word, and the default is used instead.", "Nautes 会静默丢弃此字段，并使用默认值。"),
                Place::key(path.clone()),
            )
            .with("field", key)
            .with_list("to", crate::text::quoted_list(&to));
            // What was ignored until now will be in force.
            let title = if changes.is_empty() { message!("remove it", "删除") } else { message!("move it there", "移动到新位置") };
            changes.extend(remove(path));
            finding = finding.fix(title, Applicability::Unsafe, changes);
            findings.push(finding);
            break;
        }
    }
}

fn read_only_field(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.document.form != Form::Resource {
        return;
    }
    let says_something = subject.document.root.get("status").is_some_and(|status| {
        status.entries().iter().any(|entry| !entry.value.is_null()) || !matches!(status.value, Value::Map(_) | Value::Null)
    });
    if says_something {
        let path = Path::of("status");
        findings.push(
            Finding::new(
                &READ_ONLY_FIELD,
                message!("`status` is written by operators, not by people", "`status` 由 operator 写入，不应手工填写";
                    "The API server ignores it here.", "API server 会忽略此处的内容。"),
                Place::key(path.clone()),
            )
            .fix(message!("remove it", "删除"), Applicability::Safe, remove(path)),
        );
    }
}

pub(crate) fn set(path: Path, text: &str) -> Vec<Change> {
    vec![Change::Set { path, value: Value::String(Cow::Owned(text.to_owned())) }]
}

/// Sets a value that may only have been filled in so far.
pub(crate) fn insert(path: Path, text: &str) -> Vec<Change> {
    vec![Change::Insert { path, value: Value::String(Cow::Owned(text.to_owned())) }]
}

pub(crate) fn remove(path: Path) -> Vec<Change> {
    vec![Change::Remove { path, occurrence: None }]
}

pub(crate) fn rename(path: Path, to: &str) -> Vec<Change> {
    vec![Change::Rename { path, to: to.to_owned() }]
}
