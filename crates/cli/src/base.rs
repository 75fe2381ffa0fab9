//! What was there before a change: the clusters of a Git revision.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use clearance_core::fleet::Identity;
use clearance_core::{Content, Document, Fleet, Record, Referrer};
use globset::GlobMatcher;
use rayon::prelude::*;

use crate::config::Config;
use crate::git::{Blob, Repository};
use crate::input::{Input, Source, is_description, pattern, place, plain, whole};
use crate::output::warn;
use crate::scan::Reader;
use crate::template;

/// The files of the base that differ from those that are checked.
pub struct Base {
    /// Their names as inputs are named, and their texts.
    changed: Vec<(String, String)>,
    /// The inputs that are as they were.
    unchanged: HashSet<String>,
    /// The names of all files that were there.
    all: HashSet<String>,
}

/// What is in them.
pub struct Before<'b> {
    documents: Vec<(Arc<Record>, &'b str, Document<'b>)>,
    referrers: Vec<Referrer>,
    by_identity: HashMap<Identity, usize>,
    unchanged: &'b HashSet<String>,
}

/// A cluster that is no longer described.
pub struct Gone<'g> {
    /// The file that described it.
    pub file: &'g str,
    pub document: &'g Document<'g>,
}

impl Base {
    /// Reads what the base has below the paths that are checked.
    pub fn read(revision: &str, paths: &[PathBuf], config: &Config, inputs: &[Input], limit: usize) -> Result<Self> {
        let scopes = paths.iter().map(|path| Scope::of(path)).collect::<Result<Vec<_>>>()?;
        let start = scopes.first().map_or(Path::new("."), |scope| scope.path.as_path());
        let repository = Repository::of(start.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new(".")))?;
        let base = repository.base(revision)?;
        if let Some(note) = &base.note {
            warn(note);
        }
        let root = fs::canonicalize(&repository.root).unwrap_or_else(|_| repository.root.clone());
        let named = |path: &Path| {
            let input = scopes.iter().find_map(|scope| scope.input(&root.join(path)))?;
            config.wants(&input).then_some(input.name)
        };
        let files = repository.files(&base, |path| named(path).is_some())?;
        let places = Places::of(inputs);
        let now: Vec<Option<&Input>> = files.iter().map(|blob| places.get(&root.join(&blob.path))).collect();
        // Nearly all are as they were: that shows in the names of Git's objects, which then need not be read.
        let is_same = |(blob, input): (&Blob, Option<&Input>)| input.is_some_and(|input| blob.is(&content(input, limit)));
        let same: Vec<bool> = files.par_iter().zip(now.par_iter().copied()).map(is_same).collect();
        let mut read = Self { changed: Vec::new(), unchanged: HashSet::new(), all: HashSet::new() };
        let (mut blobs, mut differing) = (Vec::new(), Vec::new());
        for ((blob, input), same) in files.into_iter().zip(now).zip(same) {
            let name = match input {
                Some(input) => input.name.clone(),
                None => named(Path::new(&blob.path)).unwrap_or_else(|| blob.path.clone()),
            };
            read.all.insert(name.clone());
            if same {
                read.unchanged.insert(name);
            } else {
                blobs.push(blob);
                differing.push((name, input));
            }
        }
        let before = repository.contents(&blobs, limit)?;
        let missing = before.iter().filter(|content| content.is_none()).count();
        for ((name, input), before) in differing.into_iter().zip(before) {
            let Some(before) = before else { continue };
            if input.is_some_and(|input| with_unix_ends(&before) == with_unix_ends(&content(input, limit))) {
                read.unchanged.insert(name);
            } else {
                read.changed.push((name, String::from_utf8_lossy(&before).into_owned()));
            }
        }
        if missing > 0 {
            warn(&format!("{missing} files of `{revision}` are not in this clone, or are too large: what they held is taken for new"));
        }
        Ok(read)
    }

    /// What a file said that says something else now.
    pub fn text(&self, file: &str) -> Option<String> {
        self.changed.iter().find(|(name, _)| name == file).map(|(_, text)| text.clone())
    }

    /// Whether there was a file of that name.
    pub fn holds(&self, file: &str) -> bool {
        self.all.contains(file)
    }

    /// What is in what changed.
    pub fn before<'b>(&'b self, reader: &Reader<'_>) -> Before<'b> {
        let mut before = Before { documents: Vec::new(), referrers: Vec::new(), by_identity: HashMap::new(), unchanged: &self.unchanged };
        for (file, text) in &self.changed {
            if template::is_one(&Input::found(Path::new(file)), text) {
                continue;
            }
            for content in Document::read_all(text, Some(&place(file)), &reader.limits) {
                let mut document = match content {
                    Content::Cluster(document) => document,
                    Content::Other(document) => {
                        before.referrers.extend(Referrer::read(&document.root));
                        continue;
                    }
                };
                // The name is of one cluster: a request's that changed, and not of all that are gone.
                if let Some(name) = reader.name.filter(|_| self.changed.len() == 1) {
                    document = document.named(name.to_owned());
                }
                let record = reader.rulebook.examine(&document, reader.now).record;
                let record = Arc::new(Record { file: Some(file.clone()), judged: true, ..record });
                if !record.name.is_empty() {
                    before.by_identity.insert(record.identity(), before.documents.len());
                }
                before.documents.push((record, file, document));
            }
        }
        before
    }
}

