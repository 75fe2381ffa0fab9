//! Policies as their users have them: built modules, the command, the running server, and the crates
//! that Kubewarden itself runs policies with.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clearance_tests::case::built_policies;
use clearance_tests::door::webhook::{findings, review};
use clearance_tests::door::{Binary, Webhook};
use serde_json::{Value, json};

const STOCK: [&str; 5] = ["allowed-domains", "clearance", "naming-convention", "product-permissions", "required-labels"];

fn built(name: &str) -> PathBuf {
    built_policies().expect("policies are built").join(name)
}

fn module(policy: &str) -> PathBuf {
    built(&format!("{}.wasm", if policy == "clearance" { "clearance-rules" } else { policy }))
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")
}

fn clearance(words: &[&str]) -> Output {
    let binary = Binary::new().expect("the binary is built");
    Command::new(binary.path()).args(words).env_remove("CLEARANCE_POLICIES").output().expect("it runs")
}

/// Runs it, and returns its exit code and what it said.
fn said(words: &[&str]) -> (i32, String) {
    let output = clearance(words);
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ends by itself"), text(&output.stdout) + &text(&output.stderr))
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn host(domain: &str) -> Value {
    json!({
        "apiVersion": "nautes.resource.nautes.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "shop-host", "namespace": "nautes"},
        "spec": {"apiServer": "https://10.20.0.4:6443", "clusterType": "physical", "usage": "host", "primaryDomain": domain},
    })
}

/// A directory with a cluster and settings for `allowed-domains`.
fn place(domain: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("cluster.json"), host(domain).to_string()).expect("a file");
    std::fs::write(directory.path().join("settings.yaml"), "domains: [example.com]\n").expect("a file");
    directory
}

#[test]
fn the_cases_of_stock_policies_pass() {
    for policy in STOCK {
        let (code, text) = said(&["policy", "test", path(&module(policy)), path(&sources().join(policy).join("cases"))]);
        assert_eq!(code, 0, "{policy}: {text}");
        assert!(text.ends_with(" cases, 0 failed\n") && !text.starts_with('0'), "{text}");
    }
    // The same policy for WASI, and a case that is not its own.
    let cases = sources().join("allowed-domains/cases");
    assert_eq!(said(&["policy", "test", path(&built("allowed-domains.wasip1.wasm")), path(&cases)]).0, 0);
    let (code, text) = said(&["policy", "test", path(&module("required-labels")), path(&cases)]);
    assert!(code == 1 && text.contains("FAILED"), "{text}");
}

#[test]
fn a_refusal_is_1_and_never_0() {
    let allowed = built("allowed-domains.wasm");
    let run = |domain: &str, more: &[&str]| {
        let place = place(domain);
        let (cluster, settings) = (place.path().join("cluster.json"), place.path().join("settings.yaml"));
        said(&[&["policy", "run", path(&allowed), path(&cluster), "--settings", path(&settings)], more].concat())
    };
    let (code, text) = run("elsewhere.net", &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("error[policy-denied]: policy `allowed-domains`: `elsewhere.net` is under none of `example.com`"), "{text}");
    assert!(text.contains(" fuel, ") && text.contains(" KiB of memory, "), "{text}");
    assert_eq!(run("shop.example.com", &[]).0, 0);
    let (code, text) = run("elsewhere.net", &["--format", "json"]);
    let value: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((code, &value["allowed"], &value["opinions"][0]["path"]), (1, &json!(false), &json!("spec.primaryDomain")));
    assert!(value["cost"]["fuel"].as_u64().is_some_and(|fuel| fuel > 1000), "{value}");
    // What gives no verdict is no good word either; what cannot be asked at all is another thing.
    let place = place("a.b");
    let (cluster, settings) = (place.path().join("cluster.json"), place.path().join("fail.yaml"));
    std::fs::write(&settings, "act: fail\n").expect("a file");
    let (code, text) = said(&["policy", "run", path(&built("guest-sdk.wasip1.wasm")), path(&cluster), "--settings", path(&settings)]);
    assert!(code == 1 && text.contains("error[policy-failed]: policy `policy` failed: it answered with an error"), "{text}");
    let (code, text) = said(&["policy", "run", path(&cluster), path(&cluster)]);
    assert!(code == 2 && text.contains("this is no WebAssembly"), "{text}");
    let (code, text) = said(&["policy", "run", path(&allowed), path(&cluster)]);
    assert!(code == 2 && text.contains("the settings are wrong: \"domains\" is a required property"), "{text}");
}

