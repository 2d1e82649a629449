//! Endpoints for browsers: authorization, login, consent, device code.

use axum::{
    extract::{Form, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;
use url::Url;

use super::{
    SCOPE_LIMIT, clients,
    flows::{Approved, ConsentRequest, DeviceState, Pending},
    granted, pages,
};
use crate::{
    domain::{Secret, urls},
    server::{
        AUDIENCE, AppState,
        connections::Peer,
        store::{StoreError, User},
        users::{self, LoginError},
    },
};

/// Maximum length of `state` and of a redirect URI, in bytes. Applications put JSON into `state`.
const STATE_LIMIT: usize = 2048;

/// Maximum length of `nonce`, in bytes.
const NONCE_LIMIT: usize = 512;

/// Cookie that identifies a browser. Browsers share cookies between the ports of a host, so the
/// name of the cookie contains the port. Over TLS, the name has no port, but the prefix `__Host-`
/// limits the cookie to this host (RFC 6265bis section 4.1.3.2).
pub(crate) struct BrowserCookie {
    name: String,
    attributes: String,
}

impl BrowserCookie {
    pub fn new(base_url: &str) -> Self {
        // Lax: the cookie is sent for a link that opens a login page, but not for a form that
        // another site submits.
        let lax = "HttpOnly; SameSite=Lax; Max-Age=3600";
        let url = Url::parse(base_url).ok();
        if url.as_ref().is_some_and(|url| url.scheme() == "https") {
            let name = "__Host-credenza_browser".to_owned();
            return Self { name, attributes: format!("Path=/; {lax}; Secure") };
        }
        let port = url.as_ref().and_then(Url::port_or_known_default).unwrap_or_default();
        let path = url.as_ref().map_or("", |url| url.path().trim_end_matches('/'));
        Self {
            name: format!("credenza_browser_{port}"),
            attributes: format!("Path={path}/oauth; {lax}"),
        }
    }

    fn of<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(self.name.as_str())?.strip_prefix('='))
    }

    fn set(&self, browser: &str) -> String {
        format!("{}={browser}; {}", self.name, self.attributes)
    }
}

/// Authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3).
#[derive(Deserialize, Default)]
pub(crate) struct Authorize {
    response_type: Option<String>,
    client_id: Option<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
    scope: Option<String>,
    nonce: Option<String>,
    audience: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    prompt: Option<String>,
    request: Option<String>,
    request_uri: Option<String>,
}

/// Validates an authorization request, and redirects the browser to the consent page. Shows an
/// error page if a rate limit is exceeded, the request is malformed, its client or redirect URI is
/// invalid, or the store fails. Reports other errors to the application in a redirect.
pub(crate) async fn authorize(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    query: Result<Query<Authorize>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let now = (state.clock)();
    let network = peer.network();
    if state.limiter.take(&format!("authorize pages {network}")).is_err() {
        let what = "Too many sign-in attempts.";
        return pages::failure(StatusCode::TOO_MANY_REQUESTS, what, "Try again in a minute.");
    }
    let begin_again = "Return to the application and start again.";
    let refuse = |what: &str| pages::failure(StatusCode::BAD_REQUEST, what, begin_again);
    // A repeated parameter is invalid, too (RFC 6749 section 3.1).
    let Ok(Query(asked)) = query else { return refuse("Invalid request.") };
    let Some(client_id) = asked.client_id.clone() else { return refuse("client_id is missing.") };
    let too_long = |value: &Option<String>, limit: usize| {
        value.as_ref().is_some_and(|text| text.len() > limit)
    };
    if [&asked.state, &asked.redirect_uri].into_iter().any(|value| too_long(value, STATE_LIMIT))
        || too_long(&asked.nonce, NONCE_LIMIT)
        || too_long(&asked.scope, SCOPE_LIMIT)
    {
        return refuse("A parameter of the request is too long.");
    }
    let found = state.store.run(move |connection, _| clients::find(connection, &client_id)).await;
    let client = match found {
        Ok(Some(client)) => client,
        Ok(None) => return refuse("Unknown client_id."),
        Err(_) => return broken(),
    };
    if !client.signs_in() {
        return refuse("Users cannot sign in with an M2M client.");
    }
    // The redirect URI must be checked before any redirect (RFC 9700 section 4.11).
    let Some(redirect_uri) = asked.redirect_uri.clone().filter(|uri| client.takes_redirect(uri))
    else {
        return refuse(
            "The redirect URI is not registered for this client. It must match exactly.",
        );
    };
    let back = |error: &str, said: &str| {
        let answer = [("error", error), ("error_description", said)];
        return_to(&redirect_uri, &answer, asked.state.as_deref(), &state.base_url)
    };
    if asked.request.is_some() || asked.request_uri.is_some() {
        return back("request_not_supported", "Request objects are not supported");
    }
    if asked.response_type.as_deref() != Some("code") {
        return back("unsupported_response_type", "response_type must be code");
    }
    let challenge = match (&asked.code_challenge, asked.code_challenge_method.as_deref()) {
        (Some(challenge), Some("S256")) if challenge.len() == 43 => challenge.clone(),
        _ => return back("invalid_request", "PKCE is required: code_challenge with S256"),
    };
    if asked.audience.as_deref().is_some_and(|audience| audience != AUDIENCE) {
        return back("invalid_target", "Invalid audience: use credenza-api");
    }
    if let Err(error) = granted(asked.scope.as_deref(), "admin") {
        return back(error.error, &error.error_description);
    }
    if asked.prompt.as_deref() == Some("none") {
        return back("consent_required", "Every sign-in must be confirmed by the user");
    }
    let browser = state.flows.browser(state.cookie.of(&headers), network);
    let fresh = asked.prompt.as_deref().is_some_and(|it| it.split(' ').any(|word| word == "login"));
    let ask = ConsentRequest::Code {
        client_id: client.id,
        client_name: client.name,
        redirect_uri,
        state: asked.state,
        scope: asked.scope,
        nonce: asked.nonce,
        challenge,
    };
    let request = state.flows.ask(&browser, ask, fresh, network, now);
    with_cookie(&state, &browser, see(&format!("consent?request={request}")))
}

