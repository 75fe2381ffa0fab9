//! The tenant configuration repository. Rights are the caller's: nothing here has any of its own.

mod embedded;
mod remote;

use crate::caller::Caller;
use crate::git::GitError;
use crate::objects::{Objects, Oid};
use crate::problem::Problem;

pub(crate) use embedded::Embedded;
pub use remote::Address;
pub(crate) use remote::{Forge, Remote};

/// What a caller wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    Read,
    Write,
}

/// What became of a commit.
#[derive(Debug)]
pub(crate) enum Published {
    /// It is the tip now.
    Done,
    /// Another one came first.
    Overtaken,
    /// The branch takes no direct push: it is on a branch of its own.
    Proposed(String),
    /// It was refused, and is not there.
    Refused(Problem),
    /// Nobody knows: the answer did not come.
    Unknown(Problem),
}

/// A tenant configuration repository.
pub(crate) trait TenantRepository: Send + Sync {
    /// What is known of it here.
    fn objects(&self) -> &Objects;

    /// Confirms that the caller has a right, and brings the newest commit here; nothing where there is none.
    fn open(&self, caller: &Caller, right: Right) -> Result<Option<Oid>, Problem>;

    /// Makes a [prepared](Objects::commit) commit the tip, if `onto` still is.
    fn publish(&self, caller: &Caller, id: &str, commit: &Oid, onto: Option<&Oid>) -> Published;

    /// The tip as far as it can be known without a caller, to finish what a crash left.
    fn own_tip(&self) -> Result<Option<Oid>, NeedsCaller>;
}

/// Only who calls can be shown the repository.
#[derive(Debug)]
pub(crate) struct NeedsCaller;

/// Why git could not do it, as its callers are told. What it said goes to the log.
pub(crate) fn trouble(error: &GitError) -> Problem {
    if let GitError::Failed { command, said } = error {
        tracing::warn!(command, said = crate::log_line(said), "git failed");
    } else {
        tracing::warn!(%error, "git failed");
    }
    Problem::unavailable("the tenant repository cannot be reached or read now; nothing was changed")
}
