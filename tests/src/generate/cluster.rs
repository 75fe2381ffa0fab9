//! Right documents of the five profiles, and how each form writes them.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clearance_core::Form;
use clearance_core::model::API_VERSION;
use clearance_core::source::{Format, read};
use proptest::prelude::*;

use super::Mutation;
use super::tree::Tree;
use crate::case::corpus;

/// What a cluster is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// A host cluster.
    Host,
    /// A physical worker for deployments.
    PhysicalDeployment,
    /// A physical worker for pipelines.
    PhysicalPipeline,
    /// A virtual worker for deployments.
    VirtualDeployment,
    /// A virtual worker for pipelines.
    VirtualPipeline,
}

const PROFILES: [Profile; 5] =
    [Profile::Host, Profile::PhysicalDeployment, Profile::PhysicalPipeline, Profile::VirtualDeployment, Profile::VirtualPipeline];

/// A host cluster that is always there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Host {
    name: &'static str,
    address: &'static str,
}

/// The host clusters on which virtual ones run.
pub(super) const HOSTS: [Host; 2] = [Host { name: "host-a", address: "10.96.0.1" }, Host { name: "host-b", address: "10.96.0.2" }];

/// A right document.
#[derive(Debug, Clone)]
pub struct Blueprint {
    /// The cluster's name.
    pub name: String,
    /// What it is for.
    pub profile: Profile,
    /// The host of its API server.
    pub address: String,
    /// The port of its API server.
    pub port: u16,
    /// The host cluster of a virtual one.
    pub host: &'static str,
    /// Which of the things that may be left out are written: one bit each.
    pub written: u32,
    /// How the kubeconfig is written: in Base64 or plain.
    pub encoded: bool,
}

impl Host {
    pub(super) fn blueprint(self) -> Blueprint {
        Blueprint {
            name: self.name.to_owned(),
            profile: Profile::Host,
            address: self.address.to_owned(),
            port: 6443,
            host: "",
            written: u32::MAX,
            encoded: true,
        }
    }
}

/// Right documents of one host cluster.
pub(super) fn host(host: &Host) -> impl Strategy<Value = Blueprint> + use<> {
    let blueprint = host.blueprint();
    any::<u32>().prop_map(move |written| Blueprint { written, ..blueprint.clone() })
}

/// Right documents; `serial` keeps names, addresses and ports of many apart.
pub(super) fn blueprints(serial: u32) -> impl Strategy<Value = Blueprint> {
    let profile = prop::sample::select(PROFILES.to_vec());
    let written = prop_oneof![1 => Just(0), 1 => Just(u32::MAX), 4 => any::<u32>()];
    (profile, 0..HOSTS.len(), 0..6_u32, written, any::<bool>()).prop_map(move |(profile, host, network, written, encoded)| {
        let host = HOSTS[host];
        let is_virtual = matches!(profile, Profile::VirtualDeployment | Profile::VirtualPipeline);
        let own = match network {
            0 => format!("k8s-{serial}.example.com"),
            1 => format!("[fd00::{serial:x}]"),
            _ => format!("10.{}.{}.{}", 1 + serial / 62_500, serial / 250 % 250, 1 + serial % 250),
        };
        Blueprint {
            name: format!("{}-{serial}", ["runtime", "team"][(network as usize) % 2]),
            profile,
            address: if is_virtual { host.address.to_owned() } else { own },
            port: if is_virtual { 30_100 + u16::try_from(serial % 2_600).unwrap_or(0) } else { 6443 },
            host: host.name,
            written,
            encoded,
        }
    })
}

impl Blueprint {
    fn is_virtual(&self) -> bool {
        matches!(self.profile, Profile::VirtualDeployment | Profile::VirtualPipeline)
    }

    fn writes(&self, bit: u32) -> bool {
        self.written & (1 << (bit % 32)) != 0
    }

    fn domain(&self) -> String {
        match self.address.parse::<std::net::Ipv4Addr>() {
            Ok(ip) => format!("{ip}.nip.io"),
            Err(_) => format!("{}.example.com", self.name),
        }
    }

