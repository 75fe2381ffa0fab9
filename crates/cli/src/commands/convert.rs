//! `clearance convert`

use std::path::{Path as FilePath, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::Args;
use clearance_core::finding::Path;
use clearance_core::form::from_resource;
use clearance_core::source::{Format as TextFormat, Limits, Node, Value};
use clearance_core::{Content, Document, Fleet, Form, Language, Operation, Rulebook, Severity};
use clearance_render::{in_order, yaml};

use super::{Exit, FormWord, Written};
use crate::comments::Comments;
use crate::input::{self, Input};
use crate::output::{print, warn};
use crate::scan::Reader;

/// Writes a description in another form: request, resource or property file.
///
/// It goes to standard output, the kubeconfig in it included. What the other form has no place for is
/// told on standard error.
#[derive(Args)]
pub struct Convert {
    /// A file, or `-` for standard input.
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The form to write it in.
    #[arg(long, value_enum)]
    to: FormWord,
    /// JSON or YAML [default: json for a request, yaml otherwise].
    #[arg(long, value_enum)]
    format: Option<Written>,
    /// The cluster's name, as in the request's URL.
    #[arg(long)]
    name: Option<String>,
    /// What standard input is called; the ending tells JSON from YAML.
    #[arg(long, value_name = "NAME", default_value = "<stdin>")]
    stdin_filename: String,
}

impl Convert {
    pub fn run(&self) -> Result<Exit> {
        let limits = Limits::default();
        let inputs = input::collect(std::slice::from_ref(&self.path), &self.stdin_filename, limits.bytes)?;
        if let Some(trouble) = inputs.troubles.first() {
            bail!("{trouble}");
        }
        let [input] = inputs.found.as_slice() else { bail!("`{}` is no single file", self.path.display()) };
        let mut buffer = Vec::new();
        let text = read(input, &limits, &mut buffer)?;
        let clusters: Vec<Document<'_>> = Document::read_all(text, Some(&input.name), &limits)
            .into_iter()
            .filter_map(|content| match content {
                Content::Cluster(document) => Some(document),
                Content::Other(_) => None,
            })
            .collect();
        let form = self.to.form();
        let format = self.format.unwrap_or(if form == Form::Request { Written::Json } else { Written::Yaml });
        if clusters.is_empty() {
            bail!("`{}` holds no cluster", input.name);
        }
        if clusters.len() > 1 && (format == Written::Json || self.name.is_some()) {
            bail!("`{}` holds {} clusters; one by one they can be converted to JSON, or be given a name", input.name, clusters.len());
        }
        let mut texts = Vec::new();
        for document in clusters {
            let document = match &self.name {
                Some(name) => document.named(name.clone()),
                None => document,
            };
            texts.push(converted(&document, form, format)?);
        }
        print(&texts.join("---\n"))?;
        Ok(Exit::Clean)
    }
}

fn read<'b>(input: &Input, limits: &Limits, buffer: &'b mut Vec<u8>) -> Result<&'b str> {
    let rulebook = clearance_core::Rulebook::default();
    let reader = Reader { rulebook: &rulebook, limits: *limits, now: 0, name: None };
    reader.open(input, buffer).map_err(|why| anyhow!(input::cannot_read(FilePath::new(&input.name), &why.reason())))
}

/// The text of a document in another form.
fn converted(document: &Document<'_>, form: Form, format: Written) -> Result<String> {
    if !document.is_readable() {
        bail!("the text cannot be read; `clearance check` says why");
    }
    let resource = document.to_resource();
    let text_at = |path: &'static str| {
        let found = document.find(&Path::of(path), None)?;
        match &found.node().value {
            // A port may stand there as a number.
            Value::String(text) | Value::Number(text) => Some(text.clone().into_owned()),
            _ => None,
        }
    };
    let (kubeconfig, port) = (text_at("kubeconfig"), text_at("vcluster.https_node_port"));
    let value = if form == document.form {
        document.root.clone().into_owned().value
    } else {
        from_resource(form, &resource, kubeconfig.as_deref(), port.as_deref()).value
    };
    let value = if form == Form::Resource { in_order(value) } else { value };
    for lost in repeated(document).into_iter().chain(lost(document, form, &resource.value)) {
        warn(&lost);
    }
    let comments = Comments::of(document);
    if format == Written::Json {
        if comments.count() > 0 {
            warn(&format!("JSON has no comments: {} left out", comments.count()));
        }
        return Ok(format!("{}\n", serde_json::to_string_pretty(&value)?));
    }
    let text = yaml(&value);
    let written = Document::read_as(&text, TextFormat::Yaml, form, &Limits::default());
    let (text, left) = comments.into_text(&written);
    if left > 0 {
        warn(&format!("{left} comments stand at fields that a {} has no place for, and are left out", form.name()));
    }
    Ok(text)
}

/// What is given more than once, with different contents, in the core's own words: one of them is written.
fn repeated(document: &Document<'_>) -> Vec<String> {
    let verdict = Rulebook::default().judge(document, Operation::Create, &Fleet::default(), 0);
    let repeated = verdict.findings.iter().filter(|finding| finding.rule.name == "duplicate-key" && finding.severity == Severity::Error);
    repeated.map(|finding| format!("{}: the last copy is written", finding.message(Language::English))).collect()
}

/// What the other form has no place for, as sentences.
fn lost(document: &Document<'_>, form: Form, resource: &Value<'static>) -> Vec<String> {
    let mut sentences = Vec::new();
    let has = |path: &'static str| document.find(&Path::of(path), None).is_some_and(|at| !at.node().is_null());
    let names = |value: &Value<'_>, wanted: &str| match value {
        Value::Map(entries) => entries.iter().find(|entry| entry.key == wanted).map(|entry| entry.value.clone().into_owned()),
        _ => None,
    };
    let metadata = names(resource, "metadata");
    let name = metadata.as_ref().and_then(|metadata| metadata.get("name")).and_then(|name| name.as_str().map(str::to_owned));
    match form {
        Form::Resource => {
            if has("kubeconfig") {
                sentences.push("the kubeconfig is left out: it goes to the secret store, never into the resource".to_owned());
            }
            if has("vcluster") {
                sentences.push("`vcluster` is left out: the resource holds the port in `spec.apiServer` alone".to_owned());
            }
            if name.is_none() {
                sentences.push("the resource has no name yet: give it with --name".to_owned());
            }
        }
        Form::Request => sentences.extend(name.map(|name| format!("a request has its name in the URL: POST /api/v1/clusters/{name}"))),
        Form::Property => {}
    }
    for path in ["kubeconfig", "vcluster.https_node_port"] {
        let is_text = |value: &Value<'_>| matches!(value, Value::String(_) | Value::Number(_) | Value::Null);
        if form != Form::Resource
            && form != document.form
            && document.find(&Path::of(path), None).is_some_and(|at| !is_text(&at.node().value))
        {
            sentences.push(format!("`{path}` is left out: it is no text"));
        }
    }
    if form != Form::Resource && document.form == Form::Resource {
        let others = metadata.iter().flat_map(Node::entries).filter(|entry| entry.key != "name");
        let others: Vec<String> = others.map(|entry| format!("`metadata.{}`", entry.key)).collect();
        let status = has("status").then(|| "`status`".to_owned());
        let all: Vec<String> = others.into_iter().chain(status).collect();
        if !all.is_empty() {
            sentences.push(format!("{} left out: a {} has no place for it", all.join(", "), form.name()));
        }
    }
    sentences
}
