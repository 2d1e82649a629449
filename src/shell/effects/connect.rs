//! Connection of the console, with its session manager and its list cache.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::mpsc::UnboundedSender;

use super::local::Local;
use crate::{
    api::{ApiError, Trust},
    app::{Msg, SessionMsg, Workspace},
    auth::{SessionManager, open::AuthContext, session_manager::SessionContext},
    config::{self, ConfigFile},
    domain::{Profile, Secret, audit::Workstation},
    server,
    shell::{
        connection::{Connection, Target, connect},
        list_cache::ListCache,
    },
    vault::{Passphrase, StoreChoice},
};

/// Directories, configuration and system functions that the console uses.
#[derive(Clone)]
pub struct AppDirs {
    /// Configuration file.
    pub config: ConfigFile,
    /// Configured session store.
    pub store: StoreChoice,
    /// State directory, which contains sessions, locks and the history.
    pub state: PathBuf,
    /// Home directory of the user.
    pub home: PathBuf,
    /// Function that collects the facts about this machine for an audit.
    pub workstation: fn(&Profile) -> Workstation,
    /// Data directory of the local workspace.
    pub data: PathBuf,
    /// Directory of cached lists; `None` disables the cache.
    pub lists: Option<PathBuf>,
    /// Passphrase of the encrypted session file; `None` to prompt the user.
    pub passphrase: Option<Arc<Secret>>,
    /// Function that opens a URL in a browser, and returns true if a browser was started.
    pub open_browser: fn(&str) -> bool,
}

/// Current target, with its embedded server, session manager and list cache.
pub(super) struct Connector {
    pub target: Target,
    pub rest: AppDirs,
    pub auth: AuthContext,
    pub local: Option<Local>,
    sessions: Option<Arc<SessionManager>>,
    cache: Option<Arc<ListCache>>,
    outbox: UnboundedSender<Msg>,
}

/// Sender of the answer to the session store's passphrase prompt; `None` if no prompt is open.
pub(super) type Asking = Arc<Mutex<Option<std::sync::mpsc::Sender<Option<Secret>>>>>;

/// Returns the existing session manager, or creates one that reports changes to the console.
fn manager(
    existing: &mut Option<Arc<SessionManager>>,
    outbox: &UnboundedSender<Msg>,
    context: SessionContext,
) -> Arc<SessionManager> {
    let made = existing.get_or_insert_with(|| {
        let outbox = Mutex::new(outbox.clone());
        Arc::new(SessionManager::new(context, move |about, kept| {
            let outbox = outbox.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = outbox.send(Msg::Session(SessionMsg::Read { about, kept }));
        }))
    });
    Arc::clone(made)
}

/// Returns a function that provides the given passphrase, or prompts the user. The function blocks
/// the calling thread of the session store until the user answers.
fn passphrase(
    given: Option<Arc<Secret>>,
    outbox: UnboundedSender<Msg>,
    asking: Asking,
) -> Passphrase {
    let outbox = Mutex::new(outbox);
    Arc::new(move |ask| {
        if let Some(given) = &given {
            return ask.given(given.expose());
        }
        let (answer, answered) = std::sync::mpsc::channel();
        *asking.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        let outbox = outbox.lock().unwrap_or_else(PoisonError::into_inner).clone();
        outbox.send(Msg::Session(SessionMsg::PassphraseWanted(ask))).ok()?;
        answered.recv().ok().flatten()
    })
}

impl Connector {
    pub fn new(
        target: Target,
        rest: AppDirs,
        outbox: UnboundedSender<Msg>,
        asking: Asking,
    ) -> Self {
        let passphrase = passphrase(rest.passphrase.clone(), outbox.clone(), asking);
        let auth = AuthContext::new(rest.state.clone(), rest.home.clone(), rest.store, passphrase);
        Self { target, rest, auth, local: None, sessions: None, cache: None, outbox }
    }

    /// Connects to the target, starting the embedded server if necessary.
    pub async fn connect(&mut self) -> Result<Connection, ApiError> {
        let Self { target, auth, local, sessions, outbox, .. } = self;
        let managed = |context| manager(sessions, outbox, context);
        connect(target, auth, local, managed, |why| tracing::warn!(why, "history")).await
    }

    /// Returns the existing session manager, or creates one for `profile`.
    pub async fn sessions(&mut self, profile: &Profile) -> Result<Arc<SessionManager>, ApiError> {
        // The existing manager is reused, so that a sign-out does not fail if the CA file was
        // deleted.
        if let Some(sessions) = &self.sessions {
            return Ok(Arc::clone(sessions));
        }
        let context = self.auth.session(profile.clone()).await?;
        Ok(manager(&mut self.sessions, &self.outbox, context))
    }

    /// Returns the cache of the open profile's lists; `None` without a profile or if caching is
    /// disabled. With a token from the environment, lists are not cached, because that token may
    /// belong to another user.
    pub fn list_cache(&mut self) -> Option<Arc<ListCache>> {
        if self.cache.is_none()
            && let (Target::Profile(profile, None), Some(lists)) = (&self.target, &self.rest.lists)
        {
            self.cache = Some(Arc::new(ListCache::of(lists, profile)));
        }
        self.cache.clone()
    }

    /// Deletes the open profile's cached lists, because the next user must not see them. Pages that
    /// arrive later are not written.
    pub fn forget_lists(&mut self) {
        let cache = self.cache.take().or_else(|| match (&self.target, &self.rest.lists) {
            (Target::Profile(profile, _), Some(lists)) => {
                Some(Arc::new(ListCache::of(lists, profile)))
            }
            _ => None,
        });
        if let Some(cache) = cache {
            cache.forget();
        }
    }

    /// Returns the open profile; `None` if the target is not a profile.
    pub fn profile(&self) -> Option<Profile> {
        match &self.target {
            Target::Profile(profile, _) => Some((**profile).clone()),
            _ => None,
        }
    }

    /// Returns the trusted certificates, from the platform and from the profile's CA file.
    pub fn trust(&self) -> Result<Trust, ApiError> {
        Trust::with_file(self.profile().and_then(|profile| profile.ca_file).as_deref())
    }

    /// Drops the token that takes precedence over the session, so that a new session is used.
    pub fn drop_token(&mut self) {
        if let Target::Profile(_, token) = &mut self.target {
            *token = None;
        }
    }

    /// Switches to the profile `name`, or to the local workspace if `name` is `None`. Stops the
    /// embedded server, and does not connect. If the profile cannot be read, changes nothing.
    pub async fn switch(&mut self, name: Option<&str>) -> Result<Workspace, ApiError> {
        let (target, workspace) = match name {
            None => {
                let place = server::DataDir::Directory(self.rest.data.clone());
                let config = server::Config::local(place, config::user());
                (Target::Local(Box::new(config)), Workspace::named("local"))
            }
            Some(name) => {
                let settings = self.rest.config.load().map_err(|error| ApiError::Local {
                    why: format!("{error}."),
                    next: "Correct the configuration, then try again.",
                })?;
                let profile = settings.profile(name).cloned().ok_or_else(|| ApiError::Local {
                    why: format!("The profile {name:?} no longer exists."),
                    next: "Press P to choose another one.",
                })?;
                (Target::Profile(Box::new(profile.clone()), None), Workspace::of(profile))
            }
        };
        if let Some(local) = self.local.take() {
            local.stop().await;
        }
        self.sessions = None;
        self.cache = None;
        self.target = target;
        Ok(workspace)
    }
}
