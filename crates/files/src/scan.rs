//! The first look at every file, in parallel: what the fleet must know of it, and whether it needs
//! a second look.
//!
//! Nothing else is kept, so that a hundred thousand files fit into memory; the few that have
//! something to tell are read again.

use std::path::Path;
use std::sync::Arc;

use clearance_core::source::{Fault, FaultKind, Format, Limits, Node, Parsed, TextRange, Value};
use clearance_core::{Content, Document, Fleet, Operation, Record, Referrer, Rulebook, Severity};
use rayon::prelude::*;

use crate::input::{Input, Source, cannot_read, place};
use crate::read::{self, Unreadable};
use crate::template;

/// The bounds on what is not judged: a snapshot of thousands of clusters is one document.
#[must_use]
pub fn of_snapshots() -> Limits {
    Limits { bytes: 256 << 20, document_bytes: 256 << 20, ..Limits::default() }
}

/// How files are read.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'r> {
    /// The rules that hold.
    pub rulebook: &'r Rulebook,
    /// The bounds of a text.
    pub limits: Limits,
    /// The time, in seconds since 1970 (UTC).
    pub now: i64,
    /// The name from outside.
    pub name: Option<&'r str>,
}

impl Scanned {
    /// Whether there is something in it that is judged.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.clusters > 0 || self.told || self.is_list
    }
}

/// What the first look at a file found.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a finding of its own")]
pub struct Scanned {
    /// How many clusters it holds.
    pub clusters: usize,
    /// What the fleet must know of them, in the order of the text.
    pub records: Vec<Arc<Record>>,
    /// What refers to clusters.
    pub referrers: Vec<Referrer>,
    /// Whether it is the list of a tenant repository's clusters.
    pub is_list: bool,
    /// Whether it has something to tell by itself.
    pub told: bool,
    /// Whether a part of it cannot be read, so that it may hold more clusters.
    pub is_broken: bool,
    /// Whether it is a template, and nothing is said of it.
    pub is_template: bool,
    /// Why its text could not be read: a finding where it is judged.
    pub unread: Option<String>,
    /// Why the file itself could not be read.
    pub trouble: Option<String>,
}

/// One document of a file that is judged.
#[derive(Debug)]
pub struct Judged<'a> {
    /// The document.
    pub document: Document<'a>,
    /// Which one of the file, from 1, where there are several.
    pub number: Option<usize>,
}

