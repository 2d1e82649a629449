//! Management of a profile's session: loading from the store, renewal before expiry, and saving.
//!
//! Two processes may try to renew a session at the same time. An issuer that rotates refresh tokens
//! treats the second use of a refresh token as theft. Renewal therefore locks out other processes.
//! A process that waited for the lock uses the session that the other process saved.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{
    carto_cli, discovery,
    session::{Session, SessionInfo, copy},
    sign_in,
    tokens::{self, ClientAuth},
};
use crate::{
    api::{Answer, ApiError, Bearer, Explanation, Trust},
    domain::{
        Profile, Secret,
        profile::{Method, Provider},
    },
    files,
    vault::{SessionStore, Stored, VaultError},
};

/// Dependencies of a session manager.
#[derive(Clone)]
pub struct SessionContext {
    /// Profile that the session belongs to.
    pub profile: Profile,
    /// CA certificates to trust, in addition to those of the platform.
    pub trust: Trust,
    /// Session store.
    pub vault: Arc<SessionStore>,
    /// Directory of the lock files.
    pub state: PathBuf,
    /// The user's home directory.
    pub home: PathBuf,
    /// Function that returns the current time.
    pub clock: fn() -> Timestamp,
}

/// Session of a profile, loaded on first use and renewed when necessary.
pub struct SessionManager(Arc<ManagerState>);

struct ManagerState {
    context: SessionContext,
    session: Mutex<Option<Session>>,
    changed: Box<dyn Fn(SessionInfo, Option<Stored>) + Send + Sync>,
}

/// Result of a sign-out.
#[derive(Debug)]
pub struct SignedOut {
    /// Result of deleting the stored session.
    pub forgotten: Result<(), VaultError>,
    /// Result of revoking the tokens at the issuer. `Ok` also if no session was found, if Credenza
    /// did not request the tokens, or if the issuer has no revocation endpoint.
    pub told: Result<(), ApiError>,
    /// Reason why the stored session could not be read. Its tokens were therefore not revoked.
    pub unread: Option<VaultError>,
}

impl SignedOut {
    /// Returns the error to report, if any. A failed deletion takes precedence over a failed
    /// revocation.
    #[must_use]
    pub fn wrong(&self) -> Option<Explanation> {
        match (&self.forgotten, &self.told, &self.unread) {
            (Err(error @ VaultError::Unknown(_)), ..) => Some(Explanation {
                what: "Could not delete the session".to_owned(),
                why: format!("It may still be stored: {error}."),
                next: "Unlock the keyring, then sign out again.".to_owned(),
            }),
            (Err(error), ..) => Some(Explanation {
                what: "Could not delete the session".to_owned(),
                why: format!("It is still stored: {error}."),
                next: "Correct the cause, then sign out again.".to_owned(),
            }),
            (Ok(()), _, Some(error)) => Some(Explanation {
                what: "The session was deleted here, but its tokens were not revoked".to_owned(),
                why: format!("The stored session could not be read: {error}."),
                next: "Revoke the tokens at the issuer, or wait until they expire.".to_owned(),
            }),
            (Ok(()), Err(error), None) => {
                let what = "The session was deleted here, but could not be revoked at the issuer";
                Some(error.explain(what))
            }
            (Ok(()), Ok(()), None) => None,
        }
    }
}

