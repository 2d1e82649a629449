//! Embedded credentials API and its authorization server.
//!
//! This small server is intended for one user and for tests. It implements the contract in
//! `assets/openapi.yaml` over HTTP: it validates its own bearer tokens, enforces ownership and
//! plans, and issues access tokens to M2M clients and users. It stores its data in SQLite, with
//! secrets encrypted at rest. The server does not depend on the console.
//!
//! | module | content |
//! |---|---|
//! | [`wire`] | objects of the contract, as JSON |
//! | `clients`, `client_secrets`, `tokens`, `about`, `oauth` | endpoints |
//! | `users` | passwords |
//! | `caller` | extractors for the caller, path, query and body of a request |
//! | `records` | access checks, versions and idempotent creation |
//! | `limit`, `bounded` | rate limits, maps of limited size |
//! | `connections` | HTTP connections, and the limits of request size and time |
//! | [`problem`] | error responses |
//! | [`store`] | SQLite database: every acknowledged write is on disk |
//! | [`keys`] | key that encrypts secrets, key that signs tokens |
//! | [`seed`] | example data |

mod about;
mod bounded;
mod caller;
mod client_secrets;
mod clients;
mod connections;
pub mod keys;
mod limit;
mod oauth;
pub mod problem;
mod records;
pub mod seed;
pub mod store;
mod tokens;
mod users;
pub mod wire;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath},
    http::{HeaderValue, Method, StatusCode, header},
    middleware,
    response::{IntoResponse as _, Response},
    routing::get,
};
use jiff::Timestamp;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{
        AuthorizationCode, ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes,
        SecurityScheme,
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::domain::{Secret, passphrase::FOR_LOGINS};
use keys::Signer;
use limit::{Limiter, LoginDelays};
use oauth::{browser::BrowserCookie, flows::Flows};
use store::{Store, StoreError, User};
use users::OneTime;

/// Audience of the access tokens that the server issues (`aud`).
pub const AUDIENCE: &str = "credenza-api";

/// Lifetime of access tokens for M2M clients and from a [`Minter`], in seconds. It is 24 hours, as
/// for CARTO.
pub const TOKEN_LIFETIME: i64 = 24 * 60 * 60;

/// Maximum number of password attempts per minute from one network, for all user names together. A
/// burst may contain at most a sixth of this number.
const LOGINS_PER_MINUTE: u32 = 120;

/// Function that returns the current time. Tests use a fixed time.
pub type Clock = fn() -> Timestamp;

/// Plan of the account. M2M clients require [`SubscriptionPlan::EnterpriseLarge`] or higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, clap::ValueEnum)]
pub enum SubscriptionPlan {
    /// Lower than every enterprise plan.
    Professional,
    /// The smallest enterprise plan.
    EnterpriseSmall,
    /// The middle enterprise plan.
    EnterpriseMedium,
    /// The lowest plan with M2M clients.
    #[default]
    EnterpriseLarge,
    /// The highest plan, with all features.
    EnterpriseExtraLarge,
}

impl SubscriptionPlan {
    /// Returns the display name of the plan.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Professional => "Professional",
            Self::EnterpriseSmall => "Enterprise Small",
            Self::EnterpriseMedium => "Enterprise Medium",
            Self::EnterpriseLarge => "Enterprise Large",
            Self::EnterpriseExtraLarge => "Enterprise Extra Large",
        }
    }

    const fn allows_m2m(self) -> bool {
        matches!(self, Self::EnterpriseLarge | Self::EnterpriseExtraLarge)
    }
}

/// Storage location of a server's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataDir {
    /// Data in memory, lost when the process ends.
    Ephemeral,
    /// Data in a directory with mode 0700.
    Directory(PathBuf),
}

