//! Features of a provider for the caller, and the caller.

use crate::domain::{
    Kind, Untrusted,
    draft::{FieldRules, Fields},
};

/// Availability of an action, or the reason against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// It can.
    Allowed,
    /// Not available; the sentence gives the reason.
    Refused(Untrusted),
}

impl Access {
    /// Not available, for this reason.
    #[must_use]
    pub fn no(why: impl Into<Untrusted>) -> Self {
        Self::Refused(why.into())
    }

    /// Allowed if a condition holds.
    #[must_use]
    pub fn when(allowed: bool, why: impl Into<Untrusted>) -> Self {
        if allowed { Self::Allowed } else { Self::no(why) }
    }

    /// The reason, where there is one.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Untrusted> {
        match self {
            Self::Allowed => None,
            Self::Refused(why) => Some(why),
        }
    }
}

/// Handling of the secrets of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secrecy {
    /// Readable at any time.
    Readable,
    /// Shown once, in the response that creates them; the sentence says so.
    Once(Untrusted),
    /// Not readable by this caller; the sentence gives the reason.
    Hidden(Untrusted),
    /// There are none: public clients (RFC 6749 section 2.1).
    None,
}

/// Effect of a new secret on the previous one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// The previous secret stops working at once.
    None,
    /// The server's configuration decides whether the previous secret works for a time.
    Policy,
    /// Both work until one is deleted.
    Several,
}

/// Actions available for one kind of credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// Listing: the kind exists and the caller may see it.
    pub list: Access,
    /// Creation.
    pub create: Access,
    /// Editing.
    pub edit: Access,
    /// Deletion.
    pub delete: Access,
    /// Rotation of the secret.
    pub rotate: Access,
    /// Rotation ends the access tokens of the client at once, unless they are to be kept.
    pub rotation_ends_tokens: bool,
    /// Effect of a new secret on the previous one ([`super::CredentialsApi::add_secret`]).
    pub overlap: Overlap,
    /// Handling of its secret.
    pub secrecy: Secrecy,
    /// True if every edit issues a new secret, so that users must be warned.
    pub edit_rotates: bool,
    /// Fields of its form.
    pub shape: FieldRules,
    /// Fields that cannot be changed after creation.
    pub fixed: Fields,
}

impl Abilities {
    /// All actions, by the contract's rules.
    #[must_use]
    pub fn all() -> Self {
        Self {
            list: Access::Allowed,
            create: Access::Allowed,
            edit: Access::Allowed,
            delete: Access::Allowed,
            rotate: Access::Allowed,
            rotation_ends_tokens: false,
            overlap: Overlap::None,
            secrecy: Secrecy::Readable,
            edit_rotates: false,
            shape: FieldRules::default(),
            fixed: Fields::NONE,
        }
    }

    /// All actions for public clients, which have no secret (RFC 6749 section 2.1).
    #[must_use]
    pub fn public(self) -> Self {
        Self {
            rotate: Access::no("A public client has no secret to rotate"),
            secrecy: Secrecy::None,
            ..self
        }
    }

    /// Actions for clients that are neither SPA nor M2M: they are shown and edited, not created.
    #[must_use]
    pub fn made_elsewhere(self) -> Self {
        Self { create: Access::no("Other clients are created elsewhere"), ..self }
    }

    /// No action, for this reason.
    #[must_use]
    pub fn none(why: impl Into<Untrusted>) -> Self {
        let why = Access::no(why);
        Self {
            list: why.clone(),
            create: why.clone(),
            edit: why.clone(),
            delete: why.clone(),
            rotate: why,
            rotation_ends_tokens: false,
            overlap: Overlap::None,
            secrecy: Secrecy::None,
            edit_rotates: false,
            shape: FieldRules::default(),
            fixed: Fields::NONE,
        }
    }
}

/// Features of a provider for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The API base URL to show and copy.
    pub base_url: Untrusted,
    /// Token issuer, if the provider reports it.
    pub issuer: Option<Untrusted>,
    /// Audience of its access tokens.
    pub audience: Option<Untrusted>,
    /// Scope that a client credentials request must name, if any.
    pub token_scope: Option<&'static str>,
    /// Abilities for each kind, in the order of [`Kind::ALL`].
    pub kinds: [Abilities; 4],
    /// True if there is an organization view.
    pub organization: bool,
    /// True if one list has the clients of every kind, so that one read is enough.
    pub one_list: bool,
    /// True if the server can search a list.
    pub searches: bool,
    /// The APIs that a token can be made for.
    pub apis: Vec<Untrusted>,
}

impl Capabilities {
    /// Features assumed of a server that does not report any: the basics only.
    #[must_use]
    pub fn basic(base_url: &str) -> Self {
        let abilities = Abilities {
            rotate: Access::no("This server cannot rotate secrets"),
            ..Abilities::all()
        };
        let token = Abilities { rotate: token_rotation(), ..Abilities::all() };
        Self {
            base_url: base_url.into(),
            issuer: None,
            audience: None,
            token_scope: None,
            kinds: [
                token,
                abilities.clone(),
                abilities,
                Abilities::none("This server has no other OAuth clients"),
            ],
            organization: false,
            one_list: false,
            searches: false,
            apis: crate::domain::grants::APIS.map(Untrusted::from).to_vec(),
        }
    }

    /// Capabilities of a provider with these abilities, whose tokens are not for named APIs.
    #[must_use]
    pub fn of_kinds(base_url: &str, kinds: [Abilities; 4]) -> Self {
        Self { kinds, apis: Vec::new(), ..Self::basic(base_url) }
    }

    /// Capabilities of a provider without tokens.
    #[must_use]
    pub fn of_clients(
        base_url: &str,
        name: &str,
        spa: Abilities,
        m2m: Abilities,
        other: Abilities,
    ) -> Self {
        let token = Abilities::none(format!("{name} has no API access tokens"));
        Self::of_kinds(base_url, [token, spa, m2m, other])
    }

    /// Capabilities of a provider without tokens and with one list of all clients.
    #[must_use]
    pub fn with_one_list(self) -> Self {
        Self { one_list: true, ..self }
    }

    /// Kinds that are read together with this one.
    #[must_use]
    pub fn together(&self, kind: Kind) -> Vec<Kind> {
        let listed = |it: &Kind| *it != Kind::Token && self.of(*it).list == Access::Allowed;
        if !self.one_list || kind == Kind::Token {
            return vec![kind];
        }
        Kind::ALL.into_iter().filter(|it| *it == kind || listed(it)).collect()
    }

    /// Returns the abilities for a kind.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> &Abilities {
        &self.kinds[kind as usize]
    }
}

/// Reason why tokens are not rotated.
#[must_use]
pub fn token_rotation() -> Access {
    Access::no(
        "Only an OAuth client has a secret to rotate: create a new token and delete this one",
    )
}

/// Signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Me {
    /// The provider's id of the user.
    pub user_id: Untrusted,
    /// The user's address.
    pub email: Untrusted,
    /// Role of the user, if the provider reports it.
    pub role: Untrusted,
}
