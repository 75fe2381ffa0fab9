//! What lies in a repository, and commits made without a working tree: no file of the repository is
//! ever written to disk, so no attribute, filter or link of it does anything.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::git::{Git, GitError, With};

/// The name of an object, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Oid(String);

impl Oid {
    /// The name that git prints.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name that stands for no object.
pub(crate) const NONE: &str = "0000000000000000000000000000000000000000";

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub path: String,
    pub kind: EntryKind,
    pub id: Oid,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    Directory,
    /// A symbolic link or another repository: nothing to be followed or replaced.
    Other,
}

impl EntryKind {
    fn of(mode: &str) -> Self {
        match mode {
            "040000" => Self::Directory,
            mode if mode.starts_with("100") => Self::File,
            _ => Self::Other,
        }
    }
}

/// What becomes of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// A file with this text.
    File(String),
    /// Nothing: a file, or a directory with all below it, goes.
    Gone,
}

/// Changes to a tree, by path.
pub(crate) type Changes = BTreeMap<String, Becomes>;

/// What a commit says.
#[derive(Debug, Clone)]
pub(crate) struct Message<'m> {
    pub text: &'m str,
    pub author: &'m Author,
}

/// Who wrote a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub name: String,
    pub mail: String,
}

/// The objects of one bare repository.
#[derive(Debug, Clone)]
pub(crate) struct Objects {
    pub git: Git,
}

/// Commits that nothing else names yet are named below it.
pub(crate) const PREPARED: &str = "refs/clearance/";

