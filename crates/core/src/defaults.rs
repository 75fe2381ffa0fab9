//! What is filled in, as changes to paths.
//!
//! Filling in adds only what is missing (an empty text says nothing, as for the operator, which is written in Go), removes
//! only `null`s, never overwrites what a person wrote, and does nothing the second time.

use alloc::borrow::Cow;
use core::net::IpAddr;

use crate::catalog::{AdditionType, Catalog};
use crate::finding::{Change, Path, Trail};
use crate::form::Form;
use crate::model::{Cluster, ClusterKind, ClusterSpec, ClusterType, Component, RequestOnly, Slot};
use crate::net::Address;
use crate::prelude::*;
use crate::source::{Node, Value};

/// A cluster with everything filled in, and the changes that do it.
#[derive(Debug, Clone)]
pub struct Filled<'a> {
    /// The cluster, but for what its products may: nothing of that is filled in, and copying it costs as much as
    /// filling in the rest.
    pub cluster: Cluster<'a>,
    /// What was missing.
    pub changes: Vec<Change>,
}

impl<'a> Filled<'a> {
    /// Fills in what a cluster lacks. `name` is its name, from wherever it is known.
    #[must_use]
    pub fn of(written: &Cluster<'a>, name: Option<&str>, catalog: &Catalog) -> Self {
        let spec = &written.spec;
        let spec = ClusterSpec {
            api_server: spec.api_server.clone(),
            cluster_kind: spec.cluster_kind.clone(),
            cluster_type: spec.cluster_type,
            usage: spec.usage,
            worker_type: spec.worker_type,
            host_cluster: spec.host_cluster.clone(),
            primary_domain: spec.primary_domain.clone(),
            components_list: spec.components_list.clone(),
            reserved_namespaces_allowed_products: None,
            product_allowed_cluster_resources: None,
        };
        let Cluster { api_version, kind, metadata, .. } = written;
        let cluster = Cluster { api_version: api_version.clone(), kind: kind.clone(), metadata: metadata.clone(), spec, status: () };
        let mut filled = Self { cluster, changes: Vec::new() };
        filled.fields();
        filled.components(name, catalog);
        filled
    }

    fn insert(&mut self, path: Path, text: &str) {
        self.changes.push(Change::Insert { path, value: Value::String(Cow::Owned(text.to_owned())) });
    }

    fn fields(&mut self) {
        if self.cluster.spec.cluster_kind.is_none() {
            let kind = ClusterKind::Kubernetes.word();
            self.insert(Path::of("spec.clusterKind"), kind);
            self.cluster.spec.cluster_kind = Some(Cow::Borrowed(kind));
        }
        if self.cluster.spec.primary_domain.is_none()
            && let Some(domain) = default_domain(self.cluster.spec.api_server.as_deref())
        {
            self.insert(Path::of("spec.primaryDomain"), &domain);
            self.cluster.spec.primary_domain = Some(Cow::Owned(domain));
        }
    }

    fn components(&mut self, name: Option<&str>, catalog: &Catalog) {
        let profile = catalog.profile(&self.cluster.spec);
        for &slot in Slot::ALL {
            let needed = profile.is_some_and(|profile| profile.slots.contains(&slot));
            let always = profile.is_some() && Catalog::is_always_filled(slot, &self.cluster.spec);
            if !needed && !always && self.cluster.spec.component(slot).is_none() {
                continue;
            }
            self.component(slot, name, catalog, needed || always);
        }
    }

    fn component(&mut self, slot: Slot, name: Option<&str>, catalog: &Catalog, installed: bool) {
        if self.cluster.spec.component(slot).is_none() && catalog.default_of(slot).is_none() {
            return;
        }
        let at = || Path::of("spec.componentsList").key(slot.word());
        let mut component = self.cluster.spec.components_list.as_mut().and_then(|list| list.slot_mut(slot).take()).unwrap_or_default();
        if component.name.is_none()
            && let Some(default) = catalog.default_of(slot)
        {
            self.insert(at().key("name"), &default.name);
            component.name = Some(Cow::Owned(default.name.clone()));
        }
        if let Some(known) = component.name.as_deref().and_then(|name| catalog.component(name)) {
            if component.namespace.is_none() {
                self.insert(at().key("namespace"), &known.namespace);
                component.namespace = Some(Cow::Owned(known.namespace.clone()));
            }
            // A component in another's slot is told, not completed; what installs nothing needs nothing.
            if known.slot == slot && installed {
                self.additions(&mut component, &known.additions, &at, name);
            }
        }
        let list = self.cluster.spec.components_list.get_or_insert_default();
        *list.slot_mut(slot) = Some(component);
    }