#[test]
fn what_a_module_is_can_be_seen() {
    let (code, text) = said(&["policy", "inspect", path(&module("clearance"))]);
    assert_eq!(code, 0, "{text}");
    for line in ["title        clearance", "protocol     v1", "looks up     Cluster of nautes.resource.nautes.io/v1alpha1"] {
        assert!(text.contains(line), "{text} lacks {line}");
    }
    let (_, text) = said(&["policy", "inspect", path(&built("guest-sdk.wasip1.wasm")), "--format", "json"]);
    let value: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&value["metadata"], &value["startsOnce"]), (&Value::Null, &json!(true)));
    assert!(value["imports"].as_array().is_some_and(|imports| imports.contains(&json!("wapc.__guest_request"))), "{value}");
}

#[test]
fn figures_are_saved_and_compared() {
    let place = place("shop.example.com");
    let file = |name: &str| place.path().join(name);
    let (cluster, settings, figures) = (file("cluster.json"), file("settings.yaml"), file("figures.json"));
    let module = built("allowed-domains.wasm");
    let bench = |more: &[&str]| {
        let words = ["policy", "bench", path(&module), path(&cluster), "--settings", path(&settings), "--calls", "50"];
        said(&[&words, more].concat())
    };
    let (code, text) = bench(&["--save", path(&figures)]);
    assert!(code == 0 && text.starts_with("50 calls in "), "{text}");
    let mut saved: Value = serde_json::from_str(&std::fs::read_to_string(&figures).expect("it was saved")).expect("JSON");
    let mut compare = |p50: u64| {
        saved["p50"] = p50.into();
        std::fs::write(&figures, saved.to_string()).expect("a file");
        bench(&["--compare", path(&figures)])
    };
    assert_eq!(compare(1).0, 1);
    assert_eq!(compare(u64::MAX / 1000).0, 0);
}

/// What `clearance policy new` writes builds, and passes its own test and case.
#[test]
fn a_new_policy_works_at_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let guest = sources().join("clearance-policy");
    let words = ["policy", "new", "no-hosts", "--into", path(directory.path()), "--guest-crate", path(&guest)];
    let (code, text) = said(&words);
    assert!(code == 0 && text.contains("cargo test"), "{text}");
    let (code, text) = said(&words);
    assert!(code == 2 && text.contains("is there already"), "{text}");
    let new = directory.path().join("no-hosts");
    let built_as = "target/wasm32-unknown-unknown/release/no_hosts.wasm";
    let page = std::fs::read_to_string(new.join("README.md")).expect("its page");
    assert!(page.contains(&format!("module: {built_as}")) && page.contains(&format!("policy test {built_as} cases")), "{page}");
    std::fs::copy(sources().join("Cargo.lock"), new.join("Cargo.lock")).expect("the lock of policies");
    // Its dependencies are built there already.
    let target = built("").parent().expect("a directory").join("policies-build");
    for words in [["test", "--quiet"].as_slice(), &["build", "--quiet", "--release", "--target", "wasm32-unknown-unknown"]] {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo).args(words).current_dir(&new).env("CARGO_TARGET_DIR", &target).output().expect("cargo runs");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let module = target.join("wasm32-unknown-unknown/release/no_hosts.wasm");
    let (code, text) = said(&["policy", "test", path(&module), path(&new.join("cases"))]);
    assert_eq!((code, text.as_str()), (0, "ok      refused\n1 cases, 0 failed\n"));
}

