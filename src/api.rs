//! API of the console towards credential servers, in the domain's words.
//!
//! [`CredentialsApi`] covers all of it. A provider is one file below `api/` that implements it and keeps its wire
//! types private. Its [`Capabilities`] state what it lacks; nothing outside guesses.

pub mod auth0;
pub mod better_auth;
pub mod capabilities;
pub mod carto;
pub mod contract;
pub mod error;
pub mod fleet;
pub mod gitea;
pub mod http;
pub mod hydra;
mod json_object;
pub mod keycloak;
mod metadata;
pub mod openbao;
pub mod registration;
mod rows;
pub mod settle;

use std::{pin::Pin, sync::Arc};

pub use capabilities::{Abilities, Access, Capabilities, Me, Overlap, Secrecy};
pub use error::{ApiError, Explanation};
pub use http::{Bearer, Http, Trust};

use crate::domain::{
    Credential, CredentialRef, Draft, Kind, Profile, Secret, Untrusted,
    audit::ProfileInfo,
    draft::{Change, Fields},
    profile::Provider,
    semantics::Semantics,
};

/// Dependencies of some providers beside their server.
#[derive(Default)]
pub struct ProviderDeps {
    /// Store of the clients that dynamic registration created.
    pub register: Option<Arc<dyn registration::Register>>,
    /// Registration endpoint from the issuer's metadata, if needed.
    pub registration_endpoint: Option<String>,
    /// The `carto` command, if installed.
    pub carto: Option<Arc<dyn carto::CommandRunner>>,
}

/// Reads a client in a provider's own representation, such as one in a file.
///
/// # Errors
/// [`ApiError::Malformed`] if it has no client ID.
pub fn read_client(
    provider: Provider,
    object: &serde_json::Map<String, serde_json::Value>,
) -> Result<Credential, ApiError> {
    match provider {
        Provider::Keycloak => keycloak::read(object),
        Provider::Auth0 => auth0::read(object),
        Provider::Hydra => hydra::read(object),
        _ => metadata::read(object, Fields::of(registration::SPA)),
    }
}

/// The provider of a profile, over one HTTP client.
///
/// # Errors
/// [`ApiError::Unusable`] when the profile lacks something that its provider needs.
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
                .ok_or_else(|| unusable("No store is available for the register of clients"))?;
            let issuer = issuer.unwrap_or(base_url);
            Arc::new(registration::Registration::new(http, &endpoint, issuer, register))
        }
    })
}

/// Rules by which a provider reads the URLs of its clients.
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
        Provider::Registration => &registration::SEMANTICS,
    }
}

/// Facts about a profile for an audit, with the APIs that its provider names.
#[must_use]
pub fn profile_info(profile: &Profile, apis: &[Untrusted]) -> ProfileInfo {
    ProfileInfo::of(profile, apis, semantics(profile.provider))
}

/// Secret generated here, for servers that accept one: 256 bits.
fn made_secret() -> Secret {
    Secret::new(format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>()))
}

/// Result of an asynchronous call.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

/// Owner filter of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// The caller's own.
    #[default]
    Mine,
    /// Credentials shared with the organization.
    Organization,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    /// Kind of credential.
    pub kind: Kind,
    /// Owner filter.
    pub scope: Scope,
    /// Cursor from the previous page; `None` for the first page.
    pub after: Option<String>,
    /// Maximum number of entries.
    pub size: u32,
    /// Clients of every kind, if one list has them all ([`Capabilities::one_list`]).
    pub every_client: bool,
    /// Text that the rows contain, where the provider searches ([`Capabilities::searches`]).
    pub search: Option<String>,
}

impl PageQuery {
    /// The first page of a kind.
    #[must_use]
    pub const fn first(kind: Kind, scope: Scope, size: u32) -> Self {
        Self { kind, scope, after: None, size, every_client: false, search: None }
    }

    /// True for a wanted kind.
    #[must_use]
    pub fn wants(&self, kind: Kind) -> bool {
        kind == self.kind || self.every_client && kind != Kind::Token
    }
}

/// The entries of one page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The credentials, without secrets.
    pub entries: Vec<Credential>,
    /// Number of entries in the whole list, if the provider reports it.
    pub total: Option<u64>,
    /// Cursor of the next page, in the provider's format; `None` at the end of the list.
    pub next: Option<String>,
}

/// Credential after it was created or changed.
#[derive(Debug)]
pub struct Written {
    /// Credential after the write.
    pub credential: Credential,
    /// Its secret, if it is shown only once; otherwise it is read on demand.
    pub secret: Option<Secret>,
    /// Members that differ although the write did not ask for it, by their wire names.
    pub side_effects: Vec<Untrusted>,
}

