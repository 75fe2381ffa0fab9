//! Which components are asked for, and what they are told.

use super::structure::{remove, rename, set};
use super::{Check, Subject, rules};
use crate::catalog::{AdditionKind, AdditionType, Catalog};
use crate::finding::{Applicability, Finding, Findings, Path, Place, Segment, message};
use crate::fleet::NODE_PORTS;
use crate::model::{Component, Slot};
use crate::net::{LONGEST_LABEL, LONGEST_NAME, is_dns_name, is_host_name, port_number};
use crate::prelude::*;
use crate::rules::structure::DEPRECATED_FIELD;
use crate::text::{find, joined, nearest, nearest_or_only, quoted_list};

rules! { "components";
    UNKNOWN_COMPONENT = "unknown-component", Error, NotSupported, true, Check::Alone(unknown_component),
        "a component that the catalogue does not know", "组件目录中没有此组件";
    COMPONENT_IN_WRONG_SLOT = "component-in-wrong-slot", Error, Invalid, true, Check::Alone(component_in_wrong_slot),
        "a component stands in another's slot", "组件放错了槽位";
    UNUSED_COMPONENT = "unused-component", Warning, Forbidden, true, Check::Alone(unused_component),
        "a component that this kind of cluster does not use", "此类集群不使用该组件";
    COMPONENT_NOT_SELECTABLE = "component-not-selectable", Warning, Forbidden, true, Check::Alone(component_not_selectable),
        "a component that is not open to the requester", "不开放给请求者选择的组件";
    MISSING_ADDITION = "missing-addition", Error, Required, true, Check::Alone(missing_addition),
        "a component lacks something that it must be told", "组件缺少必需的附加参数";
    INVALID_ADDITION = "invalid-addition", Error, Invalid, true, Check::Alone(invalid_addition),
        "a component is told something that it cannot use", "组件的附加参数无效";
    UNKNOWN_ADDITION = "unknown-addition", Warning, Invalid, true, Check::Alone(unknown_addition),
        "a component is told something that it does not know", "组件不认识的附加参数";
    NAMESPACE_SHARED = "namespace-shared", Warning, Duplicate, true, Check::Alone(namespace_shared),
        "two components share a namespace", "两个组件共用一个命名空间";
}

/// The path of a slot.
pub(crate) fn at(slot: Slot) -> Path {
    Path::of("spec.componentsList").key(slot.word())
}

fn unknown_component(subject: &Subject<'_>, findings: &mut Findings) {
    for (slot, component) in subject.written.spec.components() {
        let Some(name) = component.name.as_deref().filter(|_| subject.known(slot).is_none()) else { continue };
        let path = at(slot).key("name");
        let known: Vec<&str> = subject.catalog.in_slot(slot).map(|known| known.name.as_str()).collect();
        let mut finding = Finding::new(
            &UNKNOWN_COMPONENT,
            message!(
                "the catalogue knows no component `{value}`; for `{slot}` it has {known}",
                "组件目录中没有 `{value}`；`{slot}` 可用：{known}"
            ),
            Place::value(path.clone()),
        )
        .found(name)
        .with("slot", slot.word())
        .with_list("known", quoted_list(&known));
        if let Some(word) = nearest_or_only(name, &known) {
            finding = finding.with("word", word).fix(message!("use `{word}`", "改用 `{word}`"), Applicability::Unsafe, set(path, word));
        }
        findings.push(finding);
    }
}

