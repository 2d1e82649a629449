//! A secret that its provider sends once: it is here until a person says that it is safe elsewhere.

use super::detail::Peek;
use crate::domain::{Credential, Kind, Untrusted};

/// What made the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The credential was made.
    Created,
    /// It was rotated.
    Rotated,
    /// It was edited, and the provider makes a new one with every edit.
    Edited,
}

/// The panel. The secret itself stays in the shell's secret cache.
#[derive(Debug)]
pub struct OncePanel {
    /// Which kind of credential.
    pub kind: Kind,
    /// Which one.
    pub id: Untrusted,
    /// Its name.
    pub name: Untrusted,
    /// What made the secret.
    pub cause: Cause,
    /// Whether it is in sight.
    pub peek: Peek,
    /// Whether it was copied or seen.
    pub taken: bool,
    /// Whether leaving is being asked about.
    pub leaving: bool,
}

impl OncePanel {
    /// A panel for a secret that was just made.
    #[must_use]
    pub fn new(credential: &Credential, cause: Cause) -> Self {
        Self {
            kind: credential.kind(),
            id: credential.id().clone(),
            name: credential.name().clone(),
            cause,
            peek: Peek::Masked,
            taken: false,
            leaving: false,
        }
    }
}
