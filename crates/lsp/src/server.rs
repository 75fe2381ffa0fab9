//! The one thread that does the work: takes in what has come, answers, and tells what has changed.

mod dispatch;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clearance_core::Limits;
use clearance_files::read;
use gen_lsp_types::{Diagnostic, PublishDiagnosticsParams, TextDocumentContentChangeEvent};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use crate::Error;
use crate::buffer::Buffer;
use crate::client::Client;
use crate::disk;
use crate::editor::Editor;
use crate::repository::Repository;
use crate::settings::Settings;
use crate::transport::{Event, Passed, Transport};
use crate::uri::{Folder, path, real};

/// How a client left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As the protocol wants it.
    Orderly,
    /// Without a word.
    Gone,
}

/// Why a request is not answered.
pub(crate) struct Failure {
    code: ErrorCode,
    message: String,
    data: Option<Value>,
}

impl Failure {
    /// What was asked for cannot be done, for a reason that a person should read.
    pub(crate) fn refused(why: &str) -> Self {
        Self { code: ErrorCode::RequestFailed, message: why.to_owned(), data: None }
    }

    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }
}

/// A text that is open.
pub(crate) struct Open {
    pub buffer: Buffer,
    repository: usize,
    /// What the client knows of it.
    told: Option<Vec<Diagnostic>>,
    /// Whether others had something to say of it.
    related: bool,
    /// Whether its text has changed since something was told.
    is_new: bool,
}

/// Everything.
#[expect(clippy::struct_excessive_bools, reason = "each is what has happened since something was told")]
pub(crate) struct Server<'t> {
    transport: &'t Transport,
    pub client: Client,
    /// What the client set when it started.
    options: Value,
    pub settings: Settings,
    pub buffers: BTreeMap<String, Open>,
    /// The first is for what lies in none.
    repositories: Vec<Repository>,
    pub folders: Vec<Folder>,
    /// Whether clusters stand to each other in another way than when something was told.
    moved: bool,
    /// When the disk is looked at again: the few files that say what counts, and all of it.
    next_look: Instant,
    next_walk: Instant,
    /// Whether everything was read anew, so that nothing that was told need be so any more.
    is_anew: bool,
    watched: bool,
    requests: i32,
    is_down: bool,
    /// Whether settings were read since something was told of them.
    is_unsettled: bool,
    /// What the client knows of the files of settings.
    config_told: BTreeMap<PathBuf, Vec<Diagnostic>>,
    unread_told: BTreeSet<String>,
}

/// How often the disk is looked at: all of it rarely where the client tells of changes, though it may not
/// tell of directories that go, and never for more than a fiftieth of the time. Of what lies outside of its
/// folders few clients tell.
const LOOK: Duration = Duration::from_secs(1);
const LOOK_WHERE_WATCHED: Duration = Duration::from_secs(10);
const SHARE: u32 = 50;
/// How many messages are taken together.
const TOGETHER: usize = 1_000;
/// From how many changes on disk on all of it is looked at.
const MANY: usize = 50;

/// Serves a client from its first message to its last.
pub(crate) fn run(transport: &Transport) -> Result<End, Error> {
    let Some(params) = initialize(transport)? else { return Ok(End::Gone) };
    let editor = Editor::of(&params);
    let mut server = Server::new(transport, &params);
    loop {
        if editor.is_gone() {
            return Ok(End::Gone);
        }
        let patience = server.next_look.saturating_duration_since(Instant::now()).min(editor.patience());
        let mut batch: Vec<Event> = transport.next(patience).into_iter().collect();
        while batch.len() < TOGETHER
            && let Some(event) = transport.waiting()
        {
            batch.push(event);
        }
        if let Some(end) = server.take(batch)? {
            return Ok(end);
        }
        if Instant::now() >= server.next_look {
            server.look_around(Instant::now() >= server.next_walk);
        }
        server.tell()?;
    }
}

/// Waits for the first request; returns its parameters.
fn initialize(transport: &Transport) -> Result<Option<Value>, Error> {
    loop {
        match transport.next(Duration::from_hours(1)) {
            Some(Event::Message(Message::Request(request))) if request.method == "initialize" => {
                let client = Client::new(&request.params);
                transport.send(Response::new_ok(request.id, client.answer()));
                return Ok(Some(request.params));
            }
            Some(Event::Message(Message::Request(request))) => {
                let code = ErrorCode::ServerNotInitialized as i32;
                transport.send(Response::new_err(request.id, code, "`initialize` comes first".to_owned()));
            }
            Some(Event::Message(Message::Notification(notification))) if notification.method == "exit" => return Ok(None),
            Some(Event::Closed) => return Ok(None),
            Some(Event::Broken(why)) => return Err(Error::Protocol(why)),
            Some(Event::Garbled(_) | Event::TooLong(_) | Event::Message(_)) | None => {}
        }
    }
}

