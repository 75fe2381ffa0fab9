//! From what a cluster should be to what changes in the repository: one commit holds it all.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use clearance_core::finding::{Change, Path};
use clearance_core::repository::CLUSTERS;
use clearance_core::source::{Entry, Limits, Node, TextRange, Value};
use clearance_core::{Catalog, Content, Document, Override};
use clearance_render::{in_order, yaml};

use crate::edit;
use crate::objects::{Becomes, Changes, EntryKind, Objects, Oid};
use crate::problem::Problem;
use crate::repository::trouble;
use crate::templates::{Site, Templates, kustomization, vcluster};

/// What a file is that is looked at.
const LONGEST: usize = 8 << 20;

/// A cluster, before and after.
#[derive(Debug)]
pub(crate) struct Plan<'p> {
    pub name: &'p str,
    /// The path of the resource's file.
    pub path: &'p str,
    /// The resource as it should be; nothing where the cluster goes.
    pub resource: Option<&'p Node<'static>>,
    pub before: Option<Site<'p>>,
    pub after: Option<Site<'p>>,
    /// Where it is a host cluster that moves: the virtual clusters on it, with its new address.
    pub hosted: Vec<Site<'p>>,
}

/// The files that are looked at, as they are at a commit.
#[derive(Debug, Default)]
struct Found(BTreeMap<String, String>);

impl Plan<'_> {
    /// The changes at a commit. There are none where all is as it should be.
    pub(crate) fn changes(
        &self,
        objects: &Objects,
        tip: Option<&Oid>,
        templates: &Templates,
        catalog: &Catalog,
    ) -> Result<Changes, Problem> {
        let files = |site: &Option<Site<'_>>| match site {
            Some(site) => templates.files(site, catalog).map_err(|error| Problem::ours(&error)),
            None => Ok(BTreeMap::new()),
        };
        // What stands there already may be beyond use: it is mended, or goes, all the same.
        let (old, new) = (files(&self.before).unwrap_or_default(), files(&self.after)?);
        let shared = self.shared();
        let hosted = self.hosted(templates, catalog);
        let lists = ["yaml", "yml"].map(|ending| format!("{CLUSTERS}/kustomization.{ending}"));
        let mut paths: BTreeSet<String> = old.keys().chain(new.keys()).chain(shared.iter().map(|shared| &shared.path)).cloned().collect();
        paths.insert(self.path.to_owned());
        paths.extend(lists.clone());
        paths.extend(hosted.iter().map(|(path, _)| path.clone()));
        let found = Found::at(objects, tip, &paths.into_iter().collect::<Vec<_>>())?;
        if found.0.get(self.path).is_some_and(|text| holds_more(text)) {
            let detail = format!("`{}` holds more than this cluster, and would lose it; nothing was changed", self.path);
            return Err(Problem::new(StatusCode::CONFLICT, detail));
        }
        // The one that is there; a second one would stop both.
        let [usual, other] = &lists;
        let list = if found.0.contains_key(other) && !found.0.contains_key(usual) { other } else { usual };

        let mut changes = Changes::new();
        let mut becomes = |path: &str, text: Option<String>| {
            let there = found.0.get(path);
            match text {
                Some(text) if there != Some(&text) => drop(changes.insert(path.to_owned(), Becomes::File(text))),
                None if there.is_some() => drop(changes.insert(path.to_owned(), Becomes::Gone)),
                _ => {}
            }
        };
        becomes(self.path, self.resource.map(|resource| described(found.0.get(self.path), resource)));
        let file = self.path.rsplit('/').next().unwrap_or_default();
        becomes(list, Some(listing(found.0.get(list), file, self.resource.is_some())?));
        for (path, text) in &new {
            becomes(path, Some(installed(found.0.get(path), text)));
        }
        for path in old.keys().filter(|path| !new.contains_key(*path)) {
            becomes(path, None);
        }
        // What is not there, nobody wants there: their own registration makes it.
        for (path, text) in hosted.iter().filter(|(path, _)| found.0.contains_key(path)) {
            becomes(path, Some(installed(found.0.get(path), text)));
        }
        for shared in &shared {
            let there = found.0.get(&shared.path);
            let text = match there {
                Some(text) => Some(text.clone()),
                None if shared.element.as_ref().is_none_or(|(_, is_in)| *is_in) => {
                    let site = self.after.as_ref().or(self.before.as_ref());
                    Some(
                        site.map_or(Ok(String::new()), |site| templates.shared(shared.template, site))
                            .map_err(|error| Problem::ours(&error))?,
                    )
                }
                None => None,
            };
            let text = match (text, &shared.element) {
                (Some(text), Some((name, is_in))) => elements(&shared.path, &text, name, *is_in, shared.goes_when_empty)?,
                (text, _) => text,
            };
            becomes(&shared.path, text);
        }
        if self.after.is_none() {
            self.clear(&mut changes, objects, tip)?;
        }
        Ok(changes)
    }

    /// The files that install the virtual clusters on a host cluster, which name its address.
    fn hosted(&self, templates: &Templates, catalog: &Catalog) -> Vec<(String, String)> {
        let mut hosted = Vec::new();
        for site in &self.hosted {
            let directory = format!("{}/", vcluster(self.name, site.name));
            // One that is stored and beyond use is mended by its own registration.
            let files = templates.files(site, catalog).unwrap_or_default();
            hosted.extend(files.into_iter().filter(|(path, _)| path.starts_with(&directory)));
        }
        hosted
    }

    /// What lies in a cluster's own folders goes with it, whoever put it there.
    fn clear(&self, changes: &mut Changes, objects: &Objects, tip: Option<&Oid>) -> Result<(), Problem> {
        let (Some(site), Some(tip)) = (&self.before, tip) else { return Ok(()) };
        let mut folders = Vec::new();
        if site.is_host() {
            folders.push(format!("host-clusters/{}", self.name));
        } else {
            folders.push(format!("runtimes/{}-runtime", self.name));
        }
        if site.is_virtual() {
            folders.push(vcluster(site.host_name(), self.name));
        }
        let found = objects.look(tip, &folders).map_err(|error| trouble(&error))?;
        for folder in folders.into_iter().filter(|folder| found.contains_key(folder)) {
            let below = format!("{folder}/");
            changes.retain(|path, _| !path.starts_with(&below));
            changes.insert(folder, Becomes::Gone);
        }
        Ok(())
    }

    /// The files that this cluster shares with others.
    fn shared(&self) -> Vec<Shared> {
        let mut shared = Vec::new();
        let tenant = |template: &'static str| format!("tenant/production/{template}");
        let once = |template| Shared { path: tenant(template), template, element: None, goes_when_empty: false };
        if self.after.as_ref().is_some_and(|site| !site.is_host()) {
            shared.extend(["runtime-appset.yaml", "runtime-initial-appset.yaml", "runtime-argocd-appset.yaml"].map(once));
        }
        let sites = [&self.before, &self.after].into_iter().flatten();
        if sites.clone().any(Site::is_host) {
            let is_in = self.after.as_ref().is_some_and(Site::is_host);
            shared.push(Shared { element: Some((self.name.to_owned(), is_in)), ..once("host-cluster-appset.yaml") });
        }
        let hosts: BTreeSet<&str> = sites.filter(|site| site.is_virtual()).map(Site::host_name).collect();
        for host in hosts {
            let is_in = self.after.as_ref().is_some_and(|site| site.is_virtual() && site.host_name() == host);
            shared.push(Shared {
                path: format!("host-clusters/{host}/production/vcluster-appset.yaml"),
                template: "vcluster-appset.yaml",
                element: Some((self.name.to_owned(), is_in)),
                goes_when_empty: true,
            });
        }
        shared
    }
}

