//! Credentials in the store: list, read, write, delete.

use std::{collections::HashMap, fmt::Write as _};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params, types::Type};
use serde::{Deserialize, Serialize};

use super::{
    StoreError, User,
    secrets::{self, StoredSecret},
};
use crate::{
    domain::{Kind, Secret, Visibility},
    server::{
        keys::AtRest,
        wire::{Direction, GrantBody, ListScope, OrderBy},
    },
};

/// Lifetime of a remembered `Idempotency-Key`, in seconds.
const REMEMBERED: i64 = 24 * 60 * 60;

/// Kind-specific members, stored as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredBody {
    /// SPA: application login URL.
    pub login_url: Option<String>,
    /// SPA: true if the URL lists are derived from the login URL.
    pub use_default_urls: bool,
    /// SPA: redirect URIs.
    pub callbacks: Vec<String>,
    /// SPA: logout URLs.
    pub logout_urls: Vec<String>,
    /// SPA: origins for silent authentication.
    pub web_origins: Vec<String>,
    /// SPA: origins for CORS.
    pub allowed_origins: Vec<String>,
    /// Token: APIs that accept the token.
    pub apis: Vec<String>,
    /// Token: connection and source of each grant.
    pub grants: Vec<(String, String)>,
    /// Token: pages that may use the token.
    pub referers: Vec<String>,
}

impl StoredBody {
    /// Returns the grants as API objects.
    #[must_use]
    pub fn wire_grants(&self) -> Vec<GrantBody> {
        self.grants
            .iter()
            .map(|(connection_name, source)| GrantBody {
                connection_name: connection_name.clone(),
                source: source.clone(),
            })
            .collect()
    }
}

/// A stored credential, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCredential {
    /// Client ID or token ID.
    pub id: String,
    /// Kind of credential.
    pub kind: Kind,
    /// User who owns the credential.
    pub owner: User,
    /// Display name.
    pub name: String,
    /// Visibility: private, or shared with the organization.
    pub visibility: Visibility,
    /// Kind-specific members.
    pub body: StoredBody,
    /// Version number, from 1; every change increments it.
    pub version: i64,
    /// Number of secret rotations that revoked the access tokens of the client.
    pub token_epoch: i64,
    /// Creation time.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
    /// Time of last use; `None` means never.
    pub last_used_at: Option<Timestamp>,
    /// Expiry; `None` means never.
    pub expires_at: Option<Timestamp>,
    /// Metadata of an M2M client's secrets, newest first; empty for other kinds.
    pub secrets: Vec<StoredSecret>,
}

/// Adds the metadata of the secrets to each M2M client in `rows`.
fn with_secrets(
    connection: &Connection,
    mut rows: Vec<StoredCredential>,
) -> Result<Vec<StoredCredential>, StoreError> {
    let m2m = rows.iter().filter(|row| row.kind == Kind::M2m).map(|row| row.id.as_str());
    let mut found = secrets::of_all(connection, &m2m.collect::<Vec<_>>())?;
    for row in &mut rows {
        row.secrets = found.remove(&row.id).unwrap_or_default();
    }
    Ok(rows)
}

/// A credential to insert.
#[derive(Debug)]
pub struct New<'a> {
    /// Client ID or token ID.
    pub id: &'a str,
    /// Kind of credential.
    pub kind: Kind,
    /// User ID of the owner.
    pub owner: &'a str,
    /// Display name.
    pub name: &'a str,
    /// Visibility: private, or shared with the organization.
    pub visibility: Visibility,
    /// Kind-specific members.
    pub body: &'a StoredBody,
    /// Secret to encrypt and store.
    pub secret: &'a Secret,
    /// Creation time.
    pub created_at: Timestamp,
    /// Time of last use; only example data sets it.
    pub last_used_at: Option<Timestamp>,
    /// Expiry; `None` means never.
    pub expires_at: Option<Timestamp>,
}

/// Query for one page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Listing {
    /// Kinds to list. A list with one kind selects this kind; any other list selects all kinds of
    /// clients.
    pub kinds: Vec<Kind>,
    /// Filter: credentials of the caller, or credentials shared with the organization.
    pub scope: ListScope,
    /// User ID of the caller.
    pub caller: String,
    /// Text to search for in the name, ID and body, ignoring ASCII case; `None` for no search.
    pub search: Option<String>,
    /// Sort key.
    pub order_by: OrderBy,
    /// Sort direction.
    pub direction: Direction,
    /// Page number, from 1.
    pub page: u32,
    /// Entries per page.
    pub size: u32,
}

