//! What must hold of any bytes at all. The fuzz targets call it on nightly, `tests/tests/fuzz_seeds.rs` on stable.
//!
//! A function panics where something does not hold.

mod compare;

use clearance_core::changes::{apply as apply_to_tree, json_patch};
use clearance_core::finding::Finding;
use clearance_core::source::{self, FaultKind, Format, Node, TextRange};
use clearance_core::{Content, Document, Fleet, Form, Language, Limits, Operation, Rulebook};

/// What takes some bytes and must not panic.
pub type Target = fn(&[u8]);

/// The functions by the names of the fuzz targets.
pub const ALL: [(&str, Target); 5] = [("json", json), ("yaml", yaml), ("forms", forms), ("review", review), ("edit_reparse", edit_reparse)];

/// 2026-11-01.
const NOW: i64 = 1_793_491_200;

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// JSON is read with ranges that fit, and as `serde_json` reads it.
pub fn json(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for parsed in source::read(text, Format::Json, &Limits::default()) {
        ranges(text, &parsed.root, &parsed.faults);
        compare::with_serde_json(text, &parsed);
    }
}

/// YAML is read with ranges that fit.
pub fn yaml(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut end = 0;
    for parsed in source::read(text, Format::Yaml, &Limits::default()) {
        ranges(text, &parsed.root, &parsed.faults);
        assert!(parsed.range.start >= end, "documents overlap: {:?} begins before {end}", parsed.range);
        end = parsed.range.end;
    }
}

/// Everything that can be asked of whatever a text holds is asked.
pub fn forms(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let rulebook = Rulebook::default();
    for file in ["a.json", "a.yaml"] {
        let contents = Document::read_all(text, Some(file), &Limits::default());
        let documents = contents.iter().map(|content| match content {
            Content::Cluster(document) | Content::Other(document) => document,
        });
        let documents: Vec<&Document<'_>> = documents.take(4).collect();
        let first = documents.first().copied();
        for document in documents {
            for operation in [Some(Operation::Create), first.map(Operation::Update), Some(Operation::Delete)].into_iter().flatten() {
                let verdict = rulebook.judge(document, operation, &Fleet::default(), NOW);
                assert!(verdict.findings.len() <= rulebook.settings().limit);
                verdict.findings.iter().for_each(|finding| told(document, finding));
            }
            for &form in Form::ALL {
                let other = clearance_core::form::from_resource(form, &document.to_resource(), None, None);
                let _ = clearance_core::form::to_resource(form, &other, None);
            }
        }
    }
    let _ = clearance_core::catalog::read(text, None);
}

/// An admission review's objects, judged as the webhook does it, with the answer's parts made.
pub fn review(data: &[u8]) {
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(data) else { return };
    let object = |key: &str| body.pointer(&format!("/request/{key}")).filter(|object| !object.is_null()).map(ToString::to_string);
    let (Some(new), old) = (object("object"), object("oldObject")) else { return };
    let read = |text| Document::read_as(text, Format::Json, Form::Resource, &Limits::default());
    let document = read(&new);
    let old = old.as_deref().map(read);
    let operation = old.as_ref().map_or(Operation::Create, Operation::Update);
    let verdict = Rulebook::default().judge(&document, operation, &Fleet::default(), NOW);
    verdict.findings.iter().for_each(|finding| told(&document, finding));
    let mut tree = document.to_resource();
    let patch = json_patch(&tree, &verdict.fill);
    apply_to_tree(&mut tree, &verdict.fill);
    assert!(patch.len() <= verdict.fill.len());
    assert!(serde_json::to_value(&tree).is_ok());
}

/// What is offered can be applied, and a text that could be read can still be read after it.
pub fn edit_reparse(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let rulebook = Rulebook::default();
    let judge = |document: &Document<'_>| rulebook.judge(document, Operation::Create, &Fleet::default(), NOW);
    for format in [Format::Json, Format::Yaml] {
        let file = if format == Format::Json { "a.json" } else { "a.yaml" };
        let sound = is_sound(text, format);
        for content in Document::read_all(text, Some(file), &Limits::default()).iter().take(2) {
            let (Content::Cluster(document) | Content::Other(document)) = content;
            let verdict = judge(document);
            let offers = verdict.findings.iter().flat_map(|finding| &finding.fixes).map(|fix| &fix.changes).take(20);
            for changes in offers.chain([&verdict.fill]) {
                let Some(edits) = document.edits(changes) else { continue };
                let Some(edited) = source::apply(text, &edits) else { panic!("edits that do not fit: {edits:?} for {changes:?}") };
                assert!(!sound || is_sound(&edited, format), "{changes:?} breaks the text:\n{edited}");
            }
        }
    }
}

/// Whether a text can be read whole.
fn is_sound(text: &str, format: Format) -> bool {
    let broken = |kind: &FaultKind| !matches!(kind, FaultKind::CommentInJson | FaultKind::TrailingComma | FaultKind::AmbiguousScalar(_));
    source::read(text, format, &Limits::default()).iter().all(|parsed| !parsed.faults.iter().any(|fault| broken(&fault.kind)))
}

/// A finding in all the ways in which doors tell it.
fn told(document: &Document<'_>, finding: &Finding) {
    inside(document.text, document.range_of(&finding.place));
    for language in [Language::English, Language::Chinese] {
        assert!(!finding.message(language).contains('\n'));
        let _ = (finding.help(language), finding.kubernetes_line(language));
    }
    for range in document.secrets() {
        inside(document.text, range);
    }
    for fix in &finding.fixes {
        let _ = document.edits(&fix.changes);
    }
}

fn inside(text: &str, range: TextRange) {
    assert!(text.get(range.as_range()).is_some(), "{range:?} is no part of a text of {} bytes", text.len());
}

fn ranges(text: &str, root: &Node<'_>, faults: &[source::Fault]) {
    node(text, root);
    for fault in faults {
        inside(text, fault.range);
        assert!(source::apply(text, &fault.edits).is_some(), "{fault:?}");
    }
}

fn node(text: &str, root: &Node<'_>) {
    inside(text, root.range);
    root.items().iter().for_each(|item| node(text, item));
    for entry in root.entries() {
        inside(text, entry.key_range);
        node(text, &entry.value);
    }
}
