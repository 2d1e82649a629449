//! Endpoints of an issuer (OpenID Connect Discovery 1.0, RFC 8414).

use reqwest::Method;
use serde::Deserialize;
use url::Url;

use crate::{
    api::{ApiError, Http, Trust, http::Call},
    domain::{text, urls},
};

/// Metadata of an authorization server that Credenza uses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// Issuer identifier from the metadata.
    pub issuer: String,
    /// URL of the token endpoint.
    pub token_endpoint: String,
    /// URL of the authorization endpoint, if the issuer has one.
    pub authorization_endpoint: Option<String>,
    /// URL of the device authorization endpoint (RFC 8628), if the issuer has one.
    pub device_authorization_endpoint: Option<String>,
    /// URL of the revocation endpoint (RFC 7009), if the issuer has one.
    pub revocation_endpoint: Option<String>,
    /// URL of the registration endpoint (RFC 7591), if the issuer has one.
    pub registration_endpoint: Option<String>,
    /// True if authorization responses contain the issuer (RFC 9207).
    pub names_issuer: bool,
    /// Scopes that the issuer supports; empty if the metadata does not list them.
    pub scopes: Vec<String>,
    /// Client authentication methods that the token endpoint supports.
    pub client_auth: Vec<String>,
    /// True for Ory Hydra's public URL, recognized by a metadata member that only Hydra sends.
    pub is_hydra: bool,
    /// Client ID for this console, if the issuer announces one.
    pub console_client: Option<String>,
}

#[derive(Deserialize, Default)]
struct Wire {
    issuer: String,
    token_endpoint: Option<String>,
    authorization_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    registration_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    scopes_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    credenza_client_id: Option<String>,
    credentials_endpoint_draft_00: Option<String>,
}

/// Reads an issuer's metadata from the location of OpenID Connect Discovery. If there is no JSON
/// document at that location, reads the location of RFC 8414.
///
/// # Errors
/// [`ApiError`] if the metadata cannot be read, is for another issuer (RFC 8414 section 3.3), has
/// no token endpoint, or has an endpoint that is neither https nor on this machine.
pub async fn discover(issuer: &str, trust: &Trust) -> Result<Metadata, ApiError> {
    let http = Http::new(issuer, None, trust)?;
    let path = [".well-known", "openid-configuration"];
    let reply = match http.call(Method::GET, Call { path: &path, ..Call::default() }).await {
        Err(ApiError::NotFound { .. } | ApiError::NotJson { .. }) => {
            oauth_metadata(issuer, trust).await
        }
        other => other,
    };
    check(issuer, reply?.json()?)
}

async fn oauth_metadata(issuer: &str, trust: &Trust) -> Result<crate::api::http::Reply, ApiError> {
    let http = Http::new(issuer, None, trust)?;
    let inside = Url::parse(issuer).map(|url| url.path().to_owned()).unwrap_or_default();
    let mut path = vec![".well-known", "oauth-authorization-server"];
    path.extend(inside.split('/').filter(|segment| !segment.is_empty()));
    let http = Http::new(&http.origin(), None, trust)?;
    http.call(Method::GET, Call { path: &path, ..Call::default() }).await
}

fn check(issuer: &str, wire: Wire) -> Result<Metadata, ApiError> {
    let malformed = |why: String| ApiError::Malformed { why };
    if wire.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
        // RFC 8414 section 3.3 requires the same issuer.
        return Err(ApiError::Unusable {
            why: format!(
                "The discovery document of {issuer} names another issuer ({}), so it was rejected. If that issuer is correct, set it in the profile",
                text::shown(&wire.issuer)
            ),
        });
    }
    let safe = |what: &str, endpoint: Option<String>| match endpoint {
        Some(url) if urls::check_login(&url).is_err() => {
            Err(malformed(format!("its {what} endpoint is neither https nor on this machine")))
        }
        other => Ok(other),
    };
    let token_endpoint = safe("token", wire.token_endpoint)?
        .ok_or_else(|| malformed("its metadata has no token endpoint".to_owned()))?;
    Ok(Metadata {
        token_endpoint,
        authorization_endpoint: safe("authorization", wire.authorization_endpoint)?,
        device_authorization_endpoint: safe("device", wire.device_authorization_endpoint)?,
        revocation_endpoint: safe("revocation", wire.revocation_endpoint)?,
        registration_endpoint: safe("registration", wire.registration_endpoint)?,
        issuer: wire.issuer,
        names_issuer: wire.authorization_response_iss_parameter_supported,
        scopes: wire.scopes_supported,
        client_auth: wire
            .token_endpoint_auth_methods_supported
            // RFC 8414 section 2 defines this default.
            .unwrap_or_else(|| vec!["client_secret_basic".to_owned()]),
        is_hydra: wire.credentials_endpoint_draft_00.is_some(),
        console_client: wire.credenza_client_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(issuer: &str, endpoint: Option<&str>) -> Result<Metadata, ApiError> {
        let token_endpoint = endpoint.map(str::to_owned);
        let wire = Wire { issuer: issuer.into(), token_endpoint, ..Wire::default() };
        check("https://auth.example.com/", wire)
    }

    #[test]
    fn metadata_must_be_the_issuers_own_and_safe_to_use() {
        let token = Some("https://auth.example.com/token");
        assert!(checked("https://auth.example.com", token).is_ok());
        assert!(checked("https://evil.example", token).is_err());
        let clear = Some("http://auth.example.com/token");
        assert!(checked("https://auth.example.com/", clear).is_err());
        assert!(checked("https://auth.example.com/", None).is_err());
        let wire = Wire {
            issuer: "https://auth.example.com".into(),
            token_endpoint: token.map(str::to_owned),
            device_authorization_endpoint: Some("javascript:alert(1)".into()),
            ..Wire::default()
        };
        assert!(check("https://auth.example.com/", wire).is_err());
    }
}
