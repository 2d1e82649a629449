//! The contract's objects as a tolerant reader takes them: snake or camel case, much of it optional.

use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    api::{Abilities, Access, Capabilities, Secrecy, capabilities::token_rotation},
    domain::{
        Client, Credential, Grant, Kind, Owner, Token, Untrusted, Visibility, credential::Record,
    },
};

#[derive(Deserialize)]
pub(super) struct ClientWire {
    #[serde(alias = "clientId")]
    client_id: String,
    #[serde(default, alias = "clientSecret")]
    pub client_secret: Option<String>,
    #[serde(default, alias = "title")]
    name: String,
    #[serde(default, alias = "appType")]
    app_type: String,
    #[serde(default, alias = "initiateLoginUri")]
    initiate_login_uri: Option<String>,
    #[serde(default, alias = "useDefaultUrls")]
    use_default_urls: Option<bool>,
    #[serde(default)]
    callbacks: Option<Vec<String>>,
    #[serde(default, alias = "allowedLogoutUrls")]
    allowed_logout_urls: Option<Vec<String>>,
    #[serde(default, alias = "webOrigins")]
    web_origins: Option<Vec<String>>,
    #[serde(default, alias = "allowedOrigins")]
    allowed_origins: Option<Vec<String>>,
    #[serde(default, alias = "grantTypes")]
    grant_types: Option<Vec<String>>,
    #[serde(default, alias = "tokenEndpointAuthMethod")]
    token_endpoint_auth_method: Option<String>,
    #[serde(flatten)]
    common: CommonWire,
}

#[derive(Deserialize)]
pub(super) struct TokenWire {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    pub token: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default, alias = "allowedApis")]
    allowed_apis: Vec<String>,
    #[serde(default)]
    grants: Vec<GrantWire>,
    #[serde(default)]
    referers: Option<Vec<String>>,
    #[serde(default, alias = "expirationDate")]
    expiration_date: Option<Timestamp>,
    #[serde(flatten)]
    common: CommonWire,
}

#[derive(Deserialize)]
pub(super) struct CommonWire {
    #[serde(default)]
    owner: Option<OwnerWire>,
    #[serde(default)]
    visibility: Option<String>,
    #[serde(default, alias = "createdAt")]
    created_at: Option<Timestamp>,
    #[serde(default, alias = "updatedAt")]
    updated_at: Option<Timestamp>,
    #[serde(default, alias = "lastUsedAt")]
    last_used_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct GrantWire {
    #[serde(default, alias = "connectionName")]
    connection_name: String,
    #[serde(default, alias = "resource")]
    source: String,
}

#[derive(Deserialize)]
pub(super) struct OwnerWire {
    #[serde(default, alias = "userId")]
    user_id: String,
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
pub(super) struct MeWire {
    #[serde(default, alias = "userId")]
    pub user_id: String,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub role: String,
}

#[derive(Deserialize)]
pub(super) struct CapabilitiesWire {
    api_base_url: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    #[serde(default)]
    types: KindsWire,
    #[serde(default)]
    features: FeaturesWire,
    allowed_apis: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
pub(super) struct KindsWire {
    token: Option<KindWire>,
    spa: Option<KindWire>,
    m2m: Option<KindWire>,
}

#[derive(Deserialize)]
pub(super) struct KindWire {
    create: bool,
    reason: Option<String>,
    required_plan: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FeaturesWire {
    rotate_secret: bool,
    reveal_secret: Option<bool>,
    organization: bool,
}

impl CapabilitiesWire {
    pub fn read(self, base_url: &str) -> Capabilities {
        let basic = Capabilities::basic(base_url);
        let secrecy = if self.features.reveal_secret == Some(false) {
            Secrecy::Once("This server shows a secret once, when it is made".into())
        } else {
            Secrecy::Readable
        };
        let rotate = Access::when(self.features.rotate_secret, "This server cannot rotate secrets");
        let abilities = |kind, wire| Abilities {
            create: access(kind, wire),
            rotate: if kind == Kind::Token { token_rotation() } else { rotate.clone() },
            secrecy: secrecy.clone(),
            ..Abilities::all()
        };
        let [.., other] = basic.kinds;
        Capabilities {
            base_url: self.api_base_url.map_or(basic.base_url, Untrusted::from),
            issuer: self.issuer.map(Untrusted::from),
            audience: self.audience.map(Untrusted::from),
            token_scope: None,
            kinds: [
                abilities(Kind::Token, self.types.token),
                abilities(Kind::Spa, self.types.spa),
                abilities(Kind::M2m, self.types.m2m),
                other,
            ],
            organization: self.features.organization,
            apis: self.allowed_apis.map_or(basic.apis, untrusted),
        }
    }
}

fn access(kind: Kind, wire: Option<KindWire>) -> Access {
    let Some(KindWire { create, reason, required_plan }) = wire else {
        return Access::Refused(format!("This server has no {}", kind.plural()).into());
    };
    if create {
        return Access::Allowed;
    }
    Access::Refused(match (reason.as_deref(), required_plan) {
        (_, Some(plan)) => format!("{} need the {plan} plan", short(kind)).into(),
        (Some("role_required"), None) => "Your role does not allow creating credentials".into(),
        (Some(reason), None) => reason.into(),
        (None, None) => format!("This server does not let you create {}", kind.plural()).into(),
    })
}

const fn short(kind: Kind) -> &'static str {
    match kind {
        Kind::Token => "API access tokens",
        Kind::Spa => "SPA clients",
        Kind::M2m => "M2M clients",
        Kind::Other => "other clients",
    }
}

fn untrusted(list: Vec<String>) -> Vec<Untrusted> {
    list.into_iter().map(Untrusted::from).collect()
}

impl CommonWire {
    pub fn read(self, id: String, name: String) -> Record {
        Record {
            id: id.into(),
            name: name.into(),
            owner: self
                .owner
                .map(|owner| Owner { user_id: owner.user_id.into(), email: owner.email.into() }),
            visibility: match self.visibility.as_deref() {
                Some("organization") => Visibility::Organization,
                _ => Visibility::Private,
            },
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_used_at: self.last_used_at,
            // Whoever has no dates at all has none for this either.
            records_use: self.created_at.is_some(),
            ..Record::default()
        }
    }

