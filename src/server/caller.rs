//! Who calls: a bearer token that this server issued, and how often it was used.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::{
    AUDIENCE, AppState,
    oauth::{Grant, grants, permissions},
    problem::{Code, Problem},
    store::{self, Person, StoreError},
};

/// The user on whose behalf a request is made.
pub(crate) struct Caller {
    pub person: Person,
    /// What the token allows and the user's role still does.
    scopes: Vec<&'static str>,
}

impl Caller {
    /// Refuses callers who may see credentials but not their secrets: a secret gets any token.
    pub fn may_see_secrets(&self) -> Result<(), Problem> {
        self.may_write().map_err(|_| {
            Problem::new(Code::Forbidden, "This token does not allow reading secrets")
                .describe("Ask for one with the scope write:credentials")
        })
    }

    /// Refuses callers whose token or role does not allow changes.
    pub fn may_write(&self) -> Result<(), Problem> {
        if self.scopes.contains(&"write:credentials") {
            return Ok(());
        }
        Err(Problem::new(
            Code::Forbidden,
            "Your role does not allow creating or changing credentials",
        )
        .describe("Editors and administrators may"))
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or_else(|| {
            Problem::new(Code::Unauthorized, "Token not defined")
                .describe("Send Authorization: Bearer with an OAuth access token")
        })?;
        let grant: Grant = state
            .signer
            .verify(token)
            .filter(|grant: &Grant| grant.iss == state.base_url && grant.aud == AUDIENCE)
            .ok_or_else(|| Problem::new(Code::Unauthorized, "The bearer token is not genuine"))?;
        let ended = || {
            Problem::new(Code::TokenExpired, "The bearer token has ended").describe("Sign in again")
        };
        if grant.exp <= (state.clock)().as_second() {
            return Err(ended());
        }
        state.limiter.take(&grant.user_id).map_err(Problem::limited)?;
        let (jti, user_id, family) = (grant.jti, grant.user_id, grant.family);
        let (revoked, person) = state
            .store
            .run(move |connection, _| {
                let ended = match &family {
                    Some(family) => grants::is_ended(connection, family)?,
                    None => false,
                };
                Ok::<_, StoreError>((
                    ended || store::is_revoked(connection, &jti)?,
                    store::person(connection, &user_id)?,
                ))
            })
            .await?;
        if revoked {
            return Err(ended());
        }
        let person =
            person.ok_or_else(|| Problem::new(Code::Unauthorized, "The user no longer exists"))?;
        let granted: Vec<&str> = grant.scope.split(' ').collect();
        let mut scopes = permissions(&person.role);
        scopes.retain(|scope| granted.contains(scope));
        if !scopes.contains(&"read:credentials") {
            return Err(Problem::new(
                Code::Forbidden,
                "This token does not allow reading credentials",
            )
            .describe("Ask for one with the scope read:credentials"));
        }
        Ok(Self { person, scopes })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A JSON body, with every way of being wrong explained.
pub(crate) struct Body<T>(pub T, pub Vec<u8>);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/json"));
        if !json {
            return Err(Problem::new(Code::Malformed, "The body must be application/json"));
        }
        let bytes = axum::body::Bytes::from_request(request, state).await.map_err(|_| {
            Problem::new(Code::TooLarge, "The body is larger than 1 MiB, or incomplete")
        })?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Self(value, bytes.to_vec())),
            Err(error) if error.is_data() => {
                Err(Problem::new(Code::ValidationFailed, "A member is wrong")
                    .describe(error.to_string()))
            }
            Err(error) => {
                Err(Problem::new(Code::Malformed, "The body is not JSON")
                    .describe(error.to_string()))
            }
        }
    }
}

/// A query string, with every way of being wrong explained.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|error| {
                Problem::new(Code::Malformed, "The query is wrong").describe(error.body_text())
            })
    }
}
