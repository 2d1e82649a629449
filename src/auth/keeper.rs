//! The session of a profile: read from the vault, renewed ahead of time, kept.
//!
//! Two processes may find at once that a session has to be renewed, and an issuer that rotates
//! refresh tokens takes the second use of one for a theft. So renewing happens under a lock between
//! processes, and whoever gets it second finds what the first one kept.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{
    carto_cli, discovery,
    session::{About, Session, copy},
    sign_in,
    tokens::{self, ClientAuth},
};
use crate::{
    api::{Answer, ApiError, Bearer, Trust},
    domain::{Profile, Secret, profile::Method},
    files,
    vault::{Kept, Vault},
};

/// What a keeper works with.
#[derive(Clone)]
pub struct Desk {
    /// The profile.
    pub profile: Profile,
    /// Whom to trust.
    pub trust: Trust,
    /// Where sessions rest.
    pub vault: Arc<Vault>,
    /// Where locks are.
    pub state: PathBuf,
    /// The person's home directory.
    pub home: PathBuf,
    /// Where the time comes from.
    pub clock: fn() -> Timestamp,
}

/// The session of a profile.
pub struct Keeper {
    desk: Desk,
    session: Mutex<Option<Session>>,
    changed: Box<dyn Fn(About) + Send + Sync>,
}

impl Keeper {
    /// A keeper that has read nothing yet; `changed` hears of every session that is read or renewed.
    #[must_use]
    pub fn new(desk: Desk, changed: impl Fn(About) + Send + Sync + 'static) -> Self {
        Self { desk, session: Mutex::default(), changed: Box::new(changed) }
    }

    /// Takes over a session that was just signed in, and keeps it.
    pub async fn keep(&self, session: Session) -> Kept {
        let mut held = self.session.lock().await;
        let kept = self.desk.vault.save(&self.desk.profile.name, &session.to_secret()).await;
        (self.changed)(session.about());
        *held = Some(session);
        kept
    }

    /// What is known of the session.
    ///
    /// # Errors
    /// [`ApiError::SignedOut`] when there is none.
    pub async fn about(&self) -> Result<About, ApiError> {
        let mut held = self.session.lock().await;
        Ok(self.loaded(&mut held).await?.about())
    }

    /// Gives the tokens back and forgets them. They are forgotten even if the issuer cannot be told.
    ///
    /// # Errors
    /// What the issuer or the vault said.
    pub async fn sign_out(&self) -> Result<(), ApiError> {
        let mut held = self.session.lock().await;
        let session = match held.take() {
            Some(session) => Some(session),
            None => self.stored().await?,
        };
        let forgotten = self.desk.vault.remove(&self.desk.profile.name).await;
        let told = match session {
            Some(session) => self.give_back(&session).await,
            None => Ok(()),
        };
        forgotten.map_err(|error| ApiError::Unusable {
            why: format!("The session could not be removed: {error}"),
        })?;
        told
    }

    async fn give_back(&self, session: &Session) -> Result<(), ApiError> {
        let (Some(issuer), Some(client_id)) = (&session.issuer, &session.client_id) else {
            return Ok(()); // somebody else's token
        };
        let metadata = discovery::discover(issuer, &self.desk.trust).await?;
        let client = ClientAuth { id: client_id, secret: session.client_secret.as_ref() };
        if let Some(refresh) = &session.refresh {
            tokens::revoke(&metadata, &self.desk.trust, &client, refresh, "refresh_token").await?;
        }
        match tokens::revoke(&metadata, &self.desk.trust, &client, &session.access, "access_token")
            .await
        {
            // RFC 7009 section 2.2.1: some issuers cannot take back a self-contained token.
            Err(ApiError::Refused { error, .. }) if error.raw() == "unsupported_token_type" => {
                Ok(())
            }
            other => other,
        }
    }

    /// What the vault has for this profile, if it is for this API.
    async fn stored(&self) -> Result<Option<Session>, ApiError> {
        let stored = self.desk.vault.load(&self.desk.profile.name).await.map_err(|error| {
            ApiError::SignedOut { why: format!("The session could not be read: {error}.") }
        })?;
        Ok(stored
            .and_then(|text| Session::from_secret(&text))
            .filter(|session| session.is_for(&self.desk.profile)))
    }

