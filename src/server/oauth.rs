//! Authorization server: access tokens for M2M clients and users.
//!
//! It supports client credentials (RFC 6749 section 4.4), authorization code with PKCE (RFC 7636),
//! the device flow (RFC 8628), single-use refresh tokens, revocation (RFC 7009), metadata (RFC
//! 8414, RFC 9728 and OpenID Connect Discovery), and keys (RFC 7517).
//!
//! | module | content |
//! |---|---|
//! | `clients` | registered clients and their redirect URIs |
//! | `browser`, `pages` | pages for sign-in and consent |
//! | `device` | start of the device flow |
//! | `flows` | sign-ins in progress |
//! | `grants` | token endpoint |
//! | `metadata` | discovery documents |
//! | `wire` | errors and bodies |

pub(crate) mod browser;
mod clients;
pub(crate) mod device;
pub(crate) mod flows;
pub(crate) mod grants;
pub(crate) mod metadata;
mod pages;
mod wire;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use super::{
    AUDIENCE, AppState, TOKEN_LIFETIME,
    connections::Peer,
    keys::random_id,
    records,
    store::{self, StoreError, StoredCredential, User, credentials, secrets},
    wire::{
        given,
        schemas::{RevokeRequestSchema, TokenRequestSchema},
    },
};
use crate::domain::{Kind, Secret};
use wire::FormOrJson;
pub(crate) use wire::OAuthError;

/// Client ID of the Credenza console, which every embedded server accepts.
pub(crate) const CONSOLE: &str = "credenza";

/// Grant type of the device flow (RFC 8628 section 3.4).
pub(crate) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Maximum length of a client ID, in bytes.
const ID_LIMIT: usize = 64;

/// Maximum length of a requested scope, in bytes.
pub(crate) const SCOPE_LIMIT: usize = 512;

/// Scopes of the sign-in itself, which a user of any role may request.
pub(crate) const IDENTITY: [&str; 3] = ["openid", "email", "offline_access"];

/// Claims of an access token (RFC 9068).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TokenClaims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
    pub client_id: String,
    /// ID of the user whose permissions the token has: for an M2M client, the owner of the client.
    pub user_id: String,
    pub scope: String,
    /// [`StoredCredential::token_epoch`] of an M2M client when the token was issued.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub epoch: i64,
    /// Token family of the sign-in; `None` if no user signed in, as for an M2M client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
}

impl TokenClaims {
    /// Returns the claims of a console token with all permissions of a user's role.
    pub fn of_user(state: &AppState, user: &User) -> Self {
        Self::new(state, user, CONSOLE, &user.user_id, permissions(&user.role).join(" "))
    }

    fn new(state: &AppState, user: &User, client_id: &str, sub: &str, scope: String) -> Self {
        let now = (state.clock)().as_second();
        Self {
            iss: state.base_url.clone(),
            sub: sub.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now,
            exp: now + TOKEN_LIFETIME,
            jti: random_id("", 16),
            client_id: client_id.to_owned(),
            user_id: user.user_id.clone(),
            scope,
            epoch: 0,
            family: None,
        }
    }

