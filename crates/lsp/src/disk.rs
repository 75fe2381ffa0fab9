//! What lies on disk, and what of it has changed since it was looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clearance_core::Rulebook;
use clearance_core::source::Limits;
use clearance_files::config::Config;
use clearance_files::input::{Input, collect, is_description};
use clearance_files::scan::{Reader, Scanned};

use crate::uri::real;

/// By what a file is known not to have changed.
pub(crate) type Stamp = (SystemTime, u64);

/// Some files, each as it was; nothing for what was not there.
pub(crate) type Stamps = BTreeMap<PathBuf, Option<Stamp>>;

/// A file, as it was when it was looked at.
pub(crate) struct Seen {
    pub path: PathBuf,
    pub stamp: Option<Stamp>,
    pub scanned: Scanned,
}

/// When a file was last written, and how long it is.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Looks at some files.
pub(crate) fn look(paths: Vec<PathBuf>, rulebook: &Rulebook, now: i64) -> Vec<Seen> {
    let reader = Reader { rulebook, limits: Limits::default(), now, name: None };
    let inputs: Vec<Input> = paths.iter().map(|path| Input::found(path)).collect();
    let stamps: Vec<Option<Stamp>> = paths.iter().map(|path| stamp(path)).collect();
    let scanned = reader.scan(&inputs);
    let seen = paths.into_iter().zip(stamps).zip(scanned);
    seen.map(|((path, stamp), scanned)| Seen { path, stamp, scanned }).collect()
}

/// The files below a directory that may describe clusters. Links are not followed.
pub(crate) fn files(root: &Path, config: &Config) -> Vec<PathBuf> {
    let found = collect(&[root.to_owned()], "-", 0).unwrap_or_default().found;
    found.into_iter().filter(|input| config.wants(input)).map(|input| PathBuf::from(input.name)).collect()
}

/// Whether a single file is looked at.
pub(crate) fn is_wanted(path: &Path, config: &Config) -> bool {
    is_description(path) && config.wants(&Input::found(path)) && fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// What has changed below a directory: files that are new or other than they were, and files that are gone.
pub(crate) fn changes(root: &Path, config: &Config, known: &Stamps) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let found: BTreeSet<PathBuf> = files(root, config).into_iter().collect();
    let gone = known.keys().filter(|path| !found.contains(*path)).cloned().collect();
    let is_other = |path: &PathBuf| known.get(path).is_none_or(|seen| *seen != stamp(path));
    (found.into_iter().filter(is_other).collect(), gone)
}

/// The repository that a file lies in: the nearest directory with settings, with Git's own or with
/// the layout of a tenant repository.
pub(crate) fn root_of(file: &Path) -> Option<PathBuf> {
    let is_root = |directory: &Path| {
        [clearance_files::config::NAME, ".git", clearance_core::repository::CLUSTERS].iter().any(|sign| directory.join(sign).exists())
    };
    file.ancestors().skip(1).find(|directory| is_root(directory)).map(real)
}
