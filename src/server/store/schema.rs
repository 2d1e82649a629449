//! Tables of the database and their migrations.

use rusqlite::Connection;

use super::StoreError;

/// Migrations. Each entry raises the schema by one version, which `PRAGMA user_version` stores. A
/// released entry must not change.
const STEPS: [&str; 4] = [
    "
    CREATE TABLE users (
        user_id TEXT PRIMARY KEY,
        email   TEXT NOT NULL,
        role    TEXT NOT NULL
    ) STRICT;

    CREATE TABLE credentials (
        id           TEXT PRIMARY KEY,
        kind         TEXT NOT NULL CHECK (kind IN ('token', 'spa', 'm2m')),
        owner        TEXT NOT NULL REFERENCES users (user_id),
        name         TEXT NOT NULL,
        visibility   TEXT NOT NULL CHECK (visibility IN ('private', 'organization')),
        body         TEXT NOT NULL,
        secret       BLOB NOT NULL,
        version      INTEGER NOT NULL,
        created_at   INTEGER NOT NULL,
        updated_at   INTEGER NOT NULL,
        last_used_at INTEGER,
        expires_at   INTEGER
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX credentials_by_name ON credentials (owner, kind, name COLLATE NOCASE, id);
    CREATE INDEX credentials_visible ON credentials (kind, name COLLATE NOCASE, id)
        WHERE visibility = 'organization';
    CREATE UNIQUE INDEX token_names ON credentials (owner, name) WHERE kind = 'token';

    CREATE TABLE idempotency (
        owner      TEXT NOT NULL REFERENCES users (user_id),
        key        TEXT NOT NULL,
        request    BLOB NOT NULL,
        id         TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (owner, key)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE revoked (jti TEXT PRIMARY KEY, ends INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE signing_keys (slot INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
",
    "
    ALTER TABLE users ADD COLUMN password TEXT;

    CREATE TABLE families (
        id        TEXT PRIMARY KEY,
        client_id TEXT NOT NULL,
        user_id   TEXT NOT NULL REFERENCES users (user_id),
        scope     TEXT NOT NULL,
        ends      INTEGER NOT NULL,
        ended     INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE refresh_tokens (
        hash   BLOB PRIMARY KEY,
        family TEXT NOT NULL REFERENCES families (id) ON DELETE CASCADE,
        used   INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
",
    "
    -- Access tokens carry the epoch of their client; a rotation that ends them raises it.
    ALTER TABLE credentials ADD COLUMN token_epoch INTEGER NOT NULL DEFAULT 0;
",
    "
    CREATE TABLE secrets (
        credential   TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
        number       INTEGER NOT NULL,
        id           TEXT NOT NULL,
        sealed       BLOB NOT NULL,
        active       INTEGER NOT NULL,
        created_at   INTEGER,
        last_used_at INTEGER,
        PRIMARY KEY (credential, number)
    ) STRICT, WITHOUT ROWID;

    -- A changed credential may have been rotated, so the age of its secret is unknown.
    INSERT INTO secrets (credential, number, id, sealed, active, created_at)
        SELECT id, 1, 'sec_' || lower(hex(randomblob(8))), secret, 1, CASE version WHEN 1 THEN created_at END
        FROM credentials;
    ALTER TABLE credentials DROP COLUMN secret;
",
];

/// Migrates the database to the latest schema, each step in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    loop {
        // Read inside the transaction, because two processes may open the same data at the same
        // time.
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        let Some(step) = STEPS.get(found as usize) else { return Ok(()) };
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", found + 1)?;
        transaction.commit()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_older_data_move_to_their_table() {
        let mut connection = Connection::open_in_memory().expect("a database");
        let [first, second, third, _] = STEPS;
        for step in [first, second, third] {
            connection.execute_batch(step).expect("an older schema");
        }
        connection.pragma_update(None, "user_version", 3).expect("its version");
        connection
            .execute_batch(
                "INSERT INTO users (user_id, email, role) VALUES ('u', 'u@acme.dev', 'admin');
                 INSERT INTO credentials (id, kind, owner, name, visibility, body, secret, version,
                                          created_at, updated_at)
                 VALUES ('new', 'm2m', 'u', 'New', 'private', '{}', x'01', 1, 7, 7),
                        ('edited', 'm2m', 'u', 'Edited', 'private', '{}', x'02', 3, 7, 9);",
            )
            .expect("older data");
        migrate(&mut connection).expect("migrates");
        let rows = |sql: &str| -> Vec<(String, Vec<u8>, Option<i64>)> {
            let mut statement = connection.prepare(sql).expect("a query");
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            rows.expect("rows").collect::<Result<_, _>>().expect("values")
        };
        let sql = "SELECT credential, sealed, created_at FROM secrets WHERE active ORDER BY 1";
        let wanted = [("edited".to_owned(), vec![2], None), ("new".to_owned(), vec![1], Some(7))];
        assert_eq!(rows(sql), wanted);
    }
}