/// Cache of the totals and page ends of lists. A change to the data clears the cache.
#[derive(Default)]
pub struct Pages {
    /// Version of the cached data: SQLite's `data_version`, which detects changes by other
    /// connections, and the number of rows changed by this connection.
    version: (i64, u64),
    lists: HashMap<Listing, PageEnds>,
}

/// Cached total of a list, and the name and ID of the last entry on each page.
#[derive(Default)]
struct PageEnds {
    total: Option<i64>,
    ends: HashMap<u32, (String, String)>,
}

impl Pages {
    /// Maximum number of cached lists.
    const LISTS: usize = 64;
    /// Maximum number of cached page ends per list.
    const PAGES: usize = 1024;

    fn of(
        &mut self,
        connection: &Connection,
        listing: &Listing,
    ) -> Result<&mut PageEnds, StoreError> {
        let others: i64 =
            connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        let version = (others, connection.total_changes());
        let list = Listing { page: 0, ..listing.clone() };
        if self.version != version || self.lists.len() >= Self::LISTS {
            self.lists.clear();
            self.version = version;
        }
        let known = self.lists.entry(list).or_default();
        if known.ends.len() >= Self::PAGES {
            known.ends.clear();
        }
        Ok(known)
    }
}

/// State of an `Idempotency-Key`.
#[derive(Debug, PartialEq, Eq)]
pub enum Once {
    /// The key is new.
    New,
    /// An earlier request with this key and the same body created the credential with this ID.
    Before(String),
    /// The key was used with a different body.
    Reused,
}

const COLUMNS: &str = "c.id, c.kind, c.owner, u.email, u.role, c.name, c.visibility, c.body, \
                       c.version, c.created_at, c.updated_at, c.last_used_at, c.expires_at, \
                       c.token_epoch";

/// Returns a page of a list, and the list's total number of entries. `pages` caches the total, and
/// the end of each page. In a list sorted by name, the page after a cached page needs no offset.
pub fn list(
    connection: &Connection,
    pages: &mut Pages,
    listing: &Listing,
) -> Result<(Vec<StoredCredential>, u64), StoreError> {
    let known = pages.of(connection, listing)?;
    let mut filter = String::from(" FROM credentials c");
    if listing.search.is_none() {
        // Forces the index that covers the filter and the sort by name. With another index, deep
        // pages would be slow.
        filter.push_str(match listing.scope {
            ListScope::Mine => " INDEXED BY credentials_by_name",
            ListScope::Organization => " INDEXED BY credentials_visible",
        });
    }
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    match listing.scope {
        ListScope::Mine => {
            filter.push_str(" WHERE c.owner = ?");
            values.push(Box::new(listing.caller.clone()));
        }
        ListScope::Organization => filter.push_str(" WHERE c.visibility = 'organization'"),
    }
    match listing.kinds[..] {
        [kind] => {
            filter.push_str(" AND c.kind = ?");
            values.push(Box::new(kind_word(kind)));
        }
        _ => filter.push_str(" AND c.kind <> 'token'"),
    }
    if let Some(search) = &listing.search {
        let pattern = like(search);
        // The body is JSON, and the names of its members must not match. The first condition on the
        // whole body avoids parsing bodies that cannot match.
        filter.push_str(
            " AND (c.name LIKE ? ESCAPE '\\' OR c.id LIKE ? ESCAPE '\\'
              OR c.body LIKE ? ESCAPE '\\' AND EXISTS (
                 SELECT 1 FROM json_tree(c.body) AS value
                 WHERE value.type = 'text' AND value.atom LIKE ? ESCAPE '\\'))",
        );
        // In JSON, quotation marks and backslashes are escaped.
        let in_json = serde_json::to_string(search).unwrap_or_default();
        let in_json = like(in_json.get(1..in_json.len() - 1).unwrap_or_default());
        for pattern in [&pattern, &pattern, &in_json, &pattern] {
            values.push(Box::new(pattern.clone()));
        }
    }
    let total = match known.total {
        Some(total) => total,
        None => connection
            .prepare_cached(&format!("SELECT COUNT(*){filter}"))?
            .query_row(rusqlite::params_from_iter(values.iter()), |row| row.get(0))?,
    };
    known.total = Some(total);

    let column = match listing.order_by {
        OrderBy::Name => "c.name COLLATE NOCASE",
        OrderBy::CreatedAt => "c.created_at",
        OrderBy::UpdatedAt => "c.updated_at",
        OrderBy::LastUsedAt => "c.last_used_at",
    };
    let direction = match listing.direction {
        Direction::Asc => "ASC",
        Direction::Desc => "DESC",
    };
    let order = format!(" ORDER BY {column} {direction}, c.id {direction}");
    let before = listing.page.saturating_sub(1);
    let skip = match known.ends.get(&before).filter(|_| listing.order_by == OrderBy::Name) {
        Some((name, id)) => {
            let beyond = if listing.direction == Direction::Asc { '>' } else { '<' };
            let _ = write!(filter, " AND (c.name COLLATE NOCASE, c.id) {beyond} (?, ?)");
            values.extend([name, id].map(|it| Box::new(it.clone()) as Box<dyn ToSql>));
            0
        }
        None => u64::from(before) * u64::from(listing.size),
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM (SELECT c.id{filter}{order} LIMIT {size} OFFSET {skip}) page
         JOIN credentials c ON c.id = page.id JOIN users u ON u.user_id = c.owner{order}",
        size = listing.size,
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let bound = rusqlite::params_from_iter(values.iter());
    let rows = statement.query_map(bound, read)?.collect::<Result<Vec<_>, _>>()?;
    let rows = with_secrets(connection, rows)?;
    if let Some(last) = rows.last() {
        known.ends.insert(listing.page, (last.name.clone(), last.id.clone()));
    }
    Ok((rows, u64::try_from(total).unwrap_or_default()))
}

