//! Authorization code flow with PKCE (RFC 6749 section 4.1, RFC 7636, RFC 9700 section 2.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::{Url, form_urlencoded};

use super::{
    discovery::Metadata,
    tokens::{self, ClientAuth, Tokens},
};
use crate::{
    api::{ApiError, Trust},
    domain::{Secret, jwt},
};

/// Tolerated difference between the clocks of this machine and the issuer, in seconds.
const SKEW: i64 = 120;

/// Scopes, audience and organization of a token request.
#[derive(Debug, Clone, Default)]
pub struct GrantRequest {
    /// Requested scopes.
    pub scopes: Vec<String>,
    /// Audience of the access token.
    pub audience: Option<String>,
    /// Organization to sign in to.
    pub organization: Option<String>,
}

impl GrantRequest {
    /// Returns the audience as request parameters: `audience` by convention, and also `resource`
    /// (RFC 8707) if the audience is a URI without a fragment. Empty without an audience.
    pub(super) fn audience_pairs(&self) -> Vec<(&'static str, &str)> {
        let Some(audience) = self.audience.as_deref() else { return Vec::new() };
        let mut pairs = vec![("audience", audience)];
        if Url::parse(audience).is_ok_and(|url| url.fragment().is_none()) {
            pairs.push(("resource", audience));
        }
        pairs
    }
}

/// Authorization code flow in a browser, from the request to the tokens.
pub struct Attempt {
    /// URL to open in the browser.
    pub url: String,
    client_id: String,
    redirect_uri: String,
    verifier: Secret,
    state: Secret,
    nonce: Secret,
    wanted: GrantRequest,
}

