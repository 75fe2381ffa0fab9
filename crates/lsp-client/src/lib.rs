//! A client: starts a language server and drives it as an editor does. For tests and measurements.

mod editor;

use std::collections::HashMap;
use std::io::{self, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use lsp_server::{Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

pub use editor::{Editor, WholeEdit};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that runs, and what it has said.
#[derive(Debug)]
pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Message>,
    requests: i32,
    /// What it published last of each text, and how often.
    pub published: HashMap<String, (usize, Vec<Value>)>,
    /// What it asked for.
    pub asked: Vec<String>,
    /// What it said for those who look for faults.
    pub logged: Vec<String>,
    /// What it said to the person at the editor.
    pub shown: Vec<String>,
    /// What `workspace/configuration` is answered with.
    pub configuration: Value,
}

impl Client {
    /// Starts a server and opens a session with it.
    ///
    /// # Errors
    /// When it cannot be started, or does not answer.
    pub fn start(command: &mut Command, initialize: Value) -> io::Result<(Self, Value)> {
        let mut client = Self::spawn(command)?;
        let answer = client.request("initialize", initialize)?;
        client.notify("initialized", json!({}))?;
        Ok((client, answer))
    }

    /// Starts a server without a word to it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        let input = child.stdin.take();
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(Some(message)) = Message::read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let (published, asked, logged, shown) = (HashMap::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { child, input, messages, requests: 0, published, asked, logged, shown, configuration: Value::Null })
    }

    /// The server's process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// What the server reads, to write to it what is no message.
    pub fn input(&mut self) -> &mut Option<ChildStdin> {
        &mut self.input
    }

    fn send(&mut self, message: impl Into<Message>) -> io::Result<()> {
        match &mut self.input {
            Some(input) => message.into().write(input),
            None => Err(io::Error::other("the input is closed")),
        }
    }

    /// Tells the server something.
    ///
    /// # Errors
    /// When it does not take it.
    pub fn notify(&mut self, method: &str, params: Value) -> io::Result<()> {
        self.send(Notification { method: method.to_owned(), params })
    }

    /// Asks without waiting for the answer; returns by what it is known.
    ///
    /// # Errors
    /// When the server does not take it.
    pub fn ask(&mut self, method: &str, params: Value) -> io::Result<RequestId> {
        self.requests += 1;
        let id = RequestId::from(self.requests);
        self.send(Request { id: id.clone(), method: method.to_owned(), params })?;
        Ok(id)
    }

    /// Waits for an answer.
    ///
    /// # Errors
    /// When none comes in time, or the answer is an error.
    pub fn answer(&mut self, wanted: &RequestId) -> io::Result<Value> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.next(end)? {
                Message::Response(Response { id, response_result }) if id == *wanted => {
                    return response_result.map_err(|error| io::Error::other(format!("{}: {}", error.code, error.message)));
                }
                message => self.take(message)?,
            }
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// As for [`Self::answer`].
    pub fn request(&mut self, method: &str, params: Value) -> io::Result<Value> {
        let id = self.ask(method, params)?;
        self.answer(&id)
    }

    /// Takes in what comes until something holds.
    ///
    /// # Errors
    /// When it does not hold in time.
    pub fn wait(&mut self, what: &str, holds: impl Fn(&Self) -> bool) -> io::Result<()> {
        let end = Instant::now() + PATIENCE;
        while !holds(self) {
            let message =
                self.next(end).map_err(|error| io::Error::other(format!("waiting for {what}: {error}; logged: {:?}", self.logged)))?;
            self.take(message)?;
        }
        Ok(())
    }

    /// Takes in what has come for so long.
    ///
    /// # Errors
    /// When an answer to the server cannot be sent.
    pub fn rest(&mut self, time: Duration) -> io::Result<()> {
        let end = Instant::now() + time;
        while let Ok(message) = self.next(end) {
            self.take(message)?;
        }
        Ok(())
    }

    fn next(&mut self, end: Instant) -> io::Result<Message> {
        self.messages.recv_timeout(end.saturating_duration_since(Instant::now())).map_err(|error| match error {
            RecvTimeoutError::Timeout => io::Error::new(io::ErrorKind::TimedOut, "nothing came in time"),
            RecvTimeoutError::Disconnected => io::Error::new(io::ErrorKind::UnexpectedEof, "the server has ended"),
        })
    }

    fn take(&mut self, message: Message) -> io::Result<()> {
        match message {
            Message::Notification(Notification { method, params }) if method == "textDocument/publishDiagnostics" => {
                let name = params["uri"].as_str().unwrap_or_default().to_owned();
                let entry = self.published.entry(name).or_default();
                *entry = (entry.0 + 1, params["diagnostics"].as_array().cloned().unwrap_or_default());
            }
            Message::Notification(Notification { method, params }) => {
                let message = params["message"].as_str().unwrap_or_default().to_owned();
                match method.as_str() {
                    "window/logMessage" => self.logged.push(message),
                    "window/showMessage" => self.shown.push(message),
                    _ => {}
                }
            }
            Message::Request(Request { id, method, params }) => {
                let answer = if method == "workspace/configuration" {
                    let items = params["items"].as_array().cloned().unwrap_or_default();
                    items.iter().map(|item| self.configuration[item["section"].as_str().unwrap_or_default()].clone()).collect()
                } else {
                    Value::Null
                };
                self.asked.push(method);
                self.send(Response::new_ok(id, answer))?;
            }
            Message::Response(_) => {}
        }
        Ok(())
    }

    /// What was published last of a text.
    #[must_use]
    pub fn diagnostics(&self, uri: &str) -> &[Value] {
        self.published.get(uri).map_or(&[], |(_, diagnostics)| diagnostics)
    }

    /// How often something was published of a text.
    #[must_use]
    pub fn times(&self, uri: &str) -> usize {
        self.published.get(uri).map_or(0, |(times, _)| *times)
    }

    /// Closes what the server reads, and waits for its end; returns its exit code and how long it took.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn leave(mut self) -> io::Result<(Option<i32>, Duration)> {
        self.input = None;
        self.ended()
    }

    /// Says goodbye as the protocol wants it; returns the exit code.
    ///
    /// # Errors
    /// When the server does not answer or end in time.
    pub fn quit(mut self) -> io::Result<Option<i32>> {
        self.request("shutdown", Value::Null)?;
        self.notify("exit", Value::Null)?;
        Ok(self.ended()?.0)
    }

    /// Waits for the server's end.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn ended(&mut self) -> io::Result<(Option<i32>, Duration)> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok((status.code(), start.elapsed()));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the server does not end"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
