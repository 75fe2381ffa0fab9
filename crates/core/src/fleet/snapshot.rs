//! What a document adds to a fleet.

use super::{Record, Referrer, ReferrerKind};
use crate::catalog::Catalog;
use crate::defaults::Filled;
use crate::document::{Content, Document};
use crate::model::{Cluster, GROUP};
use crate::net::Address;
use crate::prelude::*;
use crate::source::{Limits, Node};

/// What a text adds to a fleet: the clusters that it describes, and what refers to clusters.
/// What else it holds is passed over. `file` names where it came from, for those who are told of a clash.
#[must_use]
pub fn read(text: &str, file: Option<&str>, catalog: &Catalog, limits: &Limits) -> (Vec<Record>, Vec<Referrer>) {
    let (mut records, mut referrers) = (Vec::new(), Vec::new());
    for content in Document::read_all(text, file, limits) {
        match content {
            Content::Cluster(document) => records.push(Record { file: file.map(str::to_owned), ..record(&document, catalog) }),
            Content::Other(document) => {
                referrers.extend(Referrer::read(&document.root).map(|referrer| Referrer { file: file.map(str::to_owned), ..referrer }));
            }
        }
    }
    (records, referrers)
}

fn record(document: &Document<'_>, catalog: &Catalog) -> Record {
    let written = Cluster::read(document.form, &document.root);
    let name = document.name.as_deref().or(written.metadata.name.as_deref());
    let filled = Filled::of(&written, name, catalog);
    let address = written.spec.api_server.as_deref().and_then(|address| Address::parse(address).ok());
    Record::of(&filled.cluster, name.unwrap_or_default(), address, catalog)
}

/// The objects in a document: the items of a `List` (as `kubectl get -o yaml` prints them, and as a
/// snapshot of a fleet holds them), or the document itself.
#[must_use]
pub fn items<'n, 'a>(root: &'n Node<'a>) -> Vec<&'n Node<'a>> {
    let is_list = root.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
    match root.get("items").filter(|_| is_list) {
        Some(items) => items.items().iter().collect(),
        None => vec![root],
    }
}

impl Referrer {
    /// The referrer that an object is; nothing where it refers to no cluster.
    #[must_use]
    pub fn read(root: &Node<'_>) -> Option<Self> {
        let text = |node: Option<&Node<'_>>| node.and_then(Node::as_str).map(str::to_owned);
        let group = root.get("apiVersion").and_then(Node::as_str)?.split_once('/')?.0;
        let word = root.get("kind").and_then(Node::as_str)?;
        let kind = ReferrerKind::ALL.into_iter().find(|kind| kind.kind() == word).filter(|_| group == GROUP)?;
        let holder = if kind.holds() { "status" } else { "spec" };
        let cluster = text(root.get(holder).and_then(|holder| holder.get("cluster"))).filter(|name| !name.is_empty())?;
        let metadata = root.get("metadata");
        let get = |key| text(metadata.and_then(|metadata| metadata.get(key)));
        Some(Self { kind, namespace: get("namespace").unwrap_or_default(), name: get("name").unwrap_or_default(), cluster, file: None })
    }
}
