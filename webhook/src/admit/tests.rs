//! The corpus at this door: what the API server's JSON is told is what the core says of the text.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clearance_core::finding::LONGEST_WARNING;
use clearance_core::source::{Format, Node, Value};
use clearance_core::{Content, Fleet, Form, Language, Limits, Operation, Rulebook, Severity, source};
use serde_json::{Value as Json, json};

use super::*;
use crate::fleet_files::FleetFiles;
use crate::others::Others;

/// When the corpus plays, unless a case says otherwise.
const NOW: i64 = 1_793_491_200;

fn cases() -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let below = |directory: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).expect("it can be listed");
        entries.map(|entry| entry.expect("it is there").path()).filter(|path| path.is_dir()).collect()
    };
    below(&corpus).iter().flat_map(|group| below(group)).collect()
}

/// The text of a case, if it is a resource that the API server could send.
fn resource(text: &str) -> Option<Document<'_>> {
    let mut contents = Document::read_all(text, None, &Limits::default());
    let (Some(Content::Cluster(document)), None) = (contents.pop(), contents.pop()) else { return None };
    (document.form == Form::Resource).then_some(document)
}

fn json_of(document: &Document<'_>) -> Json {
    serde_json::to_value(&document.root).expect("it is JSON")
}

fn ask(operation: &str, object: &Json, old: &Json) -> String {
    json!({
        "apiVersion": review::API_VERSION,
        "kind": review::KIND,
        "request": {
            "uid": "1",
            "operation": operation,
            "kind": {"group": GROUP, "kind": KIND},
            "name": object["metadata"]["name"].as_str().unwrap_or_default(),
            "object": object,
            "oldObject": old,
        },
    })
    .to_string()
}

/// The response, with its patch as JSON.
fn answer(asked: &str, wanted: Wanted, basis: &Basis) -> (Json, Option<json_patch::Patch>) {
    use base64::Engine as _;
    let review = Review::read(asked.as_bytes()).expect("it is a review");
    let admission = admit(&review, wanted, basis, NOW);
    let mut envelope: Json = serde_json::from_slice(&admission.answer.to_review()).expect("it is JSON");
    let response = envelope["response"].take();
    let patch = response["patch"].as_str().map(|patch| {
        let patch = base64::engine::general_purpose::STANDARD.decode(patch).expect("it is Base64");
        serde_json::from_slice(&patch).expect("it is a patch")
    });
    (response, patch)
}

#[test]
fn the_corpus_is_told_as_the_core_says() {
    let mut told = 0;
    for case in cases() {
        let name = case.display();
        let input = ["input.yaml", "input.json", "input.txt"].iter().find_map(|file| fs::read_to_string(case.join(file)).ok());
        let old = fs::read_to_string(case.join("old.yaml")).unwrap_or_default();
        let Some(document) = input.as_deref().and_then(resource) else { continue };
        let settings = fs::read_to_string(case.join("case.yaml")).expect("every case has it");
        let settings = source::read(&settings, Format::Yaml, &Limits::default()).remove(0).root;
        let previous = resource(&old);
        let (word, operation) = match (settings.get("operation").and_then(Node::as_str), &previous) {
            (Some("delete"), _) => ("DELETE", Operation::Delete),
            (Some("update"), Some(previous)) => ("UPDATE", Operation::Update(previous)),
            (Some("update"), None) => continue,
            _ => ("CREATE", Operation::Create),
        };
        let rulebook = Rulebook::default();
        let path = case.join("fleet.yaml");
        let complete = settings.get("complete").map_or(path.exists(), |node| node.value == Value::Bool(true));
        let mut files = FleetFiles::new(if path.exists() { vec![path] } else { Vec::new() });
        files.refresh(&rulebook, NOW).expect("it can be read");
        let fleet: Fleet = files.fleet(Some(complete));
        let verdict = rulebook.judge(&document, operation, &fleet, NOW);
        let is_of_text = |finding: &Finding| finding.rule.group == "syntax" && finding.rule.name != "unreplaced-variable";
        if verdict.findings.iter().any(|finding| is_of_text(finding) || finding.place.path().is_none()) {
            // The API server has read the text already: its faults and comments do not come this far.
            continue;
        }
        told += 1;
        let basis = Basis::new(Arc::new(rulebook), Arc::default(), Arc::new(Others::of_files(fleet)));
        let object = json_of(&document);
        let asked = match word {
            "DELETE" => ask(word, &Json::Null, &object),
            "UPDATE" => ask(word, &object, &json_of(previous.as_ref().expect("an update has one"))),
            _ => ask(word, &object, &Json::Null),
        };
        let of = |severity| verdict.findings.iter().filter(move |finding| finding.severity == severity);
        let errors: Vec<String> = of(Severity::Error).map(|finding| finding.kubernetes_line(Language::English)).collect();
        let warnings: Vec<String> = of(Severity::Warning).map(|finding| finding.warning_line(Language::English, LONGEST_WARNING)).collect();
        for wanted in [Wanted::Verdict, Wanted::Filling] {
            let (response, _) = answer(&asked, wanted, &basis);
            let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
            // What is no finding is about the door itself.
            let lines: Vec<Json> =
                list(&response["warnings"]).into_iter().filter(|line| line.as_str().is_some_and(|line| line.ends_with(']'))).collect();
            assert_eq!(lines, warnings, "{name}");
            let causes = list(&response["status"]["details"]["causes"]);
            let causes: Vec<String> = causes
                .iter()
                .map(|cause| format!("{}: {}", cause["field"].as_str().unwrap_or_default(), cause["message"].as_str().unwrap_or_default()))
                .map(|line| line.trim_start_matches(": ").to_owned())
                .collect();
            assert_eq!(causes, errors, "{name}");
            assert_eq!(response["allowed"], errors.is_empty(), "{name}");
        }
        let (_, patch) = answer(&asked, Wanted::Filling, &basis);
        if let Some(patch) = patch {
            let mut filled = object;
            json_patch::patch(&mut filled, &patch).unwrap_or_else(|error| panic!("{name}: {error}"));
            let (_, again) = answer(&ask("CREATE", &filled, &Json::Null), Wanted::Filling, &basis);
            assert_eq!(again, None, "{name}: {patch}");
        }
    }
    assert!(told > 100, "{told}");
}

