//! What no editor should do, and what some do.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clearance_lsp_client::Client;
use serde_json::{Value, json};

use crate::support::{Tenant, editor, host, rules, server, worker};

fn frame(message: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{message}", message.len()).into_bytes()
}

fn write(client: &mut Client, bytes: &[u8]) {
    let input = client.input().as_mut().expect("it is open");
    input.write_all(bytes).and_then(|()| input.flush()).expect("it reads");
}

#[test]
fn a_buffer_of_ten_megabytes() {
    let tenant = Tenant::new();
    let mut editor = editor(&tenant.root(), &json!({}));
    let mut text = host("big", "10.0.0.1");
    text.extend(std::iter::repeat_n("# nothing but a comment, and a long one at that, in every line of the file\n", 140_000));
    let name = editor.open(&tenant.file("big.yaml"), &text).expect("open");
    assert_eq!(rules(&editor.settled(&name).expect("settled")), ["too-large"]);
    editor.type_at(&name, 0, "# still\n").expect("typed");
    assert_eq!(rules(&editor.settled(&name).expect("settled")), ["too-large"]);
}

#[test]
fn a_long_line_that_is_not_all_ascii() {
    let tenant = Tenant::new();
    let mut editor = editor(&tenant.root(), &json!({}));
    let labels = (0..6_000).map(|number| format!("\"label-{number}\": \"é\"")).collect::<Vec<_>>().join(",");
    let text = format!(
        "{{\"apiVersion\":\"nautes.resource.nautes.io/v1alpha1\",\"kind\":\"Cluster\",\"metadata\":{{\"name\":\"long\",\"labels\":{{{labels}}}}}}}"
    );
    let name = editor.open(&tenant.root().join("long.json"), &text).expect("open");
    // With each of them counted from the start of the line it takes longer than the client waits for an answer.
    let document = json!({ "textDocument": { "uri": name } });
    let symbols = editor.client.request("textDocument/documentSymbol", document.clone()).expect("symbols");
    assert_eq!(symbols[2]["children"][1]["children"].as_array().map(Vec::len), Some(6_000));
    editor.client.request("textDocument/foldingRange", document.clone()).expect("folds");
    // What is about no cluster is left to others.
    let other = editor.open(&tenant.root().join("other.json"), &text.replace("Cluster", "Other")).expect("open");
    for method in ["textDocument/documentSymbol", "textDocument/foldingRange"] {
        assert_eq!(editor.client.request(method, json!({ "textDocument": { "uri": other } })).expect("an answer"), Value::Null);
    }
}

#[test]
fn a_message_that_is_too_long_is_passed_over() {
    let tenant = Tenant::new();
    let mut editor = editor(&tenant.root(), &json!({}));
    let long = "x".repeat(65 << 20);
    let name = editor.open(&tenant.root().join("long.txt"), &long).expect("open");
    let error = editor.client.request("textDocument/hover", json!({ "long": long })).expect_err("refused");
    assert!(error.to_string().starts_with("-32600"), "{error}");
    assert_eq!(editor.client.logged.len(), 2, "{:?}", editor.client.logged.len());
    assert!(editor.client.logged[0].contains("textDocument/didOpen") && editor.client.times(&name) == 0);
    let name = editor.open(&tenant.file("host.yaml"), &host("host", "127.0.0.1")).expect("open");
    assert_eq!(rules(&editor.settled(&name).expect("settled")), ["local-api-server"], "it goes on");
    // A text of which a change is not known is not known itself.
    editor.replace(&name, 0..0, &long).expect("sent");
    assert_eq!(rules(&editor.settled(&name).expect("settled")), [] as [&str; 0]);
}

#[test]
fn questions_that_are_taken_back_or_overtaken() {
    let tenant = Tenant::new();
    let mut editor = editor(&tenant.root(), &json!({}));
    let many = (0..3_000_u32).map(|number| host(&format!("host-{number}"), &format!("10.0.{}.{}", number / 250, number % 250)));
    let text = many.collect::<Vec<_>>().join("---\n");
    let name = editor.open(&tenant.root().join("many.yaml"), &text).expect("open");
    let end = editor.text(&name).len();
    let position = editor.position(&name, 5);
    let params = json!({ "textDocument": { "uri": name }, "position": position });
    // While it is busy with an edit, a question is asked and taken back, and another is overtaken by the next edit. Each may
    // still be answered, if what follows it comes too late to be known of; again and again it does not.
    let mut refusals = BTreeSet::new();
    for _ in 0..20 {
        editor.replace(&name, end..end, "#").expect("typed");
        let cancelled = editor.client.ask("textDocument/hover", params.clone()).expect("asked");
        editor.client.notify("$/cancelRequest", json!({ "id": cancelled })).expect("told");
        let outdated = editor.client.ask("textDocument/hover", params.clone()).expect("asked");
        editor.replace(&name, end..end + 1, "").expect("typed");
        for (question, refusal) in [(cancelled, "-32800"), (outdated, "-32801")] {
            if let Err(error) = editor.client.answer(&question) {
                assert_eq!(error.to_string().split(':').next(), Some(refusal), "{error}");
                refusals.insert(refusal);
            }
        }
        if refusals.len() == 2 {
            return;
        }
    }
    panic!("of both kinds of questions only these were ever refused: {refusals:?}");
}

