//! Every case through every door: equal findings, or the test fails.

use std::fmt::Write;
use std::iter;

use clearance_core::Language::Chinese;
use clearance_core::finding::Fix;
use clearance_tests::case::{self, Expected};
use clearance_tests::door::{ApiServer, Binary, Core, Lsp, Registrar, Wasm, Webhook};
use clearance_tests::{Case, Door};

/// Takes the whole corpus through a door.
fn agrees(door: &dyn Door, least: usize) {
    takes(door, case::all().expect("the corpus can be read"), least);
}

/// Takes the cases with policies through a door.
fn agrees_on_policies(door: &dyn Door) {
    takes(door, case::with_policies().expect("the cases can be read"), 9);
}

fn takes(door: &dyn Door, cases: Vec<Case>, least: usize) {
    let (mut wrong, mut taken, mut unseen) = (String::new(), 0, 0);
    for case in cases {
        let expected = case.expected.clone().expect("the corpus is blessed");
        match door.take(&case) {
            Ok(None) => unseen += 1,
            Ok(Some(found)) => {
                taken += 1;
                let seen = door.sees(&case, &expected);
                compare(&case, &seen, found, &mut wrong);
            }
            Err(error) => writeln!(wrong, "{}: {error:#}", case.name).expect("a string"),
        }
    }
    println!("{}: {taken} cases agree or not, {unseen} are not seen at this door", door.name());
    assert!(wrong.is_empty(), "the door {} disagrees:\n{wrong}", door.name());
    assert!(taken > least, "only {taken} cases were taken through the door {}", door.name());
}

fn compare(case: &Case, seen: &Expected, mut found: Expected, wrong: &mut String) {
    for (finding, seen) in found.findings.iter_mut().zip(&seen.findings) {
        // A credential stands in no snapshot; that the place is the same is shown by the path.
        if seen.underlined.as_deref() == Some("…") {
            finding.underlined = Some("…".to_owned());
        }
        // The form's words, where a door has none.
        if seen.message.is_empty() {
            finding.message.clear();
        }
        // Kubernetes puts its own opening and the value before the sentence; other doors have no more than the sentence.
        if finding.message.ends_with(&seen.message) {
            finding.message.clone_from(&seen.message);
        }
    }
    // A door that prints hides passwords.
    let mut seen = seen.clone();
    for filled in found.filled.iter_mut().chain(&mut seen.filled) {
        hide_password(filled);
    }
    if found != seen {
        let pretty = |expected: &Expected| serde_json::to_string_pretty(expected).expect("JSON");
        writeln!(wrong, "== {}\nexpected {}\nfound {}", case.name, pretty(&seen), pretty(&found)).expect("a string");
    }
}

fn hide_password(resource: &mut serde_json::Value) {
    let Some(address) = resource["spec"]["apiServer"].as_str() else { return };
    if let Some((scheme, rest)) = address.split_once("://")
        && let Some((_, host)) = rest.rsplit_once('@')
    {
        resource["spec"]["apiServer"] = format!("{scheme}://…@{host}").into();
    }
}

#[test]
fn binary() {
    agrees(&Binary::new().expect("the binary is built"), 300);
}

#[test]
fn lsp() {
    agrees(&Lsp::new().expect("a language server can be started"), 300);
}

#[test]
fn webhook() {
    agrees(&Webhook::new().expect("a server can be started"), 300);
}

#[test]
fn api_server() {
    agrees(&ApiServer::new().expect("an API server can be started"), 300);
}

/// It takes requests and property files, each alone.
#[test]
fn registrar() {
    agrees(&Registrar::new().expect("a server can be started"), 200);
}

#[test]
fn wasm_in_node() {
    agrees(&Wasm::in_node().expect("the npm package is built"), 300);
}

#[test]
fn wasm_in_chromium() {
    agrees(&Wasm::in_chromium().expect("the npm package is built"), 300);
}

/// The package's sentences in Chinese lie apart from its module: none is missing there.
#[test]
fn wasm_in_chinese() {
    let (core, wasm) = (Core::default(), Wasm::in_node().expect("the npm package is built"));
    let mut sentences = 0;
    for case in case::all().expect("the corpus can be read") {
        let mut expected = Vec::new();
        let judged = core.judge(&case, |document, verdict| {
            // Of changes only those are told that the text has a place for.
            let has_place = |fix: &&Fix| document.edits(&fix.changes).is_some_and(|edits| !edits.is_empty());
            expected.extend(verdict.findings.iter().map(|finding| {
                let titles = finding.fixes.iter().filter(has_place).map(|fix| fix.title(Chinese));
                iter::once(finding.message(Chinese)).chain(finding.help(Chinese)).chain(titles).collect::<Vec<_>>()
            }));
            Ok(())
        });
        judged.expect("the core judges every case");
        sentences += expected.iter().map(Vec::len).sum::<usize>();
        assert_eq!(wasm.in_chinese(&case).expect("the package judges every case"), expected, "{}", case.name);
    }
    assert!(sentences > 1_000, "only {sentences} sentences were compared");
}

#[test]
fn binary_with_policies() {
    agrees_on_policies(&Binary::new().expect("the binary is built"));
}

#[test]
fn registrar_with_policies() {
    agrees_on_policies(&Registrar::new().expect("a server can be started"));
}

#[test]
fn lsp_with_policies() {
    agrees_on_policies(&Lsp::new().expect("a language server can be started"));
}

#[test]
fn webhook_with_policies() {
    agrees_on_policies(&Webhook::new().expect("a server can be started"));
}

#[test]
fn api_server_with_policies() {
    agrees_on_policies(&ApiServer::new().expect("an API server can be started"));
}

#[test]
fn wasm_in_node_with_policies() {
    agrees_on_policies(&Wasm::in_node().expect("the npm package is built"));
}

#[test]
fn wasm_in_chromium_with_policies() {
    agrees_on_policies(&Wasm::in_chromium().expect("the npm package is built"));
}
