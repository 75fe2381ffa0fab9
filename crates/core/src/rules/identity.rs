//! One cluster, one document.

use super::connection::other;
use super::{Check, Relation, rules};
use crate::finding::{Finding, Findings, Path, Place, message};
use crate::prelude::*;

rules! { "identity";
    DEFINED_TWICE = "defined-twice", Error, Duplicate, false, Check::Fleet(defined_twice),
        "two documents describe one cluster", "两个文档描述了同一个集群";
}

fn defined_twice(relation: &Relation<'_>, findings: &mut Findings) {
    let record = relation.record;
    if relation.deletion || record.name.is_empty() {
        return;
    }
    let identity = record.identity();
    let judged: Vec<_> = relation.fleet.find(&identity).filter(|other| other.judged).collect();
    if judged.len() < 2 {
        return;
    }
    let path = Path::of("metadata.name");
    let mut finding = Finding::new(
        &DEFINED_TWICE,
        message!("`{value}` is described {count} times here", "`{value}` 在此处被描述了 {count} 次";
            "Only one of them would be in force. Remove the others, or give them names of their own.", "只有其中一个会生效。请删除其余的，或为其另取名称。"),
        Place::value(path.clone()),
    )
    .found(record.name.as_str())
    .with("count", judged.len().to_string());
    for twin in judged.into_iter().filter(|twin| twin.file != record.file).take(10) {
        finding = finding.relate(other(twin, path.clone()));
    }
    findings.push(finding);
}