/// The core and a stock policy, run by `wapc` and `wasmtime-provider`, say what they say here.
#[test]
fn kubewardens_own_engine_gets_the_same() {
    let peer = built("").parent().expect("a directory").join("debug/peer");
    assert!(peer.exists(), "{} is not there: run `cargo xtask test`, which builds it", peer.display());
    let directory = tempfile::tempdir().expect("a directory");
    let question = directory.path().join("question.json");
    let mut cluster = host("elsewhere.net");
    cluster["spec"]["apiServer"] = "http://10.20.0.4:6443".into();
    let answer = |policy: &str, settings: Value| {
        let text = json!({"settings": settings, "request": {"operation": "CREATE", "object": cluster}}).to_string();
        std::fs::write(&question, text).expect("a file");
        let output = Command::new(&peer).arg("answer").arg(module(policy)).arg(&question).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    let there = answer("clearance", json!({}));
    assert_eq!((&there["accepted"], &there["code"]), (&json!(false), &json!(422)));
    let cluster_file = directory.path().join("cluster.json");
    std::fs::write(&cluster_file, cluster.to_string()).expect("a file");
    let (code, here) = said(&["check", path(&cluster_file), "--format", "json", "--no-config"]);
    let here: Value = serde_json::from_str(&here).expect("JSON");
    let finding = &here["findings"][0];
    let word = |key: &str| finding[key].as_str().unwrap_or_default();
    assert_eq!((code, word("rule")), (1, "invalid-api-server"));
    let line = format!("{}: {} [{}]", word("path"), word("message"), word("rule"));
    assert_eq!(there["message"], line);
    let there = answer("allowed-domains", json!({"domains": ["example.com"]}));
    assert_eq!(there["message"], "spec.primaryDomain: `elsewhere.net` is under none of `example.com`");
}

/// Files are replaced while reviews come in: none goes unanswered, and what is no good is not taken.
#[test]
fn a_server_reads_its_policies_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str| directory.path().join(name);
    std::fs::copy(built("allowed-domains.wasm"), file("policy.wasm")).expect("a module");
    let configure = |domain: &str| {
        let text = format!("version: 1\npolicies:\n- name: domains\n  module: policy.wasm\n  settings: {{domains: [{domain}]}}\n");
        // At once, as a ConfigMap is replaced.
        std::fs::write(file("next.yaml"), text).and_then(|()| std::fs::rename(file("next.yaml"), file("policies.yaml"))).expect("a file");
    };
    configure("example.com");
    let webhook = Webhook::new().expect("a server can be started");
    let fleet = tempfile::tempdir().expect("a directory");
    let policies = file("policies.yaml");
    let server = webhook.start_with("127.0.0.1:0", fleet.path(), false, Some(&policies)).expect("it starts");
    let ask = || webhook.ask(&server, "/validate", &review("CREATE", Some(&host("elsewhere.net")), None)).expect("it answers");
    let until = |what: &str, is: &dyn Fn(&Value) -> bool| {
        let begin = Instant::now();
        loop {
            let response = ask();
            if is(&response) {
                return response;
            }
            assert!(begin.elapsed() < Duration::from_mins(1), "it never {what}: {response}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let refused = ask();
    assert_eq!(findings(&refused).expect("findings")[0].rule, "policy-denied");
    let (stop, asked, begin) = (AtomicBool::new(false), AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Where an assertion fails nobody says that it is over.
            while !stop.load(Ordering::Relaxed) && begin.elapsed() < Duration::from_mins(5) {
                let response = ask();
                assert!(response["allowed"].is_boolean(), "{response}");
                asked.fetch_add(1, Ordering::Relaxed);
            }
        });
        configure("elsewhere.net");
        until("took the new configuration", &|response| response["allowed"] == true);
        // A module that is none: the policy from before goes on, and each answer says that it does.
        std::fs::write(file("policy.wasm"), "no module").expect("a file");
        let notice = "some policies of this server cannot be used";
        let told = |response: &Value| response["warnings"][0].as_str().is_some_and(|line| line.starts_with(notice));
        let last_good = until("noticed the bad module", &told);
        assert_eq!(last_good["allowed"], true, "{last_good}");
        std::fs::copy(built("guest-sdk.wasip1.wasm"), file("good.wasm")).expect("a module");
        std::fs::rename(file("good.wasm"), file("policy.wasm")).expect("a module");
        // The settings of the one are none of the other's, but it takes any.
        until("took the new module", &|response| !told(response));
        stop.store(true, Ordering::Relaxed);
    });
    assert!(asked.load(Ordering::Relaxed) > 0);
    webhook.stop(server).expect("it stops");
    // Where nothing of it can be used at the start, there is no server.
    std::fs::write(&policies, "version: 1\npolicies: 3\n").expect("a file");
    let refusal = webhook.start_with("127.0.0.1:0", fleet.path(), false, Some(&policies)).expect_err("it does not start");
    assert!(format!("{refusal:#}").contains("policies.yaml:2:11: `policies` must be a list"), "{refusal:#}");
}

#[test]
fn what_policies_add_is_written_into_the_file() {
    let place = place("shop.example.com");
    let (cluster, policies) = (place.path().join("cluster.json"), place.path().join("policies.yaml"));
    let configuration = |settings: &str, mutates: bool| {
        let module = built("guest-sdk.wasip1.wasm");
        let text = format!(
            "version: 1\npolicies:\n  - {{name: sdk, module: {}, settings: {{act: {settings}}}, mutates: {mutates}}}\n",
            path(&module)
        );
        std::fs::write(&policies, text).expect("a file");
    };
    let labels = || {
        let text = std::fs::read_to_string(&cluster).expect("it is there");
        serde_json::from_str::<Value>(&text).expect("JSON")["metadata"]["labels"].clone()
    };
    configuration("mutate", true);
    let (code, text) = said(&["fill", "--no-config", "--policies", path(&policies), path(&cluster)]);
    assert_eq!(code, 0, "{text}");
    assert!(labels().is_object(), "{text}");
    let (code, text) = said(&["fill", "--no-config", "--check", "--policies", path(&policies), path(&cluster)]);
    assert!(code == 0 && text.contains("nothing to fill in"), "{text}");
    // By policies that cannot be used nothing is changed.
    std::fs::write(&policies, "version: 7\n").expect("a file");
    let (code, text) = said(&["fix", "--no-config", "--policies", path(&policies), path(&cluster)]);
    assert!(code == 2 && text.contains("nothing was changed"), "{text}");
}
