//! The CRD, from the model's schema and the floor's expressions.

use anyhow::{Context, Result, bail};
use clearance_core::Change;
use clearance_core::catalog::Catalog;
use clearance_core::defaults::Filled;
use clearance_core::finding::Reason;
use clearance_core::model::{Cluster, GROUP, KIND, PLURAL, VERSION, schema};
use clearance_core::rules::floor::{self, BOUNDS, Bound, Expression};
use clearance_core::source::{Format, read};
use serde_json::{Map, Value, json};

/// The CRD as YAML.
pub(super) fn yaml() -> Result<String> {
    let json = resource()?.to_string();
    let limits = clearance_core::Limits::default();
    let parsed = read(&json, Format::Json, &limits).into_iter().next().context("the CRD is a document")?;
    Ok(format!("# Generated from the model and the floor by `cargo xtask codegen`.\n{}", clearance_render::yaml(&parsed.root.value)))
}

fn resource() -> Result<Value> {
    let singular = KIND.to_lowercase();
    Ok(json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": format!("{PLURAL}.{GROUP}"),
            // Taking the chart away must not take the clusters away.
            "annotations": {"helm.sh/resource-policy": "keep"},
        },
        "spec": {
            "group": GROUP,
            "names": {"categories": ["nautes"], "kind": KIND, "listKind": format!("{KIND}List"), "plural": PLURAL, "singular": singular},
            "scope": "Namespaced",
            "versions": [{
                "name": VERSION,
                "served": true,
                "storage": true,
                "subresources": {"status": {}},
                "additionalPrinterColumns": [
                    {"name": "API SERVER", "type": "string", "jsonPath": ".spec.apiServer"},
                    {"name": "USAGE", "type": "string", "jsonPath": ".spec.usage"},
                    {"name": "HOST", "type": "string", "jsonPath": ".spec.hostCluster"},
                    {"name": "AGE", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                ],
                "schema": {"openAPIV3Schema": object_schema()?},
            }],
        },
    }))
}

/// The structural schema of a Cluster.
fn object_schema() -> Result<Value> {
    let mut schema = structural(&schema::of::<Cluster<'static>>(), &mut Vec::new())?;
    let properties = schema["properties"].as_object_mut().context("a Cluster has fields")?;
    // The API server has its own schema of metadata, and takes no more than restrictions of the name.
    let name = properties["metadata"]["properties"]["name"].take();
    properties["metadata"] = json!({"type": "object", "properties": {"name": name}});
    // Operators write it, each version of them as it likes.
    properties["status"] = json!({
        "description": properties["status"]["description"],
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": true,
    });
    let required = schema["required"].as_array_mut().context("a Cluster has required fields")?;
    // These three the API server asks for itself.
    required.retain(|field| field == "spec");
    for (path, default) in constant_defaults()? {
        *at(&mut schema, &path).with_context(|| format!("the schema has no {path}"))? = Value::String(default);
    }
    Ok(schema)
}

/// What filling in writes into a cluster of which nothing is known: it depends on nothing.
fn constant_defaults() -> Result<Vec<(String, String)>> {
    let filled = Filled::of(&Cluster::default(), None, Catalog::built_in());
    filled
        .changes
        .into_iter()
        .map(|change| match change {
            Change::Insert { path, value: clearance_core::source::Value::String(word) } => Ok((path.to_string(), word.into_owned())),
            other => bail!("no constant default: {other:?}"),
        })
        .collect()
}

/// The place of the default of a field.
fn at<'s>(schema: &'s mut Value, path: &str) -> Option<&'s mut Value> {
    let field = path.split('.').try_fold(schema, |schema, key| schema.get_mut("properties")?.get_mut(key))?;
    field.as_object_mut().map(|field| field.entry("default").or_insert(Value::Null))
}

/// A schema with what a structural one may hold, and with the bounds and expressions of its place.
fn structural(schema: &Value, path: &mut Vec<String>) -> Result<Value> {
    let mut out = Map::new();
    if let Some(about) = schema["description"].as_str() {
        out.insert("description".to_owned(), json!(about.replace('\n', " ")));
    }
    let object = schema.as_object();
    if let Some(words) = object.and_then(super::words) {
        out.insert("type".to_owned(), json!("string"));
        out.insert("enum".to_owned(), json!(words));
    } else if let Some(kind) = schema["type"].as_str() {
        out.insert("type".to_owned(), json!(kind));
    }
    let mut below = |schema: &Value, segment: &str| {
        path.push(segment.to_owned());
        let inner = structural(schema, path);
        path.pop();
        inner
    };
    if let Some(fields) = schema["properties"].as_object() {
        let fields: Result<Map<String, Value>> = fields.iter().map(|(name, field)| Ok((name.clone(), below(field, name)?))).collect();
        out.insert("properties".to_owned(), Value::Object(fields?));
        if let Some(required) = schema.get("required") {
            out.insert("required".to_owned(), required.clone());
        }
    } else if schema["additionalProperties"].is_object() {
        out.insert("additionalProperties".to_owned(), below(&schema["additionalProperties"], "*")?);
    }
    if schema["items"].is_object() {
        out.insert("items".to_owned(), below(&schema["items"], "*")?);
    }
    for (_, bound) in BOUNDS.iter().filter(|(pattern, _)| matches(pattern, path)) {
        let (word, number) = match bound {
            Bound::Length(number) => ("maxLength", number),
            Bound::Items(number) => ("maxItems", number),
            Bound::Properties(number) => ("maxProperties", number),
        };
        out.insert(word.to_owned(), json!(number));
    }
    let validations: Result<Vec<Vec<Value>>> =
        floor::expressions().filter(|expression| matches(expression.at, path)).map(validations).collect();
    let validations = validations?.concat();
    if !validations.is_empty() {
        out.insert("x-kubernetes-validations".to_owned(), Value::Array(validations));
    }
    Ok(Value::Object(out))
}

/// Whether a pattern names a place of the schema; the whole object has no segment.
fn matches(pattern: &str, path: &[String]) -> bool {
    let mut segments = pattern.split('.').filter(|segment| !segment.is_empty());
    path.iter().all(|name| segments.next().is_some_and(|segment| segment == "*" || segment == name)) && segments.next().is_none()
}

/// The `x-kubernetes-validations` of an expression.
fn validations(expression: &Expression) -> Result<Vec<Value>> {
    let reason = expression.rule.reason;
    if !matches!(reason, Reason::Invalid | Reason::Forbidden | Reason::Required | Reason::Duplicate) {
        bail!("a CRD cannot give the reason of {}", expression.rule.name);
    }
    let written = expression.validations().into_iter().map(|validation| {
        let mut out = Map::new();
        out.insert("rule".to_owned(), json!(validation.cel));
        out.insert("message".to_owned(), json!(expression.message()));
        if let Some(words) = expression.message_expression() {
            out.insert("messageExpression".to_owned(), json!(words));
        }
        out.insert("reason".to_owned(), json!(reason.cause_type()));
        if !expression.field.is_empty() {
            out.insert("fieldPath".to_owned(), json!(expression.field));
        }
        if validation.optional_old_self {
            out.insert("optionalOldSelf".to_owned(), json!(true));
        }
        Value::Object(out)
    });
    Ok(written.collect())
}
