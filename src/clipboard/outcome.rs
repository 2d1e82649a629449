//! Outcomes of a copy, and of clearing one.

use super::Channel;

/// Route that a copy took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyRoute {
    /// This machine's clipboard; it can be checked and cleared.
    Native,
    /// tmux, which passes it on.
    Tmux,
    /// tmux, whose terminal does not accept it.
    TmuxAlone,
    /// tmux and this machine's clipboard.
    TmuxAndNative,
    /// Terminal, which does not respond (OSC 52).
    Terminal,
}

/// Outcome of clearing a secret from the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleared {
    /// Cleared.
    Yes,
    /// Other content was copied since, and was kept.
    NotOurs,
    /// Removed from tmux; the outer terminal may still have it.
    TmuxOnly,
    /// Requested from the terminal, which does not respond.
    Asked,
    /// Unknown: the terminal may still have it, so nothing was done without a request.
    TerminalKeeps,
    /// Cannot be cleared.
    Cannot,
}

/// Reason why one channel did not take a copy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// OSC 52 has a limit.
    #[error("the text is too long for a terminal (OSC 52)")]
    TooLong,
    /// The thread of the clipboard ended.
    #[error("its thread ended")]
    ThreadEnded,
    /// The display server does not answer.
    #[error("the display does not respond")]
    DisplayHangs,
    /// There is no display.
    #[error("no display")]
    NoDisplay,
    /// The feature `clipboard-native` is off.
    #[error("this build has no native clipboard")]
    NotBuilt,
    /// tmux cannot be started.
    #[error("could not start it: {0}")]
    NoTmux(String),
    /// tmux refused its arguments.
    #[error("it failed (tmux 3.2 or newer is required)")]
    OldTmux,
    /// tmux does not answer.
    #[error("it did not respond")]
    TmuxHangs,
    /// In the system's words.
    #[error("{0}")]
    System(String),
}

impl ChannelError {
    /// An error of the system.
    pub(super) fn system(error: impl std::fmt::Display) -> Self {
        Self::System(error.to_string())
    }
}

/// Reason why nothing was copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClipboardError {
    /// The setting is `off`.
    #[error("Copying is disabled (clipboard = off).")]
    Disabled,
    /// Every channel failed.
    #[error("No clipboard available ({}).", attempts(.0))]
    Unavailable(Vec<(Channel, ChannelError)>),
}

fn attempts(tried: &[(Channel, ChannelError)]) -> String {
    let each: Vec<String> =
        tried.iter().map(|(channel, why)| format!("{}: {why}", channel.title())).collect();
    each.join("; ")
}
