//! A repository at a forge, seen through a bare mirror. Each call goes to the forge as its caller:
//! what the mirror knows is shown to nobody whom the forge would not show it to.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{NeedsCaller, Published, Right, TenantRepository, trouble};
use crate::caller::Caller;
use crate::git::{GitError, With};
use crate::objects::{Author, Changes, Message, Objects, Oid};
use crate::problem::Problem;

/// Where a repository, or another server, is: `https://…`, without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((scheme, rest)) = text.split_once("://") else { return Err("an address begins with `https://`") };
        let host = rest.split('/').next().unwrap_or_default();
        if host.contains('@') {
            return Err("an address holds no credentials: tokens come another way");
        }
        let name = host.trim_start_matches('[').split([':', ']']).next().unwrap_or_default();
        let is_here = name == "localhost" || host.starts_with("[::1]") || name.starts_with("127.");
        match scheme {
            "https" => {}
            // A token must not leave the machine in plain text.
            "http" if is_here => {}
            _ => return Err("an address begins with `https://` (`http://` on this machine only)"),
        }
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\' | b'`'));
        if plain && !host.is_empty() { Ok(Self(text.to_owned())) } else { Err("this is no address") }
    }
}

impl Address {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a forge is spoken to.
#[derive(Debug, Clone)]
pub(crate) struct Forge {
    pub address: Address,
    pub branch: String,
    /// The user name beside the token: GitLab wants `oauth2`.
    pub user: String,
    pub ca: Option<PathBuf>,
    /// Whether what a protected branch does not take becomes a branch of its own.
    pub proposes: bool,
    pub timeout: Duration,
}

#[derive(Debug)]
pub(crate) struct Remote {
    objects: Objects,
    forge: Forge,
    fetching: Mutex<()>,
}

/// What a refusal of the forge means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    NoToken,
    NotAllowed,
    NoRepository,
    Protected,
    Overtaken,
    Other,
}

impl Refusal {
    /// By git's words, and by GitLab's, Gitea's and GitHub's as they pass them on.
    fn of(said: &str) -> Self {
        let said = said.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if has(&[
            "authentication failed",
            "returned error: 401",
            "could not read username",
            "could not read password",
            "http basic: access denied",
        ]) {
            Self::NoToken
        } else if has(&[
            "non-fast-forward",
            "fetch first",
            "stale info",
            "failed to update ref",
            "cannot lock ref",
            "reference already exists",
        ]) {
            Self::Overtaken
        } else if has(&["protected branch", "pre-receive hook declined", "not allowed to push", "hook declined"]) {
            Self::Protected
        } else if has(&["returned error: 403", "forbidden", "write access to repository not granted", "not allowed to upload"]) {
            Self::NotAllowed
        } else if has(&["returned error: 404", "repository not found", "not found", "could not be found"]) {
            Self::NoRepository
        } else {
            Self::Other
        }
    }

    fn problem(self, right: Right) -> Option<Problem> {
        Some(match self {
            Self::NoToken => Problem::unauthorized("the tenant repository does not know this access token"),
            Self::NotAllowed if right == Right::Write => {
                Problem::forbidden("this access token may not write to the tenant repository; who registers clusters may push to it")
            }
            Self::NotAllowed => Problem::forbidden("this access token may not read the tenant repository"),
            Self::NoRepository => Problem::forbidden("this access token does not lead to the tenant repository"),
            Self::Protected => Problem::forbidden("the branch of the tenant repository takes no push of this caller"),
            Self::Overtaken | Self::Other => return None,
        })
    }
}

impl Remote {
    pub(crate) fn open(mirror: &Path, forge: Forge) -> anyhow::Result<Self> {
        let objects = Objects::open(mirror.to_owned(), &forge.branch, forge.timeout, forge.ca.clone())?;
        Ok(Self { objects, forge, fetching: Mutex::new(()) })
    }

    fn ask(&self, caller: &Caller, command: &'static str, args: &[&str], right: Right) -> Result<Vec<u8>, Problem> {
        self.objects.git.run(command, args, self.with(caller)).map_err(|error| {
            let refusal = if let GitError::Failed { said, .. } = &error { Refusal::of(said).problem(right) } else { None };
            refusal.unwrap_or_else(|| trouble(&error))
        })
    }

    fn with<'w>(&'w self, caller: &'w Caller) -> With<'w> {
        With { input: b"", credential: Some((&self.forge.user, &caller.token)) }
    }

    fn branch(&self) -> String {
        format!("refs/heads/{}", self.forge.branch)
    }

    /// The tip, as the forge tells it to this caller.
    fn tip(&self, caller: &Caller) -> Result<Option<Oid>, Problem> {
        let branch = self.branch();
        let address = self.forge.address.as_str();
        let printed = self.ask(caller, "ls-remote", &["--quiet", address, &branch], Right::Read)?;
        let printed = String::from_utf8_lossy(&printed);
        let Some(tip) = printed.lines().find_map(|line| line.split_once('\t').filter(|(_, name)| *name == branch)) else { return Ok(None) };
        let Some(tip) = Oid::parse(tip.0) else { return Err(trouble(&GitError::Odd("ls-remote"))) };
        let _fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        let is_here = self.objects.resolve(&branch).map_err(|error| trouble(&error))?.as_ref() == Some(&tip);
        if !is_here {
            self.ask(
                caller,
                "fetch",
                &["--quiet", "--no-tags", "--no-write-fetch-head", address, &format!("+{branch}:{branch}")],
                Right::Read,
            )?;
        }
        // It may have moved on between the two calls.
        self.objects.resolve(&branch).map_err(|error| trouble(&error))
    }

    /// A push of nothing: it asks for the right, and changes nothing.
    fn probe(&self, caller: &Caller, tip: Option<&Oid>) -> Result<(), Problem> {
        let probe = match tip {
            Some(tip) => tip.clone(),
            // Of an empty repository there is nothing to push yet.
            None => {
                let author = Author { name: "Clearance".to_owned(), mail: "clearance@localhost".to_owned() };
                let message = Message { text: "a probe", author: &author };
                self.objects.commit("probe", None, &Changes::new(), &message).map_err(|error| trouble(&error))?
            }
        };
        let what = format!("{probe}:{}", self.branch());
        let asked = self.ask(caller, "push", &["--quiet", "--dry-run", "--no-verify", self.forge.address.as_str(), &what], Right::Write);
        match asked {
            Ok(_) => Ok(()),
            Err(problem) => Err(problem),
        }
    }

    fn push(&self, caller: &Caller, commit: &Oid, branch: &str) -> Result<(), GitError> {
        let what = format!("{commit}:refs/heads/{branch}");
        let args = ["--quiet", "--porcelain", "--no-verify", self.forge.address.as_str(), &what];
        self.objects.git.run("push", &args, self.with(caller)).map(drop)
    }
}

impl TenantRepository for Remote {
    fn objects(&self) -> &Objects {
        &self.objects
    }

    fn open(&self, caller: &Caller, right: Right) -> Result<Option<Oid>, Problem> {
        let tip = self.tip(caller)?;
        if right == Right::Write {
            self.probe(caller, tip.as_ref())?;
        }
        Ok(tip)
    }

    fn publish(&self, caller: &Caller, id: &str, commit: &Oid, _: Option<&Oid>) -> Published {
        let pushed = self.push(caller, commit, &self.forge.branch);
        let published = match pushed {
            Ok(()) => Published::Done,
            Err(error @ GitError::Failed { .. }) => {
                let GitError::Failed { said, .. } = &error else { return Published::Unknown(trouble(&error)) };
                match Refusal::of(said) {
                    Refusal::Overtaken => Published::Overtaken,
                    Refusal::Protected if self.forge.proposes => {
                        let branch = format!("clearance/{id}");
                        match self.push(caller, commit, &branch) {
                            Ok(()) => Published::Proposed(branch),
                            Err(error) => Published::Refused(trouble(&error)),
                        }
                    }
                    refusal => match refusal.problem(Right::Write) {
                        Some(problem) => Published::Refused(problem),
                        // The connection may have broken after the forge had taken it.
                        None => Published::Unknown(trouble(&error)),
                    },
                }
            }
            Err(error) => Published::Unknown(trouble(&error)),
        };
        if !matches!(published, Published::Unknown(_)) {
            let _ = self.objects.forget(id);
        }
        if matches!(published, Published::Done) {
            // What was pushed need not be fetched.
            let _ = self.objects.git.run("update-ref", &[self.branch().as_str(), commit.as_str()], With::default());
        }
        published
    }

    fn own_tip(&self) -> Result<Option<Oid>, NeedsCaller> {
        Err(NeedsCaller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_no_credential_and_is_encrypted() {
        for good in
            ["https://gitlab.example/tenant/config.git", "http://127.0.0.1:3000/t.git", "http://localhost/t.git", "http://[::1]:80/t.git"]
        {
            assert!(good.parse::<Address>().is_ok(), "{good}");
        }
        for bad in [
            "http://gitlab.example/t.git",
            "https://a:b@gitlab.example/t.git",
            "ssh://git@x/t.git",
            "ext::sh -c x",
            "/srv/t.git",
            "https://x/a b",
            "https:///",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        for (said, refusal) in [
            ("fatal: Authentication failed for 'https://x/'", Refusal::NoToken),
            ("fatal: unable to access 'https://x/': The requested URL returned error: 403", Refusal::NotAllowed),
            ("fatal: repository 'https://x/' not found", Refusal::NoRepository),
            ("!\trefs/heads/main:refs/heads/main\t[rejected] (fetch first)", Refusal::Overtaken),
            ("!\tx:y\t[remote rejected] (pre-receive hook declined)", Refusal::Protected),
            ("remote: GitLab: You are not allowed to push code to protected branches on this project.", Refusal::Protected),
            ("fatal: unable to access 'https://x/': Could not resolve host: x", Refusal::Other),
        ] {
            assert_eq!(Refusal::of(said), refusal, "{said}");
        }
    }
}
