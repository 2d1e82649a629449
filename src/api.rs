//! Provider-independent API for the credentials of a server.
//!
//! [`CredentialsApi`] is the interface. Each provider is a submodule that implements the interface
//! and keeps its wire types private. [`Capabilities`] reports the features that a provider
//! supports.

pub mod auth0;
pub mod better_auth;
pub mod capabilities;
pub mod carto;
pub mod contract;
pub mod entra;
pub mod error;
pub mod fleet;
pub mod gitea;
pub mod http;
pub mod hydra;
mod json_object;
pub mod keycloak;
mod metadata;
pub mod okta;
pub mod openbao;
pub mod registration;
mod rows;
pub mod settle;

use std::{pin::Pin, sync::Arc};

use serde_json::{Map, Value};

pub use capabilities::{Abilities, Access, Capabilities, Me, Overlap, Secrecy};
pub use error::{ApiError, Explanation};
pub use http::{Bearer, Http, Trust};

use crate::domain::{
    Credential, CredentialRef, Draft, Kind, Profile, Secret, Untrusted,
    audit::ProfileInfo,
    draft::{Change, Fields},
    evidence::RecordedUses,
    profile::Provider,
    semantics::Semantics,
};

/// Dependencies that only some providers need.
#[derive(Default)]
pub struct ProviderDeps {
    /// Store of dynamically registered clients; [`Provider::Registration`] requires it.
    pub register: Option<Arc<dyn registration::Register>>,
    /// Registration endpoint from the issuer's metadata, for a profile that does not set one.
    pub registration_endpoint: Option<String>,
    /// Runner of the `carto` command; `None` if the command is not installed.
    pub carto: Option<Arc<dyn carto::CommandRunner>>,
}

/// Parses a client from a provider's JSON format, for example from an exported file. Clients of
/// providers other than Keycloak, Auth0, Hydra, Entra and Okta must use the member names of RFC
/// 7591.
///
/// # Errors
/// [`ApiError::Malformed`] if the object has no client ID.
pub fn read_client(
    provider: Provider,
    object: &serde_json::Map<String, serde_json::Value>,
) -> Result<Credential, ApiError> {
    match provider {
        Provider::Keycloak => keycloak::read(object),
        Provider::Auth0 => auth0::read(object),
        Provider::Hydra => hydra::read(object),
        Provider::Entra => entra::read(object),
        Provider::Okta => okta::read(object),
        _ => metadata::read(object, Fields::of(registration::SPA)),
    }
}

/// Creates the API client for a profile's provider.
///
/// # Errors
/// [`ApiError::Unusable`] if the base URL of a Keycloak profile is not the URL of a realm, or if
/// dynamic registration has no registration endpoint or no store.
pub fn provider(
    profile: &Profile,
    http: Http,
    deps: ProviderDeps,
) -> Result<Arc<dyn CredentialsApi>, ApiError> {
    let (base_url, issuer) = (profile.base_url.as_str(), profile.issuer.as_deref());
    Ok(match profile.provider {
        Provider::Contract => Arc::new(contract::Contract::new(http, base_url)),
        Provider::Carto => {
            let contract = contract::Contract::new(http, base_url);
            let (contract, clients) = match (&profile.oauth_clients_path, deps.carto) {
                (Some(path), _) => (contract.with_clients_at(path), carto::ClientsRoute::Path),
                (None, Some(command)) => (contract, carto::ClientsRoute::Command(command)),
                (None, None) => (contract, carto::ClientsRoute::None),
            };
            Arc::new(carto::Carto::new(contract, clients))
        }
        Provider::Keycloak => Arc::new(keycloak::Keycloak::new(http, base_url)?),
        Provider::Hydra => Arc::new(hydra::Hydra::new(http, base_url, issuer)),
        Provider::OpenBao => Arc::new(openbao::OpenBao::new(http, base_url, issuer)),
        Provider::BetterAuth => Arc::new(better_auth::BetterAuth::new(http, base_url)),
        Provider::Gitea => Arc::new(gitea::Gitea::new(http, base_url)),
        Provider::Auth0 => Arc::new(auth0::Auth0::new(http, base_url)),
        Provider::Entra => Arc::new(entra::Entra::new(http, base_url, issuer)),
        Provider::Okta => Arc::new(okta::Okta::new(http, base_url, issuer)),
        Provider::Registration => {
            let unusable = |why: &str| ApiError::Unusable { why: why.to_owned() };
            let endpoint = profile.registration_endpoint.clone().or(deps.registration_endpoint);
            let endpoint = endpoint.ok_or_else(|| {
                unusable(
                    "The issuer's metadata has no registration_endpoint. Set it in the profile",
                )
            })?;
            let register = deps
                .register
                .ok_or_else(|| unusable("No store is available for registered clients"))?;
            let issuer = issuer.unwrap_or(base_url);
            Arc::new(registration::Registration::new(http, &endpoint, issuer, register))
        }
    })
}