/// Configuration of an embedded server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Storage location of the data.
    pub place: DataDir,
    /// Plan of the account, which limits the available credentials.
    pub plan: SubscriptionPlan,
    /// Public base URL; `None` for the URL of the address that the server listens on.
    pub public_url: Option<String>,
    /// Example data added to a store without credentials.
    pub seed: seed::Seed,
    /// Name of the user who owns the credentials; `None` for the example user.
    pub user: Option<String>,
    /// Maximum number of requests per caller and minute. A burst may contain at most a sixth of
    /// this number.
    pub requests_per_minute: u32,
    /// Lifetime of the access token of a signed-in user, in seconds.
    pub session_seconds: i64,
    /// Minimum polling interval of the device flow, in seconds (RFC 8628 section 3.2).
    pub device_interval: i64,
    /// True if the address of a caller is the last entry of `X-Forwarded-For`, which a trusted
    /// proxy sets.
    pub forwarded: bool,
    /// Source of the current time.
    pub clock: Clock,
}

impl Config {
    /// Returns the default configuration with a storage location and the name of the owner.
    #[must_use]
    pub fn local(place: DataDir, user: Option<String>) -> Self {
        Self { place, user, ..Self::default() }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            place: DataDir::Ephemeral,
            plan: SubscriptionPlan::default(),
            public_url: None,
            seed: seed::Seed::Nothing,
            user: None,
            requests_per_minute: 6000,
            session_seconds: 3600,
            device_interval: 5,
            forwarded: false,
            clock: Timestamp::now,
        }
    }
}

/// Reason why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The listener cannot be used.
    #[error("cannot listen: {0}")]
    Listen(#[from] io::Error),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The encryption key or the signing key cannot be created or read.
    #[error(transparent)]
    Keys(#[from] keys::KeyError),
}

/// Server with an open store and a bound address. It handles requests only after [`Server::serve`]
/// is called.
pub struct Server {
    state: AppState,
    listener: TcpListener,
}

#[derive(Clone)]
pub(crate) struct AppState(Arc<SharedState>);

pub(crate) struct SharedState {
    /// User who owns the credentials.
    pub owner: User,
    pub store: Store,
    pub signer: Signer,
    pub limiter: Limiter,
    /// Delays after wrong passwords.
    pub logins: LoginDelays,
    /// Limit of password attempts per network, because each hash takes 19 MiB of memory.
    pub login_attempts: Limiter,
    /// Permits to receive large request bodies. Their number limits the memory for bodies.
    pub large_bodies: tokio::sync::Semaphore,
    /// True if a trusted proxy reports the address of a caller.
    pub forwarded: bool,
    /// Permits to compute password hashes. Their number limits the memory for parallel hashes.
    pub hashing: tokio::sync::Semaphore,
    pub flows: Flows,
    pub one_time: OneTime,
    pub plan: SubscriptionPlan,
    pub cookie: BrowserCookie,
    pub base_url: String,
    pub session_seconds: i64,
    pub device_interval: i64,
    pub clock: Clock,
}

impl std::ops::Deref for AppState {
    type Target = SharedState;

    fn deref(&self) -> &SharedState {
        &self.0
    }
}

/// Issuer of access tokens for users of the account, without a sign-in. It also sets the passwords
/// of the owner.
#[derive(Clone)]
pub struct Minter(AppState);

impl Minter {
    /// Returns an access token for the user who owns the credentials, valid for [`TOKEN_LIFETIME`].
    ///
    /// # Errors
    /// [`StartError`] if the token cannot be signed.
    pub fn bearer(&self) -> Result<Secret, StartError> {
        self.bearer_for(&self.0.owner)
    }

    /// Returns an access token for any user of the account, with all permissions of the user's
    /// role. It is valid for [`TOKEN_LIFETIME`].
    ///
    /// # Errors
    /// [`StartError`] if the token cannot be signed.
    pub fn bearer_for(&self, user: &User) -> Result<Secret, StartError> {
        let grant = oauth::TokenClaims::of_user(&self.0, user);
        Ok(Secret::new(self.0.signer.sign("at+jwt", &grant)?))
    }

    /// Returns the name of the user who owns the credentials.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.0.owner.email
    }

    /// Returns a password that the owner of the credentials can use once, within ten minutes.
    /// Another call invalidates it.
    #[must_use]
    pub fn one_time_password(&self) -> Secret {
        self.0.one_time.make((self.0.clock)())
    }

    /// Sets the first password of the owner of the credentials. Returns false if the owner already
    /// has a password, including one that was set concurrently. Blocks while the password is
    /// hashed.
    ///
    /// # Errors
    /// [`StartError`] if the store cannot be written.
    pub fn set_first_password(&self, password: &Secret) -> Result<bool, StartError> {
        let (id, store) = (User::seeded().user_id, &self.0.store);
        if store.with(|connection, _| users::has_password(connection, &id))? {
            return Ok(false);
        }
        let hashed = users::hash(password, FOR_LOGINS);
        Ok(store.with(|connection, _| users::set_first_password(connection, &id, &hashed))?)
    }

    /// Replaces the password of the owner of the credentials. Blocks while the password is hashed.
    ///
    /// # Errors
    /// [`StartError`] if the store cannot be written.
    pub fn set_password(&self, password: &Secret) -> Result<(), StartError> {
        let (id, hashed) = (User::seeded().user_id, users::hash(password, FOR_LOGINS));
        Ok(self.0.store.with(|connection, _| users::set_password(connection, &id, &hashed))?)
    }
}

