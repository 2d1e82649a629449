//! Tests the login of a SPA client as a browser app performs it: with the authorization code flow,
//! PKCE and a loopback callback of the client. The test never changes the client.

use jiff::Timestamp;

use super::{
    callback::Listener,
    code::{Attempt, GrantRequest},
    discovery,
    sign_in::SignInStep,
    tokens::Tokens,
};
use crate::{
    api::{ApiError, Trust},
    domain::{Credential, Untrusted, urls},
};

/// Issuer, audience and trusted certificates of a login.
pub struct LoginTarget<'a> {
    /// Issuer of the tokens.
    pub issuer: &'a str,
    /// Audience of the access token.
    pub audience: Option<&'a str>,
    /// CA certificates to trust, in addition to those of the platform.
    pub trust: &'a Trust,
}

/// Signs the user in through a SPA client. `open` opens a URL in a browser and returns true if a
/// browser was started. `tell` receives the URL of the login page. Returns the tokens, and the
/// issuer identifier from the metadata.
///
/// # Errors
/// [`ApiError::Local`] if no callback uses http on this machine, or if Credenza cannot listen on
/// the port of any such callback. Another [`ApiError`] if the sign-in fails.
pub async fn run(
    client: &Credential,
    target: LoginTarget<'_>,
    open: impl FnOnce(&str) -> bool,
    tell: impl FnOnce(SignInStep),
) -> Result<(Tokens, String), ApiError> {
    let mut listener = Err(no_loopback());
    for callback in loopback_callbacks(client) {
        listener = Listener::at(&callback).await;
        if listener.is_ok() {
            break; // otherwise, the app may occupy the port, so try the next callback
        }
    }
    let listener = listener?;
    let callback = listener.redirect_uri().to_owned();
    let metadata = discovery::discover(target.issuer, target.trust).await?;
    let known = |scope: &&str| metadata.scopes.iter().any(|known| known == scope);
    let scopes = ["openid", "email"].iter().filter(|scope| known(scope));
    let wanted = GrantRequest {
        scopes: scopes.map(|scope| (*scope).to_owned()).collect(),
        audience: target.audience.map(str::to_owned),
        organization: None,
    };
    let attempt = Attempt::new(&metadata, client.id().raw(), &callback, wanted)?;
    let opened = open(&attempt.url);
    tell(SignInStep::Browse { url: attempt.url.clone(), opened });
    let query = listener.wait(&attempt).await?;
    let code = attempt.code(&metadata, query.expose())?;
    let tokens = attempt.redeem(&metadata, target.trust, None, &code, Timestamp::now()).await?;
    Ok((tokens, metadata.issuer))
}

fn no_loopback() -> ApiError {
    ApiError::Local {
        why: "No callback of this client uses http on this machine, and a login test never changes the client."
            .into(),
        next: "Add a callback such as http://127.0.0.1:5173/callback, then try again.",
    }
}

/// Returns the callbacks of a SPA client that use http on this machine, including those that the
/// provider derives from the login URL. Empty for other kinds.
fn loopback_callbacks(client: &Credential) -> Vec<String> {
    let Credential::Spa(client) = client else { return Vec::new() };
    let texts = |list: &[Untrusted]| list.iter().map(|url| url.raw().to_owned()).collect();
    let mut callbacks: Vec<String> = texts(&client.callbacks);
    if client.use_default_urls {
        let login = client.login_url.as_ref().map_or("", Untrusted::raw);
        callbacks.extend(urls::derive(login).map(|derived| derived.callbacks).unwrap_or_default());
    }
    callbacks.retain(|url| {
        url::Url::parse(url).is_ok_and(|url| url.scheme() == "http" && urls::is_loopback(&url))
    });
    callbacks
}
