//! The client credentials grant (RFC 6749 section 4.4).

use reqwest::Method;
use serde::Deserialize;
use url::form_urlencoded;
use zeroize::Zeroize as _;

use super::discovery::Metadata;
use crate::{
    api::{
        ApiError, Http,
        http::{Body, Call, FormText},
    },
    domain::{Secret, Untrusted, jwt},
};

/// An access token and what is readable of it.
#[derive(Debug)]
pub struct AccessToken {
    /// The token.
    pub secret: Secret,
    /// Its claims; `None` for an opaque token.
    pub claims: Option<jwt::Claims>,
    /// How long it lives from now, in seconds, where the server says.
    pub expires_in: Option<i64>,
    /// What it allows, where the server says.
    pub scope: Vec<Untrusted>,
}

#[derive(Deserialize)]
struct Wire {
    access_token: String,
    expires_in: Option<i64>,
    scope: Option<String>,
}

/// Asks for an access token on behalf of a client. The request is made once.
///
/// # Errors
/// [`ApiError::Refused`] with the server's reason, or whatever went wrong on the way.
pub async fn request(
    metadata: &Metadata,
    audience: Option<&str>,
    client_id: &str,
    secret: &Secret,
) -> Result<AccessToken, ApiError> {
    let http = Http::new(&metadata.token_endpoint, None)?;
    let body = Body::Form(FormText(form(audience, client_id, secret)));
    let mut reply = http.call(Method::POST, Call { body, ..Call::default() }).await?;
    let wire: Result<Wire, ApiError> = reply.json();
    reply.body.zeroize();
    let wire = wire?;
    let claims = jwt::read(&wire.access_token);
    let scope = wire.scope.unwrap_or_default().split_whitespace().map(Untrusted::from).collect();
    Ok(AccessToken {
        secret: Secret::new(wire.access_token),
        claims,
        expires_in: wire.expires_in,
        scope,
    })
}

fn form(audience: Option<&str>, client_id: &str, secret: &Secret) -> Secret {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials")
        .append_pair("client_id", client_id)
        .append_pair("client_secret", secret.expose());
    if let Some(audience) = audience {
        form.append_pair("audience", audience);
    }
    Secret::new(form.finish())
}
