//! Initial state of the console.

use std::{collections::BTreeMap, sync::Arc};

use super::Workspace;
use crate::{
    domain::{
        Kind,
        destination::Destination,
        preferences::{ChosenColumns, Timers},
        profile::Method,
    },
    keys::Keymap,
};

/// Environment of the console, as `credenza doctor` reports it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsoleFacts {
    /// Terminal type, from `TERM`.
    pub terminal: String,
    /// Clipboards in use, each with the reason for its choice.
    pub clipboard: Vec<String>,
    /// Configured session store.
    pub sessions: String,
    /// True in linear mode, in which the user can type the number of a choice.
    pub linear: bool,
    /// Configured destinations of rotated secrets.
    pub destinations: Vec<Destination>,
}

/// Initial state of the console.
#[derive(Debug)]
pub struct Setup {
    /// Workspace to open.
    pub workspace: Workspace,
    /// API base URL; empty if it is not known yet.
    pub base_url: String,
    /// Key bindings.
    pub keymap: Arc<Keymap>,
    /// Configured timeouts.
    pub timers: Timers,
    /// Default sign-in method at this terminal.
    pub usual: Method,
    /// Environment of the console.
    pub facts: ConsoleFacts,
    /// Last selected tab of each workspace, by workspace name.
    pub tabs: BTreeMap<String, Kind>,
    /// Chosen columns of each list.
    pub columns: ChosenColumns,
    /// True if mouse support is on when the console starts.
    pub mouse: bool,
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
            columns: ChosenColumns::default(),
            mouse: true,
        }
    }
}

impl Setup {
    /// Creates the setup of a workspace without a profile, with defaults.
    #[must_use]
    pub fn named(name: &str, base_url: &str) -> Self {
        let workspace = Workspace::named(name);
        Self { workspace, base_url: base_url.to_owned(), ..Self::default() }
    }
}
