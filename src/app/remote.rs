//! Value from a server and the state of its last request. The previous value is kept while a new
//! request is pending, and after the request fails.

use crate::api::ApiError;

/// Identifier of a request, for recognizing results of outdated requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Ticket(pub u64);

/// Value from a server, with the state of its last request.
#[derive(Debug)]
pub enum Remote<T> {
    /// A request is pending; the previous value stays visible.
    Loading {
        /// Pending request.
        ticket: Ticket,
        /// Previous value, if one was loaded.
        stale: Option<T>,
    },
    /// The last request succeeded.
    Ready(T),
    /// The last request failed; the previous value stays visible.
    Failed {
        /// Error of the request.
        error: ApiError,
        /// Previous value, if one was loaded.
        stale: Option<T>,
    },
}

impl<T> Remote<T> {
    /// Creates a value whose first request is pending.
    #[must_use]
    pub const fn asked(ticket: Ticket) -> Self {
        Self::Loading { ticket, stale: None }
    }

    /// Returns the value, even if it is stale.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Ready(value)
            | Self::Loading { stale: Some(value), .. }
            | Self::Failed { stale: Some(value), .. } => Some(value),
            _ => None,
        }
    }

    /// Returns a mutable reference to the value, even if it is stale.
    pub(super) const fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Ready(value)
            | Self::Loading { stale: Some(value), .. }
            | Self::Failed { stale: Some(value), .. } => Some(value),
            _ => None,
        }
    }

    /// Returns the error of the last request, if it failed.
    #[must_use]
    pub const fn error(&self) -> Option<&ApiError> {
        match self {
            Self::Failed { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Returns true if `answered` is the ticket of the pending request.
    #[must_use]
    pub fn is_for(&self, answered: Ticket) -> bool {
        matches!(self, Self::Loading { ticket, .. } if *ticket == answered)
    }

    /// True while a request is pending.
    #[must_use]
    pub const fn is_loading(&self) -> bool {
        matches!(self, Self::Loading { .. })
    }

    /// Marks a new request as pending, and keeps the previous value.
    pub fn ask(&mut self, ticket: Ticket) {
        let stale = self.take();
        *self = Self::Loading { ticket, stale };
    }

    /// Applies the result of the pending request. For any other request, changes nothing and
    /// returns false.
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
