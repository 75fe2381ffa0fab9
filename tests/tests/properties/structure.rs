//! The table that the core walks says what `jsonschema` says of the schema that it was made from.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use clearance_core::finding::{Path, Segment};
use clearance_core::model::{Cluster, schema};
use clearance_core::source::Format;
use clearance_core::{Document, Form};
use clearance_tests::generate;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use proptest::prelude::*;
use serde_json::Value;

use super::support::{cases, judge, read_as};

static ORACLE: LazyLock<Validator> = LazyLock::new(|| jsonschema::draft7::new(&schema::of::<Cluster<'static>>()).expect("a schema"));

/// A fault and where: what is unknown, missing, or wrong.
type Fault = (&'static str, String);

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn table_and_jsonschema_agree(plan in generate::tidy_plans()) {
        let generated = plan.write();
        let written = read_as(&generated.text, plan.format, plan.form, &generated.name);
        let mut object = serde_json::to_value(written.to_resource()).expect("JSON");
        clearance_tests::strip_nulls(&mut object);
        let text = object.to_string();
        let document = read_as(&text, Format::Json, Form::Resource, &generated.name);
        prop_assert_eq!(by_table(&document), by_oracle(&object, &document), "{}", text);
    }
}

fn by_table(document: &Document<'_>) -> BTreeSet<Fault> {
    let mut faults = BTreeSet::new();
    for finding in judge(document).findings {
        let Some(path) = finding.place.path() else { continue };
        match finding.rule.name {
            // An old addition is a key like any other to the schema.
            "deprecated-field" if path.segments().len() > 2 => {}
            "unknown-field" | "deprecated-field" => {
                let mut parent = path.clone();
                parent.pop();
                let key = finding.arg("field").unwrap_or_default().to_owned();
                faults.insert(("unknown", parent.key(key).to_pointer()));
            }
            // That a resource has a name, and a cluster with an IPv6 address a domain, is beyond the schema.
            "missing-field" if !["metadata.name", "spec.primaryDomain"].contains(&path.to_string().as_str()) => {
                faults.insert(("missing", path.to_pointer()));
            }
            "wrong-type" | "unsupported-value" => {
                faults.insert(("wrong", path.to_pointer()));
            }
            // What else is said of a variable's place is not told.
            "unreplaced-variable" => {
                faults.insert(("variable", path.to_pointer()));
            }
            _ => {}
        }
    }
    let variables: BTreeSet<String> = take_variables(&mut faults);
    faults.retain(|(_, pointer)| !variables.contains(pointer));
    faults
}

fn take_variables(faults: &mut BTreeSet<Fault>) -> BTreeSet<String> {
    let variables = faults.iter().filter(|(kind, _)| *kind == "variable").map(|(_, pointer)| pointer.clone()).collect();
    faults.retain(|(kind, _)| *kind != "variable");
    variables
}

fn by_oracle(object: &Value, document: &Document<'_>) -> BTreeSet<Fault> {
    let mut faults: BTreeSet<Fault> = ORACLE.iter_errors(object).flat_map(|error| of(&error)).collect();
    // A field under the other form's name is told as unknown, and not as missing too.
    faults.retain(|(kind, pointer)| *kind != "missing" || !has_twin(object, pointer));
    let variables: BTreeSet<String> = judge(document)
        .findings
        .iter()
        .filter(|finding| finding.rule.name == "unreplaced-variable")
        .filter_map(|finding| finding.place.path().map(Path::to_pointer))
        .collect();
    faults.retain(|(_, pointer)| !variables.contains(pointer));
    faults
}

fn of(error: &ValidationError<'_>) -> Vec<Fault> {
    let at = error.instance_path().to_string();
    let below = |key: &str| {
        let path: Path = [Segment::Key(key.to_owned().into())].into_iter().collect();
        format!("{at}{}", path.to_pointer())
    };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected.iter().map(|key| ("unknown", below(key))).collect(),
        ValidationErrorKind::Required { property } => vec![("missing", below(property.as_str().unwrap_or_default()))],
        _ => vec![("wrong", at)],
    }
}

fn has_twin(object: &Value, pointer: &str) -> bool {
    let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
    let snake: String =
        key.chars().flat_map(|c| if c.is_ascii_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] }).collect();
    snake != key && object.pointer(&format!("{parent}/{snake}")).is_some_and(|twin| !twin.is_null())
}