fn component_in_wrong_slot(subject: &Subject<'_>, findings: &mut Findings) {
    for (slot, component) in subject.written.spec.components() {
        let Some(known) = component.name.as_deref().and_then(|_| subject.known(slot)) else { continue };
        if known.slot == slot {
            continue;
        }
        let mut finding = Finding::new(
            &COMPONENT_IN_WRONG_SLOT,
            message!("`{value}` belongs in the slot `{right}`, not in `{slot}`", "`{value}` 应放在槽位 `{right}`，而不是 `{slot}`"),
            Place::value(at(slot).key("name")),
        )
        .found(known.name.as_str())
        .with("right", known.slot.word())
        .with("slot", slot.word());
        if let Some(default) = subject.catalog.default_of(slot) {
            finding = finding.with("word", default.name.as_str()).fix(
                message!("use `{word}` here", "此处改用 `{word}`"),
                Applicability::Unsafe,
                set(at(slot).key("name"), &default.name),
            );
        }
        let right = subject.document.form.written(&at(known.slot));
        if let Some(Segment::Key(right)) = right.as_ref().and_then(|path| path.segments().last())
            && subject.document.find(&at(known.slot), None).is_none()
        {
            finding = finding.fix(message!("move it to `{right}`", "移动到 `{right}`"), Applicability::Unsafe, rename(at(slot), right));
        }
        findings.push(finding);
    }
}

fn unused_component(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(profile) = subject.catalog.profile(&subject.written.spec) else { return };
    for (slot, component) in subject.written.spec.components() {
        if profile.slots.contains(&slot) || !Catalog::is_selectable(slot) {
            continue;
        }
        findings.push(
            Finding::new(
                &UNUSED_COMPONENT,
                message!("a {profile} cluster does not use `{slot}`", "{profile} 集群不使用 `{slot}`";
                    "It stays in the document and installs nothing.", "它会保留在文档中，但不会安装任何组件。"),
                Place::key(at(slot)),
            )
            .with("profile", profile.title().replace(',', ""))
            .with("slot", slot.word())
            .fix(message!("remove it", "删除"), removal(subject, slot, component), remove(at(slot))),
        );
    }
}

/// A component that installs nothing may go, unless products are granted its namespace.
fn removal(subject: &Subject<'_>, slot: Slot, component: &Component<'_>) -> Applicability {
    let namespace = component.namespace.as_deref().or(subject.known(slot).map(|default| default.namespace.as_str()));
    let granted = subject
        .written
        .spec
        .reserved_namespaces_allowed_products
        .as_ref()
        .is_some_and(|reserved| reserved.keys().any(|key| Some(key.as_ref()) == namespace));
    if granted { Applicability::Unsafe } else { Applicability::Safe }
}

fn component_not_selectable(subject: &Subject<'_>, findings: &mut Findings) {
    for (slot, component) in subject.written.spec.components() {
        if Catalog::is_selectable(slot) || subject.catalog.profile(&subject.written.spec).is_none() {
            continue;
        }
        // What filling in would write is no choice.
        let filled = Catalog::is_always_filled(slot, &subject.written.spec)
            || subject.catalog.profile(&subject.written.spec).is_some_and(|profile| profile.slots.contains(&slot));
        let same = subject.catalog.default_of(slot).is_some_and(|default| {
            component.name.as_deref().is_none_or(|name| name == default.name)
                && component.namespace.as_deref().is_none_or(|namespace| namespace == default.namespace)
                && component.additions.as_ref().is_none_or(|additions| {
                    additions.iter().all(|(key, value)| {
                        default.additions.iter().any(|known| known.name == *key && known.default.as_deref() == Some(value))
                    })
                })
        });
        if filled && same {
            continue;
        }
        findings.push(
            Finding::new(
                &COMPONENT_NOT_SELECTABLE,
                message!("`{slot}` is filled in and not open to choice", "`{slot}` 由系统填写，不能自选";
                    "The platform decides what is installed there; Nautes' API does not take it.", "该槽位由平台决定；Nautes API 不接受此项。"),
                Place::key(at(slot)),
            )
            .with("slot", slot.word())
            // What is filled in its place may be another component, or stand in another namespace.
            .fix(
                message!("remove it", "删除"),
                if filled { Applicability::Unsafe } else { removal(subject, slot, component) },
                remove(at(slot)),
            ),
        );
    }
}