/// A file that several clusters share.
struct Shared {
    path: String,
    template: &'static str,
    /// The cluster that it lists, and whether it should.
    element: Option<(String, bool)>,
    goes_when_empty: bool,
}

impl Found {
    /// Reads files. What is no file, or lies below none, is refused: a link would be replaced or followed.
    fn at(objects: &Objects, tip: Option<&Oid>, paths: &[String]) -> Result<Self, Problem> {
        let Some(tip) = tip else { return Ok(Self::default()) };
        // What stands in place of a directory is found only by its own name.
        let above = paths.iter().flat_map(|path| path.match_indices('/').filter_map(|(at, _)| path.get(..at)));
        let mut looked: BTreeSet<String> = above.map(str::to_owned).collect();
        looked.extend(paths.iter().cloned());
        let entries = objects.look(tip, &looked.into_iter().collect::<Vec<_>>()).map_err(|error| trouble(&error))?;
        let refused = |path: &str, what: &str| {
            Err(Problem::new(axum::http::StatusCode::CONFLICT, format!("`{path}` in the tenant repository is {what}; nothing was changed")))
        };
        let mut files = Vec::new();
        for path in paths {
            let above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
            for directory in above {
                match entries.get(directory).map(|entry| entry.kind) {
                    None | Some(EntryKind::Directory) => {}
                    Some(_) => return refused(directory, "no directory"),
                }
            }
            match entries.get(path) {
                None => {}
                Some(entry) if entry.kind == EntryKind::File => files.push((path.clone(), entry.id.clone())),
                Some(_) => return refused(path, "no file"),
            }
        }
        let ids: Vec<Oid> = files.iter().map(|(_, id)| id.clone()).collect();
        let texts = objects.read(&ids, LONGEST).map_err(|error| trouble(&error))?;
        let mut found = BTreeMap::new();
        for ((path, _), text) in files.into_iter().zip(texts) {
            let Some(text) = text else { return refused(&path, "too long, or no text") };
            found.insert(path, text);
        }
        Ok(Self(found))
    }
}

