//! A bill of materials (`CycloneDX` 1.5): every crate that is linked into the binary.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::image::created;
use crate::run::cargo;

/// The bill of the binary for a target.
pub(super) fn of(target: &str, time: u64) -> Result<Vec<u8>> {
    let output = cargo(&["metadata", "--format-version", "1", "--locked", "--filter-platform", target]).output()?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages: BTreeMap<&str, &Value> =
        list(&metadata["packages"]).filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let linked: BTreeMap<&str, Vec<&str>> =
        list(&metadata["resolve"]["nodes"]).filter_map(|node| Some((node["id"].as_str()?, linked(node)))).collect();
    let root = packages.iter().find(|(_, package)| package["name"] == "clearance-cli").map(|(id, _)| *id).context("clearance-cli")?;
    let mut seen = BTreeSet::from([root]);
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        open.extend(linked[id].iter().filter(|id| seen.insert(**id)));
    }
    let mut components: Vec<Value> = seen.iter().filter(|id| **id != root).map(|id| component(packages[id])).collect();
    components.sort_by_key(|component| component["purl"].as_str().map(str::to_owned));
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": created(time), "component": component(packages[root])},
        "components": components,
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&bill)?).into_bytes())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// What a package is linked with: neither what only builds it nor what only tests it.
fn linked(node: &Value) -> Vec<&str> {
    let is_linked = |dependency: &&Value| list(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null());
    list(&node["deps"]).filter(is_linked).filter_map(|dependency| dependency["pkg"].as_str()).collect()
}

fn component(package: &Value) -> Value {
    let (name, version) = (package["name"].as_str().unwrap_or_default(), package["version"].as_str().unwrap_or_default());
    let kind = if name == "clearance-cli" { "application" } else { "library" };
    let mut component = json!({"type": kind, "name": name, "version": version});
    component["purl"] = format!("pkg:cargo/{name}@{version}").into();
    if let Some(license) = package["license"].as_str() {
        component["licenses"] = json!([{"expression": license.replace('/', " OR ")}]);
    }
    component
}
