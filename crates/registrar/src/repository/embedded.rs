//! A repository of our own, below the state directory: for a laptop, and for trying things out.

use std::path::Path;
use std::time::Duration;

use super::{NeedsCaller, Published, Right, TenantRepository, trouble};
use crate::caller::{Caller, Token};
use crate::git::{GitError, With};
use crate::objects::{NONE, Objects, Oid, PREPARED};
use crate::problem::Problem;

/// One repository and the one token that opens it.
#[derive(Debug)]
pub(crate) struct Embedded {
    objects: Objects,
    branch: String,
    token: Token,
}

impl Embedded {
    pub(crate) fn open(directory: &Path, branch: &str, token: Token, timeout: Duration) -> anyhow::Result<Self> {
        let objects = Objects::open(directory.to_owned(), branch, timeout, None)?;
        Ok(Self { objects, branch: branch.to_owned(), token })
    }

    /// Whether a caller may do anything at all.
    pub(crate) fn admits(&self, caller: &Caller) -> Result<(), Problem> {
        if self.token.is(&caller.token) { Ok(()) } else { Err(Problem::unauthorized("the access token is not the one of this server")) }
    }

    fn tip(&self) -> Result<Option<Oid>, GitError> {
        self.objects.resolve(&format!("refs/heads/{}", self.branch))
    }
}

impl TenantRepository for Embedded {
    fn objects(&self) -> &Objects {
        &self.objects
    }

    fn open(&self, caller: &Caller, _: Right) -> Result<Option<Oid>, Problem> {
        self.admits(caller)?;
        self.tip().map_err(|error| trouble(&error))
    }

    fn publish(&self, caller: &Caller, id: &str, commit: &Oid, onto: Option<&Oid>) -> Published {
        if let Err(problem) = self.admits(caller) {
            return Published::Refused(problem);
        }
        let old = onto.map_or(NONE, Oid::as_str);
        // Both or neither: the tip moves if it still is the old one.
        let orders = format!("start\nupdate refs/heads/{} {commit} {old}\ndelete {PREPARED}{id}\nprepare\ncommit\n", self.branch);
        match self.objects.git.run("update-ref", &["--stdin"], With { input: orders.as_bytes(), ..With::default() }) {
            Ok(_) => Published::Done,
            Err(GitError::Failed { said, .. })
                if said.contains("but expected") || said.contains("already exists") || said.contains("cannot lock") =>
            {
                Published::Overtaken
            }
            Err(error @ GitError::Slow(..)) => Published::Unknown(trouble(&error)),
            Err(error) => Published::Refused(trouble(&error)),
        }
    }

    fn own_tip(&self) -> Result<Option<Oid>, NeedsCaller> {
        self.tip().map_err(|_| NeedsCaller)
    }
}