impl<'t> Server<'t> {
    fn new(transport: &'t Transport, params: &Value) -> Self {
        let client = Client::new(params);
        let options = params.get("initializationOptions").cloned().unwrap_or_default();
        let settings = Settings::read(&options);
        let named = params.get("workspaceFolders").and_then(Value::as_array).into_iter().flatten();
        let mut folders: Vec<Folder> = named.filter_map(|folder| path(folder.get("uri")?.as_str()?)).map(Folder::of).collect();
        if folders.is_empty() {
            let root = params.get("rootUri").and_then(Value::as_str).and_then(path);
            let root = root.or_else(|| params.get("rootPath").and_then(Value::as_str).map(PathBuf::from));
            folders.extend(root.map(Folder::of));
        }
        let mut server = Self {
            transport,
            client,
            options,
            settings,
            buffers: BTreeMap::new(),
            repositories: Vec::new(),
            folders,
            moved: false,
            next_look: Instant::now() + LOOK,
            next_walk: Instant::now() + LOOK,
            is_anew: false,
            watched: false,
            requests: 0,
            is_down: false,
            is_unsettled: true,
            config_told: BTreeMap::new(),
            unread_told: BTreeSet::new(),
        };
        server.load();
        server.is_anew = false;
        server
    }

    /// Reads everything anew.
    fn load(&mut self) {
        self.repositories = vec![Repository::load(None, &self.settings, &self.client)];
        for folder in self.folders.clone() {
            if !self.repositories.iter().any(|known| known.root.as_ref() == Some(&folder.real)) {
                self.repositories.push(Repository::load(Some(folder.real), &self.settings, &self.client));
            }
        }
        for name in self.buffers.keys().cloned().collect::<Vec<_>>() {
            self.settle(&name);
        }
        self.moved = true;
        self.is_anew = true;
        self.is_unsettled = true;
    }

    /// The repository that a file belongs to: the nearest around it; it is read if it is not known yet.
    fn repository_of(&mut self, file: &Path) -> usize {
        if !file.is_absolute() {
            return self.home_of(file);
        }
        if let Some(index) = self.deepest(file) {
            return index;
        }
        match disk::root_of(file) {
            Some(root) => {
                self.repositories.push(Repository::load(Some(root), &self.settings, &self.client));
                self.is_unsettled = true;
                self.repositories.len() - 1
            }
            None => 0,
        }
    }

    /// Where a text belongs that is in no file: what was never saved is meant for the folder that is open, if it is one;
    /// what is shown by other means, as a file's past, stays alone.
    fn home_of(&self, name: &Path) -> usize {
        let [folder] = self.folders.as_slice() else { return 0 };
        let is_folder = |repository: &Repository| repository.root.as_ref() == Some(&folder.real);
        if is_unsaved(name) { self.repositories.iter().position(is_folder).unwrap_or_default() } else { 0 }
    }

    /// The nearest repository around a file that is known.
    fn deepest(&self, file: &Path) -> Option<usize> {
        let depth = |repository: &Repository| repository.root.as_ref().map_or(0, |root| root.components().count());
        let known = self.repositories.iter().enumerate().filter(|(_, repository)| repository.holds(file));
        known.max_by_key(|(_, repository)| depth(repository)).map(|(index, _)| index)
    }

    /// Puts an open text into its repository.
    fn settle(&mut self, name: &str) {
        let Some(file) = self.buffers.get(name).map(|open| open.buffer.file.clone()) else { return };
        let index = self.repository_of(&file);
        if let (Some(open), Some(repository)) = (self.buffers.get_mut(name), self.repositories.get_mut(index)) {
            open.repository = index;
            open.is_new = true;
            // A file's past exists no more.
            if file.is_absolute() || is_unsaved(&file) {
                self.moved |= repository.put(&file, &open.buffer.text);
            }
        }
    }

    /// An open text and its repository.
    pub(crate) fn open(&self, name: &str) -> Option<(&Repository, &Open)> {
        let open = self.buffers.get(name)?;
        Some((self.repositories.get(open.repository)?, open))
    }

