//! What an API server does with the CRD's schema, as far as the floor goes.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use clearance_core::finding::Path;
use clearance_tests::controlplane::shipped;
use jsonschema::Validator;
use kube_cel::KubeCelExt;
use kube_cel::cel::objects::OptionalValue;
use kube_cel::cel::{Context, Program, Value as Cel, to_value};
use serde_json::Value;

/// The CRD in the chart.
pub(crate) static CRD: LazyLock<Value> = LazyLock::new(|| shipped().expect("the CRD is in the chart"));

/// Its schema of a Cluster.
pub(crate) static SCHEMA: LazyLock<Value> = LazyLock::new(|| CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone());

static STRUCTURE: LazyLock<Validator> = LazyLock::new(|| jsonschema::draft7::new(&SCHEMA).expect("a schema"));

/// What CEL refuses: rule and path, with the sentences.
pub(crate) type Refusals = BTreeMap<(String, String), Vec<String>>;

/// Whether types, words and required fields are right; only then an API server evaluates all expressions.
pub(crate) fn has_structure(object: &Value) -> bool {
    STRUCTURE.is_valid(object)
}

/// What the expressions refuse of an object, or of its update.
pub(crate) fn refusals(object: &Value, old: Option<&Value>) -> Refusals {
    let mut refused = Refusals::new();
    walk(&SCHEMA, object, old, &Path::root(), &mut refused);
    refused
}

fn walk(schema: &Value, value: &Value, old: Option<&Value>, path: &Path, refused: &mut Refusals) {
    // What did not change is not validated again (KEP-4008).
    if old == Some(value) {
        return;
    }
    for validation in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        if let Some((rule, sentence)) = refusal(validation, value, old) {
            let field = validation["fieldPath"].as_str().unwrap_or_default();
            let path = field.split('.').filter(|key| !key.is_empty()).fold(path.clone(), |path, key| path.key(key.to_owned()));
            refused.entry((rule, path.to_string())).or_default().push(sentence);
        }
    }
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let declared = schema["properties"].get(key).or_else(|| schema.get("additionalProperties"));
                if let Some(schema) = declared {
                    walk(schema, value, old.and_then(|old| old.get(key)), &path.clone().key(key.clone()), refused);
                }
            }
        }
        // The items of a list without a type are not matched with those before.
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(&schema["items"], item, None, &path.clone().index(index), refused);
            }
        }
        _ => {}
    }
}

thread_local! {
    static PROGRAMS: RefCell<HashMap<String, Rc<Program>>> = RefCell::new(HashMap::new());
    static FUNCTIONS: Context<'static> = Context::default().with_all();
}

fn refusal(validation: &Value, value: &Value, old: Option<&Value>) -> Option<(String, String)> {
    let field = |name: &str| validation[name].as_str();
    let message = field("message").expect("a message");
    let (_, rule) = message.trim_end_matches(']').rsplit_once(" [").expect("a rule in brackets");
    let expression = field("rule").expect("a rule");
    // A rule that compares is only asked where there is something to compare with.
    if !is_optional(validation) && expression.contains("oldSelf") && old.is_none() {
        return None;
    }
    match evaluate(expression, is_optional(validation), value, old) {
        Cel::Bool(true) => None,
        Cel::Bool(false) => {
            let filled = field("messageExpression").map(|words| match evaluate(words, is_optional(validation), value, old) {
                Cel::String(text) => text.to_string(),
                other => panic!("{words} gives {other:?}"),
            });
            Some((rule.to_owned(), filled.unwrap_or_else(|| message.to_owned())))
        }
        other => panic!("{rule} gives {other:?}"),
    }
}

fn is_optional(validation: &Value) -> bool {
    validation["optionalOldSelf"] == true
}

fn evaluate(expression: &str, optional: bool, value: &Value, old: Option<&Value>) -> Cel {
    let cel = |value: &Value| to_value(value).expect("a value of CEL");
    let program = PROGRAMS.with_borrow_mut(|programs| {
        let compile = || Rc::new(Program::compile(expression).unwrap_or_else(|error| panic!("{expression}: {error}")));
        Rc::clone(programs.entry(expression.to_owned()).or_insert_with(compile))
    });
    FUNCTIONS.with(|functions| {
        let mut context = functions.new_inner_scope();
        context.add_variable_from_value("self", cel(value));
        let old = old.map(cel);
        match old {
            Some(old) if !optional => context.add_variable_from_value("oldSelf", old),
            old => {
                let old = old.map_or_else(OptionalValue::none, OptionalValue::of);
                context.add_variable_from_value("oldSelf", Cel::Opaque(Arc::new(old)));
            }
        }
        program.execute(&context).unwrap_or_else(|error| panic!("{expression} on {value}: {error}"))
    })
}
