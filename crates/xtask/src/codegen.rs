//! Files that are made from the model: they are committed, and CI compares them.

mod crd;
mod floor;
mod schemas;
mod types;

use std::fmt::Write;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clearance_core::model::{Cluster, RequestOnly, schema};
use serde_json::{Map, Value};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_owned()
}

/// Writes the generated files, or compares them.
pub(crate) fn run(check: bool) -> Result<()> {
    let resource = schema::of::<Cluster<'static>>();
    let request_only = schema::of::<RequestOnly<'static>>();
    let table = table(&[("RESOURCE", "A Cluster resource.", &resource), ("REQUEST_ONLY", "What only a request holds.", &request_only)])?;
    put(check, "crates/core/src/model/table.rs", &formatted(&table)?)?;
    put(check, "webhook/deploy/chart/files/crd.yaml", &crd::yaml()?)?;
    put(check, "webhook/docs/floor.md", &floor::page()?)?;
    put(check, "wasm/npm/src/types.ts", &types::file())?;
    put(check, "wasm/npm/src/version.ts", &types::version())?;
    schemas::run(check)?;
    println!("{}", floor::count());
    Ok(())
}

/// The text as `rustfmt` writes it, so that formatting the workspace changes nothing.
fn formatted(text: &str) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run rustfmt: install it with `rustup component add rustfmt`")?;
    rustfmt.stdin.take().context("rustfmt reads what it is given")?.write_all(text.as_bytes())?;
    let output = rustfmt.wait_with_output()?;
    if !output.status.success() {
        bail!("rustfmt refused a generated file");
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn table(roots: &[(&str, &str, &Value)]) -> Result<String> {
    let mut out = String::from(
        "//! Which fields there are and what they hold: generated from the model by `cargo xtask codegen`.\n\n\
         use super::structure::{Field, Shape, about};\n",
    );
    for (name, about, schema) in roots {
        write!(out, "\n/// {about}\npub static {name}: Shape = ")?;
        shape(&mut out, schema, 0)?;
        out.push_str(";\n");
    }
    Ok(out)
}

fn shape(out: &mut String, schema: &Value, depth: usize) -> Result<()> {
    let Some(object) = schema.as_object() else {
        out.push_str("Shape::Any");
        return Ok(());
    };
    if let Some(words) = words(object) {
        write!(out, "Shape::Choice(&{words:?})")?;
        return Ok(());
    }
    match object.get("type").and_then(Value::as_str) {
        None => out.push_str("Shape::Any"),
        Some("string") => out.push_str("Shape::Text"),
        Some("integer") => out.push_str("Shape::Integer"),
        Some("boolean") => out.push_str("Shape::Boolean"),
        Some("array") => {
            out.push_str("Shape::List(&");
            shape(out, &object["items"], depth)?;
            out.push(')');
        }
        Some("object") => match object.get("properties").and_then(Value::as_object) {
            Some(properties) => fields(out, object, properties, depth)?,
            None => {
                out.push_str("Shape::Map(&");
                shape(out, object.get("additionalProperties").unwrap_or(&Value::Bool(true)), depth)?;
                out.push(')');
            }
        },
        Some(other) => bail!("a schema of type {other} has no shape"),
    }
    Ok(())
}

/// The words of an enumeration, in either way that they are written.
fn words(object: &Map<String, Value>) -> Option<Vec<&str>> {
    if let Some(words) = object.get("enum").and_then(Value::as_array) {
        return Some(words.iter().filter_map(Value::as_str).collect());
    }
    let options = object.get("oneOf").and_then(Value::as_array)?;
    Some(options.iter().filter_map(|option| option["const"].as_str().or_else(|| option["enum"][0].as_str())).collect())
}

fn fields(out: &mut String, object: &Map<String, Value>, properties: &Map<String, Value>, depth: usize) -> Result<()> {
    let indent = "    ".repeat(depth + 1);
    let required: Vec<&str> = object.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    out.push_str("Shape::Object(&[\n");
    for (name, schema) in properties {
        let about = schema["description"].as_str().unwrap_or_default().replace('\n', " ");
        let request = snake(name);
        writeln!(out, "{indent}Field {{")?;
        writeln!(out, "{indent}    name: {name:?},")?;
        writeln!(out, "{indent}    request: {request:?},")?;
        writeln!(out, "{indent}    required: {},", required.contains(&name.as_str()))?;
        write!(out, "{indent}    shape: ")?;
        shape(out, schema, depth + 1)?;
        // What must be there is told with what it is.
        let about = if required.contains(&name.as_str()) { format!("{about:?}") } else { format!("about!({about:?})") };
        writeln!(out, ",\n{indent}    about: {about},")?;
        writeln!(out, "{indent}}},")?;
    }
    write!(out, "{}])", "    ".repeat(depth))?;
    Ok(())
}

/// The name of a field in a request.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Writes a file, or compares it with what is there.
pub(crate) fn put(check: bool, path: &str, text: &str) -> Result<()> {
    let file = root().join(path);
    if check {
        let there = std::fs::read_to_string(&file).with_context(|| format!("cannot read {path}"))?;
        if there != text {
            bail!("{path} is not what would be generated: run `cargo xtask codegen` and `cargo xtask manifests`");
        }
        return Ok(());
    }
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(&file, text).with_context(|| format!("cannot write {path}"))
}
