//! Facts about a credential that rules read, and whether they are known.

use crate::domain::{Credential, draft::Field};

/// Fact about a credential, which a provider may not report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Fact {
    /// The name.
    Name,
    /// Page where users start to sign in.
    LoginUrl,
    /// Derivation of the lists.
    Defaults,
    /// Redirect URIs.
    Callbacks,
    /// Logout URLs.
    LogoutUrls,
    /// Origins for silent authentication.
    WebOrigins,
    /// Origins for CORS.
    AllowedOrigins,
    /// The APIs of a token.
    Apis,
    /// Sources that a token may read.
    Grants,
    /// Pages that may use a token.
    Referers,
    /// Expiry of a token.
    Expires,
    /// Owner.
    Owner,
    /// The owner's role.
    OwnerRole,
    /// Account state of the owner.
    OwnerActive,
    /// Last sign-in of the owner.
    OwnerLogin,
    /// Creation time.
    Created,
    /// Time of last use.
    Used,
    /// The OAuth grants.
    GrantTypes,
    /// The response types.
    ResponseTypes,
    /// Client authentication method.
    AuthMethod,
    /// Enforcement of PKCE.
    Pkce,
    /// Signature of ID tokens.
    IdTokenAlg,
    /// Refresh tokens.
    Refresh,
    /// Lifetime of access tokens.
    TokenLifetime,
    /// Cross-origin authentication.
    CrossOrigin,
    /// Permission for every scope.
    FullScope,
    /// Allowed scopes.
    Scopes,
    /// Default scopes.
    DefaultScopes,
    /// Age of its secrets.
    Secrets,
    /// Secret in the file that it was read from.
    StoredSecret,
    /// Enabled state.
    Enabled,
    /// Its description.
    Description,
    /// Other members.
    Metadata,
    /// The base URL of the profile.
    BaseUrl,
    /// Files and settings of this machine.
    Workstation,
    /// Snapshot to compare with.
    Pinned,
    /// Policy.
    Policy,
}

impl Fact {
    /// Name of its member in a snapshot.
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
            Self::Policy => "policy",
        }
    }

    /// Name in a sentence about unknown facts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OwnerRole => "owner.role",
            Self::OwnerActive => "owner.active",
            Self::OwnerLogin => "owner.last_login_at",
            other => other.wire(),
        }
    }

    /// True if a provider reports it.
    #[must_use]
    pub const fn is_told(self) -> bool {
        !matches!(
            self,
            Self::StoredSecret | Self::BaseUrl | Self::Workstation | Self::Pinned | Self::Policy
        )
    }

    /// Length of its list in a credential; `None` if it is not a list.
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

    /// Label of its line in the detail view, if it has one.
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

    /// Field of the form, if it has one.
    #[must_use]
    pub fn field(self) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.wire() == self.wire())
    }
}

/// A set of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts(u64);

impl Facts {
    /// These facts.
    #[must_use]
    pub const fn of(facts: &[Fact]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < facts.len() {
            set |= 1 << facts[at] as u8;
            at += 1;
        }
        Self(set)
    }

    /// Adds one if a condition holds.
    pub fn add(&mut self, fact: Fact, known: bool) {
        self.0 |= u64::from(known) << fact as u8;
    }

    /// Adds all of these.
    pub const fn add_all(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// These without those.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// True if all of these are included.
    #[must_use]
    pub const fn has_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// True if this one is included.
    #[must_use]
    pub const fn has(self, fact: Fact) -> bool {
        self.has_all(Self::of(&[fact]))
    }
}
