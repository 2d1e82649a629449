//! Endpoints for OAuth clients: list, create, show, edit, rotate, delete.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

use super::{
    AppState, SubscriptionPlan,
    caller::{Caller, JsonBody, PathParams, QueryParams},
    problem::{Problem, ProblemCode, ReadErrors, WriteErrors},
    records::{self, RecordTarget},
    store::StoredCredential,
    wire::{
        AppType, ClientSecret, IdempotencyKey, IfMatch, ListQuery, OAuthClient, OAuthClientInput,
        OAuthClientList, RotateQuery, ShowClientQuery,
        schemas::{OAuthClientCreate, OAuthClientEdit},
    },
};
use crate::domain::{
    ClientDraft, Draft, FieldProblem as Finding, Kind, Secret, Visibility, draft::Field,
};

pub(crate) const CLIENTS: &[Kind] = &[Kind::Spa, Kind::M2m];

/// List the caller's clients, or those visible in the organization.
#[utoipa::path(
    get, path = "/v3/oauth-clients", tag = "OAuth clients", security(("bearer" = [])),
    params(ListQuery),
    responses((status = 200, body = OAuthClientList), ReadErrors)
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    QueryParams(query): QueryParams<ListQuery>,
) -> Result<Response, Problem> {
    let kinds: &[Kind] = match query.app_type {
        None => CLIENTS,
        Some(AppType::Spa) => &[Kind::Spa],
        Some(AppType::NonInteractive) => &[Kind::M2m],
    };
    let listing = records::listing(query, &caller, kinds)?;
    let (rows, page) = records::page(&state, listing).await?;
    let data = rows.into_iter().map(|row| written(row, None)).collect();
    Ok(axum::Json(OAuthClientList { data, page }).into_response())
}

/// Create a client. The response contains its secret.
#[utoipa::path(
    post, path = "/v3/oauth-clients", tag = "OAuth clients", security(("bearer" = [])),
    params(IdempotencyKey),
    request_body = OAuthClientCreate,
    responses(
        (status = 201, body = OAuthClient, headers(("ETag" = String, description = "Version of the client"))),
        WriteErrors,
    )
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(input, bytes): JsonBody<OAuthClientInput>,
) -> Result<Response, Problem> {
    caller.may_write()?;
    let draft = match input.app_type {
        Some(AppType::Spa) => Draft::new(Kind::Spa),
        Some(AppType::NonInteractive) if state.plan.allows_m2m() => Draft::new(Kind::M2m),
        Some(AppType::NonInteractive) => {
            return Err(Problem::plan_required(SubscriptionPlan::EnterpriseLarge.title()));
        }
        None => {
            return Err(Problem::new(
                ProblemCode::ValidationFailed,
                "Some members are missing or invalid",
            )
            .field("app_type", "is required: spa or non_interactive"));
        }
    };
    Problem::check(&foreign_members(&draft, &input))?;
    let draft = apply(draft, input)?;
    let (stored, secret) = records::create(&state, caller, &headers, &bytes, draft).await?;
    Ok(records::answer(StatusCode::CREATED, stored.version, written(stored, secret.as_ref())))
}

/// Show a client. With `include=client_secret`, its owner also receives the secret.
#[utoipa::path(
    get, path = "/v3/oauth-clients/{client_id}", tag = "OAuth clients", security(("bearer" = [])),
    params(("client_id" = String, Path), ShowClientQuery),
    responses(
        (status = 200, body = OAuthClient, headers(("ETag" = String, description = "Version of the client"))),
        ReadErrors,
    )
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathParams(client_id): PathParams<String>,
    QueryParams(query): QueryParams<ShowClientQuery>,
) -> Result<Response, Problem> {
    let secret = query.include.is_some();
    if secret {
        caller.may_see_secrets()?;
    }
    let target = RecordTarget::new(client_id, CLIENTS, &caller);
    let (stored, secret) = records::read(&state, target, secret).await?;
    Ok(records::answer(StatusCode::OK, stored.version, written(stored, secret.as_ref())))
}

