//! Editable state of a credential: filled in by a form, validated, compared and merged.

mod check;
mod describe;
mod edit;
mod field;
mod filled;
mod merge;
mod undo;

use jiff::Timestamp;

use check::{check_name, check_open, check_spa, check_token};
pub use describe::change_lines;
pub use edit::{EditAction, EditError, EditRules, FieldEdit};
pub use field::{Field, FieldProblem, FieldRules, Fields};
pub use merge::{Change, Merge, changes, ignored, is_same, merge};
pub use undo::{UndoError, recorded, recorded_value, reversal};

use super::{Client, Credential, Grant, Kind, Token, Untrusted, Visibility};

/// Maximum length of a name, in characters.
pub const NAME_LIMIT: usize = 100;

/// Maximum number of entries in one URL list.
pub const URLS_PER_LIST: usize = 100;

/// Editable fields of an OAuth client. The login URL, logout URLs and origins of an M2M client are
/// ignored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientDraft {
    /// Display name.
    pub name: String,
    /// Client ID, used only at creation. If it is empty, the provider chooses the ID.
    pub client_id: String,
    /// Page where users start to sign in.
    pub login_url: String,
    /// True if the provider derives the URL lists from the login URL.
    pub use_default_urls: bool,
    /// Redirect URIs the client may use.
    pub callbacks: Vec<String>,
    /// URLs the client may redirect to after sign-out.
    pub logout_urls: Vec<String>,
    /// Origins allowed to use silent authentication.
    pub web_origins: Vec<String>,
    /// Allowed origins for CORS.
    pub allowed_origins: Vec<String>,
    /// Scopes the client may request.
    pub scopes: Vec<String>,
    /// Visibility within the organization.
    pub visibility: Visibility,
}

/// Editable fields of an API access token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenDraft {
    /// Display name. If it is empty, the provider chooses the name.
    pub name: String,
    /// APIs that accept the token.
    pub apis: Vec<String>,
    /// Sources the token may read, as pairs of connection and source.
    pub grants: Vec<(String, String)>,
    /// Pages that may use the token; empty means any page.
    pub referers: Vec<String>,
    /// Expiry, set only at creation; `None` means never.
    pub expires_at: Option<Timestamp>,
    /// Scopes or policies, where the provider has them.
    pub scopes: Vec<String>,
    /// Visibility within the organization.
    pub visibility: Visibility,
}

/// Editable fields of a credential of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draft {
    /// API access token.
    Token(TokenDraft),
    /// SPA client.
    Spa(ClientDraft),
    /// M2M client. Few servers require URLs for it.
    M2m(ClientDraft),
    /// Any other OAuth client.
    Other(ClientDraft),
}

/// A field's value, for comparing and merging: text, a switch, or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// One line of text.
    Line(String),
    /// State of a switch: true means on.
    Switch(bool),
    /// Entries of a list, in order.
    Lines(Vec<String>),
}

impl FieldValue {
    /// Returns true for an empty text or list. A switch is never empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Line(text) => text.is_empty(),
            Self::Lines(lines) => lines.is_empty(),
            Self::Switch(_) => false,
        }
    }

    /// Returns true for the value of an unset field: an empty text or list, or a switch that is
    /// off.
    #[must_use]
    pub fn is_unset(&self) -> bool {
        self.is_empty() || *self == Self::Switch(false)
    }
}

/// Separator between a grant's connection and source in one line. The name of a connection contains
/// no spaces, so it ends at the first separator.
const GRANT_SEPARATOR: &str = " = ";

impl ClientDraft {
    fn of(client: &Client) -> Self {
        Self {
            name: client.record.name.raw().to_owned(),
            client_id: String::new(),
            login_url: client.login_url.as_ref().map(|u| u.raw().to_owned()).unwrap_or_default(),
            use_default_urls: client.use_default_urls,
            callbacks: raw(&client.callbacks),
            logout_urls: raw(&client.logout_urls),
            web_origins: raw(&client.web_origins),
            allowed_origins: raw(&client.allowed_origins),
            scopes: raw(&client.scopes),
            visibility: client.record.visibility,
        }
    }
}

pub(super) fn raw(list: &[Untrusted]) -> Vec<String> {
    list.iter().map(|entry| entry.raw().to_owned()).collect()
}

