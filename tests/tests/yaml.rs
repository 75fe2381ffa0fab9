//! YAML means what Kubernetes takes it for: our reader beside the one that the API server and `kubectl` have.

#[path = "../../crates/core/src/source/yaml/tests/texts.rs"]
mod texts;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clearance_core::Limits;
use clearance_core::source::{FaultKind, Format, Node, Parsed, SyntaxFault, read};
use clearance_tests::kubernetes_yaml::{self, Answer};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// How many generated texts are read, unless `CLEARANCE_CASES` says it.
const CASES: usize = 30_000;

/// Both refuse a text, or both take it for the same.
fn assert_same(text: &str, theirs: &Answer) {
    let ours = read(text, Format::Yaml, &Limits::default());
    let told: Vec<&FaultKind> = ours.iter().flat_map(faults).collect();
    let shown = || format!("{text:?}\nours: {told:?}\ntheirs: {theirs:?}");
    // Nothing at all is no cluster: what they do with it does not matter.
    if told == [&FaultKind::Syntax(SyntaxFault::Empty)] {
        return;
    }
    match theirs {
        Answer { error: Some(_), .. } => assert!(!told.is_empty(), "taken, and Kubernetes refuses it: {}", shown()),
        // Of several documents it is not asked for JSON, which keys and numbers may not fit into.
        Answer { value: None, .. } => {
            let refused = told.iter().any(|kind| matches!(kind, FaultKind::Syntax(SyntaxFault::Yaml(_))));
            assert!(!refused, "refused, and Kubernetes takes it: {}", shown());
        }
        Answer { value: Some(value), .. } => {
            // What a later entry of the same key replaces is not made JSON there.
            if told.iter().all(|kind| **kind == FaultKind::Syntax(SyntaxFault::NoJsonNumber))
                && ours.iter().any(|document| repeats(&document.root))
            {
                return;
            }
            assert!(told.is_empty(), "refused, and Kubernetes takes it: {}", shown());
            let [document] = ours.as_slice() else { panic!("several documents, and for Kubernetes it is one: {}", shown()) };
            assert_eq!(serde_json::to_value(&document.root.value).expect("JSON"), *value, "it means something else: {}", shown());
        }
    }
}

/// Whether a key is there twice.
fn repeats(node: &Node<'_>) -> bool {
    let mut seen = BTreeSet::new();
    node.entries().iter().any(|entry| !seen.insert(&entry.key) || repeats(&entry.value)) || node.items().iter().any(repeats)
}

/// What makes a document refused; that YAML 1.2 reads a scalar differently does not.
fn faults<'p>(document: &'p Parsed<'_>) -> impl Iterator<Item = &'p FaultKind> {
    document.faults.iter().map(|fault| &fault.kind).filter(|kind| !matches!(kind, FaultKind::AmbiguousScalar(_)))
}

fn assert_all_same(mut texts: Vec<String>) {
    // A second byte order mark at the start is passed over, because it stands at the start of a buffer; what is nested
    // too deeply for us is too deep for the JSON of the answers.
    let too_deep =
        |text: &str| read(text, Format::Yaml, &Limits::default()).iter().flat_map(faults).any(|kind| *kind == FaultKind::TooDeep);
    texts.retain(|text| !text.starts_with("\u{feff}\u{feff}") && !too_deep(text));
    let theirs = kubernetes_yaml::read(&texts).expect("Kubernetes' reader");
    assert_eq!(texts.len(), theirs.len());
    for (text, theirs) in texts.iter().zip(&theirs) {
        assert_same(text, theirs);
    }
}

#[test]
fn the_corpus() {
    let mut texts = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"), &mut texts);
    assert!(texts.len() > 150, "{} texts", texts.len());
    assert_all_same(texts);
}

fn collect(directory: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "yaml")
            && let Ok(text) = fs::read_to_string(&path)
            && !text.contains('\0')
        {
            texts.push(text);
        }
    }
}

#[test]
fn generated_texts() {
    let mut runner = TestRunner::deterministic();
    let texts = prop_oneof![texts::mutated(), texts::pieces(), texts::lines()];
    let mut text = || texts.new_tree(&mut runner).expect("a text").current();
    let cases = std::env::var("CLEARANCE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let texts: Vec<String> = (0..cases).map(|_| text()).collect();
    assert_all_same(texts);
}
