//! What may no longer change or go while others refer to it.

use super::connection::other;
use super::structure::{insert, set};
use super::{Check, Relation, rules};
use crate::finding::{Applicability, Arg, Finding, Findings, Path, Place, Related, Severity, message};
use crate::fleet::{Record, Referrer};
use crate::model::{ClusterType, DEFAULT_NAMESPACE, Usage, WorkerType};
use crate::prelude::*;
use crate::text::joined;

rules! { "lifecycle";
    FIELD_FROZEN = "field-frozen", Error, Forbidden, true, Check::Fleet(field_frozen),
        "a field changes while others refer to the cluster", "集群被引用时不能修改该字段";
    STILL_REFERENCED = "still-referenced", Error, Forbidden, false, Check::Fleet(still_referenced),
        "a cluster that others refer to is deleted", "不能删除仍被引用的集群";
}

/// Everything that refers to a cluster.
struct Referrers<'r> {
    clusters: Vec<&'r Record>,
    holding: Vec<&'r Referrer>,
    warning: Vec<&'r Referrer>,
}

impl<'r> Referrers<'r> {
    fn of(relation: &'r Relation<'_>, record: &Record) -> Self {
        let identity = record.identity();
        let clusters = relation.fleet.hosted_by(&identity).filter(|other| !other.is(record)).collect();
        // They name no namespace: it is the usual one, if there is a cluster of that name in it.
        let usual = (DEFAULT_NAMESPACE.to_owned(), record.name.clone());
        let is_meant = record.namespace == DEFAULT_NAMESPACE || relation.fleet.find(&usual).next().is_none();
        let referrers = relation.fleet.referrers(&record.name).filter(|_| is_meant);
        let (holding, warning) = referrers.partition(|referrer| referrer.kind.holds());
        Self { clusters, holding, warning }
    }

    fn hold(&self) -> bool {
        !self.clusters.is_empty() || !self.holding.is_empty()
    }

    fn names(&self) -> String {
        let clusters = self.clusters.iter().map(|record| format!("Cluster {}", record.named()));
        let others = self.holding.iter().chain(&self.warning);
        let others = others.map(|referrer| format!("{} `{}/{}`", referrer.kind.kind(), referrer.namespace, referrer.name));
        joined(&clusters.chain(others).collect::<Vec<_>>(), ", ")
    }

    /// Names them to a finding, up to a number.
    fn relate(&self, finding: Finding, most: usize) -> Finding {
        let others = self.holding.iter().chain(&self.warning).map(|referrer| Related {
            message: message!("here is {name}", "{name} 在此处"),
            args: vec![Arg {
                name: "name",
                value: format!("{} `{}/{}`", referrer.kind.kind(), referrer.namespace, referrer.name),
                cut: true,
            }],
            identity: Some((referrer.namespace.clone(), referrer.name.clone())),
            file: referrer.file.clone(),
            place: Place::value(Path::of(if referrer.kind.holds() { "status.cluster" } else { "spec.cluster" })),
            here: false,
        });
        let clusters = self.clusters.iter().map(|record| other(record, Path::of("spec.hostCluster")));
        clusters.chain(others).take(most).fold(finding, Finding::relate)
    }
}

fn field_frozen(relation: &Relation<'_>, findings: &mut Findings) {
    let (Some(old), record) = (relation.old, relation.record) else { return };
    let referrers = Referrers::of(relation, old);
    if !referrers.hold() {
        return;
    }
    let usage = |record: &Record| record.usage.map(Usage::word).unwrap_or_default().to_owned();
    let cluster_type = |record: &Record| record.cluster_type.map(ClusterType::word).unwrap_or_default().to_owned();
    let worker_type = |record: &Record| record.worker_type.map(WorkerType::word).unwrap_or_default().to_owned();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let fields = [
        ("clusterKind", text(&old.cluster_kind), text(&record.cluster_kind)),
        ("clusterType", cluster_type(old), cluster_type(record)),
        ("usage", usage(old), usage(record)),
        ("workerType", worker_type(old), worker_type(record)),
        ("hostCluster", text(&old.host_cluster), text(&record.host_cluster)),
    ];
    for (field, before, after) in fields.into_iter().filter(|(_, before, after)| before != after) {
        let path = Path::of("spec").key(field);
        let is_gone = after.is_empty();
        let mut finding = Finding::new(
            &FIELD_FROZEN,
            message!("`{field}` cannot change from `{before}` to `{value}` while the cluster is referred to by {referrers}", "集群被 {referrers} 引用时，`{field}` 不能从 `{before}` 改为 `{value}`";
                "Delete what refers to it first, or register another cluster.", "请先删除引用它的对象，或注册另一个集群。"),
            Place::value(path.clone()),
        )
        .found(after)
        .with("field", field)
        .with("before", before.clone())
        .with_list("referrers", referrers.names());
        finding = referrers.relate(finding, 10);
        if !before.is_empty() {
            finding = finding.fix(
                message!("keep `{before}`", "保留 `{before}`"),
                Applicability::Unsafe,
                if is_gone { insert(path, &before) } else { set(path, &before) },
            );
        }
        findings.push(finding);
    }
}

fn still_referenced(relation: &Relation<'_>, findings: &mut Findings) {
    if !relation.deletion {
        return;
    }
    let referrers = Referrers::of(relation, relation.record);
    let names = referrers.names();
    if names.is_empty() {
        return;
    }
    let mut finding = Finding::new(
        &STILL_REFERENCED,
        message!("`{value}` is still referred to by {referrers}", "`{value}` 仍被 {referrers} 引用";
            "Delete what refers to it first.", "请先删除引用它的对象。"),
        Place::value(Path::of("metadata.name")),
    )
    .found(relation.record.name.as_str())
    .with_list("referrers", names);
    if !referrers.hold() {
        finding = finding.weigh(Severity::Warning);
    }
    findings.push(referrers.relate(finding, 100));
}
