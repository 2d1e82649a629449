//! Logic that clients and tokens share: access checks, versions and idempotent creation.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rusqlite::{Connection, TransactionBehavior};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{
    AppState,
    caller::Caller,
    keys::{AtRest, random_id},
    problem::{Problem, ProblemCode},
    store::{
        StoreError,
        credentials::{self, Listing, New, Once, StoredBody, StoredCredential},
        secrets,
    },
    wire::{
        CONNECTION_LIMIT, GRANTS_LIMIT, ListQuery, OwnerBody, PAGE_LIMIT, PageBody, REFERER_LIMIT,
        REFERERS_LIMIT, SEARCH_LIMIT, SOURCE_LIMIT,
    },
};
use crate::domain::{Draft, FieldProblem, Kind, Secret, draft::Field};

/// Header that makes the creation of a credential idempotent.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Version of a credential that was never changed.
const FIRST_VERSION: i64 = 1;

/// Default number of entries per page.
const PAGE: u32 = 100;

/// Maximum number of entries per page.
const PAGE_SIZE_LIMIT: u32 = 1000;

/// Converts a list query to a store query. Fails with 400 if the page number, the page size or the
/// search text is invalid.
pub(crate) fn listing(
    query: ListQuery,
    caller: &Caller,
    kinds: &[Kind],
) -> Result<Listing, Problem> {
    let page = query.page.unwrap_or(1);
    let size = query.page_size.unwrap_or(PAGE);
    if page == 0 || page > PAGE_LIMIT || size == 0 || size > PAGE_SIZE_LIMIT {
        return Err(Problem::new(ProblemCode::Malformed, "Invalid query")
            .describe("page must be 1 to 1,000,000 and pageSize 1 to 1,000"));
    }
    let search = query.search.as_deref().unwrap_or_default();
    if search.chars().count() > SEARCH_LIMIT || search.chars().any(char::is_control) {
        return Err(Problem::new(ProblemCode::Malformed, "Invalid query").describe(format!(
            "search must have at most {SEARCH_LIMIT} characters, and no control characters"
        )));
    }
    Ok(Listing {
        kinds: kinds.to_vec(),
        scope: query.scope.unwrap_or_default(),
        caller: caller.user.user_id.clone(),
        search: query.search.filter(|text| !text.is_empty()),
        order_by: query.order_by.unwrap_or_default(),
        direction: query.order_direction.unwrap_or_default(),
        page,
        size,
    })
}

/// Returns one page of a list from the store, with its page number, its page size and the number of
/// entries in the list.
pub(crate) async fn page(
    state: &AppState,
    listing: Listing,
) -> Result<(Vec<StoredCredential>, PageBody), Problem> {
    let (current, size) = (listing.page, listing.size);
    let (rows, total) = state.store.list(listing).await?;
    Ok((rows, PageBody { current, size, total }))
}

/// ID and accepted kinds of the requested credential, and the user ID of the caller.
pub(crate) struct RecordTarget {
    pub id: String,
    pub kinds: &'static [Kind],
    pub user_id: String,
}

impl RecordTarget {
    pub fn new(id: String, kinds: &'static [Kind], caller: &Caller) -> Self {
        Self { id, kinds, user_id: caller.user.user_id.clone() }
    }

    fn what(&self) -> &'static str {
        if self.kinds == [Kind::Token] { "API access token" } else { "OAuth client" }
    }

    /// Returns the credential. Fails with 404 if it does not exist, has another kind, or is not
    /// visible to the caller.
    fn visible(&self, connection: &Connection) -> Result<StoredCredential, Problem> {
        credentials::get(connection, &self.id)?
            .filter(|stored| self.kinds.contains(&stored.kind))
            .filter(|stored| {
                stored.owner.user_id == self.user_id
                    || stored.visibility == crate::domain::Visibility::Organization
            })
            .ok_or_else(|| Problem::not_found(self.what()))
    }

    /// Returns the credential. Fails as [`Self::visible`] does, and with 403 if another user owns
    /// the credential.
    pub fn owned(&self, connection: &Connection) -> Result<StoredCredential, Problem> {
        let stored = self.visible(connection)?;
        if stored.owner.user_id == self.user_id {
            return Ok(stored);
        }
        Err(Problem::new(
            ProblemCode::NotOwner,
            format!("This {} is owned by {}", self.what(), stored.owner.email),
        )
        .describe("Only the owner can read the secret, edit or delete it"))
    }

    /// Returns the credential. Fails as [`Self::owned`] does, and with 412 if `version` is
    /// outdated.
    pub fn owned_at(
        &self,
        connection: &Connection,
        version: Option<&str>,
    ) -> Result<StoredCredential, Problem> {
        let stored = self.owned(connection)?;
        check_version(&stored, version)?;
        Ok(stored)
    }
}

