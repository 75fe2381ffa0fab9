//! A fleet from files: what else exists, as directories, manifests and snapshots tell it.
//!
//! A directory is read with all that lies below it; a file may hold several documents, or a `List`
//! as `kubectl get -o json` prints it. Files are read again when they change. A file that can no
//! longer be read keeps what it last said, since half a file is more likely than a cluster that is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clearance_core::fleet::items;
use clearance_core::source::{Encoding, Format, LineIndex, Parsed};
use clearance_core::{Document, Fleet, Form, Limits, Record, Referrer, Rulebook, source};

/// A snapshot holds a whole fleet in one document.
const LONGEST_SNAPSHOT: usize = 1 << 30;
/// How deep directories are followed: a link may lead back to where it stands.
const DEEPEST: usize = 32;

/// The files that tell of a fleet, and what they said when they were last read.
#[derive(Debug, Default)]
pub struct FleetFiles {
    roots: Vec<PathBuf>,
    files: BTreeMap<PathBuf, File>,
}

#[derive(Debug)]
struct File {
    /// Nothing: it is to be read again in any case.
    stamp: Option<Stamp>,
    contents: Contents,
    /// Why the file, as it is now, is not what is kept of it.
    fault: Option<String>,
}

/// What one file tells.
#[derive(Debug, Default, Clone)]
struct Contents {
    records: Vec<Record>,
    referrers: Vec<Referrer>,
    /// Whether it may hold more than this.
    has_gaps: bool,
}

impl Contents {
    /// What is known of a file that cannot be read.
    fn gap() -> Self {
        Self { has_gaps: true, ..Self::default() }
    }
}

/// What changes when a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { modified: metadata.modified().ok(), length: metadata.len(), inode }
    }
}

impl FleetFiles {
    /// The files at and below some paths. Nothing is read yet.
    #[must_use]
    pub fn new(roots: Vec<PathBuf>) -> Self {
        Self { roots, files: BTreeMap::new() }
    }

    /// Reads what has changed; returns whether anything has. When the files cannot even be listed,
    /// everything stays as it was.
    pub fn refresh(&mut self, rulebook: &Rulebook, now: i64) -> io::Result<bool> {
        let listed = self.list()?;
        let gone: BTreeSet<PathBuf> = self.files.keys().filter(|path| !listed.contains_key(*path)).cloned().collect();
        let mut changed = !gone.is_empty();
        self.files.retain(|path, _| !gone.contains(path));
        for (path, stamp) in listed {
            if self.files.get(&path).is_some_and(|file| file.stamp == Some(stamp)) {
                continue;
            }
            changed = true;
            let label = path.to_string_lossy();
            let (contents, fault) = match fs::read(&path) {
                Ok(bytes) => read(&bytes, &label, rulebook, now),
                Err(error) => (Contents::gap(), Some(format!("{label}: {error}"))),
            };
            let before = self.files.remove(&path).filter(|_| fault.is_some());
            let contents = before.map_or(contents, |file| file.contents);
            self.files.insert(path, File { stamp: Some(stamp), contents, fault });
        }
        Ok(changed)
    }

    /// Has everything read again the next time, as what is filled in may have changed.
    pub fn outdate(&mut self) {
        for file in self.files.values_mut() {
            file.stamp = None;
        }
    }

    /// The fleet that the files tell of. Where nobody says whether it is complete, it is as far as the files could be read.
    #[must_use]
    pub fn fleet(&self, complete: Option<bool>) -> Fleet {
        let contents = || self.files.values().map(|file| &file.contents);
        let records = contents().flat_map(|contents| contents.records.iter().cloned());
        let referrers = contents().flat_map(|contents| contents.referrers.iter().cloned()).collect();
        let is_whole = || !self.roots.is_empty() && contents().all(|contents| !contents.has_gaps);
        Fleet::new(records, referrers, complete.unwrap_or_else(is_whole))
    }

