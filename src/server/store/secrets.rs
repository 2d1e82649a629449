//! Secrets of a credential: one, or two during a rotation of a client's secret.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params, types::Type};

use super::StoreError;
use crate::{
    domain::Secret,
    server::keys::{AtRest, random_id},
};

/// Maximum number of secrets of one client.
pub const LIMIT: usize = 2;

/// Metadata of a stored secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// Secret ID, unique within the credential.
    pub id: String,
    /// Creation time; `None` if an older version of Credenza may have rotated the secret.
    pub created_at: Option<Timestamp>,
    /// True if the secret authenticates the client.
    pub active: bool,
    /// Time at which the secret last authenticated a token request; `None` means never.
    pub last_used_at: Option<Timestamp>,
}

/// Returns the metadata of a credential's secrets, newest first.
pub fn list(connection: &Connection, credential: &str) -> Result<Vec<StoredSecret>, StoreError> {
    let sql = "SELECT id, created_at, active, last_used_at FROM secrets
               WHERE credential = ?1 ORDER BY number DESC";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_map([credential], read)?.collect::<Result<_, _>>()?)
}

/// Returns the metadata of several credentials' secrets by credential ID, newest first, with one
/// query.
pub fn of_all(
    connection: &Connection,
    credentials: &[&str],
) -> Result<HashMap<String, Vec<StoredSecret>>, StoreError> {
    let mut found: HashMap<String, Vec<StoredSecret>> = HashMap::new();
    if credentials.is_empty() {
        return Ok(found);
    }
    let ids = serde_json::json!(credentials).to_string();
    let sql = "SELECT id, created_at, active, last_used_at, credential FROM secrets
               WHERE credential IN (SELECT value FROM json_each(?1)) ORDER BY credential, number DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([ids], |row| Ok((row.get(4)?, read(row)?)))?;
    for row in rows {
        let (credential, secret): (String, StoredSecret) = row?;
        found.entry(credential).or_default().push(secret);
    }
    Ok(found)
}

/// Returns the IDs and values of a credential's active secrets, newest first.
pub fn active(
    connection: &Connection,
    at_rest: &AtRest,
    credential: &str,
) -> Result<Vec<(String, Secret)>, StoreError> {
    let sql =
        "SELECT id, sealed FROM secrets WHERE credential = ?1 AND active ORDER BY number DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([credential], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (id, sealed): (String, Vec<u8>) = row?;
        Ok((id, at_rest.open_secret(credential, &sealed)?))
    })
    .collect()
}

/// Returns the newest active secret of a credential; `None` if no secret is active.
pub fn newest(
    connection: &Connection,
    at_rest: &AtRest,
    credential: &str,
) -> Result<Option<Secret>, StoreError> {
    let sql = "SELECT sealed FROM secrets WHERE credential = ?1 AND active
               ORDER BY number DESC LIMIT 1";
    let sealed: Option<Vec<u8>> =
        connection.prepare_cached(sql)?.query_row([credential], |row| row.get(0)).optional()?;
    sealed.map(|sealed| at_rest.open_secret(credential, &sealed)).transpose().map_err(Into::into)
}

/// Adds an active secret to a credential, and returns the metadata of the secret. Existing secrets
/// do not change. Does not check [`LIMIT`].
pub fn add(
    connection: &Connection,
    at_rest: &AtRest,
    credential: &str,
    secret: &Secret,
    now: Timestamp,
) -> Result<StoredSecret, StoreError> {
    let sealed = at_rest.seal(credential, secret.expose().as_bytes())?;
    let id = random_id("sec_", 16);
    connection
        .prepare_cached(
            "INSERT INTO secrets (credential, number, id, sealed, active, created_at)
             SELECT ?1, COALESCE(MAX(number), 0) + 1, ?2, ?3, 1, ?4
             FROM secrets WHERE credential = ?1",
        )?
        .execute(params![credential, id, sealed, now.as_second()])?;
    Ok(StoredSecret { id, created_at: Some(now), active: true, last_used_at: None })
}

/// Deletes every secret of a credential.
pub fn clear(connection: &Connection, credential: &str) -> Result<(), StoreError> {
    connection.execute("DELETE FROM secrets WHERE credential = ?1", [credential])?;
    Ok(())
}

/// Activates or deactivates the secret `id` of a credential. Does nothing if the secret does not
/// exist.
pub fn set_active(
    connection: &Connection,
    credential: &str,
    id: &str,
    active: bool,
) -> Result<(), StoreError> {
    let sql = "UPDATE secrets SET active = ?3 WHERE credential = ?1 AND id = ?2";
    connection.execute(sql, params![credential, id, active])?;
    Ok(())
}

/// Deletes the secret `id` of a credential. Does nothing if the secret does not exist.
pub fn remove(connection: &Connection, credential: &str, id: &str) -> Result<(), StoreError> {
    connection
        .execute("DELETE FROM secrets WHERE credential = ?1 AND id = ?2", [credential, id])?;
    Ok(())
}

/// Sets the time of last use of a secret to `now`. Returns false if the secret was deactivated or
/// deleted.
pub fn touch(
    connection: &Connection,
    credential: &str,
    id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE secrets SET last_used_at = ?3 WHERE credential = ?1 AND id = ?2 AND active";
    let touched =
        connection.prepare_cached(sql)?.execute(params![credential, id, now.as_second()])?;
    Ok(touched == 1)
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredSecret> {
    let moment = |at: usize| -> rusqlite::Result<Option<Timestamp>> {
        let seconds: Option<i64> = row.get(at)?;
        let wrong =
            |error| rusqlite::Error::FromSqlConversionFailure(at, Type::Integer, Box::new(error));
        seconds.map(|seconds| Timestamp::from_second(seconds).map_err(wrong)).transpose()
    };
    Ok(StoredSecret {
        id: row.get(0)?,
        created_at: moment(1)?,
        active: row.get(2)?,
        last_used_at: moment(3)?,
    })
}
