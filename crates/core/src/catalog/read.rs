//! A catalogue from a file. What is wrong with it becomes findings with a place, as for a cluster.

use super::{AdditionKind, AdditionType, Catalog, ComponentType, Profile, Source, SourceKind};
use crate::document::Document;
use crate::finding::{Finding, Findings, Path, Place, Severity, Trail, message};
use crate::form::Form;
use crate::model::structure::{Field, Section, Shape, Walk};
use crate::model::{ClusterType, Slot, Usage, WorkerType};
use crate::net::is_dns_label;
use crate::prelude::*;
use crate::rules::catalog::INVALID_CATALOG;
use crate::source::{Format, Limits, Node};
use crate::text::has;

/// Reads a catalogue that adds to the built-in one: a component of the same name replaces it, a
/// profile of the same kind too, and a new default takes the place of the slot's.
///
/// Returns nothing but findings when one of them is an error: a catalogue is used whole or not at all.
#[must_use]
pub fn read(text: &str, file_name: Option<&str>) -> (Option<Catalog>, Vec<Finding>) {
    let format = Format::of(file_name, text);
    let mut documents = crate::source::read(text, format, &Limits::default()).into_iter();
    let mut findings = Findings::new();
    let Some(parsed) = documents.next() else { return (None, findings) };
    let document = Document::plain(text, format, parsed);
    let repeats_keys = document.root.repeats_keys();
    document.faults(repeats_keys, &mut findings);
    Walk { form: Form::Resource, repeats_keys, findings: &mut findings }
        .object(&document.root, &[Section { base: &Trail::ROOT, fields: CATALOG }]);
    let mut catalog = Catalog::built_in().clone();
    merge(&mut catalog, &document.root, &mut findings);
    let usable = findings.iter().all(|finding| finding.severity != Severity::Error);
    (usable.then_some(catalog), findings)
}

/// The built-in catalogue. A test proves that it has no findings.
pub(super) fn built_in(text: &str) -> Catalog {
    let mut catalog = Catalog::default();
    if let Some(parsed) = crate::source::read(text, Format::Yaml, &Limits::default()).into_iter().next() {
        merge(&mut catalog, &parsed.root, &mut Findings::new());
    }
    catalog
}

fn merge(catalog: &mut Catalog, root: &Node<'_>, findings: &mut Findings) {
    let components = Path::of("components");
    let mut defaults: Vec<Slot> = Vec::new();
    for entry in root.get("components").map(Node::entries).unwrap_or_default() {
        let path = components.clone().key(entry.key.clone().into_owned());
        let Some(component) = component(&entry.key, &entry.value, &path, findings) else { continue };
        if component.default {
            if defaults.contains(&component.slot) {
                findings.push(
                    Finding::new(
                        &INVALID_CATALOG,
                        message!("the slot `{slot}` has a second default", "槽位 `{slot}` 有第二个默认组件";
                            "A slot is filled with one component: mark one of them with `default: true`.", "每个槽位只能有一个默认组件：请只在其中一个上设置 `default: true`。"),
                        Place::value(path.clone().key("default")),
                    )
                    .with("slot", component.slot.word()),
                );
            }
            defaults.push(component.slot);
            for other in catalog.components.iter_mut().filter(|other| other.slot == component.slot) {
                other.default = false;
            }
        }
        catalog.components.retain(|other| other.name != component.name);
        catalog.components.push(component);
    }
    for (index, node) in root.get("profiles").map(Node::items).unwrap_or_default().iter().enumerate() {
        let Some(profile) = profile(node) else { continue };
        if profile.usage == Usage::Host && (profile.cluster_type == ClusterType::Virtual || profile.worker_type.is_some()) {
            findings.push(Finding::new(
                &INVALID_CATALOG,
                message!("a host cluster is physical and has no worker type", "宿主集群必须是物理集群，且没有 worker 类型"),
                Place::value(Path::of("profiles").index(index)),
            ));
        }
        catalog.profiles.retain(|other| other.name() != profile.name());
        catalog.profiles.push(profile);
    }
    // A profile can only need what can be filled in.
    for profile in &catalog.profiles {
        for slot in &profile.slots {
            if catalog.default_of(*slot).is_none() {
                findings.push(
                    Finding::new(
                        &INVALID_CATALOG,
                        message!("a profile needs the slot `{slot}`, which has no default component", "某个 profile 需要槽位 `{slot}`，但它没有默认组件";
                            "Mark one of the slot's components with `default: true`.", "请在该槽位的一个组件上设置 `default: true`。"),
                        Place::value(Path::of("components")),
                    )
                    .with("slot", slot.word()),
                );
            }
        }
    }
}

