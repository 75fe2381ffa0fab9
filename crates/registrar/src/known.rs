//! What the repository holds, read once and then kept up with by what differs: so that ten thousand
//! clusters cost a request nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use clearance_core::fleet::{self, Identity};
use clearance_core::form::from_resource;
use clearance_core::repository::{CLUSTERS, cluster_name, is_list};
use clearance_core::source::Node;
use clearance_core::{Catalog, Content, Document, Fleet, Form, Limits, Referrer};
use serde_json::Value;

use crate::git::GitError;
use crate::objects::{EntryKind, Objects, Oid};

/// What counts as the fleet: all that is below this directory.
const BELOW: &str = "nautes";
/// The longest file that is read.
const LONGEST: usize = 8 << 20;

/// A repository at one commit.
#[derive(Debug, Default, Clone)]
pub(crate) struct Known {
    pub tip: Option<Oid>,
    /// The catalogue that the fleet was read with.
    catalog: u64,
    pub fleet: Fleet,
    pub clusters: BTreeMap<String, Arc<Stored>>,
    files: HashMap<String, File>,
}

/// What one file adds to the fleet.
#[derive(Debug, Default, Clone)]
struct File {
    clusters: Vec<Identity>,
    referrers: Vec<Referrer>,
}

/// A cluster as it stands in the repository.
#[derive(Debug)]
pub(crate) struct Stored {
    pub path: String,
    /// The name of the file's content: its `ETag`.
    pub blob: Oid,
    pub text: String,
    /// As the API shows it.
    pub shown: String,
    /// What a list is selected by: name, type, usage, worker type.
    pub fields: [String; 4],
}

/// The fields of `field_selector`, in the order of [`Stored::fields`].
pub(crate) const SELECTABLE: [&str; 4] = ["cluster_name", "cluster_type", "usage", "worker_type"];

impl Known {
    /// Nothing yet: the repository is empty.
    pub(crate) fn nothing() -> Self {
        let mut known = Self::default();
        known.fleet.set_complete(true);
        known
    }

    /// Whether it is what stands in a commit, by a catalogue.
    pub(crate) fn is_of(&self, tip: Option<&Oid>, catalog: &Catalog) -> bool {
        self.tip.as_ref() == tip && self.catalog == catalog.digest()
    }

    /// Follows the repository to a commit. What was followed in part is read anew the next time.
    pub(crate) fn follow(&mut self, objects: &Objects, tip: Option<&Oid>, catalog: &Catalog) -> Result<(), GitError> {
        let followed = self.try_follow(objects, tip, catalog);
        if followed.is_err() {
            *self = Self::nothing();
        }
        followed
    }

    fn try_follow(&mut self, objects: &Objects, tip: Option<&Oid>, catalog: &Catalog) -> Result<(), GitError> {
        let digest = catalog.digest();
        if std::mem::replace(&mut self.catalog, digest) != digest {
            *self = Self { catalog: digest, ..Self::nothing() };
        }
        if self.tip.as_ref() == tip {
            return Ok(());
        }
        let changed = match (&self.tip, tip) {
            (_, None) => {
                *self = Self { catalog: digest, ..Self::nothing() };
                return Ok(());
            }
            (Some(from), Some(to)) => objects.differing(from, to, BELOW)?,
            (None, Some(to)) => {
                *self = Self { catalog: digest, ..Self::nothing() };
                objects.files(to, BELOW)?.into_iter().map(|entry| (entry.path.clone(), Some(entry))).collect()
            }
        };
        let mut wanted = Vec::new();
        for (path, entry) in changed {
            if !is_manifest(&path) {
                continue;
            }
            self.leave(&path);
            if let Some(entry) = entry.filter(|entry| entry.kind == EntryKind::File) {
                wanted.push((path, entry.id));
            }
        }
        let ids: Vec<Oid> = wanted.iter().map(|(_, id)| id.clone()).collect();
        // In parts: what is read at once is held at once.
        for (wanted, ids) in wanted.chunks(2_000).zip(ids.chunks(2_000)) {
            let texts = objects.read(ids, LONGEST)?;
            for ((path, id), text) in wanted.iter().zip(texts) {
                if let Some(text) = text {
                    self.enter(path, id, &text, catalog);
                }
            }
        }
        self.tip = tip.cloned();
        Ok(())
    }

    fn leave(&mut self, path: &str) {
        for_name(path, |name| {
            if self.clusters.get(name).is_some_and(|stored| stored.path == path) {
                self.clusters.remove(name);
            }
        });
        let Some(file) = self.files.remove(path) else { return };
        for identity in &file.clusters {
            self.fleet.take(identity);
        }
        for referrer in &file.referrers {
            self.fleet.unrefer(referrer);
        }
    }

    fn enter(&mut self, path: &str, id: &Oid, text: &str, catalog: &Catalog) {
        if is_list(path) {
            return;
        }
        let (records, referrers) = fleet::read(text, Some(path), catalog, &Limits::default());
        let mut file = File::default();
        for record in records {
            file.clusters.push(record.identity());
            self.fleet.put(record);
        }
        for referrer in referrers {
            self.fleet.refer(referrer.clone());
            file.referrers.push(referrer);
        }
        self.files.insert(path.to_owned(), file);
        for_name(path, |name| {
            if let Some(stored) = Stored::read(path, name, id, text.to_owned()) {
                self.clusters.insert(name.to_owned(), Arc::new(stored));
            }
        });
    }
}

fn for_name(path: &str, then: impl FnOnce(&str)) {
    if path.strip_prefix(CLUSTERS).is_some_and(|rest| rest.starts_with('/'))
        && let Some(name) = cluster_name(path)
    {
        then(name);
    }
}

fn is_manifest(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end))
}

impl Stored {
    fn read(path: &str, name: &str, blob: &Oid, text: String) -> Option<Self> {
        let resource = {
            let contents = Document::read_all(&text, Some(path), &Limits::default());
            let document = contents.iter().find_map(|content| match content {
                Content::Cluster(document) => Some(document),
                Content::Other(_) => None,
            })?;
            document.to_resource()
        };
        let word = |key: &str| resource.get("spec").and_then(|spec| spec.get(key)).and_then(Node::as_str).unwrap_or_default().to_owned();
        let fields = [name.to_owned(), word("clusterType"), word("usage"), word("workerType")];
        let shown = shown(name, &resource).to_string();
        Some(Self { path: path.to_owned(), blob: blob.clone(), text, shown, fields })
    }

    /// The document that it is.
    pub(crate) fn document(&self) -> Option<Document<'_>> {
        Document::read_all(&self.text, Some(&self.path), &Limits::default()).into_iter().find_map(|content| match content {
            Content::Cluster(document) => Some(document),
            Content::Other(_) => None,
        })
    }
}

/// A cluster as the API shows it: in the words of a request, with its name first.
pub(crate) fn shown(name: &str, resource: &Node<'_>) -> Value {
    let spec = |key: &str| resource.get("spec").and_then(|spec| spec.get(key)).and_then(Node::as_str);
    let port = spec("apiServer").filter(|_| spec("clusterType") == Some("virtual")).and_then(|address| address.rsplit(':').next());
    let port = port.filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    let request = from_resource(Form::Request, resource, None, port);
    let mut shown = serde_json::Map::new();
    shown.insert("name".to_owned(), name.into());
    if let Ok(Value::Object(fields)) = serde_json::to_value(&request) {
        shown.extend(fields.into_iter().filter(|(key, _)| key != "name"));
    }
    Value::Object(shown)
}
