//! Filling in is one thing, however it is done.

use clearance_core::changes::{self, Patch};
use clearance_core::source;
use clearance_core::{Document, Verdict};
use clearance_tests::generate;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{cases, has_alias, has_copies, judge, read_as};

/// The resource with everything filled in, by changing the tree.
fn filled(document: &Document<'_>, verdict: &Verdict) -> Value {
    let mut resource = document.to_resource();
    changes::apply(&mut resource, &verdict.fill);
    serde_json::to_value(&resource).expect("JSON")
}

proptest! {
    #![proptest_config(cases())]

    /// Filled in twice is filled in once, and the text says what the tree says.
    #[test]
    fn by_text(plan in generate::tidy_plans()) {
        let generated = plan.write();
        let document = read_as(&generated.text, plan.format, plan.form, &generated.name);
        let verdict = judge(&document);
        // Below a field under the other form's name nothing is filled in until it has its right name.
        let misnamed = verdict.findings.iter().any(|finding| finding.rule.name == "unknown-field");
        if verdict.fill.is_empty() || misnamed {
            return Ok(());
        }
        let Some(edits) = document.edits(&verdict.fill) else {
            prop_assert!(has_alias(&document.root) || !document.is_readable(), "cannot be filled in: {:?}\n{}", verdict.fill, document.text);
            return Ok(());
        };
        let text = source::apply(document.text, &edits).expect("edits that fit");
        let again = read_as(&text, plan.format, plan.form, &generated.name);
        let second = judge(&again);
        prop_assert!(second.fill.is_empty(), "{:?}\nis left after\n{:?}\n{}\n---\n{}", second.fill, verdict.fill, document.text, text);
        if !has_copies(&document.root) {
            let found = serde_json::to_value(again.to_resource()).expect("JSON");
            prop_assert_eq!(filled(&document, &verdict), found, "{:?}\n{}\n---\n{}", verdict.fill, document.text, text);
        }
    }

    /// The webhook's JSON Patch makes the same of the object.
    #[test]
    fn by_patch(plan in generate::tidy_plans()) {
        let generated = plan.write();
        let document = read_as(&generated.text, plan.format, plan.form, &generated.name);
        let verdict = judge(&document);
        let resource = document.to_resource();
        let mut object = serde_json::to_value(&resource).expect("JSON");
        let operations: Vec<Value> = changes::json_patch(&resource, &verdict.fill)
            .into_iter()
            .map(|patch| match patch {
                Patch::Add { pointer, value } => json!({ "op": "add", "path": pointer, "value": value }),
                Patch::Remove { pointer } => json!({ "op": "remove", "path": pointer }),
            })
            .collect();
        let patch: json_patch::Patch = serde_json::from_value(Value::Array(operations.clone())).expect("a patch");
        let done = json_patch::patch(&mut object, &patch);
        prop_assert!(done.is_ok(), "{done:?}: {operations:?}\n{}", document.text);
        prop_assert_eq!(filled(&document, &verdict), object, "{:?}\n{}", operations, document.text);
    }

    /// What a person wrote stays: filling in only adds, and only takes `null`s away.
    #[test]
    fn nothing_is_lost(plan in generate::tidy_plans()) {
        let generated = plan.write();
        let document = read_as(&generated.text, plan.format, plan.form, &generated.name);
        let verdict = judge(&document);
        let before = serde_json::to_value(document.to_resource()).expect("JSON");
        let after = filled(&document, &verdict);
        prop_assert!(is_kept(&before, &after), "{before}\n{after}");
    }
}

fn is_kept(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            before.iter().all(|(key, value)| value.is_null() || after.get(key).is_some_and(|now| is_kept(value, now)))
        }
        // An empty text says nothing, and may be filled in.
        (before, after) => before == after || before == "",
    }
}
