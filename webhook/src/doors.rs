//! Which doors a server opens.

use std::fmt;

use axum::Router;

use crate::{Options, Rules};

/// The door of this crate.
pub(crate) const WEBHOOK: &str = "webhook";

/// A door that the same server opens beside the admission door, at the same ports.
pub struct OtherDoor {
    /// What `--doors` calls it.
    pub name: &'static str,
    /// Opens it: what it answers, by the rules of this server. It has routes and no fallbacks: what stands nowhere is
    /// told alike for all doors.
    pub open: Box<dyn FnOnce(Rules) -> anyhow::Result<Router> + Send>,
    /// What the banner says of it, a line each.
    pub banner: Vec<String>,
}

impl fmt::Debug for OtherDoor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("OtherDoor").field(&self.name).finish()
    }
}

impl Options {
    /// Whether a door is to be opened, if it is there.
    #[must_use]
    pub fn opens(&self, name: &str) -> bool {
        self.doors.as_ref().is_none_or(|doors| doors.iter().any(|door| door == name))
    }

    /// Refuses doors that nobody knows.
    pub(crate) fn check_doors(&self, others: &[OtherDoor]) -> anyhow::Result<()> {
        let known: Vec<&str> = std::iter::once(WEBHOOK).chain(others.iter().map(|other| other.name)).collect();
        match self.doors.iter().flatten().find(|door| !known.contains(&door.as_str())) {
            Some(door) => anyhow::bail!("there is no door `{door}`; there is: {}", known.join(", ")),
            None => Ok(()),
        }
    }
}
