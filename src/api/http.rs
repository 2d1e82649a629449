//! HTTP client for all providers: one origin, one bearer token, a time limit, and at most 16 MiB in
//! a response.
//!
//! The token is sent only to the origin of the base URL. If the server rejects the token, the
//! request is sent once more with another token from the [`Bearer`], if there is one.

mod answer;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use jiff::Timestamp;
use reqwest::{Method, StatusCode, header, redirect::Policy};
use serde_json::Value;
use url::Url;

use super::{Answer, ApiError};
use crate::domain::{Secret, Untrusted, urls};
pub(super) use answer::next_of;
use answer::{error_of, wait};

/// Time limit of a request, and number of retries after status 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time limit of a request, from connecting to the last byte of the response.
    pub timeout: Duration,
    /// Maximum number of retries after status 429.
    pub retries: u32,
}

impl Limits {
    const DEFAULT: Self = Self { timeout: Duration::from_secs(10), retries: 5 };
}

static LIMITS: OnceLock<Limits> = OnceLock::new();

/// Returns the limits of this process: 10 s and 5 retries, unless [`set_limits`] changed them.
#[must_use]
pub fn limits() -> Limits {
    *LIMITS.get_or_init(|| Limits::DEFAULT)
}

/// Sets the limits of this process; `None` selects the default. A call has no effect if the limits
/// are already set, or after the first use of [`limits`].
pub fn set_limits(timeout: Option<Duration>, retries: Option<u32>) {
    let Limits { timeout: usual, retries: usually } = Limits::DEFAULT;
    let _ = LIMITS
        .set(Limits { timeout: timeout.unwrap_or(usual), retries: retries.unwrap_or(usually) });
}

/// Time limit for opening a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Maximum size of a response, in MiB.
const ANSWER_LIMIT: u64 = 16;

/// Source of bearer tokens.
pub trait Bearer: Send + Sync {
    /// Returns the token for the next request, renewed if necessary.
    fn current(&self) -> Answer<'_, Arc<Secret>>;

    /// Returns another token after the server rejected `refused`, or `None` if only the user can
    /// provide one.
    fn renew<'a>(&'a self, refused: &'a Secret) -> Answer<'a, Option<Arc<Secret>>>;
}

/// Fixed token that cannot be renewed.
pub struct Fixed(pub Arc<Secret>);

impl Bearer for Fixed {
    fn current(&self) -> Answer<'_, Arc<Secret>> {
        Box::pin(async { Ok(Arc::clone(&self.0)) })
    }

    fn renew<'a>(&'a self, _: &'a Secret) -> Answer<'a, Option<Arc<Secret>>> {
        Box::pin(async { Ok(None) })
    }
}

/// Trusted CA certificates in addition to those of the platform.
#[derive(Debug, Clone, Default)]
pub struct Trust(Vec<reqwest::Certificate>);

impl Trust {
    /// Adds the certificates of a PEM file to those of the platform; `None` adds nothing.
    ///
    /// # Errors
    /// [`ApiError::Unusable`] if the file cannot be read, is not valid PEM, or contains no
    /// certificate.
    pub fn with_file(path: Option<&str>) -> Result<Self, ApiError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let pem = std::fs::read(path).map_err(|error| ApiError::Unusable {
            why: format!("{path} cannot be used as ca_file: {error}"),
        })?;
        Self::from_pem(path, &pem)
    }

    fn from_pem(name: &str, pem: &[u8]) -> Result<Self, ApiError> {
        let unusable = |why: &str| ApiError::Unusable {
            why: format!("{name} cannot be used as ca_file: {why}"),
        };
        let certificates = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|_| unusable("it is not a PEM certificate"))?;
        if certificates.is_empty() {
            return Err(unusable("it contains no certificate"));
        }
        Ok(Self(certificates))
    }
}

