//! Messages in and out, within bounds: a client may send garbage, never read, or die.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use lsp_server::{Message, RequestId};
use serde::Deserialize;

use crate::salvage;

/// The longest message, in bytes: a buffer of ten megabytes has room in it, escaped.
const LONGEST: u64 = 64 << 20;
/// The longest line of a header, and how many there may be.
const LONGEST_HEADER: u64 = 1 << 10;
const MOST_HEADERS: usize = 32;
/// How many messages wait for a client that does not read.
const WAITING: usize = 4_096;
/// How long the last messages may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// What comes in.
#[derive(Debug)]
pub(crate) enum Event {
    /// A message.
    Message(Message),
    /// A body that is no message; the next one may be.
    Garbled(String),
    /// A message that is too long to be taken in, and was passed over.
    TooLong(Passed),
    /// Nothing can be understood any more.
    Broken(String),
    /// The client has closed its end.
    Closed,
}

/// What is known of a message that was passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Passed {
    /// In bytes.
    #[serde(skip)]
    pub length: u64,
    /// Where it is a request.
    pub id: Option<RequestId>,
    pub method: Option<String>,
    params: About,
}

/// What a message is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct About {
    text_document: Named,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    uri: String,
}

impl Passed {
    /// The text that it is about.
    pub(crate) fn document(&self) -> &str {
        &self.params.text_document.uri
    }
}

/// Both directions.
pub(crate) struct Transport {
    incoming: Receiver<Event>,
    outgoing: Mutex<Option<SyncSender<Message>>>,
    written: Receiver<()>,
}

impl Transport {
    /// Starts to read and to write.
    pub(crate) fn new(input: impl Read + Send + 'static, output: impl Write + Send + 'static) -> Self {
        let (events, incoming) = sync_channel(WAITING);
        let (outgoing, messages) = sync_channel::<Message>(WAITING);
        let (done, written) = sync_channel(1);
        thread::spawn(move || read(input, &events));
        thread::spawn(move || {
            write(output, &messages);
            let _ = done.send(());
        });
        Self { incoming, outgoing: Mutex::new(Some(outgoing)), written }
    }

    /// The next event; nothing when none has come for so long.
    pub(crate) fn next(&self, patience: Duration) -> Option<Event> {
        match self.incoming.recv_timeout(patience) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Event::Closed),
        }
    }

    /// The next event if it is there already.
    pub(crate) fn waiting(&self) -> Option<Event> {
        self.incoming.try_recv().ok()
    }

    /// Sends a message; returns whether there was room for it. To a client that is gone all is sent.
    pub(crate) fn send(&self, message: impl Into<Message>) -> bool {
        let outgoing = self.outgoing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(outgoing) = outgoing.as_ref() else { return true };
        !matches!(outgoing.try_send(message.into()), Err(TrySendError::Full(_)))
    }

    /// Waits until everything is written, but not for long.
    pub(crate) fn finish(&self) {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner).take();
        let _ = self.written.recv_timeout(GOODBYE);
    }
}

fn write(mut output: impl Write, messages: &Receiver<Message>) {
    while let Ok(message) = messages.recv() {
        if message.write(&mut output).is_err() {
            return;
        }
    }
}

fn read(input: impl Read, events: &SyncSender<Event>) {
    let mut input = BufReader::new(input);
    loop {
        let event = match body(&mut input) {
            Ok(Some(Body::Whole(body))) => message(body),
            Ok(Some(Body::Passed(passed))) => Event::TooLong(passed),
            Ok(None) => Event::Closed,
            Err(why) => Event::Broken(why),
        };
        let is_last = matches!(event, Event::Closed | Event::Broken(_));
        if events.send(event).is_err() || is_last {
            return;
        }
    }
}

/// What comes after a header.
enum Body {
    Whole(Vec<u8>),
    Passed(Passed),
}