    /// Returns true if the client was deleted after the token was issued, or if a later rotation
    /// revoked the access tokens of an M2M client.
    pub fn is_of_former_client(&self, connection: &Connection) -> Result<bool, StoreError> {
        if self.client_id == CONSOLE {
            return Ok(false);
        }
        let current = credentials::token_epoch(connection, &self.client_id)?;
        // Users sign in to a SPA client without its secret, so a rotation does not affect their
        // tokens.
        Ok(current.is_none_or(|epoch| self.family.is_none() && epoch != self.epoch))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Returns the permissions of a role, as scopes. An unknown role may only read.
pub(crate) fn permissions(role: &str) -> Vec<&'static str> {
    let mut all = vec!["read:credentials", "read:connections", "read:maps"];
    if matches!(role, "editor" | "admin" | "superadmin") {
        all.extend(["write:credentials", "write:connections", "write:maps"]);
    }
    all
}

/// Returns the requested scopes that are in [`IDENTITY`] or that the role allows. Without requested
/// scopes, returns all permissions of the role. Fails with `invalid_scope` if a scope is unknown or
/// the list is longer than [`SCOPE_LIMIT`].
fn granted(asked: Option<&str>, role: &str) -> Result<Vec<String>, OAuthError> {
    let may = permissions(role);
    if asked.is_some_and(|scope| scope.len() > SCOPE_LIMIT) {
        return Err(OAuthError::new("invalid_scope", "The scope is too long"));
    }
    let asked: Vec<&str> = asked.unwrap_or_default().split_whitespace().collect();
    if asked.is_empty() {
        return Ok(may.into_iter().map(str::to_owned).collect());
    }
    let known = permissions("admin");
    if let Some(unknown) = asked.iter().find(|it| !IDENTITY.contains(it) && !known.contains(it)) {
        return Err(OAuthError::new("invalid_scope", format!("Unknown scope {unknown}")));
    }
    let mut given: Vec<String> = Vec::new();
    for scope in asked {
        if (IDENTITY.contains(&scope) || may.contains(&scope))
            && !given.iter().any(|it| it == scope)
        {
            given.push(scope.to_owned());
        }
    }
    Ok(given)
}

/// Request to the token endpoint, as a form or as JSON.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct TokenRequest {
    /// Grant type: `client_credentials`, `authorization_code`, `refresh_token` or [`DEVICE_GRANT`].
    #[serde(deserialize_with = "given")]
    grant_type: Option<String>,
    /// Client ID, unless the request uses HTTP Basic authentication.
    #[serde(deserialize_with = "given")]
    client_id: Option<String>,
    /// Client secret, unless the request uses HTTP Basic authentication.
    #[serde(deserialize_with = "given")]
    client_secret: Option<String>,
    /// Audience of the access token, as reported in the capabilities.
    #[serde(deserialize_with = "given")]
    audience: Option<String>,
    /// Requested scopes, separated by spaces.
    #[serde(deserialize_with = "given")]
    scope: Option<String>,
    /// Authorization code from the redirect to the client.
    #[serde(deserialize_with = "given")]
    code: Option<String>,
    /// Redirect URI of the authorization request.
    #[serde(deserialize_with = "given")]
    redirect_uri: Option<String>,
    /// Code verifier for PKCE (RFC 7636).
    #[serde(deserialize_with = "given")]
    code_verifier: Option<String>,
    /// Refresh token, which is valid for one use.
    #[serde(deserialize_with = "given")]
    refresh_token: Option<String>,
    /// Device code of a device authorization.
    #[serde(deserialize_with = "given")]
    device_code: Option<String>,
}

/// Issued access token.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// Access token: an ES256 JWT (RFC 9068).
    access_token: String,
    /// Type of the token: `Bearer`.
    token_type: String,
    /// Lifetime of the access token, in seconds.
    expires_in: i64,
    /// Granted scopes, separated by spaces.
    scope: String,
    /// Refresh token, if `offline_access` was granted. It is valid for one use.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// ID token, if `openid` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

impl TokenAnswer {
    fn new(access_token: String, expires_in: i64, scope: String) -> Self {
        let token_type = "Bearer".to_owned();
        Self { access_token, token_type, expires_in, scope, refresh_token: None, id_token: None }
    }
}

/// Request to the revocation endpoint (RFC 7009 section 2.1).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct RevokeRequest {
    /// Access token or refresh token to revoke.
    #[serde(deserialize_with = "given")]
    token: Option<String>,
    /// Hint at the type of the token: `access_token` or `refresh_token`. Ignored.
    #[allow(dead_code, reason = "a hint that RFC 7009 lets a server ignore")]
    #[serde(deserialize_with = "given")]
    token_type_hint: Option<String>,
    /// Client ID, unless the request uses HTTP Basic authentication.
    #[serde(deserialize_with = "given")]
    client_id: Option<String>,
    /// Client secret, unless the request uses HTTP Basic authentication.
    #[serde(deserialize_with = "given")]
    client_secret: Option<String>,
}

