//! Effects for sessions, profiles, saved views, and the login test of a SPA client.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

use super::{Read, Runner, issued, local::Local};
use crate::{
    api::{ApiError, Bearer, Trust, http::Fixed},
    app::{
        CredentialMsg, LocalError, Msg, ProfileEffect, ProfileMsg, SecretRef, SessionEffect,
        SessionMsg, ViewsEffect,
        remote::Ticket,
        screens::{
            profiles::ProfileEntry,
            sign_in::{SignedIn, Typed},
        },
    },
    auth::{
        code::Attempt,
        login_test,
        open::try_token,
        probe,
        sign_in::{self, SignInFlow, SignInStep},
        tokens,
    },
    config::{ConfigFile, edit},
    domain::{CredentialRef, Kind, Profile, Untrusted, preferences::SavedView, profile::Method},
};

impl Runner {
    pub(super) fn run_session(&mut self, effect: SessionEffect) {
        match effect {
            SessionEffect::SignIn { ticket, method, typed } => self.sign_in(ticket, method, typed),
            SessionEffect::CancelSignIn => {
                self.stop(&Read::SignIn);
                let pasting = self.pasting.clone();
                tokio::spawn(async move { pasting.lock().await.take() });
            }
            SessionEffect::Passphrase(typed) => {
                let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(asking) = asking {
                    let _ = asking.send(typed.map(|typed| typed.copy()));
                }
            }
            SessionEffect::SignOut => {
                let connector = self.target.clone();
                self.spawn(async move {
                    let sessions = {
                        let mut connector = connector.lock().await;
                        connector.forget_lists();
                        match connector.profile() {
                            Some(profile) => connector.sessions(&profile).await,
                            None => Err(no_profile()),
                        }
                    };
                    Msg::Session(SessionMsg::SignedOut(match sessions {
                        Ok(sessions) => sessions.sign_out().await.wrong(),
                        Err(error) => Some(error.explain("Could not sign out")),
                    }))
                });
            }
        }
    }

    pub(super) fn run_profile(&mut self, effect: ProfileEffect) {
        match effect {
            ProfileEffect::Read => {
                let connector = self.target.clone();
                self.spawn(async move {
                    let rest = connector.lock().await.rest.clone();
                    let read = rest.config.load().map(|settings| {
                        settings.profiles.into_iter().map(ProfileEntry::of).collect()
                    });
                    Msg::Profile(ProfileMsg::Read(
                        read.map_err(|error| LocalError::Config(error.to_string())),
                    ))
                });
            }
            ProfileEffect::Switch(name) => {
                for (_, read) in self.reads.drain() {
                    read.abort();
                }
                // The cache is replaced instead of cleared, so that a task that is still running
                // adds its secret to the old cache.
                self.secret_cache = Arc::default();
                let (round, older) = {
                    let mut current = self.current();
                    current.round += 1;
                    (current.round, current.api.take())
                };
                let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
                left.extend(older);
                drop(left);
                let connector = self.target.clone();
                self.spawn(async move {
                    let switched = connector.lock().await.switch(name.as_deref()).await;
                    Msg::Profile(ProfileMsg::Switched { round, result: switched.map(Box::new) })
                });
            }
            ProfileEffect::Probe { ticket, url } => {
                let work = async move {
                    Msg::Profile(ProfileMsg::Probed {
                        ticket,
                        result: probe::look(&url, &Trust::default()).await,
                    })
                };
                let task = self.spawn(work);
                if let Some(older) = self.reads.insert(Read::Probe, task) {
                    older.abort();
                }
            }
            ProfileEffect::Add(profile) => {
                let connector = self.target.clone();
                self.spawn(async move {
                    let rest = connector.lock().await.rest.clone();
                    let name = profile.name.clone();
                    let written = tokio::task::spawn_blocking(move || {
                        rest.config.change(|text| edit::with_profile(text, &profile))
                    });
                    let result = match written.await {
                        Ok(Ok(_)) => Ok(name),
                        Ok(Err(error)) => Err(LocalError::Config(format!("{error:#}"))),
                        Err(error) => Err(LocalError::Config(error.to_string())),
                    };
                    Msg::Profile(ProfileMsg::Added(result))
                });
            }
        }
    }

