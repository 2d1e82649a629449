//! Notices: one line for a success, a panel for an error.

use crate::{api::Explanation, domain::Untrusted};

/// Meaning of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something went well.
    Good,
    /// Something that should be known.
    Plain,
    /// Something that could not be done, and why.
    Refused,
}

/// Notice in the lower rule, for some seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Number; a timer clears only its own notice.
    pub id: u64,
    /// Meaning of the line.
    pub tone: Tone,
    /// Text. It may contain server text, so it is made safe to show.
    pub text: String,
}

impl Notice {
    /// Notice that may quote others.
    #[must_use]
    pub fn new(id: u64, tone: Tone, text: &str) -> Self {
        Self { id, tone, text: Untrusted::from(text).shown().into_owned() }
    }
}

/// Error, on screen until it is dismissed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub Explanation);