/// Edit a client. Only its owner may edit it. Absent members stay unchanged.
#[utoipa::path(
    patch, path = "/v3/oauth-clients/{client_id}", tag = "OAuth clients", security(("bearer" = [])),
    params(
        ("client_id" = String, Path),
        IfMatch,
    ),
    request_body = OAuthClientEdit,
    responses(
        (status = 200, body = OAuthClient, headers(("ETag" = String, description = "New version of the client"))),
        WriteErrors,
    )
)]
pub(crate) async fn edit(
    State(state): State<AppState>,
    caller: Caller,
    PathParams(client_id): PathParams<String>,
    headers: HeaderMap,
    JsonBody(input, _): JsonBody<OAuthClientInput>,
) -> Result<Response, Problem> {
    caller.may_write()?;
    let target = RecordTarget::new(client_id, CLIENTS, &caller);
    let stored = records::edit(&state, target, &headers, |draft| {
        let kind = match input.app_type {
            None => draft.kind(),
            Some(AppType::Spa) => Kind::Spa,
            Some(AppType::NonInteractive) => Kind::M2m,
        };
        if kind != draft.kind() {
            return Err(Problem::new(
                ProblemCode::Conflict,
                "Some members do not fit this credential",
            )
            .field("app_type", "cannot be changed"));
        }
        Problem::check(&wrong_lists(&input))?;
        Problem::check_state(&foreign_members(&draft, &input))?;
        let edited = apply(draft, input)?;
        if let Draft::Spa(client) = &edited
            && client.use_default_urls
            && client.login_url.is_empty()
        {
            let finding = Finding::of(Field::LoginUrl, "is required while default URLs are on");
            Problem::check_state(&[finding])?;
        }
        Ok(edited)
    })
    .await?;
    Ok(records::answer(StatusCode::OK, stored.version, written(stored, None)))
}

/// Delete a client permanently. This API rejects the client's access tokens immediately. An API
/// that only checks signatures accepts them until they expire, at most 24 hours later.
#[utoipa::path(
    delete, path = "/v3/oauth-clients/{client_id}", tag = "OAuth clients", security(("bearer" = [])),
    params(
        ("client_id" = String, Path),
        IfMatch,
    ),
    responses((status = 204, description = "Deleted"), WriteErrors)
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathParams(client_id): PathParams<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    caller.may_write()?;
    records::delete(&state, RecordTarget::new(client_id, CLIENTS, &caller), &headers).await
}

/// Replace all secrets of a client with a new one. The old secrets stop working immediately. This
/// API also rejects the current access tokens of an M2M client, unless `keep_tokens` is true.
#[utoipa::path(
    post, path = "/v3/oauth-clients/{client_id}/rotate-secret", tag = "OAuth clients", security(("bearer" = [])),
    params(
        ("client_id" = String, Path),
        RotateQuery,
        IfMatch,
    ),
    responses(
        (status = 200, body = OAuthClient, headers(("ETag" = String, description = "New version of the client"))),
        WriteErrors,
    )
)]
pub(crate) async fn rotate_secret(
    State(state): State<AppState>,
    caller: Caller,
    PathParams(client_id): PathParams<String>,
    QueryParams(query): QueryParams<RotateQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.may_write()?;
    let target = RecordTarget::new(client_id, CLIENTS, &caller);
    let keep_tokens = query.keep_tokens.unwrap_or_default();
    let (stored, secret) = records::rotate(&state, target, &headers, keep_tokens).await?;
    Ok(records::answer(StatusCode::OK, stored.version, written(stored, secret.as_ref())))
}

