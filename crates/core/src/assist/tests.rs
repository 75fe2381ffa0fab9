//! What is offered where the cursor (`|`) stands.

use proptest::prelude::*;

use crate::fleet::{self, Fleet};
use crate::source::Limits;
use crate::{Catalog, Rulebook};

const HEAD: &str = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: new\nspec:\n";

fn fleet() -> Fleet {
    let text = format!(
        "{}  apiServer: https://10.0.0.1:6443\n  clusterType: physical\n  usage: host\n---\n{}  apiServer: https://10.0.0.1:30000\n  \
         clusterType: virtual\n  usage: worker\n  workerType: pipeline\n  hostCluster: metal\n",
        HEAD.replace("new", "metal"),
        HEAD.replace("new", "shop")
    );
    let (records, referrers) = fleet::read(&text, Some("fleet.yaml"), Catalog::built_in(), &Limits::default());
    Fleet::new(records, referrers, true)
}

/// What is offered, as label and written text.
fn offered(file: &str, marked: &str) -> Vec<(String, String)> {
    let at = marked.find('|').expect("a cursor");
    let text = marked.replacen('|', "", 1);
    let offset = u32::try_from(at).expect("short");
    let completion = Rulebook::default().complete(&text, Some(file), offset, &fleet(), &Limits::default());
    completion.map(|completion| completion.candidates.into_iter().map(|found| (found.label, found.text)).collect()).unwrap_or_default()
}

fn labels(file: &str, marked: &str) -> Vec<String> {
    offered(file, marked).into_iter().map(|(label, _)| label).collect()
}

fn spec(rest: &str) -> String {
    format!("{HEAD}{rest}")
}

#[test]
fn fields_that_the_profile_needs_come_first_and_others_not_at_all() {
    assert_eq!(labels("a.yaml", "|"), ["apiVersion", "kind", "metadata", "spec"]);
    let host = labels("a.yaml", &spec("  clusterType: physical\n  usage: host\n  |"));
    assert_eq!(host[0], "apiServer");
    assert!(!host.iter().any(|label| ["workerType", "hostCluster", "usage"].contains(&label.as_str())), "{host:?}");
    let slots = labels("a.yaml", &spec("  clusterType: physical\n  usage: host\n  componentsList:\n    |"));
    assert_eq!(slots, ["gateway"]);
    let worker = labels("a.yaml", &spec("  clusterType: virtual\n  usage: worker\n  |"));
    assert_eq!(worker[..3], ["workerType", "hostCluster", "apiServer"]);
}

#[test]
fn values_come_from_the_tables_and_from_the_fleet() {
    assert_eq!(labels("a.yaml", &spec("  clusterType: virtual\n  usage: |")), ["worker"]);
    assert_eq!(labels("a.yaml", &spec("  usage: host\n  clusterType: |")), ["physical"]);
    assert_eq!(labels("a.yaml", &spec("  clusterType: virtual\n  hostCluster: me|")), ["metal"]);
    let address = labels("a.yaml", &spec("  clusterType: virtual\n  hostCluster: metal\n  apiServer: |\n  usage: worker\n"));
    assert_eq!(address, ["https://10.0.0.1:30001", "https://10.0.0.1:30002", "https://10.0.0.1:30003"]);
    let gateway = "  clusterType: physical\n  usage: host\n  componentsList:\n    gateway:\n";
    assert_eq!(labels("a.yaml", &spec(&format!("{gateway}      name: |"))), ["traefik"]);
    assert_eq!(labels("a.yaml", &spec(&format!("{gateway}      namespace: |"))), ["traefik"]);
    let port = offered("a.yaml", &spec(&format!("{gateway}      additions:\n        httpsNodePort: \"3|")));
    assert_eq!(port[0], ("30443".to_owned(), "\"30443\"".to_owned()));
    let worker = "  clusterType: physical\n  usage: worker\n  workerType: pipeline\n";
    let namespaces = labels("a.yaml", &spec(&format!("{worker}  reservedNamespacesAllowedProducts:\n    |")));
    assert!(namespaces.contains(&"tekton-pipelines".to_owned()), "{namespaces:?}");
    let products = "  productAllowedClusterResources:\n    shop:\n    - kind: ClusterRole\n      group: |\n";
    assert_eq!(labels("a.yaml", &spec(products)), ["rbac.authorization.k8s.io"]);
    let flow = "  reservedNamespacesAllowedProducts: {argocd: [|]}\n  productAllowedClusterResources: {shop: []}\n";
    assert_eq!(labels("a.yaml", &spec(flow)), ["shop"]);
}

#[test]
fn broken_text_is_no_hindrance() {
    assert_eq!(
        labels("a.yaml", &spec("  clusterType: virtual\n  us|\n  workerType: pipeline\n")).first().map(String::as_str),
        Some("usage")
    );
    assert_eq!(
        offered("a.yaml", &spec("  usage:|")),
        [("host".to_owned(), " host".to_owned()), ("worker".to_owned(), " worker".to_owned())]
    );
    let request = "{ # pasted\n  \"cluster_type\": \"virtual\"\n  \"usage\": \"worker\",\n  \"host_cluster\": \"|\n  \"worker_type\": $worker-type\n}";
    assert_eq!(offered("a.json", request), [("metal".to_owned(), "\"metal\"".to_owned())]);
    let key = offered("a.json", "{\"cluster_type\": \"virtual\", |\"usage\": \"worker\"}");
    assert!(key.contains(&("host_cluster".to_owned(), "\"host_cluster\": \"metal\",".to_owned())), "{key:?}");
    assert!(offered("a.json", "{|").iter().any(|(label, _)| label == "cluster_type"));
}

