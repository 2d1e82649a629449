//! Token endpoint for users: exchanges authorization codes, device codes and refresh tokens.
//!
//! Every sign-in has a family of access tokens and refresh tokens. A refresh token works once. The
//! second use of a refresh token or of an authorization code revokes the whole family, because the
//! token or code may have been stolen (RFC 9700 section 4.14.2).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{
    TokenAnswer, TokenClaims, TokenRequest,
    flows::{Approved, Polled, Redeemed},
    granted,
    wire::OAuthError,
};
use crate::server::{
    AppState,
    keys::random_id,
    store::{self, StoreError, User},
};

/// Lifetime of a token family from the sign-in, in seconds; a refresh does not extend it.
const FAMILY: i64 = 30 * 24 * 60 * 60;

/// Lifetime of an ID token, in seconds. It is short, because clients validate the token on receipt.
const IDENTITY: i64 = 600;

/// Claims of an ID token (OpenID Connect Core section 2).
#[derive(Serialize)]
struct Identity<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

fn bad_grant(text: &str) -> OAuthError {
    OAuthError::new("invalid_grant", text)
}

/// Exchanges an authorization code for tokens (RFC 6749 section 4.1.3).
pub(super) async fn of_code(
    state: &AppState,
    client_id: &str,
    request: TokenRequest,
) -> Result<TokenAnswer, OAuthError> {
    let missing = |what: &str| OAuthError::new("invalid_request", format!("{what} is missing"));
    let code = request.code.ok_or_else(|| missing("code"))?;
    let redirect_uri = request.redirect_uri.ok_or_else(|| missing("redirect_uri"))?;
    let verifier = request.code_verifier.ok_or_else(|| missing("code_verifier"))?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let now = (state.clock)();
    let family = random_id("", 32);
    match state.flows.redeem(&code, client_id, &redirect_uri, &challenge, &family, now) {
        Redeemed::Good(approved) => {
            let answer = begin(state, approved, family.clone()).await?;
            // A second use during `begin` may have found no family to revoke, so this check runs
            // after the family is stored.
            if state.flows.is_replayed(&code) { reused(state, family).await } else { Ok(answer) }
        }
        Redeemed::Again(family) => reused(state, family).await,
        Redeemed::Bad => Err(bad_grant("Invalid code, verifier or redirect URI")),
    }
}

/// Revokes the tokens of a code that was used twice. Never returns `Ok`.
async fn reused(state: &AppState, family: String) -> Result<TokenAnswer, OAuthError> {
    state.store.run(move |connection, _| end_family(connection, &family)).await?;
    Err(bad_grant("The code was already used; its tokens were revoked"))
}

/// Handles a device's poll: issues tokens once the user has approved the sign-in (RFC 8628 section
/// 3.4).
pub(super) async fn of_device(
    state: &AppState,
    client_id: &str,
    request: TokenRequest,
) -> Result<TokenAnswer, OAuthError> {
    let code = request.device_code;
    let code = code.ok_or_else(|| OAuthError::new("invalid_request", "device_code is missing"))?;
    match state.flows.poll(&code, client_id, state.device_interval, (state.clock)()) {
        Polled::Approved(approved) => begin(state, approved, random_id("", 32)).await,
        Polled::Waiting => {
            Err(OAuthError::new("authorization_pending", "The user has not decided yet"))
        }
        Polled::TooSoon => Err(OAuthError::new("slow_down", "Poll less often")),
        Polled::Denied => Err(OAuthError::new("access_denied", "The user denied access")),
        Polled::Ended => Err(OAuthError::new("expired_token", "The code has expired")),
        Polled::Unknown => Err(bad_grant("Unknown device code")),
    }
}

/// Exchanges a refresh token for an access token and a new refresh token (RFC 6749 section 6).
pub(super) async fn of_refresh(
    state: &AppState,
    client_id: &str,
    request: TokenRequest,
) -> Result<TokenAnswer, OAuthError> {
    let token = request.refresh_token;
    let token =
        token.ok_or_else(|| OAuthError::new("invalid_request", "refresh_token is missing"))?;
    let hash = hash_of(&token);
    let now = (state.clock)().as_second();
    let (client, next) = (client_id.to_owned(), random_id("rt_", 43));
    let next_hash = hash_of(&next);
    let found = state
        .store
        .run(move |connection, _| {
            rotate(connection, &hash, &client, &next_hash, request.scope.as_deref(), now)
        })
        .await?;
    let Some((family, user, wanted)) = found else {
        return Err(bad_grant("The refresh token is invalid or has expired"));
    };
    let mut answer = access(state, &user, client_id, &family, &wanted)?;
    answer.refresh_token = Some(next);
    Ok(answer)
}

/// Stores the family of a new sign-in and issues its first tokens.
async fn begin(
    state: &AppState,
    approved: Approved,
    family: String,
) -> Result<TokenAnswer, OAuthError> {
    let now = (state.clock)().as_second();
    let refresh = random_id("rt_", 43);
    let (user_id, hash) = (approved.user_id.clone(), hash_of(&refresh));
    let (id, client_id) = (family.clone(), approved.client_id.clone());
    let asked = approved.scope.clone();
    let (user, scopes) = state
        .store
        .run(move |connection, _| {
            let user = store::user(connection, &user_id)?
                .ok_or_else(|| bad_grant("The user no longer exists"))?;
            let scopes = granted(asked.as_deref(), &user.role)?;
            keep_family(connection, &id, &client_id, &user, &scopes.join(" "), &hash, now)?;
            Ok::<_, OAuthError>((user, scopes))
        })
        .await?;
    let mut answer = access(state, &user, &approved.client_id, &family, &scopes)?;
    let has = |scope: &str| scopes.iter().any(|known| known == scope);
    answer.refresh_token = has("offline_access").then_some(refresh);
    if has("openid") {
        let identity = Identity {
            iss: &state.base_url,
            sub: &user.user_id,
            aud: &approved.client_id,
            iat: now,
            exp: now + IDENTITY,
            auth_time: approved.auth_time,
            nonce: approved.nonce.as_deref(),
            email: has("email").then_some(user.email.as_str()),
        };
        answer.id_token = Some(sign(state, "JWT", &identity)?);
    }
    Ok(answer)
}