/// What a slot's component wants to know.
fn additions<'s>(subject: &Subject<'s>, slot: Slot) -> Option<&'s [AdditionType]> {
    subject.known(slot).map(|known| known.additions.as_slice())
}

fn missing_addition(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(profile) = subject.catalog.profile(&subject.cluster.spec) else { return };
    for (slot, component) in subject.cluster.spec.components().filter(|(slot, _)| profile.slots.contains(slot)) {
        for addition in additions(subject, slot).unwrap_or_default() {
            let value = component.addition(&addition.name);
            // What has a default is missing only where it was left empty, or where the default
            // itself lacks something, which is told there.
            let missing = value.map_or(addition.default.is_none(), str::is_empty);
            if !addition.required || !missing {
                continue;
            }
            let path = at(slot).key("additions").key(addition.name.clone());
            let mut finding = Finding::new(
                &MISSING_ADDITION,
                message!("`{component}` needs the addition `{addition}`", "`{component}` 需要附加参数 `{addition}`"),
                Place::value(path.clone()),
            )
            .with("component", component.name.as_deref().unwrap_or(slot.word()).to_owned())
            .with("addition", addition.name.as_str());
            if value.is_some() && addition.default.is_some() {
                let change = remove(path);
                finding =
                    finding.fix(message!("remove it, so that it is filled in", "删除它，由系统填写默认值"), Applicability::Unsafe, change);
            }
            findings.push(finding);
        }
    }
}

fn invalid_addition(subject: &Subject<'_>, findings: &mut Findings) {
    for (slot, component) in subject.cluster.spec.components() {
        for addition in additions(subject, slot).unwrap_or_default() {
            let Some(value) = component.addition(&addition.name) else { continue };
            let place = || Place::value(at(slot).key("additions").key(addition.name.clone()));
            let is_written = subject.written.spec.component(slot).is_some_and(|written| written.addition(&addition.name).is_some());
            if !is_written {
                too_long_together(subject, addition, value, &place, findings);
            // What is required and empty is told as missing.
            } else if !(addition.required && value.is_empty()) {
                check_addition(addition, value, &place, findings);
            }
        }
    }
}

/// A host that is filled in is made of names that have rules of their own, and may yet be too long together.
fn too_long_together(subject: &Subject<'_>, addition: &AdditionType, value: &str, place: &dyn Fn() -> Place, findings: &mut Findings) {
    let domain = subject.cluster.spec.primary_domain.as_deref();
    let is_fine = domain.is_some_and(is_host_name) && subject.name.is_some_and(|name| name.len() <= LONGEST_LABEL);
    if is_fine && addition.kind == AdditionKind::Domain && value.len() > LONGEST_NAME {
        let message = message!("`{value}`, which would be filled in here, is too long for a DNS name", "将填入的 `{value}` 超过 DNS 名称的长度限制";
            "A DNS name has at most 253 characters: write a shorter one here, or shorten the primary domain.", "DNS 名称最长 253 个字符：请在此填写较短的名称，或缩短主域名。");
        findings.push(Finding::new(&INVALID_ADDITION, message, place()).found(value));
    }
}

