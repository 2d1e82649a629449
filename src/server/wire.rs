//! The contract's objects, exactly as they stand on the wire.
//!
//! Answers are written in `snake_case`; requests may use `camelCase` as well, because the API that
//! the contract follows mixes them. A request with a member that does not exist is refused, so that
//! a misspelt `callbackz` is not lost in silence.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::Visibility;

/// What an OAuth client is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppType {
    /// A browser application: authorization code with PKCE.
    Spa,
    /// A service (M2M): client credentials. `m2m` is accepted too.
    #[serde(alias = "m2m")]
    NonInteractive,
}

/// Who may see that a credential exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisibilityBody {
    /// Its owner alone.
    Private,
    /// Everybody in the organisation, read-only and without its secret.
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

/// Who made a credential.
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
    /// The label: 1 to 100 characters, no `<` or `>`, need not be unique.
    #[schema(example = "Store locator")]
    pub name: String,
    /// What it is for; never changes.
    pub app_type: AppType,
    /// Application login URL: https, or http on loopback. SPA only.
    #[schema(example = "https://stores.acme.dev/")]
    pub initiate_login_uri: Option<String>,
    /// Whether the four lists are derived from `initiate_login_uri`. SPA only.
    pub use_default_urls: bool,
    /// Redirect URIs, compared exactly.
    pub callbacks: Vec<String>,
    /// Where a browser may be sent after signing out.
    pub allowed_logout_urls: Vec<String>,
    /// Origins that may use silent authentication.
    pub web_origins: Vec<String>,
    /// Origins that may call with CORS.
    pub allowed_origins: Vec<String>,
    /// The OAuth grants it may use; read-only.
    pub grant_types: Vec<String>,
    /// How it authenticates at the token endpoint; read-only.
    pub token_endpoint_auth_method: String,
    /// Its owner.
    pub owner: OwnerBody,
    /// Who may see it.
    pub visibility: VisibilityBody,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When it last got an access token; null means never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

/// What can be said of an OAuth client when it is made or edited. An edit changes only the members
/// that are present; a list replaces the whole list. An M2M client has `name` and `visibility` alone.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuthClientInput {
    /// The label; needed to create.
    pub name: Option<String>,
    /// What it is for; needed to create, and then never changes.
    #[serde(alias = "appType")]
    pub app_type: Option<AppType>,
    /// Application login URL; needed while `use_default_urls` is true. Null removes it.
    #[serde(default, alias = "initiateLoginUri", deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub initiate_login_uri: Option<Option<String>>,
    /// Derive the four lists from the login URL; true unless said. Lists that are sent are then ignored.
    #[serde(alias = "useDefaultUrls")]
    pub use_default_urls: Option<bool>,
    /// Redirect URIs; at least one while `use_default_urls` is false.
    pub callbacks: Option<Vec<String>>,
    /// Where a browser may be sent after signing out.
    #[serde(alias = "allowedLogoutUrls")]
    pub allowed_logout_urls: Option<Vec<String>>,
    /// Origins that may use silent authentication.
    #[serde(alias = "webOrigins")]
    pub web_origins: Option<Vec<String>>,
    /// Origins that may call with CORS; `https://*.host` is allowed.
    #[serde(alias = "allowedOrigins")]
    pub allowed_origins: Option<Vec<String>>,
    /// Who may see it; private unless said.
    pub visibility: Option<VisibilityBody>,
}

/// What a token may read.
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

/// An API access token.
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
    /// Which APIs accept it.
    pub allowed_apis: Vec<String>,
    /// What it may read.
    pub grants: Vec<GrantBody>,
    /// Which pages may send it, with `*` and `?`; empty means any.
    pub referers: Vec<String>,
    /// When it stops working; null means never. Set only at creation.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expiration_date: Option<Timestamp>,
    /// Its owner.
    pub owner: OwnerBody,
    /// Who may see it.
    pub visibility: VisibilityBody,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// When it was last used; null means never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

/// What can be said of a token when it is made or edited. An edit changes only the members that are
/// present; a list replaces the whole list.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiTokenInput {
    /// The label, unique among the caller's tokens; made by the server (`tk_…`) when left out.
    pub name: Option<String>,
    /// At least one of `sql`, `maps`, `imports`, `lds`, `mcp`; `imports` stands alone.
    #[serde(alias = "allowedApis")]
    pub allowed_apis: Option<Vec<String>>,
    /// At least one.
    pub grants: Option<Vec<GrantBody>>,
    /// Which pages may send it.
    pub referers: Option<Vec<String>>,
    /// When it stops working: in the future, and only at creation.
    #[serde(alias = "expirationDate")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expiration_date: Option<Timestamp>,
    /// Who may see it; private unless said.
    pub visibility: Option<VisibilityBody>,
}

