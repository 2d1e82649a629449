//! Sign-in methods of a profile.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    callback::Listener,
    carto_cli,
    code::{Attempt, GrantRequest},
    device::{self, Visit},
    discovery::{self, Metadata},
    probe,
    session::Session,
    tokens::{self, ClientAuth, Tokens},
};
use crate::{
    api::{ApiError, Trust, entra},
    domain::{
        Profile, Secret,
        profile::{CARTO_AUDIENCE, CARTO_ISSUER, Method, Provider},
    },
    process,
};

/// Time limit of a token command.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// Profile with its discovered issuer, ready for a sign-in.
#[derive(Debug)]
pub struct SignInFlow {
    /// Profile to sign in to.
    pub profile: Profile,
    /// Metadata of the profile's issuer.
    pub metadata: Metadata,
    /// Client ID used to sign in.
    pub client_id: String,
    /// CA certificates to trust, in addition to those of the platform.
    pub trust: Trust,
    /// Function that returns the current time.
    pub clock: fn() -> Timestamp,
}

/// Action that a sign-in requires from the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInStep {
    /// Open a page in a browser.
    Browse {
        /// URL of the page.
        url: String,
        /// True if Credenza started a browser with the page.
        opened: bool,
    },
    /// Open a page in any browser, and enter a code.
    Visit(Visit),
}

impl SignInFlow {
    /// Discovers the issuer of a profile, and selects the client to sign in with.
    ///
    /// # Errors
    /// [`ApiError`] if the issuer cannot be discovered, or neither the profile nor the issuer
    /// specifies a client ID.
    pub async fn new(
        profile: &Profile,
        trust: &Trust,
        clock: fn() -> Timestamp,
    ) -> Result<Self, ApiError> {
        let metadata = discovery::discover(&issuer(profile, trust).await?, trust).await?;
        let client_id = profile.client_id.clone().or_else(|| metadata.console_client.clone());
        let client_id = client_id.ok_or_else(|| ApiError::Unusable {
            why: format!(
                "The profile {} has no client_id. Register a client at {} with the redirect URI http://127.0.0.1/callback, and set its ID in the profile",
                profile.name, metadata.issuer
            ),
        })?;
        Ok(Self { profile: profile.clone(), metadata, client_id, trust: trust.clone(), clock })
    }

    /// Signs in with a browser on this machine. `open` starts the browser and returns true if it
    /// started; `tell` receives the URL of the sign-in page.
    ///
    /// # Errors
    /// [`ApiError`] if the callback port is in use, the issuer has no authorization endpoint or
    /// rejects the sign-in, or no redirect arrives within three minutes.
    pub async fn browser(
        &self,
        open: impl FnOnce(&str) -> bool,
        tell: impl FnOnce(SignInStep),
    ) -> Result<Session, ApiError> {
        let listener = Listener::bind(self.profile.callback_port).await?;
        let attempt = self.attempt(listener.redirect_uri())?;
        let url = attempt.url.clone();
        let opened = open(&url);
        tell(SignInStep::Browse { url, opened });
        let query = listener.wait(&attempt).await?;
        let code = attempt.code(&self.metadata, query.expose())?;
        self.redeem(attempt, Method::Browser, &code).await
    }

    /// Starts a sign-in with a browser on any machine. [`SignInFlow::pasted`] finishes it with the
    /// redirect address that the user copies from the browser.
    ///
    /// # Errors
    /// [`ApiError::Unusable`] if the issuer has no authorization endpoint.
    pub fn paste(&self) -> Result<Attempt, ApiError> {
        // No server listens on this port. The browser shows an error page, and the user copies the
        // address of that page.
        let port = self.profile.callback_port.unwrap_or(38_917);
        self.attempt(&format!("http://127.0.0.1:{port}/callback"))
    }

    /// Finishes a sign-in that [`SignInFlow::paste`] started.
    ///
    /// # Errors
    /// [`ApiError`] if the address is not the redirect URI or belongs to another sign-in, or if the
    /// issuer rejects the sign-in.
    pub async fn pasted(&self, attempt: Attempt, address: &Secret) -> Result<Session, ApiError> {
        let code = attempt.code_from_address(&self.metadata, address.expose())?;
        self.redeem(attempt, Method::Paste, &code).await
    }

