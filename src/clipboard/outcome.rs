//! Outcomes of a copy, and of clearing one.

/// Route that a copy took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
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
