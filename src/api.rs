//! What the console asks of a credentials API, in the domain's words.
//!
//! [`CredentialsApi`] is the whole of it. A provider is one file below `api/` that implements it and
//! keeps its wire types to itself; what a provider lacks it says in its [`Capabilities`], and
//! nothing outside guesses.

pub mod capabilities;
pub mod contract;
pub mod error;
pub mod http;

use std::{pin::Pin, sync::Arc};

pub use capabilities::{Access, Capabilities, Me};
pub use error::{ApiError, Explanation};
pub use http::{Bearer, Http, Trust};

use crate::domain::{Credential, Draft, Kind, Secret, Untrusted, draft::Change, profile::Provider};

/// The provider of a kind, over one HTTP client.
#[must_use]
pub fn provider(kind: Provider, http: Http, base_url: &str) -> Arc<dyn CredentialsApi> {
    match kind {
        // CARTO's documented Tokens API is a part of the contract.
        Provider::Contract | Provider::Carto => Arc::new(contract::Contract::new(http, base_url)),
    }
}

/// What an asynchronous call answers.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send + 'a>>;

/// Whose credentials a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// The caller's own.
    #[default]
    Mine,
    /// What anybody in the organisation made visible.
    Organization,
}

/// One page of a list, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageQuery {
    /// Which kind.
    pub kind: Kind,
    /// Whose.
    pub scope: Scope,
    /// Which page.
    pub page: u32,
    /// How many entries at the most.
    pub size: u32,
}

/// The entries of one page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The credentials, without secrets.
    pub entries: Vec<Credential>,
    /// How many the whole list has, where the provider says.
    pub total: Option<u64>,
    /// Whether there is no page after this one.
    pub last: bool,
}

/// A credential that was just made, or got a new secret.
#[derive(Debug)]
pub struct Created {
    /// What was made.
    pub credential: Credential,
    /// Its secret, where the provider sends it.
    pub secret: Option<Secret>,
}

/// A credentials API. Calls are safe to drop, except that a dropped write may still happen.
///
/// # Errors
/// Every call answers an [`ApiError`] that says what a person can do.
pub trait CredentialsApi: Send + Sync {
    /// What the provider can do for this caller.
    fn capabilities(&self) -> Answer<'_, Capabilities>;

    /// Who the caller is.
    fn me(&self) -> Answer<'_, Me>;

    /// One page of a list, ordered by name where the provider can.
    fn page(&self, query: PageQuery) -> Answer<'_, Page>;

    /// One credential as it is now, with its version.
    fn show(&self, kind: Kind, id: Untrusted) -> Answer<'_, Credential>;

    /// The secret of a credential that the caller owns.
    fn secret(&self, kind: Kind, id: Untrusted) -> Answer<'_, Secret>;

    /// Makes a credential. `attempt` names this very attempt, so that repeating it is harmless
    /// where the provider knows how (`Idempotency-Key`).
    fn create(&self, draft: Draft, attempt: String) -> Answer<'_, Created>;

    /// Changes the named fields and no others, if the version is still the newest.
    fn edit(
        &self,
        kind: Kind,
        id: Untrusted,
        version: Option<String>,
        changes: Vec<Change>,
    ) -> Answer<'_, Credential>;

    /// Gives an OAuth client a new secret; the old one stops working.
    fn rotate(&self, kind: Kind, id: Untrusted, version: Option<String>) -> Answer<'_, Created>;

    /// Deletes for good, if the version is still the newest.
    fn delete(&self, kind: Kind, id: Untrusted, version: Option<String>) -> Answer<'_, ()>;
}