#[test]
fn binary_text_and_mixed_line_ends() {
    let tenant = Tenant::new();
    let mut editor = editor(&tenant.root(), &json!({}));
    let noise: String = (0..20_000_u32).map(|number| char::from_u32(number.wrapping_mul(7_919) % 0x1_0000).unwrap_or('\u{0}')).collect();
    let name = editor.open(&tenant.file("noise.yaml"), &noise).expect("open");
    editor.settled(&name).expect("settled");
    let mixed = host("mixed", "10.0.0.1").replace("kind: Cluster\n", "kind: Cluster\r\n").replace("metadata:\n", "metadata:\r");
    let name = editor.open(&tenant.file("mixed.yaml"), &mixed.replace("usage: host", "usage: hots")).expect("open");
    let found = editor.settled(&name).expect("settled");
    assert_eq!(rules(&found), ["unsupported-value"], "{found:#?}");
    assert_eq!(editor.within(&name, &found[0]["range"]), "hots");
}

#[test]
fn a_character_split_over_two_edits_and_edits_out_of_order() {
    let tenant = Tenant::new();
    let mut editor = editor(&tenant.root(), &json!({}));
    let text = host("split", "10.0.0.1").replace("usage: host", "usage: hots");
    let name = editor.open(&tenant.file("split.yaml"), &format!("# \n{text}")).expect("open");
    // Each half of a character of its own, as no JSON library would write it.
    let change = |version: u8, column: u8, half: &str| {
        let range = format!("{{\"start\":{{\"line\":0,\"character\":{column}}},\"end\":{{\"line\":0,\"character\":{column}}}}}");
        frame(&format!(
            "{{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didChange\",\"params\":{{\"textDocument\":{{\"uri\":\"{name}\",\"version\":{version}}},\
             \"contentChanges\":[{{\"range\":{range},\"text\":\"{half}\"}}]}}}}"
        ))
    };
    let (first, second) = (change(2, 2, "\\ud83d"), change(3, 3, "\\ude00"));
    write(&mut editor.client, &first);
    write(&mut editor.client, &second);
    // The next edit stands behind the character: it would be misplaced if a half had been lost.
    let third = change(1, 4, "\\nkind: Cluster");
    write(&mut editor.client, &third);
    let found = editor.settled(&name).expect("settled");
    assert_eq!(rules(&found), ["duplicate-key", "unsupported-value"], "{found:#?}");
    assert_eq!(found[1]["range"]["start"], json!({ "line": 10, "character": 9 }));
    assert!(
        editor.client.logged.iter().any(|line| line.contains("version 1") && line.contains("after version 3")),
        "{:?}",
        editor.client.logged
    );
}

#[test]
fn a_folder_that_vanishes_and_a_loop_of_links() {
    let tenant = Tenant::new().with(&[("host", host("host", "10.0.0.1"))]);
    std::os::unix::fs::symlink(tenant.root(), tenant.root().join("loop")).expect("a link");
    let mut editor = editor(&tenant.root(), &json!({}));
    let name = editor.open(&tenant.file("shop.yaml"), &worker("shop", "10.0.0.1", 31_443, "host")).expect("open");
    assert_eq!(rules(&editor.settled(&name).expect("settled")), [] as [&str; 0]);
    std::fs::remove_dir_all(tenant.root()).expect("removed");
    editor.client.wait("the loss of the host", |client| rules(client.diagnostics(&name)) == ["unknown-host-cluster"]).expect("told");
    editor.type_at(&name, 0, "# still here\n").expect("typed");
    editor.settled(&name).expect("settled");
    editor.close(&name).expect("closed");
    assert_eq!(editor.client.quit().expect("it ends"), Some(0));
}

#[test]
fn a_file_open_under_two_names() {
    let tenant = Tenant::new().with(&[("host", host("host", "10.0.0.1"))]);
    let other = tempfile::tempdir().expect("a directory");
    std::os::unix::fs::symlink(tenant.root(), other.path().join("link")).expect("a link");
    let mut editor = editor(&tenant.root(), &json!({}));
    let text = worker("shop", "10.0.0.1", 31_443, "host");
    tenant.write("shop.yaml", &text);
    let one = editor.open(&tenant.file("shop.yaml"), &text).expect("open");
    let two = editor.open(&other.path().join("link").join(crate::support::CLUSTERS).join("shop.yaml"), &text).expect("open");
    for name in [&one, &two] {
        assert_eq!(rules(&editor.settled(name).expect("settled")), [] as [&str; 0], "it is one cluster, not two");
        assert!(editor.client.times(name) > 0);
    }
    editor.close(&one).expect("closed");
    assert_eq!(rules(&editor.settled(&two).expect("settled")), [] as [&str; 0]);
}