/// Returns a `LIKE` pattern that matches every text that contains `search`.
fn like(search: &str) -> String {
    let escaped = search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// Returns the credential with the ID `id`, if one exists.
pub fn get(connection: &Connection, id: &str) -> Result<Option<StoredCredential>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM credentials c JOIN users u ON u.user_id = c.owner WHERE c.id = ?1"
    );
    let found = connection.prepare_cached(&sql)?.query_row([id], read).optional()?;
    Ok(with_secrets(connection, found.into_iter().collect())?.pop())
}

/// Inserts a credential with its secret, as version 1.
pub fn insert(connection: &Connection, at_rest: &AtRest, new: &New<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO credentials (id, kind, owner, name, visibility, body, version,
                                      created_at, updated_at, last_used_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7, ?8, ?9)",
        )?
        .execute(params![
            new.id,
            kind_word(new.kind),
            new.owner,
            new.name,
            visibility_word(new.visibility),
            body_text(new.body)?,
            new.created_at.as_second(),
            new.last_used_at.map(Timestamp::as_second),
            new.expires_at.map(Timestamp::as_second),
        ])?;
    secrets::add(connection, at_rest, new.id, new.secret, new.created_at)?;
    Ok(())
}

/// Stores the name, visibility and body of `edited`, and returns the new version.
pub fn update(
    connection: &Connection,
    edited: &StoredCredential,
    now: Timestamp,
) -> Result<i64, StoreError> {
    connection
        .prepare_cached(
            "UPDATE credentials SET name = ?2, visibility = ?3, body = ?4, updated_at = ?5,
                    version = version + 1 WHERE id = ?1",
        )?
        .execute(params![
            edited.id,
            edited.name,
            visibility_word(edited.visibility),
            body_text(&edited.body)?,
            now.as_second()
        ])?;
    Ok(edited.version + 1)
}

/// Increments the version of a credential after a change to its secrets. With `end_tokens`, also
/// revokes the access tokens of an M2M client.
pub fn secrets_changed(
    connection: &Connection,
    id: &str,
    end_tokens: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE credentials SET updated_at = ?2, version = version + 1,
                token_epoch = token_epoch + ?3 WHERE id = ?1",
        params![id, now.as_second(), i64::from(end_tokens)],
    )?;
    Ok(())
}

/// Returns the [`StoredCredential::token_epoch`] of a client; `None` if the client does not exist.
pub fn token_epoch(connection: &Connection, id: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT token_epoch FROM credentials WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?)
}

/// Sets the time of last use of a credential to `now`, without changing its version. Returns false
/// if the credential was deleted, or if its token epoch is no longer `epoch`.
pub fn touch(
    connection: &Connection,
    id: &str,
    epoch: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE credentials SET last_used_at = ?3 WHERE id = ?1 AND token_epoch = ?2";
    let touched = connection.prepare_cached(sql)?.execute(params![id, epoch, now.as_second()])?;
    Ok(touched == 1)
}

/// Deletes a credential permanently, with the token families of its sign-ins.
pub fn delete(connection: &Connection, id: &str) -> Result<(), StoreError> {
    connection.execute("DELETE FROM families WHERE client_id = ?1", [id])?;
    connection.execute("DELETE FROM credentials WHERE id = ?1", [id])?;
    Ok(())
}

/// Returns true if the owner has a token with this name and an ID other than `except`.
pub fn token_name_taken(
    connection: &Connection,
    owner: &str,
    name: &str,
    except: &str,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM credentials
               WHERE kind = 'token' AND owner = ?1 AND name = ?2 AND id <> ?3)";
    Ok(connection.query_row(sql, [owner, name, except], |row| row.get(0))?)
}

