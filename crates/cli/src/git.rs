//! Reading Git's objects by the `git` program, whatever the repository's configuration asks for.
//!
//! Only objects are read, by `rev-parse`, `merge-base`, `ls-tree` and `cat-file`: the commands that
//! look at the working tree would run what the configuration names (`core.fsmonitor`, filters, an
//! external diff).

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::output::reason;

/// A repository.
#[derive(Debug)]
pub struct Repository {
    /// The root of its working tree.
    pub root: PathBuf,
}

/// A file of a commit.
#[derive(Debug, Clone)]
pub struct Blob {
    /// Its path from the root.
    pub path: String,
    id: String,
}

/// What a commit is compared with.
#[derive(Debug, Clone)]
pub struct Base {
    /// The commit.
    pub commit: String,
    /// What is to be known of it, as a sentence.
    pub note: Option<String>,
}

fn git(directory: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(directory)
        .args(["--no-pager", "--no-optional-locks"])
        // Ownership is no danger where nothing of the repository is run.
        .args(["-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "diff.external="])
        // A partial clone would fetch what it lacks, over a transport that the repository names.
        .args(["-c", "protocol.allow=never"])
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" })
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    git
}

/// The first line of a command's output; nothing where it fails.
fn asked(directory: &Path, args: &[&str]) -> Result<Option<String>> {
    let output = git(directory).args(args).output().map_err(|error| anyhow::anyhow!("cannot run `git`: {}", reason(&error)))?;
    let line = String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned();
    Ok(output.status.success().then_some(line))
}

impl Blob {
    /// Whether a file with this content would be this very object.
    pub fn is(&self, content: &[u8]) -> bool {
        fn named<D: Digest>(content: &[u8]) -> String {
            let hash = D::new().chain_update(format!("blob {}\0", content.len())).chain_update(content).finalize();
            hash.iter().fold(String::new(), |name, byte| name + &format!("{byte:02x}"))
        }
        // Git's two object formats tell themselves apart by the length of their names.
        self.id == if self.id.len() == 40 { named::<Sha1>(content) } else { named::<Sha256>(content) }
    }
}

impl Repository {
    /// The repository that a directory lies in.
    pub fn of(directory: &Path) -> Result<Self> {
        match asked(directory, &["rev-parse", "--show-toplevel"])? {
            Some(root) if !root.is_empty() => Ok(Self { root: PathBuf::from(root) }),
            _ => bail!("`{}` lies in no Git repository, so there is no base to compare with", directory.display()),
        }
    }

    /// The commit that a change starts from: where `revision` and what is checked out part.
    pub fn base(&self, revision: &str) -> Result<Base> {
        let commit = format!("{revision}^{{commit}}");
        let shallow = asked(&self.root, &["rev-parse", "--is-shallow-repository"])?.as_deref() == Some("true");
        let Some(tip) = asked(&self.root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])? else {
            if asked(&self.root, &["rev-parse", "--verify", "--quiet", "HEAD"])?.is_none() {
                bail!("this repository has no commit yet, so there is no base to compare with");
            }
            let why = if shallow { "; this clone is shallow, so fetch it first, as by `git fetch --depth=1 origin BRANCH`" } else { "" };
            bail!("there is no commit `{revision}` in this repository{why}");
        };
        if let Some(parted) = asked(&self.root, &["merge-base", &tip, "HEAD"])?.filter(|commit| !commit.is_empty()) {
            return Ok(Base { commit: parted, note: None });
        }
        let why = if shallow { "this clone is shallow" } else { "they have no common history" };
        let note = format!("where HEAD and `{revision}` part is not known, because {why}: compared with `{revision}` itself");
        Ok(Base { commit: tip, note: Some(note) })
    }

    /// The files of a commit whose paths are wanted. Links and submodules are none.
    pub fn files(&self, base: &Base, wants: impl Fn(&Path) -> bool) -> Result<Vec<Blob>> {
        let output = git(&self.root).args(["ls-tree", "-r", "-z", "--full-tree", &base.commit]).output().context("cannot run `git`")?;
        if !output.status.success() {
            bail!("the tree of {} cannot be read: {}", base.commit, String::from_utf8_lossy(&output.stderr).trim());
        }
        let mut blobs = Vec::new();
        for line in output.stdout.split(|byte| *byte == 0) {
            let line = String::from_utf8_lossy(line);
            let Some((head, path)) = line.split_once('\t') else { continue };
            let mut words = head.split(' ');
            let (mode, _, id) = (words.next().unwrap_or_default(), words.next(), words.next().unwrap_or_default());
            if mode.starts_with("100") && wants(Path::new(path)) {
                blobs.push(Blob { path: path.to_owned(), id: id.to_owned() });
            }
        }
        Ok(blobs)
    }

    /// The contents of files, in their order; nothing for one that this clone does not have.
    pub fn contents(&self, blobs: &[Blob], limit: usize) -> Result<Vec<Option<Vec<u8>>>> {
        if blobs.is_empty() {
            return Ok(Vec::new());
        }
        let mut child = git(&self.root)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run `git`")?;
        let (mut asks, answers) = (child.stdin.take().context("a pipe")?, child.stdout.take().context("a pipe")?);
        let ids: Vec<&str> = blobs.iter().map(|blob| blob.id.as_str()).collect();
        let wanted = ids.join("\n") + "\n";
        // Git answers while it is still asked: both pipes would fill up.
        let asking = std::thread::spawn(move || asks.write_all(wanted.as_bytes()));
        let mut answers = BufReader::with_capacity(1 << 20, answers);
        let mut contents = Vec::with_capacity(blobs.len());
        for _ in blobs {
            let mut head = String::new();
            answers.read_line(&mut head)?;
            let Some(length) = head.trim_end().rsplit_once(' ').and_then(|(_, length)| length.parse::<u64>().ok()) else {
                contents.push(None);
                continue;
            };
            let mut content = Vec::new();
            answers.by_ref().take(length.min(limit as u64)).read_to_end(&mut content)?;
            std::io::copy(&mut answers.by_ref().take(length + 1 - content.len() as u64), &mut std::io::sink())?;
            contents.push((length <= limit as u64).then_some(content));
        }
        let _ = asking.join();
        child.wait()?;
        Ok(contents)
    }
}
