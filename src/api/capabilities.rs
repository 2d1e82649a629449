//! What a provider can do for the caller, and who the caller is.

use crate::domain::{Kind, Untrusted};

/// Whether something can be done, and if not why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// It can.
    Allowed,
    /// It cannot; the sentence says why.
    Refused(Untrusted),
}

impl Access {
    /// The reason, where there is one.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Untrusted> {
        match self {
            Self::Allowed => None,
            Self::Refused(why) => Some(why),
        }
    }
}

/// What a provider can do for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The API base URL to show and copy.
    pub base_url: Untrusted,
    /// The issuer of access tokens, where the provider says.
    pub issuer: Option<Untrusted>,
    /// The audience to ask access tokens for.
    pub audience: Option<Untrusted>,
    /// Whether each kind can be created, in the order of [`Kind::ALL`].
    pub create: [Access; 3],
    /// Whether a client's secret can be rotated.
    pub rotate: bool,
    /// Whether there is an organisation view.
    pub organization: bool,
    /// The APIs that a token can be made for.
    pub apis: Vec<Untrusted>,
}

impl Capabilities {
    /// What may be assumed of a server that does not say: the basics, and no more.
    #[must_use]
    pub fn basic(base_url: &str) -> Self {
        Self {
            base_url: base_url.into(),
            issuer: None,
            audience: None,
            create: [Access::Allowed, Access::Allowed, Access::Allowed],
            rotate: false,
            organization: false,
            apis: crate::domain::grants::APIS.map(Untrusted::from).to_vec(),
        }
    }

    /// Whether a kind can be created.
    #[must_use]
    pub const fn create(&self, kind: Kind) -> &Access {
        match kind {
            Kind::Token => &self.create[0],
            Kind::Spa => &self.create[1],
            Kind::M2m => &self.create[2],
        }
    }
}

/// Who the caller is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Me {
    /// The provider's id of the user.
    pub user_id: Untrusted,
    /// The user's address.
    pub email: Untrusted,
    /// The user's role, where the provider says.
    pub role: Untrusted,
}
