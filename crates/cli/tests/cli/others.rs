//! The subcommands that explain.

use insta::assert_snapshot;

use crate::support::Place;

fn run(args: &[&str]) -> crate::support::Outcome {
    Place::new().run(args)
}

#[test]
fn every_rule_has_a_page() {
    let rules: serde_json::Value = serde_json::from_str(&run(&["rules", "--format", "json"]).out).unwrap();
    let rules = rules.as_array().unwrap();
    assert!(rules.len() > 50);
    for rule in rules.iter().filter(|rule| rule["group"] != "policy") {
        let outcome = run(&["explain", rule["name"].as_str().unwrap()]);
        assert_eq!(outcome.code, 0, "{outcome}");
        assert!(!outcome.out.contains("```"), "{outcome}");
    }
}

#[test]
fn rules_and_pages() {
    assert_snapshot!(run(&["rules"]));
    assert_snapshot!(run(&["explain", "port-mismatch"]));
    let outcome = run(&["explain", "port-missmatch"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (2, "error: there is no rule `port-missmatch`; perhaps `port-mismatch` is meant\n"));
    assert_eq!(run(&["explain"]).code, 2);
}

#[test]
fn fields() {
    for path in [
        "spec.hostCluster",
        "host_cluster",
        "components_list.gateway",
        "spec.componentsList.deployment.additions.host",
        "vcluster",
        "spec.kubeconfig",
        "metadata.name",
    ] {
        assert_snapshot!(format!("field {path}").replace(['.', ' '], "_"), run(&["explain", "--path", path]));
    }
    let outcome = run(&["explain", "--path", "spec.componentsList.gatway"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("there is no field `spec.componentsList.gatway`; below `spec.componentsList` there are"), "{outcome}");
}

#[test]
fn schemas_are_the_committed_ones() {
    for form in ["resource", "request", "property"] {
        let committed = format!("{}/../render/schema/{form}-v1.json", env!("CARGO_MANIFEST_DIR"));
        assert!(run(&["schema", "--form", form]).out == std::fs::read_to_string(committed).unwrap(), "{form}");
    }
}

#[test]
fn examples_are_clean() {
    let place = Place::new();
    let host = place.run(&["example", "physical-host"]).out;
    place.write("cluster-host.yaml", host);
    for profile in
        ["physical-host", "physical-worker-deployment", "physical-worker-pipeline", "virtual-worker-deployment", "virtual-worker-pipeline"]
    {
        for form in ["resource", "request", "property"] {
            for format in ["yaml", "json"] {
                let example = place.run(&["example", profile, "--form", form, "--format", format, "--name", "shop"]);
                assert_eq!(example.code, 0, "{example}");
                let name = format!("example.{format}");
                // The kubeconfig is of today, and so is the clock.
                let now = now();
                let outcome = place.run_with(
                    &[
                        "check",
                        "-",
                        "--stdin-filename",
                        &name,
                        "--name",
                        "shop",
                        "--fleet",
                        "cluster-host.yaml",
                        "--fail-on",
                        "warning",
                        "--severity",
                        "duplicate-api-server=off",
                        "--now",
                        &now,
                    ],
                    example.out.as_bytes(),
                );
                assert_eq!(
                    (outcome.code, outcome.out.trim()),
                    (0, "no findings: 1 cluster in 1 file"),
                    "{profile} {form} {format}\n{outcome}"
                );
                assert_eq!(example.err.is_empty(), !(format == "json" && profile.starts_with("virtual")), "{example}");
            }
        }
    }
    assert_snapshot!(place.run(&["example", "virtual-worker-deployment", "--api-server", "https://10.0.0.5:31555"]));
    assert_eq!(place.run(&["example", "virtual-host"]).code, 2);
}

/// Now, in RFC 3339.
fn now() -> String {
    let output = std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn version_and_help() {
    assert!(run(&["--version"]).out.starts_with("clearance 0.1.0 (core 0.1.0+"));
    assert_snapshot!(run(&["check", "--help"]));
}
