//! API access tokens: list, create, show, edit, delete.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

use super::{
    AppState,
    caller::{Caller, JsonBody, PathParams, QueryParams},
    problem::{Problem, ProblemCode, ReadErrors, WriteErrors},
    records::{self, RecordTarget},
    store::StoredCredential,
    wire::{
        ApiToken, ApiTokenInput, ApiTokenList, IdempotencyKey, IfMatch, ListQuery, ShowTokenQuery,
        schemas::{ApiTokenCreate, ApiTokenEdit},
    },
};
use crate::domain::{Draft, Kind, Secret, TokenDraft, Visibility, draft::Field};

const TOKENS: &[Kind] = &[Kind::Token];

/// List the caller's tokens, or those visible in the organization.
#[utoipa::path(
    get, path = "/v3/tokens", tag = "API access tokens", security(("bearer" = [])),
    params(ListQuery),
    responses((status = 200, body = ApiTokenList), ReadErrors)
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    QueryParams(query): QueryParams<ListQuery>,
) -> Result<Response, Problem> {
    let listing = records::listing(query, &caller, TOKENS)?;
    let (rows, page) = records::page(&state, listing).await?;
    let data = rows.into_iter().map(|row| written(row, None)).collect();
    Ok(axum::Json(ApiTokenList { data, page }).into_response())
}

/// Create a token. The response contains the value of the token.
#[utoipa::path(
    post, path = "/v3/tokens", tag = "API access tokens", security(("bearer" = [])),
    params(IdempotencyKey),
    request_body = ApiTokenCreate,
    responses(
        (status = 201, body = ApiToken, headers(("ETag" = String, description = "Its version"))),
        WriteErrors,
    )
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(input, bytes): JsonBody<ApiTokenInput>,
) -> Result<Response, Problem> {
    caller.may_write()?;
    // The server generates a name only if the member is omitted; an empty name is an error.
    if input.name.as_deref() == Some("") {
        return Err(Problem::new(
            ProblemCode::ValidationFailed,
            "Some members are missing or invalid",
        )
        .field(Field::Name.wire(), "is required"));
    }
    let expires_at = input.expiration_date.flatten();
    let draft = Draft::Token(apply(TokenDraft { expires_at, ..TokenDraft::default() }, input));
    let (stored, secret) = records::create(&state, caller, &headers, &bytes, draft).await?;
    Ok(records::answer(StatusCode::CREATED, stored.version, written(stored, secret.as_ref())))
}

/// Show a token. With `include=token`, the response to its owner contains the value of the token.
#[utoipa::path(
    get, path = "/v3/tokens/{id}", tag = "API access tokens", security(("bearer" = [])),
    params(("id" = String, Path), ShowTokenQuery),
    responses(
        (status = 200, body = ApiToken, headers(("ETag" = String, description = "Its version"))),
        ReadErrors,
    )
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    QueryParams(query): QueryParams<ShowTokenQuery>,
) -> Result<Response, Problem> {
    let secret = query.include.is_some();
    if secret {
        caller.may_see_secrets()?;
    }
    let target = RecordTarget::new(id, TOKENS, &caller);
    let (stored, secret) = records::read(&state, target, secret).await?;
    Ok(records::answer(StatusCode::OK, stored.version, written(stored, secret.as_ref())))
}

/// Edit a token. Only its owner may edit it, and its expiry cannot change.
#[utoipa::path(
    patch, path = "/v3/tokens/{id}", tag = "API access tokens", security(("bearer" = [])),
    params(
        ("id" = String, Path),
        IfMatch,
    ),
    request_body = ApiTokenEdit,
    responses(
        (status = 200, body = ApiToken, headers(("ETag" = String, description = "Its new version"))),
        WriteErrors,
    )
)]
pub(crate) async fn edit(
    State(state): State<AppState>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    headers: HeaderMap,
    JsonBody(input, _): JsonBody<ApiTokenInput>,
) -> Result<Response, Problem> {
    caller.may_write()?;
    if input.expiration_date.is_some() {
        return Err(Problem::new(
            ProblemCode::ValidationFailed,
            "Some members are missing or invalid",
        )
        .field(Field::Expires.wire(), "can only be set when the token is created"));
    }
    let target = RecordTarget::new(id, TOKENS, &caller);
    let stored = records::edit(&state, target, &headers, |draft| match draft {
        Draft::Token(token) => {
            let edited = apply(token, input);
            if edited.name.is_empty() {
                return Err(Problem::new(
                    ProblemCode::ValidationFailed,
                    "Some members are missing or invalid",
                )
                .field(Field::Name.wire(), "is required"));
            }
            Ok(Draft::Token(edited))
        }
        Draft::Spa(_) | Draft::M2m(_) | Draft::Other(_) => {
            Err(Problem::not_found("API access token"))
        }
    })
    .await?;
    Ok(records::answer(StatusCode::OK, stored.version, written(stored, None)))
}

/// Delete a token. It stops working immediately.
#[utoipa::path(
    delete, path = "/v3/tokens/{id}", tag = "API access tokens", security(("bearer" = [])),
    params(
        ("id" = String, Path),
        IfMatch,
    ),
    responses((status = 204, description = "Deleted"), WriteErrors)
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    caller.may_write()?;
    records::delete(&state, RecordTarget::new(id, TOKENS, &caller), &headers).await
}

fn apply(draft: TokenDraft, input: ApiTokenInput) -> TokenDraft {
    let grants = input.grants.map(|grants| {
        grants.into_iter().map(|grant| (grant.connection_name, grant.source)).collect()
    });
    TokenDraft {
        name: input.name.unwrap_or(draft.name),
        apis: input.allowed_apis.unwrap_or(draft.apis),
        grants: grants.unwrap_or(draft.grants),
        referers: input.referers.unwrap_or(draft.referers),
        expires_at: draft.expires_at,
        visibility: input.visibility.map_or(draft.visibility, Visibility::from),
        ..TokenDraft::default()
    }
}

fn written(stored: StoredCredential, secret: Option<&Secret>) -> ApiToken {
    ApiToken {
        owner: records::owner_of(&stored),
        id: stored.id,
        token: secret.map(|secret| secret.expose().to_owned()),
        name: stored.name,
        allowed_apis: stored.body.apis.clone(),
        grants: stored.body.wire_grants(),
        referers: stored.body.referers,
        expiration_date: stored.expires_at,
        visibility: stored.visibility.into(),
        created_at: stored.created_at,
        updated_at: stored.updated_at,
        last_used_at: stored.last_used_at,
    }
}