impl Objects {
    /// Opens a bare repository; makes it where there is none.
    pub(crate) fn open(directory: PathBuf, branch: &str, timeout: Duration, ca: Option<PathBuf>) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&directory)?;
        let is_new = !directory.join("HEAD").exists();
        let this = Self { git: Git::new(directory, timeout, ca) };
        if is_new {
            let args = ["--quiet", "--bare", "--template=", &format!("--initial-branch={branch}"), "."];
            this.git.run("init", &args, With::default())?;
        }
        Ok(this)
    }

    /// The commit that a name stands for.
    pub(crate) fn resolve(&self, name: &str) -> Result<Option<Oid>, GitError> {
        match self.git.run("rev-parse", &["--verify", "--quiet", "--end-of-options", name], With::default()) {
            Ok(printed) => Ok(Oid::parse(String::from_utf8_lossy(&printed).trim())),
            Err(GitError::Failed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a commit is part of another's history.
    pub(crate) fn holds(&self, tip: &Oid, commit: &Oid) -> Result<bool, GitError> {
        match self.git.run("merge-base", &["--is-ancestor", commit.as_str(), tip.as_str()], With::default()) {
            Ok(_) => Ok(true),
            // It says no by its status alone, and complains of a commit that is not here.
            Err(GitError::Failed { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All files below a directory.
    pub(crate) fn files(&self, tip: &Oid, below: &str) -> Result<Vec<Entry>, GitError> {
        let printed = self.git.run("ls-tree", &["-r", "-z", "--full-tree", tip.as_str(), "--", below], With::default())?;
        entries(&printed)
    }

    /// What stands at paths, and at the directories above them.
    pub(crate) fn look(&self, tip: &Oid, paths: &[String]) -> Result<BTreeMap<String, Entry>, GitError> {
        if paths.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut args = ["-t", "-z", "--full-tree", tip.as_str(), "--"].map(str::to_owned).to_vec();
        args.extend(paths.iter().cloned());
        let printed = self.git.run("ls-tree", &args, With::default())?;
        Ok(entries(&printed)?.into_iter().map(|entry| (entry.path.clone(), entry)).collect())
    }

    /// What differs below a directory: the entry after the change, nothing where it went.
    pub(crate) fn differing(&self, from: &Oid, to: &Oid, below: &str) -> Result<Vec<(String, Option<Entry>)>, GitError> {
        let args = ["-r", "-z", "--raw", "--no-renames", "--no-ext-diff", from.as_str(), to.as_str(), "--", below];
        let printed = self.git.run("diff-tree", &args, With::default())?;
        let printed = String::from_utf8_lossy(&printed);
        let mut parts = printed.split('\0');
        let mut found = Vec::new();
        // `:100644 100644 <id> <id> M`, then the path.
        while let (Some(head), Some(path)) = (parts.next().filter(|head| !head.is_empty()), parts.next()) {
            let words: Vec<&str> = head.split(' ').collect();
            let [_, mode, _, id, _] = words.as_slice() else { return Err(GitError::Odd("diff-tree")) };
            let entry = match *mode {
                "000000" => None,
                mode => {
                    let id = Oid::parse(id).ok_or(GitError::Odd("diff-tree"))?;
                    Some(Entry { path: path.to_owned(), kind: EntryKind::of(mode), id })
                }
            };
            found.push((path.to_owned(), entry));
        }
        Ok(found)
    }

    /// The texts of files, in their order; nothing for what is longer than `most` or no UTF-8.
    pub(crate) fn read(&self, ids: &[Oid], most: usize) -> Result<Vec<Option<String>>, GitError> {
        // What is too long is not even taken from git.
        let fits: Vec<bool> = self.lengths(ids)?.into_iter().map(|length| length <= most).collect();
        let fitting = || ids.iter().zip(&fits).filter(|(_, fits)| **fits).map(|(id, _)| id);
        let printed = self.batch("--batch", fitting())?;
        let odd = || GitError::Odd("cat-file");
        let mut rest = printed.as_slice();
        let mut texts = Vec::with_capacity(ids.len());
        for fits in &fits {
            if !fits {
                texts.push(None);
                continue;
            }
            let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(odd)?;
            let (head, after) = rest.split_at(end);
            let head = String::from_utf8_lossy(head);
            let length: usize = head.rsplit_once(' ').and_then(|(_, length)| length.parse().ok()).ok_or_else(odd)?;
            let content = after.get(1..length + 1).ok_or_else(odd)?;
            texts.push(std::str::from_utf8(content).ok().map(str::to_owned));
            rest = after.get(length + 2..).ok_or_else(odd)?;
        }
        Ok(texts)
    }

    /// The lengths of files, in their order.
    fn lengths(&self, ids: &[Oid]) -> Result<Vec<usize>, GitError> {
        let printed = self.batch("--batch-check=%(objectsize)", ids)?;
        let printed = String::from_utf8_lossy(&printed);
        printed.lines().map(|length| length.parse().map_err(|_| GitError::Odd("cat-file"))).collect()
    }

    fn batch<'o>(&self, how: &str, ids: impl IntoIterator<Item = &'o Oid>) -> Result<Vec<u8>, GitError> {
        let asked = ids.into_iter().fold(String::new(), |asked, id| asked + id.as_str() + "\n");
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        self.git.run("cat-file", &[how], With { input: asked.as_bytes(), ..With::default() })
    }

    /// Makes a commit; until it is [published](crate::repository::TenantRepository::publish) only
    /// `refs/clearance/<id>` names it.
    pub(crate) fn commit(&self, id: &str, parent: Option<&Oid>, changes: &Changes, message: &Message<'_>) -> Result<Oid, GitError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let Message { text, author } = message;
        let mut stream = format!("feature done\ncommit {PREPARED}{id}\nmark :1\n");
        let _ =
            write!(stream, "author {} <{}> {now} +0000\ncommitter Clearance <clearance@localhost> {now} +0000\n", author.name, author.mail);
        let _ = write!(stream, "data {}\n{text}\n", text.len());
        if let Some(parent) = parent {
            let _ = writeln!(stream, "from {parent}");
        }
        for (path, becomes) in changes {
            match becomes {
                Becomes::File(text) => {
                    let _ = write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len());
                }
                Becomes::Gone => {
                    let _ = writeln!(stream, "D {path}");
                }
            }
        }
        stream.push_str("\nget-mark :1\ndone\n");
        let printed = self.git.run("fast-import", &["--quiet", "--force"], With { input: stream.as_bytes(), ..With::default() })?;
        Oid::parse(String::from_utf8_lossy(&printed).trim()).ok_or(GitError::Odd("fast-import"))
    }

    /// Packs the objects that have come one by one, where they are many: each call takes longer by them.
    pub(crate) fn pack(&self) -> Result<(), GitError> {
        let nothing: &[&str] = &[];
        let counted = self.git.run("count-objects", nothing, With::default())?;
        let counted = String::from_utf8_lossy(&counted);
        let loose: u32 = counted.split(' ').next().and_then(|count| count.parse().ok()).ok_or(GitError::Odd("count-objects"))?;
        // What `git gc --auto` takes for many.
        if loose > 6_700 {
            self.git.run("gc", &["--quiet"], With::default())?;
        }
        Ok(())
    }

    /// Takes the name of a prepared commit away: it was published elsewhere, or will not be.
    pub(crate) fn forget(&self, id: &str) -> Result<(), GitError> {
        self.git.run("update-ref", &["-d", &format!("{PREPARED}{id}")], With::default()).map(drop)
    }

    /// The ids of prepared commits.
    pub(crate) fn prepared(&self) -> Result<Vec<String>, GitError> {
        let printed = self.git.run("for-each-ref", &["--format=%(refname)", PREPARED], With::default())?;
        let printed = String::from_utf8_lossy(&printed);
        Ok(printed.lines().filter_map(|line| line.strip_prefix(PREPARED)).map(str::to_owned).collect())
    }
}

/// `100644 blob <id>\t<path>`, with zero bytes between.
fn entries(printed: &[u8]) -> Result<Vec<Entry>, GitError> {
    let odd = || GitError::Odd("ls-tree");
    let printed = String::from_utf8_lossy(printed);
    let parse = |line: &str| {
        let (head, path) = line.split_once('\t').ok_or_else(odd)?;
        let (mode, rest) = head.split_once(' ').ok_or_else(odd)?;
        let id = rest.rsplit_once(' ').and_then(|(_, id)| Oid::parse(id)).ok_or_else(odd)?;
        Ok(Entry { path: path.to_owned(), kind: EntryKind::of(mode), id })
    };
    printed.split('\0').filter(|line| !line.is_empty()).map(parse).collect()
}
