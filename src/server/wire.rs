//! Request and response objects of the API, exactly as on the wire.
//!
//! Responses use `snake_case`; requests may also use `camelCase`, because the API that the contract follows mixes
//! both. A request with an unknown member is rejected, so that a misspelled `callbackz` is not silently ignored.

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use utoipa::{IntoParams, ToSchema};

use super::store::secrets::StoredSecret;
use crate::domain::Visibility;

pub mod schemas;

/// Maximum number of grants, and of referers, of a token.
pub(super) const GRANTS_LIMIT: usize = 100;
pub(super) const REFERERS_LIMIT: usize = 100;

/// Maximum length of a token's connection, source and referer, in characters.
pub(super) const CONNECTION_LIMIT: usize = 255;
pub(super) const SOURCE_LIMIT: usize = 8192;
pub(super) const REFERER_LIMIT: usize = 2048;

/// Maximum length of a search text, in characters.
pub(super) const SEARCH_LIMIT: usize = 200;

/// Maximum page number.
pub(super) const PAGE_LIMIT: u32 = 1_000_000;

/// Type of an OAuth client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppType {
    /// A browser application: authorization code with PKCE.
    Spa,
    /// A service (M2M): client credentials. `m2m` is accepted too.
    #[serde(alias = "m2m")]
    NonInteractive,
}

/// Visibility of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisibilityBody {
    /// Its owner alone.
    Private,
    /// Everyone's credentials in the organization, read-only and without secrets.
    Organization,
}

impl From<Visibility> for VisibilityBody {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Private => Self::Private,
            Visibility::Organization => Self::Organization,
        }
    }
}

impl From<VisibilityBody> for Visibility {
    fn from(visibility: VisibilityBody) -> Self {
        match visibility {
            VisibilityBody::Private => Self::Private,
            VisibilityBody::Organization => Self::Organization,
        }
    }
}

/// Owner of a credential.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnerBody {
    /// The user's id.
    #[schema(example = "user_ada")]
    pub user_id: String,
    /// The user's address.
    #[schema(example = "ada@acme.dev")]
    pub email: String,
}

/// An OAuth client.
#[derive(Debug, Serialize, ToSchema)]
pub struct OAuthClient {
    /// Made by the server, public, never changes.
    #[schema(example = "k3Jd81sLq0ZtR4nV7bYx2mWc9PfHgA6u")]
    pub client_id: String,
    /// Only in the answer to a create or a rotation, and with `?include=client_secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Facts about its secrets, newest first. M2M only: a SPA client does not authenticate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secrets: Option<Vec<ClientSecret>>,
    /// The label: 1 to 100 characters, no `<` or `>`, need not be unique.
    #[schema(example = "Store locator")]
    pub name: String,
    /// Type; never changes.
    pub app_type: AppType,
    /// Application login URL: https, or http on loopback. SPA only.
    #[schema(example = "https://stores.acme.dev/")]
    pub initiate_login_uri: Option<String>,
    /// True if the four lists are derived from `initiate_login_uri`. SPA only.
    pub use_default_urls: bool,
    /// Redirect URIs, compared exactly.
    pub callbacks: Vec<String>,
    /// Allowed logout URLs.
    pub allowed_logout_urls: Vec<String>,
    /// Origins allowed to use silent authentication.
    pub web_origins: Vec<String>,
    /// Allowed origins for CORS.
    pub allowed_origins: Vec<String>,
    /// The OAuth grants it may use; read-only.
    pub grant_types: Vec<String>,
    /// Authentication method at the token endpoint; read-only.
    pub token_endpoint_auth_method: String,
    /// Its owner.
    pub owner: OwnerBody,
    /// Visibility.
    pub visibility: VisibilityBody,
    /// Creation time.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Time of the last change.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Time of the last access token; null means never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

/// One secret of a client.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientSecret {
    /// Identifies it among the client's secrets.
    #[schema(example = "sec_k3Jd81sLq0ZtR4nV")]
    pub secret_id: String,
    /// The secret itself: only in the answer that adds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// True if it authenticates the client.
    pub active: bool,
    /// Creation time; null if unknown.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    /// Expiry; null means never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Time of the last access token that it got; null means never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

impl From<StoredSecret> for ClientSecret {
    fn from(stored: StoredSecret) -> Self {
        Self {
            secret_id: stored.id,
            client_secret: None,
            active: stored.active,
            created_at: stored.created_at,
            expires_at: None,
            last_used_at: stored.last_used_at,
        }
    }
}

/// The secrets of a client.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientSecretList {
    /// The secrets, newest first, never with `client_secret`.
    pub data: Vec<ClientSecret>,
}

/// A change of a secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSecretEdit {
    /// False stops it from authenticating the client; true reverts that.
    pub active: bool,
}