impl<'b> Before<'b> {
    /// Whether a file is as it was.
    pub fn is_unchanged(&self, file: &str) -> bool {
        self.unchanged.contains(file)
    }

    /// The files that described clusters and say something else now, or are gone.
    pub fn files(&self) -> impl Iterator<Item = &'b str> {
        self.documents.iter().map(|(_, file, _)| *file)
    }

    /// What described a cluster until now: by its name, wherever it stood; without one, by its file.
    pub fn of(&self, record: &Record, file: &str) -> Option<&Document<'b>> {
        let index = if record.name.is_empty() {
            self.documents.iter().position(|(old, other, _)| old.name.is_empty() && *other == file)
        } else {
            self.by_identity.get(&record.identity()).copied()
        };
        self.documents.get(index?).map(|(_, _, document)| document)
    }

    /// What was there: all that is as it was, and what has changed as it was then. Nothing where all is as it was.
    pub fn fleet(&self, now: &Fleet, inputs: &[Input]) -> Option<Fleet> {
        let differing: HashSet<&str> = inputs.iter().map(|input| input.name.as_str()).filter(|name| !self.is_unchanged(name)).collect();
        if differing.is_empty() && self.documents.is_empty() && self.referrers.is_empty() {
            return None;
        }
        let stayed = |file: &Option<String>| file.as_deref().is_none_or(|file| !differing.contains(file));
        let records = now.records().iter().filter(|record| stayed(&record.file)).cloned();
        let records = records.chain(self.documents.iter().map(|(record, ..)| Arc::clone(record)));
        let referrers = now.referring().filter(|referrer| stayed(&referrer.file)).chain(&self.referrers).cloned().collect();
        Some(Fleet::new(records, referrers, now.is_complete()))
    }

    /// The clusters that nothing describes any more.
    pub fn gone<'g>(&'g self, records: &[Arc<Record>]) -> Vec<Gone<'g>> {
        let still: HashSet<Identity> = records.iter().map(|record| record.identity()).collect();
        let is_gone = |record: &Record| !record.name.is_empty() && !still.contains(&record.identity());
        self.documents.iter().filter(|(record, ..)| is_gone(record)).map(|(_, file, document)| Gone { file, document }).collect()
    }
}

/// What one path that is checked leads to.
struct Scope {
    /// The file or the directory, from the root of the file system.
    path: PathBuf,
    /// As it was given.
    given: PathBuf,
    /// What is looked for in the directory.
    pattern: Option<GlobMatcher>,
}

impl Scope {
    fn of(path: &Path) -> Result<Self> {
        let pattern = if path.exists() { None } else { pattern(path)? };
        let (given, pattern) = pattern.map_or_else(|| (path.to_owned(), None), |(directory, pattern)| (directory, Some(pattern)));
        Ok(Self { path: whole(&given), given, pattern })
    }

    /// A file, as it would be found.
    fn input(&self, path: &Path) -> Option<Input> {
        let rest = path.strip_prefix(&self.path).ok()?;
        let is_named = rest.as_os_str().is_empty();
        let name = if is_named { self.given.clone() } else { self.given.join(rest) };
        let fits = match &self.pattern {
            Some(pattern) => pattern.is_match(plain(&name)),
            None => is_named || is_description(&name),
        };
        fits.then(|| Input { named: is_named, ..Input::found(&name) })
    }
}

/// Inputs by where they are.
struct Places<'i>(HashMap<PathBuf, &'i Input>);

impl<'i> Places<'i> {
    fn of(inputs: &'i [Input]) -> Self {
        // To ask the system for each file would take longer than to read it; what was found is no link itself.
        let mut directories: HashMap<&Path, PathBuf> = HashMap::new();
        let place = |input: &'i Input| {
            let path = Path::new(&input.name);
            let place = match (path.parent(), path.file_name()) {
                (Some(parent), Some(name)) if !input.named => directories.entry(parent).or_insert_with(|| whole(parent)).join(name),
                _ => whole(path),
            };
            (place, input)
        };
        Self(inputs.iter().map(place).collect())
    }

    fn get(&self, path: &Path) -> Option<&'i Input> {
        self.0.get(path).copied()
    }
}

/// What a file says now, or the beginning of it, where it is too long.
fn content(input: &Input, limit: usize) -> Cow<'_, [u8]> {
    match &input.source {
        Source::File(path) => {
            let mut content = Vec::new();
            // What cannot be read any more is told where it is judged.
            let _ = File::open(path).map(|file| file.take(limit as u64 + 1).read_to_end(&mut content));
            content.into()
        }
        Source::Held(content) => content.into(),
    }
}

/// Git may have changed a file's line ends.
fn with_unix_ends(content: &[u8]) -> Vec<u8> {
    content.iter().copied().filter(|byte| *byte != b'\r').collect()
}