/// Checks the value of an addition.
pub(crate) fn check_addition(addition: &AdditionType, value: &str, place: &dyn Fn() -> Place, findings: &mut Findings) {
    let message = match addition.kind {
        AdditionKind::Port => match port_number(value) {
            Some(port) if NODE_PORTS.contains(&port) => return,
            None if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) => {
                message!("`{value}` is no port", "`{value}` 不是端口"; "A node port is a number from 30000 to 32767, in quotes.", "节点端口是 30000 到 32767 之间的数字，需加引号。")
            }
            _ => {
                findings.push(super::ports::out_of_range(value, place()));
                return;
            }
        },
        AdditionKind::Domain if is_host_name(value) => return,
        AdditionKind::Domain => {
            message!("`{value}` is no DNS name", "`{value}` 不是 DNS 名称";
                "A DNS name is made of labels of lower-case letters, digits and `-` with dots between; the last one is no number.", "DNS 名称由小写字母、数字和 `-` 组成的标签以点连接，且最后一个标签不能是数字。")
        }
        AdditionKind::Path if is_repository_path(value) => return,
        AdditionKind::Path => message!("`{value}` is no path in a repository", "`{value}` 不是仓库中的路径";
            "Write a relative path without `..`, such as `templates/pipelines`.", "请填写不含 `..` 的相对路径，例如 `templates/pipelines`。"),
        AdditionKind::Revision if is_revision(value) => return,
        AdditionKind::Revision => message!("`{value}` is no Git revision", "`{value}` 不是 Git 版本";
            "Write a branch, a tag or a commit, such as `main`.", "请填写分支、标签或提交，例如 `main`。"),
        AdditionKind::GroupKinds if is_group_kinds(value) => return,
        AdditionKind::GroupKinds => message!("`{value}` is no list of `group/Kind`", "`{value}` 不是 `group/Kind` 列表";
            "Write group and kind with a slash between, several with commas: `tekton.dev/Pipeline,tekton.dev/Task`.", "请填写以斜杠分隔的组和类型，多个以逗号分隔：`tekton.dev/Pipeline,tekton.dev/Task`。"),
        AdditionKind::Text => return,
    };
    let mut finding = Finding::new(&INVALID_ADDITION, message, place()).found(value);
    if let Place::Path { path, .. } = place() {
        let trimmed = value.trim();
        let mended = match addition.kind {
            AdditionKind::Domain => Some(trimmed.trim_end_matches('.').to_ascii_lowercase()).filter(|mended| is_host_name(mended)),
            AdditionKind::Port => {
                Some(trimmed.to_owned()).filter(|mended| port_number(mended).is_some_and(|port| NODE_PORTS.contains(&port)))
            }
            AdditionKind::GroupKinds => {
                let parts: Vec<&str> = trimmed.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
                Some(joined(&parts, ",")).filter(|mended| is_group_kinds(mended))
            }
            _ => None,
        };
        if let Some(mended) = mended.filter(|mended| mended != value) {
            finding = finding.with("mended", mended.clone()).fix(
                message!("use `{mended}`", "改用 `{mended}`"),
                Applicability::Safe,
                set(path, &mended),
            );
        }
    }
    findings.push(finding);
}

fn is_repository_path(value: &str) -> bool {
    !value.is_empty()
        && !value.starts_with('/')
        && !value.contains(|c: char| matches!(c, '\\' | ':') || c.is_control() || c.is_whitespace())
        && value.split('/').all(|part| part != "..")
}

/// What `git check-ref-format` refuses is refused here.
fn is_revision(value: &str) -> bool {
    // Most are plain words, and need no closer look.
    let is_plain = || value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/'));
    let is_odd = |c: char| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    !value.is_empty()
        && !value.starts_with('-')
        && !value.ends_with('.')
        && value.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none())
        && (is_plain() || find(value, "..").is_none() && find(value, "@{").is_none() && !value.contains(is_odd))
}

fn is_group_kinds(value: &str) -> bool {
    !value.is_empty()
        && value.split(',').all(|part| {
            part.split_once('/').is_some_and(|(group, kind)| {
                (group.is_empty() || is_dns_name(group))
                    && kind.starts_with(|c: char| c.is_ascii_uppercase())
                    && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
            })
        })
}

