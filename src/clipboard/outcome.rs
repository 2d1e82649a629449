//! Outcomes of copying to the clipboard, and of clearing it.

use super::Channel;

/// Channels through which a copy was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyRoute {
    /// Native clipboard of this machine, which can be read back and cleared.
    Native,
    /// tmux buffer. The outer terminal also has a copy if it accepts copies from tmux, which is not
    /// always known.
    Tmux,
    /// tmux buffer only, because the outer terminal accepts no copies from tmux.
    TmuxAlone,
    /// tmux buffer and native clipboard. The outer terminal may also have a copy from tmux.
    TmuxAndNative,
    /// Terminal (OSC 52), which does not confirm the copy.
    Terminal,
}

/// Outcome of clearing a secret from the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleared {
    /// The secret was removed.
    Yes,
    /// Nothing was removed, because the clipboard no longer has the secret.
    NotOurs,
    /// The clipboard could not be read or cleared, and may still have the secret.
    Failed,
    /// The tmux buffer was deleted, and the native clipboard was cleared if it had the secret. The
    /// outer terminal may still have it.
    TmuxOnly,
    /// The clear sequence was sent to the terminal, which does not confirm it.
    Asked,
    /// The terminal may still have the secret, because the clear sequence is only sent if the user
    /// requests it.
    TerminalKeeps,
    /// Nothing was removed, because no copied secret is known.
    Cannot,
}

/// Reason why a channel could not copy or clear.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// The text exceeds the limit for OSC 52.
    #[error("the text is too long for a terminal (OSC 52)")]
    TooLong,
    /// The thread of the native clipboard ended.
    #[error("its thread ended")]
    ThreadEnded,
    /// The display server does not respond in time.
    #[error("the display does not respond")]
    DisplayHangs,
    /// The native clipboard cannot be opened, usually because there is no display.
    #[error("could not open it (usually because there is no display)")]
    NoDisplay,
    /// The feature `clipboard-native` is off.
    #[error("this build has no native clipboard")]
    NotBuilt,
    /// tmux cannot be started.
    #[error("could not start it: {0}")]
    NoTmux(String),
    /// tmux exited with an error, most likely because it is older than 3.2.
    #[error("it failed (tmux 3.2 or newer is required)")]
    OldTmux,
    /// tmux did not respond in time.
    #[error("it did not respond")]
    TmuxHangs,
    /// Another error, with the message of the operating system or the clipboard library.
    #[error("{0}")]
    System(String),
}

impl ChannelError {
    pub(super) fn system(error: impl std::fmt::Display) -> Self {
        Self::System(error.to_string())
    }
}

/// Reason why nothing was copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClipboardError {
    /// Copying is disabled by `--clipboard off`, `CREDENZA_CLIPBOARD` or the configuration.
    #[error("Copying is disabled (clipboard = off).")]
    Disabled,
    /// All channels failed. The list contains each channel and its error.
    #[error("No clipboard available ({}).", attempts(.0))]
    Unavailable(Vec<(Channel, ChannelError)>),
}

fn attempts(tried: &[(Channel, ChannelError)]) -> String {
    let each: Vec<String> =
        tried.iter().map(|(channel, why)| format!("{}: {why}", channel.title())).collect();
    each.join("; ")
}
