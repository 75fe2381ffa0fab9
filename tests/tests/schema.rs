//! The published schemas, as other programs read them: a JSON Schema validator, and the language server that most
//! editors have for YAML.

#[path = "schema/language_server.rs"]
mod language_server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clearance_core::source::Format;
use clearance_core::{Content, Document, Form, Limits};
use clearance_render::{crd_schema, modeline, schema, schema_address, schema_file};
use clearance_tests::{Case, case};
use jsonschema::Validator;
use serde_json::{Value, json};

use language_server::LanguageServer;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/render/schema");

fn validator(schema: &Value) -> Validator {
    jsonschema::validator_for(schema).expect("a schema")
}

/// Every field has a description, and an example that the schema takes; what a kubeconfig holds, and what only
/// Kubernetes and operators write, has none.
#[test]
fn every_field_is_described_and_shown() {
    fn look(schema: &Value, path: &str, seen: &mut usize) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            assert!(field["description"].as_str().is_some_and(|text| text.ends_with('.')), "{path} has no description");
            let is_whole = ["apiVersion", "kind", "metadata", "spec", "status", "kubeconfig"].contains(&name.as_str());
            if !is_whole && (!path.starts_with(".metadata.") || name == "name") {
                let additions = path.ends_with(".additions");
                let examples = field["examples"].as_array().map(Vec::as_slice).unwrap_or_default();
                assert!(additions || !examples.is_empty(), "{path} has no example");
                for example in examples.iter().chain(field.get("default")) {
                    let errors: Vec<String> = validator(field).iter_errors(example).map(|error| error.to_string()).collect();
                    assert!(errors.is_empty(), "{path}: {example}: {errors:?}");
                    *seen += 1;
                }
            }
            look(field, &path, seen);
        }
    }
    for &form in Form::ALL {
        let schema = schema(form);
        assert_eq!(schema["$id"], schema_address(form));
        let mut seen = 0;
        look(&schema, "", &mut seen);
        assert!(seen > 70, "{} has only {seen} examples", form.name());
    }
}

/// A document of the corpus that a schema can be asked about.
struct Sample {
    case: String,
    text: String,
    form: Form,
    value: Value,
}

/// Faults of the text are nothing for a schema, and neither is what YAML 1.1 and 1.2 read differently.
const OF_TEXT: &[&str] = &["syntax", "too-deep"];

fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for case in case::all().expect("the corpus can be read") {
        samples.extend(sample(&case));
    }
    assert!(samples.len() > 300, "only {} documents", samples.len());
    samples
}

fn sample(case: &Case) -> Option<Sample> {
    let text = String::from_utf8(case.input.clone()).ok()?;
    let expected = case.expected.as_ref()?;
    let is_of_text = |rule: &str| clearance_core::rules::all().any(|known| known.name == rule && OF_TEXT.contains(&known.group));
    if expected.findings.iter().any(|finding| is_of_text(&finding.rule)) {
        return None;
    }
    let documents = Document::read_all(&text, Some(&case.file), &Limits::default());
    let [Content::Cluster(document)] = documents.as_slice() else { return None };
    let value = serde_json::to_value(&document.root).ok()?;
    Some(Sample { case: case.name.clone(), form: document.form, value, text: text.clone() })
}

/// What the schema refuses is what the rules on structure refuse, and what catalogues of custom resources get
/// differs from it only in Kubernetes' own part.
#[test]
fn the_corpus_by_a_validator() {
    let validators: BTreeMap<&str, Validator> = Form::ALL.iter().map(|form| (form.name(), validator(&schema(*form)))).collect();
    let in_catalogue = validator(&crd_schema());
    let mut refused = 0;
    for sample in samples() {
        let is_valid = validators[sample.form.name()].is_valid(&sample.value);
        refused += usize::from(!is_valid);
        if sample.form == Form::Resource {
            let mut plain = sample.value.clone();
            plain["metadata"] = json!({"name": "x"});
            assert_eq!(in_catalogue.is_valid(&plain), validators["resource"].is_valid(&plain), "{}", sample.case);
        }
    }
    assert!(refused > 20, "only {refused} are refused");
}