impl Attempt {
    /// Starts a flow with a new PKCE verifier, `state` and `nonce`.
    ///
    /// # Errors
    /// [`ApiError::Unusable`] if the issuer has no valid authorization endpoint.
    pub fn new(
        metadata: &Metadata,
        client_id: &str,
        redirect_uri: &str,
        wanted: GrantRequest,
    ) -> Result<Self, ApiError> {
        let endpoint = metadata.authorization_endpoint.as_deref();
        let mut url =
            endpoint.and_then(|url| Url::parse(url).ok()).ok_or_else(|| ApiError::Unusable {
                why: "The issuer has no authorization endpoint for sign-in with a browser".into(),
            })?;
        let (verifier, state, nonce) = (random(), random(), random());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose()));
        let scope = wanted.scopes.join(" ");
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs([
                ("response_type", "code"),
                ("client_id", client_id),
                ("redirect_uri", redirect_uri),
                ("state", state.expose()),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ]);
            if !scope.is_empty() {
                query.append_pair("scope", &scope);
            }
            if wanted.scopes.iter().any(|scope| scope == "openid") {
                query.append_pair("nonce", nonce.expose());
            }
            // OpenID Connect Core section 11: a refresh token requires consent.
            if wanted.scopes.iter().any(|scope| scope == "offline_access") {
                query.append_pair("prompt", "consent");
            }
            query.extend_pairs(wanted.audience_pairs());
            if let Some(organization) = &wanted.organization {
                query.append_pair("organization", organization);
            }
        }
        Ok(Self {
            url: url.into(),
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            verifier,
            state,
            nonce,
            wanted,
        })
    }

    /// Returns true if a query contains this attempt's `state` exactly once. Compares in constant
    /// time.
    #[must_use]
    pub fn is_answered_by(&self, query: &str) -> bool {
        let mut states = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == "state");
        match (states.next(), states.next()) {
            (Some((_, state)), None) => {
                let ours = Sha256::digest(self.state.expose());
                ours.ct_eq(&Sha256::digest(state.as_bytes())).into()
            }
            _ => false,
        }
    }

    /// Extracts the code from the query of the redirect.
    ///
    /// # Errors
    /// [`ApiError::Malformed`] if the redirect belongs to another attempt, is from another issuer,
    /// omits a required `iss` (RFC 9207), or does not contain exactly one code.
    /// [`ApiError::Refused`] if the redirect reports an error.
    pub fn code(&self, metadata: &Metadata, query: &str) -> Result<Secret, ApiError> {
        let malformed = |why: &str| ApiError::Malformed { why: why.to_owned() };
        if !self.is_answered_by(query) {
            return Err(malformed("it belongs to another sign-in (state differs)"));
        }
        let mut code = None;
        let (mut error, mut said, mut issuer) = (None, String::new(), None);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "code" if code.is_some() => return Err(malformed("it has two codes")),
                "code" => code = Some(Secret::new(value.into_owned())),
                "error" => error = Some(value.into_owned()),
                "error_description" => said = value.into_owned(),
                "iss" => issuer = Some(value.into_owned()),
                _ => {}
            }
        }
        match &issuer {
            Some(issuer) if *issuer != metadata.issuer => {
                return Err(malformed("it is from another issuer"));
            }
            None if metadata.names_issuer => {
                return Err(malformed("it does not name its issuer"));
            }
            _ => {}
        }
        if let Some(error) = error {
            return Err(ApiError::Refused { error: error.into(), said: said.into() });
        }
        code.filter(|code| !code.expose().is_empty()).ok_or_else(|| malformed("it has no code"))
    }

    /// Extracts the code from a pasted redirect address.
    ///
    /// # Errors
    /// The errors of [`Attempt::code`], and [`ApiError::Malformed`] if the address does not match
    /// the redirect URI.
    pub fn code_from_address(
        &self,
        metadata: &Metadata,
        address: &str,
    ) -> Result<Secret, ApiError> {
        let malformed = |why: &str| ApiError::Malformed { why: why.to_owned() };
        let address = address.trim();
        let Ok(url) = Url::parse(address) else {
            return Err(malformed("the pasted text is not a URL"));
        };
        let same = Url::parse(&self.redirect_uri)
            .is_ok_and(|ours| ours.origin() == url.origin() && ours.path() == url.path());
        if !same {
            let why = format!("the pasted URL does not start with {}", self.redirect_uri);
            return Err(ApiError::Malformed { why });
        }
        self.code(metadata, url.query().unwrap_or_default())
    }

    /// Exchanges the code for tokens. Validates the ID token if the scope `openid` was requested.
    ///
    /// # Errors
    /// [`ApiError`] if the issuer cannot be reached or rejects the code, or if the ID token is not
    /// valid for this attempt.
    pub async fn redeem(
        self,
        metadata: &Metadata,
        trust: &Trust,
        secret: Option<&Secret>,
        code: &Secret,
        now: Timestamp,
    ) -> Result<Tokens, ApiError> {
        let client = ClientAuth { id: &self.client_id, secret };
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", self.verifier.expose()),
        ];
        pairs
            .extend(self.wanted.audience_pairs().into_iter().filter(|(key, _)| *key == "resource"));
        let tokens = tokens::ask(metadata, trust, &client, &pairs).await?;
        if self.wanted.scopes.iter().any(|scope| scope == "openid") {
            let id = tokens.id.as_ref().map_or("", Secret::expose);
            check_identity(id, &metadata.issuer, &self.client_id, Some(&self.nonce), now)?;
        }
        Ok(tokens)
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attempt").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Validates the claims of an ID token from the token endpoint. The signature is not checked,
/// because TLS authenticates that endpoint (OpenID Connect Core section 3.1.3.7).
///
/// # Errors
/// [`ApiError::Malformed`] if the token is unreadable, expired or from another issuer, or is for
/// another client or sign-in.
pub fn check_identity(
    token: &str,
    issuer: &str,
    client_id: &str,
    nonce: Option<&Secret>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let wrong = |why: &str| Err(ApiError::Malformed { why: format!("the ID token {why}") });
    let Some(claims) = jwt::payload(token) else { return wrong("is missing or unreadable") };
    let text = |name: &str| claims.get(name).and_then(serde_json::Value::as_str);
    if text("iss") != Some(issuer) {
        return wrong("is from another issuer");
    }
    let for_us = match claims.get("aud") {
        Some(serde_json::Value::String(one)) => one == client_id,
        Some(serde_json::Value::Array(many)) => {
            many.iter().any(|one| one.as_str() == Some(client_id))
        }
        _ => false,
    };
    if !for_us {
        return wrong("is for another client");
    }
    let ends = claims.get("exp").and_then(serde_json::Value::as_i64);
    if ends.is_none_or(|ends| ends.saturating_add(SKEW) < now.as_second()) {
        return wrong("has expired. Check this machine's clock");
    }
    if nonce.is_some_and(|nonce| text("nonce") != Some(nonce.expose())) {
        return wrong("belongs to another sign-in (nonce differs)");
    }
    Ok(())
}