/// Returns the rules by which a provider compares the URLs of its clients.
#[must_use]
pub const fn semantics(provider: Provider) -> &'static Semantics {
    match provider {
        Provider::Contract => &contract::SEMANTICS,
        Provider::Carto => &carto::SEMANTICS,
        Provider::Keycloak => &keycloak::SEMANTICS,
        Provider::Hydra => &hydra::SEMANTICS,
        Provider::OpenBao => &openbao::SEMANTICS,
        Provider::BetterAuth => &better_auth::SEMANTICS,
        Provider::Gitea => &gitea::SEMANTICS,
        Provider::Auth0 => &auth0::SEMANTICS,
        Provider::Entra => &entra::SEMANTICS,
        Provider::Okta => &okta::SEMANTICS,
        Provider::Registration => &registration::SEMANTICS,
    }
}

/// Returns the profile properties that audit rules use. `apis` are the APIs for which the provider
/// issues tokens.
#[must_use]
pub fn profile_info(profile: &Profile, apis: &[Untrusted]) -> ProfileInfo {
    ProfileInfo::of(profile, apis, semantics(profile.provider))
}

/// Generates a random 256-bit secret in hexadecimal, for servers that do not generate one.
fn made_secret() -> Secret {
    Secret::new(format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>()))
}

/// Future of an API call, boxed so that [`CredentialsApi`] can be a trait object.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

/// Owner filter of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// Credentials owned by the caller.
    #[default]
    Mine,
    /// Credentials shared with the organization.
    Organization,
}

/// Request for one page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    /// Kind of credential to list.
    pub kind: Kind,
    /// Filter by owner: the caller or the organization.
    pub scope: Scope,
    /// Cursor from the previous page; `None` for the first page.
    pub after: Option<String>,
    /// Maximum number of entries on the page; a provider may return fewer.
    pub size: u32,
    /// True to request clients of every kind, if one server list contains them all
    /// ([`Capabilities::one_list`]).
    pub every_client: bool,
    /// Text that the rows must contain; ignored unless the provider supports search
    /// ([`Capabilities::searches`]).
    pub search: Option<String>,
}

impl PageQuery {
    /// Returns the query for the first page of a kind.
    #[must_use]
    pub const fn first(kind: Kind, scope: Scope, size: u32) -> Self {
        Self { kind, scope, after: None, size, every_client: false, search: None }
    }

    /// Returns true if credentials of `kind` belong on the page.
    #[must_use]
    pub fn wants(&self, kind: Kind) -> bool {
        kind == self.kind || self.every_client && kind != Kind::Token
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Credentials of the page, without secrets.
    pub entries: Vec<Credential>,
    /// Number of entries in the whole list, if the provider reports it.
    pub total: Option<u64>,
    /// Cursor of the next page, in the provider's format; `None` at the end of the list.
    pub next: Option<String>,
}

/// Result of a write.
#[derive(Debug)]
pub struct Written {
    /// Credential after the write.
    pub credential: Credential,
    /// New secret, if the server returns it only once. `None` if the write issued no secret, or if
    /// the secret can be read later.
    pub secret: Option<Secret>,
    /// JSON names of members whose values differ from the intended result of the write.
    pub side_effects: Vec<Untrusted>,
}

impl From<Credential> for Written {
    fn from(credential: Credential) -> Self {
        Self { credential, secret: None, side_effects: Vec::new() }
    }
}

impl Written {
    /// Removes the secret, for a write that does not issue one.
    #[must_use]
    pub fn without_secret(self) -> Self {
        Self { secret: None, ..self }
    }

