//! The configuration: which policies there are, with which settings, and what they may.
//!
//! It is read by the core's own reader, so that what is wrong in it has a place. These sentences are
//! about the configuration and none about clusters.

mod values;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clearance_core::source::{Entry, Format, Node, TextRange, Value};
use clearance_core::{Document, Form, Language, Limits, Severity};

use crate::Bounds;
use crate::Capability;
use crate::Operation;
use crate::Policies;
use crate::Unusable;
use crate::host::{Host, MOST_MEMORY};
use crate::module::{LONGEST_MODULE, Module};
use crate::{Applies, OnFailure, Policy};
use values::{bytes, duration, words};

/// The most policies of one configuration.
const MOST: usize = 500;
/// The longest time that a call can be given.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(10);

/// A configuration as it was read.
#[derive(Debug, Default)]
pub struct Read {
    /// The policies; nothing where the configuration itself cannot be used. One whose module or settings
    /// are no good is among them, and fails when it is asked.
    pub policies: Option<Policies>,
    /// What is wrong, in the order of the text.
    pub faults: Vec<Fault>,
    /// The files that it rests on.
    pub files: Vec<PathBuf>,
}

/// Something wrong in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where in its text.
    pub range: TextRange,
    /// What.
    pub what: String,
    /// Whether nothing of it can be used; else it is one policy.
    pub is_fatal: bool,
}

impl Read {
    /// Reads a configuration; its modules lie relative to `directory`.
    #[must_use]
    pub fn of(text: &str, file: &str, directory: &Path, host: &Host) -> Self {
        let document = Document::read_as(text, Format::of(Some(file), text), Form::Resource, &Limits::default());
        let mut reader = Reader { directory, host, read: Self::default() };
        for finding in document.faults_of_text().iter().filter(|finding| finding.severity == Severity::Error) {
            reader.tell(document.range_of(&finding.place), finding.message(Language::English));
        }
        let list = if reader.read.faults.is_empty() { reader.root(&document.root) } else { Vec::new() };
        let mut read = reader.read;
        read.faults.sort_by_key(|fault| fault.range.start);
        if !read.faults.iter().any(|fault| fault.is_fatal) {
            read.policies = Some(Policies { digest: digest(text, &list), list });
        }
        read
    }

    /// Whether everything in it is good.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }
}

/// What tells one configuration from another: its text, and its modules.
fn digest(text: &str, list: &[Policy]) -> String {
    let modules: String = list.iter().filter_map(|policy| policy.module.as_ref().ok().map(|module| module.digest())).collect();
    let whole = crate::module::Digest::of(format!("{text}\0{modules}").as_bytes()).to_string();
    whole.chars().take(16).collect()
}

struct Reader<'r> {
    directory: &'r Path,
    host: &'r Host,
    read: Read,
}