    async fn loaded<'a>(&self, held: &'a mut Option<Session>) -> Result<&'a mut Session, ApiError> {
        if held.is_none() {
            let session = match self.stored().await? {
                Some(session) => session,
                None => self.without_a_person().await?,
            };
            (self.changed)(session.about());
            *held = Some(session);
        }
        held.as_mut().ok_or_else(|| signed_out(&self.desk.profile))
    }

    /// A session that needs nobody: the profile's command, or the CARTO CLI's file.
    async fn without_a_person(&self) -> Result<Session, ApiError> {
        let Desk { profile, home, clock, .. } = &self.desk;
        if !profile.token_command.is_empty() {
            return sign_in::by_command(profile, clock()).await;
        }
        if profile.sign_in == Some(Method::CartoCli) {
            return sign_in::by_carto_cli(profile, home, clock());
        }
        Err(signed_out(profile))
    }

    /// Renews a session that is over or was refused. `None` when only a person can.
    async fn renewed(&self, old: &Session) -> Result<Option<Session>, ApiError> {
        let Desk { profile, trust, state, clock, home, .. } = &self.desk;
        match old.method {
            Method::Token if !profile.token_command.is_empty() => {
                return sign_in::by_command(profile, clock()).await.map(Some);
            }
            Method::CartoCli => {
                let read = carto_cli::read(home)?;
                let same = read.token.expose() == old.access.expose();
                return if same {
                    Ok(None)
                } else {
                    sign_in::by_carto_cli(profile, home, clock()).map(Some)
                };
            }
            _ if !old.is_renewable() => return Ok(None),
            _ => {}
        }
        let _lock = locked(state, &profile.name).await?;
        if let Some(newer) = self.stored().await?
            && newer.access.expose() != old.access.expose()
            && !newer.is_over(clock())
        {
            return Ok(Some(newer));
        }
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
            _ => sign_in::machine_tokens(&metadata, trust, &client, &wanted).await,
        };
        let tokens = match asked {
            Ok(tokens) => tokens,
            // It was used before, has ended or was taken back: only a person can go on.
            Err(ApiError::Refused { error, .. })
                if matches!(error.raw(), "invalid_grant" | "invalid_client") =>
            {
                tracing::info!(profile = profile.name, "the session cannot be renewed any more");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut new = Session::new(profile, old.method, tokens, clock());
        new.issuer.clone_from(&old.issuer);
        new.client_id.clone_from(&old.client_id);
        // RFC 6749 section 6: without a new refresh token the old one goes on.
        new.refresh = new.refresh.or_else(|| old.refresh.as_ref().map(copy));
        new.client_secret = old.client_secret.as_ref().map(copy);
        new.who = new.who.or_else(|| old.who.clone());
        self.desk.vault.save(&profile.name, &new.to_secret()).await;
        Ok(Some(new))
    }
}

impl Bearer for Keeper {
    fn current(&self) -> Answer<'_, Arc<Secret>> {
        Box::pin(async {
            let mut held = self.session.lock().await;
            let session = self.loaded(&mut held).await?;
            let now = (self.desk.clock)();
            if session.is_over(now) {
                match self.renewed(session).await {
                    Ok(Some(new)) => {
                        (self.changed)(new.about());
                        *session = new;
                    }
                    // It has a moment left: the next request tries again.
                    Err(error) if session.ends.is_some_and(|ends| now < ends) => {
                        tracing::warn!(?error, "not renewed ahead of time");
                    }
                    Ok(None) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(Arc::clone(&session.access))
        })
    }

    fn renew<'a>(&'a self, refused: &'a Secret) -> Answer<'a, Option<Arc<Secret>>> {
        Box::pin(async move {
            let mut held = self.session.lock().await;
            let Some(session) = held.as_mut() else { return Ok(None) };
            if session.access.expose() != refused.expose() {
                return Ok(Some(Arc::clone(&session.access))); // another request was quicker
            }
            let Some(new) = self.renewed(session).await? else { return Ok(None) };
            (self.changed)(new.about());
            *session = new;
            Ok(Some(Arc::clone(&session.access)))
        })
    }
}

fn signed_out(profile: &Profile) -> ApiError {
    ApiError::SignedOut { why: format!("Nobody is signed in to {}.", profile.name) }
}

async fn locked(state: &Path, name: &str) -> Result<files::Locked, ApiError> {
    let (state, name) = (state.to_owned(), name.to_owned());
    let work = move || {
        files::private_directory(&state)?;
        files::lock(&state.join(format!("{name}.session.lock")))
    };
    let result = tokio::task::spawn_blocking(work).await;
    result.map_err(std::io::Error::other).and_then(|inner| inner).map_err(|error| {
        ApiError::Unusable { why: format!("The session cannot be locked for renewing: {error}") }
    })
}