impl SessionManager {
    /// Creates a manager that loads the session on first use. It calls `changed` for every session
    /// that it loads, renews or receives in [`Self::keep`]. The second argument of `changed` is the
    /// store to which a renewed session was saved, or else `None`.
    #[must_use]
    pub fn new(
        context: SessionContext,
        changed: impl Fn(SessionInfo, Option<Stored>) + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(ManagerState {
            context,
            session: Mutex::default(),
            changed: Box::new(changed),
        }))
    }

    /// Replaces the current session with a new one, and saves it. Returns the store that accepted
    /// the session: memory if all other stores failed.
    pub async fn keep(&self, session: Session) -> Stored {
        let SessionContext { profile, vault, state, .. } = &self.0.context;
        let mut held = self.0.session.lock().await;
        let _lock = locked(state, &profile.name).await;
        let kept = vault.save(&profile.name, &session.to_secret()).await;
        (self.0.changed)(self.0.info(&session), None);
        *held = Some(session);
        kept
    }

    /// Returns the method, expiry and user of the session, without its tokens. If no session is
    /// stored, creates one from the token command or the CARTO CLI, if the profile uses one of
    /// them.
    ///
    /// # Errors
    /// [`ApiError::SignedOut`] if there is no session or it cannot be read;
    /// [`ApiError::SessionUnknown`] if the session store does not respond.
    pub async fn about(&self) -> Result<SessionInfo, ApiError> {
        let mut held = self.0.session.lock().await;
        let session = self.0.loaded(&mut held).await?;
        Ok(self.0.info(session))
    }

    /// Returns the client secret of the stored session, for a new sign-in. `None` if no session for
    /// the profile's current API can be read, or if it has no client secret.
    pub async fn client_secret(&self) -> Option<Secret> {
        let session = self.0.stored().await.ok().flatten()?;
        session.client_secret.as_ref().map(copy)
    }

    /// Removes the current session from memory and revokes its tokens, for a session that could not
    /// be stored. A stored session is not changed.
    pub async fn discard(&self) {
        if let Some(session) = self.0.session.lock().await.take() {
            // A failed revocation is not reported, because the tokens expire anyway.
            let _ = self.0.give_back(&session).await;
        }
    }

    /// Deletes the session and revokes its tokens. Each step runs even if the other one fails.
    pub async fn sign_out(&self) -> SignedOut {
        let SessionContext { profile, vault, state, .. } = &self.0.context;
        let mut held = self.0.session.lock().await;
        let _lock = locked(state, &profile.name).await;
        let (session, mut unread) = match held.take() {
            Some(session) => (Some(session), None),
            // The API of the stored session is not checked, so that a session for an earlier URL of
            // the profile is revoked too.
            None => match vault.load(&profile.name).await {
                Ok(Some(stored)) => match Session::from_secret(&stored) {
                    Some(session) => (Some(session), None),
                    None => {
                        let why = "its content is not a session of this version";
                        (None, Some(VaultError::Unavailable(why.to_owned())))
                    }
                },
                Ok(None) => (None, None),
                Err(error) => (None, Some(error)),
            },
        };
        let mut forgotten = vault.remove(&profile.name).await;
        if forgotten.is_ok()
            && let Some(unknown) = unread.take_if(|it| matches!(it, VaultError::Unknown(_)))
        {
            forgotten = Err(unknown);
        }
        let told = match session {
            Some(session) => self.0.give_back(&session).await,
            None => Ok(()),
        };
        SignedOut { forgotten, told, unread }
    }
}

impl ManagerState {
    /// Returns the properties of a session. A session from the token command is renewable, because
    /// the command can run again.
    fn info(&self, session: &Session) -> SessionInfo {
        let profile = &self.context.profile;
        let by_command = session.method == Method::Token && !profile.token_command.is_empty();
        let info = session.about();
        SessionInfo { renewable: info.renewable || by_command, ..info }
    }

    async fn give_back(&self, session: &Session) -> Result<(), ApiError> {
        let (Some(issuer), Some(client_id)) = (&session.issuer, &session.client_id) else {
            return Ok(()); // Credenza did not request this token
        };
        let trust = &self.context.trust;
        let metadata = discovery::discover(issuer, trust).await?;
        let client = ClientAuth { id: client_id, secret: session.client_secret.as_ref() };
        let refresh = match &session.refresh {
            Some(refresh) => {
                tokens::revoke(&metadata, trust, &client, refresh, "refresh_token").await
            }
            None => Ok(()),
        };
        let access = match tokens::revoke(
            &metadata,
            trust,
            &client,
            &session.access,
            "access_token",
        )
        .await
        {
            // RFC 7009 section 2.2.1: some issuers cannot revoke self-contained tokens.
            Err(ApiError::Refused { error, .. }) if error.raw() == "unsupported_token_type" => {
                Ok(())
            }
            other => other,
        };
        refresh.and(access)
    }

    /// Returns the stored session of the profile, if it is for the profile's current API.
    async fn stored(&self) -> Result<Option<Session>, ApiError> {
        let stored = self
            .context
            .vault
            .load(&self.context.profile.name)
            .await
            .map_err(|error| unread(&error))?;
        Ok(stored
            .and_then(|text| Session::from_secret(&text))
            .filter(|session| session.is_for(&self.context.profile)))
    }

