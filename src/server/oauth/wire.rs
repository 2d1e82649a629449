//! Errors of the authorization server, and the extractor of its request bodies.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::server::{AppState, caller::is_json, problem::Problem, store::StoreError};

/// An error of the authorization server (RFC 6749 section 5.2).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OAuthError {
    /// Error code, such as `invalid_client`.
    pub error: &'static str,
    /// Human-readable description.
    pub error_description: String,
    #[serde(skip)]
    status: StatusCode,
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

impl OAuthError {
    pub fn new(error: &'static str, description: impl Into<String>) -> Self {
        let status = match error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { error, error_description: description.into(), status, retry_after: None }
    }

    pub fn invalid_client() -> Self {
        Self::new("invalid_client", "Wrong client ID or client secret")
    }

    /// Returns an `invalid_request` error for a body that could not be received. `status` replaces
    /// the usual 400.
    pub fn of_body(status: StatusCode, description: String) -> Self {
        Self { status, ..Self::new("invalid_request", description) }
    }

    /// Returns a 429 `slow_down` error. `seconds` is the wait before a retry.
    pub fn limited(seconds: u64) -> Self {
        let text = format!("Try again in {seconds} s");
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self { retry_after: Some(seconds), status, ..Self::new("slow_down", text) }
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

/// Deserialized body of a form or JSON request, and the headers of the request. CARTO's token
/// endpoint accepts both formats.
pub(crate) struct FormOrJson<T>(pub T, pub HeaderMap);

impl<T: for<'de> Deserialize<'de>> FromRequest<AppState> for FormOrJson<T> {
    type Rejection = OAuthError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, OAuthError> {
        let headers = request.headers().clone();
        let json = is_json(&headers);
        let malformed = |what: &str| OAuthError::new("invalid_request", what.to_owned());
        if json {
            let bytes = Bytes::from_request(request, state).await.unwrap_or_default();
            // Only objects are accepted, because serde would also deserialize an array, by
            // position.
            let object = bytes.trim_ascii_start().starts_with(b"{");
            match serde_json::from_slice(&bytes) {
                Ok(body) if object => Ok(Self(body, headers)),
                _ => Err(malformed("The body is not a valid JSON object for this request")),
            }
        } else {
            axum::Form::<T>::from_request(request, state)
                .await
                .map(|axum::Form(body)| Self(body, headers))
                .map_err(|_| malformed("The body must be application/x-www-form-urlencoded"))
        }
    }
}
