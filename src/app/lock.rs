//! Write lock: credentials of a production or read-only profile cannot be changed until the user
//! types the name of the profile.

use jiff::{SignedDuration, Timestamp};

/// State of the write lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lock {
    /// Writing is always allowed.
    #[default]
    None,
    /// Writing is locked until the user unlocks it.
    Locked,
    /// Writing is unlocked until this time.
    OpenUntil(Timestamp),
}

impl Lock {
    /// Returns true if writing is allowed at this time.
    #[must_use]
    pub fn is_open(self, now: Timestamp) -> bool {
        match self {
            Self::None => true,
            Self::Locked => false,
            Self::OpenUntil(until) => now < until,
        }
    }

    /// Returns a lock that is open for a number of minutes from `now`.
    #[must_use]
    pub fn open_for(minutes: i64, now: Timestamp) -> Self {
        Self::OpenUntil(now.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_lock_closes_by_itself() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let lock = Lock::open_for(10, at(0));
        assert!(lock.is_open(at(599)) && !lock.is_open(at(600)));
        assert!(Lock::None.is_open(at(0)) && !Lock::Locked.is_open(at(0)));
    }
}