/// The body of the next message; nothing at the end.
fn body(input: &mut impl BufRead) -> Result<Option<Body>, String> {
    let mut length = None;
    for _ in 0..MOST_HEADERS {
        let mut line = Vec::new();
        let read = input.by_ref().take(LONGEST_HEADER).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        if read == 0 {
            return Ok(None);
        }
        let Some(line) = line.strip_suffix(b"\n") else { return Err("a line of the header does not end".to_owned()) };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            let length: u64 = length.ok_or("there is no `Content-Length`")?;
            if length > LONGEST {
                return pass_over(input, length);
            }
            let mut body = Vec::new();
            // A length that is only claimed takes no memory.
            let read = input.by_ref().take(length).read_to_end(&mut body).map_err(|error| error.to_string())?;
            return Ok((read as u64 == length).then_some(Body::Whole(body)));
        }
        let text = str::from_utf8(line).map_err(|_| "a line of the header is no text")?;
        let (name, value) = text.split_once(':').ok_or("a line of the header has no colon")?;
        if name.trim().eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse().map_err(|_| "`Content-Length` is no number")?);
        }
    }
    Err("the header has too many lines".to_owned())
}

/// Reads a body without keeping it, but for who asks and what it is about; nothing where it does not end.
fn pass_over(input: &mut impl BufRead, length: u64) -> Result<Option<Body>, String> {
    let mut rest = input.by_ref().take(length);
    // Of what cannot be read nothing is known but its length.
    let passed = serde_json::from_reader(&mut rest).unwrap_or_default();
    std::io::copy(&mut rest, &mut std::io::sink()).map_err(|error| error.to_string())?;
    Ok((rest.limit() == 0).then_some(Body::Passed(Passed { length, ..passed })))
}

fn message(body: Vec<u8>) -> Event {
    match serde_json::from_slice(&body) {
        Ok(message) => Event::Message(message),
        Err(error) => {
            // Half a character is no fault of the client's: its text may hold one between two edits.
            let mended = String::from_utf8(body).ok().and_then(|text| serde_json::from_str(&salvage::mark(&text)).ok());
            mended.map_or_else(|| Event::Garbled(error.to_string()), Event::Message)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn events(input: &[u8]) -> Vec<String> {
        let (sender, receiver) = sync_channel(WAITING);
        read(Cursor::new(input.to_vec()), &sender);
        drop(sender);
        receiver
            .iter()
            .map(|event| match event {
                Event::Message(_) => "message".to_owned(),
                Event::Garbled(_) => "garbled".to_owned(),
                Event::TooLong(passed) => format!("{:?} {:?} {}", passed.id.is_some(), passed.method, passed.document()),
                Event::Broken(why) => why,
                Event::Closed => "closed".to_owned(),
            })
            .collect()
    }

    #[test]
    fn garbage_is_refused_or_passed_over() {
        let message = "{\"jsonrpc\":\"2.0\",\"method\":\"x\"}";
        let framed = format!("content-length: {}\r\nContent-Type: x\r\n\r\n{message}", message.len());
        assert_eq!(events(framed.as_bytes()), ["message", "closed"]);
        assert_eq!(events(format!("Content-Length: 3\r\n\r\n{{}}x{framed}").as_bytes()), ["garbled", "message", "closed"]);
        assert_eq!(events(b"Content-Length: 10\r\n\r\n{}"), ["closed"]);
        assert_eq!(events(b""), ["closed"]);
        assert_eq!(events(b"GET / HTTP/1.1\r\n\r\n"), ["a line of the header has no colon"]);
        assert_eq!(events(b"Content-Length: 99999999999\r\n\r\n"), ["closed"]);
        assert_eq!(events(b"Content-Length: -1\r\n\r\n"), ["`Content-Length` is no number"]);
        assert_eq!(events(b"\r\n\r\n"), ["there is no `Content-Length`"]);
        assert_eq!(events(&[b'x'; 5_000]), ["a line of the header does not end"]);
        assert_eq!(events(&[b"a: b\r\n".repeat(50), b"\r\n".to_vec()].concat()), ["the header has too many lines"]);
        // What is too long is passed over, wherever in it it says what it is, and whether it can be read or not.
        let long = "x".repeat(usize::try_from(LONGEST).expect("a size") + 1);
        for (body, known) in [
            (
                format!("{{\"params\":{{\"textDocument\":{{\"text\":\"{long}\",\"uri\":\"file:///x\"}}}},\"method\":\"y\",\"id\":7}}"),
                "true Some(\"y\") file:///x",
            ),
            (long, "false None "),
        ] {
            assert_eq!(events(format!("Content-Length: {}\r\n\r\n{body}{framed}", body.len()).as_bytes()), [known, "message", "closed"]);
        }
        let deep = "[".repeat(100_000);
        assert_eq!(events(format!("Content-Length: {}\r\n\r\n{deep}", deep.len()).as_bytes()), ["garbled", "closed"]);
    }
}
