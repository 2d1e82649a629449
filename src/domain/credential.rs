//! Credentials of all kinds, and their fields.

use std::fmt;

use jiff::Timestamp;
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::{
    Untrusted, age,
    draft::{Field, Fields},
    profile::Word,
};

/// Kind of a credential. The variants are in the order of the tabs.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// A long-lived API access token, limited to grants and APIs.
    Token,
    /// A public OAuth client of a browser application: authorization code with PKCE.
    Spa,
    /// A confidential OAuth client of a service: client credentials.
    M2m,
    /// Any other OAuth client: native, regular web, device. Only some providers have such clients.
    Other,
}

impl Kind {
    /// All kinds, in tab order.
    pub const ALL: [Self; 4] = [Self::Token, Self::Spa, Self::M2m, Self::Other];

    /// Returns the plural name, which is the title of the tab.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Token => "API Access Tokens",
            Self::Spa => "SPA OAuth Clients",
            Self::M2m => "M2M OAuth Clients",
            Self::Other => "Other OAuth Clients",
        }
    }

    /// Returns the singular display name.
    #[must_use]
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Token => "API Access Token",
            Self::Spa => "SPA OAuth Client",
            Self::M2m => "M2M OAuth Client",
            Self::Other => "OAuth Client",
        }
    }

    /// Returns the purpose of the kind in one sentence, for the chooser and the empty list.
    #[must_use]
    pub const fn when_to_use(self) -> &'static str {
        match self {
            Self::Token => {
                "For public maps and scripts: reads only the granted sources, without sign-in."
            }
            Self::Spa => "For a browser app with user sign-in: each user sees only their own data.",
            Self::M2m => {
                "For a backend without users: acts with your permissions, so keep its secret on a server."
            }
            Self::Other => {
                "For native, regular web and device apps: create these clients at the provider, and edit them here."
            }
        }
    }

    /// Returns the label of the ID: `Token ID` or `Client ID`.
    #[must_use]
    pub const fn id_label(self) -> &'static str {
        match self {
            Self::Token => "Token ID",
            Self::Spa | Self::M2m | Self::Other => "Client ID",
        }
    }

    /// Returns the label of the secret: `Token` or `Client secret`.
    #[must_use]
    pub const fn secret_label(self) -> &'static str {
        match self {
            Self::Token => "Token",
            Self::Spa | Self::M2m | Self::Other => "Client secret",
        }
    }

    /// Returns the effect of a deletion, in one or two sentences.
    #[must_use]
    pub const fn deletion_impact(self) -> &'static str {
        match self {
            Self::Token => "Every request that uses this token fails from then on.",
            Self::Spa | Self::Other => {
                "Users can no longer sign in through this client. Access tokens already issued may work until they expire."
            }
            Self::M2m => {
                "Every service that uses this client stops getting tokens. Access tokens already issued may work until they expire."
            }
        }
    }
}

impl Kind {
    /// Parses the name of a kind, such as `m2m`, ignoring case. `tokens` is accepted too.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let word = word.to_lowercase();
        Self::of_word(if word == "tokens" { "token" } else { &word })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.singular())
    }
}

/// Owner of a credential. An M2M client has the owner's permissions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Owner {
    /// User ID at the provider.
    pub user_id: Untrusted,
    /// The user's email address or login name.
    pub email: Untrusted,
    /// Role of the user, if the provider reports it.
    pub role: Option<Untrusted>,
    /// True if the user is still in the organization; `None` if the provider does not report it.
    pub active: Option<bool>,
    /// Last sign-in of the user, if the provider reports it.
    pub last_login_at: Option<Timestamp>,
}

/// Visibility of a credential. Only the owner can change a credential or see its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Visibility {
    /// Visible to the owner only.
    #[default]
    Private,
    /// Visible to all members of the organization, read-only and without the secret.
    Organization,
}

/// Reference to a credential on its server. An ID is unique among credentials of the same kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CredentialRef {
    /// Kind of the credential.
    pub kind: Kind,
    /// Client ID or token ID.
    pub id: Untrusted,
}

impl CredentialRef {
    /// Creates a reference from a kind and an ID.
    #[must_use]
    pub const fn new(kind: Kind, id: Untrusted) -> Self {
        Self { kind, id }
    }
}

