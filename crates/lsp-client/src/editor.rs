//! What an editor does with a server: it opens, types, completes, fixes, renames and closes, and makes
//! the edits that the server offers.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use clearance_core::source::{Encoding, LineIndex, Position};
use clearance_render::uri::{path, uri};
use serde_json::{Value, json};

use crate::Client;

/// An editor with its open texts.
#[derive(Debug)]
pub struct Editor {
    /// The session.
    pub client: Client,
    /// What the server can do.
    pub server: Value,
    texts: BTreeMap<String, (i32, String)>,
    encoding: Encoding,
}

/// An edit of several files, as the protocol has it.
pub type WholeEdit = Value;

impl Editor {
    /// Starts a server for a folder. `capabilities` are added to those that every editor has.
    ///
    /// # Errors
    /// When the server cannot be started.
    pub fn start(command: &mut Command, folder: &Path, capabilities: &Value, options: &Value) -> io::Result<Self> {
        let mut all = json!({
            "general": { "positionEncodings": ["utf-16"] },
            "textDocument": {
                "publishDiagnostics": { "relatedInformation": true, "codeDescriptionSupport": true, "dataSupport": true },
                "completion": { "completionItem": { "snippetSupport": false } },
                "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix", "source"] } } },
            },
            "workspace": { "workspaceEdit": { "documentChanges": true, "resourceOperations": ["rename"] }, "configuration": true },
        });
        merge(&mut all, capabilities);
        let folder = json!([{ "uri": uri(folder), "name": "repository" }]);
        let params = json!({ "processId": std::process::id(), "rootUri": null, "workspaceFolders": folder, "capabilities": all, "initializationOptions": options });
        let (client, server) = Client::start(command, params)?;
        let encoding = match server.pointer("/capabilities/positionEncoding").and_then(Value::as_str) {
            Some("utf-8") => Encoding::Utf8,
            Some("utf-32") => Encoding::CodePoints,
            _ => Encoding::Utf16,
        };
        Ok(Self { client, server, texts: BTreeMap::new(), encoding })
    }

    /// Opens a text; returns its name.
    ///
    /// # Errors
    /// When the server does not take it.
    pub fn open(&mut self, file: &Path, text: &str) -> io::Result<String> {
        let name = uri(file);
        let language = if file.extension().is_some_and(|extension| extension == "json") { "json" } else { "yaml" };
        self.texts.insert(name.clone(), (1, text.to_owned()));
        let document = json!({ "uri": name, "languageId": language, "version": 1, "text": text });
        self.client.notify("textDocument/didOpen", json!({ "textDocument": document }))?;
        Ok(name)
    }

    /// The text as it stands.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", |(_, text)| text)
    }

    /// The position of an offset.
    #[must_use]
    pub fn position(&self, name: &str, offset: usize) -> Value {
        let text = self.text(name);
        let at = LineIndex::new(text).position(text, u32::try_from(offset).unwrap_or(u32::MAX), self.encoding);
        json!({ "line": at.line, "character": at.column })
    }

    fn offset(&self, text: &str, position: &Value) -> usize {
        let number = |key: &str| position[key].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
        LineIndex::new(text).offset(text, Position { line: number("line"), column: number("character") }, self.encoding) as usize
    }

    /// The part of a text that a range covers.
    #[must_use]
    pub fn within(&self, name: &str, range: &Value) -> &str {
        let text = self.text(name);
        text.get(self.offset(text, &range["start"])..self.offset(text, &range["end"])).unwrap_or_default()
    }

    /// Replaces a part of a text, as one edit.
    ///
    /// # Errors
    /// When the server does not take it.
    pub fn replace(&mut self, name: &str, range: std::ops::Range<usize>, with: &str) -> io::Result<()> {
        let change = json!({ "range": { "start": self.position(name, range.start), "end": self.position(name, range.end) }, "text": with });
        let Some((version, text)) = self.texts.get_mut(name) else { return Err(io::Error::other("it is not open")) };
        text.replace_range(range, with);
        *version += 1;
        let document = json!({ "uri": name, "version": version });
        self.client.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }))
    }

    /// Types a text character by character; returns where it ends.
    ///
    /// # Errors
    /// When the server does not take it.
    pub fn type_at(&mut self, name: &str, mut offset: usize, text: &str) -> io::Result<usize> {
        for character in text.chars() {
            self.replace(name, offset..offset, &character.to_string())?;
            offset += character.len_utf8();
        }
        Ok(offset)
    }

    /// Waits until something was published of this very text, and returns it.
    ///
    /// # Errors
    /// When nothing comes in time.
    pub fn settled(&mut self, name: &str) -> io::Result<Vec<Value>> {
        // Requests are answered in order: what was typed before the first has been taken in once it is answered. What
        // is published comes after the answers of the same turn, and before that of a question that is asked later.
        for _ in 0..2 {
            self.client.request("textDocument/foldingRange", json!({ "textDocument": { "uri": name } }))?;
        }
        Ok(self.client.diagnostics(name).to_vec())
    }

    /// Asks about a position.
    ///
    /// # Errors
    /// When the server answers with an error.
    pub fn ask_at(&mut self, method: &str, name: &str, offset: usize, more: &Value) -> io::Result<Value> {
        let mut params = json!({ "textDocument": { "uri": name }, "position": self.position(name, offset) });
        merge(&mut params, more);
        self.client.request(&format!("textDocument/{method}"), params)
    }

    /// What may be written at an offset.
    ///
    /// # Errors
    /// When the server answers with an error.
    pub fn complete(&mut self, name: &str, offset: usize) -> io::Result<Vec<Value>> {
        let list = self.ask_at("completion", name, offset, &json!({}))?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    /// Takes a completion; returns where the cursor stands then.
    ///
    /// # Errors
    /// When the server does not take the edit.
    pub fn accept(&mut self, name: &str, item: &Value) -> io::Result<usize> {
        let text = self.text(name);
        let range = &item["textEdit"]["range"];
        let (start, end) = (self.offset(text, &range["start"]), self.offset(text, &range["end"]));
        let new = item["textEdit"]["newText"].as_str().unwrap_or_default();
        self.replace(name, start..end, new)?;
        Ok(start + new.len())
    }

    /// What can be done about some diagnostics of a text.
    ///
    /// # Errors
    /// When the server answers with an error.
    pub fn actions(&mut self, name: &str, diagnostics: &[Value]) -> io::Result<Vec<Value>> {
        let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
        let range = diagnostics.first().map_or(whole, |first| first["range"].clone());
        let context = json!({ "diagnostics": diagnostics });
        let actions = self
            .client
            .request("textDocument/codeAction", json!({ "textDocument": { "uri": name }, "range": range, "context": context }))?;
        Ok(actions.as_array().cloned().unwrap_or_default())
    }

    /// Makes an edit: of open texts in the editor, of others on disk.
    ///
    /// # Errors
    /// When a file cannot be changed.
    pub fn apply(&mut self, edit: &WholeEdit) -> io::Result<()> {
        for (name, edits) in edit["changes"].as_object().into_iter().flatten() {
            self.edit_file(name, edits)?;
        }
        for change in edit["documentChanges"].as_array().into_iter().flatten() {
            if change["kind"] == "rename" {
                let file = |key: &str| path(change[key].as_str().unwrap_or_default()).unwrap_or_default();
                self.rename_file(&file("oldUri"), &file("newUri"))?;
            } else {
                let name = change["textDocument"]["uri"].as_str().unwrap_or_default().to_owned();
                if let (Some(version), Some((own, _))) = (change["textDocument"]["version"].as_i64(), self.texts.get(&name))
                    && version != i64::from(*own)
                {
                    return Err(io::Error::other(format!("the edit is for version {version}, the text is at {own}")));
                }
                self.edit_file(&name, &change["edits"])?;
            }
        }
        Ok(())
    }

    fn edit_file(&mut self, name: &str, edits: &Value) -> io::Result<()> {
        let file = path(name).unwrap_or_default();
        let is_open = self.texts.contains_key(name);
        let text = if is_open { self.text(name).to_owned() } else { fs::read_to_string(&file)? };
        let ranges = edits.as_array().into_iter().flatten();
        let mut ranges: Vec<(usize, usize, &str)> = ranges
            .map(|edit| {
                (
                    self.offset(&text, &edit["range"]["start"]),
                    self.offset(&text, &edit["range"]["end"]),
                    edit["newText"].as_str().unwrap_or_default(),
                )
            })
            .collect();
        ranges.sort_by_key(|(start, end, _)| (*start, *end));
        if is_open {
            for (start, end, new) in ranges.into_iter().rev() {
                self.replace(name, start..end, new)?;
            }
            return Ok(());
        }
        let mut text = text;
        for (start, end, new) in ranges.into_iter().rev() {
            text.replace_range(start..end, new);
        }
        fs::write(&file, text)?;
        self.disk_changed(&[(file, 2)])
    }

    fn rename_file(&mut self, from: &PathBuf, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        let name = uri(from);
        if let Some((_, text)) = self.texts.get(&name).cloned() {
            self.close(&name)?;
            self.open(to, &text)?;
        }
        self.disk_changed(&[(from.clone(), 3), (to.to_owned(), 1)])
    }

    /// Tells of files that were made (1), changed (2) or taken away (3).
    ///
    /// # Errors
    /// When the server does not take it.
    pub fn disk_changed(&mut self, files: &[(PathBuf, u8)]) -> io::Result<()> {
        let changes: Vec<Value> = files.iter().map(|(file, kind)| json!({ "uri": uri(file), "type": kind })).collect();
        self.client.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }))
    }

    /// Saves a text to its file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&mut self, name: &str) -> io::Result<()> {
        fs::write(path(name).unwrap_or_default(), self.text(name))?;
        self.client.notify("textDocument/didSave", json!({ "textDocument": { "uri": name } }))
    }

    /// Closes a text.
    ///
    /// # Errors
    /// When the server does not take it.
    pub fn close(&mut self, name: &str) -> io::Result<()> {
        self.texts.remove(name);
        self.client.notify("textDocument/didClose", json!({ "textDocument": { "uri": name } }))
    }
}

/// Adds to an object what another one has.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (into, from) => *into = from.clone(),
    }
}
