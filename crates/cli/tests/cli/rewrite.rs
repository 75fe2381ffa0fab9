//! `fix` and `fill`: what is changed, and that the rest keeps every byte.

use insta::assert_snapshot;

use crate::support::{HOST, Outcome, Place, virtual_cluster};

const WORKER: &str = "# the shop's own cluster
apiVersion: nautes.resource.nautes.io/v1alpha1
kind: Cluster
metadata: {name: 'shop', namespace: nautes} # keep
spec:
  usage: \"worker\"
  apiServer: https://203.0.113.12:6443   # behind the firewall
  clusterType: physical
  workerType: deployment
  componentsList:
      gateway:
          name: traefik
          additions: {httpNodePort: 30080, httpsNodePort: 31443}
  argocdHost: argocd.shop.example.com # moves
";

fn read(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path().join(name)).unwrap()
}

fn run(place: &Place, args: &[&str]) -> Outcome {
    place.run(&[args, &["--now", "2026-11-01T00:00:00Z"]].concat())
}

#[test]
fn safe_fixes() {
    let place = Place::with([("worker.yaml", WORKER), ("host.yaml", HOST)]);
    let check = run(&place, &["fix", "--check"]);
    assert_eq!((check.code, read(&place, "worker.yaml").as_str()), (1, WORKER), "{check}");
    assert_snapshot!("fix_diff", run(&place, &["fix", "--diff"]));
    assert_eq!(read(&place, "worker.yaml"), WORKER);
    assert_snapshot!("fix", run(&place, &["fix"]));
    assert_snapshot!("fixed", read(&place, "worker.yaml"));
    assert_eq!(read(&place, "host.yaml"), HOST);
    assert_eq!(run(&place, &["fix"]).out, "nothing to fix\n");
    assert_eq!(run(&place, &["check"]).code, 0);
}

#[test]
fn line_ends_and_marks_stay() {
    let crlf = format!("\u{feff}{}", WORKER.replace('\n', "\r\n"));
    let place = Place::with([("unix.yaml", WORKER), ("windows.yaml", crlf.as_str())]);
    assert_eq!(run(&place, &["fix", "unix.yaml"]).code, 0);
    assert_eq!(run(&place, &["fix", "windows.yaml"]).code, 0);
    assert_eq!(read(&place, "windows.yaml"), format!("\u{feff}{}", read(&place, "unix.yaml").replace('\n', "\r\n")));
}

/// Each of two clusters on one port would be given the next free one: the second then has none to mend.
#[test]
fn a_clash_is_mended_once() {
    let place = Place::with([("host.yaml", HOST), ("a.yaml", &virtual_cluster("a", 31_000)), ("b.yaml", &virtual_cluster("b", 31_000))]);
    assert_eq!(run(&place, &["fix"]).out, "nothing to fix\n");
    let outcome = run(&place, &["fix", "--unsafe"]);
    assert_eq!(outcome.out, "changed ./a.yaml: port-already-used\n", "{outcome}");
    assert_eq!(run(&place, &["check"]).code, 0);
}

#[test]
fn a_text_that_cannot_be_read_is_mended_first() {
    let text =
        "{\n  \"api_server\": \"https://203.0.113.10:6443\"\n  \"cluster_type\": \"physical\", # a note\n  \"usage\": \"host\",\n}\n";
    let place = Place::with([("a.json", text)]);
    let outcome = run(&place, &["fix", "a.json"]);
    assert_snapshot!(format!("{outcome}\n--- a.json\n{}", read(&place, "a.json")));
}

#[test]
fn standard_input_goes_through() {
    let place = Place::new();
    let args = ["fix", "-", "--stdin-filename", "a.yaml", "--now", "2026-11-01T00:00:00Z"];
    let outcome = place.run_with(&args, WORKER.as_bytes());
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    assert!(outcome.out.contains("httpNodePort: \"30080\""), "{outcome}");
    // What needs no change goes through as it came.
    assert_eq!(place.run_with(&args, outcome.out.as_bytes()).out, outcome.out);
    assert_eq!(place.run_with(&[&args[..], &["--check"]].concat(), WORKER.as_bytes()).code, 1);
}