/// Kubernetes asks for warnings of at most 120 characters, if possible, and where all of a request's
/// together are very long it cuts each to 256. A path and a sentence that are long together need more
/// than the first, and with the corpus' names never more than the second.
#[test]
fn warnings_are_short() {
    let (mut short, mut long) = (0_usize, Vec::new());
    for case in cases() {
        let input = ["input.yaml", "input.json", "input.txt"].iter().find_map(|file| fs::read_to_string(case.join(file)).ok());
        let Some(document) = input.as_deref().and_then(resource) else { continue };
        let verdict = Rulebook::default().judge(&document, Operation::Create, &Fleet::default(), NOW);
        for finding in &verdict.findings {
            let line = finding.warning_line(Language::English, LONGEST_WARNING);
            assert!(line.ends_with(&format!(" [{}]", finding.rule.name)), "{line}");
            if line.chars().count() <= LONGEST_WARNING {
                short += 1;
            } else {
                long.push(line);
            }
        }
    }
    assert!(long.iter().all(|line| line.chars().count() <= 256), "{long:#?}");
    assert!(long.len() * 3 < short, "{short} short; {long:#?}");
}

/// Only what says plainly that it is of another kind is let through unjudged.
#[test]
fn a_kind_that_is_not_told_plainly_is_ours() {
    let kinds = [
        (r#"{"group":"apps","kind":"Deployment"}"#, true),
        (r#"{"kind":"Pod"}"#, true),
        (r#"{"group":null,"kind":"Deployment"}"#, false),
        (r#"{"group":"apps","kind":1}"#, false),
        (r#"{"group":"apps","group":"apps","kind":"Deployment"}"#, false),
        (r#"["apps","Deployment"]"#, false),
        ("null", false),
    ];
    for (kind, is_allowed) in kinds {
        let asked = ask("CREATE", &json!({"apiVersion": format!("{GROUP}/v1alpha1"), "kind": KIND}), &Json::Null)
            .replace(&json!({"group": GROUP, "kind": KIND}).to_string(), kind);
        assert!(asked.contains(kind), "{asked}");
        let others = Others::of_files(Fleet::default());
        let basis = Basis::new(Arc::default(), Arc::default(), Arc::new(others));
        let (response, _) = answer(&asked, Wanted::Verdict, &basis);
        assert_eq!(response["allowed"], is_allowed, "{kind}");
    }
}

#[test]
fn a_user_that_is_not_told_plainly_is_nobody() {
    let users = [
        (r#"{"username":"alice","groups":["platform"]}"#, "alice", vec!["platform"]),
        (r#"{"username":"alice"}"#, "alice", vec![]),
        (r#"{"groups":["platform"]}"#, "", vec!["platform"]),
        (r#"{"username":null,"groups":["platform"]}"#, "", vec![]),
        (r#"{"username":"alice","groups":null}"#, "", vec![]),
        (r#"{"username":"alice","groups":["platform",1]}"#, "", vec![]),
        (r#"{"username":"alice","username":"bob"}"#, "", vec![]),
        (r#""alice""#, "", vec![]),
    ];
    for (told, name, groups) in users {
        let asked = ask("CREATE", &json!({}), &Json::Null).replace(r#""uid":"1""#, &format!(r#""uid":"1","userInfo":{told}"#));
        let review = Review::read(asked.as_bytes()).expect("it is a review");
        assert_eq!(review.user_as_told(), Some(told));
        assert_eq!((review.user().name, review.user().groups), (name, groups), "{told}");
    }
}
