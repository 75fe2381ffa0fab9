//! The schemas of all forms, and the entries for the places where editors and validators look for schemas.

use anyhow::Result;
use clearance_core::Form;
use clearance_core::model::{GROUP, KIND, VERSION};
use clearance_core::repository::CLUSTERS;
use clearance_render::{crd_schema, schema, schema_address, schema_file};
use serde_json::{Value, json};

use super::put;

const DIRECTORY: &str = "crates/render/schema";

pub(super) fn run(check: bool) -> Result<()> {
    for &form in Form::ALL {
        put(check, &format!("{DIRECTORY}/{}", schema_file(form)), &text(&schema(form))?)?;
    }
    put(check, &format!("{DIRECTORY}/schemastore.json"), &text(&schema_store())?)?;
    let kind = KIND.to_lowercase();
    put(check, &format!("{DIRECTORY}/crds-catalog/{GROUP}/{kind}_{VERSION}.json"), &text(&crd_schema())?)
}

fn text(value: &Value) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// What belongs into `schemas` of `SchemaStore`'s `catalog.json`. The list beside the clusters is none; a
/// property file has no name by which it could be known, and is left to modelines.
fn schema_store() -> Value {
    let files: Vec<String> = ["yaml", "yml", "json"].iter().map(|extension| format!("**/{CLUSTERS}/*.{extension}")).collect();
    let others = ["yaml", "yml"].iter().map(|extension| format!("!**/{CLUSTERS}/kustomization.{extension}"));
    json!([{
        "name": "Nautes Cluster",
        "description": "Runtime clusters in a Nautes tenant configuration repository",
        "fileMatch": files.into_iter().chain(others).collect::<Vec<_>>(),
        "url": schema_address(Form::Resource),
    }])
}