    /// The members of every kind, in both spellings.
    pub const KNOWN: [&'static str; 8] = [
        "owner",
        "visibility",
        "created_at",
        "createdAt",
        "updated_at",
        "updatedAt",
        "last_used_at",
        "lastUsedAt",
    ];
}

impl ClientWire {
    pub const KNOWN: &'static [&'static str] = &[
        "client_id",
        "clientId",
        "client_secret",
        "clientSecret",
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
        "grant_types",
        "grantTypes",
        "token_endpoint_auth_method",
        "tokenEndpointAuthMethod",
    ];

    pub fn read(self) -> Credential {
        let client = Client {
            record: self.common.read(self.client_id, self.name),
            login_url: self.initiate_login_uri.map(Untrusted::from),
            use_default_urls: self.use_default_urls.unwrap_or(false),
            callbacks: untrusted(self.callbacks.unwrap_or_default()),
            logout_urls: untrusted(self.allowed_logout_urls.unwrap_or_default()),
            web_origins: untrusted(self.web_origins.unwrap_or_default()),
            allowed_origins: untrusted(self.allowed_origins.unwrap_or_default()),
            grant_types: untrusted(self.grant_types.unwrap_or_default()),
            auth_method: self.token_endpoint_auth_method.map(Untrusted::from),
            ..Client::default()
        };
        match self.app_type.as_str() {
            "non_interactive" | "m2m" => Credential::M2m(client),
            "spa" | "" => Credential::Spa(client),
            other => Credential::Other(Client { app_type: Some(other.into()), ..client }),
        }
    }
}

impl TokenWire {
    pub const KNOWN: &'static [&'static str] = &[
        "id",
        "token",
        "name",
        "allowed_apis",
        "allowedApis",
        "grants",
        "referers",
        "expiration_date",
        "expirationDate",
    ];

    pub fn read(self) -> Credential {
        Credential::Token(Token {
            record: self.common.read(self.id.unwrap_or_default(), self.name),
            grants: self
                .grants
                .into_iter()
                .map(|grant| Grant {
                    connection: grant.connection_name.into(),
                    source: grant.source.into(),
                })
                .collect(),
            apis: untrusted(self.allowed_apis),
            referers: untrusted(self.referers.unwrap_or_default()),
            expires_at: self.expiration_date,
            scopes: Vec::new(),
        })
    }
}
