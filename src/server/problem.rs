//! Error responses of the credentials API, all in one format.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder},
};

use crate::domain;

tokio::task_local! {
    /// ID of the current request, as in `X-Request-Id`.
    pub(crate) static REQUEST_ID: String;
}

/// Machine-readable error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Code)]
pub enum ProblemCode {
    /// 400: the query, a header or the body is malformed.
    Malformed,
    /// 401: the bearer token is missing or invalid.
    Unauthorized,
    /// 401: the bearer token has expired or was revoked.
    TokenExpired,
    /// 403: the role or the token of the caller does not permit the request.
    Forbidden,
    /// 403: another user owns the credential.
    NotOwner,
    /// 403: the plan does not include the feature; `required_plan` is a plan that does.
    PlanRequired,
    /// 404: the path or the credential does not exist, or is not visible to the caller.
    NotFound,
    /// 405: the path does not support this method.
    MethodNotAllowed,
    /// 408: the body of the request took too long.
    RequestTimeout,
    /// 409: another of the caller's tokens has this name.
    NameTaken,
    /// 409: the request conflicts with the state of the credential or with the current time
    /// (`fields` lists the members, if any), or the credential created with this `Idempotency-Key`
    /// was later changed or deleted.
    Conflict,
    /// 412: the credential was changed since the version in `If-Match`.
    VersionMismatch,
    /// 413: the body is larger than 1 MiB, or incomplete.
    TooLarge,
    /// 422: a member is missing or invalid; `fields` or `description` contains the errors.
    ValidationFailed,
    /// 409: this `Idempotency-Key` was already used with a different body.
    IdempotencyKeyReused,
    /// 429: too many requests; `Retry-After` gives the wait in seconds.
    RateLimited,
    /// 500: the server failed.
    Internal,
}

impl ProblemCode {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthorized | Self::TokenExpired => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::NotOwner | Self::PlanRequired => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::NameTaken | Self::Conflict | Self::IdempotencyKeyReused => StatusCode::CONFLICT,
            Self::VersionMismatch => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ValidationFailed => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Error response.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Human-readable summary of the error.
    pub error: String,
    /// HTTP status of the response.
    pub status: u16,
    /// Machine-readable error code.
    pub code: ProblemCode,
    /// Advice on what to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Errors by member, such as `callbacks[1]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// Plan that includes the requested feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_plan: Option<String>,
    /// ID of the request, as in `X-Request-Id`.
    pub request_id: String,
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    pub(crate) fn new(code: ProblemCode, error: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            status: code.status().as_u16(),
            code,
            description: None,
            fields: BTreeMap::new(),
            required_plan: None,
            request_id: String::new(),
            retry_after: None,
        }
    }

    pub(crate) fn describe(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    pub(crate) fn field(mut self, pointer: impl Into<String>, text: impl Into<String>) -> Self {
        self.fields.insert(pointer.into(), text.into());
        self
    }

    /// Fails with 422 if there are field problems, and lists them in `fields`.
    pub(crate) fn check(found: &[domain::FieldProblem]) -> Result<(), Self> {
        if found.is_empty() { Ok(()) } else { Err(Self::invalid(found)) }
    }

    /// Returns a 422 error that lists the field problems in `fields`.
    pub(crate) fn invalid(found: &[domain::FieldProblem]) -> Self {
        let invalid =
            Self::new(ProblemCode::ValidationFailed, "Some members are missing or invalid");
        found.iter().fold(invalid, |all, one| all.field(one.pointer(), one.text.shown()))
    }

    /// Fails with 409 if there are field problems, and lists them in `fields`. Used for members
    /// that are valid but conflict with the state of the credential or with the current time.
    pub(crate) fn check_state(found: &[domain::FieldProblem]) -> Result<(), Self> {
        if found.is_empty() {
            return Ok(());
        }
        let conflict =
            Self::new(ProblemCode::Conflict, "Some members conflict with the current state");
        Err(found.iter().fold(conflict, |all, one| all.field(one.pointer(), one.text.shown())))
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(ProblemCode::NotFound, format!("No such {what}"))
    }

    pub(crate) fn limited(seconds: u64) -> Self {
        let mut problem = Self::new(ProblemCode::RateLimited, "Too many requests")
            .describe(format!("Try again in {seconds} s"));
        problem.retry_after = Some(seconds);
        problem
    }

    pub(crate) fn plan_required(plan: &str) -> Self {
        let mut problem = Self::new(
            ProblemCode::PlanRequired,
            format!("M2M OAuth clients require the {plan} plan"),
        )
        .describe("Ask your organization's administrator about the plan");
        problem.required_plan = Some(plan.to_owned());
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        // The ID is set here, because a problem may be created on a blocking thread, where
        // `REQUEST_ID` has no value.
        self.request_id = REQUEST_ID.try_with(Clone::clone).unwrap_or_default();
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<super::store::StoreError> for Problem {
    fn from(error: super::store::StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::new(ProblemCode::Internal, "The server could not read or write its data")
    }
}

impl From<super::keys::KeyError> for Problem {
    fn from(error: super::keys::KeyError) -> Self {
        tracing::error!(%error, "could not use an encryption or signing key");
        Self::new(ProblemCode::Internal, "The server could not use its keys")
    }
}

pub(crate) async fn no_such_path() -> Problem {
    Problem::new(ProblemCode::NotFound, "No such path")
        .describe("See the API contract for valid paths")
}

pub(crate) async fn no_such_method() -> Problem {
    Problem::new(ProblemCode::MethodNotAllowed, "Method not allowed on this path")
}

/// Documented errors of every endpoint that requires a bearer token.
pub(crate) struct ReadErrors;

/// Documented errors of every endpoint that changes credentials, including [`ReadErrors`].
pub(crate) struct WriteErrors;

impl IntoResponses for ReadErrors {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        documented(&[
            (400, "Malformed query"),
            (401, "No valid bearer token"),
            (403, "Not permitted for the caller"),
            (404, "Not found, or not visible to the caller"),
            (429, "Too many requests; `Retry-After` gives the delay"),
            (500, "The server failed"),
        ])
    }
}

impl IntoResponses for WriteErrors {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let mut all = ReadErrors::responses();
        all.extend(documented(&[
            (408, "The body took too long"),
            (
                409,
                "The name is taken, a member conflicts with the current state, or the credential created with this key was changed or deleted",
            ),
            (412, "The credential was changed since the version in `If-Match`"),
            (413, "The body is too large, or incomplete"),
            (422, "Members are missing or invalid; `fields` lists the errors"),
        ]));
        all
    }
}

fn documented(rows: &[(u16, &str)]) -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
    rows.iter()
        .map(|(status, text)| {
            let content =
                ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response = ResponseBuilder::new()
                .description(*text)
                .content("application/json", content)
                .build();
            (status.to_string(), RefOr::T(response))
        })
        .collect()
}