/// HTTP client for one origin. Clones share their connections.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    base: Url,
    bearer: Option<Arc<dyn Bearer>>,
    /// True if errors are interpreted as those of an authorization server (RFC 6749 section 5.2).
    oauth: bool,
    /// Header for the token, if not `Authorization: Bearer`.
    token_header: Option<header::HeaderName>,
    /// Scheme of `Authorization` for a token that is not a JWT, if not `Bearer`.
    opaque_scheme: Option<&'static str>,
    /// True if calls are sent without a token while the user is signed out.
    token_optional: bool,
}

/// Request to a path below the base URL, or to a URL from the server.
#[derive(Debug, Default)]
pub struct Call<'a> {
    /// Path segments. Each one is percent-encoded, so that an ID cannot address another path.
    pub path: &'a [&'a str],
    /// URL from the server, used instead of the base URL. It must have the same origin.
    pub url: Option<&'a str>,
    /// User name for Basic authentication with the token as the password (RFC 7617), for endpoints
    /// that reject bearer tokens.
    pub basic: Option<&'a str>,
    /// Token for this call only, instead of the client's token (RFC 7592 section 2).
    pub bearer: Option<&'a Secret>,
    /// Query parameters, as pairs of name and value.
    pub query: &'a [(&'a str, &'a str)],
    /// Additional headers, as pairs of name and value.
    pub headers: &'a [(&'static str, &'a str)],
    /// Request body.
    pub body: Body,
    /// True if responses with a media type other than JSON are accepted.
    pub any_type: bool,
}

/// Body of a request.
#[derive(Debug, Default)]
pub enum Body {
    /// No body.
    #[default]
    Empty,
    /// JSON value, sent as `application/json`.
    Json(Value),
    /// URL-encoded form. It may contain a secret, so `Debug` does not print it.
    Form(FormText),
}

/// URL-encoded text of a form, hidden in `Debug` output.
pub struct FormText(pub Secret);

impl std::fmt::Debug for FormText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormText(…)")
    }
}

/// Response with a 2xx status. The value of a header is `None` if the header is missing or cannot
/// be parsed.
#[derive(Default)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// Response body, at most 16 MiB.
    pub body: Vec<u8>,
    /// Value of the `ETag` header.
    pub version: Option<String>,
    /// Time of the response, from the `Date` header.
    pub date: Option<Timestamp>,
    /// Value of the `Location` header.
    pub location: Option<String>,
    /// Values of the `Link` headers (RFC 8288), separated by commas.
    pub link: Option<String>,
    /// Value of the `X-Total-Count` header.
    pub total: Option<u64>,
}

impl Reply {
    /// Parses the body as JSON.
    ///
    /// # Errors
    /// [`ApiError::Malformed`] if the body is not the expected JSON. The error contains no part of
    /// the body.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, ApiError> {
        // Validating UTF-8 once is faster than validating each string.
        let read = match str::from_utf8(&self.body) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(&self.body),
        };
        read.map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Eof => "it is truncated",
                serde_json::error::Category::Syntax => "it is not JSON",
                _ => "it does not have the expected members",
            };
            ApiError::Malformed {
                why: format!("{what} (line {}, column {})", error.line(), error.column()),
            }
        })
    }
}

