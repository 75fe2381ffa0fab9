//! The list of a tenant repository's clusters, and the files beside it.

use super::structure::remove;
use super::{Check, rules};
use crate::document::Document;
use crate::finding::{Applicability, Change, Finding, Findings, Path, Place, message};
use crate::prelude::*;
use crate::repository::{Neighbours, listed};
use crate::sort::sort_by;
use crate::source::{Node, Value};

rules! { "repository";
    CLUSTER_NOT_LISTED = "cluster-not-listed", Error, Required, true, Check::Reader,
        "a cluster's file is not in the list", "集群文件未列入清单";
    LISTED_FILE_MISSING = "listed-file-missing", Error, NotFound, true, Check::Reader,
        "a file in the list is not there", "清单中的文件不存在";
    LISTED_TWICE = "listed-twice", Error, Duplicate, true, Check::Reader,
        "a file is listed twice", "同一文件被列出两次";
}

/// Compares the list with what is there, both ways.
pub(crate) fn check(list: &Document<'_>, neighbours: &Neighbours, findings: &mut Findings) {
    let resources = Path::of("resources");
    let length = list.root.get("resources").map(Node::items).unwrap_or_default().len();
    // By name, so that a list of fifty thousand is looked through once and not once an entry.
    let mut entries: Vec<(usize, &str)> = listed(list).collect();
    sort_by(&mut entries, |(_, a), (_, b)| a.cmp(b));
    let mut before = None;
    for (index, file) in &entries {
        let path = resources.clone().index(*index);
        let remove = || remove(path.clone());
        let at = |rule, message| Finding::new(rule, message, Place::value(path.clone())).found(*file);
        if before.replace(*file) == Some(*file) {
            let message = message!("`{value}` is listed twice", "`{value}` 被列出两次";
                "`kustomize build` refuses to add one object twice, so nothing is applied any more.", "`kustomize build` 拒绝重复添加同一对象，因此不会再应用任何内容。");
            findings.push(at(&LISTED_TWICE, message).fix(message!("remove it", "删除"), Applicability::Safe, remove()));
        } else if !neighbours.present.contains(*file) {
            let message = message!("there is no `{value}` here", "此处没有 `{value}`";
                "`kustomize build` fails on it, so nothing of this list is applied any more.", "`kustomize build` 会因此失败，清单中的内容都不会再被应用。");
            findings.push(at(&LISTED_FILE_MISSING, message).fix(message!("remove it", "删除"), Applicability::Unsafe, remove()));
        }
    }
    let is_listed = |file: &str| entries.binary_search_by(|(_, other)| (*other).cmp(file)).is_ok();
    for file in neighbours.clusters.iter().filter(|file| !is_listed(file)) {
        let entry = Change::Insert { path: resources.clone().index(length), value: Value::String(file.clone().into()) };
        findings.push(
            Finding::new(
                &CLUSTER_NOT_LISTED,
                message!("`{value}` describes a cluster and is not listed", "`{value}` 描述了一个集群，但未列入清单";
                    "Argo CD applies only what is listed, so this cluster is never registered, or is taken away.", "Argo CD 只应用清单中的内容，因此该集群不会被注册，或会被移除。"),
                Place::key(resources.clone()),
            )
            .found(file.as_str())
            .fix(message!("list `{value}`", "列入 `{value}`"), Applicability::Unsafe, vec![entry]),
        );
    }
}
