//! Rate limits: a token bucket per caller, and growing delays after wrong passwords.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use super::{Clock, bounded::Bounded};

/// Maximum number of buckets. At the limit, a request from a new caller removes all full buckets,
/// and then the least recently used buckets until half the maximum remains.
const BUCKETS: usize = 10_000;

/// Maximum number of pairs of a user name and a network for which wrong passwords are counted.
const NAMES: usize = 10_000;

/// Maximum number of pairs with the same network in [`NAMES`].
const NAMES_OF_NETWORK: usize = 1_000;

/// Number of consecutive wrong passwords before delays start. The first delay is 1 s, and it
/// doubles with each further wrong password.
const FREE_ATTEMPTS: u32 = 4;

/// Maximum delay after a wrong password, in seconds.
const LONGEST_WAIT: i64 = 300;

/// Token buckets that limit the requests of each caller.
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
    /// Creates a limiter of `per_minute` requests per caller. A burst may contain at most a sixth
    /// of this number.
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

    /// Takes one token from the bucket of a caller. The length of `caller` must be limited, because
    /// the text is kept in memory.
    ///
    /// # Errors
    /// Returns the number of seconds to wait, at least 1, if the bucket is empty.
    pub fn take(&self, caller: &str) -> Result<(), u64> {
        let now = (self.clock)();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS && !buckets.contains_key(caller) {
            self.make_room(&mut buckets, now);
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

    fn make_room(&self, buckets: &mut HashMap<String, Bucket>, now: Timestamp) {
        buckets.retain(|_, bucket| bucket.filled(now, self.per_second, self.burst) < self.burst);
        if buckets.len() > BUCKETS / 2 {
            let mut times: Vec<_> = buckets.values().map(|bucket| bucket.at).collect();
            let (_, &mut middle, _) = times.select_nth_unstable(buckets.len() / 2);
            let mut spare = buckets.len() - BUCKETS / 2;
            buckets.retain(|_, bucket| {
                let drop = bucket.at <= middle && spare > 0;
                spare -= usize::from(drop);
                !drop
            });
        }
    }
}

impl Bucket {
    fn filled(&self, now: Timestamp, per_second: f64, burst: f64) -> f64 {
        let waited = now.duration_since(self.at).as_secs_f64().max(0.0);
        (self.tokens + waited * per_second).min(burst)
    }
}

/// Counts of consecutive wrong passwords, by user name and network. Unknown names are counted like
/// known names, so responses do not reveal which names exist. Guesses from one network do not lock
/// a user out in another network.
pub struct LoginDelays(Mutex<Bounded<(String, IpAddr), Failures>>);

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    /// Returns the number of seconds that must pass after the last wrong password.
    fn wait(self) -> i64 {
        match self.count.checked_sub(FREE_ATTEMPTS) {
            None => 0,
            Some(doublings) => (1_i64 << doublings.min(30)).min(LONGEST_WAIT),
        }
    }
}

impl Default for LoginDelays {
    fn default() -> Self {
        Self(Mutex::new(Bounded::new(NAMES, NAMES_OF_NETWORK)))
    }
}

impl LoginDelays {
    /// Counts an attempt as wrong until [`Self::right`] resets the count, so that concurrent
    /// attempts cannot bypass the limit.
    ///
    /// # Errors
    /// Returns the number of seconds to wait, at least 1, if the delay after the last wrong
    /// password has not passed.
    pub fn attempt(&self, name: &str, network: IpAddr, now: Timestamp) -> Result<(), u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.to_owned(), network);
        let before = all.get(&key).copied().unwrap_or(Failures { count: 0, last: now });
        let passed = now.as_second() - before.last.as_second();
        let left = before.wait() - passed;
        if left > 0 {
            return Err(left.unsigned_abs());
        }
        // A day without attempts resets the count.
        let count = if passed > 24 * 60 * 60 { 1 } else { before.count.saturating_add(1) };
        all.insert(key, Failures { count, last: now }, network);
        Ok(())
    }

    /// Resets the count of wrong passwords of a user name in a network, after a correct password.
    pub fn right(&self, name: &str, network: IpAddr) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(name.to_owned(), network));
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

    #[test]
    fn buckets_are_bounded() {
        let limiter = Limiter::new(60, || Timestamp::UNIX_EPOCH);
        for caller in 0..BUCKETS * 2 {
            assert_eq!(limiter.take(&caller.to_string()), Ok(()));
        }
        assert!(limiter.buckets.lock().expect("no panic").len() <= BUCKETS);
    }

    #[test]
    fn wrong_passwords_delay_their_name_in_their_network_only() {
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let at = |second| Timestamp::from_second(second).expect("a time");
        let delays = LoginDelays::default();
        for _ in 0..FREE_ATTEMPTS {
            assert_eq!(delays.attempt("ada", here, at(0)), Ok(()));
        }
        assert_eq!(delays.attempt("ada", here, at(0)), Err(1));
        assert_eq!(delays.attempt("ada", there, at(0)), Ok(()));
        assert_eq!(delays.attempt("bob", here, at(0)), Ok(()));
        assert_eq!(delays.attempt("ada", here, at(1)), Ok(()));
        assert_eq!(delays.attempt("ada", here, at(1)), Err(2), "the wait doubles");
        let mut now = 1;
        for _ in 0..100 {
            now += LONGEST_WAIT;
            assert_eq!(delays.attempt("ada", here, at(now)), Ok(()), "and has a maximum");
        }
        delays.right("ada", here);
        assert_eq!(delays.attempt("ada", here, at(now)), Ok(()));
    }
}
