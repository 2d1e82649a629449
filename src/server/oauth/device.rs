//! Device authorization endpoint (RFC 8628 section 3.1).

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    flows, granted, public,
    wire::{FormOrJson, OAuthError},
};
use crate::server::{
    AUDIENCE, AppState,
    connections::Peer,
    wire::{given, schemas::DeviceRequestSchema},
};

/// Device authorization request (RFC 8628 section 3.1).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct DeviceRequest {
    /// Client ID of the console.
    #[serde(deserialize_with = "given")]
    client_id: Option<String>,
    /// Requested scopes, separated by spaces.
    #[serde(deserialize_with = "given")]
    scope: Option<String>,
    /// Audience of the access token, as reported in the capabilities; optional.
    #[serde(deserialize_with = "given")]
    audience: Option<String>,
}

/// Device authorization response.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceAnswer {
    /// Device code for the token endpoint.
    device_code: String,
    /// Code for the user to enter.
    user_code: String,
    /// URL of the page on which the user enters the code.
    verification_uri: String,
    /// URL of the same page, with the user code filled in.
    verification_uri_complete: String,
    /// Lifetime of both codes, in seconds.
    expires_in: i64,
    /// Minimum interval between two polls, in seconds.
    interval: i64,
}

/// Start a sign-in on a device without a browser.
///
/// Device flow (RFC 8628): a user enters the code in any browser. Only the console may use it.
#[utoipa::path(
    post, path = "/oauth/device/code", tag = "Authorization server",
    request_body(content((DeviceRequestSchema = "application/x-www-form-urlencoded"), (DeviceRequestSchema = "application/json"))),
    responses(
        (status = 200, body = DeviceAnswer),
        (status = 400, body = OAuthError, description = "invalid_request, unauthorized_client, invalid_scope, invalid_target"),
        (status = 401, body = OAuthError, description = "invalid_client"),
        (status = 408, body = OAuthError, description = "invalid_request: the body took too long"),
        (status = 413, body = OAuthError, description = "invalid_request: the body is too large, or incomplete"),
        (status = 429, body = OAuthError, description = "Too many requests"),
        (status = 500, body = OAuthError, description = "server_error"),
    )
)]
pub(crate) async fn device(
    State(state): State<AppState>,
    peer: Peer,
    FormOrJson(request, headers): FormOrJson<DeviceRequest>,
) -> Result<Json<DeviceAnswer>, OAuthError> {
    let client = public(&state, peer, &headers, request.client_id, None).await?;
    if !client.is_console() {
        let text = "Only the console can use the device flow";
        return Err(OAuthError::new("unauthorized_client", text));
    }
    if request.audience.as_deref().is_some_and(|audience| audience != AUDIENCE) {
        return Err(OAuthError::new("invalid_target", format!("Invalid audience: use {AUDIENCE}")));
    }
    let scope = request.scope.filter(|scope| !scope.trim().is_empty());
    if let Some(scope) = &scope {
        granted(Some(scope), "admin")?;
    }
    let (now, network) = ((state.clock)(), peer.network());
    let (device_code, user_code) =
        state.flows.device(&client.id, &client.name, scope, network, now);
    Ok(Json(DeviceAnswer {
        verification_uri: format!("{}/device", state.base_url),
        verification_uri_complete: format!("{}/device?user_code={user_code}", state.base_url),
        device_code,
        user_code,
        expires_in: flows::DEVICE,
        interval: state.device_interval,
    }))
}
