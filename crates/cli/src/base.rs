//! What was there before a change: the clusters of a Git revision.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use clearance_core::fleet::Identity;
use clearance_core::{Content, Document, Record};
use rayon::prelude::*;

use crate::git::{Blob, Repository};
use crate::input::{Input, Source, is_description, place};
use crate::output::warn;
use crate::scan::Reader;

/// The files of the base that differ from those that are checked.
pub struct Base {
    /// Their names as inputs are named, and their texts.
    changed: Vec<(String, String)>,
    /// The inputs that are as they were.
    unchanged: HashSet<String>,
    /// The names of all files that were there.
    all: HashSet<String>,
}

/// The clusters in them.
pub struct Before<'b> {
    documents: Vec<(Record, &'b str, Document<'b>)>,
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
    pub fn read(revision: &str, paths: &[PathBuf], inputs: &[Input], limit: usize) -> Result<Self> {
        let current = std::env::current_dir().unwrap_or_default();
        let start = paths.first().map_or_else(|| current.clone(), |path| if path.is_dir() { path.clone() } else { parent(path) });
        let repository = Repository::of(if start.as_os_str().is_empty() { &current } else { &start })?;
        let base = repository.base(revision)?;
        if let Some(note) = &base.note {
            warn(note);
        }
        let root = fs::canonicalize(&repository.root).unwrap_or_else(|_| repository.root.clone());
        // Each path that is checked, from the root of the repository, and as it was given.
        let scopes: Vec<(PathBuf, &PathBuf)> =
            paths.iter().filter_map(|path| Some((whole(path).strip_prefix(&root).ok()?.to_owned(), path))).collect();
        let named = |path: &Path| {
            let (scope, given) = scopes.iter().find(|(scope, _)| path.starts_with(scope))?;
            let rest = path.strip_prefix(scope).unwrap_or(path);
            Some(if rest.as_os_str().is_empty() { (*given).clone() } else { given.join(rest) })
        };
        let files = repository.files(&base, |path| is_description(path) && named(path).is_some())?;
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
                None => named(Path::new(&blob.path)).map_or_else(|| blob.path.clone(), |path| path.to_string_lossy().into_owned()),
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
            if input.is_some_and(|input| plain(&before) == plain(&content(input, limit))) {
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

    /// The clusters in what changed.
    pub fn before<'b>(&'b self, reader: &Reader<'_>) -> Before<'b> {
        let mut before = Before { documents: Vec::new(), by_identity: HashMap::new(), unchanged: &self.unchanged };
        for (file, text) in &self.changed {
            for content in Document::read_all(text, Some(&place(file)), &reader.limits) {
                let Content::Cluster(mut document) = content else { continue };
                // The name is of one cluster: a request's that changed, and not of all that are gone.
                if let Some(name) = reader.name.filter(|_| self.changed.len() == 1) {
                    document = document.named(name.to_owned());
                }
                let record = reader.rulebook.examine(&document, reader.now).record;
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

    /// The clusters that nothing describes any more.
    pub fn gone<'g>(&'g self, records: &[Arc<Record>]) -> Vec<Gone<'g>> {
        let still: HashSet<Identity> = records.iter().map(|record| record.identity()).collect();
        let is_gone = |record: &Record| !record.name.is_empty() && !still.contains(&record.identity());
        self.documents.iter().filter(|(record, ..)| is_gone(record)).map(|(_, file, document)| Gone { file, document }).collect()
    }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// A path from the root of the file system; of what is not there any more, as far as it is.
fn whole(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| std::env::current_dir().unwrap_or_default().join(path))
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
fn plain(content: &[u8]) -> Vec<u8> {
    content.iter().copied().filter(|byte| *byte != b'\r').collect()
}
