//! What a field may hold: words, other clusters, components, and ports and hosts that are free.

use super::complete::{Around, CandidateKind};
use super::{keys, shape_at};
use crate::catalog::{AdditionKind, AdditionType};
use crate::defaults::Filled;
use crate::finding::{Language, Text};
use crate::fleet::{Fleet, GatewayPort, NODE_PORTS, Record};
use crate::model::structure::Shape;
use crate::model::{API_VERSION, Cluster, ClusterKind, ClusterType, DEFAULT_NAMESPACE, KIND, Slot, Usage};
use crate::net::{Address, in_url, port_number};
use crate::prelude::*;
use crate::rules::suppression;
use crate::rules::tenancy::GROUPS;

/// One value that may be written.
#[derive(Debug, Clone)]
pub(super) struct Suggestion {
    pub text: String,
    pub kind: CandidateKind,
    pub detail: String,
    /// Whether it only shows the shape of what a person must say.
    pub placeholder: bool,
}

impl Suggestion {
    fn new(text: impl Into<String>, kind: CandidateKind, detail: impl Into<String>) -> Self {
        Self { text: text.into(), kind, detail: detail.into(), placeholder: false }
    }

    fn value(text: impl Into<String>) -> Self {
        Self::new(text, CandidateKind::Value, "")
    }

    fn placeholder(text: impl Into<String>) -> Self {
        Self { placeholder: true, ..Self::value(text) }
    }
}

const DEFAULT: Text = Text::new("the default", "默认值");
const FREE: Text = Text::new("free on `{host}`", "在 `{host}` 上空闲");
/// How many free ports are offered on one host.
const OFFERED: usize = 3;

/// Addresses for documentation (RFC 5737): nobody's cluster is meant.
fn example_address(fleet: &Fleet) -> String {
    let hosts = (10..250_u8).map(|last| format!("203.0.113.{last}"));
    let free = hosts.into_iter().find(|host| fleet.with_address(&(host.clone(), 6443)).next().is_none());
    format!("https://{}:6443", free.unwrap_or_else(|| "203.0.113.10".to_owned()))
}

/// What may stand at the path; for a map that may have any key, its keys.
pub(super) fn values(around: &Around<'_>) -> Vec<Suggestion> {
    let words: Vec<&str> = keys(&around.path).collect();
    let language = around.rulebook.settings().language;
    let cluster = Cluster::read(around.document.form, &around.document.root);
    let name = around.name();
    let filled = Filled::of(&cluster, name.as_deref(), around.rulebook.catalog()).cluster;
    let mut found = match words.as_slice() {
        ["apiVersion"] => vec![Suggestion::value(API_VERSION)],
        ["kind"] => vec![Suggestion::value(KIND)],
        ["metadata", "name"] => vec![name.map_or_else(|| Suggestion::placeholder("my-cluster"), Suggestion::value)],
        ["metadata", "namespace"] => vec![Suggestion::value(DEFAULT_NAMESPACE)],
        ["metadata", "annotations"] => vec![Suggestion::value(suppression::ANNOTATION)],
        ["spec", "clusterKind"] => vec![Suggestion::value(ClusterKind::Kubernetes.word())],
        ["spec", "usage" | "clusterType" | "workerType"] => choices(around),
        ["spec", "apiServer"] => addresses(around, &cluster, language),
        ["spec", "hostCluster"] => hosts(around, &cluster),
        ["spec", "componentsList", slot, "name"] => components(around, slot, language),
        ["spec", "componentsList", slot, "additions"] => additions(around, &filled, slot, language),
        ["spec", "componentsList", slot, "additions", key] => addition(around, &filled, slot, key, language),
        ["spec", "reservedNamespacesAllowedProducts"] => namespaces(&filled),
        ["spec", "productAllowedClusterResources"] => products(&cluster, true),
        ["spec", "reservedNamespacesAllowedProducts", _] => products(&cluster, false),
        ["spec", "productAllowedClusterResources", _, "kind"] => {
            GROUPS.iter().map(|(kind, group)| Suggestion::new(*kind, CandidateKind::Word, *group)).collect()
        }
        ["spec", "productAllowedClusterResources", _, "group"] => groups(around),
        _ => Vec::new(),
    };
    if found.is_empty()
        && let Some(value) = around.filled()
    {
        found.push(Suggestion::new(value, CandidateKind::Value, DEFAULT.in_language(language)));
    }
    found
}