fn unknown_addition(subject: &Subject<'_>, findings: &mut Findings) {
    for (slot, component) in subject.written.spec.components() {
        let Some(known) = additions(subject, slot) else { continue };
        let default = subject.catalog.default_of(slot).map_or(slot.word(), |default| default.name.as_str());
        let name = component.name.as_deref().unwrap_or(default);
        for (key, _) in component.additions.iter().flatten() {
            if known.iter().any(|addition| addition.name == *key) {
                continue;
            }
            let path = at(slot).key("additions").key(key.clone().into_owned());
            let place = Place::key(path.clone());
            if let Some(addition) = known.iter().find(|addition| addition.formerly.iter().any(|former| former == key)) {
                let mut finding = Finding::new(
                    &DEPRECATED_FIELD,
                    message!("`{field}` is no longer read since v0.4.1; it is now `{to}`", "自 v0.4.1 起不再读取 `{field}`；现为 `{to}`";
                        "Nautes takes no notice of the old name.", "Nautes 会忽略旧名称。"),
                    place,
                )
                .with("field", key.as_ref())
                .with("to", addition.name.as_str());
                if component.addition(&addition.name).is_none() {
                    // The same key under its new name; a value that cannot be used would only be told then.
                    let mut faults = Findings::new();
                    check_addition(addition, component.addition(key).unwrap_or_default(), &|| Place::value(Path::root()), &mut faults);
                    let applicability = if faults.is_empty() { Applicability::Safe } else { Applicability::Unsafe };
                    finding = finding.fix(message!("rename it to `{to}`", "重命名为 `{to}`"), applicability, rename(path, &addition.name));
                }
                findings.push(finding);
                continue;
            }
            let mut finding = Finding::new(
                &UNKNOWN_ADDITION,
                message!("`{component}` knows no addition `{addition}`", "`{component}` 没有附加参数 `{addition}`";
                    "It has no effect.", "它不起作用。"),
                place,
            )
            .with("component", name)
            .with("addition", key.as_ref());
            let free = known.iter().map(|addition| addition.name.as_str()).filter(|known| component.addition(known).is_none());
            if let Some(word) = nearest(key, &free.collect::<Vec<_>>()) {
                finding = finding.with("to", word).fix(
                    message!("rename it to `{to}`", "重命名为 `{to}`"),
                    Applicability::Unsafe,
                    rename(path.clone(), word),
                );
            }
            finding = finding.fix(message!("remove it", "删除"), Applicability::Unsafe, remove(path));
            findings.push(finding);
        }
    }
}

fn namespace_shared(subject: &Subject<'_>, findings: &mut Findings) {
    let components: Vec<(Slot, &str)> =
        subject.cluster.spec.components().filter_map(|(slot, component)| Some((slot, component.namespace.as_deref()?))).collect();
    for (slot, namespace) in &components {
        // It is told where a person wrote it.
        if subject.written.spec.component(*slot).and_then(|component| component.namespace.as_deref()) != Some(namespace) {
            continue;
        }
        let Some((other, _)) = components.iter().find(|(other, same)| other != slot && same == namespace) else { continue };
        // Of two that are written, the one in its own default namespace is in its right.
        let is_default = |slot: Slot| subject.known(slot).is_some_and(|known| known.namespace == *namespace);
        if is_default(*slot) && !is_default(*other) {
            continue;
        }
        let path = at(*slot).key("namespace");
        let mut finding = Finding::new(
            &NAMESPACE_SHARED,
            message!("`{value}` is also the namespace of `{other}`", "`{value}` 也是 `{other}` 的命名空间";
                "A product that may deploy into the one may deploy into the other, and removing one removes both.", "允许部署到其中一个的产品也能部署到另一个；删除一个会影响另一个。"),
            Place::value(path.clone()),
        )
        .found(*namespace)
        .with("other", other.word());
        if let Some(own) = subject.known(*slot).filter(|own| !components.iter().any(|(_, taken)| *taken == own.namespace)) {
            finding = finding.with("own", own.namespace.as_str()).fix(
                message!("use its own namespace `{own}`", "使用它自己的命名空间 `{own}`"),
                Applicability::Unsafe,
                set(path, &own.namespace),
            );
        }
        findings.push(finding);
    }
}
