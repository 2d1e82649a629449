//! The authorization server: access tokens for M2M clients.
//!
//! Client credentials (RFC 6749 section 4.4), revocation (RFC 7009), metadata (RFC 8414 and OpenID
//! Connect Discovery), keys (RFC 7517). Authorization code with PKCE and the device flow have their
//! room here once users can sign in.

use axum::{
    Json,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use super::{
    AUDIENCE, AppState, TOKEN_LIFETIME,
    keys::random_id,
    problem::Problem,
    store::{self, Person, StoreError, Stored, credentials},
};
use crate::domain::{Kind, Secret};

/// The claims of an access token (RFC 9068).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
    pub client_id: String,
    /// On whose behalf: for an M2M client its owner.
    pub user_id: String,
    pub scope: String,
}

impl Grant {
    /// What a user gets who signed in to this very program.
    pub fn of_user(state: &AppState, person: &Person) -> Self {
        Self::new(state, person, "credenza", &person.user_id, permissions(&person.role).join(" "))
    }

    fn new(state: &AppState, person: &Person, client_id: &str, sub: &str, scope: String) -> Self {
        let now = (state.clock)().as_second();
        Self {
            iss: state.base_url.clone(),
            sub: sub.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now,
            exp: now + TOKEN_LIFETIME,
            jti: random_id("", 16),
            client_id: client_id.to_owned(),
            user_id: person.user_id.clone(),
            scope,
        }
    }
}

/// What a role may do, as scopes.
pub(crate) fn permissions(role: &str) -> Vec<&'static str> {
    let mut all = vec!["read:credentials", "read:connections", "read:maps"];
    if matches!(role, "editor" | "admin" | "superadmin") {
        all.extend(["write:credentials", "write:connections", "write:maps"]);
    }
    all
}

/// What a client sends to the token endpoint, as a form or as JSON.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    /// `client_credentials`.
    grant_type: Option<String>,
    /// Unless it comes with HTTP Basic.
    client_id: Option<String>,
    /// Unless it comes with HTTP Basic.
    client_secret: Option<String>,
    /// The audience that the capabilities name.
    audience: Option<String>,
    /// Fewer permissions than the owner has, separated by spaces.
    scope: Option<String>,
}

/// An access token.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// An ES256 JWT (RFC 9068).
    access_token: String,
    /// `Bearer`.
    token_type: String,
    /// Seconds until it ends.
    expires_in: i64,
    /// What it allows.
    scope: String,
}

/// What a client sends to revoke a token.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct RevokeRequest {
    /// The access token.
    token: Option<String>,
    /// `access_token`, if anything.
    #[allow(dead_code, reason = "a hint that RFC 7009 lets a server ignore")]
    token_type_hint: Option<String>,
    /// Unless it comes with HTTP Basic.
    client_id: Option<String>,
    /// Unless it comes with HTTP Basic.
    client_secret: Option<String>,
}

/// An error of the authorization server (RFC 6749 section 5.2).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OAuthError {
    /// The word the standard gives it.
    error: &'static str,
    /// What went wrong, for people.
    error_description: String,
    #[serde(skip)]
    status: StatusCode,
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl OAuthError {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        let status = match error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "slow_down" => StatusCode::TOO_MANY_REQUESTS,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { error, error_description: description.into(), status, retry_after: None }
    }

    fn invalid_client() -> Self {
        Self::new("invalid_client", "The client id or the client secret is wrong")
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        let Problem { error, .. } = error.into();
        Self::new("server_error", error)
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status, self.retry_after);
        let mut response = (status, Json(self)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        }
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A body as a form or as JSON, as CARTO's token endpoint takes both.
pub(crate) struct FormOrJson<T>(T, HeaderMap);

