//! What guests say to the host, and how.

use clearance_core::rules::policy::Says;
use clearance_policy_host::OnFailure;

use crate::guests::{answering, ask, guest, guest_with, host, policy, told};

#[test]
fn addresses_and_lengths_are_checked() {
    for (address, length, said) in [
        ("131072", "1", "it passed 1 bytes at 131072, which do not lie in its memory"),
        ("131071", "2", "it passed 2 bytes at 131071, which do not lie in its memory"),
        ("-1", "1", "it passed 1 bytes at 4294967295, which do not lie in its memory"),
        ("0", "-1", "it passed 4294967295 bytes at 0, which do not lie in its memory"),
        ("0", "2147483647", "it passed 2147483647 bytes at 0, which do not lie in its memory"),
        ("-1", "-1", "it passed 4294967295 bytes at 4294967295, which do not lie in its memory"),
    ] {
        for function in ["response", "error", "log"] {
            let body = format!("(call ${function} (i32.const {address}) (i32.const {length})) (i32.const 1)");
            assert_eq!(told(&guest(&body)), format!("Failed: {said}"), "{function}");
        }
    }
    let request = "(call $request (i32.const -8) (i32.const 0)) (i32.const 1)";
    assert!(told(&guest(request)).ends_with("which do not lie in its memory"));
    let host_call =
        "(call $host (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4) (i32.const 9) (i32.const -9))";
    assert!(told(&guest(host_call)).ends_with("which do not lie in its memory"));
}

