//! The `git` program: run on bare repositories only, with nothing of a repository's configuration in
//! force that could run anything, and with bounds on its time and its words.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use thiserror::Error;

use crate::caller::Token;

/// The most that is read of what git says.
const LONGEST: u64 = 1 << 30;
/// The most that is read of its complaints.
const LONGEST_COMPLAINT: u64 = 64 << 10;

/// Why git did not do it.
#[derive(Debug, Error)]
pub(crate) enum GitError {
    /// It is not there, or cannot be started.
    #[error("cannot run `git`: {0}")]
    NoGit(std::io::Error),
    /// It took too long, and was ended.
    #[error("`git {0}` took longer than {secs} seconds", secs = .1.as_secs())]
    Slow(&'static str, Duration),
    /// It refused; its own words are kept for the log and to be understood, and are told to nobody else.
    #[error("`git {command}` failed")]
    Failed {
        /// What was asked of it.
        command: &'static str,
        /// What it said.
        said: String,
    },
    /// It answered something else than it should.
    #[error("`git {0}` gave an answer that cannot be understood")]
    Odd(&'static str),
}

/// The program on one bare repository.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    directory: PathBuf,
    timeout: Duration,
    /// The certificates of the forge, if they are not the system's.
    ca: Option<PathBuf>,
}

/// What else a run of git is to know. None of it is in its arguments.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct With<'w> {
    pub input: &'w [u8],
    /// The user name and the token for a forge.
    pub credential: Option<(&'w str, &'w Token)>,
}

/// What holds for every run, whatever the system, the user or the repository configures.
const FIXED: &[&str] = &[
    "safe.directory=*",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "credential.helper=",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=20",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.http.allow=always",
    "transfer.credentialsInUrl=die",
    "fetch.fsckObjects=false",
    "submodule.recurse=false",
    "push.gpgSign=false",
    "commit.gpgSign=false",
];

/// A command that sees nothing of this process' surroundings but where programs are.
pub(crate) fn bare_command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()))
        .env("HOME", "/nonexistent")
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "/bin/false")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_PROTOCOL_FROM_USER", "0");
    command
}

/// Settings for git by its environment: what is there is in no argument list.
pub(crate) fn configure<'c>(command: &mut Command, settings: impl IntoIterator<Item = (&'c str, String)>) {
    let fixed = FIXED.iter().filter_map(|setting| setting.split_once('=')).map(|(key, value)| (key, value.to_owned()));
    let mut count = 0_usize;
    for (key, value) in fixed.chain(settings) {
        command.env(format!("GIT_CONFIG_KEY_{count}"), key).env(format!("GIT_CONFIG_VALUE_{count}"), value);
        count += 1;
    }
    command.env("GIT_CONFIG_COUNT", count.to_string());
}

impl Git {
    pub(crate) fn new(directory: PathBuf, timeout: Duration, ca: Option<PathBuf>) -> Self {
        Self { directory, timeout, ca }
    }

    /// Runs it; returns what it printed.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, command: &'static str, args: &[A], with: With<'_>) -> Result<Vec<u8>, GitError> {
        let mut git = bare_command("git");
        git.current_dir(&self.directory).env("GIT_DIR", &self.directory).arg(command).args(args);
        let mut settings = Vec::new();
        if let Some((user, token)) = with.credential {
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{}", token.reveal()));
            settings.push(("http.extraHeader", format!("Authorization: Basic {pair}")));
        }
        if let Some(ca) = &self.ca {
            settings.push(("http.sslCAInfo", ca.display().to_string()));
        }
        configure(&mut git, settings);
        let ran = run(git, command, with.input, self.timeout);
        if let Err(GitError::Failed { said, .. }) = &ran
            && said.contains(".lock")
        {
            self.remove_old_locks();
        }
        ran
    }

    /// Removes the locks that a killed git has left, as by a crash of the machine: nobody else does, and each later
    /// change would be refused. A git of ours never runs as long as the age that they must have.
    fn remove_old_locks(&self) {
        let age = self.timeout.saturating_mul(3);
        let mut directories = vec![self.directory.clone(), self.directory.join("refs")];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                let path = entry.path();
                if kind.is_dir() && directory != self.directory {
                    directories.push(path);
                } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "lock") {
                    let modified = entry.metadata().and_then(|metadata| metadata.modified());
                    if modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|elapsed| elapsed > age)) {
                        tracing::warn!(lock = %path.display(), "removed a lock that a git which no longer runs has left");
                        let _ = fs::remove_file(&path);
                    }
                }
            }
        }
    }
}