    /// Signs in with the device flow. `tell` receives the page and the code.
    ///
    /// # Errors
    /// [`ApiError`] if the issuer does not support the device flow or rejects the request, the user
    /// denies access, or the code expires.
    pub async fn device(&self, tell: impl FnOnce(SignInStep)) -> Result<Session, ApiError> {
        let wanted = wanted(&self.profile, &self.metadata);
        let (metadata, trust) = (&self.metadata, &self.trust);
        let now = (self.clock)();
        let device = device::begin(metadata, trust, &self.client_id, &wanted, now).await?;
        tell(SignInStep::Visit(device.visit.clone()));
        let tokens = device.wait(metadata, trust, &self.client_id, self.clock).await?;
        Ok(self.session(Method::Device, tokens))
    }

    /// Signs in as an M2M client. The session contains the client secret, for its renewal.
    ///
    /// # Errors
    /// [`ApiError`] if the issuer rejects the request or cannot be reached.
    pub async fn machine(&self, secret: Secret) -> Result<Session, ApiError> {
        let client = ClientAuth { id: &self.client_id, secret: Some(&secret) };
        let wanted = impersonal(wanted(&self.profile, &self.metadata));
        let tokens = machine_tokens(&self.metadata, &self.trust, &client, &wanted).await?;
        let mut session = self.session(Method::Machine, tokens);
        session.client_secret = Some(secret);
        Ok(session)
    }

    fn attempt(&self, redirect_uri: &str) -> Result<Attempt, ApiError> {
        let wanted = wanted(&self.profile, &self.metadata);
        Attempt::new(&self.metadata, &self.client_id, redirect_uri, wanted)
    }

    async fn redeem(
        &self,
        attempt: Attempt,
        method: Method,
        code: &Secret,
    ) -> Result<Session, ApiError> {
        let now = (self.clock)();
        let tokens = attempt.redeem(&self.metadata, &self.trust, None, code, now).await?;
        Ok(self.session(method, tokens))
    }

    fn session(&self, method: Method, tokens: Tokens) -> Session {
        let mut session = Session::new(&self.profile, method, tokens, (self.clock)());
        session.issuer = Some(self.metadata.issuer.clone());
        session.client_id = Some(self.client_id.clone());
        session
    }
}

/// Returns the issuer of the access tokens that a profile's API accepts.
///
/// # Errors
/// [`ApiError`] if the profile has no issuer and is for Entra ID, or for a contract API that cannot
/// be reached.
pub async fn issuer(profile: &Profile, trust: &Trust) -> Result<String, ApiError> {
    match (&profile.issuer, profile.provider) {
        // The issuer of an Okta profile issues the tokens of its apps. Tokens for the Apps API come
        // from the organization.
        (_, Provider::Okta) => Ok(profile.base_url.clone()),
        (Some(issuer), _) => Ok(issuer.clone()),
        (None, Provider::Carto) => Ok(CARTO_ISSUER.to_owned()),
        (None, Provider::Contract) => {
            match probe::issuer_named_by(&profile.base_url, trust).await {
                Ok(Some(issuer)) => Ok(issuer),
                // An API that reports no issuer is assumed to be its own issuer.
                Ok(None) => Ok(profile.base_url.clone()),
                Err(error) => Err(error),
            }
        }
        (None, Provider::Entra) => Err(ApiError::Unusable {
            why: "The issuer depends on the tenant. Set issuer in the profile: https://login.microsoftonline.com/TENANT-ID/v2.0".to_owned(),
        }),
        // Auth0's issuer identifier ends with a slash.
        (None, Provider::Auth0) => Ok(format!("{}/", profile.base_url)),
        // These servers are their own issuers, except Hydra. Hydra's admin port issues no tokens,
        // so discovery fails for a Hydra profile without an issuer.
        (
            None,
            Provider::Keycloak
            | Provider::Registration
            | Provider::BetterAuth
            | Provider::Gitea
            | Provider::OpenBao
            | Provider::Hydra,
        ) => Ok(profile.base_url.clone()),
    }
}

