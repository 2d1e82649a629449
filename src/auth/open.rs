//! Creates the API client of a profile, with the dependencies of its provider.

use std::{path::PathBuf, sync::Arc};

use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::{
    carto_command::CartoCommand, discovery, register::VaultRegister,
    session_manager::SessionContext,
};
use crate::{
    api::{self, ApiError, Bearer, CredentialsApi, Http, ProviderDeps, Trust},
    domain::{
        Profile,
        profile::{Method, Provider},
    },
    vault::{Passphrase, SessionStore, StoreChoice},
};

/// Directories and session store of the user, needed to open a profile.
pub struct AuthContext {
    /// Directory of sessions and locks.
    pub state: PathBuf,
    /// Home directory of the user, which contains the session of the CARTO CLI.
    pub home: PathBuf,
    choice: StoreChoice,
    passphrase: Passphrase,
    store: OnceCell<Arc<SessionStore>>,
}

impl AuthContext {
    /// Creates a context whose session store is opened on first use.
    #[must_use]
    pub fn new(state: PathBuf, home: PathBuf, choice: StoreChoice, passphrase: Passphrase) -> Self {
        Self { state, home, choice, passphrase, store: OnceCell::new() }
    }

    /// Returns the session store, and opens it on first use.
    pub async fn store(&self) -> Arc<SessionStore> {
        let open = async || {
            let passphrase = Arc::clone(&self.passphrase);
            Arc::new(SessionStore::open(self.choice, &self.state, passphrase).await)
        };
        Arc::clone(self.store.get_or_init(open).await)
    }

    /// Returns the dependencies of a profile's session manager.
    ///
    /// # Errors
    /// [`ApiError`] if the profile's CA file cannot be used.
    pub async fn session(&self, profile: Profile) -> Result<SessionContext, ApiError> {
        Ok(SessionContext {
            trust: Trust::with_file(profile.ca_file.as_deref())?,
            vault: self.store().await,
            state: self.state.clone(),
            home: self.home.clone(),
            clock: Timestamp::now,
            profile,
        })
    }

    /// Creates the API client of a profile. Sends no request to the API, but a client registration
    /// profile may read its issuer's metadata.
    ///
    /// # Errors
    /// [`ApiError`] if the profile is not usable, or if the issuer's metadata cannot be read.
    pub async fn open(
        &self,
        profile: &Profile,
        bearer: Arc<dyn Bearer>,
    ) -> Result<Arc<dyn CredentialsApi>, ApiError> {
        let trust = Trust::with_file(profile.ca_file.as_deref())?;
        let http = http(profile, Some(bearer), &trust)?;
        let mut deps = ProviderDeps::default();
        match profile.provider {
            Provider::Carto if profile.oauth_clients_path.is_none() => {
                deps.carto = CartoCommand::find(&self.home, &profile.base_url)
                    .map(|it| Arc::new(it) as Arc<dyn api::carto::CommandRunner>);
            }
            Provider::Registration => {
                let vault = self.store().await;
                let register = VaultRegister::new(vault, self.state.clone(), profile);
                deps.register = Some(Arc::new(register));
                if profile.registration_endpoint.is_none() {
                    let metadata = discovery::discover(profile.registers_at(), &trust).await?;
                    deps.registration_endpoint = metadata.registration_endpoint;
                }
            }
            _ => {}
        }
        api::provider(profile, http, deps)
    }
}

/// Checks a token with the API before the token is stored. Ignores errors other than a rejection,
/// because the API may be unreachable, or may not report a user.
///
/// # Errors
/// [`ApiError::Unauthorized`] if the API rejects the token.
pub async fn try_token(api: &dyn CredentialsApi) -> Result<(), ApiError> {
    match api.me().await {
        Err(error @ ApiError::Unauthorized { .. }) => Err(error),
        _ => Ok(()),
    }
}

/// Creates the HTTP client for the API of a profile. The client sends the token of `bearer`, unless
/// the profile's sign-in method is `none`.
///
/// # Errors
/// [`ApiError::Unusable`] if the base URL or the token header is not valid, or TLS cannot be set
/// up.
pub fn http(
    profile: &Profile,
    bearer: Option<Arc<dyn Bearer>>,
    trust: &Trust,
) -> Result<Http, ApiError> {
    let bearer = bearer.filter(|_| profile.sign_in != Some(Method::None));
    let header = match &profile.token_header {
        Some(name) => Some(name.parse().map_err(|_| ApiError::Unusable {
            why: "The profile's token_header is not a valid header name".into(),
        })?),
        None => None,
    };
    let http = Http::new(&profile.base_url, bearer, trust)?.with_token_in(header);
    Ok(if profile.needs_session() { http } else { http.with_optional_token() })
}