/// Fails with 412 if `wanted`, the `If-Match` value, does not match the current version. `None` and
/// `*` match every version. Must run after every other check, as RFC 9110 section 13.2.1 requires.
fn check_version(stored: &StoredCredential, wanted: Option<&str>) -> Result<(), Problem> {
    let current = etag(stored.version);
    let is_current = |tags: &str| tags.split(',').any(|tag| ["*", &current].contains(&tag.trim()));
    if wanted.is_none_or(is_current) {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::VersionMismatch, "The credential was changed in the meantime")
        .describe("Read the credential again, then repeat the change with the new version"))
}

/// Returns a credential. With `secret`, also returns its newest active secret, and fails with 403
/// if another user owns the credential.
pub(crate) async fn read(
    state: &AppState,
    target: RecordTarget,
    secret: bool,
) -> Result<(StoredCredential, Option<Secret>), Problem> {
    state
        .store
        .run(move |connection, at_rest| {
            if !secret {
                return Ok((target.visible(connection)?, None));
            }
            let stored = target.owned(connection)?;
            let secret = secrets::newest(connection, at_rest, &stored.id)?;
            Ok((stored, secret))
        })
        .await
}

/// Edits a credential: `edit` returns the changed draft, which is then validated and stored.
pub(crate) async fn edit(
    state: &AppState,
    target: RecordTarget,
    headers: &HeaderMap,
    edit: impl FnOnce(Draft) -> Result<Draft, Problem> + Send + 'static,
) -> Result<StoredCredential, Problem> {
    let version = if_match(headers);
    let now = (state.clock)();
    state
        .store
        .run(move |connection, _| {
            let transaction = begin(connection)?;
            let mut stored = target.owned(&transaction)?;
            let draft = edit(draft_of(&stored))?;
            Problem::check(&draft.problems())?;
            Problem::check(&oversized(&draft))?;
            let (name, visibility, body) = body_of(draft);
            if stored.kind == Kind::Token {
                refuse_taken_name(&transaction, &stored.owner.user_id, &name, &stored.id)?;
            }
            check_version(&stored, version.as_deref())?;
            (stored.name, stored.visibility, stored.body) = (name, visibility, body);
            stored.version = credentials::update(&transaction, &stored, now)?;
            stored.updated_at = now;
            transaction.commit().map_err(StoreError::from)?;
            Ok(stored)
        })
        .await
}

/// Replaces all secrets of a credential with a new one, and returns the credential and the new
/// secret. Revokes the access tokens of an M2M client unless `keep_tokens` is set.
pub(crate) async fn rotate(
    state: &AppState,
    target: RecordTarget,
    headers: &HeaderMap,
    keep_tokens: bool,
) -> Result<(StoredCredential, Option<Secret>), Problem> {
    let version = if_match(headers);
    let now = (state.clock)();
    state
        .store
        .run(move |connection, at_rest| {
            let transaction = begin(connection)?;
            let stored = target.owned_at(&transaction, version.as_deref())?;
            let secret = new_secret(stored.kind);
            secrets::clear(&transaction, &stored.id)?;
            secrets::add(&transaction, at_rest, &stored.id, &secret, now)?;
            credentials::secrets_changed(&transaction, &stored.id, !keep_tokens, now)?;
            let rotated = target.owned(&transaction)?;
            transaction.commit().map_err(StoreError::from)?;
            Ok((rotated, Some(secret)))
        })
        .await
}