fn access(
    state: &AppState,
    user: &User,
    client_id: &str,
    family: &str,
    scopes: &[String],
) -> Result<TokenAnswer, OAuthError> {
    let scope = scopes.join(" ");
    let mut grant = TokenClaims::new(state, user, client_id, &user.user_id, scope.clone());
    grant.exp = grant.iat + state.session_seconds;
    grant.family = Some(family.to_owned());
    Ok(TokenAnswer::new(sign(state, "at+jwt", &grant)?, state.session_seconds, scope))
}

fn sign<T: Serialize>(state: &AppState, kind: &str, claims: &T) -> Result<String, OAuthError> {
    let signed = state.signer.sign(kind, claims);
    signed.map_err(|_| OAuthError::new("server_error", "Could not sign the token"))
}

fn hash_of(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

fn keep_family(
    connection: &mut Connection,
    family: &str,
    client_id: &str,
    user: &User,
    scope: &str,
    refresh: &[u8],
    now: i64,
) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM families WHERE ends < ?1", [now])?;
    transaction.execute(
        "INSERT INTO families (id, client_id, user_id, scope, ends) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![family, client_id, user.user_id, scope, now + FAMILY],
    )?;
    transaction.execute(
        "INSERT INTO refresh_tokens (hash, family) VALUES (?1, ?2)",
        params![refresh, family],
    )?;
    transaction.commit()?;
    Ok(())
}

/// Returns the scopes for a refresh: the previously granted scopes that the role still allows, or
/// the requested subset of these scopes. Fails with `invalid_scope` if other scopes are requested.
fn narrowed(
    granted_before: &str,
    role: &str,
    named: Option<&str>,
) -> Result<Vec<String>, OAuthError> {
    // The role may have lost permissions since the sign-in.
    let scopes = granted(Some(granted_before), role)?;
    let Some(named) = named.filter(|named| !named.trim().is_empty()) else { return Ok(scopes) };
    let fewer: Vec<String> = named.split_whitespace().map(str::to_owned).collect();
    if fewer.iter().any(|one| !scopes.contains(one)) {
        return Err(OAuthError::new("invalid_scope", "A refresh cannot request additional scopes"));
    }
    Ok(fewer)
}

/// Exchanges the refresh token with hash `hash` for the one with hash `next`. Returns the family,
/// user and scopes; `None` if the client has no refresh token with this hash, or if the family has
/// expired or was revoked. If the token was already used, or if the user or client was deleted,
/// also revokes the family and returns `None`. A request with a rejected scope leaves the refresh
/// token valid.
fn rotate(
    connection: &mut Connection,
    hash: &[u8],
    client_id: &str,
    next: &[u8],
    named: Option<&str>,
    now: i64,
) -> Result<Option<(String, User, Vec<String>)>, OAuthError> {
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(StoreError::from)?;
    let sql = "SELECT f.id, f.user_id, f.scope, r.used FROM refresh_tokens r
               JOIN families f ON f.id = r.family
               WHERE r.hash = ?1 AND f.client_id = ?2 AND f.ends > ?3 AND NOT f.ended";
    let read = |row: &rusqlite::Row<'_>| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get(3)?,
        ))
    };
    let found: Option<(_, _, _, bool)> = transaction
        .query_row(sql, params![hash, client_id, now], read)
        .optional()
        .map_err(StoreError::from)?;
    let Some((family, user_id, scope, used)) = found else { return Ok(None) };
    let client_exists = super::clients::find(&transaction, client_id)?.is_some();
    let user = store::user(&transaction, &user_id)?.filter(|_| client_exists);
    let Some(user) = user.filter(|_| !used) else {
        end_family(&transaction, &family)?;
        transaction.commit().map_err(StoreError::from)?;
        return Ok(None);
    };
    let scopes = narrowed(&scope, &user.role, named)?;
    let kept = (|| {
        transaction.execute("UPDATE refresh_tokens SET used = 1 WHERE hash = ?1", [hash])?;
        let sql = "INSERT INTO refresh_tokens (hash, family) VALUES (?1, ?2)";
        transaction.execute(sql, params![next, family])?;
        transaction.commit()
    })();
    kept.map_err(StoreError::from)?;
    Ok(Some((family, user, scopes)))
}

/// Revokes all tokens of a sign-in.
pub(super) fn end_family(connection: &Connection, family: &str) -> Result<(), StoreError> {
    connection.execute("UPDATE families SET ended = 1 WHERE id = ?1", [family])?;
    Ok(())
}

/// Returns the family of a refresh token; `None` if the client has no such refresh token.
pub(super) fn family_of(
    connection: &Connection,
    token: &str,
    client_id: &str,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT f.id FROM refresh_tokens r JOIN families f ON f.id = r.family
               WHERE r.hash = ?1 AND f.client_id = ?2";
    let hash = hash_of(token);
    Ok(connection.query_row(sql, params![hash, client_id], |row| row.get(0)).optional()?)
}

/// Returns true if a sign-in was revoked or is unknown.
pub(crate) fn is_ended(connection: &Connection, family: &str) -> Result<bool, StoreError> {
    let sql = "SELECT ended FROM families WHERE id = ?1";
    let found: Option<bool> =
        connection.prepare_cached(sql)?.query_row([family], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(true))
}
