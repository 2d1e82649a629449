//! Notices: one line for a result or a refusal, a panel for an error.

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

/// Notice that the lower rule shows for a few seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Number of the notice. A timer clears only the notice with its number.
    pub id: u64,
    /// Kind of the notice.
    pub tone: Tone,
    /// Text, safe to show even if it quotes the server.
    pub text: String,
}

impl Notice {
    /// Creates a notice, and makes quoted server text safe to show.
    #[must_use]
    pub fn new(id: u64, tone: Tone, text: &str) -> Self {
        Self { id, tone, text: Untrusted::from(text).shown().into_owned() }
    }
}

/// Error panel that stays visible until the user dismisses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub Explanation);
