//! Passwords of users. Passwords are stored as hashes, and attempts are rate-limited. A check takes
//! the same time for existing and unknown users.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{
    AppState,
    keys::random_id,
    store::{StoreError, User},
};
use crate::domain::{
    Secret,
    passphrase::{self, Cost, FOR_LOGINS},
};

/// Lifetime of a one-time password, in seconds.
const ONE_TIME: i64 = 600;

/// Maximum length of a name, in bytes (RFC 5321 section 4.5.3.1.3).
const NAME_LIMIT: usize = 254;

/// Maximum length of a password, in bytes.
const PASSWORD_LIMIT: usize = 1024;

/// Latest one-time password of the workspace's owner, as its SHA-256 hash and creation time.
#[derive(Default)]
pub(crate) struct OneTime(Mutex<Option<([u8; 32], Timestamp)>>);

impl OneTime {
    pub fn make(&self, now: Timestamp) -> Secret {
        let password = random_id("", 16);
        *self.lock() = Some((Sha256::digest(&password).into(), now));
        Secret::new(password)
    }

    fn take(&self, password: &Secret, now: Timestamp) -> bool {
        let mut kept = self.lock();
        let Some((hash, since)) = kept.as_ref() else { return false };
        let fresh = now.as_second() - since.as_second() <= ONE_TIME;
        let same = bool::from(hash.ct_eq(&Sha256::digest(password.expose())[..]));
        if same {
            *kept = None;
        }
        same && fresh
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<([u8; 32], Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hashes a password. Returns memory cost in KiB, passes, salt and hash, separated by colons.
pub(crate) fn hash(password: &Secret, cost: Cost) -> String {
    let mut salt = [0; 16];
    rand::fill(&mut salt);
    // The fallback is never used, because every cost is a constant that argon2 accepts.
    let key =
        passphrase::key(password, &salt, cost).unwrap_or_else(|| zeroize::Zeroizing::new([0; 64]));
    format!(
        "{}:{}:{}:{}",
        cost.memory,
        cost.passes,
        STANDARD.encode(salt),
        STANDARD.encode(&key[..])
    )
}

fn matches(password: &Secret, hashed: &str) -> bool {
    let mut parts = hashed.split(':');
    let mut next = || parts.next();
    let read = (|| {
        let cost = Cost { memory: next()?.parse().ok()?, passes: next()?.parse().ok()? };
        let salt: [u8; 16] = STANDARD.decode(next()?).ok()?.try_into().ok()?;
        let kept = STANDARD.decode(next()?).ok()?;
        Some((passphrase::key(password, &salt, cost)?, kept))
    })();
    read.is_some_and(|(key, kept)| key.as_slice().ct_eq(&kept).into())
}

/// Sets a user's password and revokes existing sign-ins.
pub(crate) fn set_password(
    connection: &Connection,
    user_id: &str,
    hashed: &str,
) -> Result<(), StoreError> {
    connection.execute("UPDATE users SET password = ?2 WHERE user_id = ?1", [user_id, hashed])?;
    // Otherwise sign-ins with a stolen old password would continue to work.
    connection.execute("UPDATE families SET ended = 1 WHERE user_id = ?1", [user_id])?;
    Ok(())
}

/// Sets a user's first password. Returns false if the user already has a password, or does not
/// exist.
pub(crate) fn set_first_password(
    connection: &Connection,
    user_id: &str,
    hashed: &str,
) -> Result<bool, StoreError> {
    let sql = "UPDATE users SET password = ?2 WHERE user_id = ?1 AND password IS NULL";
    Ok(connection.execute(sql, [user_id, hashed])? == 1)
}

/// Returns true if a user exists and has a password.
pub(crate) fn has_password(connection: &Connection, user_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT password IS NOT NULL FROM users WHERE user_id = ?1";
    Ok(connection.query_row(sql, [user_id], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// Reason why a login failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LoginError {
    /// The name or the password is wrong. The response does not reveal which one.
    Wrong,
    /// Too many attempts; retry after this many seconds.
    Throttled(u64),
    /// The store or the hash computation failed.
    Failed,
}

/// Checks a name and a password, and returns the user. The name is the email address or the part
/// before its @. The owner of the workspace can also use the current one-time password.
pub(crate) async fn log_in(
    state: &AppState,
    name: &str,
    password: Secret,
    network: IpAddr,
) -> Result<User, LoginError> {
    let name = name.trim().to_lowercase();
    if name.len() > NAME_LIMIT || password.expose().len() > PASSWORD_LIMIT {
        return Err(LoginError::Wrong);
    }
    let now = (state.clock)();
    // Attempts are counted by the part before the @, so that both forms of a name share one limit.
    // Attempts with an unknown name are counted too.
    let counted = name.split('@').next().unwrap_or_default().to_owned();
    state.login_attempts.take(&network.to_string()).map_err(LoginError::Throttled)?;
    state.logins.attempt(&counted, network, now).map_err(LoginError::Throttled)?;
    let sql = "SELECT user_id, email, role, password FROM users
               WHERE email = ?1 COLLATE NOCASE
                  OR substr(email, 1, instr(email, '@') - 1) = ?1 COLLATE NOCASE LIMIT 1";
    let found = state
        .store
        .run(move |connection, _| {
            let read = |row: &rusqlite::Row<'_>| {
                let user = User { user_id: row.get(0)?, email: row.get(1)?, role: row.get(2)? };
                Ok((user, row.get::<_, Option<String>>(3)?))
            };
            Ok::<_, StoreError>(connection.query_row(sql, [&name], read).optional()?)
        })
        .await
        .map_err(|_| LoginError::Failed)?;
    let seeded = User::seeded().user_id;
    if let Some((user, _)) = &found
        && user.user_id == seeded
        && state.one_time.take(&password, now)
    {
        state.logins.right(&counted, network);
        return Ok(user.clone());
    }
    // The response time must not reveal whether the user exists or has a password, so a hash is
    // always computed.
    let nobody =
        format!("{}:{}:AAAAAAAAAAAAAAAAAAAAAA==:AAAA", FOR_LOGINS.memory, FOR_LOGINS.passes);
    let hashed = found.as_ref().and_then(|(_, hashed)| hashed.clone()).unwrap_or(nobody);
    // Each hash takes 19 MiB of memory, so the number of parallel hashes is limited.
    let Ok(_place) = state.hashing.acquire().await else { return Err(LoginError::Failed) };
    let right = tokio::task::spawn_blocking(move || matches(&password, &hashed)).await;
    match (right, found) {
        (Ok(true), Some((user, _))) => {
            state.logins.right(&counted, network);
            Ok(user)
        }
        (Ok(_), _) => Err(LoginError::Wrong),
        (Err(_), _) => Err(LoginError::Failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let word = |text: &str| Secret::new(text.to_owned());
        let cheap = Cost { memory: 8, passes: 1 };
        let (one, two) = (hash(&word("right"), cheap), hash(&word("right"), cheap));
        assert_ne!(one, two, "salted");
        assert!(matches(&word("right"), &one) && matches(&word("right"), &two));
        assert!(!matches(&word("wrong"), &one));
        assert!(!matches(&word("right"), "") && !matches(&word("right"), "8:1:x:y"));
    }

    #[test]
    fn a_one_time_password_works_once_and_not_for_long() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let kept = OneTime::default();
        let word = kept.make(at(0));
        assert!(!kept.take(&Secret::new("other".into()), at(1)));
        assert!(kept.take(&word, at(1)));
        assert!(!kept.take(&word, at(2)));
        let word = kept.make(at(0));
        assert!(!kept.take(&word, at(ONE_TIME + 1)));
    }
}
