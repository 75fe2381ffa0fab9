//! Clusters for measurements: right ones, as a tenant with many would have them.

use std::fmt::Write;

/// How many virtual clusters there are on each host cluster.
const ON_ONE_HOST: usize = 99;

/// The resource of the n-th cluster of a fleet: a host cluster, then the virtual ones on it.
pub(super) fn resource(index: usize) -> String {
    let (host, on_host) = (index / (ON_ONE_HOST + 1), index % (ON_ONE_HOST + 1));
    let address = format!("10.{}.{}.{}", 1 + host / 62_500, host / 250 % 250, 1 + host % 250);
    if on_host == 0 {
        host_cluster(&format!("host-{host}"), &address)
    } else {
        worker(&format!("team-{host}-{on_host}"), &address, host, on_host)
    }
}

fn head(name: &str) -> String {
    format!("apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: {name}\n  namespace: nautes\nspec:\n")
}

fn host_cluster(name: &str, address: &str) -> String {
    format!(
        "{}  apiServer: https://{address}:6443\n  clusterKind: kubernetes\n  clusterType: physical\n  usage: host\n  \
         primaryDomain: {address}.nip.io\n  componentsList:\n    gateway:\n      name: traefik\n      namespace: traefik\n      \
         additions:\n        httpNodePort: \"30080\"\n        httpsNodePort: \"30443\"\n    oauthProxy:\n      name: oauth2-proxy\n      \
         namespace: oauth2-proxy\n    secretManagement:\n      name: vault\n      namespace: vault\n",
        head(name)
    )
}

/// A virtual worker for pipelines.
fn worker(name: &str, address: &str, host: usize, on_host: usize) -> String {
    let domain = format!("{address}.nip.io");
    let mut text = format!(
        "{}  apiServer: https://{address}:{}\n  clusterKind: kubernetes\n  clusterType: virtual\n  hostCluster: host-{host}\n  usage: worker\n  \
         workerType: pipeline\n  primaryDomain: {domain}\n  componentsList:\n",
        head(name),
        31_000 + on_host
    );
    components(&mut text, name, &domain, false);
    text.push_str("  reservedNamespacesAllowedProducts:\n    hnc-system:\n      - shop\n    tekton-pipelines:\n      - shop\n");
    text.push_str("  productAllowedClusterResources:\n    shop:\n      - kind: ClusterRole\n        group: rbac.authorization.k8s.io\n");
    text
}

fn components(text: &mut String, name: &str, domain: &str, physical: bool) {
    let mut put = |slot: &str, component: &str, namespace: &str, additions: &[(&str, &str)]| {
        let _ = write!(text, "    {slot}:\n      name: {component}\n      namespace: {namespace}\n");
        if !additions.is_empty() {
            text.push_str("      additions:\n");
            for (key, value) in additions {
                let _ = writeln!(text, "        {key}: \"{value}\"");
            }
        }
    };
    put(
        "multiTenant",
        "hnc",
        "hnc-system",
        &[
            ("productResourceKustomizeFileFolder", "templates/pipelines"),
            ("productResourceRevision", "main"),
            ("syncResourceTypes", "tekton.dev/Pipeline"),
        ],
    );
    put("secretSync", "external-secrets", "external-secrets", &[]);
    put("gateway", "traefik", "traefik", &[("httpNodePort", "30080"), ("httpsNodePort", "30443")]);
    put("deployment", "argocd", "argocd", &[("host", &format!("argocd.{name}.{domain}"))]);
    put("eventListener", "argo-events", "argo-events", &[]);
    put("pipeline", "tekton", "tekton-pipelines", &[("host", &format!("tekton.{name}.{domain}"))]);
    if physical {
        put("oauthProxy", "oauth2-proxy", "oauth2-proxy", &[]);
    }
    put("secretManagement", "vault", "vault", &[]);
}

/// A physical worker for pipelines whose text has about so many bytes: it grants namespaces and
/// cluster resources to as many products as it takes.
pub(super) fn worker_of_size(bytes: usize) -> String {
    let mut text = head("payments");
    text.push_str(
        "  apiServer: https://203.0.113.40:6443\n  clusterKind: kubernetes\n  clusterType: physical\n  usage: worker\n  \
         workerType: pipeline\n  primaryDomain: payments.example.com\n  componentsList:\n",
    );
    components(&mut text, "payments", "example.com", true);
    let (mut products, mut resources) = (String::new(), String::new());
    for index in 0.. {
        if text.len() + products.len() + resources.len() + 100 >= bytes {
            break;
        }
        let _ = writeln!(products, "      - product-{index}");
        let _ = write!(
            resources,
            "    product-{index}:\n      - kind: ClusterRole\n        group: rbac.authorization.k8s.io\n      \
             - kind: StorageClass\n        group: storage.k8s.io\n"
        );
    }
    let _ = write!(
        text,
        "  reservedNamespacesAllowedProducts:\n    tekton-pipelines:\n{products}  productAllowedClusterResources:\n{resources}"
    );
    text
}