    /// Sets the secret that the server returns only once.
    #[must_use]
    pub fn with_secret(self, secret: Option<Secret>) -> Self {
        Self { secret, ..self }
    }

    /// Sets the JSON names of members whose values differ from the intended result.
    #[must_use]
    pub fn with_side_effects(self, side_effects: Vec<Untrusted>) -> Self {
        Self { side_effects, ..self }
    }
}

/// Parameters of a secret rotation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RotationRequest {
    /// Expected version of the client; `None` skips the check. If the client has another version,
    /// the rotation fails.
    pub version: Option<String>,
    /// True to keep the client's access tokens valid, if the provider would otherwise revoke them
    /// ([`Abilities::rotation_ends_tokens`]).
    pub keep_tokens: bool,
}

/// New secret of a client, added while the previous secret may stay valid.
#[derive(Debug)]
pub struct AddedSecret {
    /// Value of the new secret.
    pub secret: Secret,
    /// ID of the new secret, if the provider assigns secret IDs.
    pub id: Option<Untrusted>,
}

/// Credentials API of one server. A caller may drop the future of any call, but a dropped write may
/// still take effect.
///
/// # Errors
/// A failed call returns an [`ApiError`], which includes advice for the user.
pub trait CredentialsApi: Send + Sync {
    /// Returns the provider features that the caller may use.
    fn capabilities(&self) -> Answer<'_, Capabilities>;

    /// Returns the signed-in user. The fields are empty if the API has no users.
    fn me(&self) -> Answer<'_, Me>;

    /// Returns one page of a list, sorted by name if the provider supports sorting.
    fn page(&self, query: PageQuery) -> Answer<'_, Page>;

    /// Returns the cursor of the page with this number, counted from 0, so that pages can be
    /// requested in parallel. Returns `None` if a page is only reachable from the page before it.
    fn page_at(&self, _number: u32, _size: u32) -> Option<String> {
        None
    }

    /// Returns the current state of a credential, with its version.
    fn show(&self, of: CredentialRef) -> Answer<'_, Credential>;

    /// Returns the secret of a credential. Fails unless the secret can be read
    /// ([`Secrecy::Readable`]).
    fn secret(&self, of: CredentialRef) -> Answer<'_, Secret>;

    /// Creates a credential. `attempt` is the idempotency key: a provider that supports
    /// `Idempotency-Key` executes a repeated request only once.
    fn create(&self, draft: Draft, attempt: String) -> Answer<'_, Written>;

    /// Changes only the fields in `changes`. All other members stay unchanged, even if the API
    /// replaces whole objects. Fails with [`ApiError::Changed`] if `version` is given and is no
    /// longer current.
    fn edit(
        &self,
        of: CredentialRef,
        version: Option<String>,
        changes: Vec<Change>,
    ) -> Answer<'_, Written>;

    /// Replaces the secret of an OAuth client. The old secret stops working, unless a policy of the
    /// server keeps it valid for a time ([`Overlap::Policy`]).
    fn rotate(&self, of: CredentialRef, rotation: RotationRequest) -> Answer<'_, Written>;

