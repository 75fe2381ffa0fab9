//! What was promised of the JSON output.

use clearance_core::source::LineIndex;
use clearance_core::{Content, Document, Fleet, Limits, Operation, Rulebook};
use serde_json::Value;

use crate::{Filled, Json, NoShelf, Output, Summary, Teller, schema, verdict_schema};

/// Writes the file with `UPDATE=1`, and compares it otherwise.
fn committed(path: &str, schema: &Value) {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{path} is out of date: run this test with UPDATE=1");
}

#[test]
fn the_schema_is_committed() {
    committed("schema/verdict-v1.json", &verdict_schema());
}

/// The JSON output for a text.
fn told(text: &str, filled: bool) -> Value {
    let rulebook = Rulebook::default();
    let mut bytes = Vec::new();
    let mut output = Json::new(&mut bytes, rulebook.core(), filled);
    let lines = LineIndex::new(text);
    for content in Document::read_all(text, Some("input.txt"), &Limits::default()) {
        let (Content::Cluster(document) | Content::Other(document)) = content;
        let verdict = rulebook.judge(&document, Operation::Create, &Fleet::default(), 1_793_491_200);
        let teller = Teller::new(&document, &lines, "input.txt", Some(1), clearance_core::Language::English, &NoShelf);
        for finding in &verdict.findings {
            output.finding(&teller.tell(finding, false)).unwrap();
        }
        if filled {
            let resource = document.to_resource().value;
            output.filled(Filled { file: "input.txt".to_owned(), document: None, resource }).unwrap();
        }
    }
    output.finish(&Summary::default()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// The inputs of the corpus.
fn corpus() -> Vec<(String, String)> {
    let corpus = format!("{}/../../tests/corpus", env!("CARGO_MANIFEST_DIR"));
    let directories = |path: &std::path::Path| -> Vec<std::path::PathBuf> {
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
    };
    let mut inputs = Vec::new();
    for case in directories(corpus.as_ref()).iter().flat_map(|group| directories(group)) {
        for name in ["input.json", "input.yaml", "input.txt"] {
            if let Ok(text) = std::fs::read_to_string(case.join(name)) {
                inputs.push((case.join(name).display().to_string(), text));
            }
        }
    }
    assert!(inputs.len() > 100, "{}", inputs.len());
    inputs
}

#[test]
fn the_output_fits_its_schema() {
    let validator = jsonschema::validator_for(&verdict_schema()).unwrap();
    for (name, text) in corpus() {
        let output = told(&text, true);
        let errors: Vec<String> = validator.iter_errors(&output).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
    }
}

/// An editor that knows the schema refuses nothing that the core accepts, and sees what can be seen
/// of a field alone.
#[test]
fn the_schemas_agree_with_the_core() {
    for (name, text) in corpus() {
        for content in Document::read_all(&text, Some(&name), &Limits::default()) {
            let Content::Cluster(document) = content else { continue };
            let verdict = Rulebook::default().judge(&document, Operation::Create, &Fleet::default(), 0);
            let has = |rules: &[&str]| verdict.findings.iter().any(|finding| rules.contains(&finding.rule.name));
            if verdict.findings.iter().any(|finding| finding.rule.group == "syntax") {
                continue;
            }
            let value = serde_json::to_value(&document.root).unwrap();
            let validator = jsonschema::validator_for(&schema(document.form)).unwrap();
            let refused: Vec<String> = validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
            if has(&["unknown-field", "wrong-type", "unsupported-value"]) {
                assert_ne!(refused, Vec::<String>::new(), "{name}");
            }
            if !has(&["unknown-field", "wrong-type", "unsupported-value", "missing-field", "wrong-kind", "deprecated-field"]) {
                assert_eq!(refused, Vec::<String>::new(), "{name}");
            }
        }
    }
}

#[test]
fn a_clean_run() {
    let mut bytes = Vec::new();
    let mut output = Json::new(&mut bytes, Rulebook::default().core(), false);
    output.finish(&Summary { files: 1, documents: 1, ..Summary::default() }).unwrap();
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(value["findings"], serde_json::json!([]));
    assert_eq!(value["summary"]["documents"], 1);
    assert_eq!(value.get("filled"), None);
}