/// The committed entry for `SchemaStore` names clusters' files, and not the list beside them.
#[test]
fn entries_for_catalogues() {
    let read = |path: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(Path::new(DIRECTORY).join(path)).expect("it is there")).expect("JSON")
    };
    let entries = read("schemastore.json");
    let entry = &entries[0];
    assert!(entry["url"].as_str().is_some_and(|url| url.starts_with("https://") && url.ends_with("/resource-v1.json")), "{entry}");
    assert_eq!(read("crds-catalog/nautes.resource.nautes.io/cluster_v1alpha1.json"), crd_schema());
    for &form in Form::ALL {
        assert_eq!(read(&schema_file(form)), schema(form));
    }
}

/// The real language server, by the comment that `clearance example` writes: on every YAML document of the corpus
/// it complains where the schema does, and nowhere else.
#[test]
fn the_corpus_by_the_language_server() {
    let directory = tempfile::tempdir().expect("a directory");
    for &form in Form::ALL {
        let text = schema(form).to_string();
        std::fs::write(directory.path().join(schema_file(form)), text).expect("a file");
    }
    let base = format!("file://{}", directory.path().display());
    let mut server = LanguageServer::start(&json!({"validate": true, "schemaStore": {"enable": false}})).expect("the language server");
    let mut asked = Vec::new();
    for (index, sample) in samples().into_iter().enumerate() {
        let is_yaml = Format::of(None, &sample.text) == Format::Yaml;
        if !is_yaml || sample.text.starts_with('\u{feff}') || sample.text.starts_with('%') {
            continue;
        }
        // As an example has it, but with the schema of this checkout.
        let line = modeline(sample.form).replace(&schema_address(sample.form), &format!("{base}/{}", schema_file(sample.form)));
        let file = format!("{base}/{index}.yaml");
        server.open(&file, &format!("{line}{}", sample.text)).expect("it takes a document");
        asked.push((file, sample));
    }
    assert!(asked.len() > 150, "only {} documents", asked.len());
    let told = server.told(asked.len()).expect("it answers");
    let (mut wrong, mut complaints) = (Vec::new(), 0);
    for (file, sample) in &asked {
        let of_schema: Vec<&str> = told[file]
            .iter()
            .filter(|told| told["source"].as_str().is_some_and(|source| source.starts_with("yaml-schema")))
            .filter_map(|told| told["message"].as_str())
            .collect();
        complaints += usize::from(!of_schema.is_empty());
        let is_valid = validator(&schema(sample.form)).is_valid(&sample.value);
        if is_valid != of_schema.is_empty() {
            wrong.push(format!("{}: valid: {is_valid}, told: {of_schema:?}", sample.case));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(complaints > 10, "it complains of only {complaints}");
}

/// By `SchemaStore`'s entry alone it knows a cluster in a tenant repository, and leaves the list beside it alone.
#[test]
fn files_are_known_by_their_place() {
    let directory = tempfile::tempdir().expect("a directory");
    let schema_path = directory.path().join("resource.json");
    std::fs::write(&schema_path, schema(Form::Resource).to_string()).expect("a file");
    let entries = std::fs::read_to_string(Path::new(DIRECTORY).join("schemastore.json")).expect("it is there");
    let entries: Value = serde_json::from_str(&entries).expect("JSON");
    let address = format!("file://{}", schema_path.display());
    let settings = json!({"validate": true, "schemaStore": {"enable": false}, "schemas": {address: entries[0]["fileMatch"]}});
    let mut server = LanguageServer::start(&settings).expect("the language server");
    let at = |file: &str| format!("file://{}", PathBuf::from("/tenant/nautes/overlays/production/clusters").join(file).display());
    server.open(&at("shop.yaml"), "apiVersion: nautes.resource.nautes.io/v1alpha1\nkind: Cluster\nspec: {odd: 1}\n").expect("taken");
    server.open(&at("kustomization.yaml"), "resources: [shop.yaml]\n").expect("taken");
    let told = server.told(2).expect("it answers");
    assert!(!told[&at("shop.yaml")].is_empty());
    assert!(told[&at("kustomization.yaml")].is_empty(), "{told:?}");
    // It shows what a field is, too.
    let hover = server.hover(&at("shop.yaml"), 1, 1).expect("it answers");
    assert!(hover.to_string().contains("The kind of resource"), "{hover}");
}