/// One source of one connection that a token can read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant {
    /// The connection's name.
    pub connection: Untrusted,
    /// A fully qualified name, a pattern over its segments, an SQL query, or `*` for the whole
    /// connection.
    pub source: Untrusted,
}

/// Common fields of all credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Client ID or token ID, which is public and immutable.
    pub id: Untrusted,
    /// Display name, chosen by users.
    pub name: Untrusted,
    /// Owner, if the provider reports one.
    pub owner: Option<Owner>,
    /// True if the provider reports owners. If false, a missing owner is unknown.
    pub reports_owner: bool,
    /// Visibility within the organization.
    pub visibility: Visibility,
    /// Creation time, if the provider reports it.
    pub created_at: Option<Timestamp>,
    /// Time of the last change, if the provider reports it.
    pub updated_at: Option<Timestamp>,
    /// Time of the last use, if the provider reports it.
    pub last_used_at: Option<Timestamp>,
    /// True if the provider reports the last use. If false, a missing time is unknown.
    pub reports_last_used: bool,
    /// Version of the credential, which an edit sends to detect conflicts (`ETag`, RFC 9110 section
    /// 8.8.3).
    pub version: Option<String>,
    /// True if the server created the client for itself, such as Keycloak's `account-console`.
    /// Without such a client, users cannot sign in to the server's own pages.
    pub built_in: bool,
    /// Reason why the fields could not be read. If it is set, only the kind, ID and name are known.
    pub unreadable: Option<Untrusted>,
    /// Remarks that Credenza adds, for example after a creation.
    pub notes: Vec<Untrusted>,
    /// Members that Credenza does not interpret, as pairs of name and JSON text.
    pub unknown: Vec<(Untrusted, Untrusted)>,
    /// Fields that the provider supports. All other fields are absent, not empty.
    pub has: Fields,
    /// Fields that the response omitted; their values are unknown.
    pub missing: Fields,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            id: Untrusted::default(),
            name: Untrusted::default(),
            owner: None,
            reports_owner: false,
            visibility: Visibility::default(),
            created_at: None,
            updated_at: None,
            last_used_at: None,
            reports_last_used: false,
            version: None,
            built_in: false,
            unreadable: None,
            notes: Vec::new(),
            unknown: Vec::new(),
            has: Fields::default(),
            missing: Fields::NONE,
        }
    }
}

impl Record {
    /// Creates a record for a credential that could not be read, from its ID, its name and the
    /// reason.
    #[must_use]
    pub fn unreadable(id: Untrusted, name: Untrusted, why: impl Into<Untrusted>) -> Self {
        let has = Fields::of(&[Field::Name]);
        Self { id, name, has, unreadable: Some(why.into()), ..Self::default() }
    }

    /// Returns true if a field's value is known, even if it is empty.
    #[must_use]
    pub const fn tells(&self, field: Field) -> bool {
        self.has.has(field) && !self.missing.has(field)
    }
}

/// Behavior of the refresh tokens of a client. `None` means unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refresh {
    /// True if each use issues a new refresh token (RFC 9700 section 4.14.2).
    pub rotates: Option<bool>,
    /// True if refresh tokens are bound to their sender by mTLS or `DPoP`.
    pub bound: Option<bool>,
    /// True if refresh tokens expire regardless of use.
    pub expires: Option<bool>,
    /// Seconds for which a used refresh token is still accepted.
    pub leeway: Option<u64>,
}

/// Expiry of a token, a secret or a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// The expiry is unknown.
    Unknown,
    /// There is no expiry.
    Never,
    /// The expiry is at this time.
    At(Timestamp),
}

/// Converts an expiry in which `Some(None)` means never and `None` means unknown.
impl From<Option<Option<Timestamp>>> for Expiry {
    fn from(expiry: Option<Option<Timestamp>>) -> Self {
        match expiry {
            None => Self::Unknown,
            Some(None) => Self::Never,
            Some(Some(at)) => Self::At(at),
        }
    }
}

/// Metadata of one secret of a client, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretAge {
    /// ID of the secret within the client, if the provider assigns one.
    pub id: Option<Untrusted>,
    /// Creation time, if known.
    pub created_at: Option<Timestamp>,
    /// Expiry; `Some(None)` means never, `None` means unknown.
    pub expires_at: Option<Option<Timestamp>>,
    /// True if the secret is enabled. It may still have expired.
    pub active: bool,
    /// True if the provider reports the last use. If false, a missing time is unknown.
    pub reports_last_used: bool,
    /// Time of the last use, if known.
    pub last_used_at: Option<Timestamp>,
}