impl<T: for<'de> Deserialize<'de>> FromRequest<AppState> for FormOrJson<T> {
    type Rejection = OAuthError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, OAuthError> {
        let headers = request.headers().clone();
        let json = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/json"));
        let malformed = |what: &str| OAuthError::new("invalid_request", what.to_owned());
        if json {
            Json::<T>::from_request(request, state)
                .await
                .map(|Json(body)| Self(body, headers))
                .map_err(|_| malformed("The body is not the JSON of a token request"))
        } else {
            axum::Form::<T>::from_request(request, state)
                .await
                .map(|axum::Form(body)| Self(body, headers))
                .map_err(|_| malformed("The body must be application/x-www-form-urlencoded"))
        }
    }
}

/// Get an access token.
///
/// The only grant is `client_credentials`: an M2M client gets its owner's permissions for 24 hours.
#[utoipa::path(
    post, path = "/oauth/token", tag = "Authorization server",
    request_body(content((TokenRequest = "application/x-www-form-urlencoded"), (TokenRequest = "application/json"))),
    responses(
        (status = 200, body = TokenAnswer),
        (status = 400, body = OAuthError, description = "invalid_request, unsupported_grant_type, unauthorized_client, invalid_scope, invalid_target"),
        (status = 401, body = OAuthError, description = "invalid_client"),
        (status = 429, body = OAuthError, description = "Too many requests of this client"),
        (status = 500, body = OAuthError, description = "server_error"),
    )
)]
pub(crate) async fn token(
    State(state): State<AppState>,
    FormOrJson(request, headers): FormOrJson<TokenRequest>,
) -> Result<Json<TokenAnswer>, OAuthError> {
    let TokenRequest { grant_type, client_id, client_secret, audience, scope } = request;
    match grant_type.as_deref() {
        Some("client_credentials") => {}
        None => return Err(OAuthError::new("invalid_request", "grant_type is missing")),
        Some(_) => {
            return Err(OAuthError::new(
                "unsupported_grant_type",
                "Only client_credentials is supported",
            ));
        }
    }
    let stored = authenticate(&state, &headers, client_id, client_secret).await?;
    let (client, owner, version) = (stored.id, stored.owner, stored.version);
    match audience.as_deref() {
        Some(AUDIENCE) => {}
        None => return Err(OAuthError::new("invalid_request", "audience is missing")),
        Some(_) => {
            let text = format!("The only audience is {AUDIENCE}");
            return Err(OAuthError::new("invalid_target", text)); // RFC 8707 section 2
        }
    }
    let allowed = permissions(&owner.role);
    let granted = match scope.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        None => allowed.join(" "),
        Some(wanted) => {
            if let Some(scope) = wanted.split_whitespace().find(|scope| !allowed.contains(scope)) {
                let text = format!("The owner does not have {scope}");
                return Err(OAuthError::new("invalid_scope", text));
            }
            wanted.split_whitespace().collect::<Vec<_>>().join(" ")
        }
    };
    let now = (state.clock)();
    let id = client.clone();
    let current = state
        .store
        .run(move |connection, _| credentials::touch(connection, &id, version, now))
        .await?;
    if !current {
        return Err(OAuthError::invalid_client()); // deleted or rotated a moment ago
    }
    let grant = Grant::new(&state, &owner, &client, &client, granted.clone());
    let access_token = state
        .signer
        .sign(&grant)
        .map_err(|_| OAuthError::new("server_error", "The token could not be signed"))?;
    Ok(Json(TokenAnswer {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: TOKEN_LIFETIME,
        scope: granted,
    }))
}