/// Ends a program and those that it has started, which would hold on to its pipes.
fn end(group: u32) {
    let _ = Command::new("sh").args(["-c", &format!("kill -KILL -{group}")]).stderr(Stdio::null()).status();
}

/// Runs a command within a time.
fn run(mut command: Command, name: &'static str, input: &[u8], time: Duration) -> Result<Vec<u8>, GitError> {
    // A group of its own: what a terminal or a supervisor ends is the server, not a push in the middle.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(GitError::NoGit)?;
    let begin = Instant::now();
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (told, heard) = mpsc::channel();
    let listen = |from: Option<Box<dyn Read + Send>>, most: u64, which: bool| {
        let told = told.clone();
        std::thread::spawn(move || {
            let mut words = Vec::new();
            if let Some(mut from) = from {
                let _ = from.by_ref().take(most).read_to_end(&mut words);
                // Who is not listened to waits for ever.
                let _ = std::io::copy(&mut from, &mut std::io::sink());
            }
            let _ = told.send((which, words));
        });
    };
    listen(stdout.map(|out| Box::new(out) as Box<dyn Read + Send>), LONGEST, true);
    listen(stderr.map(|out| Box::new(out) as Box<dyn Read + Send>), LONGEST_COMPLAINT, false);
    // Short words fit into the pipe; long ones are written while git answers.
    if input.len() <= 4096 {
        let _ = stdin.map(|mut stdin| stdin.write_all(input));
    } else {
        let input = input.to_vec();
        std::thread::spawn(move || drop(stdin.map(|mut stdin| stdin.write_all(&input))));
    }
    let (mut printed, mut said) = (None, None);
    while printed.is_none() || said.is_none() {
        match heard.recv_timeout(time.saturating_sub(begin.elapsed())) {
            Ok((true, words)) => printed = Some(words),
            Ok((false, words)) => said = Some(words),
            Err(_) => {
                end(child.id());
                let _ = child.kill();
                let _ = child.wait();
                return Err(GitError::Slow(name, time));
            }
        }
    }
    let status = child.wait().map_err(GitError::NoGit)?;
    if status.success() {
        return Ok(printed.unwrap_or_default());
    }
    // `push --porcelain` tells on standard output why.
    let mut words = said.unwrap_or_default();
    words.extend(printed.unwrap_or_default().into_iter().take(4096));
    Err(GitError::Failed { command: name, said: String::from_utf8_lossy(&words).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_ended() {
        let mut sleep = Command::new("sleep");
        sleep.arg("30");
        let begin = Instant::now();
        let error = run(sleep, "sleep", b"", Duration::from_millis(50)).expect_err("it is too slow");
        assert!(matches!(error, GitError::Slow(..)) && begin.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_lock_that_is_left_is_removed_once_it_is_old() {
        let directory = tempfile::tempdir().expect("a directory");
        let git = |seconds| Git::new(directory.path().to_owned(), Duration::from_secs(seconds), None);
        git(60).run("init", &["--quiet", "--bare", "--initial-branch=main", "."], With::default()).expect("a repository");
        let commit = "commit refs/heads/main\ncommitter a <a@localhost> 1 +0000\ndata 0\n\n";
        git(60).run("fast-import", &["--quiet"], With { input: commit.as_bytes(), ..With::default() }).expect("a commit");
        let lock = directory.path().join("refs/heads/main.lock");
        let delete = |git: &Git| git.run("update-ref", &["-d", "refs/heads/main"], With::default());
        let at_age = |age| {
            let file = fs::File::create(&lock).expect("a lock");
            file.set_modified(std::time::SystemTime::now() - Duration::from_secs(age)).expect("an old one");
        };
        at_age(100);
        assert!(delete(&git(60)).is_err() && delete(&git(60)).is_err(), "somebody may still hold it");
        at_age(200);
        assert!(delete(&git(60)).is_err() && delete(&git(60)).is_ok(), "the next try succeeds");
    }

    #[test]
    fn long_words_go_both_ways() {
        let text = vec![b'a'; 3 << 20];
        assert_eq!(run(Command::new("cat"), "cat", &text, Duration::from_secs(30)).expect("it only repeats").len(), text.len());
    }
}
