//! Discovery documents and public keys of the authorization server.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{CONSOLE, DEVICE_GRANT, IDENTITY, permissions};
use crate::server::AppState;

/// The public keys that verify access tokens (RFC 7517).
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "Authorization server",
    responses((status = 200, body = Object, description = "A JWK set"))
)]
pub(crate) async fn jwks(State(state): State<AppState>) -> Json<Value> {
    Json(json!({ "keys": [state.signer.public()] }))
}

/// Metadata of the authorization server (OpenID Connect Discovery).
#[utoipa::path(
    get, path = "/.well-known/openid-configuration", tag = "Authorization server",
    responses((status = 200, body = Object, description = "Metadata"))
)]
pub(crate) async fn openid_configuration(State(state): State<AppState>) -> Json<Value> {
    Json(metadata(&state.base_url))
}

/// Metadata of the authorization server (RFC 8414).
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server", tag = "Authorization server",
    responses((status = 200, body = Object, description = "Metadata"))
)]
pub(crate) async fn oauth_metadata(State(state): State<AppState>) -> Json<Value> {
    Json(metadata(&state.base_url))
}

/// Issuer of the access tokens that this API accepts (RFC 9728).
#[utoipa::path(
    get, path = "/.well-known/oauth-protected-resource", tag = "About",
    responses((status = 200, body = Object, description = "`resource` and `authorization_servers`"))
)]
pub(crate) async fn protected_resource(State(state): State<AppState>) -> Json<Value> {
    Json(json!({
        "resource": state.base_url,
        "authorization_servers": [state.base_url],
        "bearer_methods_supported": ["header"],
        "scopes_supported": permissions("admin"),
    }))
}

fn metadata(issuer: &str) -> Value {
    let scopes: Vec<_> = IDENTITY.into_iter().chain(permissions("admin")).collect();
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "device_authorization_endpoint": format!("{issuer}/oauth/device/code"),
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "authorization_response_iss_parameter_supported": true,
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported":
            ["authorization_code", "refresh_token", "client_credentials", DEVICE_GRANT],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported":
            ["none", "client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported":
            ["none", "client_secret_basic", "client_secret_post"],
        "scopes_supported": scopes,
        // Not defined by any standard: ID of the public client that the Credenza console signs in
        // with.
        "credenza_client_id": CONSOLE,
    })
}
