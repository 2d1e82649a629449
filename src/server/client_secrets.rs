//! Endpoints for the secrets of a client: list, add, deactivate, delete. A client can have two
//! secrets, so its consumers can switch to a new secret without an outage.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use rusqlite::Connection;

use super::{
    AppState,
    caller::{Caller, JsonBody, PathParams},
    clients::CLIENTS,
    problem::{Problem, ProblemCode, ReadErrors, WriteErrors},
    records::{self, RecordTarget},
    store::{
        StoreError, credentials,
        secrets::{self, StoredSecret},
    },
    wire::{ClientSecret, ClientSecretEdit, ClientSecretList, IfMatch},
};

/// List the secrets of a client, without their values. Only the owner of the client may list them.
#[utoipa::path(
    get, path = "/v3/oauth-clients/{client_id}/secrets", tag = "OAuth clients", security(("bearer" = [])),
    operation_id = "list_secrets",
    params(("client_id" = String, Path)),
    responses((status = 200, body = ClientSecretList), ReadErrors)
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    PathParams(client_id): PathParams<String>,
) -> Result<Response, Problem> {
    let target = RecordTarget::new(client_id, CLIENTS, &caller);
    let all = state
        .store
        .run(move |connection, _| {
            let stored = target.owned(connection)?;
            Ok::<_, Problem>(secrets::list(connection, &stored.id)?)
        })
        .await?;
    let data = all.into_iter().map(ClientSecret::from).collect();
    Ok(axum::Json(ClientSecretList { data }).into_response())
}

/// Add a secret beside the current one, for a rotation. Both are valid until one is deactivated or
/// deleted. The response contains the new secret.
#[utoipa::path(
    post, path = "/v3/oauth-clients/{client_id}/secrets", tag = "OAuth clients", security(("bearer" = [])),
    operation_id = "add_secret",
    params(("client_id" = String, Path), IfMatch),
    responses(
        (status = 201, body = ClientSecret, headers(("ETag" = String, description = "New version of the client"))),
        WriteErrors,
    )
)]
pub(crate) async fn add(
    State(state): State<AppState>,
    caller: Caller,
    PathParams(client_id): PathParams<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.may_write()?;
    let target = RecordTarget::new(client_id, CLIENTS, &caller);
    let version = records::if_match(&headers);
    let now = (state.clock)();
    let (made, version) = state
        .store
        .run(move |connection, at_rest| {
            let transaction = records::begin(connection)?;
            let stored = target.owned_at(&transaction, version.as_deref())?;
            if secrets::list(&transaction, &stored.id)?.len() >= secrets::LIMIT {
                return Err(Problem::new(
                    ProblemCode::Conflict,
                    "The client already has two secrets",
                )
                .describe("Delete one of them first"));
            }
            let secret = records::new_secret(stored.kind);
            let made = secrets::add(&transaction, at_rest, &stored.id, &secret, now)?;
            credentials::secrets_changed(&transaction, &stored.id, false, now)?;
            transaction.commit().map_err(StoreError::from)?;
            let client_secret = Some(secret.expose().to_owned());
            Ok((ClientSecret { client_secret, ..made.into() }, stored.version + 1))
        })
        .await?;
    Ok(records::answer(StatusCode::CREATED, version, made))
}

/// Deactivate a secret, or activate it again. The last active one cannot be deactivated.
#[utoipa::path(
    patch, path = "/v3/oauth-clients/{client_id}/secrets/{secret_id}", tag = "OAuth clients", security(("bearer" = [])),
    operation_id = "edit_secret",
    params(("client_id" = String, Path), ("secret_id" = String, Path), IfMatch),
    request_body = ClientSecretEdit,
    responses(
        (status = 200, body = ClientSecret, headers(("ETag" = String, description = "New version of the client"))),
        WriteErrors,
    )
)]
pub(crate) async fn edit(
    State(state): State<AppState>,
    caller: Caller,
    PathParams((client_id, secret_id)): PathParams<(String, String)>,
    headers: HeaderMap,
    JsonBody(input, _): JsonBody<ClientSecretEdit>,
) -> Result<Response, Problem> {
    let active = input.active;
    let change = move |connection: &Connection, client: &str, secret: &StoredSecret| {
        if secret.active == active {
            return Ok(false);
        }
        if !active {
            refuse_last(connection, client, secret)?;
        }
        secrets::set_active(connection, client, &secret.id, active)?;
        Ok(true)
    };
    let (secret, version) =
        changed(&state, caller, (client_id, secret_id), &headers, change).await?;
    let secret = StoredSecret { active, ..secret };
    Ok(records::answer(StatusCode::OK, version, ClientSecret::from(secret)))
}

/// Delete a secret permanently. The last active one cannot be deleted.
#[utoipa::path(
    delete, path = "/v3/oauth-clients/{client_id}/secrets/{secret_id}", tag = "OAuth clients", security(("bearer" = [])),
    operation_id = "delete_secret",
    params(("client_id" = String, Path), ("secret_id" = String, Path), IfMatch),
    responses((status = 204, description = "Deleted"), WriteErrors)
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathParams((client_id, secret_id)): PathParams<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let change = |connection: &Connection, client: &str, secret: &StoredSecret| {
        refuse_last(connection, client, secret)?;
        secrets::remove(connection, client, &secret.id)?;
        Ok(true)
    };
    changed(&state, caller, (client_id, secret_id), &headers, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Applies `change` to one secret of a client. Saves nothing if `change` returns false. Returns the
/// secret before the change, and the version of the client after it.
async fn changed(
    state: &AppState,
    caller: Caller,
    (client_id, secret_id): (String, String),
    headers: &HeaderMap,
    change: impl FnOnce(&Connection, &str, &StoredSecret) -> Result<bool, Problem> + Send + 'static,
) -> Result<(StoredSecret, i64), Problem> {
    caller.may_write()?;
    let target = RecordTarget::new(client_id, CLIENTS, &caller);
    let version = records::if_match(headers);
    let now = (state.clock)();
    state
        .store
        .run(move |connection, _| {
            let transaction = records::begin(connection)?;
            let stored = target.owned_at(&transaction, version.as_deref())?;
            let secret = secrets::list(&transaction, &stored.id)?
                .into_iter()
                .find(|secret| secret.id == secret_id)
                .ok_or_else(|| Problem::not_found("secret"))?;
            if !change(&transaction, &stored.id, &secret)? {
                return Ok((secret, stored.version));
            }
            credentials::secrets_changed(&transaction, &stored.id, false, now)?;
            transaction.commit().map_err(StoreError::from)?;
            Ok((secret, stored.version + 1))
        })
        .await
}

/// Fails with [`ProblemCode::Conflict`] if the secret is the last active secret of the client.
fn refuse_last(
    connection: &Connection,
    client: &str,
    secret: &StoredSecret,
) -> Result<(), Problem> {
    let others = secrets::list(connection, client)?;
    if !secret.active || others.iter().any(|it| it.active && it.id != secret.id) {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::Conflict, "This is the last active secret of the client")
        .describe("Add another one first, or delete the client"))
}