/// Returns the state of an `Idempotency-Key` for the fingerprint `request`. Deletes expired keys
/// first.
pub fn once(
    connection: &Connection,
    owner: &str,
    key: &str,
    request: &[u8],
    now: Timestamp,
) -> Result<Once, StoreError> {
    connection
        .execute("DELETE FROM idempotency WHERE created_at < ?1", [now.as_second() - REMEMBERED])?;
    let sql = "SELECT request, id FROM idempotency WHERE owner = ?1 AND key = ?2";
    let known: Option<(Vec<u8>, String)> =
        connection.query_row(sql, [owner, key], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(match known {
        None => Once::New,
        Some((before, id)) if before == request => Once::Before(id),
        Some(_) => Once::Reused,
    })
}

/// Records the credential that a request with an `Idempotency-Key` created.
pub fn remember(
    connection: &Connection,
    owner: &str,
    key: &str,
    request: &[u8],
    id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO idempotency (owner, key, request, id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![owner, key, request, id, now.as_second()],
    )?;
    Ok(())
}

/// Returns the total number of credentials.
pub fn count(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("SELECT COUNT(*) FROM credentials", [], |row| row.get(0))?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredCredential> {
    let wrong = |column, text: &str| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, text.to_owned().into())
    };
    let kind: String = row.get(1)?;
    let visibility: String = row.get(6)?;
    let body: String = row.get(7)?;
    Ok(StoredCredential {
        id: row.get(0)?,
        kind: match kind.as_str() {
            "token" => Kind::Token,
            "spa" => Kind::Spa,
            "m2m" => Kind::M2m,
            "other" => Kind::Other,
            _ => return Err(wrong(1, "an unknown kind")),
        },
        owner: User { user_id: row.get(2)?, email: row.get(3)?, role: row.get(4)? },
        name: row.get(5)?,
        visibility: match visibility.as_str() {
            "organization" => Visibility::Organization,
            _ => Visibility::Private,
        },
        body: serde_json::from_str(&body).map_err(|_| wrong(7, "a body that is not JSON"))?,
        version: row.get(8)?,
        created_at: time(row.get(9)?),
        updated_at: time(row.get(10)?),
        last_used_at: row.get::<_, Option<i64>>(11)?.map(time),
        expires_at: row.get::<_, Option<i64>>(12)?.map(time),
        token_epoch: row.get(13)?,
        secrets: Vec::new(),
    })
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn body_text(body: &StoredBody) -> Result<String, StoreError> {
    serde_json::to_string(body).map_err(|error| {
        StoreError::Database(rusqlite::Error::ToSqlConversionFailure(error.into()))
    })
}

const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Token => "token",
        Kind::Spa => "spa",
        Kind::M2m => "m2m",
        Kind::Other => "other",
    }
}

const fn visibility_word(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Private => "private",
        Visibility::Organization => "organization",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{DataDir, seed, store::Store};

    /// A page that follows a cached page is read from the end of the cached page. Any other page is
    /// read with an offset. Both must return the same rows, even after a change to the data.
    #[test]
    fn pages_are_the_same_sought_or_skipped_to() {
        let mut store = Store::open(&DataDir::Ephemeral, &User::seeded()).expect("a store");
        let now = Timestamp::from_second(1_800_000_000).expect("a time");
        seed::apply(&mut store, seed::Seed::Many(100), now).expect("rows");
        let listing = |page, direction| Listing {
            kinds: vec![Kind::Spa],
            scope: ListScope::Mine,
            caller: super::super::User::seeded().user_id,
            search: None,
            order_by: OrderBy::Name,
            direction,
            page,
            size: 30,
        };
        let (store, mut known) = (&store, Pages::default());
        let page = |number, direction, pages: &mut Pages| {
            let read =
                store.with(|connection, _| list(connection, pages, &listing(number, direction)));
            let (rows, total) = read.expect("a page");
            (rows.into_iter().map(|row| row.id).collect::<Vec<_>>(), total)
        };
        for direction in [Direction::Asc, Direction::Desc] {
            for number in 1..=5 {
                let skipped = page(number, direction, &mut Pages::default());
                assert_eq!(page(number, direction, &mut known), skipped, "page {number}");
            }
        }
        let (first, total) = page(1, Direction::Asc, &mut known);
        store
            .with(|connection, _| {
                connection.execute("DELETE FROM credentials WHERE id = ?1", [&first[0]])?;
                Ok::<_, StoreError>(())
            })
            .expect("deleted");
        let after = page(2, Direction::Asc, &mut known);
        assert_eq!(after, page(2, Direction::Asc, &mut Pages::default()));
        assert_eq!(after.1, total - 1);
    }
}
