//! Workspace of the console: a name, and an optional profile.

use crate::domain::{
    Profile,
    profile::{Environment, Tint},
};

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

    /// Returns the color of the name; `None` if the profile sets no color, for production, and
    /// without a profile.
    #[must_use]
    pub fn tint(&self) -> Option<Tint> {
        let profile = self.profile.as_ref()?;
        profile.tint.filter(|_| profile.environment != Environment::Prod)
    }

    /// Returns the environment of the profile; `None` without a profile.
    #[must_use]
    pub fn environment(&self) -> Option<Environment> {
        self.profile.as_ref().map(|profile| profile.environment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_has_no_tint() {
        let profile =
            |environment| Profile { environment, tint: Some(Tint::Green), ..Profile::default() };
        let tint = |environment| Workspace::of(profile(environment)).tint();
        assert_eq!(tint(Environment::Staging), Some(Tint::Green));
        assert_eq!(tint(Environment::Prod), None);
    }
}