    /// The slots that its profile needs, each with its component, namespace and additions.
    #[expect(clippy::type_complexity, reason = "a table of rows, read once")]
    fn components(&self) -> Vec<(&'static str, &'static str, &'static str, Vec<(&'static str, String)>)> {
        let host = |component: &str| vec![("host", format!("{component}.{}.{}", self.name, self.domain()))];
        let ports = vec![("httpNodePort", "30080".to_owned()), ("httpsNodePort", "30443".to_owned())];
        let gateway = ("gateway", "traefik", "traefik", ports);
        let mut all = vec![
            ("multiTenant", "hnc", "hnc-system", vec![("syncResourceTypes", "tekton.dev/Pipeline,tekton.dev/Task".to_owned())]),
            ("secretSync", "external-secrets", "external-secrets", Vec::new()),
            ("deployment", "argocd", "argocd", host("argocd")),
        ];
        let (events, tekton) =
            (("eventListener", "argo-events", "argo-events", Vec::new()), ("pipeline", "tekton", "tekton-pipelines", host("tekton")));
        match self.profile {
            Profile::Host => all = vec![gateway],
            Profile::PhysicalDeployment => all.extend([gateway, ("progressiveDelivery", "argo-rollouts", "argo-rollouts", Vec::new())]),
            Profile::PhysicalPipeline | Profile::VirtualPipeline => all.extend([gateway, events, tekton]),
            Profile::VirtualDeployment => all.push(("progressiveDelivery", "argo-rollouts", "argo-rollouts", Vec::new())),
        }
        all
    }

    /// The resource; what only a request holds stands beside it, as `kubeconfig` and `vcluster`.
    #[must_use]
    pub fn resource(&self) -> Tree {
        let text = |text: &str| Tree::text(text);
        let mut metadata = Tree::map([("name", text(&self.name))]);
        if self.writes(0) {
            metadata.put("namespace", text("nautes"));
        }
        if self.writes(1) && self.writes(2) {
            metadata.put("labels", Tree::map([("app.kubernetes.io/part-of", text("nautes"))]));
            metadata.put("creationTimestamp", Tree::Null);
        }
        let mut root =
            Tree::map([("apiVersion", text(API_VERSION)), ("kind", text("Cluster")), ("metadata", metadata), ("spec", self.spec())]);
        if self.writes(3) && self.writes(4) {
            root.put("status", Tree::map([("productIDMap", Tree::Null), ("warnings", Tree::Null)]));
        }
        if !self.is_virtual() {
            root.put("kubeconfig", Tree::Text(self.kubeconfig()));
        } else if self.writes(5) {
            root.put("vcluster", Tree::map([("https_node_port", Tree::text(self.port.to_string()))]));
        }
        root
    }

    fn spec(&self) -> Tree {
        let text = |text: &str| Tree::text(text);
        let mut spec = Tree::map([("apiServer", Tree::text(format!("https://{}:{}", self.address, self.port)))]);
        if self.writes(6) {
            spec.put("clusterKind", text("kubernetes"));
        }
        spec.put("clusterType", text(if self.is_virtual() { "virtual" } else { "physical" }));
        let (usage, worker_type) = match self.profile {
            Profile::Host => ("host", None),
            Profile::PhysicalDeployment | Profile::VirtualDeployment => ("worker", Some("deployment")),
            Profile::PhysicalPipeline | Profile::VirtualPipeline => ("worker", Some("pipeline")),
        };
        spec.put("usage", text(usage));
        if let Some(worker_type) = worker_type {
            spec.put("workerType", text(worker_type));
        } else if self.writes(7) {
            spec.put("workerType", text(""));
        }
        if self.is_virtual() {
            spec.put("hostCluster", text(self.host));
        }
        // There is no default domain for an IPv6 address.
        if self.writes(8) || self.address.starts_with('[') {
            spec.put("primaryDomain", Tree::Text(self.domain()));
        }
        let components = self.components();
        let list = components.iter().enumerate().filter_map(|(index, component)| self.component(index, component)).collect::<Vec<_>>();
        if !list.is_empty() || self.writes(9) {
            spec.put("componentsList", Tree::Map(list));
        }
        if self.writes(10) {
            let keys = components.iter().take(2).map(|(_, _, namespace, _)| ((*namespace).to_owned(), Tree::List(vec![text("shop")])));
            spec.put("reservedNamespacesAllowedProducts", Tree::Map(keys.collect()));
        }
        if self.writes(11) {
            let role = Tree::map([("kind", text("ClusterRole")), ("group", text("rbac.authorization.k8s.io"))]);
            spec.put("productAllowedClusterResources", Tree::map([("shop", Tree::List(vec![role]))]));
        }
        spec
    }

    /// A slot, as far as it is written.
    fn component(
        &self,
        index: usize,
        (slot, name, namespace, additions): &(&str, &str, &str, Vec<(&str, String)>),
    ) -> Option<(String, Tree)> {
        let bit = 12 + u32::try_from(index).unwrap_or(0) * 2;
        let (named, told) = (self.writes(bit), self.writes(bit + 1));
        let mut component = Tree::Map(Vec::new());
        if named {
            component.put("name", Tree::text(*name));
            component.put("namespace", Tree::text(*namespace));
        }
        if told && !additions.is_empty() {
            let additions = additions.iter().map(|(key, value)| ((*key).to_owned(), Tree::Text(value.clone())));
            component.put("additions", Tree::Map(additions.collect()));
        }
        (named || told).then(|| ((*slot).to_owned(), component))
    }

    /// The corpus' kubeconfig with this cluster's server in it.
    fn kubeconfig(&self) -> String {
        let address = format!("https://{}:{}", self.address, self.port);
        let plain = KUBECONFIGS.fitting.replace(KUBECONFIGS.server, &address);
        if self.encoded { STANDARD.encode(plain) } else { plain }
    }
}