    /// What could not be read, in a sentence each.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        self.files.values().filter_map(|file| file.fault.as_deref())
    }

    /// All files, with their stamps.
    fn list(&self) -> io::Result<BTreeMap<PathBuf, Stamp>> {
        let mut listed = BTreeMap::new();
        for root in &self.roots {
            let at = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", root.display()));
            let metadata = fs::metadata(root).map_err(at)?;
            if metadata.is_dir() {
                below(root, DEEPEST, &mut listed).map_err(at)?;
            } else {
                listed.insert(root.clone(), Stamp::of(&metadata));
            }
        }
        Ok(listed)
    }
}

/// Links are followed: the files of a mounted `ConfigMap` are some.
fn below(directory: &Path, deepest: usize, listed: &mut BTreeMap<PathBuf, Stamp>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // What those links lead to (`..data`) is not met twice.
        if entry.file_name() == ".git" || entry.file_name().as_encoded_bytes().starts_with(b"..") {
            continue;
        }
        let path = entry.path();
        // It may be gone by now, or a link to nothing.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() {
            if let Some(deepest) = deepest.checked_sub(1) {
                below(&path, deepest, listed)?;
            }
        } else if is_description(&path) {
            listed.insert(path, Stamp::of(&metadata));
        }
    }
    Ok(())
}

/// Whether a file in a directory may hold a description, by its name.
fn is_description(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

fn read(bytes: &[u8], label: &str, rulebook: &Rulebook, now: i64) -> (Contents, Option<String>) {
    let Ok(text) = str::from_utf8(bytes) else { return (Contents::gap(), Some(format!("{label}: no UTF-8"))) };
    let mut contents = Contents::default();
    let format = Format::of(Some(label), text);
    let limits = Limits { bytes: LONGEST_SNAPSHOT, document_bytes: LONGEST_SNAPSHOT, ..Limits::default() };
    let mut broken = None;
    for Parsed { root, faults, range } in source::read(text, format, &limits) {
        broken = broken.or_else(|| faults.into_iter().find(|fault| fault.kind.hides_something()));
        for item in items(&root) {
            if let Some(form) = Form::recognise(item) {
                let mut document = Document::plain(text, format, Parsed { root: item.clone(), faults: Vec::new(), range });
                document.form = form;
                let record = rulebook.examine(&document, now).record;
                // A request has its name from elsewhere, so nothing can refer to it.
                if !record.name.is_empty() {
                    contents.records.push(Record { file: Some(label.to_owned()), ..record });
                }
            } else if let Some(mut referrer) = Referrer::read(item) {
                referrer.file = Some(label.to_owned());
                contents.referrers.push(referrer);
            }
        }
    }
    contents.has_gaps = broken.is_some();
    let fault = broken.map(|fault| {
        let at = LineIndex::new(text).position(text, fault.range.start, Encoding::CodePoints);
        format!("{label}:{}:{}: cannot be read from here on", at.line.saturating_add(1), at.column.saturating_add(1))
    });
    (contents, fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_is_complete_where_all_of_it_could_once_be_read() -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("fleet.yaml");
        let mut files = FleetFiles::new(vec![directory.path().to_owned()]);
        let mut is_complete = |text: &str, complete| {
            fs::write(&path, text)?;
            files.outdate();
            files.refresh(&Rulebook::default(), 0)?;
            io::Result::Ok(files.fleet(complete).is_complete())
        };
        assert!(!is_complete("spec: [\n", None)?, "what is behind the fault may be a cluster");
        assert!(is_complete("spec: [\n", Some(true))?, "somebody knows better");
        assert!(is_complete("spec: {}\n", None)?);
        assert!(is_complete("spec: [\n", None)?, "what it said before is kept");
        assert!(!FleetFiles::new(Vec::new()).fleet(None).is_complete(), "nobody named any files");
        Ok(())
    }
}
