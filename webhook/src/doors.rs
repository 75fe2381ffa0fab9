//! Which doors a server opens.

use axum::Router;

use crate::Options;

/// The door of this crate.
pub(crate) const WEBHOOK: &str = "webhook";

/// A door that the same server opens beside the admission door, at the same ports.
#[derive(Debug)]
pub struct OtherDoor {
    /// What `--doors` calls it.
    pub name: &'static str,
    /// What it answers. It has routes and no fallbacks: what stands nowhere is told alike for all doors.
    pub router: Router,
    /// What the banner says of it, a line each.
    pub banner: Vec<String>,
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