fn component(name: &str, node: &Node<'_>, path: &Path, findings: &mut Findings) -> Option<ComponentType> {
    let text = |key| node.get(key).and_then(Node::as_str);
    for (value, path) in [(Some(name), path.clone()), (text("namespace"), path.clone().key("namespace"))] {
        if let Some(value) = value.filter(|value| !is_dns_label(value)) {
            findings.push(
                Finding::new(
                    &INVALID_CATALOG,
                    message!("`{value}` is no DNS label", "`{value}` 不是有效的 DNS 标签";
                        "Names of components and namespaces are lower-case letters, digits and `-`, at most 63.", "组件名和命名空间只能包含小写字母、数字和 `-`，最长 63 个字符。"),
                    Place::value(path),
                )
                .found(value),
            );
        }
    }
    let mut additions = Vec::new();
    for entry in node.get("additions").map(Node::entries).unwrap_or_default() {
        let get = |key| entry.value.get(key);
        let word = get("kind").and_then(Node::as_str).unwrap_or("text");
        let addition = AdditionType {
            name: entry.key.clone().into_owned(),
            kind: AdditionKind::WORDS.iter().find(|(known, _)| *known == word).map_or(AdditionKind::Text, |(_, kind)| *kind),
            required: get("required").is_some_and(|node| node.value == crate::source::Value::Bool(true)),
            default: get("default").and_then(Node::as_str).map(str::to_owned),
            formerly: get("formerly").map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).map(str::to_owned).collect(),
        };
        if let Some(default) = addition.default.as_deref().filter(|default| !has(default, b'{')) {
            let place = || Place::value(path.clone().key("additions").key(addition.name.clone()).key("default"));
            crate::rules::components::check_addition(&addition, default, &place, findings);
        }
        additions.push(addition);
    }
    Some(ComponentType {
        name: name.to_owned(),
        slot: text("slot").and_then(Slot::from_word)?,
        namespace: text("namespace")?.to_owned(),
        default: node.get("default").is_some_and(|node| node.value == crate::source::Value::Bool(true)),
        additions,
        source: node.get("source").and_then(source),
    })
}

fn source(node: &Node<'_>) -> Option<Source> {
    let text = |key| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let what = text("chart").map(SourceKind::Chart).or_else(|| text("path").map(SourceKind::Path))?;
    Some(Source { repository: text("repository")?, what, version: text("version")? })
}

fn profile(node: &Node<'_>) -> Option<Profile> {
    let text = |key| node.get(key).and_then(Node::as_str);
    Some(Profile {
        usage: text("usage").and_then(Usage::from_word)?,
        cluster_type: text("clusterType").and_then(ClusterType::from_word)?,
        worker_type: text("workerType").and_then(WorkerType::from_word),
        slots: node.get("slots").map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).filter_map(Slot::from_word).collect(),
    })
}

const fn field(name: &'static str, required: bool, shape: Shape, about: &'static str) -> Field {
    Field { name, request: name, required, shape, about }
}

const SLOTS: &[&str] = &[
    "multiTenant",
    "secretSync",
    "gateway",
    "deployment",
    "progressiveDelivery",
    "pipeline",
    "eventListener",
    "certManagement",
    "oauthProxy",
    "secretManagement",
];

/// The shape of a catalogue file.
const CATALOG: &[Field] = &[
    field("version", true, Shape::Integer, "The version of the file's shape: 1."),
    field("components", false, Shape::Map(&COMPONENT), "The components, by their names."),
    field("profiles", false, Shape::List(&PROFILE), "What each kind of cluster needs."),
];

static COMPONENT: Shape = Shape::Object(&[
    field("slot", true, Shape::Choice(SLOTS), "The slot that the component goes into."),
    field("namespace", true, Shape::Text, "The namespace that it is installed into, if none is asked for."),
    field("default", false, Shape::Boolean, "Whether it is what its slot is filled with."),
    field("additions", false, Shape::Map(&ADDITION), "What it wants to know."),
    field("source", false, Shape::Object(SOURCE), "Where it is installed from; absent where others install it."),
]);

const SOURCE: &[Field] = &[
    field("repository", true, Shape::Text, "The address of a Helm or Git repository."),
    field("chart", false, Shape::Text, "The name of a chart."),
    field("path", false, Shape::Text, "A directory of a Git repository, where there is no chart."),
    field("version", true, Shape::Text, "The chart's version, or a Git revision."),
];

static ADDITION: Shape = Shape::Object(&[
    field("kind", true, Shape::Choice(&["port", "domain", "path", "revision", "groupKinds", "text"]), "What the addition may hold."),
    field("required", false, Shape::Boolean, "Whether it must be there."),
    field("default", false, Shape::Text, "What is filled in; `{cluster}` and `{primaryDomain}` stand for the cluster's."),
    field("formerly", false, Shape::List(&Shape::Text), "Names that it had before."),
]);

static PROFILE: Shape = Shape::Object(&[
    field("usage", true, Shape::Choice(&["host", "worker"]), "Host or worker."),
    field("clusterType", true, Shape::Choice(&["physical", "virtual"]), "Physical or virtual."),
    field("workerType", false, Shape::Choice(&["deployment", "pipeline"]), "What a worker runs."),
    field("slots", true, Shape::List(&Shape::Choice(SLOTS)), "The slots that it needs."),
]);
