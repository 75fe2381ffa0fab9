//! Clusters as they may come to an API server: few fields, each from a few values, so that faults meet.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn one_of(words: &'static [&'static str]) -> BoxedStrategy<Value> {
    proptest::sample::select(words).prop_map(|word| json!(word)).boxed()
}

fn or_absent(field: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Option<Value>> {
    proptest::option::weighted(0.7, field).boxed()
}

/// Addresses, and what almost is one.
pub(crate) fn addresses() -> BoxedStrategy<Value> {
    let known = one_of(&[
        "https://203.0.113.10:6443",
        "https://203.0.113.10:30443",
        "https://203.0.113.10:030443",
        "https://203.0.113.10",
        "https://203.0.113.10:29999",
        "https://203.0.113.10:32767",
        "https://203.0.113.10:32768",
        "https://203.0.113.10:65535",
        "https://203.0.113.10:65536",
        "https://203.0.113.10:0",
        "https://203.0.113.10:",
        "https://203.0.113:6443",
        "https://203.0.113.010:6443",
        "https://203.0.113.256:6443",
        "https://api.example.com:6443",
        "HTTPS://API.EXAMPLE.COM",
        "https://1-2:30001",
        "https://-a.b",
        "https://a-.b",
        "https://a..b",
        "https://a_b",
        "https://[fd00::1]:6443",
        "https://[fd00::1]",
        "https://[FD00::1]:31000",
        "https://[::ffff:10.0.0.1]:6443",
        "https://[::ffff:a00:1]",
        "https://[1:2:3:4:5:6:7::]",
        "https://[1::2::3]",
        "https://[::1",
        "https://::1",
        "https://[]",
        "https://[fe80::1%25eth0]",
        "https://[::]:30000x",
        "https://[12345::]",
        "https://[1.2.3.4]",
        "http://a.b",
        "https:/a.b",
        "https://a.b/",
        "https://a.b?x",
        "https://user:word@a.b",
        "",
        " ",
        "https://a.b\n",
        "https://a b",
        "https://域.example",
        "$api-server",
        "https://${ip}:6443",
        "https://a.b:+1",
        "https://a.b:1:2",
    ]);
    let shaped = "(https|https|Https|http)://(\\[[0-9a-f:.]{1,14}\\]|[a-zA-Z0-9.-]{0,18}|[0-9.]{3,12}|[12]?[0-9]{1,2}\\.[0-9]{1,3}\\.[0-9]\\.[0-9]{1,3})(:[0-9]{0,6})?[/@]?"
        .prop_map(|text| json!(text));
    let long = (200_usize..300).prop_map(|length| json!(format!("https://{}:6443", long_name(length))));
    prop_oneof![6 => known, 3 => shaped, 1 => long].boxed()
}

/// A DNS name of some length.
fn long_name(length: usize) -> String {
    let mut name: String = "abcdefghi.".chars().cycle().take(length.saturating_sub(1)).collect();
    name.push('z');
    name
}

/// Names, good and bad. The long ones are ASCII: `kube-cel` counts bytes where CEL counts characters.
fn labels() -> BoxedStrategy<Value> {
    let known = one_of(&["shop", "a", "a-b", "-a", "a-", "A", "a.b", "a_b", "", "0", "shop ", "$team", "域", "a\n"]);
    let lengths = prop_oneof![Just(62_usize), Just(63), Just(64), Just(80)];
    let long = (lengths, one_of(&["", "-", "A", "_"]))
        .prop_map(|(length, tail)| json!(format!("{}{}", "a".repeat(length - 1), tail.as_str().unwrap_or_default())));
    prop_oneof![4 => known, 1 => long, 1 => "[a-z0-9-]{0,8}".prop_map(|text| json!(text))].boxed()
}

fn domains() -> BoxedStrategy<Value> {
    let known = one_of(&[
        "example.com",
        "203.0.113.10.nip.io",
        "203.0.113.10",
        "203.0.113.010",
        "fd00::1",
        "::ffff:1.2.3.4",
        "Example.com",
        "a..b",
        ".a",
        "a.",
        "*.a.b",
        "",
        "a b",
        "$domain",
        "localhost",
    ]);
    let long = (245_usize..260).prop_map(|length| json!(long_name(length)));
    prop_oneof![5 => known, 1 => long, 1 => "[a-z0-9.-]{1,12}".prop_map(|text| json!(text))].boxed()
}

fn ports() -> BoxedStrategy<Value> {
    one_of(&[
        "30080",
        "30443",
        "030080",
        "80",
        "080",
        "65535",
        "65536",
        "99999",
        "000000000065536",
        "eighty",
        "",
        "$port",
        "18446744073709551617",
    ])
}

fn gateways() -> impl Strategy<Value = Value> {
    let name = or_absent(one_of(&["traefik", "argocd", "$gateway", "${gateway}", "a$", "a${b", "a$b-c d", ""]));
    (name, or_absent(labels()), or_absent(ports()), or_absent(ports())).prop_map(|(name, namespace, http, https)| {
        let additions = object([("httpNodePort", http), ("httpsNodePort", https)]);
        object([("name", name), ("namespace", namespace), ("additions", Some(additions))])
    })
}

fn reserved() -> impl Strategy<Value = Value> {
    proptest::collection::btree_map(one_key(), proptest::collection::vec(labels(), 0..3).prop_map(Value::Array), 0..3)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn one_key() -> BoxedStrategy<String> {
    proptest::sample::select(&["traefik", "argocd", "shop", "Shop", "", "a.b"][..]).prop_map(str::to_owned).boxed()
}

fn allowed() -> impl Strategy<Value = Value> {
    let word = one_of(&["ClusterRole", "", " ", "\t", "\u{a0}", "rbac.authorization.k8s.io"]);
    let resource = (word.clone(), word).prop_map(|(kind, group)| json!({"kind": kind, "group": group}));
    proptest::collection::btree_map(one_key(), proptest::collection::vec(resource, 0..3).prop_map(Value::Array), 0..3)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    Value::Object(fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect::<Map<_, _>>())
}

/// Specs that have the right structure, mostly.
pub(crate) fn specs() -> impl Strategy<Value = Value> {
    let host = prop_oneof![4 => one_of(&["host-one", "own", "", "$host", "${host-name}", "a$b", "$1", "${}"]), 1 => labels()];
    let identity = (addresses(), one_of(&["physical", "virtual"]), one_of(&["host", "worker"]));
    let rest = (or_absent(one_of(&["deployment", "pipeline", ""])), or_absent(host), or_absent(domains()));
    let lists = (or_absent(gateways()), or_absent(reserved()), or_absent(allowed()));
    (identity, rest, lists, proptest::option::weighted(0.05, Just(json!("openshift")))).prop_map(
        |((api_server, cluster_type, usage), (worker_type, host, domain), (gateway, reserved, allowed), kind)| {
            object([
                ("apiServer", Some(api_server)),
                ("clusterKind", kind),
                ("clusterType", Some(cluster_type)),
                ("usage", Some(usage)),
                ("workerType", worker_type),
                ("hostCluster", host),
                ("primaryDomain", domain),
                ("componentsList", gateway.map(|gateway| json!({"gateway": gateway}))),
                ("reservedNamespacesAllowedProducts", reserved),
                ("productAllowedClusterResources", allowed),
            ])
        },
    )
}

/// Names that an API server lets an object have, and worse.
pub(crate) fn names() -> BoxedStrategy<Value> {
    prop_oneof![3 => Just(json!("own")), 1 => labels().prop_filter("an object has a name", |name| name != "")].boxed()
}

/// The object around a spec.
pub(crate) fn cluster(name: &Value, spec: &Value) -> Value {
    json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name, "namespace": "nautes"},
        "spec": spec,
    })
}

/// Two specs, of which the second keeps some fields of the first.
pub(crate) fn updates() -> impl Strategy<Value = (Value, Value)> {
    (specs(), specs(), any::<u16>()).prop_map(|(before, mut after, kept)| {
        let fields = [
            "apiServer",
            "clusterType",
            "usage",
            "workerType",
            "hostCluster",
            "primaryDomain",
            "componentsList",
            "reservedNamespacesAllowedProducts",
            "productAllowedClusterResources",
        ];
        for (_, field) in fields.into_iter().enumerate().filter(|(index, _)| kept >> index & 1 == 1) {
            match before.get(field) {
                Some(value) => after[field] = value.clone(),
                None => drop(after.as_object_mut().and_then(|after| after.remove(field))),
            }
        }
        (before, after)
    })
}
