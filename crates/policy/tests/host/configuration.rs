//! `policies.yaml`: what is wrong in it has a place, and one bad policy keeps the others.

use std::path::Path;

use clearance_core::source::{Encoding, LineIndex};
use clearance_policy_host::Read;

use crate::guests::{answering, ask, host};

/// A directory with two modules, and a configuration that is read there.
fn read(text: &str) -> (Read, Vec<String>) {
    let directory = std::env::temp_dir().join(format!("clearance-policies-{}-{:?}", std::process::id(), std::thread::current().id()));
    std::fs::create_dir_all(directory.join("in-directory")).expect("a directory");
    std::fs::write(directory.join("no.wasm"), answering(r#"{"accepted":false,"message":"no","valid":true}"#)).expect("a file");
    std::fs::write(directory.join("in-directory/policy.wasm"), answering(r#"{"accepted":true,"warnings":["hm"],"valid":true}"#))
        .expect("a file");
    std::fs::write(directory.join("text.wasm"), "no module").expect("a file");
    let read = Read::of(text, "policies.yaml", Path::new(&directory), &host());
    std::fs::remove_dir_all(&directory).expect("it can be removed");
    let lines = LineIndex::new(text);
    let told = read.faults.iter().map(|fault| {
        let at = lines.position(text, fault.range.start, Encoding::CodePoints);
        format!("{}:{}: {}", at.line + 1, at.column + 1, fault.what)
    });
    let told = told.collect();
    (read, told)
}

#[test]
fn a_good_one() {
    let (read, told) = read(
        "version: 1\npolicies:\n  - name: first\n    module: no.wasm\n    mode: monitor\n    time: 100ms\n    memory: 16Mi\n    message: own words\n\
         \x20   operations: [CREATE]\n    clusters:\n      usages: [host]\n      names: ['d*']\n  - name: second\n    module: in-directory\n    on-failure: warn\n",
    );
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(read.files.len(), 2);
    let policies = read.policies.expect("they can be used");
    assert_eq!(policies.digest.len(), 16);
    let opinions = ask(policies.list);
    let told: Vec<String> = opinions
        .iter()
        .map(|opinion| format!("{} {:?} {}", opinion.policy, opinion.says, opinion.told.as_ref().unwrap_or(&opinion.sentence)))
        .collect();
    assert_eq!(told, ["first Denied own words", "second Warned hm"]);
    assert!(opinions[0].monitored && !opinions[1].monitored);
}

#[test]
fn which_clusters_it_is_asked_about() {
    for clusters in ["usages: [worker]", "names: [other]", "namespaces: ['x*']", "cluster-types: [virtual]"] {
        let (read, told) = read(&format!("version: 1\npolicies:\n  - name: a\n    module: no.wasm\n    clusters: {{{clusters}}}\n"));
        assert_eq!(told, Vec::<String>::new(), "{clusters}");
        assert_eq!(ask(read.policies.expect("they can be used").list), [], "{clusters}");
    }
}

#[test]
fn what_is_wrong_has_a_place() {
    for (text, wanted) in [
        ("version: 2\npolicies: []\n", "1:10: `version` must be 1"),
        ("version: 1\n", "1:1: there is no list `policies`"),
        ("version: 1\npolicies: {}\n", "2:11: `policies` must be a list"),
        ("version: 1\npolicies: []\nmore: 1\n", "3:1: unknown key `more`; known are policies, version"),
        ("version: 1\npolicies:\n- name: a\n  modul: no.wasm\n", "4:3: unknown key `modul`; known are"),
        (
            "version: 1\npolicies:\n- name: A b\n  module: no.wasm\n",
            "3:9: a policy's name is lower-case letters, digits and `-`, at most 63",
        ),
        ("version: 1\npolicies:\n- {name: a, module: no.wasm, mode: off}\n", "3:36: `mode` must be `protect` or `monitor`"),
        ("version: 1\npolicies:\n- {name: a, module: no.wasm, time: 1h}\n", "3:36: `time` must be a time such as `100ms`, at most 10s"),
        ("version: 1\npolicies:\n- {name: a, module: no.wasm, time: 11s}\n", "3:36: a policy runs at least 1ms and at most 10s"),
        ("version: 1\npolicies:\n- {name: a, module: no.wasm, memory: 4Gi}\n", "3:38: a policy has at most 512Mi of memory"),
        (
            "version: 1\npolicies:\n- {name: a, module: no.wasm, capabilities: [all]}\n",
            "3:45: there is no capability `all`; there are clusters",
        ),
        ("version: 1\npolicies:\n- {name: a, module: no.wasm, settings: [1]}\n", "3:40: `settings` must be a map"),
        (
            "version: 1\npolicies:\n- {name: a, module: no.wasm}\n- {name: a, module: in-directory}\n",
            "4:10: there is another policy named `a`",
        ),
        ("version: 1\nversion: 2\npolicies: []\n", "2:1: the key `version` is given 2 times"),
        ("version: 1\npolicies: [\n", ""),
    ] {
        let (read, told) = read(text);
        assert!(read.policies.is_none(), "{text}");
        assert!(told.iter().any(|line| line.contains(wanted)), "{text}\n{told:?}");
    }
}

#[test]
fn one_that_cannot_be_loaded_is_told_and_the_others_go_on() {
    let (read, told) = read(
        "version: 1\npolicies:\n- {name: a, module: text.wasm}\n- {name: b, module: gone.wasm, on-failure: warn}\n- {name: c, module: no.wasm}\n",
    );
    assert_eq!(
        told,
        [
            "3:21: this is no WebAssembly: it does not begin with `\\0asm`",
            "4:21: cannot read `gone.wasm`: No such file or directory (os error 2)",
        ]
    );
    let opinions = ask(read.policies.expect("they can be used").list);
    let told: Vec<String> = opinions.iter().map(|opinion| format!("{} {:?}", opinion.policy, opinion.says)).collect();
    assert_eq!(told, ["a Failed", "b Passed", "c Denied"]);
}