impl Server {
    /// Opens the store, adds the example data if the store has no credentials, and prepares the
    /// listener.
    ///
    /// # Errors
    /// [`StartError`] if the store, a key file or the listener cannot be used.
    pub fn open(config: &Config, listener: TcpListener) -> Result<Self, StartError> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let base_url = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let now = (config.clock)();
        // The example user's ID is kept, because stored credentials refer to it.
        let mut owner = User::seeded();
        if let Some(user) = &config.user {
            user.clone_into(&mut owner.email);
        }
        let mut store = Store::open(&config.place, &owner)?;
        seed::apply(&mut store, config.seed, now)?;
        let signer = Signer::load(&mut store)?;
        let limiter = Limiter::new(config.requests_per_minute, config.clock);
        let state = AppState(Arc::new(SharedState {
            owner,
            store,
            signer,
            limiter,
            logins: LoginDelays::default(),
            login_attempts: Limiter::new(LOGINS_PER_MINUTE, config.clock),
            large_bodies: tokio::sync::Semaphore::new(16),
            forwarded: config.forwarded,
            hashing: tokio::sync::Semaphore::new(4),
            flows: Flows::default(),
            one_time: OneTime::default(),
            plan: config.plan,
            cookie: BrowserCookie::new(&base_url),
            base_url,
            session_seconds: config.session_seconds,
            device_interval: config.device_interval,
            clock: config.clock,
        }));
        Ok(Self { state, listener })
    }

    /// Returns the base URL of the API.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.state.base_url
    }

    /// Returns the address that the server listens on.
    ///
    /// # Errors
    /// Returns an error if the system cannot report the address.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Returns a [`Minter`] for this server, which can also be used while the server runs.
    #[must_use]
    pub fn minter(&self) -> Minter {
        Minter(self.state.clone())
    }

    /// Serves requests until `stop` resolves. Open requests then get half a second to finish.
    ///
    /// # Errors
    /// Returns an error if the listener cannot be registered with the runtime.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let forwarded = self.state.forwarded;
        connections::serve(listener, router(self.state), forwarded, stop).await
    }
}

/// Returns the OpenAPI document of the contract, generated from the handlers.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented_routes().to_openapi()
}

fn router(state: AppState) -> Router {
    let (api, _) = documented_routes().split_for_parts();
    api.merge(pages())
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(middleware::from_fn_with_state(state.clone(), connections::receive_body))
        .layer(middleware::from_fn(name_request))
        .layer(middleware::from_fn(cors))
        .layer(middleware::map_response(forbid_storing))
        .layer(DefaultBodyLimit::disable()) // `receive_body` has its own limits
        .with_state(state)
}

fn documented_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(ContractDocument::openapi())
        .routes(routes!(clients::list, clients::create))
        .routes(routes!(clients::show, clients::edit, clients::delete))
        .routes(routes!(clients::rotate_secret))
        .routes(routes!(client_secrets::list, client_secrets::add))
        .routes(routes!(client_secrets::edit, client_secrets::delete))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::show, tokens::edit, tokens::delete))
        .routes(routes!(about::capabilities))
        .routes(routes!(about::me))
        .routes(routes!(oauth::token))
        .routes(routes!(oauth::revoke))
        .routes(routes!(oauth::device::device))
        .routes(routes!(oauth::metadata::jwks))
        .routes(routes!(oauth::metadata::openid_configuration))
        .routes(routes!(oauth::metadata::oauth_metadata))
        .routes(routes!(oauth::metadata::protected_resource))
}