impl Http {
    /// Creates a client for a base URL: https, or http on a loopback host. The token is sent only
    /// to this origin. Without `bearer`, errors are interpreted as those of an authorization server
    /// ([`Self::of_api`] changes this).
    ///
    /// # Errors
    /// [`ApiError::Unusable`] if the URL is not allowed, or TLS cannot be set up.
    pub fn new(
        base: &str,
        bearer: Option<Arc<dyn Bearer>>,
        trust: &Trust,
    ) -> Result<Self, ApiError> {
        let base = check_base(base)?;
        let build = || {
            let builder = reqwest::Client::builder()
                .redirect(Policy::none())
                .connect_timeout(CONNECT_LIMIT)
                .timeout(limits().timeout)
                .pool_idle_timeout(None) // no timer that wakes an idle console
                .user_agent(concat!("credenza/", env!("CARGO_PKG_VERSION")));
            let builder = match trust.0.as_slice() {
                [] => builder,
                more => builder.tls_certs_merge(more.iter().cloned()),
            };
            // A proxy from the environment would also receive requests to loopback addresses.
            if urls::is_loopback(&base) { builder.no_proxy() } else { builder }
        };
        // Redirects are disabled, so a plain HTTP client needs no CA store. Reading the store takes
        // about 50 ms.
        let client = if base.scheme() == "http" { build().tls_certs_only([]) } else { build() }
            .build()
            // The builder fails if the platform has no CA store. With an empty store, the builder
            // succeeds, and each https request reports the certificate error instead.
            .or_else(|_| build().tls_certs_only([]).build())
            .map_err(|error| ApiError::Unusable {
                why: format!("Could not set up TLS: {error}"),
            })?;
        let oauth = bearer.is_none();
        Ok(Self {
            client,
            base,
            bearer,
            oauth,
            token_header: None,
            opaque_scheme: None,
            token_optional: false,
        })
    }

    /// Interprets errors as those of an API instead of an authorization server (RFC 6749), even if
    /// the client has no token.
    #[must_use]
    pub fn of_api(self) -> Self {
        Self { oauth: false, ..self }
    }

    /// Replaces the base URL with the root of its origin.
    #[must_use]
    pub fn at_origin(mut self) -> Self {
        self.base.set_path("");
        self
    }

    /// Sends the token in this header without the `Bearer` prefix; `None` restores
    /// `Authorization: Bearer`.
    #[must_use]
    pub fn with_token_in(self, header: Option<header::HeaderName>) -> Self {
        Self { token_header: header, ..self }
    }

    /// Uses this `Authorization` scheme instead of `Bearer` for a token that is not a JWT.
    #[must_use]
    pub fn with_scheme_of_opaque(self, scheme: &'static str) -> Self {
        Self { opaque_scheme: Some(scheme), ..self }
    }

    /// Sends calls without a token while the user is signed out, for an API that does not always
    /// require a token.
    #[must_use]
    pub fn with_optional_token(self) -> Self {
        Self { token_optional: true, ..self }
    }

    /// Returns the claims of the access token, or `None` if no token is available or the token is
    /// not a JWT. The claims are not verified, so they are only a hint about the caller's
    /// permissions.
    pub async fn claims(&self) -> Option<serde_json::Map<String, Value>> {
        let token = self.bearer.as_ref()?.current().await.ok()?;
        crate::domain::jwt::payload(token.expose())
    }