impl Reader<'_> {
    fn tell(&mut self, range: TextRange, what: impl Into<String>) {
        self.read.faults.push(Fault { range, what: what.into(), is_fatal: true });
    }

    /// What is wrong with one policy keeps the others from nothing.
    fn tell_of_one(&mut self, range: TextRange, what: impl Into<String>) {
        self.read.faults.push(Fault { range, what: what.into(), is_fatal: false });
    }

    fn unknown(&mut self, entry: &Entry<'_>, known: &[&str]) {
        self.tell(entry.key_range, format!("unknown key `{}`; known are {}", entry.key, known.join(", ")));
    }

    fn root(&mut self, root: &Node<'_>) -> Vec<Policy> {
        if !matches!(root.value, Value::Map(_)) {
            self.tell(root.range, "expected a map with `version` and `policies`");
            return Vec::new();
        }
        if root.get("version").is_none_or(|version| serde_json::to_value(version).ok() != Some(1.into())) {
            self.tell(root.get("version").map_or(TextRange::new(0, 0), |version| version.range), "`version` must be 1");
        }
        for entry in root.in_force(true).filter(|entry| !["version", "policies"].contains(&entry.key.as_ref())) {
            self.unknown(entry, &["policies", "version"]);
        }
        let Some(policies) = root.get("policies") else {
            self.tell(TextRange::new(0, 0), "there is no list `policies`");
            return Vec::new();
        };
        if !matches!(policies.value, Value::List(_)) {
            self.tell(policies.range, "`policies` must be a list");
        }
        if policies.items().len() > MOST {
            self.tell(policies.range, format!("there are more than {MOST} policies"));
            return Vec::new();
        }
        let mut list: Vec<Policy> = Vec::new();
        for item in policies.items() {
            let Some(policy) = self.policy(item) else { continue };
            if list.iter().any(|other| other.name == policy.name) {
                let range = item.get("name").map_or(item.range, |name| name.range);
                self.tell(range, format!("there is another policy named `{}`", policy.name));
            }
            list.push(policy);
        }
        list
    }

    fn policy(&mut self, node: &Node<'_>) -> Option<Policy> {
        const KEYS: [&str; 12] = [
            "capabilities",
            "clusters",
            "memory",
            "message",
            "mode",
            "module",
            "mutates",
            "name",
            "on-failure",
            "operations",
            "settings",
            "time",
        ];
        if !matches!(node.value, Value::Map(_)) {
            self.tell(node.range, "a policy is a map with `name` and `module`");
            return None;
        }
        for entry in node.in_force(true).filter(|entry| !KEYS.contains(&entry.key.as_ref())) {
            self.unknown(entry, &KEYS);
        }
        let name = self.name(node)?;
        let module = self.text(node, "module");
        if module.is_none() && node.get("module").is_none() {
            self.tell(node.range, format!("the policy `{name}` names no `module`"));
        }
        let mut bounds = Bounds::default();
        if let Some(time) = self.part(node, "time", duration, "a time such as `100ms`, at most 10s") {
            bounds.time = time;
            if time > LONGEST || time.is_zero() {
                self.tell(range(node, "time"), "a policy runs at least 1ms and at most 10s");
            }
        }
        if let Some(memory) = self.part(node, "memory", bytes, "a size such as `64Mi`, at most 512Mi") {
            bounds.memory = memory;
            if memory > MOST_MEMORY {
                self.tell(range(node, "memory"), "a policy has at most 512Mi of memory");
            }
        }
        let mut policy = Policy {
            module: Err("it was never loaded".to_owned()),
            file: String::new(),
            settings: self.settings(node),
            monitored: self.word(node, "mode", &["protect", "monitor"]) == Some("monitor"),
            mutates: self.part(node, "mutates", values::boolean, "true or false").unwrap_or_default(),
            on_failure: if self.word(node, "on-failure", &["refuse", "warn"]) == Some("warn") {
                OnFailure::Warn
            } else {
                OnFailure::Refuse
            },
            bounds,
            granted: self.capabilities(node),
            message: self.text(node, "message").filter(|message| !message.trim().is_empty()),
            applies: self.applies(node),
            name,
        };
        let module = module?;
        (policy.module, policy.file) = self.load(&module, policy.bounds.memory, node);
        if let Ok(module) = &policy.module
            && let Err(why) = self.check(&Arc::clone(module), &policy, node)
        {
            policy.module = Err(why);
        }
        Some(policy)
    }

    fn name(&mut self, node: &Node<'_>) -> Option<String> {
        let Some(name) = self.text(node, "name") else {
            if node.get("name").is_none() {
                self.tell(node.range, "a policy has no `name`");
            }
            return None;
        };
        let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 63 || !name.chars().all(is_good) {
            self.tell(range(node, "name"), "a policy's name is lower-case letters, digits and `-`, at most 63");
        }
        Some(name)
    }

    /// The settings as JSON.
    fn settings(&mut self, node: &Node<'_>) -> String {
        let Some(settings) = node.get("settings").filter(|settings| !settings.is_null()) else { return "{}".to_owned() };
        if !matches!(settings.value, Value::Map(_)) {
            self.tell(settings.range, "`settings` must be a map");
        }
        serde_json::to_string(settings).unwrap_or_else(|_| "{}".to_owned())
    }

    fn load(&mut self, module: &str, memory: usize, node: &Node<'_>) -> (Result<Arc<Module>, String>, String) {
        let path = self.directory.join(module);
        let path = if path.is_dir() { path.join("policy.wasm") } else { path };
        self.read.files.push(path.clone());
        let loaded = bytes_of(&path, module).and_then(|bytes| self.host.load(&bytes, memory));
        let loaded = loaded.map_err(|why| {
            let sentence = why.to_string();
            self.tell_of_one(range(node, "module"), sentence.clone());
            sentence
        });
        (loaded, path.to_string_lossy().into_owned())
    }

    /// Whether the settings will do.
    fn check(&mut self, module: &Module, policy: &Policy, node: &Node<'_>) -> Result<(), String> {
        let mut first = None;
        for wrong in module.wrong_settings(&policy.settings, policy.bounds) {
            let range = match node.get("settings") {
                Some(settings) if !wrong.pointer.is_empty() => values::at_pointer(settings, &wrong.pointer),
                Some(_) => key_range(node, "settings"),
                None => range(node, "name"),
            };
            let sentence = format!("the settings of `{}` are wrong: {}", policy.name, wrong.what);
            self.tell_of_one(range, sentence.clone());
            first.get_or_insert(sentence);
        }
        first.map_or(Ok(()), Err)
    }

    fn capabilities(&mut self, node: &Node<'_>) -> Vec<Capability> {
        let mut granted = Vec::new();
        for (word, range) in self.words(node, "capabilities") {
            match Capability::from_name(&word) {
                Some(capability) => granted.push(capability),
                None => {
                    let known: Vec<&str> = Capability::ALL.iter().map(|capability| capability.name()).collect();
                    self.tell(range, format!("there is no capability `{word}`; there are {}", known.join(", ")));
                }
            }
        }
        granted
    }

    fn applies(&mut self, node: &Node<'_>) -> Applies {
        const KEYS: [&str; 5] = ["cluster-types", "names", "namespaces", "usages", "worker-types"];
        let mut applies = Applies::default();
        for (word, range) in self.words(node, "operations") {
            if Operation::ALL.iter().any(|operation| operation.word() == word) {
                applies.operations.push(word);
            } else {
                self.tell(range, format!("`{word}` is none of CREATE, UPDATE, DELETE"));
            }
        }
        let Some(clusters) = node.get("clusters").filter(|clusters| !clusters.is_null()) else { return applies };
        if !matches!(clusters.value, Value::Map(_)) {
            self.tell(clusters.range, "`clusters` must be a map");
        }
        for entry in clusters.in_force(true).filter(|entry| !KEYS.contains(&entry.key.as_ref())) {
            self.unknown(entry, &KEYS);
        }
        let mut list = |key, known: &[&str]| {
            let mut list = Vec::new();
            for (word, range) in self.words(clusters, key) {
                if known.is_empty() || known.contains(&word.as_str()) {
                    list.push(word);
                } else {
                    self.tell(range, format!("`{word}` is none of {}", known.join(", ")));
                }
            }
            list
        };
        applies.names = list("names", &[]);
        applies.namespaces = list("namespaces", &[]);
        applies.usages = list("usages", &["host", "worker"]);
        applies.cluster_types = list("cluster-types", &["physical", "virtual"]);
        applies.worker_types = list("worker-types", &["deployment", "pipeline"]);
        applies
    }

    fn words(&mut self, node: &Node<'_>, key: &str) -> Vec<(String, TextRange)> {
        self.part(node, key, words, "a list of strings").unwrap_or_default()
    }

    fn text(&mut self, node: &Node<'_>, key: &str) -> Option<String> {
        self.part(node, key, |node| node.as_str().map(str::to_owned), "a string")
    }

    fn word<'w>(&mut self, node: &Node<'_>, key: &str, known: &[&'w str]) -> Option<&'w str> {
        let expected = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
        self.part(node, key, |node| known.iter().find(|word| node.as_str() == Some(word)).copied(), &expected)
    }

    /// A part, if it is there and not null; what it cannot be is told.
    fn part<T>(&mut self, node: &Node<'_>, key: &str, read: impl Fn(&Node<'_>) -> Option<T>, expected: &str) -> Option<T> {
        let value = node.get(key).filter(|value| !value.is_null())?;
        let part = read(value);
        if part.is_none() {
            self.tell(value.range, format!("`{key}` must be {expected}"));
        }
        part
    }
}

fn range(node: &Node<'_>, key: &str) -> TextRange {
    node.get(key).map_or(node.range, |value| value.range)
}

fn key_range(node: &Node<'_>, key: &str) -> TextRange {
    node.entry(key).map_or(node.range, |entry| entry.key_range)
}

fn bytes_of(path: &Path, named: &str) -> Result<Vec<u8>, Unusable> {
    let unread = |error: std::io::Error| Unusable::Unread { path: named.to_owned(), why: error.to_string() };
    let length = std::fs::metadata(path).map_err(unread)?.len();
    // Nobody reads what is not taken.
    if length > LONGEST_MODULE { Err(Unusable::TooLarge(length)) } else { std::fs::read(path).map_err(unread) }
}
