//! Messages to the user: a notice of one line for a result or a refusal, and a panel for an error.

use crate::{api::Explanation, domain::Untrusted};

/// Kind of a notice, which selects its mark and color.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// An action succeeded.
    Good,
    /// Information, such as progress or the next step.
    Plain,
    /// An action was refused or failed; the text gives the reason.
    Refused,
}

/// Message that the lower horizontal rule of the screen shows for a few seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Number of the notice. The timer of an older notice does not clear this one.
    pub id: u64,
    /// Kind of the notice.
    pub tone: Tone,
    /// Text, safe to show even if it quotes the server.
    pub text: String,
}

impl Notice {
    /// Creates a notice. Escapes control and invisible characters, because the text may quote the
    /// server.
    #[must_use]
    pub fn new(id: u64, tone: Tone, text: &str) -> Self {
        Self { id, tone, text: Untrusted::from(text).shown().into_owned() }
    }
}

/// Error panel that stays visible until the user dismisses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub Explanation);