#[test]
fn filled_in() {
    let place = Place::with([
        ("worker.yaml", WORKER),
        ("null.yaml", "api_server: https://203.0.113.13:6443\ncluster_type: physical\nusage: host\ncomponents_list: null\n"),
    ]);
    run(&place, &["fix"]);
    assert_snapshot!("fill_diff", run(&place, &["fill", "--diff"]));
    assert_eq!(run(&place, &["fill"]).code, 0);
    assert_eq!(run(&place, &["fill"]).out, "nothing to fill in\n");
    // The file says now what the API server would have made of it.
    let filled = run(&place, &["check", "worker.yaml", "--format", "json", "--show-filled"]);
    let output: serde_json::Value = serde_json::from_str(&filled.out).unwrap();
    let again = Place::with([("written.json", output["filled"][0]["resource"].to_string().as_str())]);
    assert_eq!(run(&again, &["fill"]).out, "nothing to fill in\n");
}

#[test]
fn no_credential_in_a_difference() {
    let kubeconfig = "LS0tIFNlY3JldA".repeat(20);
    let text = format!("api_server: https://203.0.113.13:6443\ncluster_type: physical\nusage: host\nkubeconfig: {kubeconfig}\n");
    let place = Place::with([("a.yaml", text.as_str())]);
    let outcome = run(&place, &["fill", "a.yaml", "--diff"]);
    assert!(outcome.out.contains("kubeconfig: ********") && !outcome.out.contains("LS0tIFNl"), "{outcome}");
}

#[cfg(unix)]
#[test]
fn modes_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Place::with([("real/worker.yaml", WORKER)]);
    let real = place.path().join("real/worker.yaml");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/worker.yaml", place.path().join("link.yaml")).unwrap();
    assert_eq!(run(&place, &["fix", "link.yaml"]).code, 0);
    assert!(place.path().join("link.yaml").is_symlink());
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert_ne!(read(&place, "real/worker.yaml"), WORKER);
    // Nothing is left beside it.
    assert_eq!(std::fs::read_dir(place.path().join("real")).unwrap().count(), 1);
    place.write("real/worker.yaml", WORKER);
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o440)).unwrap();
    let outcome = run(&place, &["fix", "link.yaml"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (2, "error: cannot write `link.yaml`: it is read-only\n"));
}

/// A full disk, as a limit on the size of files shows it: nothing is half written.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_file() {
    let text = format!("{WORKER}{}", "# a long tail\n".repeat(100));
    let place = Place::with([("worker.yaml", text.as_str())]);
    // Files may have one block of 512 bytes; the signal for more is ignored, so that writing fails.
    let script = format!("trap '' XFSZ; ulimit -f 1; exec {} fix worker.yaml", env!("CARGO_BIN_EXE_clearance"));
    let output = std::process::Command::new("sh").args(["-c", &script]).current_dir(place.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write `worker.yaml`: file too large"), "{output:?}");
    assert_eq!(read(&place, "worker.yaml"), text);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

/// What stands in a list, as `kubectl get` prints it, is mended and filled in where it stands.
#[test]
fn items_of_a_list() {
    let list = "apiVersion: v1
kind: List
items:
- apiVersion: nautes.resource.nautes.io/v1alpha1
  kind: Cluster
  metadata: {name: first, namespace: nautes}
  spec:
    apiServer: https://203.0.113.11:6443 # the first
    clusterType: Physical
    usage: host # of others
- {apiVersion: nautes.resource.nautes.io/v1alpha1, kind: Cluster, metadata: {name: second}, spec: {apiServer: 'https://203.0.113.12:6443', clusterType: Physical, usage: host}}
";
    let json = r#"{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "nautes.resource.nautes.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "fourth"},
   "spec": {"apiServer": "https://203.0.113.14:6443", "clusterType": "Physical", "usage": "host"}}
]}
"#;
    let place = Place::with([("list.yaml", list), ("list.json", json)]);
    assert_eq!(run(&place, &["fix", "--unsafe"]).code, 0);
    assert_snapshot!("fixed_list", format!("{}\n{}", read(&place, "list.yaml"), read(&place, "list.json")));
    assert_eq!(run(&place, &["fill"]).code, 0);
    assert_snapshot!("filled_list", format!("{}\n{}", read(&place, "list.yaml"), read(&place, "list.json")));
    let check = run(&place, &["check", "--show-filled"]);
    assert!(check.code == 0 && !check.out.contains("filled in"), "{check}");
}

