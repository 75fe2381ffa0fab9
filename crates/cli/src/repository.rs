//! The lists of a tenant repository's clusters among what is read, and what lies beside each.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use clearance_core::repository::{Neighbours, listed};
use clearance_core::source::{Format, Limits};
use clearance_core::{Document, Form, Verdict};

use crate::base::{Base, Before};
use crate::input::{Input, collect, is_description};
use crate::scan::{Reader, Scanned};

/// The lists, by the names of their files.
#[derive(Default)]
pub struct Lists(HashMap<String, List>);

/// A list's neighbours.
pub struct List {
    now: Neighbours,
    /// Its text and its neighbours at the base.
    before: Option<(String, Neighbours)>,
}

impl Lists {
    /// Looks beside each list.
    pub fn read(found: &[Input], scanned: &[Scanned], reader: &Reader<'_>) -> Self {
        let mut lists = HashMap::new();
        let mut directories = None;
        for input in found.iter().filter(|input| input.is_list()) {
            let mut buffer = Vec::new();
            let Ok(text) = reader.open(input, &mut buffer) else { continue };
            let directory = directory(&input.name);
            let directories = directories.get_or_insert_with(|| Directories::of(found, scanned));
            let mut beside = directories.files(directory);
            let mut more = Vec::new();
            if input.named {
                // It was named alone: what lies beside it was not looked at yet.
                let inputs = collect(&[directory.to_owned()], "-", reader.limits.bytes).unwrap_or_default().found;
                let scanned = reader.scan(&inputs);
                more.extend(
                    Directories::of(&inputs, &scanned).files(directory).into_iter().map(|(name, is_cluster)| (name.to_owned(), is_cluster)),
                );
            }
            beside.extend(more.iter().map(|(name, is_cluster)| (name.as_str(), *is_cluster)));
            let clusters: BTreeSet<String> =
                beside.iter().filter(|(_, is_cluster)| **is_cluster).map(|(name, _)| (*name).to_owned()).collect();
            let document = document(text, &input.name, &reader.limits);
            // The system is asked only of what was not read anyway.
            let is_there = |path: &&str| beside.contains_key(path) || fs::metadata(directory.join(path)).is_ok();
            // A cluster may be listed by a mend.
            let mut present = clusters.clone();
            present.extend(listed(&document).map(|(_, path)| path).filter(is_there).map(str::to_owned));
            lists.insert(input.name.clone(), List { now: Neighbours { clusters, present }, before: None });
        }
        Self(lists)
    }

    /// Takes note of how it was at the base.
    pub fn compare(&mut self, base: &Base, before: &Before<'_>, reader: &Reader<'_>) {
        for (name, list) in &mut self.0 {
            let directory = directory(name);
            let Some(text) = base.text(name).or_else(|| before.is_unchanged(name).then(|| fs::read_to_string(name).ok())?) else {
                continue;
            };
            let at = |file: &str| directory.join(file).to_string_lossy().into_owned();
            let mut clusters: BTreeSet<String> = list.now.clusters.iter().filter(|file| before.is_unchanged(&at(file))).cloned().collect();
            clusters.extend(before.files().filter(|file| self::directory(file) == directory).filter_map(file_name));
            let document = document(&text, name, &reader.limits);
            let was_there = |path: &&str| {
                if is_description(Path::new(path)) { base.holds(&at(path)) } else { list.now.present.contains(*path) }
            };
            let present = listed(&document).map(|(_, path)| path).filter(was_there).map(str::to_owned).collect();
            drop(document);
            list.before = Some((text, Neighbours { clusters, present }));
        }
    }

    /// Reads a text as the list of that name and judges it; nothing where the name is no list's.
    pub fn judge<'a>(&self, name: &str, text: &'a str, reader: &Reader<'_>) -> Option<(Document<'a>, Verdict)> {
        let list = self.0.get(name)?;
        let document = document(text, name, &reader.limits);
        let old = list.before.as_ref().map(|(text, neighbours)| (self::document(text, name, &reader.limits), neighbours));
        let before = old.as_ref().map(|(document, neighbours)| (document, *neighbours));
        let verdict = reader.rulebook.judge_list(&document, &list.now, before);
        Some((document, verdict))
    }
}

fn document<'a>(text: &'a str, name: &str, limits: &Limits) -> Document<'a> {
    Document::read_as(text, Format::of(Some(name), text), Form::Resource, limits)
}

/// What was read, by the directory that it lies right in.
struct Directories<'f>(HashMap<&'f Path, Vec<(&'f str, bool)>>);

impl<'f> Directories<'f> {
    fn of(found: &'f [Input], scanned: &[Scanned]) -> Self {
        let mut directories: HashMap<&Path, Vec<(&str, bool)>> = HashMap::new();
        for (input, scanned) in found.iter().zip(scanned).filter(|(_, scanned)| scanned.trouble.is_none()) {
            if let Some(name) = Path::new(&input.name).file_name().and_then(OsStr::to_str) {
                directories.entry(short(directory(&input.name))).or_default().push((name, scanned.clusters > 0));
            }
        }
        Self(directories)
    }

    /// The names of the files right in a directory, and whether each describes clusters.
    fn files(&self, directory: &Path) -> HashMap<&'f str, bool> {
        self.0.get(short(directory)).into_iter().flatten().copied().collect()
    }
}

/// `./a` is `a`.
fn short(directory: &Path) -> &Path {
    directory.strip_prefix(".").unwrap_or(directory)
}

fn directory(name: &str) -> &Path {
    let parent = Path::new(name).parent().unwrap_or(Path::new(""));
    if parent.as_os_str().is_empty() { Path::new(".") } else { parent }
}

fn file_name(name: &str) -> Option<String> {
    Some(Path::new(name).file_name()?.to_string_lossy().into_owned())
}
