//! API of a profile, with the dependencies of its provider.

use std::{path::Path, sync::Arc};

use super::{carto_command::CartoCommand, discovery, register::VaultRegister};
use crate::{
    api::{self, ApiError, Bearer, CredentialsApi, Http, ProviderDeps, Trust},
    domain::{
        Profile,
        profile::{Method, Provider},
    },
    vault::SessionStore,
};

/// Dependencies for opening a profile's API.
pub struct OpenOptions<'a> {
    /// Token to send; `None` if the API requires no token.
    pub bearer: Option<Arc<dyn Bearer>>,
    /// Whom it trusts.
    pub trust: &'a Trust,
    /// Store of the register of clients.
    pub vault: Option<Arc<SessionStore>>,
    /// Directory of that register's lock.
    pub state: &'a Path,
    /// The person's home directory, with the session of CARTO's command.
    pub home: &'a Path,
}

/// Opens the API of a profile. Nothing is requested from it, but its issuer may be asked for the registration
/// endpoint.
///
/// # Errors
/// [`ApiError`] if the profile is not usable.
pub async fn open(
    profile: &Profile,
    keys: OpenOptions<'_>,
) -> Result<Arc<dyn CredentialsApi>, ApiError> {
    let http = http(profile, keys.bearer.clone(), keys.trust)?;
    let mut deps = ProviderDeps::default();
    match profile.provider {
        Provider::Carto if profile.oauth_clients_path.is_none() => {
            deps.carto = CartoCommand::find(keys.home, &profile.base_url)
                .map(|it| Arc::new(it) as Arc<dyn api::carto::Command>);
        }
        Provider::Registration => {
            let vault = keys.vault.ok_or_else(|| ApiError::Unusable {
                why: "No session store is available for the register of clients".into(),
            })?;
            let register = VaultRegister::new(vault, keys.state.to_owned(), profile);
            deps.register = Some(Arc::new(register));
            if profile.registration_endpoint.is_none() {
                let metadata = discovery::discover(profile.registers_at(), keys.trust).await?;
                deps.registration_endpoint = metadata.registration_endpoint;
            }
        }
        _ => {}
    }
    api::provider(profile, http, deps)
}

/// Tries a given token before it is stored. An API that cannot be reached, or does not report a user, is no reason to
/// reject it.
///
/// # Errors
/// [`ApiError::Unauthorized`] if the API rejects the token.
pub async fn try_token(api: &dyn CredentialsApi) -> Result<(), ApiError> {
    match api.me().await {
        Err(error @ ApiError::Unauthorized { .. }) => Err(error),
        _ => Ok(()),
    }
}

/// HTTP to the API of a profile, with its token.
///
/// # Errors
/// [`ApiError::Unusable`] if the profile is not usable.
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
