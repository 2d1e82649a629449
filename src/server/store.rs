//! SQLite storage of the server. With a data directory, acknowledged writes are on disk.
//!
//! The store uses one database connection, with a write-ahead log, `synchronous = FULL` and foreign
//! keys. [`AtRest`] encrypts secrets before they are written and decrypts them after they are read.

pub(super) mod credentials;
mod schema;
pub(super) mod secrets;

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension as _, params};

use credentials::Pages;
pub use credentials::{Listing, New, Once, StoredBody, StoredCredential};

use super::{
    DataDir,
    keys::{AtRest, KeyError},
};
use crate::files;

/// Name of the database file in a data directory.
pub const DATABASE: &str = "credentials.db";

/// Maximum wait for another process's database lock.
const BUSY_TIME: Duration = Duration::from_secs(5);

/// Failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite returned an error.
    #[error("database error: {0}")]
    Database(#[from] rusqlite::Error),
    /// The data directory cannot be used.
    #[error("could not use the data directory {path}: {source}")]
    Directory {
        /// Path of the directory, or of a file in it.
        path: String,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A newer version of Credenza wrote the database.
    #[error(
        "the data was written by a newer version of Credenza (schema {found}; this version supports {known})"
    )]
    Newer {
        /// Schema version of the database.
        found: u32,
        /// Latest schema version that this program supports.
        known: u32,
    },
    /// The encryption key cannot be used.
    #[error("{0}")]
    Key(String),
    /// The blocking task panicked or was canceled.
    #[error("the database operation did not finish")]
    Gone,
}

impl From<KeyError> for StoreError {
    fn from(error: KeyError) -> Self {
        Self::Key(error.to_string())
    }
}

/// A user of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// User ID, such as `user_ada`.
    pub user_id: String,
    /// Email address, or the name of a local user.
    pub email: String,
    /// Role: `viewer`, `editor`, `admin` or `superadmin`.
    pub role: String,
}

impl User {
    /// Returns the user `ada`, an editor who owns the credentials of a workspace.
    #[must_use]
    pub fn seeded() -> Self {
        Self::new("ada", "editor")
    }

    /// Creates a user of the example organization; `name` is part of the ID and the email address.
    #[must_use]
    pub fn new(name: &str, role: &str) -> Self {
        Self {
            user_id: format!("user_{name}"),
            email: format!("{name}@acme.dev"),
            role: role.to_owned(),
        }
    }
}

/// Open store of the server. Clones share one connection.
#[derive(Clone)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
    pages: Arc<Mutex<Pages>>,
    at_rest: Arc<AtRest>,
}

impl Store {
    /// Opens the store, creates or migrates the database if necessary, and adds or updates the user
    /// `owner`.
    ///
    /// # Errors
    /// [`StoreError`] if the directory, the key or the database cannot be used, or if a newer
    /// version of Credenza wrote the database.
    pub fn open(place: &DataDir, owner: &User) -> Result<Self, StoreError> {
        let (connection, at_rest) = match place {
            DataDir::Ephemeral => (Connection::open_in_memory()?, AtRest::random()),
            DataDir::Directory(directory) => {
                files::private_directory(directory).map_err(|source| StoreError::Directory {
                    path: directory.display().to_string(),
                    source,
                })?;
                let file = directory.join(DATABASE);
                // A missing or empty database has no secrets, so a new encryption key may be
                // created.
                let new = std::fs::metadata(&file).map_or(true, |known| known.len() == 0);
                let at_rest = AtRest::in_directory(directory, new)?;
                // The file is created here, readable by its owner only, because SQLite creates its
                // other files with the same mode.
                let made = files::private().append(true).create(true).open(&file);
                made.map_err(|source| StoreError::Directory {
                    path: file.display().to_string(),
                    source,
                })?;
                (Connection::open(file)?, at_rest)
            }
        };
        connection.busy_timeout(BUSY_TIME)?;
        use_wal(&connection)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        connection.set_prepared_statement_cache_capacity(32);
        let mut connection = connection;
        schema::migrate(&mut connection)?;
        let store = Self {
            connection: Arc::new(Mutex::new(connection)),
            pages: Arc::default(),
            at_rest: Arc::new(at_rest),
        };
        store.with(|connection, _| add_user(connection, owner))?;
        Ok(store)
    }

    /// Returns the key that encrypts the secrets and the signing key.
    #[must_use]
    pub fn at_rest(&self) -> &AtRest {
        &self.at_rest
    }

    /// Runs `work` on the current thread. Blocks while another thread uses the connection.
    pub(super) fn with<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Connection, &AtRest) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut connection, &self.at_rest)
    }

    /// Runs `work` on a thread that may block.
    pub(super) async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut Connection, &AtRest) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.with(work))
            .await
            .unwrap_or_else(|_| Err(StoreError::Gone.into()))
    }

    /// Returns a page of a list, and the list's total number of entries.
    pub(super) async fn list(
        &self,
        listing: Listing,
    ) -> Result<(Vec<StoredCredential>, u64), StoreError> {
        let pages = Arc::clone(&self.pages);
        self.run(move |connection, _| {
            let mut pages = pages.lock().unwrap_or_else(PoisonError::into_inner);
            credentials::list(connection, &mut pages, &listing)
        })
        .await
    }

    pub(super) fn signing_key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|connection, _| {
            let sql = "SELECT sealed FROM signing_keys WHERE slot = 1";
            Ok(connection.query_row(sql, [], |row| row.get(0)).optional()?)
        })
    }

    /// Stores an encrypted signing key unless a key exists, and returns the stored key.
    pub(super) fn keep_signing_key(&self, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.with(|connection, _| {
            connection.execute(
                "INSERT OR IGNORE INTO signing_keys (slot, sealed) VALUES (1, ?1)",
                params![sealed],
            )?;
            let sql = "SELECT sealed FROM signing_keys WHERE slot = 1";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        })
    }
}

/// Enables the write-ahead log. Retries for [`BUSY_TIME`], because another starting process can
/// hold the lock and SQLite's busy timeout does not apply here.
fn use_wal(connection: &Connection) -> Result<(), StoreError> {
    let begun = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && begun.elapsed() < BUSY_TIME =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return Ok(done?),
        }
    }
}

/// Adds a user, or updates the email address and role of an existing one.
pub(super) fn add_user(connection: &Connection, user: &User) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO users (user_id, email, role) VALUES (?1, ?2, ?3)
         ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, role = excluded.role",
        params![user.user_id, user.email, user.role],
    )?;
    Ok(())
}

/// Returns the user with the ID `user_id`, if one exists.
pub(super) fn user(connection: &Connection, user_id: &str) -> Result<Option<User>, StoreError> {
    let sql = "SELECT user_id, email, role FROM users WHERE user_id = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(User { user_id: row.get(0)?, email: row.get(1)?, role: row.get(2)? })
    };
    Ok(connection.prepare_cached(sql)?.query_row([user_id], read).optional()?)
}

/// Records that an access token is revoked. `ends` is its expiry in Unix seconds. Deletes the
/// records of expired tokens.
pub(super) fn revoke(
    connection: &Connection,
    jti: &str,
    ends: i64,
    now: i64,
) -> Result<(), StoreError> {
    connection.execute("DELETE FROM revoked WHERE ends < ?1", [now])?;
    connection
        .execute("INSERT OR IGNORE INTO revoked (jti, ends) VALUES (?1, ?2)", params![jti, ends])?;
    Ok(())
}

/// Returns true if the access token with the ID `jti` was revoked.
pub(super) fn is_revoked(connection: &Connection, jti: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM revoked WHERE jti = ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([jti], |row| row.get(0))?)
}