    /// The text of a file: as it is open, or as it lies on disk.
    pub(crate) fn text_of(&self, file: &Path) -> Option<Cow<'_, str>> {
        if let Some(open) = self.buffers.values().find(|open| open.buffer.file == file) {
            return Some(Cow::Borrowed(&open.buffer.text));
        }
        let mut buffer = Vec::new();
        read::file(file, Limits::default().bytes, &mut buffer).ok().map(|text| Cow::Owned(text.to_owned()))
    }

    /// Takes in what has come.
    fn take(&mut self, batch: Vec<Event>) -> Result<Option<End>, Error> {
        let mut cancelled: HashSet<RequestId> = HashSet::new();
        // Up to where in the batch a text changes: what was asked about it before is out of date.
        let mut changes: HashMap<String, usize> = HashMap::new();
        for (index, event) in batch.iter().enumerate() {
            let Event::Message(Message::Notification(notification)) = event else { continue };
            match notification.method.as_str() {
                "$/cancelRequest" => cancelled.extend(notification.params.get("id").and_then(id)),
                "textDocument/didChange" => drop(changes.insert(document(&notification.params), index)),
                _ => {}
            }
        }
        for (index, event) in batch.into_iter().enumerate() {
            match event {
                Event::Message(Message::Request(request)) => {
                    let outdated = changes.get(&document(&request.params)).is_some_and(|change| *change > index);
                    let response = self.respond(request, &cancelled, outdated);
                    self.send(response)?;
                }
                Event::Message(Message::Notification(notification)) if notification.method == "exit" => {
                    return Ok(Some(if self.is_down { End::Orderly } else { End::Gone }));
                }
                Event::Message(Message::Notification(notification)) => self.notice(notification)?,
                // Nothing that we ask for has an answer that matters.
                Event::Message(Message::Response(_)) => {}
                Event::Garbled(why) => self.log(&format!("a message could not be read and was passed over: {why}"))?,
                Event::TooLong(passed) => self.passed_over(passed)?,
                Event::Broken(why) => return Err(Error::Protocol(why)),
                Event::Closed => return Ok(Some(if self.is_down { End::Orderly } else { End::Gone })),
            }
        }
        Ok(None)
    }

    /// A message was too long to be taken in.
    fn passed_over(&mut self, passed: Passed) -> Result<(), Error> {
        let method = passed.method.clone().unwrap_or_default();
        let why = format!("a message of {} bytes (`{method}`) is too long and was passed over", passed.length);
        if method == "textDocument/didChange" {
            // What the text is now is not known any more.
            self.closed(passed.document())?;
        }
        self.log(&why)?;
        match passed.id.filter(|_| !method.is_empty()) {
            Some(id) => self.send(Response::new_err(id, ErrorCode::InvalidRequest as i32, why)),
            None => Ok(()),
        }
    }

    fn respond(&mut self, request: Request, cancelled: &HashSet<RequestId>, outdated: bool) -> Response {
        let Request { id, method, params } = request;
        let result = if self.is_down {
            Err(Failure::new(ErrorCode::InvalidRequest, "the server is shut down"))
        } else if cancelled.contains(&id) {
            Err(Failure::new(ErrorCode::RequestCanceled, "cancelled"))
        } else if outdated && method == "textDocument/diagnostic" {
            let data = Some(json!({ "retriggerRequest": true }));
            Err(Failure { data, ..Failure::new(ErrorCode::ServerCancelled, "the text has changed meanwhile") })
        } else if outdated {
            Err(Failure::new(ErrorCode::ContentModified, "the text has changed meanwhile"))
        } else {
            self.answer(&method, params)
        };
        match result {
            Ok(value) => Response::new_ok(id, value),
            Err(failure) => {
                let error = lsp_server::ResponseError { code: failure.code as i32, message: failure.message, data: failure.data };
                Response { id, response_result: Err(error) }
            }
        }
    }

    fn send(&self, message: impl Into<Message>) -> Result<(), Error> {
        if self.transport.send(message) { Ok(()) } else { Err(Error::Stuck) }
    }

    fn request(&mut self, method: &str, params: Value) -> Result<(), Error> {
        self.requests = self.requests.wrapping_add(1);
        self.send(Request { id: RequestId::from(self.requests), method: method.to_owned(), params })
    }

    /// Says something for those who look for what is wrong with the client.
    fn log(&self, message: &str) -> Result<(), Error> {
        let params = json!({ "type": 2, "message": message });
        self.send(Notification { method: "window/logMessage".to_owned(), params })
    }

    /// Says something to the person at the editor.
    fn say(&self, message: &str) -> Result<(), Error> {
        let params = json!({ "type": 1, "message": message });
        self.send(Notification { method: "window/showMessage".to_owned(), params })
    }

    /// Opens a text.
    fn opened(&mut self, name: &str, version: i32, text: String) {
        let file = path(name).map_or_else(|| PathBuf::from(name), |path| real(&path));
        let open = Open { buffer: Buffer::new(text, version, file), repository: 0, told: None, related: false, is_new: true };
        self.buffers.insert(name.to_owned(), open);
        self.settle(name);
    }

    fn changed(&mut self, name: &str, version: i32, changes: &[TextDocumentContentChangeEvent]) -> Result<(), Error> {
        let encoding = self.client.encoding;
        let Some(open) = self.buffers.get_mut(name) else { return self.log(&format!("`{name}` was changed and is not open")) };
        let before = open.buffer.version;
        open.buffer.change(changes, encoding);
        open.buffer.version = version;
        self.settle(name);
        if version <= before {
            return self.log(&format!("version {version} of `{name}` came after version {before}"));
        }
        Ok(())
    }

    fn closed(&mut self, name: &str) -> Result<(), Error> {
        let Some(open) = self.buffers.remove(name) else { return Ok(()) };
        let file = open.buffer.file;
        // It may be open under another name, too.
        let other = self.buffers.iter().find(|(_, other)| other.buffer.file == file).map(|(name, _)| name.clone());
        match other {
            Some(other) => self.settle(&other),
            None => {
                if let Some(repository) = self.repositories.get_mut(open.repository) {
                    self.moved |= repository.look_again(&file);
                }
            }
        }
        if self.client.pulls {
            return Ok(());
        }
        self.publish(name, None, self.config_told.get(&file).cloned().unwrap_or_default())
    }

    /// Files have changed on disk.
    fn disk_changed(&mut self, changed: &[PathBuf]) {
        let open = self.open_files();
        let mut again = false;
        for file in changed.iter().map(|file| real(file)) {
            if self.repositories.iter().any(|repository| repository.is_setting(&file)) {
                again = true;
            } else if changed.len() < MANY && !open.contains(&file) {
                for repository in &mut self.repositories {
                    self.moved |= repository.look_again(&file);
                }
            }
        }
        if again {
            self.load();
        } else {
            // What exists elsewhere may be among them, too.
            self.look_around(changed.len() >= MANY);
        }
        // A list may be open, and what lies beside it may have gone.
        self.moved = true;
    }

    fn open_files(&self) -> BTreeSet<PathBuf> {
        self.buffers.values().map(|open| open.buffer.file.clone()).collect()
    }

    /// Looks at what everything goes by, and at what exists elsewhere; and where it `walks`, at all files.
    fn look_around(&mut self, walks: bool) {
        let start = Instant::now();
        if self.repositories.iter().any(Repository::has_other_settings) {
            self.load();
        } else {
            for repository in &mut self.repositories {
                self.moved |= repository.look_outside();
            }
            if walks {
                let open = self.open_files();
                for repository in &mut self.repositories {
                    self.moved |= repository.look_around(&open);
                }
            }
        }
        let rest = start.elapsed() * SHARE;
        self.next_look = Instant::now() + LOOK.max(rest);
        if walks {
            let usual = if self.watched { LOOK_WHERE_WATCHED } else { LOOK };
            self.next_walk = Instant::now() + usual.max(rest);
        }
    }

    /// Tells what has changed.
    fn tell(&mut self) -> Result<(), Error> {
        self.tell_of_settings()?;
        let moved = std::mem::take(&mut self.moved);
        let mut told: Vec<(String, bool, Vec<Diagnostic>)> = Vec::new();
        for (name, open) in &self.buffers {
            let Some(repository) = self.repositories.get(open.repository) else { continue };
            let is_related = if open.is_new || moved { repository.is_related(&open.buffer.file) } else { open.related };
            let others_speak = moved && (is_related || open.related);
            if (open.is_new && !self.client.pulls) || others_speak {
                let Open { buffer, .. } = open;
                told.push((
                    name.clone(),
                    is_related,
                    self.diagnostics(repository, &buffer.file, &buffer.text, &buffer.lines, buffer.version),
                ));
            }
        }
        let mut others_moved = false;
        for (name, is_related, mut diagnostics) in told {
            let Some(open) = self.buffers.get_mut(&name) else { continue };
            diagnostics.extend(self.config_told.get(&open.buffer.file).filter(|_| !self.client.pulls).into_iter().flatten().cloned());
            open.related = is_related;
            let is_new = std::mem::take(&mut open.is_new);
            let same = open.told.as_ref().is_some_and(|told| alike(told, &diagnostics));
            if self.client.pulls {
                // What it has not asked for yet it will.
                others_moved |= !is_new && open.told.is_some() && !same;
            } else if is_new || !same {
                let version = open.buffer.version;
                open.told = Some(diagnostics.clone());
                self.publish(&name, Some(version), diagnostics)?;
            }
        }
        for open in self.buffers.values_mut() {
            open.is_new = false;
        }
        if std::mem::take(&mut self.is_anew) {
            self.refresh()?;
        } else if others_moved && self.client.refreshes {
            self.request("workspace/diagnostic/refresh", Value::Null)?;
        }
        Ok(())
    }

    fn tell_of_settings(&mut self) -> Result<(), Error> {
        let unread = self.repositories.iter().flat_map(Repository::unread).chain(&self.settings.wrong);
        let unread: BTreeSet<String> = unread.cloned().collect();
        for message in unread.difference(&self.unread_told) {
            self.say(message)?;
        }
        self.unread_told = unread;
        if !std::mem::take(&mut self.is_unsettled) {
            return Ok(());
        }
        let mut wrong: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
        for (file, diagnostics) in self.repositories.iter().flat_map(|repository| self.config_diagnostics(repository)) {
            // Several folders may go by one file.
            if !diagnostics.is_empty() {
                wrong.insert(file, diagnostics);
            }
        }
        let told = std::mem::replace(&mut self.config_told, wrong);
        let files: BTreeSet<&PathBuf> = told.keys().chain(self.config_told.keys()).collect();
        for file in files.into_iter().filter(|file| told.get(*file) != self.config_told.get(*file)) {
            let mut open = self.buffers.values_mut().filter(|open| open.buffer.file == *file).peekable();
            if open.peek().is_some() && !self.client.pulls {
                // There is one list for each text, and the settings' faults are told in that.
                open.for_each(|open| open.is_new = true);
            } else {
                self.publish(&self.closed_uri(file).0, None, self.config_told.get(file).cloned().unwrap_or_default())?;
            }
        }
        Ok(())
    }

    fn publish(&self, name: &str, version: Option<i32>, diagnostics: Vec<Diagnostic>) -> Result<(), Error> {
        let params = PublishDiagnosticsParams { uri: name.into(), version, diagnostics };
        let params = serde_json::to_value(params).unwrap_or_default();
        self.send(Notification { method: "textDocument/publishDiagnostics".to_owned(), params })
    }

    /// The files of a repository that are not open, and have something to tell.
    pub(crate) fn closed_suspects(&self) -> Vec<(&Repository, PathBuf, String)> {
        let open = self.open_files();
        let mut found = Vec::new();
        for (index, repository) in self.repositories.iter().enumerate() {
            // Of folders that lie in one another each sees the file, and the inner one tells of it.
            let is_its_own = |file: &PathBuf| self.deepest(file).is_none_or(|deepest| deepest == index);
            for file in repository.suspects().into_iter().filter(|file| !open.contains(file) && is_its_own(file)) {
                if let Some(text) = self.text_of(&file) {
                    found.push((repository, file, text.into_owned()));
                }
            }
        }
        found
    }
}

/// Whether two lists say the same and offer the same; that edits are for another version is no difference.
fn alike(a: &[Diagnostic], b: &[Diagnostic]) -> bool {
    let plain = |diagnostic: &Diagnostic| {
        let fixes = diagnostic.data.as_ref().and_then(|data| data.get("fixes")).cloned();
        Diagnostic { data: fixes, ..diagnostic.clone() }
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| plain(a) == plain(b))
}

/// Whether an editor's name for a text says that it was never saved.
fn is_unsaved(name: &Path) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("untitled:"))
}

/// The text that parameters are about.
fn document(params: &Value) -> String {
    params.pointer("/textDocument/uri").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn id(value: &Value) -> Option<RequestId> {
    serde_json::from_value(value.clone()).ok()
}
