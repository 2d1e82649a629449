//! How many requests one caller may make: a bucket of tokens for each.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use super::Clock;

/// Buckets are dropped once this many exist and one is full again.
const MANY: usize = 10_000;

/// Counts requests by caller.
pub struct Limiter {
    per_second: f64,
    burst: f64,
    clock: Clock,
    buckets: Mutex<HashMap<String, Bucket>>,
}

struct Bucket {
    tokens: f64,
    at: Timestamp,
}

impl Limiter {
    /// A limit of `per_minute` requests; a sixth of them may come at once.
    #[must_use]
    pub fn new(per_minute: u32, clock: Clock) -> Self {
        let per_minute = f64::from(per_minute.max(1));
        Self {
            per_second: per_minute / 60.0,
            burst: (per_minute / 6.0).max(1.0),
            clock,
            buckets: Mutex::default(),
        }
    }

    /// Takes one request from the caller's bucket.
    ///
    /// # Errors
    /// The seconds to wait when the bucket is empty, at least 1.
    pub fn take(&self, caller: &str) -> Result<(), u64> {
        let now = (self.clock)();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MANY {
            let (rate, burst) = (self.per_second, self.burst);
            buckets.retain(|_, bucket| bucket.filled(now, rate, burst) < burst);
        }
        let bucket =
            buckets.entry(caller.to_owned()).or_insert(Bucket { tokens: self.burst, at: now });
        bucket.tokens = bucket.filled(now, self.per_second, self.burst);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let wait = ((1.0 - bucket.tokens) / self.per_second).ceil().max(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 60")]
        Err(wait as u64)
    }
}

impl Limiter {
    /// Gives back one request that turned out to be welcome.
    pub fn give(&self, caller: &str) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(caller) {
            bucket.tokens = (bucket.tokens + 1.0).min(self.burst);
        }
    }
}

impl Bucket {
    fn filled(&self, now: Timestamp, per_second: f64, burst: f64) -> f64 {
        let waited = now.duration_since(self.at).as_secs_f64().max(0.0);
        (self.tokens + waited * per_second).min(burst)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    static NOW: AtomicI64 = AtomicI64::new(1_800_000_000);

    fn clock() -> Timestamp {
        Timestamp::from_second(NOW.load(Ordering::Relaxed)).expect("a time")
    }

    #[test]
    fn a_burst_is_free_then_callers_wait_each_for_themselves() {
        let limiter = Limiter::new(12, clock);
        assert_eq!(limiter.take("ada"), Ok(()));
        assert_eq!(limiter.take("ada"), Ok(()));
        assert_eq!(limiter.take("ada"), Err(5));
        assert_eq!(limiter.take("bob"), Ok(()));
        NOW.fetch_add(5, Ordering::Relaxed);
        assert_eq!(limiter.take("ada"), Ok(()));
        assert_eq!(limiter.take("ada"), Err(5));
    }
}