/// Whether a file holds other objects beside one.
fn holds_more(text: &str) -> bool {
    let contents = Document::read_all(text, None, &Limits::default());
    let is_something = |content: &&Content<'_>| !matches!(content, Content::Other(document) if document.root.is_null());
    contents.iter().filter(is_something).count() > 1
}

/// The text of the resource's file.
fn described(old: Option<&String>, resource: &Node<'static>) -> String {
    let old = old.map(|old| without_excuses(old));
    let old = old.as_ref();
    // What is said in `spec` is said by the request alone; what stands beside may be anybody's.
    let owns = |path: &Path| path.starts_with(&Path::of("spec"));
    old.and_then(|old| edit::updated(old, resource, &owns)).unwrap_or_else(|| yaml(&in_order(resource.value.clone())))
}

/// How the reason of an override begins that `insecure_skip_check` has made.
pub(crate) const EXCUSE: &str = "insecure_skip_check, request";

/// A text without the overrides that a request was given: the next one says by itself what it may skip.
fn without_excuses(old: &str) -> String {
    let path = Path::of("metadata.annotations").key(Override::ANNOTATION);
    let without = || {
        let root = edit::read(old)?;
        let said = root.get("metadata")?.get("annotations")?.get(Override::ANNOTATION)?.as_str()?;
        let (taken, left): (Vec<&str>, Vec<&str>) = said.lines().partition(|line| line.contains(EXCUSE));
        if taken.is_empty() {
            return None;
        }
        let change = match left.as_slice() {
            [] => Change::Remove { path, occurrence: None },
            left => Change::Set { path, value: Value::String(left.join("\n").into()) },
        };
        edit::edited(old, &root, &[change])
    };
    without().unwrap_or_else(|| old.to_owned())
}

/// The text of a file from a template. Where it cannot be edited it is written anew: it is ours.
fn installed(old: Option<&String>, wanted: &str) -> String {
    let edited = old.and_then(|old| edit::read(wanted).and_then(|wanted| edit::updated(old, &wanted, &|_| false)));
    edited.unwrap_or_else(|| wanted.to_owned())
}

/// The list of clusters with or without one.
fn listing(old: Option<&String>, file: &str, is_in: bool) -> Result<String, Problem> {
    let Some(old) = old else {
        return Ok(if is_in { kustomization(&[file]) } else { kustomization(&[]) });
    };
    let broken = || {
        let detail =
            "the list of clusters in the tenant repository (kustomization.yaml) is broken: `clearance check` of the repository says where";
        Problem::new(axum::http::StatusCode::CONFLICT, detail)
    };
    let root = edit::read(old).ok_or_else(broken)?;
    let resources = Path::of("resources");
    let items = match root.get("resources") {
        Some(node) if matches!(node.value, Value::List(_)) => node.items(),
        Some(node) if !node.is_null() => return Err(broken()),
        _ => &[],
    };
    let names = |node: &Node<'_>| node.as_str().is_some_and(|entry| entry.trim_start_matches("./") == file);
    let listed: Vec<usize> = items.iter().enumerate().filter(|(_, node)| names(node)).map(|(index, _)| index).collect();
    let text = Value::String(file.to_owned().into());
    let changes = match (is_in, listed.as_slice()) {
        (true, []) if items.is_empty() => vec![insert_list(root.get("resources"), resources, text)],
        (true, []) => vec![Change::Insert { path: resources.index(items.len()), value: text }],
        (true, _) => Vec::new(),
        (false, listed) => listed.iter().map(|index| Change::Remove { path: resources.clone().index(*index), occurrence: None }).collect(),
    };
    edit::edited(old, &root, &changes).ok_or_else(broken)
}

/// The change that makes a list of one, where there is none or an empty one.
fn insert_list(there: Option<&Node<'_>>, path: Path, value: Value<'static>) -> Change {
    let list = Value::List(vec![Node::new(value, TextRange::default())]);
    match there {
        Some(node) if !node.is_null() => Change::Set { path, value: list },
        _ => Change::Insert { path, value: list },
    }
}