/// An alias in one item stands for what another one holds: to change that would change both.
#[test]
fn what_items_share_stays() {
    let list = "apiVersion: v1
kind: List
items:
- apiVersion: nautes.resource.nautes.io/v1alpha1
  kind: Cluster
  metadata: {name: first}
  spec: &spec {apiServer: 'https://203.0.113.11:6443', clusterType: Physical, usage: host}
- {apiVersion: nautes.resource.nautes.io/v1alpha1, kind: Cluster, metadata: {name: second}, spec: *spec}
";
    let place = Place::with([("list.yaml", list)]);
    run(&place, &["fix", "--unsafe"]);
    run(&place, &["fill"]);
    assert_eq!(read(&place, "list.yaml"), list);
}

/// A revision of digits is put in quotes as it was written, not as the number that it was read as.
#[test]
fn numbers_are_quoted_as_written() {
    for written in ["1.10", "1234e56", "0x1F", "007", "+1"] {
        let text = WORKER.replace("  argocdHost: argocd.shop.example.com # moves\n", "");
        let text = format!("{text}      multiTenant:\n        additions:\n          productResourceRevision: {written} # released\n");
        let place = Place::with([("worker.yaml", text.as_str())]);
        run(&place, &["fix", "--unsafe"]);
        let fixed = read(&place, "worker.yaml");
        assert!(fixed.contains(&format!("productResourceRevision: \"{written}\" # released\n")), "{written}: {fixed}");
    }
}

/// What is not read whole is not filled in, whatever a comment says of it.
#[test]
fn a_broken_text_is_not_filled_in() {
    let text = format!("{HOST}  # clearance-ignore invalid-syntax: later\n  primaryDomain: a: b\n");
    let place = Place::with([("host.yaml", text.as_str())]);
    assert_eq!(run(&place, &["check"]).code, 1);
    run(&place, &["fill"]);
    assert_eq!(read(&place, "host.yaml"), text);
}

/// A component that is filled in anew may be another one: who chose it is asked.
#[test]
fn a_choice_is_not_taken_away_without_asking() {
    let text =
        WORKER.replace("  argocdHost: argocd.shop.example.com # moves\n", "      secretManagement: {name: vault, namespace: my-vault}\n");
    let place = Place::with([("worker.yaml", text.as_str())]);
    run(&place, &["fix"]);
    assert!(read(&place, "worker.yaml").contains("namespace: my-vault"), "{}", read(&place, "worker.yaml"));
    run(&place, &["fix", "--unsafe"]);
    assert!(!read(&place, "worker.yaml").contains("secretManagement"), "{}", read(&place, "worker.yaml"));
}

/// What does no good at first may do so once something else is mended.
#[test]
fn what_was_left_is_tried_again() {
    let host = HOST.replace(
        "usage: host",
        "usage: hosts\n  componentsList:\n    gateway: {name: flux}\n  reservedNamespacesAllowedProducts: {traefik: [shop]}",
    );
    let place = Place::with([("a.yaml", host.as_str())]);
    let outcome = run(&place, &["fix", "--unsafe", "a.yaml"]);
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("changed a.yaml: unknown-component, unsupported-value\n", ""), "{outcome}");
    assert_eq!(run(&place, &["fix", "--unsafe", "a.yaml"]).out, "nothing to fix\n");
}