    fn additions(&mut self, component: &mut Component<'a>, known: &[AdditionType], at: &dyn Fn() -> Path, name: Option<&str>) {
        for addition in known.iter().filter(|addition| addition.required) {
            let there = component.addition(&addition.name).is_some();
            let default = addition.default.as_deref().filter(|_| !there);
            let Some(value) = default.and_then(|default| self.expand(default, name)) else { continue };
            self.insert(at().key("additions").key(addition.name.clone()), &value);
            component.additions.get_or_insert_default().insert(Cow::Owned(addition.name.clone()), Cow::Owned(value));
        }
    }

    /// A default with the cluster's words in it; nothing while one of them is not known.
    fn expand(&self, default: &str, name: Option<&str>) -> Option<String> {
        let (mut value, mut rest) = (String::new(), default);
        while let Some((before, behind)) = rest.split_once('{') {
            value.push_str(before);
            rest = if let Some(after) = behind.strip_prefix("cluster}") {
                value.push_str(name.filter(|name| !name.is_empty())?);
                after
            } else if let Some(after) = behind.strip_prefix("primaryDomain}") {
                value.push_str(self.cluster.spec.primary_domain.as_deref()?);
                after
            } else {
                value.push('{');
                behind
            };
        }
        value.push_str(rest);
        Some(value)
    }
}

/// The API server's host name, or `<ip>.nip.io` when it is an IPv4 address. There is none for an
/// IPv6 address: nip.io has no way to write it that every resolver takes.
fn default_domain(api_server: Option<&str>) -> Option<String> {
    let address = Address::parse(api_server?).ok()?;
    match address.ip {
        Some(IpAddr::V4(ip)) => Some(format!("{ip}.nip.io")),
        Some(IpAddr::V6(_)) => None,
        None => Some(address.host),
    }
}

/// The port of a virtual cluster, where a request does not say it.
pub(crate) fn vcluster_port(form: Form, cluster: &Cluster<'_>, request: &RequestOnly<'_>) -> Option<Change> {
    if form == Form::Resource || cluster.spec.cluster_type != Some(ClusterType::Virtual) {
        return None;
    }
    if request.vcluster.as_ref().is_some_and(|vcluster| vcluster.https_node_port.is_some()) {
        return None;
    }
    let address = Address::parse(cluster.spec.api_server.as_deref()?).ok()?;
    let port = Value::String(Cow::Owned(address.port.to_string()));
    address.has_port.then(|| Change::Insert { path: Path::of("vcluster.https_node_port"), value: port })
}

/// The `null` maps and slots below `spec` that go, where nothing is filled in at their place.
pub(crate) fn nulls(form: Form, root: &Node<'_>, inserted: &[Change]) -> Vec<Change> {
    let mut changes = Vec::new();
    if let Some(spec) = form.spec(root).filter(|spec| holds_null(spec)) {
        let base = if form == Form::Request { Trail::ROOT } else { Trail::ROOT.key("spec") };
        collect_nulls(spec, &base, &mut |path| {
            let path = form.canonical(&path);
            // A request's `cluster_name: null` says nothing of the name that comes from outside.
            if !path.starts_with(&Path::of("spec")) {
                return;
            }
            let filled = |change: &Change| matches!(change, Change::Insert { path: other, .. } if other.starts_with(&path));
            if !inserted.iter().any(filled) {
                changes.push(Change::Remove { path, occurrence: None });
            }
        });
    }
    changes
}

fn holds_null(node: &Node<'_>) -> bool {
    node.entries().iter().any(|entry| match entry.value.value {
        Value::Null => true,
        Value::Map(_) => holds_null(&entry.value),
        _ => false,
    })
}

fn collect_nulls(node: &Node<'_>, path: &Trail<'_>, found: &mut dyn FnMut(Path)) {
    for entry in node.entries().iter().filter(|entry| !entry.merged) {
        let below = path.key(&entry.key);
        // Of a repeated key, taking one copy away would bring another in force.
        let repeated = || node.entries().iter().filter(|other| other.key == entry.key).nth(1).is_some();
        if entry.value.is_null() && repeated() {
            continue;
        }
        if entry.value.is_null() {
            found(below.to_path());
        } else if !entry.value.alias {
            collect_nulls(&entry.value, &below, found);
        }
    }
}
