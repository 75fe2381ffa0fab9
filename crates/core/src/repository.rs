//! The tenant configuration repository: where its clusters lie, and the list of them.
//!
//! Argo CD applies what the list names: a kustomization beside the clusters' files. What a door
//! finds in the directory comes in as names; nothing is read here.

use alloc::collections::BTreeSet;

use crate::document::Document;
use crate::finding::{Finding, Findings, Severity};
use crate::net::is_dns_label;
use crate::prelude::*;
use crate::rules::{repository, syntax};
use crate::sort::sort_by;
use crate::source::Node;
use crate::text::{find, has};
use crate::verdict::{Rulebook, Verdict};

/// The directory of the clusters, from the root of the repository; each lies in `<name>.yaml`.
pub const CLUSTERS: &str = "nautes/overlays/production/clusters";

/// What the list may be called.
const LISTS: [&str; 2] = ["kustomization.yaml", "kustomization.yml"];

/// Whether a file, by its path with `/`, is the list of a tenant repository's clusters.
///
/// ```
/// use clearance_core::repository::is_list;
/// assert!(is_list("tenant/nautes/overlays/production/clusters/kustomization.yaml"));
/// assert!(!is_list("elsewhere/kustomization.yaml"));
/// ```
#[must_use]
pub fn is_list(path: &str) -> bool {
    file_name(path).is_some_and(|name| LISTS.contains(&name))
}

/// The cluster that a file should describe, by its path with `/` in a tenant repository.
///
/// ```
/// use clearance_core::repository::cluster_name;
/// assert_eq!(cluster_name("nautes/overlays/production/clusters/shop.yaml"), Some("shop"));
/// assert_eq!(cluster_name("shop.yaml"), None);
/// ```
#[must_use]
pub fn cluster_name(path: &str) -> Option<&str> {
    let (stem, extension) = file_name(path).filter(|name| !LISTS.contains(name))?.rsplit_once('.')?;
    ["yaml", "yml", "json"].contains(&extension).then_some(stem)
}

/// Whether a cluster may be given a name, whatever rules are switched off: it becomes part of file names and
/// addresses, and must lead nowhere else. A file of the list's name is the list.
///
/// ```
/// use clearance_core::repository::can_be_named;
/// assert!(can_be_named("shop-2"));
/// assert!(!can_be_named("../shop") && !can_be_named("") && !can_be_named("kustomization"));
/// ```
#[must_use]
pub fn can_be_named(name: &str) -> bool {
    is_dns_label(name) && LISTS.iter().all(|list| list.split_once('.').is_none_or(|(stem, _)| stem != name))
}

/// The name of a file that lies right in the directory of the clusters.
fn file_name(path: &str) -> Option<&str> {
    let (directory, name) = path.rsplit_once('/')?;
    let above = directory.strip_suffix(CLUSTERS)?;
    (above.is_empty() || above.ends_with('/')).then_some(name)
}

/// What a door found in the directory of a list. Paths are relative to it, with `/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The files that describe clusters.
    pub clusters: BTreeSet<String>,
    /// Those of the [listed paths](listed) that are there.
    pub present: BTreeSet<String>,
}

/// The paths in and below its own directory that a list names, each with its position. What lies
/// elsewhere, or on another machine, is not ours to look for.
pub fn listed<'d>(list: &'d Document<'_>) -> impl Iterator<Item = (usize, &'d str)> {
    let items = list.root.get("resources").map(Node::items).unwrap_or_default();
    items.iter().enumerate().filter_map(|(index, item)| Some((index, local(item.as_str()?)?)))
}

fn local(entry: &str) -> Option<&str> {
    let path = entry.trim_start_matches("./").trim_end_matches('/');
    // `github.com/…` without a scheme is an address, too.
    let is_address =
        path.contains([':', '?']) || find(path, "//").is_some() || path.split_once('/').is_some_and(|(first, _)| has(first, b'.'));
    let is_below = !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    (is_below && !is_address).then_some(path)
}

impl Rulebook {
    /// Judges the list of a repository's clusters, and what has changed since `before`: what was found
    /// then is unchanged.
    #[must_use]
    pub fn judge_list(&self, list: &Document<'_>, neighbours: &Neighbours, before: Option<(&Document<'_>, &Neighbours)>) -> Verdict {
        let mut findings = look(list, neighbours);
        if let Some((old, neighbours)) = before {
            // Positions shift: an entry is known by what it says.
            let mut known = look(old, neighbours);
            sort_by(&mut known, |a, b| said(a).cmp(&said(b)));
            for finding in &mut findings {
                let first = known.partition_point(|known| said(known) < said(finding));
                let alike = known.get(first..).unwrap_or_default().iter().take_while(|known| said(known) == said(finding));
                finding.unchanged = { alike }.any(|known| known.args == finding.args);
            }
        }
        self.finish(list, findings, Vec::new(), None)
    }
}

fn said(finding: &Finding) -> (&'static str, Option<&str>) {
    (finding.rule.name, finding.value.as_deref())
}

