//! Keystroke to diagnostics, by `clearance lsp` and by yaml-language-server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clearance_core::Form;
use clearance_lsp_client::Editor;
use clearance_render::uri::uri;
use serde_json::{Value, json};

use super::check::Scratch;
use super::fleets;
use super::process::resident;
use super::table::Table;
use crate::npm;
use crate::run::{cargo, step, target};

/// How many clusters are open.
const OPEN: usize = 200;
/// How many files there are in the larger repository.
const FILES: usize = 10_000;
/// How often a key is pressed.
const KEYS: usize = 200;
/// How often a key is pressed at the peer, which waits before it looks.
const PEER_KEYS: usize = 20;
const STARTS: usize = 7;

/// Measures both servers on the same texts.
pub(super) fn run() -> Result<Table> {
    step("clearance", &mut cargo(&["build", "--quiet", "--release", "--bin", "clearance"]))?;
    let peer = npm::install(npm::YAML_LANGUAGE_SERVER)?.join("node_modules/yaml-language-server/bin/yaml-language-server");
    let scratch = Scratch::new()?;
    let small = repository(&scratch.0.join("small"), OPEN)?;
    let large = repository(&scratch.0.join("large"), FILES)?;

    let mut table = Table::new(format!("lsp: {OPEN} clusters open, {} cores", std::thread::available_parallelism().map_or(1, usize::from)));
    let (mut alone, _, _) = session(&small)?;
    let (mut among, memory, end) = session(&large)?;
    let theirs = peer_session(&peer, &small, &scratch.0)?;
    let ratio = theirs.as_secs_f64() / median(&mut alone).as_secs_f64();
    limited(&mut table, "keystroke to diagnostics, median", median(&mut alone), Duration::from_millis(10));
    table.row("… 99th percentile", shown(percentile(&mut alone, 99)));
    limited(&mut table, format!("… with {FILES} files in the repository, median"), median(&mut among), Duration::from_millis(50));
    table.row("… 99th percentile", shown(percentile(&mut among, 99)));
    table.row("… beside: yaml-language-server with the schema, median", shown(theirs));
    table.row("… times as fast", format!("{ratio:.0}"));
    limited(&mut table, "start to first diagnostics", start(&small)?, Duration::from_millis(300));
    limited(&mut table, format!("… with {FILES} files in the repository"), start(&large)?, Duration::from_millis(300));
    table.limited(format!("memory with {FILES} files"), format!("{memory:.1} MiB"), "150 MiB", memory <= 150.0);
    limited(&mut table, "end after the client's", end, Duration::from_secs(1));
    table.note("Each key changes the port of a virtual cluster to its neighbour's or back, so that all others are looked at again.");
    Ok(table)
}

fn shown(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn limited(table: &mut Table, what: impl Into<String>, time: Duration, limit: Duration) {
    table.limited(what, shown(time), &format!("{} ms", limit.as_millis()), time <= limit);
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn median(times: &mut [Duration]) -> Duration {
    percentile(times, 50)
}

/// A tenant repository of so many clusters.
fn repository(root: &Path, files: usize) -> Result<PathBuf> {
    let clusters = root.join(clearance_core::repository::CLUSTERS);
    std::fs::create_dir_all(&clusters)?;
    let mut list = "resources:\n".to_owned();
    for index in 0..files {
        let text = fleets::resource(index);
        let name = text.lines().find_map(|line| line.strip_prefix("  name: ")).context("a name")?.to_owned();
        std::fs::write(clusters.join(format!("{name}.yaml")), text)?;
        list.push_str("  - ");
        list.push_str(&name);
        list.push_str(".yaml\n");
    }
    std::fs::write(clusters.join("kustomization.yaml"), list)?;
    Ok(root.canonicalize()?)
}

fn server() -> Result<Command> {
    let mut command = Command::new(target()?.join("release/clearance"));
    command.arg("lsp");
    Ok(command)
}

fn capabilities() -> Value {
    json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } })
}

/// Opens the first clusters of a repository; returns their names.
fn open(editor: &mut Editor, root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for index in 0..OPEN {
        let text = fleets::resource(index);
        let name = text.lines().find_map(|line| line.strip_prefix("  name: ")).context("a name")?;
        let file = root.join(clearance_core::repository::CLUSTERS).join(format!("{name}.yaml"));
        names.push(editor.open(&file, &text)?);
    }
    for name in &names {
        editor.client.wait("all texts", |client| client.times(name) > 0)?;
    }
    Ok(names)
}

/// Presses a key in a text, and waits for what is said of it; the next press at the same place undoes it.
fn press(editor: &mut Editor, name: &str, key: usize) -> Result<Duration> {
    let line = editor.text(name).find("apiServer:").context("an address")?;
    let end = editor.text(name)[line..].find('\n').context("a line")? + line;
    let before = editor.client.times(name);
    let start = Instant::now();
    // The last digit of the port: one further, then one back.
    let digit: usize = editor.text(name)[end - 1..end].parse()?;
    let next = (digit + if key.is_multiple_of(2) { 1 } else { 9 }) % 10;
    editor.replace(name, end - 1..end, &next.to_string())?;
    editor.client.wait("diagnostics", |client| client.times(name) > before)?;
    Ok(start.elapsed())
}

/// Keystrokes, memory after them, and how long the server outlives its client.
fn session(root: &Path) -> Result<(Vec<Duration>, f64, Duration)> {
    let mut editor = Editor::start(&mut server()?, root, &capabilities(), &json!({}))?;
    let names = open(&mut editor, root)?;
    let mut times = Vec::new();
    for key in 0..KEYS {
        let name = &names[1 + key / 2 * 7 % 99];
        // What is said of others comes before the next key.
        editor.client.rest(Duration::from_millis(5))?;
        times.push(press(&mut editor, name, key)?);
    }
    let memory = resident(editor.client.process())?;
    let (_, end) = editor.client.leave()?;
    Ok((times, memory, end))
}

/// From nothing to the first diagnostics.
fn start(root: &Path) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let begin = Instant::now();
        let mut editor = Editor::start(&mut server()?, root, &capabilities(), &json!({}))?;
        let file = root.join(clearance_core::repository::CLUSTERS).join("team-0-1.yaml");
        let name = editor.open(&file, &fleets::resource(1))?;
        editor.client.wait("diagnostics", |client| client.times(&name) > 0)?;
        times.push(begin.elapsed());
    }
    Ok(median(&mut times))
}

/// The peer, with the schema that `clearance schema` prints.
fn peer_session(program: &Path, root: &Path, scratch: &Path) -> Result<Duration> {
    let schema = scratch.join("cluster.schema.json");
    std::fs::write(&schema, clearance_render::schema(Form::Resource).to_string())?;
    let schema = uri(&schema);
    let settings = json!({ "yaml": { "validate": true, "schemas": { schema: "**/*.yaml" }, "schemaStore": { "enable": false } } });
    let mut editor = Editor::start(Command::new("node").arg(program).arg("--stdio"), root, &json!({}), &json!({}))?;
    editor.client.configuration = json!({ "yaml": settings["yaml"], "http": {}, "[yaml]": {}, "editor": {}, "files": {} });
    editor.client.notify("workspace/didChangeConfiguration", json!({ "settings": settings }))?;
    let names = open(&mut editor, root)?;
    let mut times = Vec::new();
    for key in 0..PEER_KEYS {
        editor.client.rest(Duration::from_millis(300))?;
        times.push(press(&mut editor, &names[1 + key / 2], key)?);
    }
    Ok(median(&mut times))
}
