//! The slips that people make, each as often as it seems likely.

use proptest::prelude::*;

use super::cluster::KUBECONFIGS;
use super::{Mutation, Tree};

type Keys = Vec<&'static str>;

/// Fields that there are, in the resource's words; `kubeconfig` and `vcluster` are a request's.
const FIELDS: &[&[&str]] = &[
    &["metadata"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "labels"],
    &["spec"],
    &["spec", "apiServer"],
    &["spec", "clusterKind"],
    &["spec", "clusterType"],
    &["spec", "usage"],
    &["spec", "workerType"],
    &["spec", "hostCluster"],
    &["spec", "primaryDomain"],
    &["spec", "componentsList"],
    &["spec", "componentsList", "gateway"],
    &["spec", "componentsList", "gateway", "name"],
    &["spec", "componentsList", "gateway", "namespace"],
    &["spec", "componentsList", "gateway", "additions"],
    &["spec", "componentsList", "gateway", "additions", "httpNodePort"],
    &["spec", "componentsList", "gateway", "additions", "httpsNodePort"],
    &["spec", "componentsList", "multiTenant"],
    &["spec", "componentsList", "multiTenant", "additions"],
    &["spec", "componentsList", "multiTenant", "additions", "productResourceRevision"],
    &["spec", "componentsList", "deployment"],
    &["spec", "componentsList", "deployment", "name"],
    &["spec", "componentsList", "deployment", "additions", "host"],
    &["spec", "componentsList", "pipeline", "namespace"],
    &["spec", "componentsList", "certManagement"],
    &["spec", "reservedNamespacesAllowedProducts"],
    &["spec", "reservedNamespacesAllowedProducts", "hnc-system"],
    &["spec", "productAllowedClusterResources"],
    &["spec", "productAllowedClusterResources", "shop"],
    &["kubeconfig"],
    &["vcluster"],
    &["vcluster", "https_node_port"],
];

/// Texts that fields hold instead of what they should.
const WORDS: &[&str] = &[
    "",
    " ",
    "worker",
    "virtual",
    "host",
    "pipelines",
    "Physical",
    "pyhsical",
    "kubernetes",
    "k3s",
    "$worker-type",
    "${NAME}",
    "a$b c",
    "traefik",
    "Traefik",
    "argocd",
    "tekton",
    "vault",
    "30081",
    "80",
    "99999",
    "eighty",
    "生产集群",
    "团队-😀",
    "e\u{301}te",
    "zero\u{200b}width",
    "line\nbreak",
    "tab\there",
    "null",
    "yes",
    "~",
    "host-a",
    "no-such-host",
    "default",
    "kube-system",
];

const ADDRESSES: &[&str] = &[
    "http://10.1.2.3:6443",
    "https://localhost:6443",
    "https://127.0.0.1:6443",
    "https://[::1]:6443",
    "https://[fd00::1]:6443",
    "10.1.2.3:6443",
    "https://10.1.2:6443",
    "https://10.1.2.3",
    "https://10.1.2.3:0",
    "https://10.1.2.3:99999",
    "https://10.1.2.3:6443/",
    "https://user:word@10.1.2.3:6443",
    "https://集群.example:6443",
    "junk https://10.1.2.3:6443",
    "https://10.1.2.3:6443\n",
    ":6443",
    "$api-server",
    "https://$host_ip:$port",
    "https://10.96.0.1:30080",
    "https://10.96.0.2:6443",
];

const DOMAINS: &[&str] = &[
    "10.9.8.7.nip.io",
    "10-9-8-7.sslip.io",
    "10.1.2.3",
    "fd00::1",
    "Example.COM",
    "example.com.",
    "a_b.example",
    "*.example.com",
    "http://example.com",
    "域名.example",
    "-a.example",
    "$cluster-ip.nip.io",
    "localhost",
    "a..b",
];

/// Words that YAML readers disagree on.
const BARE: &[&str] =
    &["yes", "no", "on", "off", "y", "0x1F", "017", "1_000", "0o17", ".inf", "2026-01-01", "1e3", "$word", "$worker-type"];

fn field() -> impl Strategy<Value = Keys> {
    prop::sample::select(FIELDS).prop_map(<[&str]>::to_vec)
}

/// A field that is usually there and holds a text.
fn text_field() -> impl Strategy<Value = Keys> {
    field().prop_filter("a text", |path| {
        let last = path.last().copied().unwrap_or_default();
        last.ends_with("Port")
            || last.ends_with("Type")
            || ["name", "namespace", "apiServer", "usage", "primaryDomain", "host"].contains(&last)
    })
}