/// An `ApplicationSet` whose list generator names a cluster, or does not any more; nothing where it
/// would be empty and goes then.
fn elements(file: &str, old: &str, name: &str, is_in: bool, goes_when_empty: bool) -> Result<Option<String>, Problem> {
    let broken = || {
        Problem::new(
            axum::http::StatusCode::CONFLICT,
            format!("`{file}` in the tenant repository has no list of clusters; nothing was changed"),
        )
    };
    let root = edit::read(old).ok_or_else(broken)?;
    let generators = root.get("spec").and_then(|spec| spec.get("generators")).map(Node::items).unwrap_or_default();
    let (index, list) = generators.iter().enumerate().find_map(|(index, node)| Some((index, node.get("list")?))).ok_or_else(broken)?;
    let path = Path::of("spec.generators").index(index).key("list").key("elements");
    let items = list.get("elements").map(Node::items).unwrap_or_default();
    let names = |node: &Node<'_>| node.get("cluster").and_then(Node::as_str) == Some(name);
    let listed: Vec<usize> = items.iter().enumerate().filter(|(_, node)| names(node)).map(|(index, _)| index).collect();
    if !is_in && goes_when_empty && listed.len() == items.len() {
        return Ok(None);
    }
    let element = || {
        let value = Node::new(Value::String(name.to_owned().into()), TextRange::default());
        Value::Map(vec![Entry { key: "cluster".into(), key_range: TextRange::default(), merged: false, value }])
    };
    let changes = match (is_in, listed.as_slice()) {
        (true, []) if items.is_empty() => vec![insert_list(list.get("elements"), path, element())],
        (true, []) => vec![Change::Insert { path: path.index(items.len()), value: element() }],
        (true, _) => Vec::new(),
        (false, listed) if listed.len() == items.len() && !items.is_empty() => vec![Change::Set { path, value: Value::List(Vec::new()) }],
        (false, listed) => listed.iter().map(|index| Change::Remove { path: path.clone().index(*index), occurrence: None }).collect(),
    };
    edit::edited(old, &root, &changes).map(Some).ok_or_else(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_excused_is_taken_back() {
        let text =
            |said: &str| format!("metadata:\n  name: a\n  annotations:\n    clearance.nautes.io/override: {said}\n    team: x # ours\n");
        let own = text("|\n      port-already-used: agreed with the owner");
        assert_eq!(without_excuses(&own), own);
        let both = text("\"port-already-used: agreed\\nunknown-host-cluster: insecure_skip_check, request 1\"");
        assert_eq!(without_excuses(&both), text("\"port-already-used: agreed\""));
        let excused = text("\"port-already-used: insecure_skip_check, request 1\"");
        assert_eq!(without_excuses(&excused), "metadata:\n  name: a\n  annotations:\n    team: x # ours\n");
    }

    #[test]
    fn a_list_keeps_what_others_wrote() {
        let old = "# all of ours\nresources:\n  - b.yaml # first\n  - ./gone.yaml\nnamespace: nautes\n".to_owned();
        let with = listing(Some(&old), "a.yaml", true).expect("it can be edited");
        assert_eq!(with, old.replace("gone.yaml\n", "gone.yaml\n  - a.yaml\n"));
        assert_eq!(listing(Some(&with), "a.yaml", true).expect("it can be edited"), with);
        assert_eq!(listing(Some(&with), "a.yaml", false).expect("it can be edited"), old);
        assert_eq!(listing(Some(&old), "gone.yaml", false).expect("it can be edited"), old.replace("  - ./gone.yaml\n", ""));
        assert_eq!(listing(Some(&"resources: []\n".to_owned()), "a.yaml", true).expect("it can be edited"), "resources:\n  - a.yaml\n");
        let last = listing(Some(&kustomization(&["a.yaml"])), "a.yaml", false).expect("it can be edited");
        assert_eq!(listing(Some(&last), "b.yaml", true).map(|text| text.contains("b.yaml")).ok(), Some(true), "{last}");
        for broken in ["resources: [a\n", "resources: x\n", "a: 1\n---\nb: 2\n"] {
            assert_eq!(listing(Some(&broken.to_owned()), "a.yaml", true).expect_err("it is broken").status, 409, "{broken}");
        }
    }

    #[test]
    fn elements_come_and_go() {
        let old = "spec:\n  generators:\n    - list:\n        elements: []\n";
        let one = elements("f", old, "a", true, true).ok().flatten().expect("it is in");
        let two = elements("f", &one, "b", true, true).ok().flatten().expect("it is in");
        assert_eq!(elements("f", &two, "b", true, true).ok().flatten().as_deref(), Some(two.as_str()));
        assert_eq!(elements("f", &two, "b", false, true).ok().flatten().as_deref(), Some(one.as_str()));
        assert_eq!(elements("f", &one, "a", false, true).ok(), Some(None), "the last one takes the file with it");
        assert_eq!(elements("f", &one, "a", false, false).ok().flatten().as_deref(), Some(old));
        assert!(elements("f", "spec: {}\n", "a", true, false).is_err());
    }
}