/// Revoke an access token of the calling client (RFC 7009).
///
/// The credentials API refuses it from then on; an API that only checks signatures will not know.
#[utoipa::path(
    post, path = "/oauth/revoke", tag = "Authorization server",
    request_body(content((RevokeRequest = "application/x-www-form-urlencoded"), (RevokeRequest = "application/json"))),
    responses(
        (status = 200, description = "It does not work any more, or never did"),
        (status = 400, body = OAuthError, description = "invalid_request"),
        (status = 401, body = OAuthError, description = "invalid_client"),
        (status = 429, body = OAuthError, description = "Too many requests of this client"),
        (status = 500, body = OAuthError, description = "server_error"),
    )
)]
pub(crate) async fn revoke(
    State(state): State<AppState>,
    FormOrJson(request, headers): FormOrJson<RevokeRequest>,
) -> Result<StatusCode, OAuthError> {
    let client = authenticate(&state, &headers, request.client_id, request.client_secret).await?.id;
    let token =
        request.token.ok_or_else(|| OAuthError::new("invalid_request", "token is missing"))?;
    let now = (state.clock)().as_second();
    if let Some(grant) =
        state.signer.verify::<Grant>(&token).filter(|grant| grant.client_id == client)
    {
        state
            .store
            .run(move |connection, _| store::revoke(connection, &grant.jti, grant.exp, now))
            .await?;
    }
    Ok(StatusCode::OK)
}

/// The public keys that check access tokens (RFC 7517).
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "Authorization server",
    responses((status = 200, body = Object, description = "A JWK set"))
)]
pub(crate) async fn jwks(State(state): State<AppState>) -> Json<serde_json::Value> {
    Json(serde_json::json!({ "keys": [state.signer.public()] }))
}

/// The authorization server's metadata, where OpenID Connect Discovery looks for them.
#[utoipa::path(
    get, path = "/.well-known/openid-configuration", tag = "Authorization server",
    responses((status = 200, body = Object, description = "Metadata"))
)]
pub(crate) async fn openid_configuration(State(state): State<AppState>) -> Json<serde_json::Value> {
    Json(metadata(&state.base_url))
}

/// The authorization server's metadata, where RFC 8414 looks for them.
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server", tag = "Authorization server",
    responses((status = 200, body = Object, description = "Metadata"))
)]
pub(crate) async fn oauth_metadata(State(state): State<AppState>) -> Json<serde_json::Value> {
    Json(metadata(&state.base_url))
}

fn metadata(issuer: &str) -> serde_json::Value {
    serde_json::json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/oauth/token"),
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": permissions("admin"),
    })
}

/// The M2M client that calls, as of now.
async fn authenticate(
    state: &AppState,
    headers: &HeaderMap,
    client_id: Option<String>,
    client_secret: Option<String>,
) -> Result<Stored, OAuthError> {
    let given = client_secret.map(Secret::new);
    let (id, given) = match basic(headers) {
        Some(pair) if given.is_none() => pair,
        Some(_) => {
            return Err(OAuthError::new("invalid_request", "Authenticate in one way, not in two"));
        }
        None => {
            let id = client_id
                .ok_or_else(|| OAuthError::new("invalid_request", "client_id is missing"))?;
            (id, given.ok_or_else(OAuthError::invalid_client)?)
        }
    };
    state.limiter.take(&format!("client {id}")).map_err(|seconds| OAuthError {
        retry_after: Some(seconds),
        ..OAuthError::new("slow_down", format!("Come back in {seconds} s"))
    })?;
    let looked_up = id.clone();
    let found = state
        .store
        .run(move |connection, at_rest| {
            let client = credentials::get(connection, &looked_up)?;
            let secret = credentials::secret(connection, at_rest, &looked_up)?;
            Ok::<_, StoreError>(client.zip(secret))
        })
        .await?;
    // An unknown client costs the same comparison as a known one.
    let unknown = Secret::new(String::new());
    let kept = found.as_ref().map_or(&unknown, |(_, secret)| secret);
    let same = Sha256::digest(kept.expose()).ct_eq(&Sha256::digest(given.expose()));
    match found {
        Some((client, _)) if bool::from(same) && client.kind == Kind::M2m => Ok(client),
        Some((client, _)) if bool::from(same) && client.kind == Kind::Spa => Err(OAuthError::new(
            "unauthorized_client",
            "A SPA client signs users in; client_credentials needs an M2M client",
        )),
        _ => Err(OAuthError::invalid_client()),
    }
}

/// HTTP Basic, with both halves form-encoded (RFC 6749 section 2.3.1).
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