    /// Returns the origin of the base URL: scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// Sends a request and reads the response. After status 401, the request is sent once more if
    /// [`Bearer::renew`] returns another token. A token in [`Call::bearer`] is never renewed.
    ///
    /// # Errors
    /// Returns an [`ApiError`] if no token is available, the URL is not allowed, the connection
    /// fails, or the response is too large, has another status than 2xx or has a media type that is
    /// not accepted.
    pub async fn call(&self, method: Method, call: Call<'_>) -> Result<Reply, ApiError> {
        let mut url = match call.url {
            Some(named) => self.same_origin(named)?,
            None => self.base.clone(),
        };
        if !call.path.is_empty() {
            // The URL parser drops or resolves these segments, so the call would reach another
            // path.
            if call.path.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
                return Err(ApiError::Unusable {
                    why: "The ID from the server cannot be used in a URL".into(),
                });
            }
            url.path_segments_mut()
                .map_err(|()| ApiError::Unusable {
                    why: "The base URL cannot be extended with a path".into(),
                })?
                .pop_if_empty()
                .extend(call.path);
        }
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        let mut signed_out = None;
        let bearer = match (&self.bearer, call.bearer) {
            (Some(bearer), None) => match bearer.current().await {
                Ok(token) => Some(token),
                Err(error @ ApiError::SignedOut { .. }) if self.token_optional => {
                    signed_out = Some(error);
                    None
                }
                Err(error) => return Err(error),
            },
            _ => None,
        };
        let first = call.bearer.or(bearer.as_deref());
        let mut result = self.attempt(&method, &url, &call, first).await;
        if let (Err(ApiError::Unauthorized { .. }), Some(refused), Some(source)) =
            (&result, &bearer, &self.bearer)
            && let Some(other) = source.renew(refused).await?
        {
            // A rejected request had no effect, so even a write may be repeated.
            result = self.attempt(&method, &url, &call, Some(&other)).await;
        }
        // No token was sent, so report the missing session instead of a rejected token.
        if let (Err(ApiError::Unauthorized { .. }), Some(error)) = (&result, signed_out) {
            result = Err(error);
        }
        let verb = method;
        // Only the first two segments are logged, because later ones may contain private values.
        let path = call.path.get(..2).unwrap_or(call.path).join("/");
        match &result {
            Ok(reply) => tracing::debug!(%verb, path, bytes = reply.body.len(), "answered"),
            Err(error) => tracing::warn!(%verb, path, ?error, "failed"),
        }
        result
    }

    /// Resolves a URL from the server. A URL on another origin or with a user name is an error,
    /// because the token must not be sent there.
    pub(super) fn same_origin(&self, named: &str) -> Result<Url, ApiError> {
        let url = self.base.join(named).map_err(|_| ApiError::Malformed {
            why: "the server returned an invalid URL".into(),
        })?;
        if url.origin() == self.base.origin() && url.username().is_empty() {
            return Ok(url);
        }
        Err(ApiError::Redirected { to: named.into() })
    }

    async fn attempt(
        &self,
        method: &Method,
        url: &Url,
        call: &Call<'_>,
        bearer: Option<&Secret>,
    ) -> Result<Reply, ApiError> {
        let mut request = self
            .client
            .request(method.clone(), url.clone())
            .header(header::ACCEPT, "application/json");
        for (name, value) in call.headers {
            request = request.header(*name, *value);
        }
        request = match (bearer, call.basic, &self.token_header) {
            (None, _, _) => request,
            (Some(bearer), Some(user), _) => request.basic_auth(user, Some(bearer.expose())),
            (Some(bearer), None, Some(name)) if call.bearer.is_none() => {
                request.header(name, sensitive(bearer)?)
            }
            (Some(bearer), None, _) => match self.opaque_scheme {
                Some(scheme) if !bearer.expose().contains('.') => {
                    let value = Secret::new(format!("{scheme} {}", bearer.expose()));
                    request.header(header::AUTHORIZATION, sensitive(&value)?)
                }
                _ => request.bearer_auth(bearer.expose()),
            },
        };
        request = match &call.body {
            // Microsoft Graph rejects a POST without a length (status 411).
            Body::Empty if *method == Method::GET || *method == Method::DELETE => request,
            Body::Empty => request.header(header::CONTENT_LENGTH, "0"),
            Body::Json(value) => {
                request.header(header::CONTENT_TYPE, "application/json").body(value.to_string())
            }
            Body::Form(FormText(form)) => request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.expose().to_owned()),
        };
        match request.send().await {
            Ok(response) => self.read(response, call.any_type).await,
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn read(
        &self,
        mut response: reqwest::Response,
        any_type: bool,
    ) -> Result<Reply, ApiError> {
        let status = response.status();
        let text = |name: header::HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            let to = text(header::LOCATION).unwrap_or_default();
            return Err(ApiError::Redirected { to: to.into() });
        }
        let version = text(header::ETAG);
        let media_type = text(header::CONTENT_TYPE).unwrap_or_default();
        let date = text(header::DATE)
            .and_then(|text| jiff::fmt::rfc2822::parse(&text).ok())
            .map(|date| date.timestamp());
        let wait = wait(response.headers());
        let location = text(header::LOCATION);
        // A server may send one line for each link (RFC 9110 section 5.3), as Okta does.
        let links = response.headers().get_all(header::LINK).iter();
        let links: Vec<&str> = links.filter_map(|value| value.to_str().ok()).collect();
        let link = (!links.is_empty()).then(|| links.join(", "));
        let total =
            response.headers().get("x-total-count").and_then(|it| it.to_str().ok()?.parse().ok());
        // The `Content-Length` header is only a hint, so at most 1 MiB is allocated for it.
        let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(0);
        let mut body = Vec::with_capacity(announced.min(1 << 20));
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(&error))? {
            if body.len() + chunk.len() > usize::try_from(ANSWER_LIMIT << 20).unwrap_or(usize::MAX)
            {
                return Err(ApiError::TooLarge { limit: ANSWER_LIMIT });
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(error_of(status, &body, wait, self.oauth));
        }
        if !any_type && !body.is_empty() && !media_type.contains("json") {
            let media_type = if media_type.is_empty() { "of unknown type" } else { &media_type };
            return Err(ApiError::NotJson { media_type: media_type.into() });
        }
        Ok(Reply { status: status.as_u16(), body, version, date, location, link, total })
    }

    fn failed(&self, error: &reqwest::Error) -> ApiError {
        if error.is_timeout() && !error.is_connect() {
            return ApiError::TimedOut { seconds: limits().timeout.as_secs() };
        }
        // The innermost cause is the system's error; the outer ones repeat the URL.
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let why =
            if error.is_timeout() { "connection timed out".to_owned() } else { cause.to_string() };
        if let Some(what) = why.strip_prefix("invalid peer certificate: ") {
            // The TLS library prints internal type names here.
            let what = if what.contains("CaUsedAsEndEntity") {
                "it is a CA certificate used as a server certificate"
            } else if what == "UnknownIssuer" {
                "it was issued by a CA that this machine does not trust"
            } else if what.starts_with("Other(") {
                "it violates X.509"
            } else {
                what
            };
            return ApiError::Untrusted { origin: self.origin(), why: what.into() };
        }
        if error.is_connect() {
            ApiError::Unreachable { origin: self.origin(), why: why.into() }
        } else if error.is_builder() {
            ApiError::Unusable {
                why: "Could not send the request: the token is not a valid header value".into(),
            }
        } else {
            ApiError::Broken { why: why.into() }
        }
    }
}

