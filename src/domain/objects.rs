//! The contract's JSON objects: the responses of a server that implements it, and the contents of a
//! snapshot.
//!
//! Members of the contract are accepted in snake case and camel case. No member is required.
//! Missing members are recorded, because an audit must not mistake a missing member for an empty
//! one. Secrets are read, but never written.

use std::{borrow::Cow, sync::LazyLock};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    Client, Credential, Grant, Kind, Owner, Token, Untrusted, Visibility,
    credential::{NATIVE, Posture, Record, Refresh, SecretAge, is_for_organizations},
    draft::{Field, Fields, raw},
    profile::Word as _,
    secret,
};

/// Member that may be missing (`None`), null (`Some(None)`), or set.
type Maybe<T> = Option<Option<T>>;

fn present<'de, T, D>(reader: D) -> Result<Maybe<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(reader).map(Some)
}

/// JSON object of an OAuth client or an API access token. It has the members of the contract, and
/// members that other providers add (RFC 7591 section 2, OpenID Connect Registration, Auth0,
/// Keycloak).
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CredentialObject<'a> {
    /// Name of the kind, for lists of several kinds.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(alias = "clientId", skip_serializing_if = "Option::is_none")]
    client_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Cow<'a, str>>,
    /// A client's secret, if it was requested or just created.
    #[serde(alias = "clientSecret", skip_serializing)]
    pub client_secret: Option<String>,
    /// A token's value, if it was requested or just created.
    #[serde(skip_serializing)]
    pub token: Option<String>,
    #[serde(alias = "title")]
    name: Cow<'a, str>,
    #[serde(alias = "appType", skip_serializing_if = "Option::is_none")]
    app_type: Option<Cow<'a, str>>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    description: Maybe<Cow<'a, str>>,
    #[serde(
        alias = "initiateLoginUri",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    initiate_login_uri: Maybe<Cow<'a, str>>,
    #[serde(
        alias = "useDefaultUrls",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    use_default_urls: Maybe<bool>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    callbacks: Maybe<Vec<Cow<'a, str>>>,
    #[serde(
        alias = "allowedLogoutUrls",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    allowed_logout_urls: Maybe<Vec<Cow<'a, str>>>,
    #[serde(
        alias = "webOrigins",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    web_origins: Maybe<Vec<Cow<'a, str>>>,
    #[serde(
        alias = "allowedOrigins",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    allowed_origins: Maybe<Vec<Cow<'a, str>>>,
    #[serde(
        alias = "allowedApis",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    allowed_apis: Maybe<Vec<Cow<'a, str>>>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    grants: Maybe<Vec<GrantObject<'a>>>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    referers: Maybe<Vec<Cow<'a, str>>>,
    #[serde(
        alias = "expirationDate",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    expiration_date: Maybe<Timestamp>,
    #[serde(alias = "grantTypes", skip_serializing_if = "Option::is_none")]
    grant_types: Option<Vec<Cow<'a, str>>>,
    #[serde(alias = "responseTypes", skip_serializing_if = "Option::is_none")]
    response_types: Option<Vec<Cow<'a, str>>>,
    #[serde(alias = "tokenEndpointAuthMethod", skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_method: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_scopes: Option<Vec<Cow<'a, str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_scope_allowed: Option<bool>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    code_challenge_method: Maybe<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token_signed_response_alg: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<RefreshObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_lifetime: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cross_origin_authentication: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secrets: Option<Vec<SecretObject>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_url: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_type: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_usage: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    built_in: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<Cow<'a, str>>,
    #[serde(skip_serializing)]
    metadata: Option<serde_json::Value>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    owner: Maybe<OwnerObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility: Option<Cow<'a, str>>,
    #[serde(alias = "createdAt", skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(alias = "updatedAt", skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
    #[serde(
        alias = "lastUsedAt",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    last_used_at: Maybe<Timestamp>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct GrantObject<'a> {
    #[serde(alias = "connectionName")]
    connection_name: Cow<'a, str>,
    #[serde(alias = "resource")]
    source: Cow<'a, str>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct OwnerObject<'a> {
    #[serde(alias = "userId")]
    user_id: Cow<'a, str>,
    email: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(alias = "lastLoginAt", skip_serializing_if = "Option::is_none")]
    last_login_at: Option<Timestamp>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct RefreshObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_type: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_type: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leeway: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_constrained: Option<bool>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct SecretObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    expires_at: Maybe<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    last_used_at: Maybe<Timestamp>,
}

/// Returns the fields of the contract, and the scopes if an object has the member `scope`.
const fn has(scopes: bool) -> Fields {
    if scopes { Fields::CONTRACT.with(Field::Scopes) } else { Fields::CONTRACT }
}