/// The kubeconfigs of some cases of the corpus.
pub(super) struct Kubeconfigs {
    /// One that fits, in plain YAML.
    fitting: String,
    /// The server in it.
    server: &'static str,
    /// Others, as they are written there.
    pub(super) others: Vec<String>,
}

pub(super) static KUBECONFIGS: LazyLock<Kubeconfigs> = LazyLock::new(|| {
    let fitting = kubeconfig_of("profiles/host-request").expect("a case with a kubeconfig");
    let plain = STANDARD.decode(fitting).ok().and_then(|bytes| String::from_utf8(bytes).ok()).expect("text in Base64");
    let names = [
        "rules/invalid-kubeconfig-fails-cut-off",
        "rules/invalid-kubeconfig-fails-no-kubeconfig",
        "rules/invalid-kubeconfig-fails-not-base64",
        "rules/kubeconfig-expired-fails",
        "rules/kubeconfig-insecure-fails",
        "rules/kubeconfig-local-server-fails-127-0-0-1",
        "rules/kubeconfig-reads-files-fails",
        "rules/kubeconfig-runs-program-fails-exec",
        "rules/kubeconfig-server-mismatch-fails",
        "rules/kubeconfig-wrong-context-fails",
        "real/kubeconfig-several-contexts",
        "real/kubeconfig-wrapped-64",
    ];
    Kubeconfigs { fitting: plain, server: "https://203.0.113.40:6443", others: names.into_iter().filter_map(kubeconfig_of).collect() }
});

fn kubeconfig_of(case: &str) -> Option<String> {
    ["input.json", "input.yaml"].into_iter().find_map(|file| {
        let text = std::fs::read_to_string(corpus().join(case).join(file)).ok()?;
        let parsed = read(&text, Format::of(Some(file), &text), &clearance_core::Limits::default()).into_iter().next()?;
        let holder = parsed.root.get("spec").unwrap_or(&parsed.root);
        holder.get("kubeconfig")?.as_str().map(str::to_owned)
    })
}

/// Writes a resource in a form.
pub(super) fn in_form(resource: &Tree, form: Form, mutations: &[Mutation]) -> Tree {
    let foreign = |key: &str| mutations.iter().any(|mutation| matches!(mutation, Mutation::OtherForm(other) if *other == key));
    let word = |key: &str, request: bool| if request == foreign(key) { key.to_owned() } else { snake(key) };
    let is_request = form == Form::Request;
    let spec = match resource.get("spec") {
        Some(Tree::Map(entries)) => {
            let entries = entries.iter().map(|(key, value)| {
                let value = match (key.as_str(), value) {
                    ("componentsList", Tree::Map(slots)) => {
                        Tree::Map(slots.iter().map(|(slot, value)| (word(slot, is_request), value.clone())).collect())
                    }
                    _ => value.clone(),
                };
                (word(key, is_request), value)
            });
            Tree::Map(entries.collect())
        }
        other => other.cloned().unwrap_or(Tree::Null),
    };
    let outside = |key: &str| key == "kubeconfig" || key == "vcluster";
    if form == Form::Resource {
        let entries = resource.entries().iter().filter(|(key, _)| !outside(key));
        return Tree::Map(entries.map(|(key, value)| (key.clone(), if key == "spec" { spec.clone() } else { value.clone() })).collect());
    }
    let mut body = spec;
    if let Tree::Map(entries) = &mut body {
        for (key, value) in resource.entries().iter().filter(|(key, _)| outside(key)) {
            let port = |word: &str| if word == "https_node_port" && !is_request { "httpsNodePort".to_owned() } else { word.to_owned() };
            let value = match value {
                Tree::Map(inner) => Tree::Map(inner.iter().map(|(key, value)| (port(key), value.clone())).collect()),
                other => other.clone(),
            };
            entries.push((key.clone(), value));
        }
        if form == Form::Property
            && let Some(name) = resource.at(&["metadata", "name"])
        {
            entries.insert(0, ("name".to_owned(), name.clone()));
        }
    }
    if is_request {
        return body;
    }
    let mut root: Vec<(String, Tree)> =
        resource.entries().iter().filter(|(key, _)| key == "apiVersion" || key == "kind").cloned().collect();
    root.push(("spec".to_owned(), body));
    Tree::Map(root)
}

/// A key in a request's words; only a name that the model has.
fn snake(key: &str) -> String {
    let known = !key.contains(['_', '-', '.', '$']) && key.is_ascii();
    if !known {
        return key.to_owned();
    }
    let mut snake = String::new();
    for c in key.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