/// Members of an OAuth client in a request. [`schemas`] defines which are required or allowed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OAuthClientInput {
    /// Display name.
    #[serde(deserialize_with = "given")]
    pub name: Option<String>,
    /// Type of the client.
    #[serde(alias = "appType", deserialize_with = "given")]
    pub app_type: Option<AppType>,
    /// Application login URL; null removes it.
    #[serde(alias = "initiateLoginUri", deserialize_with = "given")]
    pub initiate_login_uri: Option<Option<String>>,
    /// True if the four URL lists are derived from the login URL.
    #[serde(alias = "useDefaultUrls", deserialize_with = "given")]
    pub use_default_urls: Option<bool>,
    /// Redirect URIs.
    #[serde(deserialize_with = "given")]
    pub callbacks: Option<Vec<String>>,
    /// Logout URLs.
    #[serde(alias = "allowedLogoutUrls", deserialize_with = "given")]
    pub allowed_logout_urls: Option<Vec<String>>,
    /// Origins allowed to use silent authentication.
    #[serde(alias = "webOrigins", deserialize_with = "given")]
    pub web_origins: Option<Vec<String>>,
    /// Allowed origins for CORS.
    #[serde(alias = "allowedOrigins", deserialize_with = "given")]
    pub allowed_origins: Option<Vec<String>>,
    /// Visibility of the credential.
    #[serde(deserialize_with = "given")]
    pub visibility: Option<VisibilityBody>,
}

/// Source that a token may read.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantBody {
    /// The connection's name.
    #[serde(alias = "connectionName")]
    #[schema(example = "carto_dw")]
    pub connection_name: String,
    /// A fully qualified name, a pattern over its segments, an SQL query, or `*` for everything.
    #[schema(example = "project.dataset.stores")]
    pub source: String,
}

/// API access token.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiToken {
    /// Made by the server, public, never changes.
    #[schema(example = "tok_5Xb2mWc9PfHgA6uQ")]
    pub id: String,
    /// The token itself: only in the answer to a create, and with `?include=token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The label, unique among the caller's tokens.
    #[schema(example = "Store map")]
    pub name: String,
    /// APIs that accept it.
    pub allowed_apis: Vec<String>,
    /// Sources it may read.
    pub grants: Vec<GrantBody>,
    /// Pages that may use it, with `*` and `?`; empty means any.
    pub referers: Vec<String>,
    /// Expiry; null means never. Set only at creation.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expiration_date: Option<Timestamp>,
    /// Its owner.
    pub owner: OwnerBody,
    /// Visibility.
    pub visibility: VisibilityBody,
    /// Creation time.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Time of the last change.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Time of last use; null means never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

/// Members of a token in a request. [`schemas`] defines which are required or allowed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiTokenInput {
    /// Display name.
    #[serde(deserialize_with = "given")]
    pub name: Option<String>,
    /// APIs that accept it.
    #[serde(alias = "allowedApis", deserialize_with = "given")]
    pub allowed_apis: Option<Vec<String>>,
    /// Sources that it may read, by connection.
    #[serde(deserialize_with = "given_objects")]
    pub grants: Option<Vec<GrantBody>>,
    /// Pages that may use it.
    #[serde(deserialize_with = "given")]
    pub referers: Option<Vec<String>>,
    /// Expiry; null means never.
    #[serde(alias = "expirationDate", deserialize_with = "given")]
    pub expiration_date: Option<Option<Timestamp>>,
    /// Visibility of the credential.
    #[serde(deserialize_with = "given")]
    pub visibility: Option<VisibilityBody>,
}

/// Position of a page in its list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageBody {
    /// This page's number, from 1.
    pub current: u32,
    /// The most entries a page has.
    pub size: u32,
    /// Number of entries in the whole list.
    pub total: u64,
}

/// A page of OAuth clients.
#[derive(Debug, Serialize, ToSchema)]
pub struct OAuthClientList {
    /// The clients, never with `client_secret`.
    pub data: Vec<OAuthClient>,
    /// Position of this page.
    pub page: PageBody,
}

/// A page of API access tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiTokenList {
    /// The tokens, never with `token`.
    pub data: Vec<ApiToken>,
    /// Position of this page.
    pub page: PageBody,
}

/// Owner filter of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListScope {
    /// The caller's own.
    #[default]
    Mine,
    /// Credentials shared with the organization.
    Organization,
}

/// By what a list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderBy {
    /// The label, without regard to case.
    #[default]
    Name,
    /// Creation time.
    CreatedAt,
    /// Time of the last change.
    UpdatedAt,
    /// Time of last use; never used comes first.
    LastUsedAt,
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From A, from the oldest.
    #[default]
    Asc,
    /// From Z, from the newest.
    Desc,
}

