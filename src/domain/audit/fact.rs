//! Facts that audit rules read, and sets of facts.

use crate::domain::{Credential, draft::Field};

/// Fact about a credential, the profile or this machine. It may be unknown, because a provider may
/// not report it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fact {
    /// Name of the credential.
    Name,
    /// Page where users start to sign in.
    LoginUrl,
    /// Derivation of the URL lists from the login URL (`use_default_urls`).
    Defaults,
    /// Redirect URIs.
    Callbacks,
    /// Logout URLs.
    LogoutUrls,
    /// Origins that may use silent authentication.
    WebOrigins,
    /// Origins that may read responses (CORS).
    AllowedOrigins,
    /// APIs that a token may call.
    Apis,
    /// Sources that a token may read.
    Grants,
    /// Pages that may use a token.
    Referers,
    /// Expiry of a token.
    Expires,
    /// Owner of the credential.
    Owner,
    /// Role of the owner.
    OwnerRole,
    /// State of the owner's account.
    OwnerActive,
    /// Last sign-in of the owner.
    OwnerLogin,
    /// Time of creation.
    Created,
    /// Time of last use.
    Used,
    /// OAuth grant types that the client may use.
    GrantTypes,
    /// Response types of the authorization endpoint.
    ResponseTypes,
    /// Client authentication method.
    AuthMethod,
    /// Enforcement of PKCE.
    Pkce,
    /// Signing algorithm of ID tokens.
    IdTokenAlg,
    /// Rotation, sender binding and expiry of refresh tokens.
    Refresh,
    /// Lifetime of access tokens.
    TokenLifetime,
    /// Permission for pages of other origins to send passwords (Auth0).
    CrossOrigin,
    /// Permission for every scope (Keycloak).
    FullScope,
    /// Scopes that the credential may request.
    Scopes,
    /// Scopes granted by default.
    DefaultScopes,
    /// Ages and expiry of the secrets.
    Secrets,
    /// Secret in clear text in the audited file.
    StoredSecret,
    /// State of the client: enabled or disabled.
    Enabled,
    /// Description of the client.
    Description,
    /// Members that this program does not interpret.
    Metadata,
    /// Base URL of the profile.
    BaseUrl,
    /// Files and settings of this machine.
    Workstation,
    /// Older snapshot to compare with.
    Pinned,
    /// Other profiles to compare with.
    OtherProfiles,
    /// Audit policy.
    Policy,
}

impl Fact {
    /// Returns the name of the fact's member in a snapshot. Facts that a snapshot does not contain
    /// have a name too.
    #[must_use]
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::LoginUrl => "initiate_login_uri",
            Self::Defaults => "use_default_urls",
            Self::Callbacks => "callbacks",
            Self::LogoutUrls => "allowed_logout_urls",
            Self::WebOrigins => "web_origins",
            Self::AllowedOrigins => "allowed_origins",
            Self::Apis => "allowed_apis",
            Self::Grants => "grants",
            Self::Referers => "referers",
            Self::Expires => "expiration_date",
            Self::Owner | Self::OwnerRole | Self::OwnerActive | Self::OwnerLogin => "owner",
            Self::Created => "created_at",
            Self::Used => "last_used_at",
            Self::GrantTypes => "grant_types",
            Self::ResponseTypes => "response_types",
            Self::AuthMethod => "token_endpoint_auth_method",
            Self::Pkce => "code_challenge_method",
            Self::IdTokenAlg => "id_token_signed_response_alg",
            Self::Refresh => "refresh_token",
            Self::TokenLifetime => "access_token_lifetime",
            Self::CrossOrigin => "cross_origin_authentication",
            Self::FullScope => "full_scope_allowed",
            Self::Scopes => "scope",
            Self::DefaultScopes => "default_scopes",
            Self::Secrets => "client_secrets",
            Self::StoredSecret => "client_secret",
            Self::Enabled => "enabled",
            Self::Description => "description",
            Self::Metadata => "metadata",
            Self::BaseUrl => "base_url",
            Self::Workstation => "workstation",
            Self::Pinned => "pinned",
            Self::OtherProfiles => "other_profiles",
            Self::Policy => "policy",
        }
    }

    /// Returns the name for messages. Unlike [`Self::wire`], it differs for each fact about an
    /// owner.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OwnerRole => "owner.role",
            Self::OwnerActive => "owner.active",
            Self::OwnerLogin => "owner.last_login_at",
            other => other.wire(),
        }
    }

    /// True if providers can report the fact. Other facts come from a file, the profile or this
    /// machine.
    #[must_use]
    pub const fn is_told(self) -> bool {
        !matches!(
            self,
            Self::StoredSecret
                | Self::BaseUrl
                | Self::Workstation
                | Self::Pinned
                | Self::OtherProfiles
                | Self::Policy
        )
    }

    /// Returns the length of the fact's list in a credential, or `None` if the credential has no
    /// such list.
    #[must_use]
    pub fn list_of(self, credential: &Credential) -> Option<usize> {
        match credential {
            Credential::Token(token) => match self {
                Self::Apis => Some(token.apis.len()),
                Self::Grants => Some(token.grants.len()),
                Self::Referers => Some(token.referers.len()),
                Self::Scopes => Some(token.scopes.len()),
                _ => None,
            },
            Credential::Spa(client) | Credential::M2m(client) | Credential::Other(client) => {
                match self {
                    Self::Callbacks => Some(client.callbacks.len()),
                    Self::LogoutUrls => Some(client.logout_urls.len()),
                    Self::WebOrigins => Some(client.web_origins.len()),
                    Self::AllowedOrigins => Some(client.allowed_origins.len()),
                    Self::GrantTypes => Some(client.grant_types.len()),
                    Self::Scopes => Some(client.scopes.len()),
                    _ => None,
                }
            }
        }
    }

    /// Returns the label of the fact's line in the detail view, if it has one.
    #[must_use]
    pub fn label(self) -> Option<&'static str> {
        Some(match self {
            Self::Created => "Created",
            Self::Used => "Last used",
            Self::Owner | Self::OwnerRole | Self::OwnerActive | Self::OwnerLogin => "Owner",
            Self::GrantTypes => "Grant types",
            Self::AuthMethod => "Authentication",
            Self::Enabled => "State",
            other => other.field()?.label(),
        })
    }

    /// Returns the form field of the fact, if it has one.
    #[must_use]
    pub fn field(self) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.wire() == self.wire())
    }
}

/// Set of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts(u64);

impl Facts {
    /// Creates a set of these facts.
    #[must_use]
    pub const fn of(facts: &[Fact]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < facts.len() {
            set |= 1 << facts[at] as u8;
            at += 1;
        }
        Self(set)
    }

    /// Adds `fact` if `known` is true.
    pub fn add(&mut self, fact: Fact, known: bool) {
        self.0 |= u64::from(known) << fact as u8;
    }

    /// Adds the facts of another set.
    pub const fn add_all(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// Returns the set without the facts of another one.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// True if the set contains all facts of another one.
    #[must_use]
    pub const fn has_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// True if the set contains a fact.
    #[must_use]
    pub const fn has(self, fact: Fact) -> bool {
        self.has_all(Self::of(&[fact]))
    }
}
