//! JSON responses of the contract, except those that contain credentials. Missing optional members
//! get defaults.

use serde::Deserialize;

use crate::{
    api::{Abilities, Access, Capabilities, Overlap, Secrecy, capabilities::token_rotation},
    domain::{Kind, Untrusted},
};

/// Response to the request that adds a secret.
#[derive(Deserialize)]
pub(super) struct SecretWire {
    pub secret_id: String,
    pub client_secret: Option<String>,
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
    keep_tokens: bool,
    secrets_per_client: usize,
    reveal_secret: Option<bool>,
    organization: bool,
}

impl CapabilitiesWire {
    pub fn read(self, base_url: &str) -> Capabilities {
        let basic = Capabilities::basic(base_url);
        let secrecy = if self.features.reveal_secret == Some(false) {
            Secrecy::Once("This server shows a secret once, when it is created".into())
        } else {
            Secrecy::Readable
        };
        let rotate = Access::when(self.features.rotate_secret, "This server cannot rotate secrets");
        let several = self.features.secrets_per_client > 1;
        let abilities = |kind, wire| Abilities {
            create: access(kind, wire),
            rotate: if kind == Kind::Token { token_rotation() } else { rotate.clone() },
            rotation_ends_tokens: kind == Kind::M2m && self.features.keep_tokens,
            overlap: if kind != Kind::Token && several { Overlap::Several } else { Overlap::None },
            deactivates_secrets: kind != Kind::Token && several,
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
            only_owners_write: true,
            one_list: false,
            searches: true,
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
        (_, Some(plan)) => format!("{} require the {plan} plan", short(kind)).into(),
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
