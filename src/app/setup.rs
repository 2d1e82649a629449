//! Initial state of the console.

use std::sync::Arc;

use super::Workspace;
use crate::{
    domain::{preferences::Timers, profile::Method},
    keys::Keymap,
};

/// Environment of the console, in the words of `credenza doctor`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The terminal, by the name that it gives itself.
    pub terminal: String,
    /// The clipboards that a copy goes to, and why those.
    pub clipboard: Vec<String>,
    /// The store of sessions that is wanted.
    pub sessions: String,
}

/// Initial state of the console.
#[derive(Debug)]
pub struct Setup {
    /// Workspace that is managed.
    pub workspace: Workspace,
    /// The base URL as far as it is known.
    pub base_url: String,
    /// The keys.
    pub keymap: Arc<Keymap>,
    /// Configured durations.
    pub timers: Timers,
    /// Default sign-in method at this terminal.
    pub usual: Method,
    /// Environment.
    pub facts: Facts,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            workspace: Workspace::default(),
            base_url: String::new(),
            keymap: Arc::default(),
            timers: Timers::default(),
            usual: Method::Browser,
            facts: Facts::default(),
        }
    }
}

impl Setup {
    /// A workspace without a profile, with everything as it comes.
    #[must_use]
    pub fn named(name: &str, base_url: &str) -> Self {
        let workspace = Workspace::named(name);
        Self { workspace, base_url: base_url.to_owned(), ..Self::default() }
    }
}