/// Query parameters of the login and consent pages: the ID of the consent request.
#[derive(Deserialize)]
pub(crate) struct PageQueryParams {
    request: String,
}

/// Shows the login page of a pending request.
pub(crate) async fn login_page(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(about): Query<PageQueryParams>,
) -> Response {
    let Some((_, pending)) = pending(&state, &headers, &about.request) else { return gone() };
    let client = client_name(&pending.ask);
    pages::login(StatusCode::OK, &about.request, &pending.csrf, client, "", None)
}

/// Fields of the form on the login page.
#[derive(Deserialize)]
pub(crate) struct Login {
    request: String,
    csrf: String,
    username: String,
    password: String,
}

/// Checks the password of a login form. Redirects the browser to the consent page, or shows the
/// login page again with an error.
pub(crate) async fn login(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    Form(sent): Form<Login>,
) -> Response {
    let Some((browser, pending)) = pending(&state, &headers, &sent.request) else { return gone() };
    if pending.csrf != sent.csrf {
        return gone();
    }
    let client = client_name(&pending.ask).to_owned();
    let again = |status, text: &str| {
        pages::login(status, &sent.request, &pending.csrf, &client, &sent.username, Some(text))
    };
    let network = peer.network();
    match users::log_in(&state, &sent.username, Secret::new(sent.password), network).await {
        Ok(user) => {
            let browser = state.flows.log_in(&browser, user, network, (state.clock)());
            let next = see(&format!("consent?request={}", sent.request));
            with_cookie(&state, &browser, next)
        }
        Err(LoginError::Wrong) => again(StatusCode::UNAUTHORIZED, "Wrong user or password."),
        Err(LoginError::Throttled(seconds)) => {
            let text = format!("Too many attempts. Try again in {seconds} s.");
            let mut response = again(StatusCode::TOO_MANY_REQUESTS, &text);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Err(LoginError::Failed) => broken(),
    }
}

/// Shows the consent page, or redirects to the login page if no user is logged in.
pub(crate) async fn consent_page(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(about): Query<PageQueryParams>,
) -> Response {
    let Some((browser, pending)) = pending(&state, &headers, &about.request) else { return gone() };
    let Some((user, _)) = state.flows.logged_in(&browser, &pending, (state.clock)()) else {
        return see(&format!("login?request={}", about.request));
    };
    let scope = match &pending.ask {
        ConsentRequest::Code { scope, .. } | ConsentRequest::Device { scope, .. } => {
            scope.as_deref()
        }
    };
    let scopes = granted(scope, &user.role).unwrap_or_default();
    let (note, form_to) = match &pending.ask {
        ConsentRequest::Code { redirect_uri, .. } => {
            let note = format!(
                "<p>Your browser then continues to <strong>{}</strong>.</p>",
                pages::escaped(redirect_uri)
            );
            (note, form_target(redirect_uri))
        }
        ConsentRequest::Device { user_code, .. } => {
            let note = format!(
                "<p>Allow it only if your terminal shows the code <strong>{}</strong>, and you started this sign-in yourself.</p>",
                pages::escaped(user_code)
            );
            (note, None)
        }
    };
    pages::consent(
        &about.request,
        &pending.csrf,
        client_name(&pending.ask),
        &user.email,
        &scopes,
        &note,
        form_to.as_deref(),
    )
}

/// Fields of the form on the consent page.
#[derive(Deserialize)]
pub(crate) struct Consent {
    request: String,
    csrf: String,
    decision: String,
}

/// Records the decision of the user. Redirects the browser to the application, or shows the final
/// page of a device sign-in.
pub(crate) async fn consent(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    Form(sent): Form<Consent>,
) -> Response {
    let now = (state.clock)();
    let Some((browser, pending)) = pending(&state, &headers, &sent.request) else { return gone() };
    let logged_in = state.flows.logged_in(&browser, &pending, now);
    let Some((user, since)) = logged_in else { return gone() };
    if pending.csrf != sent.csrf {
        return gone();
    }
    state.flows.answered(&sent.request);
    let approves = sent.decision == "approve";
    match pending.ask {
        ConsentRequest::Code {
            client_id,
            redirect_uri,
            state: theirs,
            scope,
            nonce,
            challenge,
            ..
        } => {
            if !approves {
                let answer =
                    [("error", "access_denied"), ("error_description", "The user denied access")];
                return return_to(&redirect_uri, &answer, theirs.as_deref(), &state.base_url);
            }
            let approved = approved(&user, client_id, scope, nonce, since.as_second());
            let network = peer.network();
            let code = state.flows.code(approved, &redirect_uri, &challenge, network, now);
            return_to(&redirect_uri, &[("code", &code)], theirs.as_deref(), &state.base_url)
        }
        ConsentRequest::Device { user_code, client_id, scope, .. } => {
            let decision = if approves {
                let approved = approved(&user, client_id, scope, None, since.as_second());
                DeviceState::Approved(approved)
            } else {
                DeviceState::Denied
            };
            if !state.flows.decide(&user_code, decision, now) {
                return gone();
            }
            pages::device_done(approves)
        }
    }
}

fn approved(
    user: &User,
    client_id: String,
    scope: Option<String>,
    nonce: Option<String>,
    auth_time: i64,
) -> Approved {
    Approved { client_id, user_id: user.user_id.clone(), scope, nonce, auth_time }
}

/// Query of the device page: the user code, if it was entered.
#[derive(Deserialize, Default)]
pub(crate) struct DeviceCode {
    user_code: Option<String>,
}

/// Redirects from `/device`, the short URL for users to type, to the device page. The path of the
/// device page is within the path of the cookie, so the browser sends the cookie.
pub(crate) async fn device_address(uri: axum::http::Uri) -> Response {
    see(&uri.query().map_or("oauth/device".to_owned(), |query| format!("oauth/device?{query}")))
}

/// Shows a form for the user code, or redirects to the consent page of a given code.
pub(crate) async fn device_page(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    Query(typed): Query<DeviceCode>,
) -> Response {
    let Some(user_code) = typed.user_code.filter(|code| !code.trim().is_empty()) else {
        return pages::device("", None);
    };
    // A code cannot be guessed at this rate, because 25 billion codes are possible and each is
    // valid for ten minutes (RFC 8628 section 5.1).
    let network = peer.network();
    if let Err(seconds) = state.limiter.take(&format!("device pages {network}")) {
        return pages::device(
            &user_code,
            Some(&format!("Too many attempts. Try again in {seconds} s.")),
        );
    }
    let now = (state.clock)();
    let Some(ask) = state.flows.device_ask(&user_code, now) else {
        return pages::device(&user_code, Some("Unknown code. Codes expire after ten minutes."));
    };
    let browser = state.flows.browser(state.cookie.of(&headers), network);
    let request = state.flows.ask(&browser, ask, false, network, now);
    with_cookie(&state, &browser, see(&format!("consent?request={request}")))
}

/// Returns the ID of the browser and its pending request; `None` without the cookie, or if the
/// request is unknown, has expired or belongs to another browser.
fn pending(state: &AppState, headers: &HeaderMap, request: &str) -> Option<(String, Pending)> {
    let browser = state.cookie.of(headers)?;
    let pending = state.flows.asked(request, browser, (state.clock)())?;
    Some((browser.to_owned(), pending))
}

fn client_name(ask: &ConsentRequest) -> &str {
    match ask {
        ConsentRequest::Code { client_name, .. } | ConsentRequest::Device { client_name, .. } => {
            client_name
        }
    }
}

fn with_cookie(state: &AppState, browser: &str, mut response: Response) -> Response {
    if let Ok(value) = HeaderValue::from_str(&state.cookie.set(browser)) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Redirects the browser to the application. Adds the response parameters, `state` and the issuer
/// (RFC 9207) to the redirect URI.
fn return_to(
    redirect_uri: &str,
    answer: &[(&str, &str)],
    state: Option<&str>,
    issuer: &str,
) -> Response {
    let Ok(mut url) = Url::parse(redirect_uri) else { return broken() };
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(answer);
        if let Some(state) = state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", issuer);
    }
    Redirect::to(url.as_str()).into_response()
}

/// Returns the source for a redirect URI in a content security policy: its origin, or its scheme if
/// it has no origin. `None` if the URI is invalid.
fn form_target(redirect_uri: &str) -> Option<String> {
    let url = Url::parse(redirect_uri).ok()?;
    Some(urls::origin_of(redirect_uri).unwrap_or_else(|| format!("{}:", url.scheme())))
}

fn gone() -> Response {
    pages::failure(
        StatusCode::BAD_REQUEST,
        "This page does not belong to a current sign-in in this browser.",
        "The sign-in may have expired, or cookies are disabled. Return to the application and start again.",
    )
}

fn broken() -> Response {
    pages::failure(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The server could not read or write its data.",
        "Try again in a moment.",
    )
}

impl From<StoreError> for LoginError {
    fn from(_: StoreError) -> Self {
        Self::Failed
    }
}