    /// Issues a new secret for an OAuth client. [`Abilities::overlap`] states whether the previous
    /// secret stays valid.
    fn add_secret(&self, of: CredentialRef) -> Answer<'_, AddedSecret> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            let keep_tokens = self.capabilities().await?.of(kind).rotation_ends_tokens;
            let rotation = RotationRequest { version: None, keep_tokens };
            let secret =
                match self.rotate(CredentialRef::new(kind, id.clone()), rotation).await?.secret {
                    Some(secret) => secret,
                    // The rotation succeeded, so a failed read must not be reported as a failed
                    // rotation.
                    None => self
                        .secret(CredentialRef::new(kind, id))
                        .await
                        .map_err(|error| json_object::unread(&error))?,
                };
            Ok(AddedSecret { secret, id: None })
        })
    }

    /// Revokes the secret with the ID `_previous`. A provider without secret IDs revokes the secret
    /// that [`Self::add_secret`] replaced. Succeeds if that secret is already revoked. The default
    /// implementation does nothing, because a rotation revokes the previous secret.
    fn retire_secret(&self, _of: CredentialRef, _previous: Option<Untrusted>) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Undoes [`Self::add_secret`]: restores the previous secret as the current one. The added
    /// secret is revoked, unless a policy of the server keeps it valid for a time. The default
    /// implementation returns [`ApiError::Forbidden`].
    fn withdraw_secret<'a>(
        &'a self,
        _of: CredentialRef,
        _added: Option<Untrusted>,
        _previous: Option<&'a Secret>,
    ) -> Answer<'a, ()> {
        Box::pin(async {
            Err(ApiError::Forbidden { said: "this server cannot restore a previous secret".into() })
        })
    }

    /// Deactivates the secret with the given ID, or activates it again. The default implementation
    /// returns [`ApiError::Forbidden`] ([`Abilities::deactivates_secrets`]).
    fn set_secret_active(
        &self,
        _of: CredentialRef,
        _secret: Untrusted,
        _active: bool,
    ) -> Answer<'_, ()> {
        Box::pin(async {
            Err(ApiError::Forbidden { said: "this server cannot deactivate a secret".into() })
        })
    }

    /// Disables a client, or enables it again. The default implementation returns
    /// [`ApiError::Forbidden`] ([`Abilities::disables`]).
    fn set_enabled(&self, _of: CredentialRef, _enabled: bool) -> Answer<'_, ()> {
        Box::pin(async {
            Err(ApiError::Forbidden { said: "this server cannot disable a client".into() })
        })
    }

    /// Returns the client uses that the server recorded. The default implementation returns
    /// [`ApiError::Local`].
    fn recorded_uses(&self) -> Answer<'_, RecordedUses> {
        Box::pin(async {
            Err(ApiError::Local {
                why: "This provider reports no events.".to_owned(),
                next: "Search the log files of the server or of its proxy: credenza used --from FILE.",
            })
        })
    }

    /// Returns a client as the provider represents it, without members that may be secret. The
    /// default implementation returns [`ApiError::Local`].
    fn native_object(&self, _of: CredentialRef) -> Answer<'_, Map<String, Value>> {
        Box::pin(async {
            Err(ApiError::Local {
                why: "Clients of this provider cannot be exported for another tool.".to_owned(),
                next: "Export a manifest: omit --as.",
            })
        })
    }

    /// Returns the URL of the provider's own page for a credential, or `None` if the provider has
    /// no such page.
    fn web_page(&self, _credential: &Credential) -> Option<String> {
        None
    }

    /// Waits until background work that must not be interrupted has finished.
    fn settled(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Restores a deleted client from the recycle bin of the provider, with its ID and its secrets.
    /// Fails with [`ApiError::NotFound`] if the recycle bin does not contain the client. The
    /// default implementation returns [`ApiError::Forbidden`] ([`Abilities::restores`]).
    fn restore(&self, _of: CredentialRef) -> Answer<'_, Credential> {
        Box::pin(async {
            Err(ApiError::Forbidden { said: "this server has no recycle bin".into() })
        })
    }

    /// Deletes a credential. The deletion is permanent unless the provider has a recycle bin. Fails
    /// with [`ApiError::Changed`] if `version` is given and is no longer current.
    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()>;
}
