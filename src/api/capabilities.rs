//! Features of a provider that the caller may use, and the signed-in user.

use crate::domain::{
    Credential, Kind, Untrusted,
    draft::{FieldRules, Fields},
};

/// Availability of an action, with the reason if it is not available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// The action is available.
    Allowed,
    /// The action is not available, for the given reason (a sentence).
    Refused(Untrusted),
}

impl Access {
    /// Returns [`Self::Refused`] with the reason `why`, a sentence without its full stop.
    #[must_use]
    pub fn no(why: impl Into<Untrusted>) -> Self {
        Self::Refused(why.into())
    }

    /// Returns [`Self::Allowed`] if `allowed` is true, else [`Self::Refused`] with the reason.
    #[must_use]
    pub fn when(allowed: bool, why: impl Into<Untrusted>) -> Self {
        if allowed { Self::Allowed } else { Self::no(why) }
    }

    /// Returns [`Self::Allowed`] if the token has one of the permissions `one_of`, or if `granted`
    /// is `None`, because the token does not contain its permissions. `noun` is the server's word
    /// for a permission.
    pub(super) fn granted(granted: Option<&[String]>, one_of: &[&str], noun: &str) -> Self {
        let has = granted.is_none_or(|all| all.iter().any(|it| one_of.contains(&it.as_str())));
        Self::when(has, format!("Your token has no {} {noun}", one_of[0]))
    }

    /// Returns the reason if the action is not available, else `None`.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Untrusted> {
        match self {
            Self::Allowed => None,
            Self::Refused(why) => Some(why),
        }
    }
}

/// Readability of the secrets of one kind of credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secrecy {
    /// The secret can be read at any time.
    Readable,
    /// The secret is returned only once, when it is created. The text is a sentence that explains
    /// this to the user.
    Once(Untrusted),
    /// The caller cannot read the secret, for the given reason (a sentence).
    Hidden(Untrusted),
    /// There is no secret, for example because the clients are public (RFC 6749 section 2.1).
    None,
}

/// Effect of a new secret on the previous one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// The previous secret stops working immediately.
    None,
    /// The server's configuration determines whether the previous secret stays valid for a time.
    Policy,
    /// A client can have several secrets, and a new secret does not affect the previous ones.
    Several,
}

/// Actions available for one kind of credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// Listing of credentials. Refused if the provider does not support the kind, or if the caller
    /// may not list it.
    pub list: Access,
    /// Creation of a credential.
    pub create: Access,
    /// Change of an existing credential.
    pub edit: Access,
    /// Deletion of a credential; permanent unless [`Self::restores`] is true.
    pub delete: Access,
    /// Rotation of the secret.
    pub rotate: Access,
    /// True if a rotation immediately revokes the client's access tokens, unless
    /// [`super::RotationRequest::keep_tokens`] is set.
    pub rotation_ends_tokens: bool,
    /// Effect of a new secret on the previous one ([`super::CredentialsApi::add_secret`]).
    pub overlap: Overlap,
    /// True if a secret with an ID can be deactivated, and activated again
    /// ([`super::CredentialsApi::set_secret_active`]).
    pub deactivates_secrets: bool,
    /// True if a client can be disabled, and enabled again
    /// ([`super::CredentialsApi::set_enabled`]).
    pub disables: bool,
    /// True if a deleted client can be restored ([`super::CredentialsApi::restore`]).
    pub restores: bool,
    /// Readability of the secret after its creation.
    pub secrecy: Secrecy,
    /// True if every edit issues a new secret. The user is then warned before an edit.
    pub edit_rotates: bool,
    /// Form fields that the provider supports, and their rules.
    pub shape: FieldRules,
    /// Fields that cannot be changed after creation.
    pub fixed: Fields,
}

