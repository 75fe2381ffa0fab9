//! A merge request: what is checked out against the revision that it starts from.

use std::process::Command;

use insta::assert_snapshot;

use crate::support::{HOST, Outcome, Place, virtual_cluster};

pub fn git(place: &Place, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "init.defaultBranch=main"])
        .args(["-c", "protocol.file.allow=always"])
        .args(args)
        .current_dir(place.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub fn commit(place: &Place) {
    git(place, &["add", "-A"]);
    git(place, &["commit", "-qm", "A change"]);
}

fn clusters(name: &str) -> String {
    format!("clusters/{name}.yaml")
}

/// A repository with a host cluster, two virtual ones on it, and an old fault.
fn repository() -> Place {
    let place = Place::with([
        (clusters("cluster-host").as_str(), HOST),
        (clusters("shop").as_str(), &virtual_cluster("shop", 31_000)),
        (clusters("till").as_str(), &virtual_cluster("till", 31_001)),
        (
            clusters("old").as_str(),
            &HOST
                .replace("cluster-host", "old")
                .replace("203.0.113.10:6443", "127.0.0.1:6443")
                .replace("usage: host", "usage: host\n  odd: 1"),
        ),
    ]);
    git(&place, &["init", "-q"]);
    commit(&place);
    git(&place, &["checkout", "-qb", "change"]);
    place
}

fn check(place: &Place, args: &[&str]) -> Outcome {
    place.run(&[&["check", "--base", "main"], args].concat())
}

#[test]
fn what_was_there_never_fails() {
    let place = repository();
    assert_eq!(place.run(&["check"]).code, 1);
    let outcome = check(&place, &["--fail-on", "warning"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_snapshot!("unchanged", outcome);
    let outcome = check(&place, &["--changed-only"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "no findings: 4 clusters in 4 files\n"));
    // The fault that is added to the old file is told, and only that fails.
    place.write(&clusters("old"), std::fs::read_to_string(place.path().join(clusters("old"))).unwrap() + "  new: 2\n");
    let outcome = check(&place, &["--format", "concise"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.starts_with("./clusters/old.yaml:11:3: error[unknown-field]: unknown field `new`\n"), "{outcome}");
}

#[test]
fn frozen_fields_deletions_and_renames() {
    let place = repository();
    place.write(&clusters("cluster-host"), HOST.replace("usage: host", "usage: worker\n  workerType: pipeline"));
    let outcome = check(&place, &["--format", "concise"]);
    assert!(outcome.out.contains("clusters/cluster-host.yaml:9:10: error[field-frozen]"), "{outcome}");
    // Not committed or committed: it is what is checked out that counts.
    commit(&place);
    assert_eq!(check(&place, &["--format", "concise"]).out, outcome.out);
    std::fs::remove_file(place.path().join(clusters("cluster-host"))).unwrap();
    let outcome = check(&place, &["--changed-only"]);
    assert_snapshot!("deleted_host", outcome);
    // Under another file name it is the same cluster.
    place.write("clusters/renamed.yaml", HOST);
    let outcome = check(&place, &["--changed-only"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "no findings: 4 clusters in 4 files\n"));
    place.write("clusters/renamed.yaml", HOST.replace("usage: host", "usage: worker\n  workerType: pipeline"));
    assert!(check(&place, &["--format", "concise"]).out.contains("renamed.yaml:9:10: error[field-frozen]"));
}

/// A request has its name from outside, before and after.
#[test]
fn a_named_request_is_an_update() {
    let request = |usage: &str| {
        format!("{{\"api_server\": \"https://203.0.113.10:6443\", \"cluster_type\": \"physical\", \"cluster_knid\": \"a\", {usage}}}\n")
    };
    let host = request("\"usage\": \"host\"");
    let place = Place::with([("request.json", host.as_str()), ("fleet/shop.yaml", &virtual_cluster("shop", 31_000))]);
    git(&place, &["init", "-q"]);
    commit(&place);
    git(&place, &["checkout", "-qb", "change"]);
    place.write("request.json", request("\"usage\": \"worker\", \"worker_type\": \"pipeline\""));
    commit(&place);
    let outcome = check(&place, &["--name", "cluster-host", "--fleet", "fleet", "request.json"]);
    assert!(outcome.out.contains("error[field-frozen]"), "{outcome}");
    assert!(outcome.out.contains("warning[unknown-field]"), "it was there before: {outcome}");
}

/// A new cluster takes the port of an old one: the old one is not to blame.
#[test]
fn a_clash_is_told_of_who_brings_it() {
    let place = repository();
    place.write(&clusters("new"), virtual_cluster("new", 31_000));
    let outcome = check(&place, &["--format", "concise"]);
    let lines: Vec<&str> = outcome.out.lines().filter(|line| line.contains("port-already-used")).collect();
    assert_eq!(outcome.code, 1);
    assert!(lines[0].contains("new.yaml:7:14: error") && lines[1].contains("shop.yaml:7:14: warning"), "{outcome}");
}

/// A host cluster moves, and nobody touches the files of those on it: they are wrong now, and were not.
#[test]
fn what_a_change_breaks_elsewhere_fails() {
    let place = repository();
    place.write(&clusters("cluster-host"), HOST.replace("203.0.113.10", "203.0.113.11"));
    for args in [&[][..], &["--changed-only"]] {
        let outcome = check(&place, &[args, &["--format", "concise"]].concat());
        let told = |name: &str| outcome.out.matches(&format!("{name}.yaml:7:14: error[api-server-not-on-host]")).count();
        assert_eq!((outcome.code, told("shop"), told("till")), (1, 1, 1), "{outcome}");
        assert_eq!(outcome.out.contains("odd"), args.is_empty(), "{outcome}");
    }
    // What was so at the base is old, even if something else changes.
    commit(&place);
    git(&place, &["branch", "-f", "main"]);
    place.write(&clusters("new"), virtual_cluster("new", 31_005).replace("203.0.113.10", "203.0.113.11"));
    let outcome = check(&place, &["--format", "concise"]);
    assert_eq!((outcome.code, outcome.out.matches("warning[api-server-not-on-host]").count()), (0, 3), "{outcome}");
    assert_eq!(check(&place, &["--changed-only", "--format", "concise"]).out, "");
}

/// Of the base is read what would be read of what is checked out.
#[test]
fn the_base_is_read_as_what_is_checked_out() {
    let place = repository();
    place.write("clearance.toml", "exclude = [\"drafts/**\"]\n");
    place.write("drafts/shop.yaml", virtual_cluster("shop", 31_000).replace("virtual", "physical"));
    place.write("chart/Chart.yaml", "name: chart\n");
    place.write("chart/templates/till.yaml", virtual_cluster("till", 31_001).replace("nautes", "{{ .Release.Namespace }}"));
    place.write("chart/templates/gone.yaml", virtual_cluster("gone", 31_001).replace("nautes", "\"{{ .Release.Namespace }}\""));
    commit(&place);
    git(&place, &["branch", "-f", "main"]);
    std::fs::remove_file(place.path().join("drafts/shop.yaml")).unwrap();
    std::fs::remove_file(place.path().join("chart/templates/gone.yaml")).unwrap();
    place.write(&clusters("shop"), virtual_cluster("shop", 31_002));
    let outcome = check(&place, &["--changed-only", "--fail-on", "warning"]);
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "no findings: 4 clusters in 4 files; 2 files skipped, no cluster in them\n"),
        "{outcome}"
    );
}

#[test]
fn patterns_are_compared_too() {
    let place = repository();
    std::fs::remove_file(place.path().join(clusters("cluster-host"))).unwrap();
    for pattern in ["clusters/*.yaml", "*/*.yaml", "./clusters/[a-z]*.yaml"] {
        let outcome = check(&place, &["--changed-only", "--format", "concise", pattern]);
        assert!(outcome.out.contains("cluster-host.yaml:4:9: error[still-referenced]"), "{pattern}: {outcome}");
    }
    // What the pattern leaves out is not gone.
    let outcome = check(&place, &["--changed-only", "--format", "concise", "clusters/s*.yaml"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, ""), "{outcome}");
    // A file that nobody could write a description into by its name is compared when it is named.
    place.write("cluster.txt", HOST);
    commit(&place);
    git(&place, &["branch", "-f", "main"]);
    place.write("cluster.txt", HOST.replace("usage: host", "usage: worker\n  workerType: pipeline"));
    let outcome = check(&place, &["--format", "concise", "cluster.txt", "clusters"]);
    assert!(outcome.out.contains("cluster.txt:9:10: error[field-frozen]"), "{outcome}");
}

/// What `main` got meanwhile is no deletion by this branch.
#[test]
fn it_is_compared_with_where_it_parted() {
    let place = repository();
    git(&place, &["checkout", "-q", "main"]);
    place.write(&clusters("meanwhile"), virtual_cluster("meanwhile", 31_005));
    commit(&place);
    std::fs::remove_file(place.path().join(clusters("cluster-host"))).unwrap();
    git(&place, &["checkout", "-qf", "change"]);
    let outcome = check(&place, &["--changed-only"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "no findings: 4 clusters in 4 files\n"));
}

#[test]
fn from_below_and_from_elsewhere() {
    let place = repository();
    std::fs::remove_file(place.path().join(clusters("cluster-host"))).unwrap();
    let below = |directory: &str, args: &[&str]| {
        let mut command = place.command(&[&["check", "--base", "main", "--changed-only", "--format", "concise"], args].concat());
        String::from_utf8(command.current_dir(place.path().join(directory)).output().unwrap().stdout).unwrap()
    };
    assert!(below("clusters", &["."]).starts_with("./cluster-host.yaml:4:9: error[still-referenced]"), "{}", below("clusters", &["."]));
    let whole = place.path().join("clusters");
    assert!(below("/", &[whole.to_str().unwrap()]).contains("clusters/cluster-host.yaml:4:9: error[still-referenced]"));
    // What lies outside of what is checked is not gone.
    std::fs::create_dir(place.path().join("other")).unwrap();
    assert_eq!(below("other", &["."]), "");
}

#[test]
fn bases_that_are_not_there() {
    let place = repository();
    let refused = |place: &Place, base: &str| {
        let outcome = place.run(&["check", &format!("--base={base}")]);
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{outcome}");
        outcome.err
    };
    assert_eq!(refused(&place, "nowhere"), "error: there is no commit `nowhere` in this repository\n");
    // No option of Git's gets through.
    assert!(refused(&place, "--upload-pack=touch x").contains("there is no commit"));
    let shallow = Place::new();
    git(&shallow, &["clone", "-q", "--depth=1", "--branch=change", &format!("file://{}", place.path().display()), "."]);
    assert!(refused(&shallow, "main").contains("this clone is shallow, so fetch it first"));
    let empty = Place::with([("a.yaml", HOST)]);
    assert!(refused(&empty, "main").contains("lies in no Git repository"));
    git(&empty, &["init", "-q"]);
    assert!(refused(&empty, "main").contains("has no commit yet"));
}

#[test]
fn a_shallow_clone_says_what_it_lacks() {
    let place = repository();
    place.write(&clusters("cluster-host"), HOST.replace("usage: host", "usage: worker\n  workerType: pipeline"));
    commit(&place);
    let shallow = Place::new();
    git(&shallow, &["clone", "-q", "--depth=1", "--branch=change", &format!("file://{}", place.path().display()), "."]);
    git(&shallow, &["fetch", "-q", "--depth=1", "origin", "main"]);
    let outcome = shallow.run(&["check", "--base", "FETCH_HEAD", "--format", "concise"]);
    assert!(outcome.out.contains("error[field-frozen]"), "{outcome}");
    assert!(outcome.err.contains("because this clone is shallow: compared with `FETCH_HEAD` itself"), "{outcome}");
}

/// What a repository's own configuration names is not run.
#[cfg(unix)]
#[test]
fn nothing_of_a_hostile_repository_is_run() {
    use std::os::unix::fs::PermissionsExt;
    let place = repository();
    let trap = place.path().join("trap.sh");
    std::fs::write(&trap, format!("#!/bin/sh\ntouch {}/sprung\n", place.path().display())).unwrap();
    std::fs::set_permissions(&trap, std::fs::Permissions::from_mode(0o755)).unwrap();
    let trap = trap.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "diff.external",
        "core.pager",
        "pager.rev-parse",
        "pager.ls-tree",
        "core.sshCommand",
        "core.editor",
        "core.askPass",
        "credential.helper",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "diff.x.textconv",
        "diff.x.command",
        "uploadpack.packObjectsHook",
        "core.alternateRefsCommand",
        "gpg.program",
        "alias.ls-tree",
        "alias.cat-file",
    ] {
        git(&place, &["config", key, trap]);
    }
    place.write(".gitattributes", "* filter=x diff=x\n");
    for hook in ["post-checkout", "post-index-change", "fsmonitor-watchman", "reference-transaction"] {
        let path = place.path().join(".git/hooks").join(hook);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(trap, path).unwrap();
    }
    // A promisor would be asked for what is missing.
    git(&place, &["config", "remote.origin.url", &format!("ext::{trap}")]);
    git(&place, &["config", "remote.origin.promisor", "true"]);
    git(&place, &["config", "extensions.partialClone", "origin"]);
    let id = git(&place, &["rev-parse", "main:clusters/shop.yaml"]);
    // Of a file that is as it was no object would be asked for.
    let shop = std::fs::read_to_string(place.path().join(clusters("shop"))).unwrap();
    place.write(&clusters("shop"), shop + "# other\n");
    std::fs::remove_file(place.path().join(".git/objects").join(&id[..2]).join(&id[2..])).unwrap();
    place.write(&clusters("cluster-host"), HOST.replace("usage: host", "usage: worker\n  workerType: pipeline"));
    let _ = std::fs::remove_file(place.path().join("sprung"));
    let outcome = check(&place, &["--format", "concise"]);
    assert!(outcome.out.contains("error[field-frozen]"), "{outcome}");
    assert!(outcome.err.contains("1 files of `main` are not in this clone"), "{outcome}");
    assert!(!place.path().join("sprung").exists());
}
