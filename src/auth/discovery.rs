//! Where an issuer's endpoints are (OpenID Connect Discovery 1.0, RFC 8414).

use reqwest::Method;
use serde::Deserialize;

use crate::{
    api::{ApiError, Http, http::Call},
    domain::urls,
};

/// What is used of an authorization server's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The issuer, as it names itself.
    pub issuer: String,
    /// Where access tokens are asked for.
    pub token_endpoint: String,
}

#[derive(Deserialize)]
struct Wire {
    issuer: String,
    token_endpoint: Option<String>,
}

/// Reads an issuer's metadata.
///
/// # Errors
/// [`ApiError`] when they cannot be read, name another issuer (RFC 8414 section 3.3), or an endpoint
/// that a secret must not be sent to.
pub async fn discover(issuer: &str) -> Result<Metadata, ApiError> {
    let http = Http::new(issuer, None)?;
    let path = [".well-known", "openid-configuration"];
    let wire: Wire =
        http.call(Method::GET, Call { path: &path, ..Call::default() }).await?.json()?;
    check(issuer, wire)
}

fn check(issuer: &str, wire: Wire) -> Result<Metadata, ApiError> {
    let malformed = |why: &str| ApiError::Malformed { why: why.to_owned() };
    if wire.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Err(malformed("its metadata name another issuer"));
    }
    let token_endpoint =
        wire.token_endpoint.ok_or_else(|| malformed("its metadata name no token endpoint"))?;
    urls::check_login(&token_endpoint)
        .map_err(|_| malformed("its token endpoint is neither https nor on this machine"))?;
    Ok(Metadata { issuer: wire.issuer, token_endpoint })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(issuer: &str, endpoint: Option<&str>) -> Result<Metadata, ApiError> {
        let wire = Wire { issuer: issuer.into(), token_endpoint: endpoint.map(str::to_owned) };
        check("https://auth.example.com/", wire)
    }

    #[test]
    fn metadata_must_be_the_issuers_own_and_safe_to_use() {
        assert!(
            checked("https://auth.example.com", Some("https://auth.example.com/token")).is_ok()
        );
        assert!(checked("https://evil.example", Some("https://auth.example.com/token")).is_err());
        assert!(
            checked("https://auth.example.com/", Some("http://auth.example.com/token")).is_err()
        );
        assert!(checked("https://auth.example.com/", None).is_err());
    }
}