impl SecretAge {
    /// Describes state, age, expiry and last use, as far as they are known:
    /// `active, created 412 d ago, no expiry`.
    #[must_use]
    pub fn described(&self, now: Timestamp) -> String {
        let past = |at: Timestamp| age::since(now, at);
        let mut parts = vec![if self.active { "active" } else { "inactive" }.to_owned()];
        parts.extend(self.created_at.map(|at| format!("created {}", past(at))));
        parts.extend(self.expires_at.map(|expiry| match expiry {
            None => "no expiry".to_owned(),
            Some(at) if at > now => format!("expires {} ({})", age::utc(at), age::ago(now, at)),
            Some(at) => format!("expired {} ({})", age::utc(at), past(at)),
        }));
        parts.extend(self.last_used_at.map(|at| format!("last used {}", past(at))));
        parts.join(", ")
    }
}

/// Summary of the active secrets of a client, for lists and filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SecretSummary {
    /// Number of active secrets.
    pub active: usize,
    /// Earliest known creation time of an active secret.
    pub oldest: Option<Timestamp>,
    /// Earliest known expiry of an active secret; `Some(None)` if no active secret expires, `None`
    /// if that is unknown.
    pub expires: Option<Option<Timestamp>>,
}

impl SecretSummary {
    /// Summarizes the active secrets of a client; `None` if its secrets are unknown.
    #[must_use]
    pub fn of(client: &Client) -> Option<Self> {
        let secrets = client.secrets()?;
        let active = || secrets.iter().filter(|secret| secret.active);
        let earliest = active().filter_map(|secret| secret.expires_at.flatten()).min();
        let all_known = active().all(|secret| secret.expires_at.is_some());
        Some(Self {
            active: active().count(),
            oldest: active().filter_map(|secret| secret.created_at).min(),
            expires: if earliest.is_some() || all_known { Some(earliest) } else { None },
        })
    }
}

/// Value of `application_type` (OpenID Connect Registration) for a native app (RFC 8252).
pub const NATIVE: &str = "native";

/// Settings of a client that its form does not contain, for an audit. `None` means unknown, never
/// "no", except in `registration_token`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Posture {
    /// Description of the client; empty if it has none.
    pub description: Option<Untrusted>,
    /// Response types that the client may request from the authorization endpoint.
    pub response_types: Option<Vec<Untrusted>>,
    /// The required PKCE method; `Some(None)` means PKCE is known to be optional (RFC 7636).
    pub code_challenge: Option<Option<Untrusted>>,
    /// Signing algorithm of the ID tokens.
    pub id_token_alg: Option<Untrusted>,
    /// Behavior of the refresh tokens.
    pub refresh: Option<Refresh>,
    /// Lifetime of the access tokens, in seconds.
    pub token_lifetime: Option<u64>,
    /// True if pages of other origins may send passwords (Auth0).
    pub cross_origin: Option<bool>,
    /// True if the client may request every scope (Keycloak).
    pub full_scope: Option<bool>,
    /// Scopes that tokens get even if the client does not request them.
    pub default_scopes: Option<Vec<Untrusted>>,
    /// Metadata of each secret of the client.
    pub secrets: Option<Vec<SecretAge>>,
    /// Expiry of each certificate that the client authenticates with, if the provider stores the
    /// certificate.
    pub certificates: Vec<Timestamp>,
    /// Expiry of the registration access token, which manages the client (RFC 7592); `None` if the
    /// client has no such token.
    pub registration_token: Option<Expiry>,
    /// True if the file that the client was read from contains the client's secret in clear text,
    /// neither masked nor as a placeholder. Always `None` for clients from an API.
    pub stored_secret: Option<bool>,
    /// True if the client is known to allow no OAuth grant. An empty [`Client::grant_types`] alone
    /// can also mean unknown.
    pub no_grants: bool,
}

/// Returns true if Auth0's `organization_usage` lets organizations use the client.
#[must_use]
pub fn is_for_organizations(usage: Option<&str>) -> bool {
    matches!(usage, Some("allow" | "require"))
}

