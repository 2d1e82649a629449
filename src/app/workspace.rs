//! Workspace of the console: a name, and a profile if it has one.

use crate::domain::{Profile, profile::Environment};

/// Workspace that the console manages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workspace {
    /// Name: `local`, `demo`, a host, or the name of the profile.
    pub name: String,
    /// Profile; without one, there is no sign-in.
    pub profile: Option<Profile>,
}

impl Workspace {
    /// Creates a workspace without a profile.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), profile: None }
    }

    /// True for the temporary demo workspace, which saves nothing.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.profile.is_none() && self.name == "demo"
    }

    /// Creates the workspace of a profile.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self { name: profile.name.clone(), profile: Some(profile) }
    }

    /// Returns the environment of the profile; `None` without a profile.
    #[must_use]
    pub fn environment(&self) -> Option<Environment> {
        self.profile.as_ref().map(|profile| profile.environment)
    }
}
