//! Fields of a draft, sets of fields, and a provider's rules for them.

use crate::domain::{Kind, Untrusted};

/// Field of a form. Error responses of a server refer to a field by the name of its member in the
/// contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Display name: `name`.
    Name,
    /// Page where users start to sign in: `initiate_login_uri`.
    LoginUrl,
    /// Derivation of the URL lists from the login URL: `use_default_urls`.
    UseDefaultUrls,
    /// Redirect URIs: `callbacks`.
    Callbacks,
    /// URLs that a browser may be sent to after sign-out: `allowed_logout_urls`.
    LogoutUrls,
    /// Origins for silent authentication: `web_origins`.
    WebOrigins,
    /// Origins for CORS: `allowed_origins`.
    AllowedOrigins,
    /// APIs that accept a token: `allowed_apis`.
    Apis,
    /// Sources that a token may read: `grants`.
    Grants,
    /// Pages that may use a token: `referers`.
    Referers,
    /// Expiry of a token: `expiration_date`.
    Expires,
    /// Visibility within the organization: `visibility`.
    Visibility,
    /// Scopes: `scope` (RFC 7591 section 2). Some providers have policies or permissions instead.
    Scopes,
    /// Client ID, for providers that let the user choose it: `client_id`.
    ClientId,
}

impl Field {
    /// Every field, in form order.
    pub const ALL: [Self; 14] = [
        Self::Name,
        Self::ClientId,
        Self::LoginUrl,
        Self::UseDefaultUrls,
        Self::Callbacks,
        Self::LogoutUrls,
        Self::WebOrigins,
        Self::AllowedOrigins,
        Self::Apis,
        Self::Grants,
        Self::Referers,
        Self::Scopes,
        Self::Expires,
        Self::Visibility,
    ];

    /// URL lists that a provider can derive from the login URL.
    pub const LISTS: [Self; 4] =
        [Self::Callbacks, Self::LogoutUrls, Self::WebOrigins, Self::AllowedOrigins];

    /// Returns the name of the field's member in the contract.
    #[must_use]
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::LoginUrl => "initiate_login_uri",
            Self::UseDefaultUrls => "use_default_urls",
            Self::Callbacks => "callbacks",
            Self::LogoutUrls => "allowed_logout_urls",
            Self::WebOrigins => "web_origins",
            Self::AllowedOrigins => "allowed_origins",
            Self::Apis => "allowed_apis",
            Self::Grants => "grants",
            Self::Referers => "referers",
            Self::Expires => "expiration_date",
            Self::Visibility => "visibility",
            Self::Scopes => "scope",
            Self::ClientId => "client_id",
        }
    }

    /// Returns the label of the field in the form.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::LoginUrl => "Application login URL",
            Self::UseDefaultUrls => "Default URLs",
            Self::Callbacks => "Allowed callback URLs",
            Self::LogoutUrls => "Allowed logout URLs",
            Self::WebOrigins => "Allowed web origins",
            Self::AllowedOrigins => "Allowed origins (CORS)",
            Self::Apis => "Allowed APIs",
            Self::Grants => "Grants",
            Self::Referers => "Referers",
            Self::Expires => "Expires",
            Self::Visibility => "Organization",
            Self::Scopes => "Scopes",
            Self::ClientId => "Client ID",
        }
    }
}

/// Error in a field of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// Field with the error.
    pub field: Field,
    /// Index of the list entry, from 0; `None` for the whole field.
    pub entry: Option<usize>,
    /// Error text that follows the field's label.
    pub text: Untrusted,
}

impl FieldProblem {
    /// Creates an error about a whole field.
    #[must_use]
    pub fn of(field: Field, text: impl Into<Untrusted>) -> Self {
        Self { field, entry: None, text: text.into() }
    }

    /// Creates an error about one list entry, by its index from 0.
    #[must_use]
    pub fn at(field: Field, entry: usize, text: impl Into<Untrusted>) -> Self {
        Self { field, entry: Some(entry), text: text.into() }
    }

    /// Parses a server's pointer, such as `callbacks[1]` or `name`; `None` for an unknown field.
    #[must_use]
    pub fn from_wire(pointer: &str, text: Untrusted) -> Option<Self> {
        let (name, entry) = match pointer.split_once('[') {
            Some((name, rest)) => (name, rest.split(']').next().and_then(|n| n.parse().ok())),
            None => (pointer, None),
        };
        let field = Field::ALL.into_iter().find(|field| field.wire() == name)?;
        Some(Self { field, entry, text })
    }

    /// Returns the label, the number of the list entry and the error text for display: `Allowed
    /// callback URLs, entry 2 must use https`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let entry = self.entry.map_or_else(String::new, |at| format!(", entry {}", at + 1));
        format!("{}{entry} {}", self.field.label(), self.text.shown())
    }

    /// Returns a pointer to the field or list entry, with the name of the member in the contract:
    /// `callbacks[1]`, `name`.
    #[must_use]
    pub fn pointer(&self) -> String {
        match self.entry {
            Some(entry) => format!("{}[{entry}]", self.field.wire()),
            None => self.field.wire().to_owned(),
        }
    }
}

/// Set of fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fields(u16);

impl Fields {
    /// No field.
    pub const NONE: Self = Self(0);

    /// Every field.
    pub const ALL: Self = Self(u16::MAX);

    /// Fields of the contract's objects.
    pub const CONTRACT: Self = Self(!(1 << Field::Scopes as u16 | 1 << Field::ClientId as u16));

    /// Creates a set of these fields.
    #[must_use]
    pub const fn of(fields: &[Field]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < fields.len() {
            set |= 1 << fields[at] as u16;
            at += 1;
        }
        Self(set)
    }

    /// Returns the set with a field added.
    #[must_use]
    pub const fn with(self, field: Field) -> Self {
        Self(self.0 | 1 << field as u16)
    }

    /// Returns true if the set contains a field.
    #[must_use]
    pub const fn has(self, field: Field) -> bool {
        self.0 & (1 << field as u16) != 0
    }
}

impl Default for Fields {
    fn default() -> Self {
        Self::CONTRACT
    }
}

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(Field::ALL.into_iter().filter(|field| self.has(*field))).finish()
    }
}

/// Fields of a kind's form, and the rules for their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRules {
    /// Fields of the form.
    pub fields: Fields,
    /// True if the contract's rules apply. If false, only control characters and duplicate entries
    /// are rejected before the server validates the values, because providers accept different
    /// names and redirect URIs.
    pub strict: bool,
}

impl Default for FieldRules {
    fn default() -> Self {
        Self { fields: Fields::CONTRACT, strict: true }
    }
}

impl FieldRules {
    /// Returns true if the form of a kind has a field. In the contract, an M2M client has no
    /// redirect URIs.
    #[must_use]
    pub fn offers(self, kind: Kind, field: Field) -> bool {
        let of_service = self.strict && kind == Kind::M2m && field == Field::Callbacks;
        self.fields.has(field) && !of_service
    }

    /// Creates rules for these fields, whose values the server validates.
    #[must_use]
    pub const fn open(fields: &[Field]) -> Self {
        Self { fields: Fields::of(fields), strict: false }
    }
}
