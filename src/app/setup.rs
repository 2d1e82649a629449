//! Initial state of the console.

use std::{collections::BTreeMap, sync::Arc};

use super::Workspace;
use crate::{
    domain::{Kind, preferences::Timers, profile::Method},
    keys::Keymap,
};

/// Environment of the console, in the words of `credenza doctor`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsoleFacts {
    /// Terminal, by its own name.
    pub terminal: String,
    /// Clipboards in use, and the reasons.
    pub clipboard: Vec<String>,
    /// Configured session store.
    pub sessions: String,
}

/// Initial state of the console.
#[derive(Debug)]
pub struct Setup {
    /// Workspace that is managed.
    pub workspace: Workspace,
    /// Base URL, as far as known.
    pub base_url: String,
    /// The keys.
    pub keymap: Arc<Keymap>,
    /// Configured durations.
    pub timers: Timers,
    /// Default sign-in method at this terminal.
    pub usual: Method,
    /// Environment.
    pub facts: ConsoleFacts,
    /// Last tabs, by the names of their workspaces.
    pub tabs: BTreeMap<String, Kind>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            workspace: Workspace::default(),
            base_url: String::new(),
            keymap: Arc::default(),
            timers: Timers::default(),
            usual: Method::Browser,
            facts: ConsoleFacts::default(),
            tabs: BTreeMap::new(),
        }
    }
}

impl Setup {
    /// Workspace without a profile, with defaults.
    #[must_use]
    pub fn named(name: &str, base_url: &str) -> Self {
        let workspace = Workspace::named(name);
        Self { workspace, base_url: base_url.to_owned(), ..Self::default() }
    }
}
