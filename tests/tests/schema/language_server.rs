//! `yaml-language-server`, from npm, spoken to as an editor does.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

/// How long any answer may take; it is only waited for so long when something is wrong.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running server.
pub struct LanguageServer {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    settings: Value,
    next: u64,
    told: BTreeMap<String, Vec<Value>>,
}

/// Where `cargo xtask test` installs it.
fn program() -> Result<PathBuf> {
    let program =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("yaml-language-server/node_modules/yaml-language-server/bin/yaml-language-server");
    ensure!(program.exists(), "{} is not there: `cargo xtask test` installs it, by npm", program.display());
    Ok(program)
}

impl LanguageServer {
    /// Starts it, with the settings of its section `yaml`.
    pub fn start(settings: &Value) -> Result<Self> {
        let mut child = Command::new("node")
            .arg(program()?)
            .arg("--stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run `node`: install Node.js 20 or later")?;
        let input = child.stdin.take().context("a pipe")?;
        let output = child.stdout.take().context("a pipe")?;
        let (send, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(message) = message(&mut output) {
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        let mut server = Self { child, input, messages, settings: settings.clone(), next: 1, told: BTreeMap::new() };
        let capabilities = json!({"workspace": {"configuration": true}, "textDocument": {"publishDiagnostics": {}, "hover": {}}});
        server.ask("initialize", &json!({"processId": std::process::id(), "rootUri": null, "capabilities": capabilities}))?;
        server.say("initialized", &json!({}))?;
        server.say("workspace/didChangeConfiguration", &json!({"settings": {"yaml": settings}}))?;
        Ok(server)
    }

    /// Opens a document.
    pub fn open(&mut self, uri: &str, text: &str) -> Result<()> {
        self.say("textDocument/didOpen", &json!({"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}}))
    }

    /// What it tells of documents, once it has told of so many.
    pub fn told(&mut self, documents: usize) -> Result<BTreeMap<String, Vec<Value>>> {
        while self.told.len() < documents {
            self.hear()?;
        }
        Ok(self.told.clone())
    }

    /// What it shows at a place.
    pub fn hover(&mut self, uri: &str, line: u32, character: u32) -> Result<Value> {
        self.ask("textDocument/hover", &json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}))
    }

    fn say(&mut self, method: &str, params: &Value) -> Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    fn ask(&mut self, method: &str, params: &Value) -> Result<Value> {
        let id = self.next;
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        loop {
            let message = self.hear()?;
            if message["id"] == id && message.get("method").is_none() {
                ensure!(message.get("error").is_none(), "{method}: {message}");
                return Ok(message["result"].clone());
            }
        }
    }

    /// The next message; what the server asks itself is answered.
    fn hear(&mut self) -> Result<Value> {
        let message = self.messages.recv_timeout(PATIENCE).context("the language server says nothing more")?;
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                let params = &message["params"];
                let uri = params["uri"].as_str().context("a document")?.to_owned();
                self.told.insert(uri, params["diagnostics"].as_array().cloned().unwrap_or_default());
            }
            Some(method) if !message["id"].is_null() => {
                let sections = message["params"]["items"].as_array().map(Vec::as_slice).unwrap_or_default();
                let of = |section: &Value| if section["section"] == "yaml" { self.settings.clone() } else { json!({}) };
                let result = if method == "workspace/configuration" { sections.iter().map(of).collect() } else { Value::Null };
                self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": result}))?;
            }
            _ => {}
        }
        Ok(message)
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        Ok(self.input.flush()?)
    }
}

impl Drop for LanguageServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn message(output: &mut impl BufRead) -> Result<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            bail!("the end");
        }
        match line.trim() {
            "" => break,
            line => {
                if let Some(number) = line.strip_prefix("Content-Length: ") {
                    length = Some(number.parse()?);
                }
            }
        }
    }
    let mut body = vec![0; length.context("a length")?];
    output.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}