#[test]
fn a_client_that_sends_garbage() {
    let mut client = Client::spawn(&mut server()).expect("it starts");
    write(&mut client, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(client.ended().expect("it ends").0, Some(2));

    let tenant = Tenant::new();
    let mut editor = editor(&tenant.root(), &json!({}));
    write(&mut editor.client, &frame("{ this is no JSON"));
    write(&mut editor.client, &frame("{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didOpen\",\"params\":7}"));
    write(
        &mut editor.client,
        &frame(
            "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didChange\",\"params\":{\"textDocument\":{\"uri\":\"file:///x\",\"version\":1},\"contentChanges\":[]}}",
        ),
    );
    let error = editor.client.request("textDocument/hover", json!({ "position": "x" })).expect_err("refused");
    assert!(error.to_string().starts_with("-32602"), "{error}");
    let error = editor.client.request("no/such", Value::Null).expect_err("refused");
    assert!(error.to_string().starts_with("-32601"), "{error}");
    let hover = json!({ "textDocument": { "uri": "file:///not/open.yaml" }, "position": { "line": 4_000_000_000_u32, "character": 4_000_000_000_u32 } });
    assert_eq!(editor.client.request("textDocument/hover", hover).expect("an answer"), Value::Null);
    assert_eq!(editor.client.logged.len(), 3, "{:?}", editor.client.logged);
    let name = editor.open(&tenant.file("host.yaml"), &host("host", "10.0.0.1")).expect("open");
    assert_eq!(rules(&editor.settled(&name).expect("settled")), [] as [&str; 0], "it goes on");
}

#[test]
fn a_client_that_dies() {
    let tenant = Tenant::new();
    let editor = editor(&tenant.root(), &json!({}));
    let (code, took) = editor.client.leave().expect("it ends");
    println!("the server ended {took:?} after its client");
    assert_eq!(code, Some(1));
    // In the middle of a message, and before any.
    for sent in [&b"Content-Length: 1000\r\n\r\n{"[..], b""] {
        let mut client = Client::spawn(&mut server()).expect("it starts");
        write(&mut client, sent);
        assert_eq!(client.leave().expect("it ends").0, Some(1));
    }
}

#[test]
fn an_editor_that_dies_while_another_process_holds_the_input() {
    let mut dying = Command::new("sleep").arg("600").spawn().expect("a process");
    let (mut client, _) = Client::start(&mut server(), json!({ "processId": dying.id(), "capabilities": {} })).expect("it starts");
    let question = json!({ "textDocument": { "uri": "file:///not/open.yaml" }, "position": { "line": 0, "character": 0 } });
    client.request("textDocument/hover", question).expect("it is there as long as its editor is");
    dying.kill().expect("it can be killed");
    dying.wait().expect("it has ended");
    let (code, took) = client.ended().expect("it ends by itself");
    println!("the server ended {took:?} after its editor");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(code, Some(1));
}

#[test]
fn settings_that_name_what_cannot_be_read() {
    let tenant = Tenant::new();
    std::fs::write(tenant.root().join("clearance.toml"), "policies = \"none.yaml\"\ncatalog = \"catalog.yaml\"\n").expect("written");
    std::fs::write(tenant.root().join("catalog.yaml"), "components: 7\n").expect("written");
    let mut editor = editor(&tenant.root(), &json!({}));
    let name = editor.open(&tenant.file("host.yaml"), &host("host", "10.0.0.1")).expect("open");
    editor.settled(&name).expect("settled");
    let shown = editor.client.shown.join("\n");
    assert!(shown.contains("none.yaml") && shown.contains("catalog.yaml"), "{shown}");
    assert_eq!(editor.client.shown.len(), 2, "each once: {shown}");
}

#[test]
fn a_client_that_never_reads() {
    let mut child = server().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("an input");
    let hello = frame("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"capabilities\":{}}}");
    input.write_all(&hello).expect("it reads");
    let question = frame("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"textDocument/hover\",\"params\":{}}");
    let start = Instant::now();
    // It takes in no more than it can answer, and gives up; then there is nobody to write to.
    while input.write_all(&question).is_ok() {
        assert!(start.elapsed() < Duration::from_mins(1), "it takes in questions without an end");
    }
    assert_eq!(child.wait().expect("it ends").code(), Some(2));
    let mut said = String::new();
    child.stderr.take().expect("standard error").read_to_string(&mut said).expect("text");
    assert!(said.contains("has not read"), "{said}");
}