/// Get an access token.
///
/// `client_credentials`: an M2M client receives the permissions of its owner for 24 hours. The
/// other grant types are for users who signed in. A browser app on an allowed origin of the
/// client may read the response.
#[utoipa::path(
    post, path = "/oauth/token", tag = "Authorization server",
    request_body(content((TokenRequestSchema = "application/x-www-form-urlencoded"), (TokenRequestSchema = "application/json"))),
    responses(
        (status = 200, body = TokenAnswer),
        (status = 400, body = OAuthError, description = "invalid_request, invalid_grant, unsupported_grant_type, unauthorized_client, invalid_scope, invalid_target, authorization_pending, slow_down, access_denied, expired_token"),
        (status = 401, body = OAuthError, description = "invalid_client"),
        (status = 408, body = OAuthError, description = "invalid_request: the body took too long"),
        (status = 413, body = OAuthError, description = "invalid_request: the body is too large, or incomplete"),
        (status = 429, body = OAuthError, description = "Too many requests from this client"),
        (status = 500, body = OAuthError, description = "server_error"),
    )
)]
pub(crate) async fn token(
    State(state): State<AppState>,
    peer: Peer,
    FormOrJson(request, headers): FormOrJson<TokenRequest>,
) -> Response {
    let id = request.client_id.clone();
    let answered = match request.grant_type.as_deref() {
        Some("client_credentials") => for_machine(&state, peer, &headers, request).await,
        Some("authorization_code" | "refresh_token" | DEVICE_GRANT) => {
            for_person(&state, peer, &headers, request).await
        }
        None => Err(OAuthError::new("invalid_request", "grant_type is missing")),
        Some(_) => Err(OAuthError::new("unsupported_grant_type", "Unsupported grant type")),
    };
    let mut response = match answered {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => error.into_response(),
    };
    allow_origin(&state, &headers, id, response.headers_mut()).await;
    response
}

/// Adds the CORS headers that allow a page to read the response, if its origin belongs to the
/// client.
async fn allow_origin(
    state: &AppState,
    asked: &HeaderMap,
    client_id: Option<String>,
    answer: &mut HeaderMap,
) {
    let (Some(origin), Some(id)) = (asked.get(header::ORIGIN).cloned(), client_id) else { return };
    let found = state.store.run(move |connection, _| clients::find(connection, &id)).await;
    if let (Ok(Some(client)), Ok(text)) = (found, origin.to_str())
        && client.allows_origin(text)
    {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        answer.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
}

async fn for_person(
    state: &AppState,
    peer: Peer,
    headers: &HeaderMap,
    mut request: TokenRequest,
) -> Result<TokenAnswer, OAuthError> {
    let (id, secret) = (request.client_id.take(), request.client_secret.take());
    let client = public(state, peer, headers, id, secret).await?;
    match request.grant_type.as_deref() {
        Some("authorization_code") => grants::of_code(state, &client.id, request).await,
        Some("refresh_token") => grants::of_refresh(state, &client.id, request).await,
        _ if client.is_console() => grants::of_device(state, &client.id, request).await,
        _ => {
            Err(OAuthError::new("unauthorized_client", "Only the console can use the device flow"))
        }
    }
}

async fn for_machine(
    state: &AppState,
    peer: Peer,
    headers: &HeaderMap,
    request: TokenRequest,
) -> Result<TokenAnswer, OAuthError> {
    let TokenRequest { client_id, client_secret, audience, scope, .. } = request;
    let Authenticated { client: stored, secret } =
        authenticate(state, peer, headers, client_id, client_secret).await?;
    let (client, owner, epoch) = (stored.id, stored.owner, stored.token_epoch);
    match audience.as_deref() {
        Some(AUDIENCE) => {}
        None => return Err(OAuthError::new("invalid_request", "audience is missing")),
        Some(_) => {
            let text = format!("Invalid audience: use {AUDIENCE}");
            return Err(OAuthError::new("invalid_target", text)); // RFC 8707 section 2
        }
    }
    let allowed = permissions(&owner.role);
    let granted = match scope.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        None => allowed.join(" "),
        Some(wanted) => {
            if let Some(scope) = wanted.split_whitespace().find(|scope| !allowed.contains(scope)) {
                let text = format!("The owner's role does not allow {scope}");
                return Err(OAuthError::new("invalid_scope", text));
            }
            wanted.split_whitespace().collect::<Vec<_>>().join(" ")
        }
    };
    let now = (state.clock)();
    let id = client.clone();
    let current = state
        .store
        .run(move |connection, _| {
            let transaction = connection.transaction().map_err(StoreError::from)?;
            let current = credentials::touch(&transaction, &id, epoch, now)?
                && secrets::touch(&transaction, &id, &secret, now)?;
            transaction.commit().map_err(StoreError::from)?;
            Ok::<_, StoreError>(current)
        })
        .await?;
    if !current {
        return Err(OAuthError::invalid_client()); // revoked since the client authenticated
    }
    let grant =
        TokenClaims { epoch, ..TokenClaims::new(state, &owner, &client, &client, granted.clone()) };
    let access_token = state
        .signer
        .sign("at+jwt", &grant)
        .map_err(|_| OAuthError::new("server_error", "Could not sign the token"))?;
    Ok(TokenAnswer::new(access_token, TOKEN_LIFETIME, granted))
}

