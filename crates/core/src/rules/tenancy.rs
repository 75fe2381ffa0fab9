//! What products may do in a cluster.

use super::structure::{remove, rename, set};
use super::{Check, Subject, rules};
use crate::catalog::Profile;
use crate::finding::{Applicability, Finding, Findings, Message, Path, Place, message};
use crate::model::Slot;
use crate::net::is_dns_label;
use crate::prelude::*;
use crate::text::nearest;

rules! { "tenancy";
    UNKNOWN_RESERVED_NAMESPACE = "unknown-reserved-namespace", Error, NotSupported, true, Check::Alone(unknown_reserved_namespace),
        "a reserved namespace is no component's namespace", "保留命名空间不属于任何组件";
    INVALID_PRODUCT = "invalid-product", Error, Invalid, true, Check::Alone(invalid_product),
        "a product's name is not valid", "产品名称无效";
    EMPTY_CLUSTER_RESOURCE = "empty-cluster-resource", Error, Required, false, Check::Alone(empty_cluster_resource),
        "a cluster resource lacks its kind or group", "集群资源缺少 kind 或 group";
    WRONG_API_GROUP = "wrong-api-group", Warning, Invalid, true, Check::Alone(wrong_api_group),
        "a kind stands with a group that does not have it", "该类型不属于此 API 组";
}

pub(super) const NO_PRODUCT: &Message =
    message!("a product has no name", "产品名称为空"; "Name the product, or remove the entry.", "请填写产品名称，或删除此项。");
pub(super) const NO_PRODUCT_NAME: &Message = message!("`{value}` is no name of a product", "`{value}` 不是有效的产品名称";
            "A product's name becomes a namespace: lower-case letters, digits and `-`, at most 63.", "产品名称会成为命名空间：小写字母、数字和 `-`，最长 63 个字符。");
pub(super) const EMPTY: &Message = message!("the {field} of a cluster resource is empty", "集群资源的 {field} 为空";
                                "Both kind and group are needed, such as `ClusterRole` of `rbac.authorization.k8s.io`.", "kind 和 group 都必须填写，例如 `rbac.authorization.k8s.io` 的 `ClusterRole`。");

fn reserved() -> Path {
    Path::of("spec.reservedNamespacesAllowedProducts")
}

fn allowed() -> Path {
    Path::of("spec.productAllowedClusterResources")
}

fn unknown_reserved_namespace(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(keys) = subject.written.spec.reserved_namespaces_allowed_products.as_ref() else { return };
    let namespaces = || subject.cluster.spec.components().filter_map(|(_, component)| component.namespace.as_deref());
    for key in keys.keys().map(AsRef::as_ref) {
        if namespaces().any(|namespace| namespace == key) || may_be_filled_in(subject, key) {
            continue;
        }
        let path = reserved().key(key.to_owned());
        let mut finding = Finding::new(
            &UNKNOWN_RESERVED_NAMESPACE,
            message!("no component of this cluster has the namespace `{value}`", "该集群没有组件使用命名空间 `{value}`";
                "Each key opens a namespace to products, so it must be the namespace of a component named here or filled in.", "每个键都会把一个命名空间开放给产品，因此必须是已指定或由系统填写的组件的命名空间。"),
            Place::key(path.clone()),
        )
        .found(key);
        // The name of a component in place of its namespace, or a slip of the fingers.
        let by_component = subject
            .cluster
            .spec
            .components()
            .find(|(_, component)| component.name.as_deref() == Some(key))
            .and_then(|(_, component)| component.namespace.as_deref());
        let meant = by_component.or_else(|| nearest(key, &namespaces().collect::<Vec<_>>())).filter(|meant| keys.get(*meant).is_none());
        if let Some(meant) = meant {
            finding = finding.with("meant", meant).fix(
                message!("rename it to `{meant}`", "重命名为 `{meant}`"),
                Applicability::Unsafe,
                rename(path.clone(), meant),
            );
        }
        findings.push(finding.fix(message!("remove it", "删除"), Applicability::Unsafe, remove(path)));
    }
}

/// Whether a component of that namespace would be filled in, once the description is of a profile: as long as it is of
/// none, nobody knows.
fn may_be_filled_in(subject: &Subject<'_>, namespace: &str) -> bool {
    let spec = &subject.cluster.spec;
    let fits = |profile: &&Profile| {
        spec.usage.is_none_or(|usage| usage == profile.usage)
            && spec.cluster_type.is_none_or(|cluster_type| cluster_type == profile.cluster_type)
            && (spec.worker_type.is_none() || spec.worker_type == profile.worker_type)
    };
    let fills = |slot: &Slot| subject.catalog.default_of(*slot).is_some_and(|component| component.namespace == namespace);
    subject.catalog.profile(spec).is_none() && subject.catalog.profiles().iter().filter(fits).any(|profile| profile.slots.iter().any(fills))
}