fn any_value() -> impl Strategy<Value = Tree> {
    let text = prop::sample::select(WORDS).prop_map(Tree::text);
    prop_oneof![
        3 => Just(Tree::Null),
        2 => prop::sample::select(vec![true, false]).prop_map(Tree::Bool),
        3 => prop::sample::select(vec!["0", "1", "-1", "30080", "1.5", "1e400", "18446744073709551616"]).prop_map(|n| Tree::Number(n.to_owned())),
        4 => text.clone(),
        2 => prop::collection::vec(text.clone(), 0..3).prop_map(Tree::List),
        1 => Just(Tree::List(vec![Tree::Null, Tree::Number("3".to_owned())])),
        2 => text.prop_map(|text| Tree::map([("name", text)])),
        1 => Just(Tree::Map(Vec::new())),
    ]
}

fn set(path: &'static [&'static str], words: &'static [&'static str]) -> impl Strategy<Value = Mutation> {
    prop::sample::select(words).prop_map(move |word| Mutation::Set(path.to_vec(), Tree::text(word)))
}

/// A slip in what kind of cluster it is, or where.
fn topology() -> BoxedStrategy<Mutation> {
    prop_oneof![
        set(&["spec", "clusterType"], &["physical", "virtual", "Virtual", "logical"]),
        set(&["spec", "usage"], &["host", "worker", "hosts", "Worker "]),
        set(&["spec", "workerType"], &["deployment", "pipeline", "", "deploy", "PIPELINE"]),
        set(&["spec", "hostCluster"], &["host-a", "host-b", "host-c", "runtime-1", "", "Host_A"]),
        set(&["spec", "apiServer"], ADDRESSES),
        set(&["spec", "primaryDomain"], DOMAINS),
        set(&["metadata", "namespace"], &["default", "Nautes", "nautes-2"]),
        set(
            &["apiVersion"],
            &["nautes.resource.nautes.io/v1", "nautes.resource.nautes.io/v1alpha2", "v1alpha1", "cluster.x-k8s.io/v1beta1"]
        ),
        Just(Mutation::Capitals(vec!["metadata", "name"])),
        prop::sample::select(vec!["_1", ".example", "-", "-with-a-name-of-more-than-47-characters", "-集群"])
            .prop_map(|after| Mutation::Around(vec!["metadata", "name"], "", after)),
    ]
    .boxed()
}

const GATEWAY: &[&str] = &["spec", "componentsList", "gateway", "additions", "httpNodePort"];
const GATEWAY_TLS: &[&str] = &["spec", "componentsList", "gateway", "additions", "httpsNodePort"];

/// A slip in components.
fn components() -> BoxedStrategy<Mutation> {
    let slots = ["multiTenant", "secretSync", "gateway", "deployment", "pipeline", "eventListener", "certManagement", "oauthProxy"];
    let other = (prop::sample::select(slots.to_vec()), prop::sample::select(vec!["hnc", "traefik", "argocd", "tekton", "treafik", "flux"]))
        .prop_map(|(slot, name)| Mutation::Set(vec!["spec", "componentsList", slot, "name"], Tree::text(name)));
    let namespace =
        (prop::sample::select(slots.to_vec()), prop::sample::select(vec!["traefik", "argocd", "shared", "Bad_NS", "kube-system"]))
            .prop_map(|(slot, name)| Mutation::Set(vec!["spec", "componentsList", slot, "namespace"], Tree::text(name)));
    let unused =
        prop::sample::select(slots.to_vec()).prop_map(|slot| Mutation::Set(vec!["spec", "componentsList", slot], Tree::Map(Vec::new())));
    let additions = prop_oneof![
        set(GATEWAY, &["30443", "80", "99999", "eighty", " 30081 ", "030081", "", "30080"]),
        set(GATEWAY_TLS, &["30080", "31443", "29999", "32768", "３０４４３"]),
        set(
            &["spec", "componentsList", "deployment", "additions", "host"],
            &["ArgoCD.example.com", "https://a.b", "not a host !!", "", "10.1.1.1"]
        ),
        set(&["spec", "componentsList", "pipeline", "additions", "host"], &["tekton.example.com", "tekton_1.example.com"]),
        set(&["spec", "componentsList", "multiTenant", "additions", "ProductResourceRevision"], &["main", "v1"]),
        set(
            &["spec", "componentsList", "multiTenant", "additions", "syncResourceTypes"],
            &["tekton.dev/Pipeline", "Pipeline", "a/B, c/D", ","]
        ),
        set(
            &["spec", "componentsList", "multiTenant", "additions", "productResourceKustomizeFileFolder"],
            &["templates/a", "/abs", "../up", "a b"]
        ),
        set(&["spec", "componentsList", "gateway", "additions", "httpPort"], &["80"]),
        set(&["vcluster", "https_node_port"], &["30100", "6443", "port", ""]),
    ];
    let fill = prop_oneof![
        set(&["spec", "componentsList", "secretManagement", "name"], &["vault", "other"]),
        set(&["spec", "componentsList", "oauthProxy", "namespace"], &["oauth2-proxy", "sso"]),
    ];
    prop_oneof![3 => other, 2 => namespace, 2 => unused, 5 => additions, 1 => fill].boxed()
}

