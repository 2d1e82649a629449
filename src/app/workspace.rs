//! What is managed: a name, and the profile behind it where there is one.

use crate::domain::{Profile, profile::Environment};

/// What is managed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workspace {
    /// `local`, `demo`, a host, or the profile's name.
    pub name: String,
    /// The profile; without one nobody signs in here.
    pub profile: Option<Profile>,
}

impl Workspace {
    /// A workspace without a profile.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), profile: None }
    }

    /// Whether it is the throw-away one, from which nothing is kept.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.profile.is_none() && self.name == "demo"
    }

    /// The workspace of a profile.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self { name: profile.name.clone(), profile: Some(profile) }
    }

    /// What depends on it, where that was said.
    #[must_use]
    pub fn environment(&self) -> Option<Environment> {
        self.profile.as_ref().map(|profile| profile.environment)
    }
}
