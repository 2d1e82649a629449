//! Managed workspace: a name, and its profile if it has one.

use crate::domain::{Profile, profile::Environment};

/// Managed workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workspace {
    /// `local`, `demo`, a host, or the profile's name.
    pub name: String,
    /// Profile; without one, there is no sign-in.
    pub profile: Option<Profile>,
}

impl Workspace {
    /// A workspace without a profile.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), profile: None }
    }

    /// True for the temporary demo workspace, from which nothing is kept.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.profile.is_none() && self.name == "demo"
    }

    /// The workspace of a profile.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self { name: profile.name.clone(), profile: Some(profile) }
    }

    /// Environment, if set.
    #[must_use]
    pub fn environment(&self) -> Option<Environment> {
        self.profile.as_ref().map(|profile| profile.environment)
    }
}
