//! HTTP for all providers: one origin, one bearer, a time limit, sixteen megabytes.
//!
//! The bearer is sent to the base URL's origin only. It comes from a [`Bearer`], which is asked once for another if
//! the server rejects it.

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

/// Time limit of a call, and number of retries after 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From connecting to the last byte.
    pub timeout: Duration,
    /// Number of 429 responses to wait for before one is an error.
    pub retries: u32,
}

impl Limits {
    const DEFAULT: Self = Self { timeout: Duration::from_secs(10), retries: 5 };
}

static LIMITS: OnceLock<Limits> = OnceLock::new();

/// The limits of this process: 10 s and 5 retries, unless they were set.
#[must_use]
pub fn limits() -> Limits {
    *LIMITS.get_or_init(|| Limits::DEFAULT)
}

/// Sets the limits of this process, before its first call; later ones are ignored.
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
    /// The token to send now.
    fn current(&self) -> Answer<'_, Arc<Secret>>;

    /// Another token after a rejection; `None` if only the user can provide one.
    fn renew<'a>(&'a self, refused: &'a Secret) -> Answer<'a, Option<Arc<Secret>>>;
}

/// A token without renewal.
pub struct Fixed(pub Arc<Secret>);

impl Bearer for Fixed {
    fn current(&self) -> Answer<'_, Arc<Secret>> {
        Box::pin(async { Ok(Arc::clone(&self.0)) })
    }

    fn renew<'a>(&'a self, _: &'a Secret) -> Answer<'a, Option<Arc<Secret>>> {
        Box::pin(async { Ok(None) })
    }
}

/// Additional trusted certificates.
#[derive(Debug, Clone, Default)]
pub struct Trust(Vec<reqwest::Certificate>);

impl Trust {
    /// The platform's roots, with the certificates of a file if one is named.
    ///
    /// # Errors
    /// [`ApiError::Unusable`] if the file cannot be read, or has no certificate.
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

/// A client for one origin. Clones share their connections.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    base: Url,
    bearer: Option<Arc<dyn Bearer>>,
    /// True for calls to an authorization server's own endpoints.
    oauth: bool,
    /// The header that the token goes into, if not `Authorization: Bearer`.
    token_header: Option<header::HeaderName>,
    /// True if a call is sent without a token while there is no session.
    token_optional: bool,
}

/// A request below the base URL.
#[derive(Debug, Default)]
pub struct Call<'a> {
    /// Path segments, encoded separately, so that an ID cannot reach another path.
    pub path: &'a [&'a str],
    /// URL from the server, instead of a path. It must be on the base URL's origin.
    pub url: Option<&'a str>,
    /// User whose token is sent by Basic authentication (RFC 7617), where a bearer is rejected.
    pub basic: Option<&'a str>,
    /// Token for this call only (RFC 7592 section 2).
    pub bearer: Option<&'a Secret>,
    /// The query.
    pub query: &'a [(&'a str, &'a str)],
    /// More headers.
    pub headers: &'a [(&'static str, &'a str)],
    /// The body.
    pub body: Body,
    /// True if a response of another type than JSON is accepted.
    pub any_type: bool,
}

/// Body of a request.
#[derive(Debug, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// JSON.
    Json(Value),
    /// Form body. It may hold a secret, so it is not printed.
    Form(FormText),
}

/// A form that is already encoded.
pub struct FormText(pub Secret);

impl std::fmt::Debug for FormText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormText(…)")
    }
}

/// Response with a 2xx status.
#[derive(Default)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// `ETag`.
    pub version: Option<String>,
    /// Time of the response, according to the server.
    pub date: Option<Timestamp>,
    /// `Location`.
    pub location: Option<String>,
    /// `Link` (RFC 8288).
    pub link: Option<String>,
    /// `X-Total-Count`.
    pub total: Option<u64>,
}

