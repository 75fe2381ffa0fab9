//! What is to be read: files, directories, patterns, standard input.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Result, anyhow, bail};
use clearance_core::repository::is_list;
use globset::{GlobBuilder, GlobMatcher};
use rayon::slice::ParallelSliceMut;

use crate::reason;

/// One text to be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// How it is named in what is told.
    pub name: String,
    /// Where it is.
    pub source: Source,
    /// Whether it was named itself, not found in a directory or by a pattern.
    pub named: bool,
}

/// Where a text is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// In a file.
    File(PathBuf),
    /// It came in by standard input or another pipe, which can be read only once.
    Held(Vec<u8>),
}

/// What was found, and what was in the way.
#[derive(Debug, Default)]
pub struct Inputs {
    /// What is to be read, in the order of the names.
    pub found: Vec<Input>,
    /// What could not be looked into, as sentences.
    pub troubles: Vec<String>,
}

impl Input {
    /// A file that was found and not named.
    #[must_use]
    pub fn found(path: &Path) -> Self {
        Self { name: path.to_string_lossy().into_owned(), source: Source::File(path.to_owned()), named: false }
    }

    /// Whether it is the list of a tenant repository's clusters.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.source, Source::File(_)) && is_list(&place(&self.name))
    }
}

/// Finds what is to be read. `-` is standard input, under the name `stdin`. Of what can be read only
/// once, at most one byte more than `limit` is held.
pub fn collect(paths: &[PathBuf], stdin: &str, limit: usize) -> Result<Inputs> {
    let mut inputs = Inputs::default();
    if paths.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
        bail!("`-` stands for standard input and can be given only once");
    }
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.held(stdin, &mut io::stdin().lock(), limit);
            continue;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => inputs.directory(path, None),
            Ok(metadata) if metadata.is_file() => inputs.file(path, true),
            // A pipe, as from a shell's `<(…)`, or a device.
            Ok(_) => match File::open(path) {
                Ok(mut file) => inputs.held(&path.to_string_lossy(), &mut file, limit),
                Err(error) => inputs.troubles.push(cannot_read(path, &reason(&error))),
            },
            Err(error) => match pattern(path)? {
                Some((base, pattern)) => {
                    let before = inputs.found.len();
                    inputs.directory(&base, Some(&pattern));
                    if inputs.found.len() == before {
                        inputs.troubles.push(format!("no file fits the pattern `{}`", path.display()));
                    }
                }
                None => inputs.troubles.push(cannot_read(path, &reason(&error))),
            },
        }
    }
    if paths.len() > 1 {
        // A file that is named and lies in a directory that is named too counts as named.
        let (named, others): (Vec<Input>, Vec<Input>) = inputs.found.drain(..).partition(|input| input.named);
        let mut seen = BTreeSet::new();
        inputs.found.extend(named.into_iter().chain(others).filter(|input| match &input.source {
            Source::File(path) => seen.insert(plain(path)),
            Source::Held(_) => true,
        }));
    }
    inputs.found.par_sort_unstable_by(|a, b| (&a.name, &a.source).cmp(&(&b.name, &b.source)));
    Ok(inputs)
}

/// Where a file is, from the root of the file system and with `/`: by that the layout of a tenant
/// repository is known, wherever in it the command is run.
#[must_use]
pub fn place(name: &str) -> String {
    static HERE: LazyLock<PathBuf> = LazyLock::new(|| std::env::current_dir().unwrap_or_default());
    let path = plain(&HERE.join(name)).to_string_lossy().into_owned();
    if cfg!(windows) { path.replace('\\', "/") } else { path }
}

/// The same file by two names is one file: `a.yaml` and `./a.yaml`.
#[must_use]
pub fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
}

/// A path from the root of the file system without links; of what is not there, as far as it is.
#[must_use]
pub fn whole(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => whole(if parent.as_os_str().is_empty() { Path::new(".") } else { parent }).join(name),
        _ => std::env::current_dir().unwrap_or_default().join(path),
    })
}

/// A sentence about what cannot be read.
#[must_use]
pub fn cannot_read(path: &Path, why: &str) -> String {
    format!("cannot read `{}`: {why}", path.display())
}

impl Inputs {
    fn held(&mut self, name: &str, from: &mut impl Read, limit: usize) {
        let mut bytes = Vec::new();
        match from.take(limit as u64 + 1).read_to_end(&mut bytes) {
            Ok(_) => self.found.push(Input { name: name.to_owned(), source: Source::Held(bytes), named: true }),
            Err(error) => self.troubles.push(cannot_read(Path::new(name), &reason(&error))),
        }
    }

    fn file(&mut self, path: &Path, named: bool) {
        self.found.push(Input { name: path.to_string_lossy().into_owned(), source: Source::File(path.to_owned()), named });
    }

    /// Looks through a directory. Symbolic links are not followed, so that nothing is met twice and
    /// no way leads round in circles; what version control ignores is looked at, because what is
    /// applied may well be among it.
    fn directory(&mut self, root: &Path, pattern: Option<&GlobMatcher>) {
        let mut open = vec![root.to_owned()];
        while let Some(directory) = open.pop() {
            let entries = match fs::read_dir(&directory) {
                Ok(entries) => entries,
                Err(error) => {
                    self.troubles.push(cannot_read(&directory, &reason(&error)));
                    continue;
                }
            };
            for entry in entries {
                let (entry, kind) = match entry.and_then(|entry| Ok((entry.file_type()?, entry))) {
                    Ok((kind, entry)) => (entry, kind),
                    Err(error) => {
                        self.troubles.push(cannot_read(&directory, &reason(&error)));
                        continue;
                    }
                };
                let path =
                    if directory.as_os_str() == "." && root.as_os_str() != "." { PathBuf::from(entry.file_name()) } else { entry.path() };
                if kind.is_dir() {
                    if entry.file_name() != ".git" {
                        open.push(path);
                    }
                } else if kind.is_file() {
                    let fits = match pattern {
                        Some(pattern) => pattern.is_match(plain(&path)),
                        None => is_description(&path),
                    };
                    if fits {
                        self.file(&path, false);
                    }
                }
            }
        }
    }
}

/// Whether a file in a directory may hold a description, by its name.
#[must_use]
pub fn is_description(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// A pattern that no shell has expanded: the directory to look through, and what to look for.
pub fn pattern(path: &Path) -> Result<Option<(PathBuf, GlobMatcher)>> {
    let is_pattern = |text: &str| text.contains(['*', '?', '[', '{']);
    let Some(text) = path.to_str().filter(|text| is_pattern(text)) else { return Ok(None) };
    let pattern = plain(path).to_string_lossy().into_owned();
    let glob = GlobBuilder::new(&pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| anyhow!("`{text}` is no usable pattern: {}", error.kind()))?;
    let base: PathBuf = path.components().take_while(|part| !is_pattern(&part.as_os_str().to_string_lossy())).collect();
    let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
    Ok(base.is_dir().then(|| (base, glob.compile_matcher())))
}
