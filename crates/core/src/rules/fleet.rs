//! The host cluster that a virtual cluster names.

use super::connection::other;
use super::structure::set;
use super::{Check, Relation, rules};
use crate::finding::{Applicability, Finding, Findings, Message, Path, Place, Severity, message};
use crate::model::{ClusterType, Usage};
use crate::prelude::*;
use crate::text::nearest_or_only;

rules! { "fleet";
    UNKNOWN_HOST_CLUSTER = "unknown-host-cluster", Error, NotFound, true, Check::Fleet(unknown_host_cluster),
        "the host cluster is not registered", "宿主集群未注册";
    NOT_A_HOST_CLUSTER = "not-a-host-cluster", Error, Invalid, false, Check::Fleet(not_a_host_cluster),
        "the cluster named as host is no host cluster", "指定的宿主集群不是宿主集群";
    HOSTED_BY_ITSELF = "hosted-by-itself", Error, Invalid, false, Check::Fleet(hosted_by_itself),
        "a virtual cluster names itself as its host", "虚拟集群将自己指定为宿主集群";
}

pub(super) const OWN_HOST: &Message = message!("`{value}` names itself as its host cluster", "`{value}` 将自己指定为宿主集群";
                    "It could never be deleted. Name the physical cluster of usage `host` that it runs on.", "这样的集群将无法删除。请填写它所在的 usage 为 `host` 的物理集群。");

fn path() -> Path {
    Path::of("spec.hostCluster")
}

/// The host that is named, unless it is the cluster itself.
fn host(relation: &Relation<'_>) -> Option<(String, String)> {
    relation
        .record
        .host_identity()
        .filter(|host| !relation.deletion && (relation.record.name.is_empty() || *host != relation.record.identity()))
}

fn unknown_host_cluster(relation: &Relation<'_>, findings: &mut Findings) {
    let Some(identity) = host(relation) else { return };
    if relation.fleet.find(&identity).next().is_some() {
        return;
    }
    // Comparing with very many names would take longer than it helps.
    let hosts: Vec<&str> = relation
        .fleet
        .hosts(&identity.0)
        .filter(|record| record.cluster_type != Some(ClusterType::Virtual) && !record.is(relation.record))
        .take(1_000)
        .map(|record| record.name.as_str())
        .collect();
    let message = if relation.complete {
        message!("no cluster `{value}` is registered", "集群 `{value}` 未注册";
            "Register the host cluster first, then the virtual clusters on it.", "请先注册宿主集群，再注册其上的虚拟集群。")
    } else {
        message!("the host cluster `{value}` is not among what was given", "所给内容中没有宿主集群 `{value}`";
            "It may be registered all the same: with the other clusters beside it this is known for sure.", "它可能已经注册：提供其他集群后即可确定。")
    };
    let mut finding = Finding::new(&UNKNOWN_HOST_CLUSTER, message, Place::value(path())).found(identity.1.as_str());
    if !relation.complete {
        finding = finding.weigh(Severity::Warning);
    }
    if let Some(near) = nearest_or_only(&identity.1, &hosts) {
        finding = finding.with("near", near).fix(
            message!("use the host cluster `{near}`", "使用宿主集群 `{near}`"),
            Applicability::Unsafe,
            set(path(), near),
        );
    }
    findings.push(finding);
}

fn not_a_host_cluster(relation: &Relation<'_>, findings: &mut Findings) {
    let Some(identity) = host(relation) else { return };
    for host in relation.fleet.find(&identity) {
        let is_host = host.usage == Some(Usage::Host) && host.cluster_type != Some(ClusterType::Virtual);
        // What is not known of a broken document is told at that document.
        if is_host || host.usage.is_none() {
            continue;
        }
        findings.push(
            Finding::new(
                &NOT_A_HOST_CLUSTER,
                message!("{host} is no host cluster but a {kind} {usage}", "{host} 不是宿主集群，而是 {kind} {usage}";
                    "Virtual clusters run on a physical cluster of usage `host`.", "虚拟集群运行在 usage 为 `host` 的物理集群上。"),
                Place::value(path()),
            )
            .found(identity.1.as_str())
            .with("host", host.named())
            .with("kind", host.cluster_type.map_or("", ClusterType::word))
            .with("usage", host.usage.map_or("", Usage::word))
            .relate(other(host, Path::of("spec.usage"))),
        );
        break;
    }
}

fn hosted_by_itself(relation: &Relation<'_>, findings: &mut Findings) {
    let record = relation.record;
    if !relation.deletion && !record.name.is_empty() && record.host_identity().as_ref() == Some(&record.identity()) {
        findings.push(Finding::new(&HOSTED_BY_ITSELF, OWN_HOST, Place::value(path())).found(record.name.as_str()));
    }
}