/// Where a page stands in its list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageBody {
    /// This page's number, from 1.
    pub current: u32,
    /// The most entries a page has.
    pub size: u32,
    /// How many entries the whole list has.
    pub total: u64,
}

/// A page of OAuth clients.
#[derive(Debug, Serialize, ToSchema)]
pub struct OAuthClientList {
    /// The clients, never with `client_secret`.
    pub data: Vec<OAuthClient>,
    /// Where this page stands.
    pub page: PageBody,
}

/// A page of API access tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiTokenList {
    /// The tokens, never with `token`.
    pub data: Vec<ApiToken>,
    /// Where this page stands.
    pub page: PageBody,
}

/// Whose credentials a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The caller's own.
    #[default]
    Mine,
    /// What anybody in the organisation made visible.
    Organization,
}

/// By what a list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderBy {
    /// The label, without regard to case.
    #[default]
    Name,
    /// When it was made.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// When it was last used; never comes first.
    LastUsedAt,
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From A, from the oldest.
    #[default]
    Asc,
    /// From Z, from the newest.
    Desc,
}

/// How a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Clients of one type only; lists of tokens ignore it.
    #[param(inline)]
    pub app_type: Option<AppType>,
    /// Whose.
    #[serde(default)]
    #[param(inline)]
    pub scope: Option<Scope>,
    /// Only those whose name, id or URLs contain this text, without regard to case.
    pub search: Option<String>,
    /// The page, from 1.
    #[param(minimum = 1)]
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

/// What else an answer should hold.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ShowQuery {
    /// `client_secret` for a client, `token` for a token: owners only.
    pub include: Option<String>,
}

/// Whether a kind can be made, and if not why.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindBody {
    /// Whether the caller may make one.
    pub create: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The plan that includes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_plan: Option<String>,
}

/// Which kinds there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindsBody {
    /// API access tokens.
    pub token: KindBody,
    /// SPA clients.
    pub spa: KindBody,
    /// M2M clients.
    pub m2m: KindBody,
}

/// What the server can do beyond the basics.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeaturesBody {
    /// `rotate-secret` works.
    pub rotate_secret: bool,
    /// Secrets can be read again with `include`.
    pub reveal_secret: bool,
    /// `use_default_urls` is known.
    pub default_urls: bool,
    /// `scope=organization` is known.
    pub organization: bool,
    /// When a token's expiry can be set.
    #[schema(example = "create_only")]
    pub expiration: String,
}

/// How many of each there may be; null means no limit.
#[derive(Debug, Serialize, ToSchema)]
pub struct LimitsBody {
    /// API access tokens of one user.
    pub tokens: Option<u32>,
    /// OAuth clients of one user.
    pub clients: Option<u32>,
    /// Entries of one URL list.
    pub urls_per_list: usize,
}

/// What this server can do, and for whom.
#[derive(Debug, Serialize, ToSchema)]
pub struct Capabilities {
    /// The base URL to show and copy.
    pub api_base_url: String,
    /// The issuer of access tokens; its metadata are below it (RFC 8414).
    pub issuer: String,
    /// The audience to ask tokens for.
    pub audience: String,
    /// Which kinds there are.
    pub types: KindsBody,
    /// What works beyond the basics.
    pub features: FeaturesBody,
    /// The APIs a token can be made for.
    pub allowed_apis: Vec<String>,
    /// Those of them that stand alone.
    pub exclusive_apis: Vec<String>,
    /// How many there may be.
    pub limits: LimitsBody,
}

/// Who the caller is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// The user's id.
    pub user_id: String,
    /// The user's address.
    pub email: String,
    /// The account's id.
    pub account_id: String,
    /// The organisation's name.
    pub organization_name: String,
    /// The organisation's domain.
    pub tenant_domain: String,
    /// `viewer`, `editor`, `admin` or `superadmin`.
    pub role: String,
    /// The plan's name.
    pub plan: String,
}

#[expect(clippy::option_option, reason = "absent, null and present are three things in a PATCH")]
/// Tells a member that is null from one that is absent.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
