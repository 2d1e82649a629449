//! A credential as somebody wants it: filled in a form, checked, compared, merged.

mod check;
mod merge;

use jiff::Timestamp;

use check::{check_name, check_spa, check_token};
pub use merge::{Change, Merge, changes, merge};

use super::{Client, Credential, Grant, Kind, Token, Untrusted, Visibility};

/// The longest name that is accepted, in characters.
pub const NAME_LIMIT: usize = 100;

/// The most entries of one URL list.
pub const URLS_PER_LIST: usize = 100;

/// The fields a form or a server's answer can point at. The text is the contract's member name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// `name`
    Name,
    /// `initiate_login_uri`
    LoginUrl,
    /// `use_default_urls`
    UseDefaultUrls,
    /// `callbacks`
    Callbacks,
    /// `allowed_logout_urls`
    LogoutUrls,
    /// `web_origins`
    WebOrigins,
    /// `allowed_origins`
    AllowedOrigins,
    /// `allowed_apis`
    Apis,
    /// `grants`
    Grants,
    /// `referers`
    Referers,
    /// `expiration_date`
    Expires,
    /// `visibility`
    Visibility,
}

impl Field {
    /// Every field, in the order of the forms.
    pub const ALL: [Self; 12] = [
        Self::Name,
        Self::LoginUrl,
        Self::UseDefaultUrls,
        Self::Callbacks,
        Self::LogoutUrls,
        Self::WebOrigins,
        Self::AllowedOrigins,
        Self::Apis,
        Self::Grants,
        Self::Referers,
        Self::Expires,
        Self::Visibility,
    ];

    /// The member's name in the contract.
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
        }
    }

    /// The label on the form.
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
            Self::Visibility => "Organisation",
        }
    }
}

/// What is wrong with a draft: the field, the entry where it has several, and half a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field.
    pub field: Field,
    /// The entry of a list, from 0.
    pub entry: Option<usize>,
    /// What is wrong, to be read after the field's label.
    pub text: Untrusted,
}

impl Problem {
    /// A problem of a whole field.
    #[must_use]
    pub fn of(field: Field, text: impl Into<Untrusted>) -> Self {
        Self { field, entry: None, text: text.into() }
    }

    /// A problem of one entry of a list.
    #[must_use]
    pub fn at(field: Field, entry: usize, text: impl Into<Untrusted>) -> Self {
        Self { field, entry: Some(entry), text: text.into() }
    }

    /// Reads a server's `callbacks[1]` or `name`; `None` for a field that no form has.
    #[must_use]
    pub fn from_wire(pointer: &str, text: Untrusted) -> Option<Self> {
        let (name, entry) = match pointer.split_once('[') {
            Some((name, rest)) => (name, rest.split(']').next().and_then(|n| n.parse().ok())),
            None => (pointer, None),
        };
        let field = Field::ALL.into_iter().find(|field| field.wire() == name)?;
        Some(Self { field, entry, text })
    }

    /// The contract's name of the place: `callbacks[1]`, `name`.
    #[must_use]
    pub fn pointer(&self) -> String {
        match self.entry {
            Some(entry) => format!("{}[{entry}]", self.field.wire()),
            None => self.field.wire().to_owned(),
        }
    }
}

/// What can be chosen of a SPA client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpaDraft {
    /// The label.
    pub name: String,
    /// Where users start to sign in.
    pub login_url: String,
    /// Whether the provider derives the lists.
    pub use_default_urls: bool,
    /// Redirect URIs.
    pub callbacks: Vec<String>,
    /// URLs after signing out.
    pub logout_urls: Vec<String>,
    /// Origins for silent authentication.
    pub web_origins: Vec<String>,
    /// Origins for CORS.
    pub allowed_origins: Vec<String>,
    /// Who may see it.
    pub visibility: Visibility,
}

/// What can be chosen of an API access token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenDraft {
    /// The label; empty lets the provider make one.
    pub name: String,
    /// Which APIs accept it.
    pub apis: Vec<String>,
    /// What it may read: connection and source.
    pub grants: Vec<(String, String)>,
    /// Which pages may send it.
    pub referers: Vec<String>,
    /// When it stops working; only at creation.
    pub expires_at: Option<Timestamp>,
    /// Who may see it.
    pub visibility: Visibility,
}

/// A credential as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draft {
    /// An API access token.
    Token(TokenDraft),
    /// A SPA client.
    Spa(SpaDraft),
    /// An M2M client, of which only the name and who sees it can be chosen.
    M2m {
        /// The label.
        name: String,
        /// Who may see it.
        visibility: Visibility,
    },
}