impl Reply {
    /// Reads the body as JSON.
    ///
    /// # Errors
    /// [`ApiError::Malformed`], without any part of the body.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, ApiError> {
        // Validating the text once is faster than string by string.
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
    /// Client for a base URL: https, or http on this machine. The bearer is sent nowhere else.
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
            // A proxy from the environment would catch loopback addresses as well.
            if urls::is_loopback(&base) { builder.no_proxy() } else { builder }
        };
        // Plain HTTP never becomes HTTPS on the way, and reading the system's CA store takes a twentieth of a second.
        let client = if base.scheme() == "http" { build().tls_certs_only([]) } else { build() }
            .build()
            // Without a CA store, not even http works; https then fails with its own message.
            .or_else(|_| build().tls_certs_only([]).build())
            .map_err(|error| ApiError::Unusable {
                why: format!("Could not set up TLS: {error}"),
            })?;
        let oauth = bearer.is_none();
        Ok(Self { client, base, bearer, oauth, token_header: None, token_optional: false })
    }

    /// For an API: errors are not those of RFC 6749, even if no token is required.
    #[must_use]
    pub fn of_api(self) -> Self {
        Self { oauth: false, ..self }
    }

    /// Moves the base to the root of the origin.
    #[must_use]
    pub fn at_origin(mut self) -> Self {
        self.base.set_path("");
        self
    }

    /// Sends the token in another header, without a prefix.
    #[must_use]
    pub fn with_token_in(self, header: Option<header::HeaderName>) -> Self {
        Self { token_header: header, ..self }
    }

    /// For an API that may require no token: calls are sent without a session, too.
    #[must_use]
    pub fn with_optional_token(self) -> Self {
        Self { token_optional: true, ..self }
    }

    /// Claims of the access token, if it is a JWT. They are a hint; the server decides.
    pub async fn claims(&self) -> Option<serde_json::Map<String, Value>> {
        let token = self.bearer.as_ref()?.current().await.ok()?;
        crate::domain::jwt::payload(token.expose())
    }

    /// Origin of the calls.
    #[must_use]
    pub fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// Sends a request and reads the response. Nothing is repeated.
    ///
    /// # Errors
    /// [`ApiError`] for everything but a 2xx response.
    pub async fn call(&self, method: Method, call: Call<'_>) -> Result<Reply, ApiError> {
        let mut url = match call.url {
            Some(named) => self.same_origin(named)?,
            None => self.base.clone(),
        };
        if !call.path.is_empty() {
            // These would be dropped or resolved, and the call would reach another path.
            if call.path.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
                return Err(ApiError::Unusable {
                    why: "The ID from the server cannot be used in a URL".into(),
                });
            }
            url.path_segments_mut()
                .map_err(|()| ApiError::Unusable { why: "The base URL cannot have paths".into() })?
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
        // No token was sent, so none was rejected.
        if let (Err(ApiError::Unauthorized { .. }), Some(error)) = (&result, signed_out) {
            result = Err(error);
        }
        let verb = method;
        // Only the start of the path; the rest may hold values that must not be logged.
        let path = call.path.get(..2).unwrap_or(call.path).join("/");
        match &result {
            Ok(reply) => tracing::debug!(%verb, path, bytes = reply.body.len(), "answered"),
            Err(error) => tracing::warn!(%verb, path, ?error, "failed"),
        }
        result
    }

    /// URL from the server. A token is only sent to its own origin.
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
            (Some(bearer), None, _) => request.bearer_auth(bearer.expose()),
        };
        request = match &call.body {
            Body::Empty => request,
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
        let link = text(header::LINK);
        let total =
            response.headers().get("x-total-count").and_then(|it| it.to_str().ok()?.parse().ok());
        // A hint only: room for what a server announces is made up to a page of a long list.
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
            let media_type = if media_type.is_empty() { "of no type" } else { &media_type };
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
            // The library words these with the names of its types.
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

/// Token as a header that is never printed.
fn sensitive(token: &Secret) -> Result<header::HeaderValue, ApiError> {
    let mut value =
        header::HeaderValue::from_str(token.expose()).map_err(|_| ApiError::Unusable {
            why: "Could not send the request: the token is not a valid header value".into(),
        })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads a base URL: https, or http on this machine; no user, no query, no fragment.
///
/// # Errors
/// [`ApiError::Unusable`] with the reason.
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