/// A slip in tenancy, in old fields, in the kubeconfig.
fn rest() -> BoxedStrategy<Mutation> {
    let reserved = prop::sample::select(vec!["tekton", "cert-manager", "hnc", "kube-system", "traefik", "hnc-sytem", "oauth2-proxy"])
        .prop_map(|key| Mutation::Set(vec!["spec", "reservedNamespacesAllowedProducts", key], Tree::List(vec![Tree::text("shop")])));
    let product = prop::sample::select(vec!["Shop", "shop_1", "商店", "", "a.b", "shop-😀"]).prop_map(|product| {
        Mutation::Set(vec!["spec", "reservedNamespacesAllowedProducts", "hnc-system"], Tree::List(vec![Tree::text(product)]))
    });
    let kinds = prop::sample::select(vec![
        ("ClusterRole", "authorization.k8s.io"),
        ("StorageClass", "storage.k8s.io"),
        ("", "rbac.authorization.k8s.io"),
        ("Namespace", ""),
        ("Role", "apps"),
    ]);
    let allowed = (prop::sample::select(vec!["shop", "Shop_2", "other"]), kinds).prop_map(|(product, (kind, group))| {
        let resource = Tree::map([("kind", Tree::text(kind)), ("group", Tree::text(group))]);
        Mutation::Set(vec!["spec", "productAllowedClusterResources", product], Tree::List(vec![resource]))
    });
    let ports = Tree::map([("httpNodePort", Tree::text("30081")), ("httpsNodePort", Tree::text("30444"))]);
    let old = prop::sample::select(vec![
        Mutation::Set(vec!["spec", "argocdHost"], Tree::text("argocd.old.example.com")),
        Mutation::Set(vec!["spec", "tektonHost"], Tree::text("tekton.old.example.com")),
        Mutation::Set(vec!["spec", "traefik"], ports),
        Mutation::Set(vec!["status"], Tree::map([("warnings", Tree::List(vec![Tree::text("old")]))])),
    ]);
    let kubeconfig = prop::sample::select(KUBECONFIGS.others.clone()).prop_map(|text| Mutation::Set(vec!["kubeconfig"], Tree::Text(text)));
    prop_oneof![2 => reserved, 2 => product, 2 => allowed, 2 => old, 3 => kubeconfig].boxed()
}

/// A slip in names and types of fields.
fn structure() -> BoxedStrategy<Mutation> {
    let keys = vec!["apiServr", "replicas", "api-server", "spec", "components", "$key", "名称", "a.b/c~d", ""];
    let parents = prop::sample::select(vec![
        vec![],
        vec!["spec"],
        vec!["metadata"],
        vec!["spec", "componentsList"],
        vec!["spec", "componentsList", "gateway"],
    ]);
    let unknown = (parents, prop::sample::select(keys), any_value())
        .prop_map(|(parent, key, value)| Mutation::Set(parent.into_iter().chain([key]).collect(), value));
    let other_form = prop::sample::select(vec![
        "apiServer",
        "clusterType",
        "workerType",
        "componentsList",
        "hostCluster",
        "multiTenant",
        "primaryDomain",
    ]);
    let renamed = (field(), prop::sample::select(vec!["name", "additions", "gatewy", "workertype", "Usage", "api_server", "host"]));
    prop_oneof![
        4 => field().prop_map(Mutation::Remove),
        3 => field().prop_map(|path| Mutation::Set(path, Tree::Null)),
        3 => (field(), any_value()).prop_map(|(path, value)| Mutation::Set(path, value)),
        2 => text_field().prop_map(Mutation::Digits),
        2 => (text_field(), prop::sample::select(WORDS)).prop_map(|(path, word)| Mutation::Set(path, Tree::text(word))),
        3 => unknown,
        2 => other_form.prop_map(Mutation::OtherForm),
        1 => renamed.prop_map(|(path, to)| Mutation::Rename(path, to)),
        2 => (field(), prop::option::of(any_value())).prop_map(|(path, value)| Mutation::Repeat(path, value)),
        1 => (text_field(), prop::sample::select(BARE)).prop_map(|(path, word)| Mutation::Set(path, Tree::Bare(word))),
        1 => (text_field(), prop::sample::select(vec![" ", "\u{feff}", "\u{202e}", "域", "😀"])).prop_map(|(path, sign)| Mutation::Around(path, "", sign)),
        1 => text_field().prop_map(Mutation::Capitals),
    ]
    .boxed()
}

/// Slips of one document: often none, seldom more than two.
pub(super) fn slips() -> impl Strategy<Value = Vec<Mutation>> {
    let count = prop_oneof![5 => Just(0_usize), 6 => Just(1), 3 => Just(2), 1 => Just(3)];
    let one = prop_oneof![3 => topology(), 3 => components(), 2 => rest(), 4 => structure()];
    count.prop_flat_map(move |count| prop::collection::vec(one.clone(), count))
}