/// The words of an enumeration that go together with what is said already.
fn choices(around: &Around<'_>) -> Vec<Suggestion> {
    let Some((Shape::Choice(words), field)) = shape_at(&around.path) else { return Vec::new() };
    let kind = around.kind();
    let fits = |word: &str| match field.map_or("", |field| field.name) {
        "usage" => kind.cluster_type != Some(ClusterType::Virtual) || word == Usage::Worker.word(),
        "clusterType" => kind.usage != Some(Usage::Host) || word == ClusterType::Physical.word(),
        _ => true,
    };
    words.iter().filter(|word| !word.is_empty() && fits(word)).map(|word| Suggestion::new(*word, CandidateKind::Word, "")).collect()
}

/// For a virtual cluster the address of its host and the next free ports; for a physical one only
/// a person knows it.
fn addresses(around: &Around<'_>, cluster: &Cluster<'_>, language: Language) -> Vec<Suggestion> {
    if around.kind().cluster_type != Some(ClusterType::Virtual) {
        return vec![Suggestion::placeholder(example_address(around.fleet))];
    }
    let chosen = cluster.spec.host_cluster.as_deref();
    let hosts = around.fleet.hosts(cluster.namespace()).filter(|host| chosen.is_none_or(|name| name == host.name));
    let mut found: Vec<Suggestion> = Vec::new();
    for host in hosts.take(20) {
        let Some((address, _)) = &host.address else { continue };
        let shown = in_url(address);
        let detail = FREE.in_language(language).replace("{host}", &host.name);
        let mut taken = Vec::new();
        while let Some(port) = around.fleet.free_port(&host.identity(), *NODE_PORTS.start(), &taken).filter(|_| taken.len() < OFFERED) {
            found.push(Suggestion::new(format!("https://{shown}:{port}"), CandidateKind::Value, detail.clone()));
            taken.push(port);
        }
    }
    found
}

/// The host clusters; first those at the address that is given.
fn hosts(around: &Around<'_>, cluster: &Cluster<'_>) -> Vec<Suggestion> {
    let address = cluster.spec.api_server.as_deref().and_then(|address| Address::parse(address).ok());
    let is_there =
        |host: &Record| address.as_ref().is_some_and(|address| host.address.as_ref().is_some_and(|(own, _)| *own == address.host));
    let own = around.name();
    let all: Vec<&Record> = around.fleet.hosts(cluster.namespace()).filter(|host| own.as_deref() != Some(host.name.as_str())).collect();
    let (here, elsewhere): (Vec<&Record>, Vec<&Record>) = all.into_iter().partition(|host| is_there(host));
    let suggestion = |host: &Record| {
        let detail = host.address.as_ref().map(|(address, _)| address.clone()).unwrap_or_default();
        Suggestion::new(host.name.clone(), CandidateKind::Cluster, detail)
    };
    here.into_iter().chain(elsewhere).take(1_000).map(suggestion).collect()
}

fn components(around: &Around<'_>, slot: &str, language: Language) -> Vec<Suggestion> {
    let Some(slot) = Slot::from_word(slot) else { return Vec::new() };
    let catalog = around.rulebook.catalog();
    let (default, others): (Vec<_>, Vec<_>) = catalog.in_slot(slot).partition(|component| component.default);
    let detail = |is_default: bool| if is_default { DEFAULT.in_language(language) } else { "" };
    default
        .into_iter()
        .chain(others)
        .map(|component| Suggestion::new(component.name.clone(), CandidateKind::Component, detail(component.default)))
        .collect()
}

/// What the component in a slot wants to know.
fn known_additions<'a>(around: &'a Around<'_>, filled: &Cluster<'_>, slot: &str) -> &'a [AdditionType] {
    let catalog = around.rulebook.catalog();
    let Some(slot) = Slot::from_word(slot) else { return &[] };
    let named = filled.spec.component(slot).and_then(|component| component.name.as_deref()).and_then(|name| catalog.component(name));
    named.or_else(|| catalog.default_of(slot)).map_or(&[], |component| &component.additions)
}

