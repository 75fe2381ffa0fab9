//! What a repository decides: `clearance.toml` and the baseline.

use insta::assert_snapshot;

use crate::support::{HOST, Place, virtual_cluster};

fn local() -> String {
    HOST.replace("203.0.113.10", "127.0.0.1")
}

#[test]
fn found_upwards() {
    let place = Place::with([
        ("clearance.toml", "fail-on = \"warning\"\nexclude = [\"old/**\"]\n\n[severity]\nlocal-api-server = \"error\"\n"),
        ("deep/er/host.yaml", local().as_str()),
        ("old/host.yaml", HOST),
    ]);
    let run = |directory: &str, args: &[&str]| {
        let mut command = place.command(&[&["check", "--format", "concise"], args].concat());
        let output = command.current_dir(place.path().join(directory)).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, out) = run("deep/er", &["."]);
    assert_eq!(
        (code, out.as_str()),
        (1, "./host.yaml:7:14: error[local-api-server]: `https://127.0.0.1:6443` means whatever machine reads it\n")
    );
    // What was named is looked at, whatever is excluded.
    assert_eq!(run(".", &["."]).1.lines().count(), 1);
    assert_eq!(run(".", &["old/host.yaml"]), (0, String::new()));
    // A flag goes before the file.
    assert_eq!(run("deep/er", &["--severity", "local-api-server=off"]), (0, String::new()));
    assert_eq!(run("deep/er", &["--severity", "local-api-server=warning", "--fail-on", "error"]).0, 0);
    assert_eq!(run("deep/er", &["--no-config"]).0, 0);
    // So does the environment.
    let mut command = place.command(&["check", ".", "--severity", "local-api-server=warning"]);
    assert_eq!(command.env("CLEARANCE_FAIL_ON", "error").output().unwrap().status.code(), Some(0));
    // Above the root of a Git repository nothing is looked for.
    place.write("deep/.git/HEAD", "");
    assert_eq!(run("deep/er", &["."]).0, 0);
}

#[test]
fn paths_are_relative_to_the_file() {
    let place = Place::with([
        ("clearance.toml", "fleet = [\"fleet\"]\ncatalog = \"catalog.yaml\"\nlang = \"zh\"\n"),
        ("fleet/other.yaml", HOST),
        ("catalog.yaml", "version: 1\ncomponents: {}\n"),
        ("new/worker.yaml", HOST.replace("name: cluster-host", "name: new").as_str()),
    ]);
    let mut command = place.command(&["check", "."]);
    let output = command.current_dir(place.path().join("new")).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("warning[duplicate-api-server]") && out.contains("个文件中有"), "{out}");
}

#[test]
fn what_is_wrong_in_it_is_told_at_its_place() {
    let wrong = "fail-on = \"eror\"\nseverty = {}\ninclude = \"a\"\nexclude = [\"[\", 1]\nlang = \"zh\"\n\n[severity]\nlocal-api-sever = \"off\"\n\
        ports-equal = \"mild\"\n\n[[ignore]]\nrule = \"namespace-shared\"\n\n[[ignore]]\nrule = \"still-referenced\"\nreason = \"x\"\nwhy = 1\n";
    let place = Place::with([("clearance.toml", wrong), ("a.yaml", HOST)]);
    assert_snapshot!("wrong_settings", place.run(&["check", "--format", "concise"]));
    let outcome = place.run(&["fix"]);
    assert_eq!(outcome.code, 2, "{outcome}");
    assert!(outcome.err.contains("clearance.toml:1: `eror` is none of"), "{outcome}");
    place.write("clearance.toml", "[severity\n");
    assert_snapshot!("broken_settings", place.run(&["check"]));
    let outcome = place.run(&["check", "--config", "missing.toml"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (2, "error: cannot read `missing.toml`: no such file or directory\n"));
}

#[test]
fn ignored_for_a_reason() {
    let ignore = "[[ignore]]\nrule = \"local-api-server\"\npath = \"spec.apiServer\"\nreason = \"a laptop\"\n";
    let place = Place::with([("clearance.toml", ignore), ("a.yaml", local().as_str())]);
    assert_eq!(place.run(&["check", "--fail-on", "warning"]).code, 0);
    assert_eq!(place.run(&["check", "--fail-on", "warning", "--no-config"]).code, 1);
}

#[test]
fn a_baseline_knows_what_was_there() {
    let old = local().replace("usage: host", "usage: hots").replace("spec:", "spec:\n  extra: 1");
    let place = Place::with([("old.yaml", old.as_str())]);
    let outcome = place.run(&["check", "--write-baseline", "known.json"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "3 findings are known from now on, by `known.json`\n"));
    assert_snapshot!("baseline", std::fs::read_to_string(place.path().join("known.json")).unwrap());
    // Known further down too; and nothing else is.
    place.write("old.yaml", format!("# one\n\n{old}"));
    let outcome = place.run(&["check", "--baseline", "known.json", "--fail-on", "warning"]);
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_eq!(outcome.out, "no findings: 1 cluster in 1 file; 3 more are known by the baseline; 1 file skipped, no cluster in it\n");
    place.write("old.yaml", old.replace("extra: 1", "extra: 1\n  more: 2"));
    place.write("clearance.toml", "baseline = \"known.json\"\n");
    let outcome = place.run(&["check", "--format", "concise"]);
    assert_eq!((outcome.code, outcome.out.lines().count()), (1, 1), "{outcome}");
    assert!(outcome.out.contains("unknown field `more`"), "{outcome}");
    // Also from a directory below, as far as Git says what belongs together.
    std::fs::create_dir_all(place.path().join(".git")).unwrap();
    place.write("below/old.yaml", old.replace("name: cluster-host", "name: other"));
    assert_eq!(place.run(&["check", "--write-baseline", "known.json"]).code, 0);
    let mut below = place.command(&["check"]);
    let below = String::from_utf8(below.current_dir(place.path().join("below")).output().unwrap().stdout).unwrap();
    assert_eq!(below, "no findings: 1 cluster in 1 file; 3 more are known by the baseline\n");
    assert_eq!(place.run(&["check", "--write-baseline", "all.json", "--output", "sarif=all.sarif"]).code, 2);
    place.write("known.json", "{}");
    let outcome = place.run(&["check"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (2, ""));
    assert!(outcome.err.contains("`known.json` is no baseline"), "{outcome}");
}

/// A baseline does not take what cannot be ignored, and says so.
#[test]
fn a_baseline_does_not_take_what_is_always_told() {
    let grant = |namespace: &str| format!("    {namespace}: [shop]\n");
    let old = format!("{}  reservedNamespacesAllowedProducts:\n{}", local(), grant("kube-system"));
    let place = Place::with([("old.yaml", old.as_str())]);
    let outcome = place.run(&["check", "--write-baseline", "known.json"]);
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "1 finding is known from now on, by `known.json`; 1 more is not, as it is of a rule that is always told\n")
    );
    let outcome = place.run(&["check", "--baseline", "known.json", "--format", "concise"]);
    assert_eq!((outcome.code, outcome.out.lines().count()), (1, 1), "{outcome}");
    assert!(outcome.out.contains("error[unknown-reserved-namespace]"), "{outcome}");
    place.write("old.yaml", old + &grant("default"));
    let outcome = place.run(&["check", "--write-baseline", "known.json"]);
    assert!(outcome.out.ends_with("; 2 more are not, as they are of rules that are always told\n"), "{outcome}");
}

