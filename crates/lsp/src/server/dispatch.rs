//! Which message asks for what.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use clearance_core::source::LineIndex;
use gen_lsp_types::{
    CodeActionParams, Diagnostic, DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidOpenTextDocumentParams, FileChangeType, InlayHintParams, PrepareRenamePlaceholder, ReferenceParams, RenameParams,
    TextDocumentPositionParams,
};
use lsp_server::{ErrorCode, Notification};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Failure, Server, document};
use crate::Error;
use crate::settings::Settings;
use crate::uri::{Folder, path, real};

/// What was sent, as what it should be.
fn read<T: DeserializeOwned>(params: Value) -> Result<T, Failure> {
    serde_json::from_value(params).map_err(|error| Failure::new(ErrorCode::InvalidParams, error.to_string()))
}

fn written(answer: impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(answer).map_err(|error| Failure::new(ErrorCode::InternalError, error.to_string()))
}

impl Server<'_> {
    /// Answers a request.
    pub(super) fn answer(&mut self, method: &str, params: Value) -> Result<Value, Failure> {
        match method {
            "shutdown" => {
                self.is_down = true;
                Ok(Value::Null)
            }
            "textDocument/codeAction" => written(self.code_actions(&read::<CodeActionParams>(params)?)),
            "textDocument/completion" => {
                let (uri, position) = at(params)?;
                written(self.completion(&uri, position))
            }
            "textDocument/hover" => {
                let (uri, position) = at(params)?;
                written(self.hover(&uri, position))
            }
            "textDocument/definition" => {
                let (uri, position) = at(params)?;
                written(self.locations(&uri, position, true, false))
            }
            "textDocument/references" => {
                let params: ReferenceParams = read(params)?;
                let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
                written(self.locations(&text_document.uri.0, position, false, params.context.include_declaration))
            }
            "textDocument/prepareRename" => {
                let (uri, position) = at(params)?;
                written(self.renamable(&uri, position).map(|(range, placeholder)| PrepareRenamePlaceholder { range, placeholder }))
            }
            "textDocument/rename" => {
                let params: RenameParams = read(params)?;
                let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
                written(self.rename(&text_document.uri.0, position, &params.new_name)?)
            }
            "textDocument/inlayHint" => {
                let params: InlayHintParams = read(params)?;
                written(self.inlay_hints(&params.text_document.uri.0, params.range))
            }
            "textDocument/documentSymbol" => written(self.symbols(&document(&params))),
            "textDocument/foldingRange" => written(self.folds(&document(&params))),
            "textDocument/diagnostic" => Ok(self.pulled(&params)),
            "workspace/diagnostic" => Ok(self.workspace(&params)),
            _ => Err(Failure::new(ErrorCode::MethodNotFound, format!("`{method}` is not known here"))),
        }
    }

    /// Takes note of something.
    pub(super) fn notice(&mut self, notification: Notification) -> Result<(), Error> {
        let Notification { method, params } = notification;
        match self.take_note(&method, params) {
            Ok(result) => result,
            Err(failure) => self.log(&format!("`{method}` could not be understood: {}", failure.message)),
        }
    }

    fn take_note(&mut self, method: &str, params: Value) -> Result<Result<(), Error>, Failure> {
        let result = match method {
            "initialized" => self.watch(),
            "textDocument/didOpen" => {
                let text = read::<DidOpenTextDocumentParams>(params)?.text_document;
                self.opened(&text.uri.0, text.version, text.text);
                Ok(())
            }
            "textDocument/didChange" => {
                let params: DidChangeTextDocumentParams = read(params)?;
                let name = params.text_document.text_document_identifier.uri.0;
                self.changed(&name, params.text_document.version, &params.content_changes)
            }
            "textDocument/didClose" => self.closed(&document(&params)),
            "textDocument/didSave" => {
                self.disk_changed(&path(&document(&params)).into_iter().collect::<Vec<_>>());
                Ok(())
            }
            "workspace/didChangeWatchedFiles" => {
                let changes = read::<DidChangeWatchedFilesParams>(params)?.changes;
                let gone = changes.iter().any(|change| change.kind == FileChangeType::Deleted);
                let files: Vec<_> = changes.iter().filter_map(|change| path(&change.uri.0)).collect();
                self.disk_changed(&files);
                if gone {
                    // Of a directory that goes, the client may tell of itself alone.
                    self.look_around(true);
                }
                Ok(())
            }
            "workspace/didChangeConfiguration" => {
                let settings = params.get("settings").filter(|settings| settings.get("clearance").is_some_and(Value::is_object));
                if let Some(settings) = settings {
                    self.settings = Settings::read_over(&self.options, settings);
                    self.load();
                }
                Ok(())
            }
            "workspace/didChangeWorkspaceFolders" => {
                let event = read::<DidChangeWorkspaceFoldersParams>(params)?.event;
                let removed: HashSet<_> = event.removed.iter().filter_map(|folder| path(&folder.uri.0)).map(|path| real(&path)).collect();
                self.folders.retain(|folder| !removed.contains(&folder.real));
                self.folders.extend(event.added.iter().filter_map(|folder| path(&folder.uri.0)).map(Folder::of));
                self.load();
                Ok(())
            }
            _ => Ok(()),
        };
        Ok(result)
    }

    /// Asks the client to tell of changes on disk.
    fn watch(&mut self) -> Result<(), Error> {
        if !self.client.watches {
            return Ok(());
        }
        self.watched = true;
        let watchers =
            ["**/*.yaml", "**/*.yml", "**/*.json", "**/*.wasm", "**/clearance.toml"].map(|pattern| json!({ "globPattern": pattern }));
        let registration =
            json!({ "id": "files", "method": "workspace/didChangeWatchedFiles", "registerOptions": { "watchers": watchers } });
        self.request("client/registerCapability", json!({ "registrations": [registration] }))
    }

    /// What was shown may be no longer so.
    pub(super) fn refresh(&mut self) -> Result<(), Error> {
        if self.client.pulls && self.client.refreshes {
            self.request("workspace/diagnostic/refresh", Value::Null)?;
        }
        if self.client.refreshes_hints {
            self.request("workspace/inlayHint/refresh", Value::Null)?;
        }
        Ok(())
    }

    /// The diagnostics of a text, for a client that asks.
    fn pulled(&mut self, params: &Value) -> Value {
        let name = document(params);
        let Some((repository, open)) = self.open(&name) else { return json!({ "kind": "full", "items": [] }) };
        let buffer = &open.buffer;
        let items = self.diagnostics(repository, &buffer.file, &buffer.text, &buffer.lines, buffer.version);
        let related = repository.is_related(&buffer.file);
        let id = result_id(&items, buffer.version);
        if let Some(open) = self.buffers.get_mut(&name) {
            open.told = Some(items.clone());
            open.related = related;
            open.is_new = false;
        }
        report(&id, params.get("previousResultId").and_then(Value::as_str), &items)
    }

    /// The diagnostics of everything.
    fn workspace(&self, params: &Value) -> Value {
        let previous: HashMap<&str, &str> = params
            .get("previousResultIds")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|previous| Some((previous.get("uri")?.as_str()?, previous.get("value")?.as_str()?)))
            .collect();
        // A file has several spellings as a URI, and is known again by the client's own alone.
        let spelled: HashMap<PathBuf, &str> = previous.keys().filter_map(|name| Some((real(&path(name)?), *name))).collect();
        let mut items: Vec<Value> = Vec::new();
        let mut told: HashSet<String> = HashSet::new();
        let mut tell = |name: String, version: Option<i32>, diagnostics: &[Diagnostic]| {
            let id = result_id(diagnostics, version.unwrap_or_default());
            let known = previous.get(name.as_str()).copied();
            if !diagnostics.is_empty() || known.is_some() {
                let mut report = report(&id, known, diagnostics);
                report["uri"] = json!(name);
                report["version"] = json!(version);
                items.push(report);
            }
            told.insert(name);
        };
        for (name, open) in &self.buffers {
            let Some((repository, _)) = self.open(name) else { continue };
            let buffer = &open.buffer;
            tell(
                name.clone(),
                Some(buffer.version),
                &self.diagnostics(repository, &buffer.file, &buffer.text, &buffer.lines, buffer.version),
            );
        }
        for (repository, file, text) in self.closed_suspects() {
            let name = spelled.get(&file).map_or_else(|| self.closed_uri(&file).0, |name| (*name).to_owned());
            tell(name, None, &self.diagnostics(repository, &file, &text, &LineIndex::new(&text), 0));
        }
        // What had something to tell, and has no more.
        let silent: Vec<&str> = previous.keys().copied().filter(|name| !told.contains(*name)).collect();
        items.extend(silent.into_iter().map(|name| json!({ "kind": "full", "uri": name, "version": null, "items": [] })));
        json!({ "items": items })
    }
}

/// The text and the position that parameters are about.
fn at(params: Value) -> Result<(String, gen_lsp_types::Position), Failure> {
    let params: TextDocumentPositionParams = read(params)?;
    Ok((params.text_document.uri.0, params.position))
}

/// By what a report is known again.
fn result_id(items: &[Diagnostic], version: i32) -> String {
    let mut hasher = DefaultHasher::new();
    version.hash(&mut hasher);
    let mut items = serde_json::to_value(items).unwrap_or_default();
    for data in items.as_array_mut().into_iter().flatten().filter_map(|item| item.get_mut("data")?.as_object_mut()) {
        // Most of what moves the fleet says nothing of this text.
        data.remove("state");
    }
    items.to_string().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn report(id: &str, previous: Option<&str>, items: &[Diagnostic]) -> Value {
    if previous == Some(id) {
        return json!({ "kind": "unchanged", "resultId": id });
    }
    json!({ "kind": "full", "resultId": id, "items": items })
}