/// Returns 256 random bits as URL-safe text.
fn random() -> Secret {
    let mut bytes = zeroize::Zeroizing::new([0_u8; 32]);
    rand::fill(&mut bytes[..]);
    Secret::new(URL_SAFE_NO_PAD.encode(&bytes[..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> Metadata {
        Metadata {
            issuer: "https://auth.example.com".into(),
            token_endpoint: "https://auth.example.com/token".into(),
            authorization_endpoint: Some("https://auth.example.com/authorize?tenant=1".into()),
            names_issuer: true,
            ..Metadata::default()
        }
    }

    fn attempt() -> Attempt {
        let wanted = GrantRequest {
            scopes: vec!["openid".into(), "offline_access".into()],
            audience: Some("urn:api".into()),
            organization: None,
        };
        Attempt::new(&metadata(), "app", "http://127.0.0.1:4711/callback", wanted).expect("begun")
    }

    fn pairs(url: &str) -> std::collections::HashMap<String, String> {
        Url::parse(url).expect("a URL").query_pairs().into_owned().collect()
    }

    #[test]
    fn the_request_has_everything_and_never_the_verifier() {
        let attempt = attempt();
        let pairs = pairs(&attempt.url);
        for (key, value) in [
            ("tenant", "1"),
            ("response_type", "code"),
            ("client_id", "app"),
            ("code_challenge_method", "S256"),
            ("scope", "openid offline_access"),
            ("prompt", "consent"),
            ("audience", "urn:api"),
            ("resource", "urn:api"),
        ] {
            assert_eq!(pairs.get(key).map(String::as_str), Some(value), "{key}");
        }
        assert_eq!(pairs["code_challenge"].len(), 43);
        assert!(!attempt.url.contains(attempt.verifier.expose()));
        assert_ne!(pairs["state"], super::tests::pairs(&super::tests::attempt().url)["state"]);
    }

    #[test]
    fn only_the_answer_to_this_attempt_from_this_issuer_counts() {
        let attempt = attempt();
        let state = attempt.state.expose();
        let issuer = "iss=https%3A%2F%2Fauth.example.com";
        let good = format!("code=c0de&state={state}&{issuer}");
        assert_eq!(attempt.code(&metadata(), &good).expect("a code").expose(), "c0de");
        for (bad, why) in [
            (format!("code=c0de&state=wrong&{issuer}"), "state differs"),
            (format!("code=c0de&{issuer}"), "state differs"),
            (format!("code=c0de&state={state}&state={state}&{issuer}"), "state differs"),
            (format!("code=c0de&state={state}"), "name its issuer"),
            (format!("code=c0de&state={state}&iss=https%3A%2F%2Fevil.example"), "another issuer"),
            (format!("code=a&code=b&state={state}&{issuer}"), "two codes"),
            (format!("code=&state={state}&{issuer}"), "no code"),
        ] {
            let error = attempt.code(&metadata(), &bad).expect_err("refused");
            assert!(format!("{error:?}").contains(why), "{bad}: {error:?}");
        }
        let denied =
            format!("error=access_denied&error_description=no%1b[2J&state={state}&{issuer}");
        let error = attempt.code(&metadata(), &denied).expect_err("refused");
        assert!(matches!(error, ApiError::Refused { .. }), "{error:?}");
    }

    #[test]
    fn a_pasted_address_must_be_the_one_that_was_waited_for() {
        let attempt = attempt();
        let query = format!("code=c&state={}&iss=https://auth.example.com", attempt.state.expose());
        let read = |address: &str| attempt.code_from_address(&metadata(), address);
        assert!(read(&format!(" http://127.0.0.1:4711/callback?{query}\n")).is_ok());
        for bad in ["https://evil.example/callback", "http://127.0.0.1:4711/", "c0de"] {
            assert!(read(&format!("{bad}?{query}")).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_identity_token_is_for_this_client_this_attempt_and_now() {
        let now = Timestamp::from_second(1_800_000_000).expect("a time");
        let token = |claims: &str| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims));
        let nonce = Secret::new("n".into());
        let check = |claims: &str| check_identity(&token(claims), "i", "app", Some(&nonce), now);
        assert!(check(r#"{"iss":"i","aud":"app","exp":1800000060,"nonce":"n"}"#).is_ok());
        assert!(check(r#"{"iss":"i","aud":["x","app"],"exp":1799999950,"nonce":"n"}"#).is_ok());
        for bad in [
            r#"{"iss":"j","aud":"app","exp":1800000060,"nonce":"n"}"#,
            r#"{"iss":"i","aud":"other","exp":1800000060,"nonce":"n"}"#,
            r#"{"iss":"i","aud":"app","exp":1700000000,"nonce":"n"}"#,
            r#"{"iss":"i","aud":"app","exp":1800000060,"nonce":"m"}"#,
            r#"{"iss":"i","aud":"app","exp":1800000060}"#,
            "{}",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