fn additions(around: &Around<'_>, filled: &Cluster<'_>, slot: &str, language: Language) -> Vec<Suggestion> {
    let known = known_additions(around, filled, slot);
    let (required, optional): (Vec<_>, Vec<_>) = known.iter().partition(|addition| addition.required);
    let detail = |addition: &AdditionType| if addition.required { DEFAULT.in_language(language) } else { "" };
    required
        .into_iter()
        .chain(optional)
        .map(|addition| Suggestion::new(addition.name.clone(), CandidateKind::Field, detail(addition)))
        .collect()
}

fn addition(around: &Around<'_>, filled: &Cluster<'_>, slot: &str, key: &str, language: Language) -> Vec<Suggestion> {
    let Some(addition) = known_additions(around, filled, slot).iter().find(|addition| addition.name == key) else { return Vec::new() };
    let default = around.filled().or_else(|| addition.default.clone().filter(|default| !default.contains('{')));
    match addition.kind {
        AdditionKind::Port if around.kind().usage == Some(Usage::Host) => free_ports(around, filled, key, default.as_deref(), language),
        AdditionKind::Domain => {
            default.and_then(|wanted| around.fleet.free_component_host(&wanted)).map(Suggestion::value).into_iter().collect()
        }
        _ => default.map(|default| Suggestion::new(default, CandidateKind::Value, DEFAULT.in_language(language))).into_iter().collect(),
    }
}

/// Ports that nobody has on this host cluster, from the default upwards.
fn free_ports(around: &Around<'_>, filled: &Cluster<'_>, key: &str, default: Option<&str>, language: Language) -> Vec<Suggestion> {
    let name = around.name().map(alloc::borrow::Cow::into_owned).unwrap_or_default();
    let identity = (filled.namespace().to_owned(), name);
    let gateway = filled.spec.component(Slot::Gateway);
    let others = GatewayPort::ALL.into_iter().filter(|which| which.addition() != key);
    let mut taken: Vec<u16> = others.filter_map(|which| port_number(gateway?.addition(which.addition())?)).collect();
    let from = default.and_then(port_number).unwrap_or(*NODE_PORTS.start());
    let detail = FREE.in_language(language).replace("{host}", &identity.1);
    let mut found = Vec::new();
    while let Some(port) = around.fleet.free_port(&identity, from, &taken).filter(|_| found.len() < OFFERED) {
        found.push(Suggestion::new(port.to_string(), CandidateKind::Value, detail.clone()));
        taken.push(port);
    }
    found
}

/// The namespaces of the components that are named or filled in.
fn namespaces(filled: &Cluster<'_>) -> Vec<Suggestion> {
    filled
        .spec
        .components()
        .filter_map(|(slot, component)| Some(Suggestion::new(component.namespace.as_deref()?, CandidateKind::Value, slot.word())))
        .collect()
}

/// The products that the description names elsewhere.
fn products(cluster: &Cluster<'_>, as_key: bool) -> Vec<Suggestion> {
    let spec = &cluster.spec;
    let granted = spec.reserved_namespaces_allowed_products.iter().flatten().flat_map(|(_, products)| products.iter());
    let allowed = spec.product_allowed_cluster_resources.iter().flat_map(crate::map::Map::keys);
    let mut names: Vec<&str> = granted.chain(allowed).map(AsRef::as_ref).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() && as_key {
        return vec![Suggestion::placeholder("my-product")];
    }
    names.into_iter().map(Suggestion::value).collect()
}

/// The group of the kind beside it.
fn groups(around: &Around<'_>) -> Vec<Suggestion> {
    let mut beside = around.path.clone();
    beside.pop();
    let kind = around.document.find(&beside.key("kind"), None).and_then(|at| at.node().as_str());
    let known = GROUPS.iter().filter(|(word, _)| kind.is_none_or(|kind| kind == *word));
    let mut found: Vec<&str> = known.map(|(_, group)| *group).collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(Suggestion::value).collect()
}