/// Returns the scopes, audience and organization to request at sign-in. If the profile has no
/// scopes, returns the default scopes that the issuer supports (identity, a refresh token, access
/// to the credentials), and for Entra ID and Okta the scopes of their APIs. If the profile has no
/// audience, returns the default audience for CARTO and Auth0.
#[must_use]
pub fn wanted(profile: &Profile, metadata: &Metadata) -> GrantRequest {
    const USEFUL: [&str; 5] =
        ["openid", "email", "offline_access", "read:credentials", "write:credentials"];
    let known = |scope: &&str| metadata.scopes.iter().any(|known| known == scope);
    let scopes = if profile.scopes.is_empty() {
        let useful = USEFUL.iter().copied().filter(known);
        // These providers issue tokens for their APIs only if scopes of these APIs are requested.
        let of_api: &[&str] = match profile.provider {
            Provider::Entra => &[entra::default_scope(&profile.base_url)],
            Provider::Okta => &["okta.apps.read", "okta.apps.manage"],
            _ => &[],
        };
        useful.chain(of_api.iter().copied()).map(str::to_owned).collect()
    } else {
        profile.scopes.clone()
    };
    let usual = match profile.provider {
        Provider::Carto => Some(CARTO_AUDIENCE.to_owned()),
        Provider::Auth0 => Some(format!("{}/api/v2/", profile.base_url)),
        _ => None,
    };
    let audience = profile.audience.clone().or(usual);
    GrantRequest { scopes, audience, organization: profile.organization.clone() }
}

/// Removes the scopes that concern a user, for a sign-in as a client.
#[must_use]
pub fn impersonal(mut wanted: GrantRequest) -> GrantRequest {
    let personal = ["openid", "email", "profile", "offline_access"];
    wanted.scopes.retain(|scope| !personal.contains(&scope.as_str()));
    wanted
}

/// Requests tokens with the client credentials grant (RFC 6749 section 4.4).
///
/// # Errors
/// [`ApiError`] if the issuer rejects the request or cannot be reached.
pub async fn machine_tokens(
    metadata: &Metadata,
    trust: &Trust,
    client: &ClientAuth<'_>,
    wanted: &GrantRequest,
) -> Result<Tokens, ApiError> {
    let scope = wanted.scopes.join(" ");
    let mut pairs = vec![("grant_type", "client_credentials")];
    pairs.extend(wanted.audience_pairs());
    if !scope.is_empty() {
        pairs.push(("scope", &scope));
    }
    tokens::ask(metadata, trust, client, &pairs).await
}

/// Returns the session of the CARTO CLI, if it is for this profile's API.
///
/// # Errors
/// [`ApiError::SignedOut`] if the CARTO CLI has no readable session, or has one for another API.
pub fn by_carto_cli(profile: &Profile, home: &Path, now: Timestamp) -> Result<Session, ApiError> {
    let read = carto_cli::read(home)?;
    // A token must only be sent to the API that it is for.
    let theirs = read.base_url.as_deref().unwrap_or("an unknown API");
    if theirs != profile.base_url {
        let why = format!(
            "The CARTO CLI is signed in to {theirs}, but this profile is for {}.",
            profile.base_url
        );
        return Err(ApiError::SignedOut { why });
    }
    let mut session = Session::of_token(profile, Method::CartoCli, read.token, now);
    session.who = session.who.or(read.email);
    Ok(session)
}

/// Runs the profile's token command, and creates a session from the first line of its output.
///
/// # Errors
/// [`ApiError::SignedOut`] if the profile has no token command, or if the command fails, takes more
/// than 60 seconds, or prints no valid token.
pub async fn by_command(profile: &Profile, now: Timestamp) -> Result<Session, ApiError> {
    let failed = |why: String| ApiError::SignedOut { why: format!("token_command failed: {why}.") };
    let Some((program, arguments)) = profile.token_command.split_first() else {
        return Err(failed("it is empty".to_owned()));
    };
    let child = process::command(program)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("could not start {program}: {error}")))?;
    let output = tokio::time::timeout(COMMAND_LIMIT, child.wait_with_output())
        .await
        .map_err(|_| failed(format!("it took more than {} s", COMMAND_LIMIT.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    let text = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(failed(format!("{program} ended with {}", output.status)));
    }
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    match std::str::from_utf8(line) {
        Ok(token) if tokens::is_token(token) => {
            Ok(Session::of_token(profile, Method::Token, Secret::new(token.to_owned()), now))
        }
        _ => Err(failed(format!("the first line of {program}'s output is not a token"))),
    }
}