    pub(super) fn run_views(&mut self, effect: ViewsEffect) {
        match effect {
            ViewsEffect::Read => {
                self.change_views(None, |config| config.load().map(|settings| settings.views));
            }
            ViewsEffect::Save(view) => {
                let name = view.name.clone();
                self.change_views(Some(name), move |config| {
                    let settings = config.change(|text| edit::with_view(text, &view))?;
                    Ok(settings.views)
                });
            }
            ViewsEffect::Delete(name) => self.change_views(None, move |config| {
                let settings = config.change(|text| edit::without_view(text, &name))?;
                Ok(settings.views)
            }),
        }
    }

    /// Reads or changes the saved views on a thread that may block. `saved` is the name of the view
    /// that is saved, if any.
    fn change_views(
        &mut self,
        saved: Option<String>,
        change: impl FnOnce(&ConfigFile) -> color_eyre::Result<Vec<SavedView>> + Send + 'static,
    ) {
        let connector = self.target.clone();
        self.spawn(async move {
            let rest = connector.lock().await.rest.clone();
            let changed = tokio::task::spawn_blocking(move || change(&rest.config)).await;
            Msg::Views(match changed {
                Ok(Ok(views)) => Ok((views, saved)),
                Ok(Err(error)) => Err(LocalError::Config(format!("{error:#}"))),
                Err(error) => Err(LocalError::Config(error.to_string())),
            })
        });
    }

    fn sign_in(&mut self, ticket: Ticket, method: Method, typed: Option<Typed>) {
        let (connector, outbox) = (self.target.clone(), self.outbox.clone());
        let (pasting, current) = (self.pasting.clone(), Arc::clone(&self.api));
        let work = async move {
            let result = async {
                let (profile, sessions, home, open_browser) = {
                    let mut connector = connector.lock().await;
                    let profile = connector.profile().ok_or_else(no_profile)?;
                    let sessions = connector.sessions(&profile).await?;
                    (profile, sessions, connector.rest.home.clone(), connector.rest.open_browser)
                };
                let tell = |step: SignInStep| {
                    let _ = outbox.send(Msg::Session(SessionMsg::Step { ticket, step }));
                };
                let session = match (method, typed) {
                    (Method::Token, Some(typed)) => of_token(&profile, &typed)?,
                    (Method::Token, None) => {
                        sign_in::by_command(&profile, Timestamp::now()).await?
                    }
                    (Method::CartoCli, _) => {
                        sign_in::by_carto_cli(&profile, &home, Timestamp::now())?
                    }
                    (Method::Paste, Some(typed)) => {
                        let begun = pasting.lock().await.take();
                        let (flow, attempt): (SignInFlow, Attempt) =
                            begun.ok_or_else(|| ApiError::Local {
                                why: "This sign-in has ended.".to_owned(),
                                next: "Press L i to start another one.",
                            })?;
                        flow.pasted(attempt, &typed.copy()).await?
                    }
                    (method, typed) => {
                        let flow = SignInFlow::new(
                            &profile,
                            &Trust::with_file(profile.ca_file.as_deref())?,
                            Timestamp::now,
                        )
                        .await?;
                        match (method, typed) {
                            (Method::Paste, _) => {
                                let attempt = flow.paste()?;
                                tell(SignInStep::Browse {
                                    url: attempt.url.clone(),
                                    opened: false,
                                });
                                *pasting.lock().await = Some((flow, attempt));
                                return Ok(None); // the redirect address is pasted later
                            }
                            (Method::Machine, Some(typed)) => flow.machine(typed.copy()).await?,
                            (Method::Device, _)
                                if flow.metadata.device_authorization_endpoint.is_none() =>
                            {
                                return Err(ApiError::Local {
                                    why: "This issuer does not support device codes.".to_owned(),
                                    next: "Choose \"Browser on any device\" instead.",
                                });
                            }
                            (Method::Device, _) => flow.device(tell).await?,
                            _ => flow.browser(open_browser, tell).await?,
                        }
                    }
                };
                if method == Method::Token {
                    let bearer: Arc<dyn Bearer> = Arc::new(Fixed(Arc::clone(&session.access)));
                    let api = connector.lock().await.auth.open(&profile, bearer).await?;
                    try_token(&*api).await?;
                }
                let about = session.about();
                // The cached lists are deleted, because they may belong to another user.
                connector.lock().await.forget_lists();
                let kept = sessions.keep(session).await;
                let mut connector = connector.lock().await;
                connector.drop_token();
                let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
                current.user += 1;
                current.cache = connector.list_cache();
                Ok(Some(SignedIn { about, kept }))
            };
            match result.await {
                Ok(Some(signed_in)) => {
                    Msg::Session(SessionMsg::SignedIn { ticket, result: Ok(signed_in) })
                }
                Ok(None) => Msg::Session(SessionMsg::Waits(ticket)),
                Err(error) => Msg::Session(SessionMsg::SignedIn { ticket, result: Err(error) }),
            }
        };
        let task = self.spawn(work);
        if let Some(older) = self.reads.insert(Read::SignIn, task) {
            older.abort();
        }
    }