/// An OAuth client. M2M clients rarely have URLs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// Fields that all kinds of credentials have.
    pub record: Record,
    /// Page where users start to sign in (`initiate_login_uri`).
    pub login_url: Option<Untrusted>,
    /// True if the provider derives the callbacks, logout URLs and origins from the login URL.
    pub use_default_urls: bool,
    /// Redirect URIs the client may use (RFC 9700 section 2.1).
    pub callbacks: Vec<Untrusted>,
    /// URLs that a browser may be sent to after sign-out.
    pub logout_urls: Vec<Untrusted>,
    /// Origins allowed to use silent authentication.
    pub web_origins: Vec<Untrusted>,
    /// Allowed origins for CORS.
    pub allowed_origins: Vec<Untrusted>,
    /// OAuth grant types the client may use, if the provider reports them.
    pub grant_types: Vec<Untrusted>,
    /// Authentication method at the token endpoint, if the provider reports it.
    pub auth_method: Option<Untrusted>,
    /// Scopes the client may request.
    pub scopes: Vec<Untrusted>,
    /// Provider's name for this type of client, if it is neither SPA nor M2M.
    pub app_type: Option<Untrusted>,
    /// Base URL of URLs that start with `/`, as the provider stores it. Without a root URL, such
    /// URLs are relative to the server (Keycloak).
    pub root_url: Option<Untrusted>,
    /// True if the client is registered as a native app (OpenID Connect Registration section 2).
    pub native: bool,
    /// True if organizations use the client, so that `{organization_name}` in a URL is a
    /// placeholder (Auth0).
    pub organizations: bool,
    /// True if the client is enabled; `None` if the provider does not report it.
    pub enabled: Option<bool>,
    /// Time at which the previous secret stops working, for providers with a grace period.
    pub old_secret_until: Option<Timestamp>,
    /// Further settings for an audit, if the provider reports any.
    pub posture: Option<Box<Posture>>,
}

impl Client {
    /// Returns the metadata of the client's secrets, if the provider reports it.
    #[must_use]
    pub fn secrets(&self) -> Option<&[SecretAge]> {
        self.posture.as_deref()?.secrets.as_deref()
    }
}

/// An API access token, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Token {
    /// Fields that all kinds of credentials have.
    pub record: Record,
    /// Sources the token may read.
    pub grants: Vec<Grant>,
    /// APIs that accept the token.
    pub apis: Vec<Untrusted>,
    /// Pages that may use the token; empty means any page.
    pub referers: Vec<Untrusted>,
    /// Expiry; `None` means never, or unknown ([`Self::expiry`]). Set only at creation.
    pub expires_at: Option<Timestamp>,
    /// Scopes or policies, where the provider has them.
    pub scopes: Vec<Untrusted>,
}

impl Token {
    /// Returns the expiry: `None` if the provider did not report it, `Some(None)` for never.
    #[must_use]
    pub fn expiry(&self) -> Option<Option<Timestamp>> {
        let known = self.record.tells(Field::Expires) || self.expires_at.is_some();
        known.then_some(self.expires_at)
    }
}

/// Start of the summary of a disabled client that has a login URL or a type.
pub const DISABLED_WITH_URL: &str = "disabled, ";

/// Warning about changes to a built-in client.
pub const BUILT_IN: &str = "The server created this client for itself. A wrong change locks users out of the server's own pages, including its administration console.";

/// One credential of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// API access token.
    Token(Token),
    /// OAuth client of a browser application.
    Spa(Client),
    /// OAuth client of a service.
    M2m(Client),
    /// Any other OAuth client.
    Other(Client),
}

