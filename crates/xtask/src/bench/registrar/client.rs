//! A server as a process, and a connection to it that is kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};

/// A server that is ended when this is dropped.
pub(super) struct Server {
    child: Mutex<Child>,
    http: String,
    token: String,
    pub started: Instant,
}

impl Server {
    pub(super) fn start(binary: &Path, state: &Path) -> Result<Self> {
        let started = Instant::now();
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--listen-http", "127.0.0.1:0", "--doors", "registrar", "--log-level", "error"])
            .args(["--git-timeout", "2s", "--argocd-repository", "https://forge.example/tenant.git", "--state"])
            .arg(state)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        let out = child.stdout.take().context("a pipe")?;
        let mut http = String::new();
        for line in BufReader::new(out).lines() {
            let line = line?;
            if let Some(word) = line.split_whitespace().find_map(|word| word.strip_prefix("http://")) {
                word.clone_into(&mut http);
            }
            if line.contains(" CA ") {
                break;
            }
        }
        let token = std::fs::read_to_string(state.join("registrar/token")).context("the server did not start")?.trim().to_owned();
        Ok(Self { child: Mutex::new(child), http, token, started })
    }

    /// Ends it at once.
    pub(super) fn kill(&self) -> Result<()> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.kill()?;
        child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// A connection.
pub(super) struct Client<'s> {
    server: &'s Server,
    stream: BufReader<TcpStream>,
}

pub(super) struct Answer {
    pub status: u16,
    pub text: String,
}

impl<'s> Client<'s> {
    pub(super) fn of(server: &'s Server) -> Result<Self> {
        let stream = TcpStream::connect(&server.http)?;
        stream.set_nodelay(true)?;
        Ok(Self { server, stream: BufReader::new(stream) })
    }

    pub(super) fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        let Server { http, token, .. } = self.server;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {http}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no answer")?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
        }
        let mut text = vec![0; length];
        self.stream.read_exact(&mut text)?;
        Ok(Answer { status, text: String::from_utf8(text)? })
    }
}