fn look(list: &Document<'_>, neighbours: &Neighbours) -> Findings {
    let mut findings = Findings::new();
    list.faults(list.root.repeats_keys(), &mut findings);
    // No API server stores it, however long it is.
    findings.retain(|finding| !core::ptr::eq(finding.rule, &raw const syntax::TOO_LARGE));
    let is_broken = |finding: &Finding| finding.severity == Severity::Error;
    // What could not be read may name what seems to be missing.
    if !findings.iter().any(is_broken) {
        repository::check(list, neighbours, &mut findings);
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Form;
    use crate::source::{Format, Limits};

    fn listed_in(text: &str) -> Vec<(usize, String)> {
        let list = Document::read_as(text, Format::Yaml, Form::Resource, &Limits::default());
        listed(&list).map(|(index, path)| (index, path.to_owned())).collect()
    }

    #[test]
    fn only_what_lies_here_is_looked_for() {
        let text = "resources:\n- a.yaml\n- ./b.yaml\n- sub/\n- sub/c.yaml\n- ../d.yaml\n- sub/../../e.yaml\n- /etc/f.yaml\n\
            - https://example.com/g.yaml\n- github.com/some/where?ref=main\n- github.com/some/where\n- git@example.com:h.git\n- 1\n- ''\n";
        let found = listed_in(text);
        let paths: Vec<(usize, &str)> = found.iter().map(|(index, path)| (*index, path.as_str())).collect();
        assert_eq!(paths, [(0, "a.yaml"), (1, "b.yaml"), (2, "sub"), (3, "sub/c.yaml")]);
        assert_eq!(listed_in(""), []);
        assert_eq!(listed_in("resources: a.yaml\n"), []);
    }

    #[test]
    fn the_layout() {
        for (path, name) in [
            ("/home/x/nautes/overlays/production/clusters/a.yaml", Some("a")),
            ("nautes/overlays/production/clusters/a.b.json", Some("a.b")),
            ("nautes/overlays/production/clusters/sub/a.yaml", None),
            ("mynautes/overlays/production/clusters/a.yaml", None),
            ("nautes/overlays/production/clusters/kustomization.yaml", None),
            ("nautes/overlays/production/clusters/README.md", None),
        ] {
            assert_eq!(cluster_name(path), name, "{path}");
        }
    }

    #[test]
    fn what_was_there_is_unchanged_wherever_it_stands_now() {
        let read = |text| Document::read_as(text, Format::Yaml, Form::Resource, &Limits::default());
        let (old, new) = (read("resources:\n- gone.yaml\n"), read("resources:\n- a.yaml\n- gone.yaml\n- new.yaml\n"));
        let there = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let before = Neighbours { clusters: there(&["b.yaml"]), present: there(&[]) };
        let now = Neighbours { clusters: there(&["a.yaml", "b.yaml", "c.yaml"]), present: there(&["a.yaml"]) };
        let verdict = Rulebook::default().judge_list(&new, &now, Some((&old, &before)));
        let told: Vec<(&str, Option<&str>, bool)> =
            verdict.findings.iter().map(|finding| (finding.rule.name, finding.value.as_deref(), finding.unchanged)).collect();
        assert_eq!(
            told,
            [
                ("cluster-not-listed", Some("b.yaml"), true),
                ("cluster-not-listed", Some("c.yaml"), false),
                ("listed-file-missing", Some("gone.yaml"), true),
                ("listed-file-missing", Some("new.yaml"), false),
            ]
        );
        assert_eq!((verdict.errors, verdict.warnings), (2, 2));
    }

    /// It is longer than any object that a cluster stores, and none of it may be compared with all the rest.
    #[test]
    fn a_long_list_is_like_a_short_one() {
        use core::fmt::Write;
        let names: Vec<String> = (0..50_000).map(|index| format!("a-cluster-with-a-long-name-{index}.yaml")).collect();
        let mut text = "resources:\n".to_owned();
        for name in &names {
            writeln!(text, "- {name}").expect("room");
        }
        text.push_str("- a-cluster-with-a-long-name-7.yaml\n");
        let list = Document::read_as(&text, Format::Yaml, Form::Resource, &Limits::default());
        let there = |names: &[String]| Neighbours { clusters: names.iter().cloned().collect(), present: names.iter().cloned().collect() };
        let verdict = Rulebook::default().judge_list(&list, &there(&names), None);
        let told: Vec<_> =
            verdict.findings.iter().map(|finding| (finding.rule.name, finding.place.path().map(ToString::to_string))).collect();
        assert_eq!(told, [("listed-twice", Some("resources[50000]".to_owned()))]);
        // Now none of them is there, as none was before.
        let verdict = Rulebook::default().judge_list(&list, &there(&[]), Some((&list, &there(&[]))));
        assert_eq!((verdict.errors, verdict.warnings), (0, 50_001));
    }

    #[test]
    fn of_a_broken_list_only_that_is_told() {
        let list = Document::read_as("resources: [a.yaml\n", Format::Yaml, Form::Resource, &Limits::default());
        let neighbours = Neighbours { clusters: ["b.yaml".to_owned()].into(), ..Neighbours::default() };
        let verdict = Rulebook::default().judge_list(&list, &neighbours, None);
        assert!(verdict.errors > 0 && verdict.findings.iter().all(|finding| finding.rule.group == "syntax"));
    }
}
