//! The API in its own words: `OpenAPI` 3.1, from the routes and the core's tables.

use clearance_core::Form;
use clearance_render::schema;
use serde_json::{Value, json};

use crate::known::SELECTABLE;

pub(crate) const LIST: &str = "/api/v1/clusters";
pub(crate) const ONE: &str = "/api/v1/clusters/{name}";
pub(crate) const OPENAPI: &str = "/openapi.json";

/// The document that `/openapi.json` answers with.
#[must_use]
pub fn document() -> Value {
    let flag = |name: &str, about: &str| json!({"name": name, "in": "query", "description": about, "schema": {"type": "boolean"}});
    let condition = |name: &str, about: &str| json!({"name": name, "in": "header", "description": about, "schema": {"type": "string"}});
    let changing = json!([
        flag("dry_run", "Answers what would change, and changes nothing."),
        flag("insecure_skip_check", "Skips checks of relations, where the server's configuration honours it."),
        condition("If-Match", "The `ETag` that the cluster must still have."),
        condition("If-None-Match", "`*`: the cluster must not be there yet."),
        condition("Accept-Language", "What findings are told in: `en` or `zh`."),
    ]);
    let save = |id: &str, about: &str| {
        json!({
            "operationId": id,
            "summary": about,
            "parameters": changing,
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}}},
            "responses": responses("Done", &["202", "400", "401", "403", "408", "409", "412", "413", "415", "422", "429", "500", "503"]),
        })
    };
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Clearance registrar",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Registers Nautes runtime clusters in the tenant configuration repository, with the rights of the caller.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "paths": {
            LIST: {"get": {
                "operationId": "ListClusters",
                "summary": "The clusters that a selector picks.",
                "parameters": [{
                    "name": "field_selector",
                    "in": "query",
                    "description": format!("`usage=worker,cluster_type=physical`: exact matches of {}.", SELECTABLE.join(", ")),
                    "schema": {"type": "string"},
                    "example": "usage=worker",
                }],
                "responses": responses("List", &["304", "400", "401", "403", "429", "500", "503"]),
            }},
            ONE: {
                "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}],
                "get": {
                    "operationId": "GetCluster",
                    "summary": "One cluster.",
                    "responses": responses("Cluster", &["304", "400", "401", "403", "404", "429", "500", "503"]),
                },
                "post": save("SaveCluster", "Registers a cluster, or describes it anew."),
                "put": save("PutCluster", "The same as POST."),
                "delete": {
                    "operationId": "DeleteCluster",
                    "summary": "Takes a cluster away, if nothing refers to it.",
                    "parameters": changing,
                    "responses": responses("Done", &["202", "400", "401", "403", "404", "409", "412", "429", "500", "503"]),
                },
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "An access token of the tenant repository."}},
            "schemas": schemas(),
        },
    })
}

fn schemas() -> Value {
    json!({
        "Request": request(),
        "Cluster": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "List": {
            "type": "object",
            "required": ["items"],
            "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Cluster"}}},
        },
        "Done": {
            "type": "object",
            "required": ["message", "request_id"],
            "additionalProperties": false,
            "properties": {
                "message": {"type": "string"},
                "warnings": {"type": "array", "items": {"$ref": "#/components/schemas/Finding"}},
                "commit": {"type": "string", "description": "The commit that holds the change."},
                "branch": {"type": "string", "description": "The branch that waits to be merged."},
                "diff": {"type": "string", "description": "In a dry run: what would change."},
                "request_id": {"type": "string"},
            },
        },
        "Problem": {
            "type": "object",
            "description": "Problem details (RFC 9457).",
            "required": ["type", "title", "status", "detail", "message"],
            "additionalProperties": false,
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "message": {"type": "string"},
                "instance": {"type": "string"},
                "request_id": {"type": "string"},
                "findings": {"type": "array", "items": {"$ref": "#/components/schemas/Finding"}},
                "mended": {"type": "string", "description": "The body with all fixes made that could not have been meant otherwise; put its kubeconfig back."},
            },
        },
        "Finding": finding(),
    })
}

/// The request as the core's tables have it.
fn request() -> Value {
    let mut schema = schema(Form::Request);
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
    }
    schema
}

fn finding() -> Value {
    json!({
        "type": "object",
        "required": ["rule", "severity", "message", "line", "column"],
        "additionalProperties": false,
        "properties": {
            "rule": {"type": "string"},
            "severity": {"enum": ["error", "warning", "info"]},
            "message": {"type": "string"},
            "help": {"type": "string"},
            "pointer": {"type": "string", "description": "Where in the body, as a JSON Pointer."},
            "path": {"type": "string", "description": "Where in the resource."},
            "field": {"type": "string", "description": "Where in the body, with dots."},
            "line": {"type": "integer", "minimum": 1},
            "column": {"type": "integer", "minimum": 1},
            "unchanged": {"type": "boolean", "description": "Whether it was there before."},
            "changes": {"type": "array", "items": {"type": "object", "required": ["title", "applicability", "edits", "operations"]}},
        },
    })
}

fn responses(good: &str, others: &[&str]) -> Value {
    let of = |schema: &str, kind: &str| json!({kind: {"schema": {"$ref": format!("#/components/schemas/{schema}")}}});
    let mut responses = serde_json::Map::new();
    responses.insert("200".to_owned(), json!({"description": "It is done.", "content": of(good, "application/json")}));
    for code in others {
        let response = match *code {
            "202" => json!({"description": "It waits on a branch to be merged.", "content": of(good, "application/json")}),
            "304" => json!({"description": "It is as the asker knows it."}),
            code => json!({"description": why(code), "content": of("Problem", "application/problem+json")}),
        };
        responses.insert((*code).to_owned(), response);
    }
    Value::Object(responses)
}

fn why(code: &str) -> &'static str {
    match code {
        "400" => "The request cannot be understood.",
        "401" => "There is no access token, or the repository does not know it.",
        "403" => "The token does not give the right.",
        "404" => "There is no such cluster.",
        "408" => "The body did not arrive in time.",
        "409" => "Others refer to it, or the repository is in no state to be changed.",
        "412" => "It is not as the condition says.",
        "413" => "The body is too long.",
        "415" => "The body is neither JSON nor YAML.",
        "422" => "The description has errors: all of them are told.",
        "429" => "Too much waits already.",
        "503" => "The repository or the secret store cannot be reached.",
        _ => "The server failed.",
    }
}
