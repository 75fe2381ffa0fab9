//! Bytes that are no policy, and modules that cannot begin.

use clearance_policy_host::{Bounds, Host, LONGEST_MODULE, Mode};

use crate::guests::{answering, ask, guest, host, policy, told};

fn refusal(bytes: &[u8]) -> String {
    [Mode::Once, Mode::Server]
        .map(|mode| Host::new(mode).expect("an engine").load(bytes, Bounds::default().memory).expect_err("it is no policy").to_string())
        .into_iter()
        .reduce(|a, b| if a == b { a } else { format!("once: {a}; server: {b}") })
        .unwrap_or_default()
}

#[test]
fn what_is_no_policy_is_told_apart() {
    let whole = answering(r#"{"accepted":true}"#);
    assert_eq!(refusal(b"#!/bin/sh\n"), "this is no WebAssembly: it does not begin with `\\0asm`");
    assert_eq!(refusal(b""), "this is no WebAssembly: it does not begin with `\\0asm`");
    assert!(refusal(&whole[..whole.len() / 2]).starts_with("the module is damaged: "));
    assert!(refusal(&whole[..9]).starts_with("the module is damaged: "));
    let component = wat::parse_str("(component)").expect("it is one");
    assert!(refusal(&component).starts_with("this is a WebAssembly component; a policy is a core module"));
    let long = vec![0; usize::try_from(LONGEST_MODULE).expect("it fits") + 1];
    assert_eq!(refusal(&long), "the module has 16777217 bytes, and at most 16777216 are taken");
    let bare = wat::parse_str("(module)").expect("it is one");
    assert_eq!(refusal(&bare), "the module exports no `__guest_call` as a policy does (waPC)");
}

#[test]
fn an_import_that_there_is_not_is_named() {
    for (import, name) in [
        (r#"(import "env" "abort" (func))"#, "env.abort"),
        (r#"(import "wapc" "__guest_wish" (func))"#, "wapc.__guest_wish"),
        (r#"(import "wasi_snapshot_preview1" "path_rejoice" (func))"#, "wasi_snapshot_preview1.path_rejoice"),
    ] {
        let module = wat::parse_str(format!("(module {import})")).expect("it is one");
        assert_eq!(refusal(&module), format!("the module imports `{name}`, which this host does not have"));
    }
    // The right name is not enough.
    let module = wat::parse_str(
        r#"(module (import "wapc" "__guest_request" (func (param i64))) (memory (export "memory") 1)
            (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))"#,
    );
    assert!(refusal(&module.expect("it is one")).contains("incompatible import type for `wapc::__guest_request`"));
}

fn with_section(name: &str, data: &[u8]) -> Vec<u8> {
    let mut module = answering(r#"{"accepted":true}"#);
    let length = |number: usize| u8::try_from(number).expect("it is short");
    assert!(name.len() + data.len() + 1 < 128, "one byte of length is enough");
    module.extend([0, length(name.len() + data.len() + 1), length(name.len())]);
    module.extend(name.as_bytes());
    module.extend(data);
    module
}

#[test]
fn metadata_is_read_without_trust() {
    let of = |data: &[u8]| with_section("io.kubewarden.metadata", data);
    assert!(refusal(&of(b"not JSON")).starts_with("its metadata (`io.kubewarden.metadata`) cannot be read: "));
    assert!(refusal(&of(b"\xff\xfe")).starts_with("its metadata (`io.kubewarden.metadata`) cannot be read: "));
    assert_eq!(
        refusal(&of(br#"{"executionMode":"gatekeeper"}"#)),
        "it is a policy for `gatekeeper`; only those of `kubewarden-wapc` are run"
    );
    let good =
        host().load(&of(br#"{"mutating":true,"rules":[{"resources":["clusters"]}]}"#), Bounds::default().memory).expect("it is a policy");
    let metadata = good.metadata().expect("it has metadata");
    assert!(metadata.mutating && metadata.rules[0].resources == ["clusters"]);
    let schema = with_section("io.clearance.settings", br#"{"type":"no type"}"#);
    assert!(refusal(&schema).starts_with("its schema of settings (`io.clearance.settings`) cannot be used: "));
}

#[test]
fn a_start_that_traps_is_told_at_once() {
    let with = |start: &str| {
        wat::parse_str(format!(
            r#"(module (memory (export "memory") 1) {start}
                (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))"#
        ))
        .expect("it is one")
    };
    let trap = "it cannot be started: it ended by a trap: wasm trap: wasm `unreachable` instruction executed";
    assert_eq!(refusal(&with("(func $start unreachable) (start $start)")), trap);
    assert_eq!(refusal(&with(r#"(func (export "wapc_init") unreachable)"#)), trap);
    assert_eq!(
        refusal(&with(r#"(func (export "_start") (loop $l (br $l)))"#)),
        "it cannot be started: it ran longer than the 500 ms that it may"
    );
}

#[test]
fn a_protocol_of_tomorrow_is_not_spoken() {
    let module = wat::parse_str(
        r#"(module (import "wapc" "__guest_response" (func $response (param i32 i32)))
            (memory (export "memory") 1) (data (i32.const 0) "\"v2\"")
            (func (export "__guest_call") (param i32 i32) (result i32) (call $response (i32.const 0) (i32.const 4)) (i32.const 1)))"#,
    );
    assert_eq!(refusal(&module.expect("it is one")), "it speaks protocol `v2`, and only v1 is spoken here");
}

#[test]
fn the_same_bytes_are_compiled_once() {
    let host = host();
    let bytes = answering(r#"{"accepted":true}"#);
    let (first, second) =
        (host.load(&bytes, Bounds::default().memory).expect("a policy"), host.load(&bytes, Bounds::default().memory).expect("a policy"));
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    let other = host.load(&answering(r#"{"accepted":false}"#), Bounds::default().memory).expect("a policy");
    assert_ne!(first.digest(), other.digest());
}

#[test]
fn one_bad_policy_keeps_no_other_from_being_asked() {
    let host = host();
    let bytes = [
        b"no module".to_vec(),
        guest("unreachable"),
        answering(r#"{"accepted":false,"message":"no"}"#),
        guest("(loop $l (br $l)) (i32.const 1)"),
        answering(r#"{"accepted":true}"#),
    ];
    let opinions = ask(bytes.iter().map(|bytes| policy(&host, bytes)).collect());
    let told: Vec<String> = opinions.iter().map(|opinion| format!("{:?}: {}", opinion.says, opinion.sentence)).collect();
    assert_eq!(
        told,
        [
            "Failed: this is no WebAssembly: it does not begin with `\\0asm`",
            "Failed: it ended by a trap: wasm trap: wasm `unreachable` instruction executed",
            "Denied: no",
            "Failed: it ran longer than the 500 ms that it may",
        ]
    );
    assert_eq!(told_of_a_good_one(), "Denied: no");
}

fn told_of_a_good_one() -> String {
    told(&answering(r#"{"accepted":false,"message":"no"}"#))
}
