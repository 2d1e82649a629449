//! Value on a server: requested, loaded or failed, with the last value kept.

use crate::api::ApiError;

/// Identifies a request. Results with an older ticket are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Ticket(pub u64);

/// A value that lives on a server.
#[derive(Debug)]
pub enum Remote<T> {
    /// Requested; the last value stays visible.
    Loading {
        /// Request it belongs to.
        ticket: Ticket,
        /// Previous value.
        stale: Option<T>,
    },
    /// There.
    Ready(T),
    /// Failed; the last value stays visible.
    Failed {
        /// Error.
        error: ApiError,
        /// Previous value.
        stale: Option<T>,
    },
}

impl<T> Remote<T> {
    /// First request is pending.
    #[must_use]
    pub const fn asked(ticket: Ticket) -> Self {
        Self::Loading { ticket, stale: None }
    }

    /// Value, even if stale.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Ready(value)
            | Self::Loading { stale: Some(value), .. }
            | Self::Failed { stale: Some(value), .. } => Some(value),
            _ => None,
        }
    }

    /// Error, if the last request failed.
    #[must_use]
    pub const fn error(&self) -> Option<&ApiError> {
        match self {
            Self::Failed { error, .. } => Some(error),
            _ => None,
        }
    }

    /// True if this request is the pending one.
    #[must_use]
    pub fn is_for(&self, answered: Ticket) -> bool {
        matches!(self, Self::Loading { ticket, .. } if *ticket == answered)
    }

    /// True while a request is pending.
    #[must_use]
    pub const fn is_loading(&self) -> bool {
        matches!(self, Self::Loading { .. })
    }

    /// True if this very request is pending.
    #[must_use]
    pub fn is_asked(&self, asked: Ticket) -> bool {
        matches!(self, Self::Loading { ticket, .. } if *ticket == asked)
    }

    /// Starts another request.
    pub fn ask(&mut self, ticket: Ticket) {
        let stale = self.take();
        *self = Self::Loading { ticket, stale };
    }

    /// Applies a result; one of another request changes nothing and returns `false`.
    pub fn answer(&mut self, answered: Ticket, result: Result<T, ApiError>) -> bool {
        match self {
            Self::Loading { ticket, .. } if *ticket == answered => {
                *self = match result {
                    Ok(value) => Self::Ready(value),
                    Err(error) => Self::Failed { error, stale: self.take() },
                };
                true
            }
            _ => false,
        }
    }

    fn take(&mut self) -> Option<T> {
        let asked = Self::Loading { ticket: Ticket::default(), stale: None };
        match std::mem::replace(self, asked) {
            Self::Ready(value) => Some(value),
            Self::Loading { stale, .. } | Self::Failed { stale, .. } => stale,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_answer_is_dropped_and_a_failure_keeps_what_was_there() {
        let mut remote = Remote::asked(Ticket(1));
        assert!(remote.answer(Ticket(1), Ok("old")));
        remote.ask(Ticket(2));
        assert_eq!(remote.value(), Some(&"old"));
        remote.ask(Ticket(3));
        assert!(!remote.answer(Ticket(2), Ok("late")));
        assert!(remote.answer(Ticket(3), Err(ApiError::Changed)));
        assert_eq!(remote.value(), Some(&"old"));
        assert_eq!(remote.error(), Some(&ApiError::Changed));
    }
}