/// Revoke a token of the calling client (RFC 7009).
///
/// The credentials API rejects a revoked access token immediately. An API that only checks
/// signatures accepts the token until it expires. Revoking a refresh token revokes all tokens of
/// its sign-in.
#[utoipa::path(
    post, path = "/oauth/revoke", tag = "Authorization server",
    request_body(content((RevokeRequestSchema = "application/x-www-form-urlencoded"), (RevokeRequestSchema = "application/json"))),
    responses(
        (status = 200, description = "The token is no longer valid"),
        (status = 400, body = OAuthError, description = "invalid_request"),
        (status = 401, body = OAuthError, description = "invalid_client"),
        (status = 408, body = OAuthError, description = "invalid_request: the body took too long"),
        (status = 413, body = OAuthError, description = "invalid_request: the body is too large, or incomplete"),
        (status = 429, body = OAuthError, description = "Too many requests from this client"),
        (status = 500, body = OAuthError, description = "server_error"),
    )
)]
pub(crate) async fn revoke(
    State(state): State<AppState>,
    peer: Peer,
    FormOrJson(request, headers): FormOrJson<RevokeRequest>,
) -> Result<StatusCode, OAuthError> {
    let (id, secret) = (request.client_id, request.client_secret);
    let client = if secret.is_some() || basic(&headers).is_some() {
        authenticate(&state, peer, &headers, id, secret).await?.client.id
    } else {
        public(&state, peer, &headers, id, None).await?.id
    };
    let token =
        request.token.ok_or_else(|| OAuthError::new("invalid_request", "token is missing"))?;
    let now = (state.clock)().as_second();
    let grant =
        state.signer.verify::<TokenClaims>(&token).filter(|grant| grant.client_id == client);
    state
        .store
        .run(move |connection, _| {
            if let Some(grant) = grant {
                return store::revoke(connection, &grant.jti, grant.exp, now);
            }
            match grants::family_of(connection, &token, &client)? {
                Some(family) => grants::end_family(connection, &family),
                None => Ok(()),
            }
        })
        .await?;
    Ok(StatusCode::OK)
}

