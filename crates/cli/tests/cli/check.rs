//! Findings, exit codes, options.

use insta::assert_snapshot;

use crate::support::{HOST, Place, case, virtual_cluster};

const REQUEST: &str = "{\n  \"api_server\": \"https://203.0.113.10:6443\",\n  \"cluster_type\": \"physical\",\n  \"usage\": \"hots\",\n  \
    \"cluster_knid\": \"kubernetes\"\n}\n";
const PROPERTY: &str = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nspec:\n  name: Shop\n  \
    apiServer: https://203.0.113.11:31443\n  clusterType: virtual\n  usage: worker\n  workerType: deployment\n  vcluster:\n    \
    httpsNodePort: \"31444\"\n";
const RESOURCE: &str = "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: shop\nspec:\n  \
    apiServer: http://203.0.113.12:6443\n  clusterType: physical\n  usage: worker\n  workerType: deployment\n  componentsList:\n    \
    gateway:\n      name: traefik\n      additions: {httpNodePort: 30080, httpsNodePort: \"443\"}\n";

fn three_forms() -> Place {
    Place::with([("request.json", REQUEST), ("property.yaml", PROPERTY), ("resource.yaml", RESOURCE)])
}

#[test]
fn three_forms_in_text() {
    assert_snapshot!(three_forms().run(&["check"]));
}

#[test]
fn three_forms_in_json() {
    assert_snapshot!(three_forms().run(&["check", "--format", "json"]));
}

#[test]
fn three_forms_in_chinese() {
    assert_snapshot!(three_forms().run(&["check", "--lang", "zh"]));
}

#[test]
fn clean() {
    let place = Place::with([("cluster-host.yaml", HOST), ("kustomization.yaml", "resources: [cluster-host.yaml]\n")]);
    assert_snapshot!(place.run(&["check", "."]));
    assert_snapshot!(place.run(&["check", ".", "--format", "json"]));
}

#[test]
fn broken_syntax() {
    let place = Place::with([
        ("a.json", "{\n  \"api_server\": \"https://203.0.113.10:6443\"\n  \"cluster_type\": physical,\n  \"usage\": 'host',\n}\n"),
        ("b.yaml", "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata: {name: x\nspec:\n\tapiServer: 1\n"),
    ]);
    assert_snapshot!(place.run(&["check"]));
    assert_snapshot!(place.run(&["check", "--format", "json"]));
}

#[test]
fn chinese_characters_and_emoji_are_underlined_in_the_right_place() {
    let text = "# 宿主集群 🚢\napiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nmetadata: {name: 集群, labels: {船: 🚢🚢}, nmae: x} # 名称\n\
        spec:\n  apiServer: https://203.0.113.10:6443\n  clusterType: physical\n  usage: 宿主\n";
    let place = Place::with([("集群.yaml", text)]);
    assert_snapshot!(place.run(&["check", "集群.yaml"]));
    assert_snapshot!(place.run(&["check", "集群.yaml", "--format", "json"]));
}

#[test]
fn lines_may_end_as_on_windows() {
    let text = HOST.replace("usage: host", "usage: hots").replace('\n', "\r\n");
    let place = Place::with([("host.yaml", text.as_str())]);
    assert_snapshot!(place.run(&["check", "host.yaml"]));
    assert_snapshot!(place.run(&["check", "host.yaml", "--format", "json"]));
}

#[test]
fn a_long_line_is_cut() {
    let body = case("guides/en-physical-worker-deployment-as-printed/input.txt");
    let one_line: String = body.lines().map(str::trim).collect();
    let place = Place::with([("body.txt", body.as_str()), ("line.json", one_line.as_str())]);
    let outcome = place.run(&["check", "body.txt", "line.json"]);
    assert!(outcome.out.lines().all(|line| line.chars().count() < 260), "{outcome}");
    assert_snapshot!(outcome);
}

#[test]
fn what_cannot_be_seen_is_written_out() {
    let text = HOST.replace("name: cluster-host", "name: \"a\u{202e}b\u{200b}\"");
    let place = Place::with([("host.yaml", text.as_str())]);
    assert_snapshot!(place.run(&["check", "host.yaml"]));
}

#[test]
fn standard_input() {
    let place = Place::new();
    assert_eq!(place.run_with(&["check", "-"], HOST.as_bytes()).code, 0);
    let outcome = place.run_with(&["check", "-", "--stdin-filename", "request.json", "--name", "shop"], REQUEST.as_bytes());
    assert!(outcome.out.contains("--> request.json:4:12"), "{outcome}");
    assert_eq!(outcome.code, 1);
}

#[test]
fn exit_codes() {
    let warned = HOST.replace("203.0.113.10", "127.0.0.1");
    let place = Place::with([("clean.yaml", HOST), ("wrong.json", REQUEST), ("warned.yaml", warned.as_str())]);
    let code = |args: &[&str]| place.run(&[&["check"], args].concat()).code;
    assert_eq!(code(&["clean.yaml"]), 0);
    assert_eq!(code(&["warned.yaml"]), 0);
    assert_eq!(code(&["warned.yaml", "--fail-on", "warning"]), 1);
    assert_eq!(code(&["warned.yaml", "--severity", "local-api-server=error"]), 1);
    assert_eq!(code(&["warned.yaml", "--severity", "local-api-server=off", "--fail-on", "warning"]), 0);
    assert_eq!(code(&["wrong.json"]), 1);
    assert_eq!(code(&["wrong.json", "--fail-on", "never"]), 0);
    assert_eq!(code(&["wrong.json", "missing.yaml"]), 2);
    assert_eq!(code(&["--no-such-option"]), 2);
    assert_eq!(code(&["clean.yaml", "--now", "yesterday"]), 2);
    assert_eq!(code(&["clean.yaml", "--severity", "no-such-rule=off"]), 2);
    assert_eq!(code(&["clean.yaml", "--severity", "local-api-server=loud"]), 2);
    assert_eq!(code(&["clean.yaml", "--old", "clean.yaml", "--delete"]), 2);
}