/// Returns a finding for each member of a request that M2M clients do not support; empty for other
/// clients.
fn foreign_members(draft: &Draft, input: &OAuthClientInput) -> Vec<Finding> {
    if draft.kind() != Kind::M2m {
        return Vec::new();
    }
    let sent = [
        (Field::LoginUrl, input.initiate_login_uri.is_some()),
        (Field::UseDefaultUrls, input.use_default_urls.is_some()),
        (Field::Callbacks, input.callbacks.is_some()),
        (Field::LogoutUrls, input.allowed_logout_urls.is_some()),
        (Field::WebOrigins, input.web_origins.is_some()),
        (Field::AllowedOrigins, input.allowed_origins.is_some()),
    ];
    sent.into_iter()
        .filter(|(_, sent)| *sent)
        .map(|(field, _)| Finding::of(field, "is not supported by M2M clients"))
        .collect()
}

/// Returns findings for the URL lists of an edit. Checks them even if the client derives its lists
/// from the login URL.
fn wrong_lists(input: &OAuthClientInput) -> Vec<Finding> {
    let lists = Draft::Spa(ClientDraft {
        name: "any".to_owned(),
        callbacks: input
            .callbacks
            .clone()
            .unwrap_or_else(|| vec!["https://any.example/".to_owned()]),
        logout_urls: input.allowed_logout_urls.clone().unwrap_or_default(),
        web_origins: input.web_origins.clone().unwrap_or_default(),
        allowed_origins: input.allowed_origins.clone().unwrap_or_default(),
        ..ClientDraft::default()
    });
    lists.problems()
}

/// Copies the members of a request into a draft. For absent members, the draft keeps its values.
fn apply(draft: Draft, input: OAuthClientInput) -> Result<Draft, Problem> {
    match draft {
        Draft::Spa(spa) => {
            let login_url = match input.initiate_login_uri {
                None => spa.login_url,
                Some(Some(url)) if url.is_empty() => {
                    let finding = Finding::of(Field::LoginUrl, "is empty; use null to remove it");
                    return Err(Problem::invalid(&[finding]));
                }
                Some(url) => url.unwrap_or_default(),
            };
            Ok(Draft::Spa(ClientDraft {
                name: input.name.unwrap_or(spa.name),
                login_url,
                use_default_urls: input.use_default_urls.unwrap_or(spa.use_default_urls),
                callbacks: input.callbacks.unwrap_or(spa.callbacks),
                logout_urls: input.allowed_logout_urls.unwrap_or(spa.logout_urls),
                web_origins: input.web_origins.unwrap_or(spa.web_origins),
                allowed_origins: input.allowed_origins.unwrap_or(spa.allowed_origins),
                visibility: input.visibility.map_or(spa.visibility, Visibility::from),
                ..ClientDraft::default()
            }))
        }
        Draft::M2m(client) => Ok(Draft::M2m(ClientDraft {
            name: input.name.unwrap_or(client.name),
            visibility: input.visibility.map_or(client.visibility, Visibility::from),
            ..ClientDraft::default()
        })),
        Draft::Token(_) | Draft::Other(_) => Err(Problem::not_found("OAuth client")),
    }
}

fn written(stored: StoredCredential, secret: Option<&Secret>) -> OAuthClient {
    let spa = stored.kind == Kind::Spa;
    let grants: &[&str] =
        if spa { &["authorization_code", "refresh_token"] } else { &["client_credentials"] };
    OAuthClient {
        owner: records::owner_of(&stored),
        client_id: stored.id,
        client_secret: secret.map(|secret| secret.expose().to_owned()),
        client_secrets: (!spa)
            .then(|| stored.secrets.into_iter().map(ClientSecret::from).collect()),
        name: stored.name,
        app_type: if spa { AppType::Spa } else { AppType::NonInteractive },
        initiate_login_uri: stored.body.login_url,
        use_default_urls: stored.body.use_default_urls,
        callbacks: stored.body.callbacks,
        allowed_logout_urls: stored.body.logout_urls,
        web_origins: stored.body.web_origins,
        allowed_origins: stored.body.allowed_origins,
        grant_types: grants.iter().map(|&grant| grant.to_owned()).collect(),
        token_endpoint_auth_method: if spa { "none" } else { "client_secret_post" }.to_owned(),
        visibility: stored.visibility.into(),
        created_at: stored.created_at,
        updated_at: stored.updated_at,
        last_used_at: stored.last_used_at,
    }
}
