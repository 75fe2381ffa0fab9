//! SARIF 2.1.0, the Static Analysis Results Interchange Format.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::io::{self, Write};

use clearance_core::Language;
use clearance_core::rules::{self, Lookup, pages};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::fingerprint::Fingerprints;
use crate::{Change, Core, Finding, Range, Related, Summary};
use crate::{Output, Paths, Told};

/// What stays as it is in the path of a URI (RFC 3986, `pchar` and `/`).
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@').remove(b'+');

/// Writes one run: the results as they come, and what they refer to at the end.
pub struct Sarif<W> {
    out: W,
    paths: Paths,
    core: Core,
    language: Language,
    fingerprints: Fingerprints,
    /// The rules that fired, in the order in which they did.
    rules: Vec<String>,
    troubles: Vec<Value>,
    is_empty: bool,
}

impl<W: Write> Sarif<W> {
    /// Writes to `out`, with paths from the root of the repository.
    pub fn new(out: W, core: clearance_core::Core, paths: Paths, language: Language) -> Self {
        Self {
            out,
            paths,
            core: core.into(),
            language,
            fingerprints: Fingerprints::default(),
            rules: Vec::new(),
            troubles: Vec::new(),
            is_empty: true,
        }
    }

    fn head(&mut self) -> io::Result<()> {
        let schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
        write!(
            self.out,
            "{{\"$schema\":{},\"version\":\"2.1.0\",\"runs\":[{{\"columnKind\":\"unicodeCodePoints\",\"results\":[",
            json!(schema)
        )
    }

    fn result(&mut self, finding: &Finding) -> Value {
        let index = self.rules.iter().position(|rule| *rule == finding.rule).unwrap_or_else(|| {
            self.rules.push(finding.rule.clone());
            self.rules.len() - 1
        });
        let path = self.paths.relative(&finding.file);
        let text = finding.help.as_ref().map_or_else(|| finding.message.clone(), |help| format!("{}\n{help}", finding.message));
        let mut place = location(&path, finding.range);
        if let (Some(path), Value::Object(place)) = (finding.path.as_deref().filter(|path| !path.is_empty()), &mut place) {
            place.insert("logicalLocations".to_owned(), json!([{ "fullyQualifiedName": path }]));
        }
        let mut result = json!({
            "ruleId": finding.rule,
            "ruleIndex": index,
            "level": level(&finding.severity),
            "message": { "text": text },
            "locations": [place],
            "partialFingerprints": { "clearance/v1": self.fingerprints.of(finding, &path) },
        });
        let related: Vec<Value> = finding.related.iter().filter_map(|related| self.related(related)).collect();
        let fixes: Vec<Value> = finding.changes.iter().filter_map(|change| fix(change, &path)).collect();
        for (key, list) in [("relatedLocations", related), ("fixes", fixes)] {
            if !list.is_empty() {
                result[key] = Value::Array(list);
            }
        }
        if finding.unchanged {
            result["properties"] = json!({ "unchanged": true });
        }
        result
    }

    fn related(&self, related: &Related) -> Option<Value> {
        let path = self.paths.relative(related.file.as_deref()?);
        let mut place = match related.range {
            Some(range) => location(&path, range),
            None => json!({ "physicalLocation": { "artifactLocation": artifact(&path) } }),
        };
        place["message"] = json!({ "text": related.message });
        Some(place)
    }

    fn rule(&self, name: &str) -> Value {
        let Lookup::Known(rule) = rules::find(name) else { return json!({ "id": name }) };
        let mut descriptor = json!({
            "id": rule.name,
            "shortDescription": { "text": rule.headline.in_language(self.language) },
            "defaultConfiguration": { "level": level(rule.severity.name()) },
            "properties": { "tags": [rule.group] },
        });
        if let Some(page) = pages::page(rule.name) {
            descriptor["help"] = json!({ "text": page, "markdown": page });
            let address = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/v", env!("CARGO_PKG_VERSION"), "/crates/core/src/rules/pages/");
            descriptor["helpUri"] = json!(format!("{address}{}.md", rule.name));
        }
        descriptor
    }
}

fn location(path: &str, range: Range) -> Value {
    json!({ "physicalLocation": { "artifactLocation": artifact(path), "region": region(range) } })
}

fn fix(change: &Change, path: &str) -> Option<Value> {
    if change.edits.is_empty() {
        return None;
    }
    let replacement = |edit: &crate::Edit| {
        let mut replacement = json!({ "deletedRegion": region(edit.range) });
        if !edit.text.is_empty() {
            replacement["insertedContent"] = json!({ "text": edit.text });
        }
        replacement
    };
    let replacements: Vec<Value> = change.edits.iter().map(replacement).collect();
    Some(json!({
        "description": { "text": change.title },
        "artifactChanges": [{ "artifactLocation": artifact(path), "replacements": replacements }],
        "properties": { "applicability": change.applicability },
    }))
}

fn level(severity: &str) -> &'static str {
    match severity {
        "error" => "error",
        "warning" => "warning",
        _ => "note",
    }
}

fn artifact(path: &str) -> Value {
    let uri = utf8_percent_encode(path, PATH).to_string();
    // What lies outside the repository is not below its root.
    if path.starts_with('/') { json!({ "uri": format!("file://{uri}") }) } else { json!({ "uri": uri, "uriBaseId": "%SRCROOT%" }) }
}

fn region(range: Range) -> Value {
    json!({
        "startLine": range.start.line,
        "startColumn": range.start.column,
        "endLine": range.end.line,
        "endColumn": range.end.column,
    })
}

impl<W: Write> Output for Sarif<W> {
    fn finding(&mut self, told: &Told) -> io::Result<()> {
        if self.is_empty {
            self.head()?;
        }
        self.out.write_all(if self.is_empty { b"\n" } else { b",\n" })?;
        self.is_empty = false;
        let result = self.result(&told.finding);
        self.out.write_all(result.to_string().as_bytes())
    }

    fn trouble(&mut self, sentence: &str) -> io::Result<()> {
        self.troubles.push(json!({ "level": "error", "message": { "text": sentence } }));
        Ok(())
    }

    fn finish(&mut self, _: &Summary) -> io::Result<()> {
        if self.is_empty {
            self.head()?;
        }
        let mut invocation = json!({ "executionSuccessful": self.troubles.is_empty() });
        if !self.troubles.is_empty() {
            invocation["toolExecutionNotifications"] = Value::Array(std::mem::take(&mut self.troubles));
        }
        let rules: Vec<Value> = self.rules.iter().map(|rule| self.rule(rule)).collect();
        let driver = json!({
            "name": "Clearance",
            "semanticVersion": self.core.version,
            "version": format!("{}+{}", self.core.version, self.core.hash),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules,
        });
        writeln!(self.out, "\n],\"invocations\":[{invocation}],\"tool\":{{\"driver\":{driver}}}}}]}}")?;
        self.out.flush()
    }
}
