//! Extractors for the caller, the path, the query and the body of a request.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::{
    AUDIENCE, AppState,
    oauth::{TokenClaims, grants, permissions},
    problem::{Problem, ProblemCode},
    store::{self, StoreError, User},
};

/// User on whose behalf a request is made, with the scopes of the token.
pub(crate) struct Caller {
    pub user: User,
    /// Scopes that the token contains and the user's role still allows.
    scopes: Vec<&'static str>,
}

/// Scope for changing credentials and reading secrets.
const WRITE: &str = "write:credentials";

impl Caller {
    /// Rejects callers who may only read credentials. Reading a secret requires write permission,
    /// because the secret can be used to obtain tokens with all permissions of the owner.
    pub fn may_see_secrets(&self) -> Result<(), Problem> {
        self.may_write_as("reading secrets")
    }

    /// Rejects callers whose token or role does not allow creating, changing or deleting
    /// credentials.
    pub fn may_write(&self) -> Result<(), Problem> {
        self.may_write_as("creating or changing credentials")
    }

    fn may_write_as(&self, action: &str) -> Result<(), Problem> {
        if self.scopes.contains(&WRITE) {
            return Ok(());
        }
        let (what, advice) = if permissions(&self.user.role).contains(&WRITE) {
            ("This token", "Request one with the scope write:credentials")
        } else {
            ("Your role", "The role editor or administrator is required")
        };
        Err(Problem::new(ProblemCode::Forbidden, format!("{what} does not allow {action}"))
            .describe(advice))
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or_else(|| {
            Problem::new(ProblemCode::Unauthorized, "Token not defined")
                .describe("Send Authorization: Bearer with an OAuth access token")
        })?;
        let grant: TokenClaims = state
            .signer
            .verify(token)
            .filter(|grant: &TokenClaims| grant.iss == state.base_url && grant.aud == AUDIENCE)
            .ok_or_else(|| {
                Problem::new(ProblemCode::Unauthorized, "The bearer token is invalid")
            })?;
        let ended = || {
            Problem::new(ProblemCode::TokenExpired, "The bearer token has expired")
                .describe("Sign in again")
        };
        if grant.exp <= (state.clock)().as_second() {
            return Err(ended());
        }
        state.limiter.take(&grant.user_id).map_err(Problem::limited)?;
        let (scope, user_id) = (grant.scope.clone(), grant.user_id.clone());
        let (revoked, user) = state
            .store
            .run(move |connection, _| {
                let ended = match &grant.family {
                    Some(family) => grants::is_ended(connection, family)?,
                    None => false,
                };
                let revoked = ended
                    || store::is_revoked(connection, &grant.jti)?
                    || grant.is_of_former_client(connection)?;
                Ok::<_, StoreError>((revoked, store::user(connection, &user_id)?))
            })
            .await?;
        if revoked {
            return Err(ended());
        }
        let user = user
            .ok_or_else(|| Problem::new(ProblemCode::Unauthorized, "The user no longer exists"))?;
        let granted: Vec<&str> = scope.split(' ').collect();
        let mut scopes = permissions(&user.role);
        scopes.retain(|scope| granted.contains(scope));
        if !scopes.contains(&"read:credentials") {
            return Err(Problem::new(
                ProblemCode::Forbidden,
                "This token does not allow reading credentials",
            )
            .describe("Request one with the scope read:credentials"));
        }
        Ok(Self { user, scopes })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Returns true if the content type is `application/json`, ignoring parameters.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Path parameters. An invalid path is rejected with a [`Problem`].
pub(crate) struct PathParams<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for PathParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| {
                Problem::new(ProblemCode::NotFound, "No such path")
                    .describe("The path is not UTF-8")
            })
    }
}

/// JSON object from the request body, and the raw bytes. Invalid bodies are rejected with a
/// [`Problem`].
pub(crate) struct JsonBody<T>(pub T, pub Vec<u8>);

impl<T: DeserializeOwned> FromRequest<AppState> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(ProblemCode::Malformed, "The body must be application/json"));
        }
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|_| Problem::new(ProblemCode::Malformed, "The body is incomplete"))?;
        // serde also accepts an array as a struct, by position.
        if bytes.trim_ascii_start().first().is_some_and(|byte| *byte != b'{') {
            return Err(Problem::new(ProblemCode::Malformed, "The body must be a JSON object"));
        }
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Self(value, bytes.to_vec())),
            Err(error) if error.is_data() => {
                Err(Problem::new(ProblemCode::ValidationFailed, "Invalid member")
                    .describe(error.to_string()))
            }
            Err(error) => Err(Problem::new(ProblemCode::Malformed, "The body is not JSON")
                .describe(error.to_string())),
        }
    }
}

/// Query parameters. An invalid query is rejected with a [`Problem`].
pub(crate) struct QueryParams<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|error| {
                Problem::new(ProblemCode::Malformed, "Invalid query").describe(error.body_text())
            })
    }
}