/// A field's value, for comparing and merging: text, a switch, or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One line.
    Line(String),
    /// On or off.
    Switch(bool),
    /// Entries in order.
    Lines(Vec<String>),
}

/// Between a grant's connection and source, where both are one text. Neither can contain it.
const GRANT_SEPARATOR: &str = " = ";

impl Draft {
    /// An empty draft of a kind, with the defaults of the form.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::Token => Self::Token(TokenDraft::default()),
            Kind::Spa => Self::Spa(SpaDraft { use_default_urls: true, ..SpaDraft::default() }),
            Kind::M2m => Self::M2m { name: String::new(), visibility: Visibility::Private },
        }
    }

    /// The draft that would leave a credential as it is.
    #[must_use]
    pub fn of(credential: &Credential) -> Self {
        let raw = |list: &[Untrusted]| list.iter().map(|entry| entry.raw().to_owned()).collect();
        match credential {
            Credential::Token(Token { record, grants, apis, referers, expires_at }) => {
                Self::Token(TokenDraft {
                    name: record.name.raw().to_owned(),
                    apis: raw(apis),
                    grants: grants
                        .iter()
                        .map(|g| (g.connection.raw().to_owned(), g.source.raw().to_owned()))
                        .collect(),
                    referers: raw(referers),
                    expires_at: *expires_at,
                    visibility: record.visibility,
                })
            }
            Credential::Spa(client) => {
                let Client { record, login_url, use_default_urls, .. } = client;
                Self::Spa(SpaDraft {
                    name: record.name.raw().to_owned(),
                    login_url: login_url.as_ref().map(|u| u.raw().to_owned()).unwrap_or_default(),
                    use_default_urls: *use_default_urls,
                    callbacks: raw(&client.callbacks),
                    logout_urls: raw(&client.logout_urls),
                    web_origins: raw(&client.web_origins),
                    allowed_origins: raw(&client.allowed_origins),
                    visibility: record.visibility,
                })
            }
            Credential::M2m(client) => Self::M2m {
                name: client.record.name.raw().to_owned(),
                visibility: client.record.visibility,
            },
        }
    }

    /// Which kind it is of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Token(_) => Kind::Token,
            Self::Spa(_) => Kind::Spa,
            Self::M2m { .. } => Kind::M2m,
        }
    }

    /// Its label.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Token(token) => &token.name,
            Self::Spa(spa) => &spa.name,
            Self::M2m { name, .. } => name,
        }
    }

    /// Everything that is wrong with it, in the order of the form.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        check_name(self, &mut found);
        match self {
            Self::M2m { .. } => {}
            Self::Spa(spa) => check_spa(spa, &mut found),
            Self::Token(token) => check_token(token, &mut found),
        }
        found
    }

    /// Its fields and values, in the order of the form. Derived lists are left out.
    #[must_use]
    pub fn values(&self) -> Vec<(Field, Value)> {
        let line = |text: &String| Value::Line(text.clone());
        let lines = |list: &Vec<String>| Value::Lines(list.clone());
        let shared = |visibility: Visibility| Value::Switch(visibility == Visibility::Organization);
        match self {
            Self::M2m { name, visibility } => {
                vec![(Field::Name, line(name)), (Field::Visibility, shared(*visibility))]
            }
            Self::Spa(spa) => {
                let mut values = vec![
                    (Field::Name, line(&spa.name)),
                    (Field::LoginUrl, line(&spa.login_url)),
                    (Field::UseDefaultUrls, Value::Switch(spa.use_default_urls)),
                ];
                if !spa.use_default_urls {
                    values.extend([
                        (Field::Callbacks, lines(&spa.callbacks)),
                        (Field::LogoutUrls, lines(&spa.logout_urls)),
                        (Field::WebOrigins, lines(&spa.web_origins)),
                        (Field::AllowedOrigins, lines(&spa.allowed_origins)),
                    ]);
                }
                values.push((Field::Visibility, shared(spa.visibility)));
                values
            }
            Self::Token(token) => vec![
                (Field::Name, line(&token.name)),
                (Field::Apis, lines(&token.apis)),
                (Field::Grants, Value::Lines(token.grants.iter().map(joined).collect())),
                (Field::Referers, lines(&token.referers)),
                (Field::Visibility, shared(token.visibility)),
            ],
        }
    }

    /// Puts a value into a field; a field that this kind lacks is left alone.
    pub fn set(&mut self, field: Field, value: Value) {
        let visibility = |on| if on { Visibility::Organization } else { Visibility::Private };
        match (self, field, value) {
            (Self::M2m { name, .. }, Field::Name, Value::Line(text)) => *name = text,
            (Self::M2m { visibility: v, .. }, Field::Visibility, Value::Switch(on)) => {
                *v = visibility(on);
            }
            (Self::Spa(spa), field, value) => match (field, value) {
                (Field::Name, Value::Line(text)) => spa.name = text,
                (Field::LoginUrl, Value::Line(text)) => spa.login_url = text,
                (Field::UseDefaultUrls, Value::Switch(on)) => spa.use_default_urls = on,
                (Field::Callbacks, Value::Lines(list)) => spa.callbacks = list,
                (Field::LogoutUrls, Value::Lines(list)) => spa.logout_urls = list,
                (Field::WebOrigins, Value::Lines(list)) => spa.web_origins = list,
                (Field::AllowedOrigins, Value::Lines(list)) => spa.allowed_origins = list,
                (Field::Visibility, Value::Switch(on)) => spa.visibility = visibility(on),
                _ => {}
            },
            (Self::Token(token), field, value) => match (field, value) {
                (Field::Name, Value::Line(text)) => token.name = text,
                (Field::Apis, Value::Lines(list)) => token.apis = list,
                (Field::Grants, Value::Lines(list)) => {
                    token.grants = list.iter().map(|text| split_grant(text)).collect();
                }
                (Field::Referers, Value::Lines(list)) => token.referers = list,
                (Field::Visibility, Value::Switch(on)) => token.visibility = visibility(on),
                _ => {}
            },
            _ => {}
        }
    }
}