/// Returns the routes of the HTML pages, which are not part of the contract.
fn pages() -> Router<AppState> {
    use oauth::browser;
    Router::new()
        .route("/oauth/authorize", get(browser::authorize))
        .route("/oauth/login", get(browser::login_page).post(browser::login))
        .route("/oauth/consent", get(browser::consent_page).post(browser::consent))
        .route("/device", get(browser::device_address))
        .route("/oauth/device", get(browser::device_page))
}

/// Forbids caching of all responses, because some contain secrets and tokens.
async fn forbid_storing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Allows browser apps from any origin to call the API and read public documents. This is safe,
/// because these endpoints accept a bearer token or no authentication, never a cookie. The token
/// endpoint adds its own headers, because it allows only the origins of the client.
async fn cors(request: axum::extract::Request, next: middleware::Next) -> Response {
    let path = request.uri().path();
    let open = path.starts_with("/v3/") || path.starts_with("/.well-known/");
    let from_page = request.headers().contains_key(header::ORIGIN);
    let asks = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response =
        if open && asks { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    if open && from_page {
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PATCH, DELETE"),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization, content-type, if-match, idempotency-key",
            ),
            (header::ACCESS_CONTROL_EXPOSE_HEADERS, "etag, retry-after, x-request-id"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

/// Gives each request an ID to quote in error reports, and logs the request. Logs only the route
/// pattern, because a path may contain a token.
async fn name_request(request: axum::extract::Request, next: middleware::Next) -> Response {
    let id = keys::random_id("req_", 12);
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let path = path.as_ref().map_or("(no such path)", MatchedPath::as_str).to_owned();
    problem::REQUEST_ID
        .scope(id.clone(), async move {
            let mut response = next.run(request).await;
            let status = response.status().as_u16();
            tracing::debug!(%method, path, status, request_id = id, "answered");
            if let Ok(value) = HeaderValue::from_str(&id) {
                response.headers_mut().insert("x-request-id", value);
            }
            response
        })
        .await
}

/// Contract of a credentials API. Credenza can manage any server that implements it.
///
/// Every request requires `Authorization: Bearer`, except those to the authorization server. Lists
/// contain the credentials of the caller, or those visible in the organization, but no secrets.
/// Errors of the API are a `Problem`, and errors of the authorization server an `OAuthError`.
/// Clients should ignore unknown members, and preserve them in edits.
#[derive(OpenApi)]
#[openapi(
    info(title = "Credentials API", version = "3.0.0", license(name = "MIT OR Apache-2.0")),
    modifiers(&BearerScheme),
    components(schemas(problem::Problem)),
    tags(
        (name = "OAuth clients", description = "SPA and M2M clients of the caller."),
        (name = "API access tokens", description = "Long-lived tokens of the caller."),
        (name = "About", description = "Features of this server for the caller."),
        (name = "Authorization server", description = "Access tokens for M2M clients and for users (RFC 6749, 7009, 7636, 8414, 8628)."),
    )
)]
struct ContractDocument;

/// Returns the OAuth flows that issue bearer tokens, for the OpenAPI document.
fn flows() -> [Flow; 2] {
    let scopes = || {
        let about = |scope: &str| format!("Permission to {}", scope.replace(':', " "));
        let all = oauth::permissions("admin").into_iter();
        all.map(|it| (it.to_owned(), about(it))).collect::<Scopes>()
    };
    [
        Flow::ClientCredentials(ClientCredentials::new("/oauth/token", scopes())),
        Flow::AuthorizationCode(AuthorizationCode::new(
            "/oauth/authorize",
            "/oauth/token",
            scopes(),
        )),
    ]
}

struct BearerScheme;

impl Modify for BearerScheme {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("OAuth access token from this server's issuer (RFC 6750)."))
            .build();
        openapi
            .components
            .get_or_insert_with(Default::default)
            .add_security_scheme("bearer", SecurityScheme::Http(bearer));
        openapi
            .components
            .get_or_insert_with(Default::default)
            .add_security_scheme("oauth", SecurityScheme::OAuth2(OAuth2::new(flows())));
    }
}