    async fn loaded<'a>(&self, held: &'a mut Option<Session>) -> Result<&'a mut Session, ApiError> {
        if held.is_none() {
            let session = match self.stored().await? {
                Some(session) => session,
                None => self.without_a_person().await?,
            };
            (self.changed)(self.info(&session), None);
            *held = Some(session);
        }
        held.as_mut().ok_or_else(|| signed_out(&self.context.profile))
    }

    /// Creates a session without user interaction, from the output of the token command or the
    /// CARTO CLI's session file.
    async fn without_a_person(&self) -> Result<Session, ApiError> {
        let SessionContext { profile, home, clock, .. } = &self.context;
        if !profile.token_command.is_empty() && !profile.runs_command_each_time() {
            return sign_in::by_command(profile, clock()).await;
        }
        if profile.sign_in == Some(Method::CartoCli) {
            return sign_in::by_carto_cli(profile, home, clock());
        }
        Err(signed_out(profile))
    }

    /// Renews the session. Saves the new session, unless it is from the token command or the CARTO
    /// CLI. Returns false if the session cannot be renewed, or if another process has signed out,
    /// or has signed in as another user or to another API.
    async fn renew(&self, held: &mut Option<Session>) -> Result<bool, ApiError> {
        let SessionContext { profile, vault, state, clock, home, .. } = &self.context;
        let Some(old) = held.as_ref() else { return Ok(false) };
        let unkept = match old.method {
            Method::Token if !profile.token_command.is_empty() => {
                Some(sign_in::by_command(profile, clock()).await?)
            }
            Method::CartoCli => {
                let read = carto_cli::read(home)?;
                if read.token.expose() == old.access.expose() {
                    return Ok(false);
                }
                Some(sign_in::by_carto_cli(profile, home, clock())?)
            }
            _ if !old.is_renewable() => return Ok(false),
            _ => None,
        };
        if let Some(session) = unkept {
            (self.changed)(self.info(&session), None);
            *held = Some(session);
            return Ok(true);
        }
        let _lock = locked(state, &profile.name).await?;
        match self.stored().await {
            Ok(Some(newer)) if newer.access.expose() != old.access.expose() => {
                // Another user has signed in. The current request belongs to the previous user, so
                // it must not use the new user's token.
                if newer.about().who != old.about().who {
                    *held = None;
                    return Ok(false);
                }
                // Another process renewed the session, so the refresh token in memory may no longer
                // work.
                let fresh = !newer.is_over(clock());
                (self.changed)(self.info(&newer), None);
                *held = Some(newer);
                if fresh {
                    return Ok(true);
                }
            }
            Ok(Some(_)) => {}
            // Another process signed out, or signed in to another API under this profile's name.
            Ok(None) => {
                *held = None;
                return Ok(false);
            }
            // Continue with the session in memory, because a keyring can lock itself while the
            // program runs.
            Err(error) => {
                tracing::warn!(error = error.sentence(), "could not compare the stored session");
            }
        }
        let Some(old) = held.as_ref() else { return Ok(false) };
        let Some(new) = self.next(old).await? else { return Ok(false) };
        let kept = vault.save(&profile.name, &new.to_secret()).await;
        (self.changed)(self.info(&new), Some(kept));
        *held = Some(new);
        Ok(true)
    }

    /// Requests the next tokens of a renewable session. Returns `None` if the user must sign in
    /// again.
    async fn next(&self, old: &Session) -> Result<Option<Session>, ApiError> {
        let SessionContext { profile, trust, clock, .. } = &self.context;
        let (Some(issuer), Some(client_id)) = (&old.issuer, &old.client_id) else {
            return Ok(None);
        };
        let metadata = discovery::discover(issuer, trust).await?;
        let client = ClientAuth { id: client_id, secret: old.client_secret.as_ref() };
        let wanted = sign_in::wanted(profile, &metadata);
        let asked = match (&old.refresh, &old.client_secret) {
            (Some(refresh), _) => {
                let mut pairs =
                    vec![("grant_type", "refresh_token"), ("refresh_token", refresh.expose())];
                pairs.extend(
                    wanted.audience_pairs().into_iter().filter(|(key, _)| *key == "resource"),
                );
                tokens::ask(&metadata, trust, &client, &pairs).await
            }
            _ => {
                sign_in::machine_tokens(&metadata, trust, &client, &sign_in::impersonal(wanted))
                    .await
            }
        };
        let tokens = match asked {
            Ok(tokens) => tokens,
            // The refresh token or client secret is no longer valid, so the user must sign in
            // again.
            Err(ApiError::Refused { error, .. })
                if matches!(error.raw(), "invalid_grant" | "invalid_client") =>
            {
                tracing::info!(profile = profile.name, "the session can no longer be renewed");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut new = Session::new(profile, old.method, tokens, clock());
        new.issuer.clone_from(&old.issuer);
        new.client_id.clone_from(&old.client_id);
        // RFC 6749 section 6: without a new refresh token, the old one stays valid.
        new.refresh = new.refresh.or_else(|| old.refresh.as_ref().map(copy));
        new.client_secret = old.client_secret.as_ref().map(copy);
        // The displayed user stays the same, because the tokens in a response without an ID token
        // may contain only the subject, not the email address.
        new.who = old.who.clone().or(new.who);
        Ok(Some(new))
    }

    async fn current(&self) -> Result<Arc<Secret>, ApiError> {
        let SessionContext { profile, clock, .. } = &self.context;
        if profile.runs_command_each_time() {
            return Ok(sign_in::by_command(profile, clock()).await?.access);
        }
        let mut held = self.session.lock().await;
        let session = self.loaded(&mut held).await?;
        let (now, ends) = ((self.context.clock)(), session.ends);
        if session.is_over(now) {
            match self.renew(&mut held).await {
                Ok(_) => {}
                // The access token has not expired yet. It is used now, and the next request
                // retries the renewal.
                Err(error) if ends.is_some_and(|ends| now < ends) => {
                    tracing::warn!(?error, "could not renew the session before its expiry");
                }
                Err(error) => return Err(error),
            }
        }
        let session = held.as_ref().ok_or_else(|| signed_out(&self.context.profile))?;
        Ok(Arc::clone(&session.access))
    }

    async fn another(&self, refused: &Secret) -> Result<Option<Arc<Secret>>, ApiError> {
        let mut held = self.session.lock().await;
        let Some(session) = held.as_ref() else { return Ok(None) };
        if session.access.expose() != refused.expose() {
            return Ok(Some(Arc::clone(&session.access))); // another request renewed the session
        }
        let renewed = self.renew(&mut held).await?;
        Ok(held.as_ref().filter(|_| renewed).map(|session| Arc::clone(&session.access)))
    }
}

impl Bearer for SessionManager {
    fn current(&self) -> Answer<'_, Arc<Secret>> {
        let inner = Arc::clone(&self.0);
        Box::pin(apart(async move { inner.current().await }))
    }

    fn renew<'a>(&'a self, refused: &'a Secret) -> Answer<'a, Option<Arc<Secret>>> {
        let (inner, refused) = (Arc::clone(&self.0), copy(refused));
        Box::pin(apart(async move { inner.another(&refused).await }))
    }
}