    /// Tests the login of a SPA client as a browser app would, with a loopback redirect URI of the
    /// client.
    pub(super) fn try_login(
        &mut self,
        ticket: Ticket,
        client_id: Untrusted,
        issuer: Untrusted,
        audience: Option<Untrusted>,
    ) {
        let (secret_cache, outbox) = (self.secret_cache.clone(), self.outbox.clone());
        let connector = self.target.clone();
        let Some(api) = self.connected() else { return };
        let task = self.spawn(async move {
            let result = async {
                let (trusted, password, open_browser) = {
                    let connector = connector.lock().await;
                    let trusted = connector.trust()?;
                    (
                        trusted,
                        connector.local.as_ref().map(Local::one_time_password),
                        connector.rest.open_browser,
                    )
                };
                let client = api.show(CredentialRef::new(Kind::Spa, client_id.clone())).await?;
                let target = login_test::LoginTarget {
                    issuer: issuer.raw(),
                    audience: audience.as_ref().map(Untrusted::raw),
                    trust: &trusted,
                };
                let tell = |step| {
                    let _ = outbox.send(Msg::Credential(CredentialMsg::LoginStep {
                        ticket,
                        step,
                        password,
                    }));
                };
                let (tokens, issuer) = login_test::run(&client, target, open_browser, tell).await?;
                let issued = issued(&tokens, issuer.into());
                secret_cache.keep(SecretRef::AccessToken(client_id), tokens.access);
                Ok(issued)
            };
            Msg::Credential(CredentialMsg::Issued { ticket, result: result.await })
        });
        // The login test is registered as a read, so that closing its panel aborts the test.
        if let Some(older) = self.reads.insert(Read::Login, task) {
            older.abort();
        }
    }
}

fn of_token(profile: &Profile, typed: &Typed) -> Result<crate::auth::Session, ApiError> {
    let token = typed.copy();
    if !tokens::is_token(token.expose()) {
        return Err(ApiError::Local {
            why: "Invalid token: it contains spaces or non-printable characters.".to_owned(),
            next: "Paste only the token.",
        });
    }
    Ok(crate::auth::Session::of_token(profile, Method::Token, token, Timestamp::now()))
}

fn no_profile() -> ApiError {
    ApiError::Local {
        why: "No profile to sign in to.".into(),
        next: "Press P to choose or add one.",
    }
}