impl Abilities {
    /// Returns abilities that allow listing, creation, editing, deletion and rotation, with
    /// readable secrets and the form fields of the contract. Optional features are off.
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
            deactivates_secrets: false,
            disables: false,
            restores: false,
            secrecy: Secrecy::Readable,
            edit_rotates: false,
            shape: FieldRules::default(),
            fixed: Fields::NONE,
        }
    }

    /// Returns true if the previous secret of a client keeps working after a rotation. With
    /// [`Overlap::Policy`], a secret that expires shows that the client has a rotation policy.
    #[must_use]
    pub fn keeps_previous_secret(&self, client: &Credential) -> bool {
        match self.overlap {
            Overlap::Several => true,
            Overlap::None => false,
            Overlap::Policy => {
                client.secrets().iter().any(|secret| secret.expires_at.flatten().is_some())
            }
        }
    }

    /// Returns whether a deletion can be undone, as a sentence.
    #[must_use]
    pub const fn after_deletion(&self) -> &'static str {
        if self.restores {
            "You can restore it for a limited time: credenza restore."
        } else {
            "This cannot be undone."
        }
    }

    /// Returns these abilities for public clients, which have no secret (RFC 6749 section 2.1).
    #[must_use]
    pub fn public(self) -> Self {
        Self {
            rotate: Access::no("A public client has no secret to rotate"),
            secrecy: Secrecy::None,
            ..self
        }
    }

    /// Returns these abilities without creation, for clients that are neither SPA nor M2M.
    #[must_use]
    pub fn made_elsewhere(self) -> Self {
        Self { create: Access::no("Credenza cannot create clients of this kind"), ..self }
    }

    /// Returns abilities with every action refused for the reason `why` (a sentence).
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
            deactivates_secrets: false,
            disables: false,
            restores: false,
            secrecy: Secrecy::None,
            edit_rotates: false,
            shape: FieldRules::default(),
            fixed: Fields::NONE,
        }
    }
}

/// Features of a provider that the caller may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// API base URL, for display and copying.
    pub base_url: Untrusted,
    /// Issuer of the access tokens, if known.
    pub issuer: Option<Untrusted>,
    /// Audience of the access tokens, if the provider reports it.
    pub audience: Option<Untrusted>,
    /// Scope that a client credentials request must include, if any.
    pub token_scope: Option<&'static str>,
    /// Abilities for each kind, in the order of [`Kind::ALL`].
    pub kinds: [Abilities; 4],
    /// True if credentials of the whole organization can be listed.
    pub organization: bool,
    /// True if only the owner of a credential can change it. Otherwise, write access depends on the
    /// caller's role.
    pub only_owners_write: bool,
    /// True if one server list contains clients of every kind, so that reading it once is enough.
    pub one_list: bool,
    /// True if the server supports search in a list.
    pub searches: bool,
    /// APIs that a token can be limited to; empty if the provider has no such limit.
    pub apis: Vec<Untrusted>,
}

impl Capabilities {
    /// Returns the capabilities to assume for a server that does not report them: listing,
    /// creation, editing and deletion of API tokens, SPA clients and M2M clients.
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
            only_owners_write: true,
            one_list: false,
            searches: false,
            apis: crate::domain::grants::APIS.map(Untrusted::from).to_vec(),
        }
    }

    /// Returns the capabilities of a provider whose tokens are not limited to named APIs.
    #[must_use]
    pub fn of_kinds(base_url: &str, kinds: [Abilities; 4]) -> Self {
        Self { kinds, apis: Vec::new(), ..Self::basic(base_url) }
    }

    /// Returns the capabilities of a provider that has OAuth clients but no API tokens. `name` is
    /// the provider's name, for the message that API tokens are not available.
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

    /// Sets [`Self::one_list`]: one server list contains clients of every kind.
    #[must_use]
    pub fn with_one_list(self) -> Self {
        Self { one_list: true, ..self }
    }

    /// Returns `kind` and the other kinds whose rows come from the same server list. Other kinds
    /// that the caller may not list are omitted.
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

/// Returns the refusal to rotate an API token.
#[must_use]
pub fn token_rotation() -> Access {
    Access::no("An API token has no secret to rotate. Create a new token and delete this one")
}

/// Signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Me {
    /// Identifier of the user at the provider: a user ID or a login name.
    pub user_id: Untrusted,
    /// Email address of the user. Without an address, a display name or another identifier.
    pub email: Untrusted,
    /// Role or policies of the user; empty if the provider does not report them.
    pub role: Untrusted,
}