/// A grant as one line: `connection = source`.
#[must_use]
pub fn grant_line(grant: &Grant) -> Untrusted {
    format!("{}{GRANT_SEPARATOR}{}", grant.connection.raw(), grant.source.raw()).into()
}

fn joined((connection, source): &(String, String)) -> String {
    format!("{connection}{GRANT_SEPARATOR}{source}")
}

/// The connection and the source of [`grant_line`]'s text.
#[must_use]
pub fn split_grant(text: &str) -> (String, String) {
    text.split_once(GRANT_SEPARATOR)
        .map_or_else(|| (text.to_owned(), String::new()), |(c, s)| (c.to_owned(), s.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spa() -> SpaDraft {
        SpaDraft {
            name: "Store locator".into(),
            login_url: "https://stores.acme.dev/".into(),
            use_default_urls: true,
            ..SpaDraft::default()
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
        let m2m = Draft::M2m { name: "Sync".into(), visibility: Visibility::Private };
        assert_eq!(said(&m2m), Vec::<String>::new());
    }

    #[test]
    fn problems_point_at_their_entry() {
        let draft = Draft::Spa(SpaDraft {
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
                "callbacks[2] stands here twice",
            ]
        );
    }

    #[test]
    fn names_follow_the_contract() {
        for (name, problem) in [
            ("", "name is needed"),
            (" x", "name must not start or end with a space"),
            ("<b>", "name must not contain < or >"),
        ] {
            let draft = Draft::M2m { name: name.into(), visibility: Visibility::Private };
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
            Draft::Spa(SpaDraft { callbacks: vec!["https://stores.acme.dev/".into()], ..spa() });
        let after = Draft::Spa(SpaDraft {
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
        let mine = Draft::Spa(SpaDraft {
            name: "Mine".into(),
            visibility: Visibility::Organization,
            ..spa()
        });
        let theirs = Draft::Spa(SpaDraft {
            name: "Theirs".into(),
            login_url: "https://new.acme.dev/".into(),
            ..spa()
        });
        let merge = merge(&base, &mine, &theirs);
        let Draft::Spa(merged) = &merge.merged else { unreachable!() };
        assert_eq!(merged.login_url, "https://new.acme.dev/");
        assert_eq!(merged.visibility, Visibility::Organization);
        assert_eq!(merged.name, "Theirs", "a conflict holds their value until somebody decides");
        assert_eq!(merge.conflicts.len(), 1);
        assert_eq!(merge.conflicts[0].after, Value::Line("Mine".into()));
    }

    #[test]
    fn a_servers_pointer_finds_its_field() {
        let problem = Problem::from_wire("callbacks[1]", "bad".into()).expect("known");
        assert_eq!((problem.field, problem.entry), (Field::Callbacks, Some(1)));
        assert_eq!(Problem::from_wire("logo_uri", "bad".into()), None);
    }
}