impl Reader<'_> {
    /// Reads an input into a buffer.
    pub fn open<'b>(&self, input: &Input, buffer: &'b mut Vec<u8>) -> Result<&'b str, Unreadable> {
        match &input.source {
            Source::File(path) => read::file(path, self.limits.bytes, buffer),
            Source::Held(bytes) => {
                buffer.clear();
                read::stream(&mut bytes.as_slice(), self.limits.bytes, buffer)
            }
        }
    }

    /// Looks at all inputs; the results are in their order.
    #[must_use]
    pub fn scan(&self, inputs: &[Input]) -> Vec<Scanned> {
        self.scan_watched(inputs, || ())
    }

    /// The same, for who wants to know of each input that is done.
    #[must_use]
    pub fn scan_watched(&self, inputs: &[Input], done: impl Fn() + Sync) -> Vec<Scanned> {
        let scan = |buffer: &mut Vec<u8>, input| {
            let scanned = self.scan_one(input, buffer);
            done();
            scanned
        };
        inputs.par_iter().map_init(Vec::new, scan).collect()
    }

    fn scan_one(&self, input: &Input, buffer: &mut Vec<u8>) -> Scanned {
        let text = match self.open(input, buffer) {
            Ok(text) => text,
            Err(why) => {
                let path = Path::new(&input.name);
                return match &why {
                    Unreadable::Io(_) => Scanned { trouble: Some(cannot_read(path, &why.reason())), ..Scanned::default() },
                    Unreadable::TooLarge(seen) | Unreadable::NotUtf8 { lossy: seen, .. } => Scanned {
                        told: input.named || looks_like_cluster(seen),
                        unread: Some(cannot_read(path, &why.reason())),
                        ..Scanned::default()
                    },
                };
            }
        };
        self.scan_text(input, text)
    }

    /// Looks at the text of an input, from wherever it is known.
    #[must_use]
    pub fn scan_text(&self, input: &Input, text: &str) -> Scanned {
        if template::is_one(input, text) {
            return Scanned { is_template: true, ..Scanned::default() };
        }
        let contents = Document::read_all(text, Some(&place(&input.name)), &self.limits);
        let mut scanned = Scanned { is_list: input.is_list(), ..Scanned::default() };
        let mut others = false;
        for content in &contents {
            match content {
                Content::Cluster(document) => {
                    let (record, is_clean) = self.note(document, &input.name);
                    scanned.told |= !is_clean;
                    scanned.clusters += 1;
                    scanned.records.push(Arc::new(record));
                }
                Content::Other(document) => {
                    others = true;
                    scanned
                        .referrers
                        .extend(Referrer::read(&document.root).map(|referrer| Referrer { file: Some(input.name.clone()), ..referrer }));
                }
            }
        }
        scanned.is_broken = contents.iter().any(|content| match content {
            Content::Cluster(document) => !document.is_whole(),
            // What else lies in a directory is none of a fleet's, unless it looks like a part of it.
            Content::Other(document) => !document.is_whole() && looks_like_cluster(text),
        });
        scanned.told |= others && !scanned.told && !self.judged(input, text, contents, true).is_empty();
        scanned
    }

    fn note(&self, document: &Document<'_>, file: &str) -> (Record, bool) {
        let named;
        let document = match self.name {
            Some(name) => {
                named = document.clone().named(name);
                &named
            }
            None => document,
        };
        let examined = self.rulebook.examine(document, self.now);
        let is_clean = self.rulebook.is_clean(&examined);
        (Record { file: Some(file.to_owned()), judged: true, ..examined.record }, is_clean)
    }

    /// The documents of a file that are judged: its clusters, and what should be one; of a template none. With
    /// `others`, only the latter.
    #[must_use]
    pub fn judged<'a>(&self, input: &Input, text: &'a str, contents: Vec<Content<'a>>, others: bool) -> Vec<Judged<'a>> {
        if input.is_list() || template::is_one(input, text) {
            return Vec::new();
        }
        let is_one = contents.len() == 1;
        let has_cluster = contents.iter().any(|content| matches!(content, Content::Cluster(_)));
        // A file that was named should hold a cluster; one that was found in a directory may hold anything.
        let mut wanted = input.named && !has_cluster;
        let is_suspect = input.named || has_cluster || looks_like_cluster(text);
        let mut judged = Vec::new();
        for (index, content) in contents.into_iter().enumerate() {
            let number = (!is_one).then_some(index + 1);
            match content {
                Content::Cluster(document) if !others => {
                    let document = match self.name {
                        Some(name) => document.named(name.to_owned()),
                        None => document,
                    };
                    judged.push(Judged { document, number });
                }
                Content::Other(document) if wanted || is_suspect && self.is_broken(&document) => {
                    wanted = false;
                    judged.push(Judged { document, number });
                }
                _ => {}
            }
        }
        judged
    }

    /// Whether a document's text could not be read.
    fn is_broken(&self, document: &Document<'_>) -> bool {
        let verdict = self.rulebook.judge(document, Operation::Create, &Fleet::default(), self.now);
        verdict.findings.iter().any(|finding| finding.rule.group == "syntax" && finding.rule.severity == Severity::Error)
    }
}

/// The document of a text that could not be read.
#[must_use]
pub fn unread(text: &str, kind: FaultKind) -> Document<'_> {
    let range = TextRange::new(text.len(), text.len());
    let fault = Fault { kind, range, edits: Vec::new() };
    Document::plain(text, Format::Yaml, Parsed { root: Node::new(Value::Null, range), faults: vec![fault], range })
}

/// Whether a text that cannot be read seems to be about a cluster. A doubt is no verdict: it only
/// decides whether the core is asked.
fn looks_like_cluster(text: &str) -> bool {
    const REQUEST: &[&str] = &["api_server", "cluster_type", "cluster_kind", "worker_type", "host_cluster", "components_list"];
    let is_request = || REQUEST.iter().filter(|key| text.contains(*key)).count() > 1;
    text.contains(clearance_core::model::GROUP) && text.contains(clearance_core::model::KIND) || is_request()
}
