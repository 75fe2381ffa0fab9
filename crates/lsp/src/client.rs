//! What the client can do, and what it is told that we can.

use clearance_core::Language;
use clearance_core::source::Encoding;
use serde_json::{Value, json};

/// What the client can do.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one capability of the protocol")]
pub(crate) struct Client {
    pub encoding: Encoding,
    /// It asks for diagnostics itself.
    pub pulls: bool,
    /// It can be told that they have changed.
    pub refreshes: bool,
    /// It can be told that hints have changed.
    pub refreshes_hints: bool,
    /// It tells what changes on disk, when asked to.
    pub watches: bool,
    pub related: bool,
    /// Completions may hold places for a person to fill in.
    pub snippets: bool,
    /// Edits may say which version of a text they are for.
    pub versions: bool,
    /// Edits may rename files.
    pub renames: bool,
    /// The language of its user.
    pub language: Option<Language>,
}

impl Client {
    /// Reads the parameters of `initialize`, leniently: what is not understood is not there.
    pub(crate) fn new(params: &Value) -> Self {
        let capability = |pointer: &str| params.pointer(&format!("/capabilities{pointer}"));
        let can = |pointer: &str| capability(pointer).and_then(Value::as_bool).unwrap_or_default();
        let has = |pointer: &str, word: &str| {
            capability(pointer).and_then(Value::as_array).is_some_and(|words| words.iter().any(|known| known == word))
        };
        let encodings = capability("/general/positionEncodings").and_then(Value::as_array);
        let offered = |word: &str| encodings.is_some_and(|offered| offered.iter().any(|known| known == word));
        let encoding = if offered("utf-8") {
            Encoding::Utf8
        } else if offered("utf-16") || !offered("utf-32") {
            Encoding::Utf16
        } else {
            Encoding::CodePoints
        };
        Self {
            encoding,
            pulls: capability("/textDocument/diagnostic").is_some_and(Value::is_object),
            refreshes: can("/workspace/diagnostics/refreshSupport"),
            refreshes_hints: can("/workspace/inlayHint/refreshSupport"),
            watches: can("/workspace/didChangeWatchedFiles/dynamicRegistration"),
            related: can("/textDocument/publishDiagnostics/relatedInformation") || can("/textDocument/diagnostic/relatedInformation"),
            snippets: can("/textDocument/completion/completionItem/snippetSupport"),
            versions: can("/workspace/workspaceEdit/documentChanges"),
            renames: can("/workspace/workspaceEdit/documentChanges") && has("/workspace/workspaceEdit/resourceOperations", "rename"),
            language: params.get("locale").and_then(Value::as_str).and_then(Language::from_tag),
        }
    }

    /// What we can do, for this client.
    pub(crate) fn answer(&self) -> Value {
        let encoding = match self.encoding {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::CodePoints => "utf-32",
        };
        json!({
            "capabilities": {
                "positionEncoding": encoding,
                "textDocumentSync": { "openClose": true, "change": 2, "save": { "includeText": false } },
                "codeActionProvider": { "codeActionKinds": ["quickfix", crate::actions::FIX_ALL] },
                "completionProvider": { "triggerCharacters": [":", " ", "\"", "-"] },
                "definitionProvider": true,
                "diagnosticProvider": self.pulls.then(|| json!({
                    "identifier": crate::diagnostics::SOURCE, "interFileDependencies": true, "workspaceDiagnostics": true,
                })),
                "documentSymbolProvider": true,
                "foldingRangeProvider": true,
                "hoverProvider": true,
                "inlayHintProvider": true,
                "referencesProvider": true,
                "renameProvider": { "prepareProvider": true },
                "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
            },
            "serverInfo": { "name": "clearance", "version": env!("CARGO_PKG_VERSION") },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_negotiated() {
        let encoding = |offered: Value| Client::new(&json!({"capabilities": {"general": {"positionEncodings": offered}}})).encoding;
        assert_eq!(encoding(json!(["utf-16", "utf-8"])), Encoding::Utf8);
        assert_eq!(encoding(json!(["utf-32"])), Encoding::CodePoints);
        assert_eq!(encoding(json!(["utf-32", "utf-16"])), Encoding::Utf16);
        for odd in [json!([]), json!("utf-8"), json!(null), json!(["x"]), json!([1])] {
            assert_eq!(encoding(odd), Encoding::Utf16);
        }
        assert_eq!(Client::new(&json!(null)).encoding, Encoding::Utf16);
    }
}