#[test]
fn an_answer_is_bounded() {
    let body = "(drop (memory.grow (i32.const 200))) (call $response (i32.const 0) (i32.const 5000000)) (i32.const 1)";
    assert_eq!(told(&guest(body)), "Failed: it passed more than the 4194304 bytes that it may");
    let long = format!(r#"{{"accepted":false,"message":"{}"}}"#, "x".repeat(10_000));
    assert_eq!(told(&answering(&long)).chars().count(), "Denied: ".len() + 601);
    let many = format!(r#"{{"accepted":true,"warnings":[{}"w"]}}"#, r#""w","#.repeat(500));
    let host = host();
    assert_eq!(ask(vec![policy(&host, &answering(&many))]).len(), 20);
}

#[test]
fn an_answer_that_is_none() {
    for (answer, said) in [
        ("{}", "its answer cannot be understood: it has no `accepted`"),
        ("", "its answer cannot be understood: it is no JSON object"),
        ("yes", "its answer cannot be understood: it is no JSON object"),
        (r#"{"accepted":true"#, "its answer cannot be understood: it is no JSON (byte 0)"),
        (r#"{"accepted":"yes"}"#, "its answer cannot be understood: `accepted` is neither true nor false"),
        (r#"{"accepted":true,"findings":[{"path":"spec"}]}"#, "its answer cannot be understood: a finding has no `message`"),
        (r#"{"accepted":true,"warnings":[7]}"#, "its answer cannot be understood: `warnings` holds more than strings"),
        (r#"{"accepted":true,"message":{}}"#, "its answer cannot be understood: `message` is no string"),
        ("[true]", "its answer cannot be understood: it is no JSON object"),
    ] {
        let told = told(&answering(answer));
        assert!(told.starts_with(&format!("Failed: {said}")), "{told}");
    }
    let not_text = guest_with(r#"(data (i32.const 1024) "\ff\fe")"#, "(call $response (i32.const 1024) (i32.const 2)) (i32.const 1)");
    assert_eq!(told(&not_text), "Failed: its answer is not UTF-8");
    assert_eq!(told(&guest("(i32.const 1)")), "Failed: it gave no answer");
    assert_eq!(told(&guest("(i32.const 0)")), "Failed: it gave no answer");
    let error = guest_with(r#"(data (i32.const 1024) "out of luck")"#, "(call $error (i32.const 1024) (i32.const 11)) (i32.const 0)");
    assert_eq!(told(&error), "Failed: it answered with an error: out of luck");
}

#[test]
fn a_verdict_becomes_opinions() {
    let host = host();
    let answer = r#"{"accepted":false,"message":"all in all no","warnings":["the same again"],"findings":[
        {"path":"spec.usage","message":"not a host"},{"path":"metadata.labels[a.b/c]","message":"mind this","severity":"warning"}]}"#;
    let opinions = ask(vec![policy(&host, &answering(answer))]);
    let told: Vec<String> = opinions.iter().map(|opinion| format!("{:?} {}: {}", opinion.says, opinion.path, opinion.sentence)).collect();
    assert_eq!(told, ["Denied spec.usage: not a host", "Warned metadata.labels[a.b/c]: mind this"]);
    let opinions = ask(vec![policy(&host, &answering(r#"{"accepted":true,"message":"fine","warnings":["take care"]}"#))]);
    assert_eq!((opinions.len(), opinions[0].says, opinions[0].sentence.as_str()), (1, Says::Warned, "take care"));
    assert_eq!(self::told(&answering(r#"{"accepted":false}"#)), "Denied: refused without a reason");
}

#[test]
fn what_the_configuration_says_of_words() {
    let host = host();
    let mut own = policy(&host, &answering(r#"{"accepted":false,"message":"no"}"#));
    own.message = Some("ask the platform team".to_owned());
    own.monitored = true;
    let opinions = ask(vec![own]);
    assert_eq!((opinions[0].told.as_deref(), opinions[0].monitored), (Some("ask the platform team"), true));
    let mut lenient = policy(&host, &guest("unreachable"));
    lenient.on_failure = OnFailure::Warn;
    assert_eq!(ask(vec![lenient])[0].says, Says::Passed);
}

#[test]
fn a_change_needs_leave() {
    let changed =
        crate::guests::CLUSTER.replace("\"usage\": \"host\"", "\"usage\": \"host\", \"primaryDomain\": \"a.b\"").replace('\n', "");
    let answer = answering(&format!(r#"{{"accepted":true,"mutated_object":{changed}}}"#));
    assert_eq!(told(&answer), "Failed: it changes the object, and `mutates` does not allow that");
    // The object as it is is no change.
    let host = host();
    let same = answering(&format!(r#"{{"accepted":true,"mutated_object":{}}}"#, crate::guests::CLUSTER.replace('\n', "")));
    assert_eq!(ask(vec![policy(&host, &same)]), []);
    let mut allowed = policy(&host, &answer);
    allowed.mutates = true;
    let node = crate::guests::cluster();
    let question = clearance_policy_host::Question { object: Some(&node), ..Default::default() };
    let heard = clearance_policy_host::Policies { list: vec![allowed], digest: String::new() }.ask(&question);
    assert_eq!(format!("{:?}", heard.changes), r#"[Insert { path: Path([Key("spec"), Key("primaryDomain")]), value: String("a.b") }]"#);
    assert_eq!(heard.opinions, []);
}

#[test]
fn a_capability_that_is_not_granted_is_named() {
    let body = "(if (i32.eqz (call $host (i32.const 1024) (i32.const 10) (i32.const 1034) (i32.const 3) (i32.const 1037) (i32.const 4) (i32.const 0) (i32.const 0)))
            (then (call $host_error (i32.const 2048)) (call $error (i32.const 2048) (i32.const 53)) (return (i32.const 0))))
        (i32.const 1)";
    let module = guest_with(
        r#"(data (i32.const 1024) "kubewardenocidigest")"#,
        &body.replace("i32.const 4) (i32.const 0", "i32.const 6) (i32.const 0"),
    );
    assert_eq!(
        told(&module),
        "Failed: it answered with an error: `kubewarden/oci/digest` is not granted to this policy \
         (it asked for kubewarden/oci/digest, which it is not granted)"
    );
}
