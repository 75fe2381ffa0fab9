//! Guests made from WebAssembly text, each for one fault.

use clearance_core::rules::policy::Opinion;
use clearance_core::source::{Format, Limits, Node, read};
use clearance_policy_host::{Bounds, Host, Mode, Operation, Policies, Policy, Question};

/// A guest that does something when it is asked to validate, and all else well.
pub fn guest(body: &str) -> Vec<u8> {
    guest_with("", body)
}

/// The same, with more in the module.
pub fn guest_with(more: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "wapc" "__guest_request" (func $request (param i32 i32)))
            (import "wapc" "__guest_response" (func $response (param i32 i32)))
            (import "wapc" "__guest_error" (func $error (param i32 i32)))
            (import "wapc" "__console_log" (func $log (param i32 i32)))
            (import "wapc" "__host_call" (func $host (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
            (import "wapc" "__host_error" (func $host_error (param i32)))
            (memory (export "memory") 2)
            (data (i32.const 16) "{{\"valid\":true}}")
            {more}
            (func $validate (result i32) {body})
            (func (export "__guest_call") (param i32 i32) (result i32)
                ;; `validate` has eight letters
                (if (i32.eq (local.get 0) (i32.const 8)) (then (return (call $validate))))
                (call $response (i32.const 16) (i32.const 14))
                (i32.const 1)))"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A guest that gives a fixed answer.
pub fn answering(answer: &str) -> Vec<u8> {
    let data: String = answer.bytes().map(|byte| format!("\\{byte:02x}")).collect::<Vec<_>>().concat();
    guest_with(
        &format!(r#"(data (i32.const 1024) "{data}")"#),
        &format!("(call $response (i32.const 1024) (i32.const {})) (i32.const 1)", answer.len()),
    )
}

/// A policy of a module, with what is usual.
pub fn policy(host: &Host, bytes: &[u8]) -> Policy {
    Policy::new("own", host.load(bytes, Bounds::default().memory).map_err(|why| why.to_string()))
}

pub const CLUSTER: &str = r#"{"apiVersion": "nautes.resource.nautes.io/v1alpha1", "kind": "Cluster",
    "metadata": {"name": "demo", "namespace": "nautes"}, "spec": {"usage": "host", "clusterType": "physical"}}"#;

pub fn cluster() -> Node<'static> {
    read(CLUSTER, Format::Json, &Limits::default()).remove(0).root
}

/// Asks policies about a new cluster.
pub fn ask(policies: Vec<Policy>) -> Vec<Opinion> {
    let node = cluster();
    let question = Question { operation: Some(Operation::Create), object: Some(&node), ..Question::default() };
    Policies { list: policies, digest: String::new() }.ask(&question).opinions
}

/// What one guest's only opinion is, as `Says: sentence`.
pub fn told(bytes: &[u8]) -> String {
    let host = host();
    let opinions = ask(vec![policy(&host, bytes)]);
    assert_eq!(opinions.len(), 1, "{opinions:?}");
    format!("{:?}: {}", opinions[0].says, opinions[0].sentence)
}

pub fn host() -> Host {
    Host::new(Mode::Once).expect("an engine")
}