pub(crate) async fn delete(
    state: &AppState,
    target: RecordTarget,
    headers: &HeaderMap,
) -> Result<StatusCode, Problem> {
    let version = if_match(headers);
    state
        .store
        .run(move |connection, _| {
            let transaction = begin(connection)?;
            let stored = target.owned_at(&transaction, version.as_deref())?;
            credentials::delete(&transaction, &stored.id)?;
            transaction.commit().map_err(StoreError::from)?;
            Ok::<_, Problem>(())
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Creates a credential, or returns the credential that an earlier request with the same
/// `Idempotency-Key` and the same body created.
pub(crate) async fn create(
    state: &AppState,
    caller: Caller,
    headers: &HeaderMap,
    request: &[u8],
    draft: Draft,
) -> Result<(StoredCredential, Option<Secret>), Problem> {
    Problem::check(&draft.problems())?;
    Problem::check(&oversized(&draft))?;
    let key = idempotency_key(headers)?;
    let fingerprint = [&[draft.kind() as u8][..], &Sha256::digest(request)].concat();
    let now = (state.clock)();
    state
        .store
        .run(move |connection, at_rest| {
            let transaction = begin(connection)?;
            let owner = &caller.user.user_id;
            if let Some(key) = &key {
                match credentials::once(&transaction, owner, key, &fingerprint, now)? {
                    Once::New => {}
                    Once::Before(id) => return repeat(&transaction, at_rest, &id),
                    Once::Reused => {
                        return Err(Problem::new(
                            ProblemCode::IdempotencyKeyReused,
                            "This Idempotency-Key was already used with a different body",
                        ));
                    }
                }
            }
            // A repeated request has returned above, even if the token has expired in the meantime.
            if let Draft::Token(token) = &draft
                && token.expires_at.is_some_and(|at| at <= now)
            {
                Problem::check_state(&[FieldProblem::of(Field::Expires, "is in the past")])?;
            }
            let stored = insert(&transaction, at_rest, &caller, draft, now)?;
            if let Some(key) = &key {
                credentials::remember(&transaction, owner, key, &fingerprint, &stored.0.id, now)?;
            }
            transaction.commit().map_err(StoreError::from)?;
            Ok(stored)
        })
        .await
}

/// Returns a problem for each member or list item of a token that exceeds a limit of this server.
/// Returns an empty list for other kinds of credentials.
fn oversized(draft: &Draft) -> Vec<FieldProblem> {
    let Draft::Token(token) = draft else { return Vec::new() };
    let mut found = Vec::new();
    if token.grants.len() > GRANTS_LIMIT {
        found
            .push(FieldProblem::of(Field::Grants, format!("has more than {GRANTS_LIMIT} entries")));
    }
    for (at, (connection, source)) in token.grants.iter().enumerate().take(GRANTS_LIMIT) {
        for (text, limit) in [(connection, CONNECTION_LIMIT), (source, SOURCE_LIMIT)] {
            if text.chars().count() > limit {
                let problem = format!("is longer than {limit} characters");
                found.push(FieldProblem::at(Field::Grants, at, problem));
            }
        }
    }
    if token.referers.len() > REFERERS_LIMIT {
        found.push(FieldProblem::of(
            Field::Referers,
            format!("has more than {REFERERS_LIMIT} entries"),
        ));
    }
    for (at, referer) in token.referers.iter().enumerate().take(REFERERS_LIMIT) {
        if referer.chars().count() > REFERER_LIMIT {
            let problem = format!("is longer than {REFERER_LIMIT} characters");
            found.push(FieldProblem::at(Field::Referers, at, problem));
        }
    }
    found
}

fn insert(
    connection: &Connection,
    at_rest: &AtRest,
    caller: &Caller,
    draft: Draft,
    now: jiff::Timestamp,
) -> Result<(StoredCredential, Option<Secret>), Problem> {
    let kind = draft.kind();
    let expires_at = match &draft {
        Draft::Token(token) => token.expires_at,
        _ => None,
    };
    let (mut name, visibility, body) = body_of(draft);
    let id = match kind {
        Kind::Token => random_id("tok_", 16),
        Kind::Spa | Kind::M2m | Kind::Other => random_id("", 32),
    };
    if kind == Kind::Token {
        if name.is_empty() {
            name = random_id("tk_", 8);
        }
        refuse_taken_name(connection, &caller.user.user_id, &name, "")?;
    }
    let secret = new_secret(kind);
    let new = New {
        id: &id,
        kind,
        owner: &caller.user.user_id,
        name: &name,
        visibility,
        body: &body,
        secret: &secret,
        created_at: now,
        last_used_at: None,
        expires_at,
    };
    credentials::insert(connection, at_rest, &new)?;
    let stored = credentials::get(connection, &id)?
        .ok_or_else(|| Problem::new(ProblemCode::Internal, "Could not read the new credential"))?;
    Ok((stored, Some(secret)))
}

fn repeat(
    connection: &Connection,
    at_rest: &AtRest,
    id: &str,
) -> Result<(StoredCredential, Option<Secret>), Problem> {
    let stored = credentials::get(connection, id)?.ok_or_else(|| {
        Problem::new(
            ProblemCode::Conflict,
            format!("{id}, created with this Idempotency-Key, was deleted in the meantime"),
        )
    })?;
    // The first response is not stored, so it cannot be repeated after a change to the credential.
    if stored.version != FIRST_VERSION {
        return Err(Problem::new(
            ProblemCode::Conflict,
            format!("{id}, created with this Idempotency-Key, was changed in the meantime"),
        )
        .describe("Read the credential by its ID"));
    }
    Ok((stored, secrets::newest(connection, at_rest, id)?))
}

/// Returns a random secret of letters and digits, with more than 256 bits of entropy. The secret of
/// a token has the prefix `cat_`.
pub(crate) fn new_secret(kind: Kind) -> Secret {
    Secret::new(match kind {
        Kind::Token => random_id("cat_", 48),
        Kind::Spa | Kind::M2m | Kind::Other => random_id("", 64),
    })
}

/// Returns a JSON response. The `ETag` is the version of the credential.
pub(crate) fn answer<T: Serialize>(status: StatusCode, version: i64, body: T) -> Response {
    let mut response = (status, axum::Json(body)).into_response();
    if let Ok(value) = HeaderValue::from_str(&etag(version)) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

pub(crate) fn owner_of(stored: &StoredCredential) -> OwnerBody {
    OwnerBody { user_id: stored.owner.user_id.clone(), email: stored.owner.email.clone() }
}

fn draft_of(stored: &StoredCredential) -> Draft {
    use crate::domain::{ClientDraft, TokenDraft};
    let (name, visibility, body) = (stored.name.clone(), stored.visibility, stored.body.clone());
    match stored.kind {
        Kind::M2m => Draft::M2m(ClientDraft { name, visibility, ..ClientDraft::default() }),
        // `Other` never occurs here, because the schema of the store excludes it.
        Kind::Spa | Kind::Other => Draft::Spa(ClientDraft {
            name,
            login_url: body.login_url.unwrap_or_default(),
            use_default_urls: body.use_default_urls,
            callbacks: body.callbacks,
            logout_urls: body.logout_urls,
            web_origins: body.web_origins,
            allowed_origins: body.allowed_origins,
            visibility,
            ..ClientDraft::default()
        }),
        Kind::Token => Draft::Token(TokenDraft {
            name,
            apis: body.apis,
            grants: body.grants,
            referers: body.referers,
            expires_at: stored.expires_at,
            visibility,
            ..TokenDraft::default()
        }),
    }
}

/// Returns the name, visibility and stored members of a draft. The URL lists of a SPA client with
/// default URLs are derived from its login URL.
pub(crate) fn body_of(draft: Draft) -> (String, crate::domain::Visibility, StoredBody) {
    match draft {
        Draft::M2m(client) => (client.name, client.visibility, StoredBody::default()),
        Draft::Spa(mut spa) | Draft::Other(mut spa) => {
            if spa.use_default_urls
                && let Some(derived) = crate::domain::urls::derive(&spa.login_url)
            {
                spa.callbacks = derived.callbacks;
                spa.logout_urls = derived.logout_urls;
                spa.web_origins = derived.web_origins;
                spa.allowed_origins = derived.allowed_origins;
            }
            let body = StoredBody {
                login_url: Some(spa.login_url).filter(|url| !url.is_empty()),
                use_default_urls: spa.use_default_urls,
                callbacks: spa.callbacks,
                logout_urls: spa.logout_urls,
                web_origins: spa.web_origins,
                allowed_origins: spa.allowed_origins,
                ..StoredBody::default()
            };
            (spa.name, spa.visibility, body)
        }
        Draft::Token(token) => {
            let body = StoredBody {
                apis: token.apis,
                grants: token.grants,
                referers: token.referers,
                ..StoredBody::default()
            };
            (token.name, token.visibility, body)
        }
    }
}

fn refuse_taken_name(
    connection: &Connection,
    owner: &str,
    name: &str,
    except: &str,
) -> Result<(), Problem> {
    if credentials::token_name_taken(connection, owner, name, except)? {
        return Err(Problem::new(
            ProblemCode::NameTaken,
            "You already have a token with this name",
        )
        .field(Field::Name.wire(), "is already the name of one of your tokens"));
    }
    Ok(())
}

pub(crate) fn begin(connection: &mut Connection) -> Result<rusqlite::Transaction<'_>, StoreError> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// Returns the value of the `If-Match` header, if any. An invalid value is not rejected here,
/// because it matches no version and the request then fails with 412.
pub(crate) fn if_match(headers: &HeaderMap) -> Option<String> {
    headers
        .get(header::IF_MATCH)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(&IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key)
            if (1..=255).contains(&key.len())
                && key.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Ok(Some(key.to_owned()))
        }
        _ => Err(Problem::new(
            ProblemCode::Malformed,
            "Idempotency-Key must be 1 to 255 ASCII characters without spaces",
        )),
    }
}