/// Returns the token as a header value that is hidden in `Debug` output.
fn sensitive(token: &Secret) -> Result<header::HeaderValue, ApiError> {
    let mut value =
        header::HeaderValue::from_str(token.expose()).map_err(|_| ApiError::Unusable {
            why: "Could not send the request: the token is not a valid header value".into(),
        })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Parses and checks a base URL: https, or http on a loopback host; no user, no query, no fragment.
///
/// # Errors
/// [`ApiError::Unusable`] if the URL violates one of these rules. The error text states the rule.
pub fn check_base(base: &str) -> Result<Url, ApiError> {
    let unusable = |why: &str| ApiError::Unusable {
        why: format!("{} is not a usable base URL: it {why}", Untrusted::from(base).clipped(100)),
    };
    urls::check_login(base).map_err(unusable)?;
    let url = Url::parse(base).map_err(|_| unusable("is not a URL"))?;
    if url.query().is_some() {
        return Err(unusable("must not have a query"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_this_machine_alone() {
        for good in ["https://api.example.com", "https://host/api", "http://127.0.0.1:4180"] {
            assert!(Http::new(good, None, &Trust::default()).is_ok(), "{good}");
        }
        for bad in
            ["http://api.example.com", "api.example.com", "https://u:p@host/", "https://h/?x=1"]
        {
            assert!(
                matches!(Http::new(bad, None, &Trust::default()), Err(ApiError::Unusable { .. })),
                "{bad}"
            );
        }
    }
}