/// Query of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Clients of one type only; lists of tokens ignore it.
    #[param(inline)]
    pub app_type: Option<AppType>,
    /// Owner filter.
    #[serde(default)]
    #[param(inline)]
    pub scope: Option<ListScope>,
    /// Only those whose name, id or URLs contain this text, without regard to case.
    #[param(max_length = 200, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    pub search: Option<String>,
    /// The page, from 1.
    #[param(minimum = 1, maximum = 1_000_000)]
    pub page: Option<u32>,
    /// Entries a page, 100 unless said, 1,000 at the most.
    #[serde(rename = "pageSize", alias = "page_size")]
    #[param(minimum = 1, maximum = 1000)]
    pub page_size: Option<u32>,
    /// Ordered by what.
    #[serde(alias = "orderBy")]
    #[param(inline)]
    pub order_by: Option<OrderBy>,
    /// Up or down.
    #[serde(alias = "orderDirection")]
    #[param(inline)]
    pub order_direction: Option<Direction>,
}

/// Additional members of the answer about a client.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ShowClientQuery {
    /// `client_secret`: the secret, for owners only.
    #[param(inline, required = false)]
    pub include: Option<IncludeSecret>,
}

/// Additional members of the answer about a token.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ShowTokenQuery {
    /// `token`: the token itself, for owners only.
    #[param(inline, required = false)]
    pub include: Option<IncludeToken>,
}

/// The secret of a client.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub enum IncludeSecret {
    /// The member of that name.
    #[serde(rename = "client_secret")]
    ClientSecret,
}

/// The token itself.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub enum IncludeToken {
    /// The member of that name.
    #[serde(rename = "token")]
    Token,
}

/// Version that a change applies to.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatch {
    /// Refuse with 412 unless this is its version, as in the `ETag`.
    #[param(rename = "If-Match", required = false, value_type = String, pattern = r#"^("[!#-~]*"|\*)$"#)]
    pub if_match: String,
}

/// Key that makes a create repeatable.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKey {
    /// Makes the request repeatable for 24 hours. The key belongs to this body: with another one it is
    /// refused with 409.
    #[param(rename = "Idempotency-Key", required = false, value_type = String, min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    pub idempotency_key: String,
}

/// A rotation of a secret.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RotateQuery {
    /// Leave the access tokens that the client has as they are, for a planned rotation.
    #[param(required = false)]
    pub keep_tokens: Option<bool>,
}

/// Creation of a kind, or the reason against it.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindBody {
    /// True if the caller may create it.
    pub create: bool,
    /// Reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The plan that includes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_plan: Option<String>,
}

/// Kinds.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindsBody {
    /// API access tokens.
    pub token: KindBody,
    /// SPA clients.
    pub spa: KindBody,
    /// M2M clients.
    pub m2m: KindBody,
}

/// Features of the server beyond the basics.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeaturesBody {
    /// `rotate-secret` works.
    pub rotate_secret: bool,
    /// Number of secrets that a client can have; above 1, `/secrets` of a client works.
    pub secrets_per_client: usize,
    /// `rotate-secret` ends access tokens at once, and knows `keep_tokens`.
    pub keep_tokens: bool,
    /// Secrets can be read again with `include`.
    pub reveal_secret: bool,
    /// `use_default_urls` is known.
    pub default_urls: bool,
    /// `scope=organization` is known.
    pub organization: bool,
    /// Times at which a token's expiry can be set.
    #[schema(example = "create_only")]
    pub expiration: String,
}

/// Maximum number of each kind; null means no limit.
#[derive(Debug, Serialize, ToSchema)]
pub struct LimitsBody {
    /// API access tokens of one user.
    pub tokens: Option<u32>,
    /// OAuth clients of one user.
    pub clients: Option<u32>,
    /// Entries of one URL list.
    pub urls_per_list: usize,
}

/// Features of this server for the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Capabilities)]
pub struct CapabilitiesObject {
    /// The base URL to show and copy.
    pub api_base_url: String,
    /// The issuer of access tokens; its metadata are below it (RFC 8414).
    pub issuer: String,
    /// The audience to ask tokens for.
    pub audience: String,
    /// Kinds.
    pub types: KindsBody,
    /// Features beyond the basics.
    pub features: FeaturesBody,
    /// The APIs a token can be made for.
    pub allowed_apis: Vec<String>,
    /// Those of them that cannot be combined.
    pub exclusive_apis: Vec<String>,
    /// Maximum numbers.
    pub limits: LimitsBody,
}

/// Signed-in user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub struct MeObject {
    /// The user's id.
    pub user_id: String,
    /// The user's address.
    pub email: String,
    /// The account's id.
    pub account_id: String,
    /// The organization's name.
    pub organization_name: String,
    /// The organization's domain.
    pub tenant_domain: String,
    /// `viewer`, `editor`, `admin` or `superadmin`.
    pub role: String,
    /// The plan's name.
    pub plan: String,
}

/// Deserializes a member that is present. Rejects null unless `T` accepts it.
pub(super) fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Like [`given`], for a list of objects. Rejects arrays, from which serde would also deserialize a
/// struct.
fn given_objects<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let objects = Vec::<serde_json::Map<String, serde_json::Value>>::deserialize(deserializer)?;
    let read = |object| serde_json::from_value(serde_json::Value::Object(object));
    objects.into_iter().map(read).collect::<Result<_, _>>().map(Some).map_err(D::Error::custom)
}