impl Draft {
    /// Creates an empty draft of a kind, with the form's defaults.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::Token => Self::Token(TokenDraft::default()),
            Kind::Spa => {
                Self::Spa(ClientDraft { use_default_urls: true, ..ClientDraft::default() })
            }
            Kind::M2m => Self::M2m(ClientDraft::default()),
            Kind::Other => Self::Other(ClientDraft::default()),
        }
    }

    /// Creates a draft with the current values of a credential.
    #[must_use]
    pub fn of(credential: &Credential) -> Self {
        match credential {
            Credential::Token(Token { record, grants, apis, referers, expires_at, scopes }) => {
                Self::Token(TokenDraft {
                    name: record.name.raw().to_owned(),
                    apis: raw(apis),
                    grants: grants
                        .iter()
                        .map(|g| (g.connection.raw().to_owned(), g.source.raw().to_owned()))
                        .collect(),
                    referers: raw(referers),
                    expires_at: *expires_at,
                    scopes: raw(scopes),
                    visibility: record.visibility,
                })
            }
            Credential::Spa(client) => Self::Spa(ClientDraft::of(client)),
            Credential::M2m(client) => Self::M2m(ClientDraft::of(client)),
            Credential::Other(client) => Self::Other(ClientDraft::of(client)),
        }
    }

    /// Returns the draft without the fields that a provider does not support, except the name and
    /// the expiry. Sets the client ID to `id` if the provider lets the user choose it.
    #[must_use]
    pub fn offered(self, shape: FieldRules, id: &str) -> Self {
        let kind = self.kind();
        let mut draft = Self::new(kind);
        draft.set(Field::UseDefaultUrls, FieldValue::Switch(false));
        for (field, value) in self.values() {
            if shape.offers(kind, field) || field == Field::Name {
                draft.set(field, value);
            }
        }
        if shape.offers(kind, Field::ClientId) {
            draft.set(Field::ClientId, FieldValue::Line(id.to_owned()));
        }
        if let (Self::Token(token), Self::Token(former)) = (&mut draft, self) {
            token.expires_at = former.expires_at;
        }
        draft
    }

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

    /// Returns true if the provider derives the URL lists from the login URL.
    #[must_use]
    pub const fn derives_urls(&self) -> bool {
        matches!(self, Self::Spa(client) | Self::Other(client) if client.use_default_urls)
    }

    /// Returns the display name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Token(token) => &token.name,
            Self::Spa(client) | Self::M2m(client) | Self::Other(client) => &client.name,
        }
    }

    /// Returns every violation of the contract's rules.
    #[must_use]
    pub fn problems(&self) -> Vec<FieldProblem> {
        let mut found = Vec::new();
        check_name(self, &mut found);
        match self {
            Self::M2m(_) => {}
            Self::Spa(client) | Self::Other(client) => check_spa(client, &mut found),
            Self::Token(token) => check_token(token, &mut found),
        }
        found
    }

    /// Returns the violations of a provider's field rules, for the fields that the provider
    /// supports.
    #[must_use]
    pub fn problems_in(&self, shape: FieldRules) -> Vec<FieldProblem> {
        let found = if shape.strict { self.problems() } else { check_open(self) };
        found.into_iter().filter(|problem| shape.fields.has(problem.field)).collect()
    }

    /// Returns the fields and values in form order. Omits derived lists, fields that are set only
    /// at creation, and an empty list of redirect URIs of an M2M client.
    #[must_use]
    pub fn values(&self) -> Vec<(Field, FieldValue)> {
        let line = |text: &String| FieldValue::Line(text.clone());
        let lines = |list: &Vec<String>| FieldValue::Lines(list.clone());
        let shared =
            |visibility: Visibility| FieldValue::Switch(visibility == Visibility::Organization);
        match self {
            Self::M2m(client) => {
                let mut values = vec![(Field::Name, line(&client.name))];
                // Few servers require redirect URIs for a service, and the contract does not define
                // any.
                if !client.callbacks.is_empty() {
                    values.push((Field::Callbacks, lines(&client.callbacks)));
                }
                values.push((Field::Scopes, lines(&client.scopes)));
                values.push((Field::Visibility, shared(client.visibility)));
                values
            }
            Self::Spa(client) | Self::Other(client) => {
                let mut values = vec![
                    (Field::Name, line(&client.name)),
                    (Field::LoginUrl, line(&client.login_url)),
                    (Field::UseDefaultUrls, FieldValue::Switch(client.use_default_urls)),
                ];
                if !client.use_default_urls {
                    values.extend([
                        (Field::Callbacks, lines(&client.callbacks)),
                        (Field::LogoutUrls, lines(&client.logout_urls)),
                        (Field::WebOrigins, lines(&client.web_origins)),
                        (Field::AllowedOrigins, lines(&client.allowed_origins)),
                    ]);
                }
                values.push((Field::Scopes, lines(&client.scopes)));
                values.push((Field::Visibility, shared(client.visibility)));
                values
            }
            Self::Token(token) => vec![
                (Field::Name, line(&token.name)),
                (Field::Apis, lines(&token.apis)),
                (Field::Grants, FieldValue::Lines(token.grants.iter().map(joined).collect())),
                (Field::Referers, lines(&token.referers)),
                (Field::Scopes, lines(&token.scopes)),
                (Field::Visibility, shared(token.visibility)),
            ],
        }
    }

    /// Returns [`Self::values`]. For an M2M client without redirect URIs, includes the empty list
    /// of redirect URIs.
    #[must_use]
    pub fn all_values(&self) -> Vec<(Field, FieldValue)> {
        let mut values = self.values();
        if let Self::M2m(client) = self
            && client.callbacks.is_empty()
        {
            values.push((Field::Callbacks, FieldValue::Lines(Vec::new())));
        }
        values
    }

    /// Returns the supported fields that have a value in the draft but not in the created
    /// credential, and the expiry if the server changed it.
    #[must_use]
    pub fn left_out(&self, made: &Credential, shape: FieldRules) -> Vec<Field> {
        let made = Self::of(made);
        // A server may shorten a lifetime. One minute allows for clock skew.
        let ends = |draft: &Self| match draft {
            Self::Token(token) => token.expires_at.map(Timestamp::as_second),
            _ => None,
        };
        let other_end = match (ends(self), ends(&made)) {
            (None, None) => false,
            (Some(a), Some(b)) => (a - b).abs() > 60,
            _ => shape.fields.has(Field::Expires),
        };
        let expires = (other_end && shape.fields.has(Field::Expires)).then_some(Field::Expires);
        changes(self, &made)
            .into_iter()
            .filter(|change| shape.fields.has(change.field))
            .filter(|change| !change.before.is_empty() && change.after.is_empty())
            .map(|change| change.field)
            .chain(expires)
            .collect()
    }

    /// Sets a field. Ignores a field that the draft does not have, the expiry, and a value of the
    /// wrong type.
    pub fn set(&mut self, field: Field, value: FieldValue) {
        let visibility = |on| if on { Visibility::Organization } else { Visibility::Private };
        match (self, field, value) {
            (Self::Spa(client) | Self::M2m(client) | Self::Other(client), field, value) => {
                match (field, value) {
                    (Field::Name, FieldValue::Line(text)) => client.name = text,
                    (Field::ClientId, FieldValue::Line(text)) => client.client_id = text,
                    (Field::LoginUrl, FieldValue::Line(text)) => client.login_url = text,
                    (Field::UseDefaultUrls, FieldValue::Switch(on)) => client.use_default_urls = on,
                    (Field::Callbacks, FieldValue::Lines(list)) => client.callbacks = list,
                    (Field::LogoutUrls, FieldValue::Lines(list)) => client.logout_urls = list,
                    (Field::WebOrigins, FieldValue::Lines(list)) => client.web_origins = list,
                    (Field::AllowedOrigins, FieldValue::Lines(list)) => {
                        client.allowed_origins = list;
                    }
                    (Field::Scopes, FieldValue::Lines(list)) => client.scopes = list,
                    (Field::Visibility, FieldValue::Switch(on)) => {
                        client.visibility = visibility(on);
                    }
                    _ => {}
                }
            }
            (Self::Token(token), field, value) => match (field, value) {
                (Field::Name, FieldValue::Line(text)) => token.name = text,
                (Field::Apis, FieldValue::Lines(list)) => token.apis = list,
                (Field::Grants, FieldValue::Lines(list)) => {
                    token.grants = list.iter().map(|text| split_grant(text)).collect();
                }
                (Field::Referers, FieldValue::Lines(list)) => token.referers = list,
                (Field::Scopes, FieldValue::Lines(list)) => token.scopes = list,
                (Field::Visibility, FieldValue::Switch(on)) => token.visibility = visibility(on),
                _ => {}
            },
        }
    }
}

