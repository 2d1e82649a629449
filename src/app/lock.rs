//! Write lock: production is read-only until the user types its name.

use jiff::{SignedDuration, Timestamp};

/// Write lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lock {
    /// Always.
    #[default]
    None,
    /// Not now.
    Locked,
    /// Until then.
    OpenUntil(Timestamp),
}

impl Lock {
    /// True if writing is allowed at this time.
    #[must_use]
    pub fn is_open(self, now: Timestamp) -> bool {
        match self {
            Self::None => true,
            Self::Locked => false,
            Self::OpenUntil(until) => now < until,
        }
    }

    /// Unlocked for some minutes.
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
