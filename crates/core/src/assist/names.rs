//! Where clusters' names stand: at themselves, and wherever something refers to them.

use crate::document::{Content, Document};
use crate::finding::Path;
use crate::fleet::{Identity, Referrer, ReferrerKind};
use crate::model::{Cluster, DEFAULT_NAMESPACE};
use crate::prelude::*;
use crate::source::TextRange;

/// A cluster's name at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The cluster.
    pub identity: Identity,
    /// What it is named for.
    pub role: Role,
    /// The path in the resource.
    pub path: Path,
    /// Where the name stands.
    pub range: TextRange,
}

/// What a cluster is named for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is described here.
    Itself,
    /// A virtual cluster runs on it.
    HostCluster,
    /// Another object refers to it.
    Referrer(ReferrerKind),
}

/// The names in what was read.
#[must_use]
pub fn named(content: &Content<'_>) -> Vec<Named> {
    match content {
        Content::Cluster(document) => {
            let cluster = Cluster::read(document.form, &document.root);
            let namespace = cluster.namespace();
            let own = at(document, Path::of("metadata.name"), namespace, Role::Itself);
            let host = at(document, Path::of("spec.hostCluster"), namespace, Role::HostCluster);
            own.into_iter().chain(host).collect()
        }
        Content::Other(document) => {
            let Some(referrer) = Referrer::read(&document.root) else { return Vec::new() };
            let path = Path::of(if referrer.kind.holds() { "status.cluster" } else { "spec.cluster" });
            at(document, path, DEFAULT_NAMESPACE, Role::Referrer(referrer.kind)).into_iter().collect()
        }
    }
}

fn at(document: &Document<'_>, path: Path, namespace: &str, role: Role) -> Option<Named> {
    let node = document.find(&path, None)?.node();
    let name = node.as_str().filter(|name| !name.is_empty())?.to_owned();
    Some(Named { identity: (namespace.to_owned(), name), role, path, range: node.range })
}
