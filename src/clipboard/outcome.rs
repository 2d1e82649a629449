//! Outcomes of a copy, and of clearing one.

/// Route that a copy took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Into this machine's clipboard; it can be checked and cleared.
    Native,
    /// Into tmux, which passes it on.
    Tmux,
    /// Into tmux, whose terminal takes no clipboard from it.
    TmuxAlone,
    /// Into tmux and this machine's clipboard.
    TmuxAndNative,
    /// To the terminal, which does not answer (OSC 52).
    Terminal,
}

/// Outcome of clearing a secret from the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleared {
    /// It no longer exists.
    Yes,
    /// Something else was copied since; that was left alone.
    NotOurs,
    /// tmux forgot it; the terminal that tmux passed it on to may still hold it.
    TmuxOnly,
    /// The terminal was asked to, and does not answer.
    Asked,
    /// The terminal may still hold it: that cannot be checked, so nothing was done unasked.
    TerminalKeeps,
    /// Nothing here can clear it.
    Cannot,
}