fn invalid_product(subject: &Subject<'_>, findings: &mut Findings) {
    let spec = &subject.written.spec;
    for (namespace, products) in spec.reserved_namespaces_allowed_products.iter().flatten() {
        for (index, product) in products.iter().enumerate() {
            if is_dns_label(product) {
                continue;
            }
            let path = reserved().key(namespace.clone().into_owned()).index(index);
            // Items of the wrong type are told as such.
            let is_text = subject.document.find(&path, None).is_some_and(|at| at.node().as_str().is_some());
            if is_text {
                check_product(product, Place::value(path), findings);
            }
        }
    }
    for product in
        spec.product_allowed_cluster_resources.iter().flatten().map(|(product, _)| product).filter(|product| !is_dns_label(product))
    {
        check_product(product, Place::key(allowed().key(product.clone().into_owned())), findings);
    }
}

/// Tells a product whose name is no DNS label.
fn check_product(product: &str, place: Place, findings: &mut Findings) {
    let message = if product.is_empty() { NO_PRODUCT } else { NO_PRODUCT_NAME };
    let mended = product.trim().to_ascii_lowercase().replace(['_', ' ', '.'], "-");
    let path = place.path().cloned().unwrap_or_default();
    let is_key = matches!(place, Place::Path { part: crate::finding::Part::Key, .. });
    let mut finding = Finding::new(&INVALID_PRODUCT, message, place).found(product);
    if is_dns_label(&mended) {
        let change = if is_key { rename(path, &mended) } else { set(path, &mended) };
        finding = finding.with("mended", mended).fix(message!("use `{mended}`", "改用 `{mended}`"), Applicability::Unsafe, change);
    }
    findings.push(finding);
}

fn empty_cluster_resource(subject: &Subject<'_>, findings: &mut Findings) {
    for (product, resources) in subject.written.spec.product_allowed_cluster_resources.iter().flatten() {
        for (index, resource) in resources.iter().enumerate() {
            for (field, value) in [("kind", &resource.kind), ("group", &resource.group)] {
                if value.as_deref().is_some_and(|value| value.chars().all(char::is_whitespace)) {
                    findings.push(
                        Finding::new(
                            &EMPTY_CLUSTER_RESOURCE,
                            EMPTY,
                            Place::value(allowed().key(product.clone().into_owned()).index(index).key(field)),
                        )
                        .with("field", field),
                    );
                }
            }
        }
    }
}

/// Kubernetes' cluster-scoped kinds and their groups (Kubernetes API reference, v1.36).
pub(crate) const GROUPS: &[(&str, &str)] = &[
    ("APIService", "apiregistration.k8s.io"),
    ("CSIDriver", "storage.k8s.io"),
    ("CSINode", "storage.k8s.io"),
    ("CertificateSigningRequest", "certificates.k8s.io"),
    ("ClusterRole", "rbac.authorization.k8s.io"),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io"),
    ("CustomResourceDefinition", "apiextensions.k8s.io"),
    ("DeviceClass", "resource.k8s.io"),
    ("FlowSchema", "flowcontrol.apiserver.k8s.io"),
    ("MutatingWebhookConfiguration", "admissionregistration.k8s.io"),
    ("PriorityClass", "scheduling.k8s.io"),
    ("PriorityLevelConfiguration", "flowcontrol.apiserver.k8s.io"),
    ("Role", "rbac.authorization.k8s.io"),
    ("RoleBinding", "rbac.authorization.k8s.io"),
    ("RuntimeClass", "node.k8s.io"),
    ("StorageClass", "storage.k8s.io"),
    ("ValidatingAdmissionPolicy", "admissionregistration.k8s.io"),
    ("ValidatingAdmissionPolicyBinding", "admissionregistration.k8s.io"),
    ("ValidatingWebhookConfiguration", "admissionregistration.k8s.io"),
    ("VolumeAttachment", "storage.k8s.io"),
];

/// Kinds that other projects have under a Kubernetes kind's name would be told wrongly, so only
/// Kubernetes' own groups (`*.k8s.io`) are compared.
fn wrong_api_group(subject: &Subject<'_>, findings: &mut Findings) {
    for (product, resources) in subject.written.spec.product_allowed_cluster_resources.iter().flatten() {
        for (index, resource) in resources.iter().enumerate() {
            let (Some(kind), Some(group)) = (resource.kind.as_deref(), resource.group.as_deref()) else { continue };
            let Some((_, right)) = GROUPS.iter().find(|(known, _)| *known == kind) else { continue };
            let native = group.ends_with(".k8s.io") || matches!(group, "apps" | "batch" | "policy" | "autoscaling" | "extensions");
            if native && group != *right {
                let path = allowed().key(product.clone().into_owned()).index(index).key("group");
                findings.push(
                    Finding::new(
                        &WRONG_API_GROUP,
                        message!("`{kind}` is not in the group `{value}` but in `{right}`", "`{kind}` 不在 `{value}` 组，而在 `{right}` 组";
                            "The permission would apply to nothing.", "该权限不会对任何资源生效。"),
                        Place::value(path.clone()),
                    )
                    .found(group)
                    .with("kind", kind)
                    .with("right", *right)
                    .fix(message!("use `{right}`", "改用 `{right}`"), Applicability::Safe, set(path, right)),
                );
            }
        }
    }
}
