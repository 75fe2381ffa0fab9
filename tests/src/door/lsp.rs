//! The editor door: the language server, driven as an editor drives it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use clearance_core::{Content, Document, Limits};
use clearance_lsp_client::Editor;
use clearance_render::uri::uri;
use serde_json::{Value, json};

use super::{Binary, Door};
use crate::case::{Case, Expected, OperationKind};
use crate::observed::Observed;

/// A language server and an editor.
#[derive(Debug)]
pub struct Lsp {
    directory: tempfile::TempDir,
    session: Mutex<Session>,
}

#[derive(Debug)]
struct Session {
    editor: Editor,
    /// The folder that is open.
    folder: PathBuf,
}

impl Lsp {
    /// Starts the server; one serves all cases.
    pub fn new() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let folder = directory.path().join("nothing");
        std::fs::create_dir(&folder)?;
        let binary = Binary::new()?;
        let pulls = json!({ "textDocument": { "diagnostic": {} } });
        let editor = Editor::start(Command::new(binary.path()).arg("lsp"), &folder, &pulls, &json!({ "layers": {} }))?;
        Ok(Self { directory, session: Mutex::new(Session { editor, folder }) })
    }

    fn observed(editor: &Editor, name: &str, diagnostic: &Value) -> Result<Observed> {
        let message = diagnostic["message"].as_str().context("message")?;
        let severity = match diagnostic["severity"].as_u64() {
            Some(1) => "error",
            Some(2) => "warning",
            _ => "info",
        };
        Ok(Observed {
            rule: diagnostic["code"].as_str().context("code")?.to_owned(),
            severity: severity.to_owned(),
            path: diagnostic["data"]["path"].as_str().map(str::to_owned),
            underlined: Some(editor.within(name, &diagnostic["range"]).to_owned()),
            // What to do follows on the next line.
            message: message.lines().next().unwrap_or_default().to_owned(),
            unchanged: false,
        })
    }
}

impl Door for Lsp {
    fn name(&self) -> &'static str {
        "LSP"
    }

    fn take(&self, case: &Case) -> Result<Option<Expected>> {
        // An editor holds text, and knows of no update and no deletion.
        let Ok(text) = std::str::from_utf8(&case.input) else { return Ok(None) };
        if case.about.operation != OperationKind::Create {
            return Ok(None);
        }
        // It holds much that describes no cluster, and of that nothing is said.
        let contents = Document::read_all(text, Some(&case.file), &Limits::default());
        if !contents.iter().any(|content| matches!(content, Content::Cluster(_))) {
            return Ok(None);
        }
        // Of a Helm template nothing is said either, as of one that is found by the command line and not named to it.
        if text.contains("{{ .Values") {
            return Ok(None);
        }
        let folder = self.directory.path().join(case.name.replace('/', "-")).join("repository");
        std::fs::create_dir_all(&folder)?;
        let mut settings = String::new();
        if let Some(fleet) = &case.fleet {
            std::fs::write(folder.join("../fleet.yaml"), fleet)?;
            settings.push_str("fleet = [\"../fleet.yaml\"]\n");
        }
        let policies = case.policies()?;
        if let Some(directory) = &policies {
            writeln!(settings, "policies = '{}'", directory.path().join("policies.yaml").display())?;
        }
        if !settings.is_empty() {
            std::fs::write(folder.join("clearance.toml"), settings)?;
        }
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let Session { editor, folder: last } = &mut *session;
        let is = |folder: &PathBuf| json!({ "uri": uri(folder), "name": "repository" });
        let event = json!({ "added": [is(&folder)], "removed": [is(last)] });
        last.clone_from(&folder);
        editor.client.notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }))?;
        let settings = json!({ "complete": case.is_complete(), "now": case.now()?, "name": case.about.name });
        editor.client.notify("workspace/didChangeConfiguration", json!({ "settings": { "clearance": settings } }))?;
        let name = editor.open(&folder.join(&case.file), text)?;
        let report = editor.client.request("textDocument/diagnostic", json!({ "textDocument": { "uri": name } }))?;
        let items = report["items"].as_array().context("items")?;
        let findings = items.iter().map(|item| Self::observed(editor, &name, item)).collect::<Result<_>>()?;
        editor.close(&name)?;
        Ok(Some(Expected { findings, filled: Vec::new() }))
    }

    fn sees(&self, _: &Case, expected: &Expected) -> Expected {
        // What is filled in is shown as hints, not as a resource.
        Expected { filled: Vec::new(), ..expected.clone() }
    }
}
