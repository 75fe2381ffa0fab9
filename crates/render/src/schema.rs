//! The JSON Schema of a description in each of its forms, from the core's own tables.

mod beside;

use clearance_core::Form;
use clearance_core::finding::Path;
use clearance_core::model::structure::{Field, Shape};
use clearance_core::model::{API_VERSION, KIND, REQUEST_ONLY, RESOURCE};
use serde_json::{Map, Value, json};

/// The version of the schemas: within it they only come to take more.
const VERSION: u32 = 1;

/// Where the schema of a form is found.
#[must_use]
pub fn schema_address(form: Form) -> String {
    let repository = env!("CARGO_PKG_REPOSITORY").replace("https://github.com/", "https://raw.githubusercontent.com/");
    format!("{repository}/main/crates/render/schema/{}", schema_file(form))
}

/// The name of its file, with the version in it.
#[must_use]
pub fn schema_file(form: Form) -> String {
    let word = match form {
        Form::Resource => "resource",
        Form::Request => "request",
        Form::Property => "property",
    };
    format!("{word}-v{VERSION}.json")
}

/// The comment by which editors find the schema of a YAML text.
#[must_use]
pub fn modeline(form: Form) -> String {
    format!("# {MODELINE} $schema={}\n", schema_address(form))
}

/// What such a comment begins with.
pub const MODELINE: &str = "yaml-language-server:";

/// The schema of the resource as catalogues of custom resources keep it, for validators of manifests.
#[must_use]
pub fn crd_schema() -> Value {
    let mut schema = schema(Form::Resource);
    if let Some(schema) = schema.as_object_mut() {
        for key in ["$schema", "$id", "title"] {
            schema.shift_remove(key);
        }
    }
    // Kubernetes' own, and the same for every kind.
    schema["properties"]["metadata"] = json!({"type": "object"});
    schema
}

/// The JSON Schema of a form, for editors and other validators. It is of draft 7, the newest that all of them read.
#[must_use]
pub fn schema(form: Form) -> Value {
    let mut schema = match form {
        Form::Resource => object(RESOURCE.fields(), form),
        Form::Request => request(form),
        Form::Property => property(),
    };
    if form != Form::Request {
        schema["properties"]["apiVersion"] = constant(&schema["properties"]["apiVersion"], API_VERSION);
        schema["properties"]["kind"] = constant(&schema["properties"]["kind"], KIND);
    }
    let title = match form {
        Form::Resource => "Nautes Cluster: the resource",
        Form::Request => "Nautes cluster: the registration request",
        Form::Property => "Nautes cluster: the property file",
    };
    beside::add(&mut schema, form);
    let mut head = Map::new();
    head.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    head.insert("$id".to_owned(), json!(schema_address(form)));
    head.insert("title".to_owned(), json!(title));
    if let Value::Object(body) = schema {
        head.extend(body);
    }
    Value::Object(head)
}

fn constant(field: &Value, word: &str) -> Value {
    json!({"description": field["description"], "const": word})
}

/// The one object of a request: the fields of `spec`, and those that only a request holds.
fn request(form: Form) -> Value {
    let spec = RESOURCE.at("spec").map_or(&[][..], Shape::fields);
    let mut schema = object(spec, form);
    for field in REQUEST_ONLY.fields() {
        schema["properties"][field.name] = optional(field, form);
    }
    if let Some(name) = name_field() {
        let written = form.display(&Path::of("metadata.name"));
        let key = written.rsplit('.').next().unwrap_or_default();
        schema["properties"][key] = optional(name, form);
    }
    schema
}

fn property() -> Value {
    let mut spec = request(Form::Property);
    if let Some(required) = spec["required"].as_array_mut() {
        required.insert(0, json!("name"));
    }
    if let Some(name) = name_field() {
        spec["properties"]["name"] = described(name, Form::Property);
    }
    let about = |name: &str| RESOURCE.fields().iter().find(|field| field.name == name).map_or("", |field| field.about);
    spec["description"] = json!(about("spec"));
    json!({
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string", "description": about("apiVersion")},
            "kind": {"type": "string", "description": about("kind")},
            "spec": spec,
        },
        "required": ["apiVersion", "kind", "spec"],
        "additionalProperties": false,
    })
}

fn name_field() -> Option<&'static Field> {
    RESOURCE.at("metadata")?.fields().iter().find(|field| field.name == "name")
}

fn object(fields: &'static [Field], form: Form) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let word = written(field, form);
        if field.required {
            required.push(word);
            properties.insert(word.to_owned(), described(field, form));
        } else {
            properties.insert(word.to_owned(), optional(field, form));
        }
    }
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// The field's name in a form; the port of a virtual cluster is no part of the resource, and has
/// its names from the form.
fn written(field: &'static Field, form: Form) -> &'static str {
    if form == Form::Property && field.name == "https_node_port" { "httpsNodePort" } else { field.word(form) }
}

fn described(field: &'static Field, form: Form) -> Value {
    let mut schema = shape(&field.shape, form);
    schema["description"] = json!(field.about);
    schema
}

fn optional(field: &'static Field, form: Form) -> Value {
    or_null(described(field, form))
}

/// `null` counts as absent.
fn or_null(mut schema: Value) -> Value {
    if let Some(Value::String(name)) = schema.get("type").cloned() {
        schema["type"] = json!([name, "null"]);
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
    schema
}

fn shape(shape: &'static Shape, form: Form) -> Value {
    match shape {
        Shape::Any => json!({}),
        Shape::Text => json!({"type": "string"}),
        Shape::Choice(words) => json!({"type": "string", "enum": words}),
        Shape::Integer => json!({"type": "integer"}),
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Object(fields) => object(fields, form),
        Shape::Map(inner) => json!({"type": "object", "additionalProperties": or_null(self::shape(inner, form))}),
        Shape::List(inner) => json!({"type": "array", "items": self::shape(inner, form)}),
    }
}