impl From<Credential> for Written {
    fn from(credential: Credential) -> Self {
        Self { credential, secret: None, side_effects: Vec::new() }
    }
}

impl Written {
    /// Removes the secret where it is of no use.
    #[must_use]
    pub fn without_secret(self) -> Self {
        Self { secret: None, ..self }
    }

    /// Adds a secret that is shown only once.
    #[must_use]
    pub fn with_secret(self, secret: Option<Secret>) -> Self {
        Self { secret, ..self }
    }

    /// Adds members that changed without being asked for.
    #[must_use]
    pub fn with_side_effects(self, side_effects: Vec<Untrusted>) -> Self {
        Self { side_effects, ..self }
    }
}

/// A rotation of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RotationRequest {
    /// Expected version of the client, if the provider has versions.
    pub version: Option<String>,
    /// Keep the client's access tokens, if the provider would revoke them ([`Abilities::rotation_ends_tokens`]).
    pub keep_tokens: bool,
}

/// A secret added for a rotation whose previous secret may keep working.
#[derive(Debug)]
pub struct AddedSecret {
    /// The new secret.
    pub secret: Secret,
    /// Its ID, if the provider has IDs for secrets.
    pub id: Option<Untrusted>,
}

/// A credentials API. Calls are safe to drop, except that a dropped write may still happen.
///
/// # Errors
/// Every call returns an [`ApiError`] with advice for the user.
pub trait CredentialsApi: Send + Sync {
    /// Returns the features available to this caller.
    fn capabilities(&self) -> Answer<'_, Capabilities>;

    /// Returns the signed-in user.
    fn me(&self) -> Answer<'_, Me>;

    /// One page of a list, ordered by name where the provider can.
    fn page(&self, query: PageQuery) -> Answer<'_, Page>;

    /// Cursor of a page by its number from 0, if pages can be requested in any order and thus in parallel.
    fn page_at(&self, _number: u32, _size: u32) -> Option<String> {
        None
    }

    /// Current state of a credential, with its version.
    fn show(&self, of: CredentialRef) -> Answer<'_, Credential>;

    /// Secret of a credential, if it can be read ([`Secrecy::Readable`]).
    fn secret(&self, of: CredentialRef) -> Answer<'_, Secret>;

    /// Creates a credential. `attempt` identifies the request, so that repeating it is harmless if the provider
    /// supports that (`Idempotency-Key`).
    fn create(&self, draft: Draft, attempt: String) -> Answer<'_, Written>;

    /// Changes the named fields only, if the version is still the newest. All other members stay unchanged, even if
    /// the API replaces whole objects.
    fn edit(
        &self,
        of: CredentialRef,
        version: Option<String>,
        changes: Vec<Change>,
    ) -> Answer<'_, Written>;

    /// Gives an OAuth client a new secret; the old one stops working.
    fn rotate(&self, of: CredentialRef, rotation: RotationRequest) -> Answer<'_, Written>;

    /// Gives an OAuth client a new secret. [`Abilities::overlap`] says whether the previous one keeps working.
    fn add_secret(&self, of: CredentialRef) -> Answer<'_, AddedSecret> {
        let CredentialRef { kind, id } = of;
        Box::pin(async move {
            let keep_tokens = self.capabilities().await?.of(kind).rotation_ends_tokens;
            let rotation = RotationRequest { version: None, keep_tokens };
            let secret =
                match self.rotate(CredentialRef::new(kind, id.clone()), rotation).await?.secret {
                    Some(secret) => secret,
                    // It was rotated, whatever happens to this call.
                    None => self
                        .secret(CredentialRef::new(kind, id))
                        .await
                        .map_err(|error| json_object::unread(&error))?,
                };
            Ok(AddedSecret { secret, id: None })
        })
    }

    /// Ends the secret with an ID; if the provider has no IDs, the one that [`Self::add_secret`] replaced. It is no
    /// error if it has ended already.
    fn retire_secret(&self, _of: CredentialRef, _previous: Option<Untrusted>) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Withdraws a secret that [`Self::add_secret`] added, so that only the previous one works.
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

    /// Address of the provider's own page about a credential, for a browser; `None` where it has no such page.
    fn web_page(&self, _credential: &Credential) -> Option<String> {
        None
    }

    /// Waits for running work that must not be dropped.
    fn settled(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Deletes permanently, if the version is still the newest.
    fn delete(&self, of: CredentialRef, version: Option<String>) -> Answer<'_, ()>;
}