/// Returns a grant as one line: `connection = source`.
#[must_use]
pub fn grant_line(grant: &Grant) -> Untrusted {
    format!("{}{GRANT_SEPARATOR}{}", grant.connection.raw(), grant.source.raw()).into()
}

fn joined((connection, source): &(String, String)) -> String {
    format!("{connection}{GRANT_SEPARATOR}{source}")
}

/// Splits the text of [`grant_line`] into the connection and the source. Without a separator, the
/// source is empty.
#[must_use]
pub fn split_grant(text: &str) -> (String, String) {
    text.split_once(GRANT_SEPARATOR)
        .map_or_else(|| (text.to_owned(), String::new()), |(c, s)| (c.to_owned(), s.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spa() -> ClientDraft {
        ClientDraft {
            name: "Store locator".into(),
            login_url: "https://stores.acme.dev/".into(),
            use_default_urls: true,
            ..ClientDraft::default()
        }
    }

    fn said(draft: &Draft) -> Vec<String> {
        draft
            .problems()
            .into_iter()
            .map(|problem| format!("{} {}", problem.pointer(), problem.text.shown()))
            .collect()
    }

    #[test]
    fn a_complete_draft_has_no_problems() {
        assert_eq!(said(&Draft::Spa(spa())), Vec::<String>::new());
        let m2m = Draft::M2m(ClientDraft { name: "Sync".into(), ..ClientDraft::default() });
        assert_eq!(said(&m2m), Vec::<String>::new());
    }

    #[test]
    fn problems_point_at_their_entry() {
        let draft = Draft::Spa(ClientDraft {
            use_default_urls: false,
            callbacks: vec![
                "https://a.example/".into(),
                "http://b.example/".into(),
                "https://a.example/".into(),
            ],
            ..spa()
        });
        assert_eq!(
            said(&draft),
            [
                "callbacks[1] must use https (http is for this machine only)",
                "callbacks[2] is listed twice",
            ]
        );
    }

    #[test]
    fn number_of_urls_is_limited_by_the_contract_only() {
        let callbacks = (0..500).map(|at| format!("https://a.example/{at}")).collect();
        let draft = Draft::Other(ClientDraft { use_default_urls: false, callbacks, ..spa() });
        assert_eq!(said(&draft), ["callbacks has more than 100 entries"]);
        assert_eq!(draft.problems_in(FieldRules::open(&[Field::Callbacks])), []);
    }

    #[test]
    fn names_follow_the_contract() {
        for (name, problem) in [
            ("", "name is required"),
            (" x", "name must not start or end with a space"),
            ("<b>", "name must not contain < or >"),
            ("\u{200b}", "name must start with a visible character"),
            ("\u{e0041}Sync", "name must start with a visible character"),
        ] {
            let draft = Draft::M2m(ClientDraft { name: name.into(), ..ClientDraft::default() });
            assert_eq!(said(&draft), [problem]);
        }
        let token = Draft::Token(TokenDraft {
            apis: vec!["sql".into()],
            grants: vec![("carto_dw".into(), "*".into())],
            ..TokenDraft::default()
        });
        assert_eq!(said(&token), Vec::<String>::new(), "a token's name may be left out");
    }

    #[test]
    fn turning_defaults_off_compares_with_what_was_derived() {
        let before =
            Draft::Spa(ClientDraft { callbacks: vec!["https://stores.acme.dev/".into()], ..spa() });
        let after = Draft::Spa(ClientDraft {
            use_default_urls: false,
            callbacks: vec!["https://stores.acme.dev/".into(), "http://localhost:3000/".into()],
            ..spa()
        });
        let fields: Vec<_> = changes(&before, &after).into_iter().map(|c| c.field).collect();
        assert_eq!(fields, [Field::UseDefaultUrls, Field::Callbacks]);
    }

    #[test]
    fn merging_keeps_both_sides_and_reports_what_both_touched() {
        let base = Draft::Spa(spa());
        let mine = Draft::Spa(ClientDraft {
            name: "Mine".into(),
            visibility: Visibility::Organization,
            ..spa()
        });
        let theirs = Draft::Spa(ClientDraft {
            name: "Theirs".into(),
            login_url: "https://new.acme.dev/".into(),
            ..spa()
        });
        let merge = merge(&base, &mine, &theirs);
        let Draft::Spa(merged) = &merge.merged else { unreachable!() };
        assert_eq!(merged.login_url, "https://new.acme.dev/");
        assert_eq!(merged.visibility, Visibility::Organization);
        assert_eq!(merged.name, "Theirs", "a conflict holds their value until the user decides");
        assert_eq!(merge.conflicts.len(), 1);
        assert_eq!(merge.conflicts[0].after, FieldValue::Line("Mine".into()));
    }

    #[test]
    fn a_servers_pointer_finds_its_field() {
        let problem = FieldProblem::from_wire("callbacks[1]", "bad".into()).expect("known");
        assert_eq!((problem.field, problem.entry), (Field::Callbacks, Some(1)));
        assert_eq!(FieldProblem::from_wire("logo_uri", "bad".into()), None);
    }
}
