//! The cluster's own name, and those of its namespaces.

use super::components::at;
use super::structure::{MISSING_FIELD, set};
use super::{Check, Subject, rules};
use crate::finding::{Applicability, Finding, Findings, Message, Path, Place, Severity, message};
use crate::form::Form;
use crate::net::{LONGEST_LABEL, is_dns_label};
use crate::prelude::*;

/// What leaves room for `-runtime-initial` in a label of 63 characters.
const LONGEST_USEFUL_NAME: usize = 47;

rules! { "naming";
    INVALID_NAME = "invalid-name", Error, Invalid, true, Check::Alone(invalid_name),
        "a name is no DNS label", "名称不是有效的 DNS 标签";
    NAME_TOO_LONG = "name-too-long", Error, Invalid, false, Check::Alone(name_too_long),
        "a name is too long", "名称过长";
    NAME_MISMATCH = "name-mismatch", Error, Invalid, true, Check::Alone(name_mismatch),
        "the name differs from the one outside the document", "名称与文档之外给出的名称不一致";
}

pub(super) const NO_NAME: &Message = message!("`{value}` is no valid name", "`{value}` 不是有效的名称";
                "Use lower-case letters, digits and `-`, and begin and end with a letter or digit: the name becomes part of file names, host names and labels.",
                "请只使用小写字母、数字和 `-`，并以字母或数字开头和结尾：名称会用于文件名、主机名和标签。");
const LONG_NAME: &Message = message!("the name has {length} characters; at most {limit} are possible", "名称有 {length} 个字符，最多 {limit} 个";
                    "Choose a shorter one; a cluster's name should have at most 47, as it becomes part of other names.", "请使用更短的名称；集群名称应不超过 47 个字符，因为它会成为其他名称的一部分。");

fn invalid_name(subject: &Subject<'_>, findings: &mut Findings) {
    let metadata = &subject.written.metadata;
    if subject.document.form == Form::Resource
        && metadata.name.is_none()
        && metadata.generate_name.is_none()
        && subject.name.is_none()
        && subject.document.root.get("metadata").is_some_and(|node| !node.is_null())
    {
        findings.push(
            Finding::new(
                &MISSING_FIELD,
                message!("the field `{field}` is missing", "缺少字段 `{field}`"; "Give the cluster a name.", "请为集群命名。"),
                Place::value(Path::of("metadata.name")),
            )
            .with("field", "name"),
        );
    }
    for (name, path) in names(subject, |name| !is_dns_label(name)) {
        // What is only too long is told as such.
        let shortened: String = name.chars().take(LONGEST_LABEL).collect();
        if name.len() > LONGEST_LABEL && is_dns_label(shortened.trim_end_matches('-')) {
            continue;
        }
        let mut finding = Finding::new(&INVALID_NAME, NO_NAME, Place::value(path.clone())).found(name);
        let mended = mended(name);
        if is_dns_label(&mended) {
            finding = finding.with("mended", mended.clone()).fix(
                message!("use `{mended}`", "改用 `{mended}`"),
                Applicability::Unsafe,
                set(path, &mended),
            );
        }
        findings.push(finding);
    }
}

/// Some of the names that must be DNS labels: the cluster's, and those of the namespaces.
fn names<'s>(subject: &'s Subject<'_>, is_faulty: fn(&str) -> bool) -> Vec<(&'s str, Path)> {
    let mut names = Vec::new();
    let mut add = |name: Option<&'s str>, path: &dyn Fn() -> Path| {
        names.extend(name.filter(|name| is_faulty(name)).map(|name| (name, path())));
    };
    add(subject.name, &|| Path::of("metadata.name"));
    add(subject.written.metadata.namespace.as_deref(), &|| Path::of("metadata.namespace"));
    for (slot, component) in subject.written.spec.components() {
        add(component.namespace.as_deref(), &|| at(slot).key("namespace"));
    }
    names
}

/// The name with what labels may not hold replaced.
fn mended(name: &str) -> String {
    let dashed: String = name.trim().to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    dashed.trim_matches('-').chars().take(LONGEST_LABEL).collect()
}

fn name_too_long(subject: &Subject<'_>, findings: &mut Findings) {
    for (name, path) in names(subject, |name| name.len() > LONGEST_LABEL) {
        let length = name.chars().count();
        if length > LONGEST_LABEL {
            findings.push(
                Finding::new(&NAME_TOO_LONG, LONG_NAME, Place::value(path))
                    .found(name)
                    .with("length", length.to_string())
                    .with("limit", LONGEST_LABEL.to_string()),
            );
        }
    }
    let Some(name) = subject.name else { return };
    let length = name.chars().count();
    if (LONGEST_USEFUL_NAME.saturating_add(1)..=LONGEST_LABEL).contains(&length) {
        findings.push(
            Finding::new(
                &NAME_TOO_LONG,
                message!("the name has {length} characters; from {limit} on Argo CD has no room for `{value}-runtime-initial`", "名称有 {length} 个字符；超过 {limit} 个时 Argo CD 放不下 `{value}-runtime-initial`";
                    "Argo CD writes that name into a label of at most 63 characters.", "Argo CD 会将该名称写入最长 63 个字符的标签。"),
                Place::value(Path::of("metadata.name")),
            )
            .found(name)
            .with("length", length.to_string())
            .with("limit", LONGEST_USEFUL_NAME.saturating_add(1).to_string())
            .weigh(Severity::Warning),
        );
    }
}

fn name_mismatch(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(inside) = subject.written.metadata.name.as_deref() else { return };
    let mismatch = |outside: &str, message| {
        let path = Path::of("metadata.name");
        Finding::new(&NAME_MISMATCH, message, Place::value(path.clone())).found(inside).with("outside", outside).fix(
            message!("use `{outside}`", "改用 `{outside}`"),
            Applicability::Unsafe,
            set(path, outside),
        )
    };
    if let Some(outside) = subject.document.name.as_deref() {
        if outside != inside {
            let message = message!(
                "the document says `{value}`, but it was given as `{outside}`",
                "文档中的名称为 `{value}`，但给出的名称是 `{outside}`"
            );
            findings.push(mismatch(outside, message));
        }
    } else if let Some(outside) = subject.document.filed.as_deref().filter(|outside| *outside != inside) {
        // It is applied as it is: only who looks for the file of a cluster is led astray.
        let message = message!("the cluster is called `{value}`, but its file `{outside}`", "集群名称为 `{value}`，但其文件名为 `{outside}`";
            "A cluster's file has its name: when the cluster is deleted or registered again, Nautes takes that file.", "集群的文件以集群命名：删除或重新注册该集群时，Nautes 使用的就是这个文件。");
        findings.push(mismatch(outside, message).weigh(Severity::Warning));
    }
}