/// Returns the console or a SPA client, and applies its rate limit. Fails for an unknown client and
/// an M2M client. A secret in the body is optional, but must be correct; HTTP Basic authentication
/// is rejected.
async fn public(
    state: &AppState,
    peer: Peer,
    headers: &HeaderMap,
    id: Option<String>,
    secret: Option<String>,
) -> Result<clients::Registered, OAuthError> {
    if basic(headers).is_some() {
        let text = "Clients for user sign-in are public: send only client_id";
        return Err(OAuthError::new("invalid_request", text));
    }
    let id = id.ok_or_else(OAuthError::invalid_client)?;
    limit(state, peer, &id)?;
    let found = state
        .store
        .run(move |connection, at_rest| {
            let client = clients::find(connection, &id)?;
            let right = match secret.map(Secret::new) {
                None => true,
                Some(given) => {
                    let known = secrets::active(connection, at_rest, &id)?;
                    matching(&known, &given).is_some()
                }
            };
            Ok::<_, StoreError>(client.filter(|_| right))
        })
        .await?;
    let client = found.ok_or_else(OAuthError::invalid_client)?;
    if client.signs_in() {
        return Ok(client);
    }
    let text = "This is an M2M client: authenticate with its secret";
    Err(OAuthError::new("invalid_client", text))
}

/// Client that authenticated, and the ID of the secret that it used.
struct Authenticated {
    client: StoredCredential,
    secret: String,
}

/// Returns the ID of the known secret that equals `given`. Compares the hashes of all known
/// secrets, each in constant time.
fn matching(known: &[(String, Secret)], given: &Secret) -> Option<String> {
    let given = Sha256::digest(given.expose());
    let same = |secret: &Secret| bool::from(Sha256::digest(secret.expose()).ct_eq(&given));
    known
        .iter()
        .fold(None, |found, (id, secret)| if same(secret) { Some(id.clone()) } else { found })
}

/// Authenticates an M2M client by its secret, in the body or with HTTP Basic authentication.
/// Applies the rate limit of the client.
async fn authenticate(
    state: &AppState,
    peer: Peer,
    headers: &HeaderMap,
    client_id: Option<String>,
    client_secret: Option<String>,
) -> Result<Authenticated, OAuthError> {
    let given = client_secret.map(Secret::new);
    let (id, given) = match basic(headers) {
        Some(pair) if given.is_none() => pair,
        Some(_) => {
            return Err(OAuthError::new(
                "invalid_request",
                "Use one authentication method, not two",
            ));
        }
        None => {
            // A missing ID or secret means no client authentication (RFC 6749 section 5.2).
            let id = client_id.ok_or_else(OAuthError::invalid_client)?;
            (id, given.ok_or_else(OAuthError::invalid_client)?)
        }
    };
    limit(state, peer, &id)?;
    let looked_up = id.clone();
    let found = state
        .store
        .run(move |connection, at_rest| {
            let client = credentials::get(connection, &looked_up)?;
            let known = secrets::active(connection, at_rest, &looked_up)?;
            Ok::<_, StoreError>((client, known))
        })
        .await?;
    let (client, mut known) = found;
    if known.is_empty() {
        // Compares with a random secret if the client is unknown or has no active secret, so the
        // response time does not reveal which IDs exist.
        known.push((String::new(), records::new_secret(Kind::M2m)));
    }
    match (client, matching(&known, &given)) {
        (Some(client), Some(secret)) if client.kind == Kind::M2m => {
            Ok(Authenticated { client, secret })
        }
        (Some(client), Some(_)) if client.kind == Kind::Spa => Err(OAuthError::new(
            "unauthorized_client",
            "client_credentials requires an M2M client. This is a SPA client",
        )),
        _ => Err(OAuthError::invalid_client()),
    }
}

/// Applies the rate limit of a client. Requests are counted separately for each network, so a flood
/// of requests with the ID of a client does not block the client on other networks. Rejects an ID
/// longer than [`ID_LIMIT`].
fn limit(state: &AppState, peer: Peer, id: &str) -> Result<(), OAuthError> {
    if id.len() > ID_LIMIT {
        return Err(OAuthError::invalid_client());
    }
    let caller = format!("client {id} from {}", peer.network());
    state.limiter.take(&caller).map_err(OAuthError::limited)
}

/// Parses the client ID and the secret of HTTP Basic authentication, which are form-encoded (RFC
/// 6749 section 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, Secret)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id), Secret::new(form_decoded(secret))))
}

fn form_decoded(text: &str) -> String {
    let pair = format!("v={text}");
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