impl Credential {
    /// Returns the kind of the credential.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Token(_) => Kind::Token,
            Self::Spa(_) => Kind::Spa,
            Self::M2m(_) => Kind::M2m,
            Self::Other(_) => Kind::Other,
        }
    }

    /// Returns the fields that all kinds have.
    #[must_use]
    pub const fn record(&self) -> &Record {
        match self {
            Self::Token(token) => &token.record,
            Self::Spa(client) | Self::M2m(client) | Self::Other(client) => &client.record,
        }
    }

    /// Returns the fields that all kinds have, for modification.
    #[must_use]
    pub const fn record_mut(&mut self) -> &mut Record {
        match self {
            Self::Token(token) => &mut token.record,
            Self::Spa(client) | Self::M2m(client) | Self::Other(client) => &mut client.record,
        }
    }

    /// Returns the client, or `None` for a token.
    #[must_use]
    pub const fn client(&self) -> Option<&Client> {
        match self {
            Self::Token(_) => None,
            Self::Spa(client) | Self::M2m(client) | Self::Other(client) => Some(client),
        }
    }

    /// Returns the secrets of a client with their ages, in the order of the provider; empty for a
    /// token, or if the provider does not list them.
    #[must_use]
    pub fn secrets(&self) -> &[SecretAge] {
        self.client().and_then(Client::secrets).unwrap_or_default()
    }

    /// Returns the client for modification, or `None` for a token.
    pub const fn client_mut(&mut self) -> Option<&mut Client> {
        match self {
            Self::Token(_) => None,
            Self::Spa(client) | Self::M2m(client) | Self::Other(client) => Some(client),
        }
    }

    /// Creates a credential of a kind from a client. [`Kind::Token`] is treated as [`Kind::Other`].
    #[must_use]
    pub const fn of_client(kind: Kind, client: Client) -> Self {
        match kind {
            Kind::Spa => Self::Spa(client),
            Kind::M2m => Self::M2m(client),
            Kind::Token | Kind::Other => Self::Other(client),
        }
    }

    /// Returns the summary for a list: login URL or type of a client, APIs or scopes of a token. A
    /// disabled client is marked `disabled`.
    #[must_use]
    pub fn about(&self) -> String {
        let text = |text: &Option<Untrusted>| text.as_ref().map_or("", Untrusted::raw).to_owned();
        let about = match self {
            // A provider reports either APIs or scopes.
            Self::Token(token) => {
                let all = token.apis.iter().chain(&token.scopes);
                return all.map(Untrusted::raw).collect::<Vec<_>>().join(" ");
            }
            Self::Spa(client) | Self::M2m(client) => text(&client.login_url),
            Self::Other(client) => text(&client.app_type),
        };
        match self.client().and_then(|client| client.enabled) {
            Some(false) if about.is_empty() => "disabled".to_owned(),
            Some(false) => format!("{DISABLED_WITH_URL}{about}"),
            _ => about,
        }
    }

    /// Returns a reference to the credential: its kind and ID.
    #[must_use]
    pub fn reference(&self) -> CredentialRef {
        CredentialRef::new(self.kind(), self.id().clone())
    }

    /// Returns the client ID or token ID.
    #[must_use]
    pub const fn id(&self) -> &Untrusted {
        &self.record().id
    }

    /// Returns the display name.
    #[must_use]
    pub const fn name(&self) -> &Untrusted {
        &self.record().name
    }

    /// Returns the approximate memory of the texts and list entries, in bytes, for limiting the
    /// size of a listing.
    #[must_use]
    pub fn text_size(&self) -> usize {
        // Each entry takes memory, even an empty one.
        let entry = size_of::<Untrusted>();
        let of = |list: &[Untrusted]| list.iter().map(|it| it.raw().len() + entry).sum::<usize>();
        let record = self.record();
        let unknown = &record.unknown;
        let members: usize =
            unknown.iter().map(|(name, value)| name.raw().len() + value.raw().len()).sum();
        let own = match self {
            Self::Token(it) => {
                let grants = it.grants.iter();
                let grants =
                    grants.map(|it| it.connection.raw().len() + it.source.raw().len() + 2 * entry);
                of(&it.apis) + of(&it.referers) + of(&it.scopes) + grants.sum::<usize>()
            }
            Self::Spa(it) | Self::M2m(it) | Self::Other(it) => {
                let lists = [&it.callbacks, &it.logout_urls, &it.web_origins, &it.allowed_origins];
                of(&it.scopes)
                    + of(&it.grant_types)
                    + lists.iter().map(|list| of(list)).sum::<usize>()
            }
        };
        record.name.raw().len() + record.id.raw().len() + members + own
    }

    /// Returns the text to type before a deletion: the name, or the ID if the name cannot be typed.
    #[must_use]
    pub fn confirmation_word(&self) -> &str {
        let name = self.name();
        if name.is_typeable() { name.raw() } else { self.id().raw() }
    }
}