/// Converts texts and shrinks the list, because a large fleet has many short lists, which otherwise
/// reserve memory for four entries each.
fn untrusted(list: Vec<Cow<'_, str>>) -> Vec<Untrusted> {
    list.into_iter().map(Untrusted::from).collect::<Box<[_]>>().into_vec()
}

/// Posture of a client without known facts.
static NOTHING: LazyLock<Posture> = LazyLock::new(Posture::default);

fn texts(list: &[Untrusted]) -> Vec<Cow<'_, str>> {
    list.iter().map(|text| text.raw().into()).collect()
}

impl<'a> CredentialObject<'a> {
    /// Members that the details screen shows separately, in both spellings. Other members are shown
    /// unchanged, and are searched for secrets.
    pub const KNOWN: &'static [&'static str] = &[
        "client_id",
        "clientId",
        "id",
        "client_secret",
        "clientSecret",
        "token",
        "name",
        "title",
        "app_type",
        "appType",
        "initiate_login_uri",
        "initiateLoginUri",
        "use_default_urls",
        "useDefaultUrls",
        "callbacks",
        "allowed_logout_urls",
        "allowedLogoutUrls",
        "web_origins",
        "webOrigins",
        "allowed_origins",
        "allowedOrigins",
        "allowed_apis",
        "allowedApis",
        "grants",
        "referers",
        "expiration_date",
        "expirationDate",
        "grant_types",
        "grantTypes",
        "token_endpoint_auth_method",
        "tokenEndpointAuthMethod",
        "owner",
        "visibility",
        "created_at",
        "createdAt",
        "updated_at",
        "updatedAt",
        "last_used_at",
        "lastUsedAt",
        "scope",
    ];

    /// Sets the kind, which is written but not read.
    #[must_use]
    pub fn with_kind(self, kind: Kind) -> Self {
        Self { kind: Some(kind.word()), ..self }
    }

    /// Returns true if the object has a client ID, and is therefore a client.
    #[must_use]
    pub const fn is_client(&self) -> bool {
        self.client_id.is_some()
    }

    /// Converts the object to a client, whose kind depends on `app_type`. A missing ID becomes
    /// empty.
    #[must_use]
    pub fn into_client(self) -> Credential {
        let mut missing = Vec::new();
        let mut told = |field, there: bool| {
            if !there {
                missing.push(field);
            }
        };
        told(Field::LoginUrl, self.initiate_login_uri.is_some());
        told(Field::UseDefaultUrls, self.use_default_urls.is_some());
        told(Field::Callbacks, self.callbacks.is_some());
        told(Field::LogoutUrls, self.allowed_logout_urls.is_some());
        told(Field::WebOrigins, self.web_origins.is_some());
        told(Field::AllowedOrigins, self.allowed_origins.is_some());
        told(Field::Visibility, self.visibility.is_some());
        let posture = Posture {
            stored_secret: self.client_secret.as_deref().map(secret::is_live),
            no_grants: self.grant_types.as_ref().is_some_and(Vec::is_empty),
            description: self.description.map(|text| text.unwrap_or_default().into()),
            response_types: self.response_types.map(untrusted),
            code_challenge: self.code_challenge_method.map(|it| it.map(Untrusted::from)),
            id_token_alg: self.id_token_signed_response_alg.map(Untrusted::from),
            refresh: self.refresh_token.map(|refresh| Refresh {
                rotates: refresh.rotation_type.map(|kind| kind == "rotating"),
                bound: refresh.sender_constrained,
                expires: refresh.expiration_type.map(|kind| kind == "expiring"),
                leeway: refresh.leeway,
            }),
            token_lifetime: self.access_token_lifetime,
            cross_origin: self.cross_origin_authentication,
            full_scope: self.full_scope_allowed,
            default_scopes: self.default_scopes.map(untrusted),
            secrets: self.client_secrets.map(|list| {
                list.into_iter()
                    .map(|secret| SecretAge {
                        id: secret.secret_id.map(Untrusted::from),
                        created_at: secret.created_at,
                        expires_at: secret.expires_at,
                        active: secret.active.unwrap_or(true),
                        reports_last_used: secret.last_used_at.is_some(),
                        last_used_at: secret.last_used_at.flatten(),
                    })
                    .collect()
            }),
            certificates: Vec::new(),
            registration_token: None,
        };
        let list = |list: Maybe<Vec<Cow<'_, str>>>| untrusted(list.flatten().unwrap_or_default());
        let has = has(self.scope.is_some());
        let scope = self.scope.unwrap_or_default();
        let mut client = Client {
            login_url: self.initiate_login_uri.flatten().map(Untrusted::from),
            use_default_urls: self.use_default_urls.flatten().unwrap_or(false),
            callbacks: list(self.callbacks),
            logout_urls: list(self.allowed_logout_urls),
            web_origins: list(self.web_origins),
            allowed_origins: list(self.allowed_origins),
            grant_types: untrusted(self.grant_types.unwrap_or_default()),
            auth_method: self.token_endpoint_auth_method.map(Untrusted::from),
            scopes: scope.split_ascii_whitespace().map(Untrusted::from).collect(),
            root_url: self.root_url.map(Untrusted::from),
            native: self.application_type.as_deref() == Some(NATIVE),
            organizations: is_for_organizations(self.organization_usage.as_deref()),
            enabled: self.enabled,
            posture: (posture != Posture::default()).then(|| Box::new(posture)),
            ..Client::default()
        };
        client.record = Record {
            id: self.client_id.unwrap_or_default().into(),
            name: self.name.into(),
            has,
            missing: Fields::of(&missing),
            built_in: self.built_in.unwrap_or(false),
            unreadable: self.unreadable.map(Untrusted::from),
            ..common(
                self.owner,
                self.visibility.as_deref(),
                [self.created_at, self.updated_at],
                self.last_used_at,
                self.metadata,
            )
        };
        match self.app_type.as_deref() {
            Some("non_interactive" | "m2m") => Credential::M2m(client),
            None | Some("spa" | "") => Credential::Spa(client),
            Some(other) => Credential::Other(Client { app_type: Some(other.into()), ..client }),
        }
    }

    /// Converts the object to a token. A missing ID becomes empty.
    #[must_use]
    pub fn into_token(self) -> Credential {
        let mut missing = Vec::new();
        let mut told = |field, there: bool| {
            if !there {
                missing.push(field);
            }
        };
        told(Field::Apis, self.allowed_apis.is_some());
        told(Field::Grants, self.grants.is_some());
        told(Field::Referers, self.referers.is_some());
        told(Field::Expires, self.expiration_date.is_some());
        told(Field::Visibility, self.visibility.is_some());
        let list = |list: Maybe<Vec<Cow<'_, str>>>| untrusted(list.flatten().unwrap_or_default());
        let grants = self.grants.flatten().unwrap_or_default().into_iter();
        let has = has(self.scope.is_some());
        let scope = self.scope.unwrap_or_default();
        Credential::Token(Token {
            record: Record {
                id: self.id.unwrap_or_default().into(),
                name: self.name.into(),
                has,
                missing: Fields::of(&missing),
                unreadable: self.unreadable.map(Untrusted::from),
                ..common(
                    self.owner,
                    self.visibility.as_deref(),
                    [self.created_at, self.updated_at],
                    self.last_used_at,
                    self.metadata,
                )
            },
            grants: grants
                .map(|it| Grant { connection: it.connection_name.into(), source: it.source.into() })
                .collect(),
            apis: list(self.allowed_apis),
            referers: list(self.referers),
            expires_at: self.expiration_date.flatten(),
            scopes: scope.split_ascii_whitespace().map(Untrusted::from).collect(),
        })
    }

    /// Converts a credential to an object of the contract, without secrets. Omits values that the
    /// provider did not report.
    #[must_use]
    pub fn of(credential: &'a Credential) -> Self {
        let record = credential.record();
        let told = |field| record.tells(field);
        let visibility = match record.visibility {
            Visibility::Organization => "organization",
            Visibility::Private => "private",
        };
        let owner = record.owner.as_ref().map(|owner| OwnerObject {
            user_id: owner.user_id.raw().into(),
            email: owner.email.raw().into(),
            role: owner.role.as_ref().map(|role| role.raw().into()),
            active: owner.active,
            last_login_at: owner.last_login_at,
        });
        let common = Self {
            name: record.name.raw().into(),
            owner: (owner.is_some() || record.reports_owner).then_some(owner),
            visibility: told(Field::Visibility).then(|| visibility.into()),
            built_in: record.built_in.then_some(true),
            unreadable: record.unreadable.as_ref().map(|why| why.raw().into()),
            created_at: record.created_at,
            updated_at: record.updated_at,
            last_used_at: (record.last_used_at.is_some() || record.reports_last_used)
                .then_some(record.last_used_at),
            ..Self::default()
        };
        let lines = |field, list: &'a [Untrusted]| told(field).then(|| Some(texts(list)));
        let scope = |list: &[Untrusted]| {
            (told(Field::Scopes) || !list.is_empty()).then(|| raw(list).join(" ").into())
        };
        match credential {
            Credential::Token(token) => Self {
                id: Some(record.id.raw().into()),
                allowed_apis: lines(Field::Apis, &token.apis),
                grants: told(Field::Grants).then(|| {
                    let grants = token.grants.iter().map(|grant| GrantObject {
                        connection_name: grant.connection.raw().into(),
                        source: grant.source.raw().into(),
                    });
                    Some(grants.collect())
                }),
                referers: lines(Field::Referers, &token.referers),
                expiration_date: told(Field::Expires).then_some(token.expires_at),
                scope: scope(&token.scopes),
                ..common
            },
            Credential::Spa(client) | Credential::M2m(client) | Credential::Other(client) => {
                let posture = client.posture.as_deref().unwrap_or(&NOTHING);
                let text = |text: &'a Untrusted| Cow::Borrowed(text.raw());
                Self {
                    client_id: Some(record.id.raw().into()),
                    app_type: Some(match credential {
                        Credential::Spa(_) => "spa".into(),
                        Credential::M2m(_) => "non_interactive".into(),
                        _ => client.app_type.as_ref().map_or_else(|| "other".into(), text),
                    }),
                    initiate_login_uri: told(Field::LoginUrl)
                        .then(|| client.login_url.as_ref().map(text)),
                    use_default_urls: told(Field::UseDefaultUrls)
                        .then_some(Some(client.use_default_urls)),
                    callbacks: lines(Field::Callbacks, &client.callbacks),
                    allowed_logout_urls: lines(Field::LogoutUrls, &client.logout_urls),
                    web_origins: lines(Field::WebOrigins, &client.web_origins),
                    allowed_origins: lines(Field::AllowedOrigins, &client.allowed_origins),
                    grant_types: (posture.no_grants || !client.grant_types.is_empty())
                        .then(|| texts(&client.grant_types)),
                    token_endpoint_auth_method: client.auth_method.as_ref().map(text),
                    scope: scope(&client.scopes),
                    root_url: client.root_url.as_ref().map(text),
                    application_type: client.native.then(|| NATIVE.into()),
                    organization_usage: client.organizations.then(|| "allow".into()),
                    enabled: client.enabled,
                    description: posture
                        .description
                        .as_ref()
                        .map(|it| Some(text(it)).filter(|it| !it.is_empty())),
                    response_types: posture.response_types.as_deref().map(texts),
                    code_challenge_method: posture
                        .code_challenge
                        .as_ref()
                        .map(|method| method.as_ref().map(text)),
                    id_token_signed_response_alg: posture.id_token_alg.as_ref().map(text),
                    refresh_token: posture.refresh.as_ref().map(|refresh| RefreshObject {
                        rotation_type: refresh
                            .rotates
                            .map(|on| if on { "rotating" } else { "non-rotating" }.into()),
                        expiration_type: refresh
                            .expires
                            .map(|on| if on { "expiring" } else { "non-expiring" }.into()),
                        leeway: refresh.leeway,
                        sender_constrained: refresh.bound,
                    }),
                    access_token_lifetime: posture.token_lifetime,
                    cross_origin_authentication: posture.cross_origin,
                    full_scope_allowed: posture.full_scope,
                    default_scopes: posture.default_scopes.as_deref().map(texts),
                    client_secrets: posture.secrets.as_deref().map(|secrets| {
                        let object = |secret: &SecretAge| SecretObject {
                            secret_id: secret.id.as_ref().map(|id| id.raw().to_owned()),
                            created_at: secret.created_at,
                            expires_at: secret.expires_at,
                            active: Some(secret.active),
                            last_used_at: secret.reports_last_used.then_some(secret.last_used_at),
                        };
                        secrets.iter().map(object).collect()
                    }),
                    ..common
                }
            }
        }
    }
}

fn common(
    owner: Maybe<OwnerObject<'_>>,
    visibility: Option<&str>,
    [created_at, updated_at]: [Option<Timestamp>; 2],
    last_used_at: Maybe<Timestamp>,
    metadata: Option<serde_json::Value>,
) -> Record {
    Record {
        reports_owner: owner.is_some(),
        owner: owner.flatten().map(|owner| Owner {
            user_id: owner.user_id.into(),
            email: owner.email.into(),
            role: owner.role.map(Untrusted::from),
            active: owner.active,
            last_login_at: owner.last_login_at,
        }),
        visibility: match visibility {
            Some("organization") => Visibility::Organization,
            _ => Visibility::Private,
        },
        created_at,
        updated_at,
        reports_last_used: last_used_at.is_some(),
        last_used_at: last_used_at.flatten(),
        unknown: metadata
            .map(|value| ("metadata".into(), value.to_string().into()))
            .into_iter()
            .collect(),
        ..Record::default()
    }
}