#[test]
fn a_rule_that_does_not_exist_is_refused_with_the_nearest() {
    let outcome = Place::new().run(&["check", "--severity", "unknown-feild=off"]);
    assert!(outcome.err.contains("there is no rule `unknown-feild`; perhaps `unknown-field` is meant"), "{outcome}");
}

#[test]
fn a_request_has_a_name_only_from_outside() {
    let place = Place::with([("a.json", REQUEST), ("host.yaml", HOST)]);
    let outcome = place.run(&["check", "host.yaml", "--name", "other"]);
    assert!(outcome.out.contains("name-mismatch"), "{outcome}");
    let outcome = place.run(&["check", ".", "--name", "other"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("--name is the name of one cluster, and there are 2 here"), "{outcome}");
}

#[test]
fn patterns_that_no_shell_expanded() {
    let place = Place::with([("a/x.yaml", HOST), ("a/b/y.yaml", HOST), ("a/z.txt", HOST), ("a/k.yaml", "a: 1\n")]);
    let files = |pattern: &str| {
        let outcome = place.run(&["check", pattern, "--severity", "defined-twice=off", "--severity", "duplicate-api-server=off"]);
        assert_eq!(outcome.code, 0, "{outcome}");
        outcome.out.trim().to_owned()
    };
    assert_eq!(files("a/*.yaml"), "no findings: 1 cluster in 1 file; 1 file skipped, no cluster in it");
    assert_eq!(files("./a/**/*.yaml"), "no findings: 2 clusters in 2 files; 1 file skipped, no cluster in it");
    assert_eq!(files("a/{x,z}.*"), "no findings: 2 clusters in 2 files");
    assert_eq!(place.run(&["check", "a/*.nothing"]).code, 2);
}

#[test]
fn the_same_file_by_two_names_is_one() {
    let place = Place::with([("a.yaml", HOST)]);
    let outcome = place.run(&["check", "a.yaml", "./a.yaml", "."]);
    assert_eq!(outcome.out.trim(), "no findings: 1 cluster in 1 file");
}

#[test]
fn a_catalogue_of_ones_own() {
    let good = "version: 1\ncomponents:\n  envoy: {slot: gateway, namespace: envoy, default: true}\n";
    let bad = "version: 1\ncomponents:\n  envoy: {slot: gatewya, namespace: Envoy}\n";
    let place = Place::with([("host.yaml", HOST), ("good.yaml", good), ("bad.yaml", bad)]);
    let outcome = place.run(&["check", "host.yaml", "--catalog", "good.yaml", "--show-filled"]);
    assert!(outcome.out.contains("name: envoy"), "{outcome}");
    assert_snapshot!(place.run(&["check", "host.yaml", "--catalog", "bad.yaml"]));
    assert_eq!(place.run(&["check", "host.yaml", "--catalog", "missing.yaml"]).code, 2);
}

#[test]
fn the_filled_in_resource() {
    let place = Place::with([
        ("a.yaml", HOST),
        (
            "b.json",
            "{\"api_server\": \"https://203.0.113.11:31443\", \"cluster_type\": \"virtual\", \
        \"usage\": \"worker\", \"worker_type\": \"deployment\", \"host_cluster\": \"cluster-host\", \"components_list\": {\"gateway\": null}}",
        ),
    ]);
    assert_snapshot!(place.run(&["check", "a.yaml", "--show-filled"]));
    assert_snapshot!(place.run(&["check", "b.json", "--name", "shop", "--show-filled"]));
    assert_snapshot!(place.run(&["check", ".", "--show-filled", "--format", "json"]));
    // What was filled in is clean, and nothing more is filled in.
    let filled = place.run(&["check", "a.yaml", "--show-filled"]).out;
    let again = place.run_with(&["check", "-", "--show-filled"], filled.as_bytes());
    assert_eq!(again.out, filled);
}

#[test]
fn order_does_not_depend_on_threads() {
    let place = Place::new();
    for number in 0..300 {
        place.write(&format!("{number:03}.yaml"), virtual_cluster(&format!("v{number}"), 31_000 + number % 40));
    }
    let first = place.run(&["check", "--format", "json"]).out;
    for _ in 0..3 {
        assert!(place.run(&["check", "--format", "json"]).out == first);
    }
    let text = place.run(&["check"]).out;
    assert!(text.contains("… and "), "{text}");
    let shown = text.lines().filter(|line| line.starts_with("error[") || line.starts_with("warning[")).count();
    assert_eq!(shown, 100);
}

/// One unreadable place is as good as another only where the line is the same.
#[test]
fn another_fault_of_the_text_is_new() {
    let broken = |kind: &str, usage: &str| {
        HOST.replace("clusterType: physical", &format!("clusterType: {kind}")).replace("usage: host", &format!("usage: {usage}"))
    };
    let place = Place::with([
        ("old.yaml", broken("physical: x", "host").as_str()),
        ("moved.yaml", format!("# moved\n{}", broken("physical: x", "host")).as_str()),
        ("other.yaml", broken("physical", "host: y").as_str()),
    ]);
    let moved = place.run(&["check", "--old", "old.yaml", "moved.yaml"]);
    assert!(moved.code == 0 && moved.out.contains("warning[invalid-syntax]"), "{moved}");
    let other = place.run(&["check", "--old", "old.yaml", "other.yaml"]);
    assert!(other.code == 1 && other.out.contains("error[invalid-syntax]"), "{other}");
}