#[test]
fn a_key_of_a_map_is_never_offered_as_its_value() {
    let host = "  clusterType: physical\n  usage: host\n";
    for rest in [
        "  componentsList:\n    gateway:\n      additions:|",
        "  componentsList:\n    gateway:\n      additions: |",
        "  componentsList:\n    gateway: |",
        "  reservedNamespacesAllowedProducts: |",
        "  reservedNamespacesAllowedProducts:\n    argocd: |\n  productAllowedClusterResources: {shop: []}\n",
        "  productAllowedClusterResources: |",
    ] {
        assert_eq!(labels("a.yaml", &spec(&format!("{host}{rest}"))), [] as [&str; 0], "{rest}");
    }
    assert_eq!(labels("a.yaml", &spec("").replace("  name: new\n", "  annotations: |\n")), [] as [&str; 0]);
    let request = "{\"cluster_type\": \"physical\", \"usage\": \"host\", \"components_list\": {\"gateway\": {\"additions\": |}}}";
    assert_eq!(labels("a.json", request), [] as [&str; 0]);
    // Inside of the map they are offered as before.
    let inside = labels("a.yaml", &spec(&format!("{host}  componentsList:\n    gateway:\n      additions:\n        |")));
    assert!(inside.contains(&"httpNodePort".to_owned()), "{inside:?}");
}

/// The text after what is offered under a label is taken.
fn taken(file: &str, marked: &str, label: &str) -> String {
    let at = marked.find('|').expect("a cursor");
    let mut text = marked.replacen('|', "", 1);
    let offset = u32::try_from(at).expect("short");
    let completion = Rulebook::default().complete(&text, Some(file), offset, &fleet(), &Limits::default()).expect("something");
    let candidate = completion.candidates.iter().find(|found| found.label == label);
    text.replace_range(completion.range.as_range(), &candidate.unwrap_or_else(|| panic!("no `{label}` in {completion:?}")).text);
    text
}

#[test]
fn before_and_behind_what_is_quoted() {
    // A value that is there is replaced, wherever in it the cursor stands.
    for marked in ["{\"cluster_type\": |\"physical\"}", "{\"cluster_type\": \"phy|sical\"}"] {
        assert_eq!(taken("a.json", marked, "virtual"), "{\"cluster_type\": \"virtual\"}");
    }
    let flow = |rest: &str| spec("").replace("spec:\n", &format!("spec: {{ {rest} }}\n"));
    assert_eq!(taken("a.yaml", &flow("usage: |'host'"), "worker"), flow("usage: worker"));
    // Before a key another one is written, and none that is there.
    let before = "{|\"cluster_type\": \"virtual\"}";
    assert!(!labels("a.json", before).contains(&"cluster_type".to_owned()));
    assert_eq!(taken("a.json", before, "usage"), "{\"usage\": \"worker\",\"cluster_type\": \"virtual\"}");
    // Behind a value there is a comma to write first.
    for marked in [
        "{\"cluster_type\": \"physical\"|",
        "{\"cluster_type\": \"physical\" |}",
        "{\"cluster_type\": \"physical\"\n  |\n}",
        "{\"cluster_type\": \"physical\" |\"usage\": \"host\"}",
        "{\"components_list\": {}|}",
    ] {
        assert_eq!(labels("a.json", marked), [] as [&str; 0], "{marked}");
    }
    assert_eq!(taken("a.json", "{\"cluster_type\": \"physical\",|}", "usage"), "{\"cluster_type\": \"physical\",\"usage\": \"\"}");
    let products = |list: &str| {
        format!(
            "{{\"cluster_type\": \"physical\", \"usage\": \"worker\", \"product_allowed_cluster_resources\": {{\"shop\": []}}, \
             \"reserved_namespaces_allowed_products\": {{\"argocd\": {list}}}}}"
        )
    };
    assert_eq!(taken("a.json", &products("[|\"bank\"]"), "shop"), products("[\"shop\"]"));
    assert_eq!(labels("a.json", &products("[\"bank\"|]")), [] as [&str; 0]);
    assert_eq!(taken("a.json", &products("[\"bank\", |]"), "shop"), products("[\"bank\", \"shop\"]"));
}

#[test]
fn where_nothing_may_be_written_nothing_is_offered() {
    for marked in ["apiVersion: v1\nkind: Service\n|", "# a comm|ent\n", "kind: Cluster # |\n", "a: |\n  text\n  |", "unrelated: yes\n|"] {
        assert_eq!(labels("a.yaml", marked), [] as [&str; 0], "{marked}");
    }
    assert_eq!(labels("nautes/overlays/production/clusters/kustomization.yaml", "|"), [] as [&str; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text_at_any_offset(text in "([ \\-#{}\\[\\],:\"'|\n]|spec|usage|域|😀|kind: Cluster|  ){0,24}", json in any::<bool>()) {
        let (rulebook, fleet) = (Rulebook::default(), Fleet::default());
        for offset in 0..=u32::try_from(text.len()).expect("short") + 1 {
            let file = if json { "a.json" } else { "a.yaml" };
            if let Some(completion) = rulebook.complete(&text, Some(file), offset, &fleet, &Limits::default()) {
                let range = completion.range.as_range();
                prop_assert!(text.get(range.clone()).is_some());
                prop_assert!(range.start <= offset as usize && offset as usize <= range.end);
                prop_assert!(!text[range].contains('\n'));
            }
        }
    }
}