/// Completes `work` even if the caller is dropped. Otherwise, a response that contains the new
/// refresh token could be lost.
async fn apart<T: Send + 'static>(
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::spawn(work).await.unwrap_or_else(|_| {
        Err(ApiError::Local { why: "Could not renew the session.".into(), next: "Try again." })
    })
}

/// Converts an error of the session store to an API error. A store that did not respond may still
/// have a session, so its error does not report that the user is signed out.
fn unread(error: &VaultError) -> ApiError {
    let why = format!("Could not read the session: {error}.");
    match error {
        VaultError::Unknown(_) | VaultError::Slow(_) => ApiError::SessionUnknown { why },
        _ => ApiError::SignedOut { why },
    }
}

fn signed_out(profile: &Profile) -> ApiError {
    let name = &profile.name;
    let why = match profile.provider {
        Provider::Registration => {
            format!(
                "{name} requires an initial access token to register clients, and none is stored."
            )
        }
        _ => format!("Not signed in to {name}."),
    };
    ApiError::SignedOut { why }
}

/// Waits for the lock on the file `NAME.lock` in the state directory. The lock excludes other
/// processes until the result is dropped.
pub(super) async fn locked(state: &Path, name: &str) -> Result<files::Locked, ApiError> {
    let (state, file) = (state.to_owned(), format!("{name}.lock"));
    let work = move || {
        files::private_directory(&state)?;
        files::lock(&state.join(file))
    };
    let result = tokio::task::spawn_blocking(work).await;
    result.map_err(std::io::Error::other).and_then(|inner| inner).map_err(|error| ApiError::Local {
        why: format!("Could not lock {name} against other processes: {error}."),
        next: "Check the state directory, then try again.",
    })
}
