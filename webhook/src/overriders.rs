//! Who may override rules that read the fleet.

use std::collections::BTreeSet;

use crate::review::User;

/// The users and groups whose overrides count; nobody, unless the configuration names somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Overriders {
    pub users: BTreeSet<String>,
    pub groups: BTreeSet<String>,
}

impl Overriders {
    pub(crate) fn new(users: &[String], groups: &[String]) -> Self {
        Self { users: users.iter().cloned().collect(), groups: groups.iter().cloned().collect() }
    }

    pub(crate) fn is_nobody(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }

    /// Whether a user, as the API server has authenticated it, is among them. A user without a name is nobody.
    pub(crate) fn include(&self, user: &User<'_>) -> bool {
        self.users.contains(user.name) && !user.name.is_empty() || user.groups.iter().any(|group| self.groups.contains(*group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user<'u>(name: &'u str, groups: &[&'u str]) -> User<'u> {
        User { name, groups: groups.to_vec() }
    }

    #[test]
    fn only_those_who_are_named() {
        let overriders = Overriders::new(&["alice".to_owned()], &["platform".to_owned()]);
        assert!(overriders.include(&user("alice", &[])));
        assert!(overriders.include(&user("bob", &["system:authenticated", "platform"])));
        // A user may not pass for a group, nor a group for a user.
        assert!(!overriders.include(&user("platform", &["alice"])));
        assert!(!overriders.include(&user("bob", &["system:authenticated"])));
        assert!(!overriders.include(&user("", &[])));
        assert!(!Overriders::new(&[String::new()], &[]).include(&user("", &[])));
        assert!(Overriders::default().is_nobody());
    }
}
