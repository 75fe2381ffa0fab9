//! A whole tenant repository: the list of its clusters, and the files beside it.

use insta::assert_snapshot;

use crate::git::{commit, git};
use crate::support::{HOST, Place, virtual_cluster};

const CLUSTERS: &str = "nautes/overlays/production/clusters";
const ENVIRONMENT: &str = "apiVersion: nautes.resource.nautes.io/v1alpha1
kind: Environment
metadata: {name: test, namespace: shop}
spec: {cluster: shop}
";

fn at(file: &str) -> String {
    format!("{CLUSTERS}/{file}")
}

fn list(files: &[&str]) -> String {
    let entries: Vec<String> = files.iter().map(|file| format!("  - {file} # by hand\n")).collect();
    format!("kind: Kustomization\nresources:\n{}", entries.concat())
}

/// Two clusters, both listed, and what is no cluster.
fn repository() -> Place {
    let place = Place::new();
    place.write(&at("cluster-host.yaml"), HOST);
    place.write(&at("shop.yaml"), virtual_cluster("shop", 31_000));
    place.write(&at("kustomization.yaml"), list(&["cluster-host.yaml", "shop.yaml"]));
    place.write("nautes/overlays/production/kustomization.yaml", "resources: [clusters, nowhere.yaml]\n");
    place.write("tenant/production/runtime-appset.yaml", "kind: ApplicationSet\n");
    place
}

#[test]
fn what_is_listed_is_there_and_what_is_there_is_listed() {
    let place = repository();
    assert_eq!(place.run(&["check"]).out, "no findings: 2 clusters in 3 files; 2 files skipped, no cluster in them\n");
    place.write(&at("till.yaml"), virtual_cluster("till", 31_001));
    place.write(&at("copy.yaml"), virtual_cluster("copied", 31_002));
    place.write(&at("kustomization.yaml"), list(&["cluster-host.yaml", "gone.yaml", "copy.yaml", "./copy.yaml", "../elsewhere.yaml"]));
    let outcome = place.run(&["check"]);
    assert_snapshot!("lists", outcome);
    // Wherever it is run, and when the list is named alone.
    let mut inside = place.command(&["check", "--format", "concise", "kustomization.yaml"]);
    let inside = inside.current_dir(place.path().join(CLUSTERS)).output().unwrap();
    let inside = String::from_utf8(inside.stdout).unwrap();
    assert_eq!(inside.lines().filter(|line| line.contains("cluster-not-listed")).count(), 2, "{inside}");
    assert_eq!(inside.lines().filter(|line| line.contains("wrong-kind")).count(), 0, "{inside}");
}

#[test]
fn a_list_is_mended() {
    let place = repository();
    place.write(&at("till.yaml"), virtual_cluster("till", 31_001));
    place.write(&at("kustomization.yaml"), list(&["cluster-host.yaml", "gone.yaml", "cluster-host.yaml"]));
    let read = || std::fs::read_to_string(place.path().join(at("kustomization.yaml"))).unwrap();
    assert_eq!(place.run(&["fix"]).code, 0);
    assert_eq!(read(), list(&["cluster-host.yaml", "gone.yaml"]));
    let outcome = place.run(&["fix", "--unsafe"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_eq!(read(), "kind: Kustomization\nresources:\n  - cluster-host.yaml # by hand\n  - shop.yaml\n  - till.yaml\n");
    assert_eq!(place.run(&["check"]).code, 0);
}

/// What a merge request makes wrong fails it, what was wrong before does not; also where the list itself
/// is as it was.
#[test]
fn a_merge_request() {
    let place = repository();
    place.write(&at("kustomization.yaml"), list(&["cluster-host.yaml", "shop.yaml", "gone.yaml"]));
    place.write(&at("old.yaml"), virtual_cluster("old", 31_009));
    place.write("products/environment.yaml", ENVIRONMENT);
    git(&place, &["init", "-q"]);
    commit(&place);
    git(&place, &["checkout", "-qb", "change"]);
    let check = |more: &[&str]| place.run(&[&["check", "--base", "main", "--format", "concise", "--fail-on", "warning"], more].concat());
    let outcome = check(&[]);
    assert_eq!((outcome.code, outcome.out.matches("warning[").count()), (0, 2), "{outcome}");
    assert_eq!(check(&["--changed-only"]).out, "");
    // A new cluster that nobody lists.
    place.write(&at("till.yaml"), virtual_cluster("till", 31_001));
    let outcome = check(&["--changed-only"]);
    let told = "./nautes/overlays/production/clusters/kustomization.yaml:2:1: error[cluster-not-listed]: `till.yaml` describes a cluster and is not listed";
    assert_eq!((outcome.code, outcome.out.lines().next()), (1, Some(told)), "{outcome}");
    assert_eq!(outcome.out.matches("[cluster-not-listed]").count(), 1, "{outcome}");
    // A file goes and its entry stays; an environment of the repository still refers to it.
    std::fs::remove_file(place.path().join(at("till.yaml"))).unwrap();
    std::fs::remove_file(place.path().join(at("shop.yaml"))).unwrap();
    let outcome = check(&["--changed-only"]);
    assert_eq!(outcome.out.matches("error[listed-file-missing]: there is no `shop.yaml` here").count(), 1, "{outcome}");
    assert!(outcome.out.contains("[still-referenced]") && !outcome.out.contains("gone.yaml"), "{outcome}");
}