/// Which of its files are checked makes no difference to what exists.
#[test]
fn a_repository_is_known_as_a_whole() {
    let environment = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Environment\nmetadata: {name: test, namespace: shop}\nspec: {cluster: shop}\n";
    let place = Place::with([
        ("clearance.toml", "repository = \"tenant\"\nexclude = [\"tenant/old/**\"]\n"),
        ("tenant/host.yaml", HOST),
        ("tenant/shop.yaml", &virtual_cluster("shop", 31_000)),
        ("tenant/till.yaml", &virtual_cluster("till", 31_001)),
        ("tenant/environment.yaml", environment),
        ("tenant/old/other.yaml", &virtual_cluster("other", 31_009)),
        ("elsewhere/far.yaml", &virtual_cluster("far", 31_000)),
    ]);
    let check = |args: &[&str]| place.run(&[&["check", "--format", "concise"], args].concat());
    // Its host is known, and so is who has its port.
    assert_eq!((check(&["tenant/shop.yaml"]).code, check(&["tenant/shop.yaml"]).out), (0, String::new()));
    place.write("tenant/till.yaml", virtual_cluster("till", 31_000));
    let outcome = check(&["tenant/shop.yaml"]);
    assert!(outcome.code == 1 && outcome.out.contains("error[port-already-used]"), "{outcome}");
    assert!(!check(&["tenant/shop.yaml", "--no-config"]).out.contains("port-already-used"));
    // What is told elsewhere has no say, and what is not there does not exist.
    place.write("tenant/till.yaml", virtual_cluster("till", 31_009));
    assert_eq!(check(&["tenant/till.yaml"]).code, 0);
    place.write("tenant/till.yaml", virtual_cluster("till", 31_009).replace("hostCluster: cluster-host", "hostCluster: nowhere"));
    assert!(check(&["tenant/till.yaml"]).out.contains("error[unknown-host-cluster]"));
    assert!(check(&["tenant/till.yaml", "--no-config"]).out.contains("warning[unknown-host-cluster]"));
    // Each file is read once, however it is met: one environment is one.
    for paths in [
        &["tenant/shop.yaml"][..],
        &["tenant/shop.yaml", "./tenant/environment.yaml"],
        &["tenant/shop.yaml", "--fleet", "tenant", "--fleet", "./tenant"],
    ] {
        let outcome = check(&[&["--delete"], paths].concat());
        assert_eq!(outcome.out.matches("shop/test").count(), 1, "{paths:?}: {outcome}");
    }
    // Without a path it is what is checked, wherever that is asked.
    let mut command = place.command(&["check", "--format", "concise"]);
    let output = command.current_dir(place.path().join("elsewhere")).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("error[unknown-host-cluster]") && out.lines().count() == 1, "{out}");
    assert!(place.run(&["check"]).out.ends_with("1 error in 1 file; 1 file skipped, no cluster in it\n"));
    // A flag goes before it.
    assert!(check(&["elsewhere/far.yaml", "--fleet", "tenant/host.yaml"]).out.is_empty());
    // The directory that the settings lie in.
    for here in [".", "./"] {
        place.write("clearance.toml", format!("repository = \"{here}\"\n"));
        let outcome = check(&["tenant/shop.yaml"]);
        assert!(outcome.code == 1 && outcome.out.contains("error[port-already-used]"), "{outcome}");
        assert!(!check(&[]).err.contains("cannot read"));
    }
}
