//! Connection to the server: in this process, at a base URL, or through a profile and its session.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use super::local::Local;
use crate::{
    api::{Answer, ApiError, Bearer, CredentialsApi, Trust, http::Fixed},
    app::{Msg, SessionMsg, Workspace},
    auth::{
        SessionManager,
        keeper::SessionContext,
        open::{OpenOptions, open},
    },
    config::{self, ConfigFile},
    domain::{Profile, Secret, audit::Workstation, profile::Provider},
    lifecycle::history::{History, Recorded},
    server,
    shell::list_cache::ListCache,
    vault::{Passphrase, SessionStore, StoreChoice},
};

/// Target to connect to.
pub enum Target {
    /// The embedded server, in this process.
    Local(Box<server::Config>),
    /// A server with a token that cannot be refreshed.
    Remote {
        /// Its API base URL.
        base_url: String,
        /// The bearer token.
        bearer: Arc<Secret>,
    },
    /// A profile, with the session from the vault, or a token that takes precedence.
    Profile(Box<Profile>, Option<Arc<Secret>>),
}

impl Target {
    /// The base URL as known before connecting.
    #[must_use]
    pub fn base_url(&self) -> &str {
        match self {
            Self::Local(_) => "",
            Self::Remote { base_url, .. } => base_url,
            Self::Profile(profile, _) => &profile.base_url,
        }
    }
}

/// Directories of the user.
#[derive(Clone)]
pub struct AppDirs {
    /// The configuration file.
    pub config: ConfigFile,
    /// Configured session store.
    pub store: StoreChoice,
    /// Directory of sessions and locks.
    pub state: PathBuf,
    /// The person's home directory.
    pub home: PathBuf,
    /// Source of facts about this machine for an audit.
    pub workstation: fn(&Profile) -> Workstation,
    /// The local workspace's data.
    pub data: PathBuf,
    /// Directory of cached lists; `None` disables the cache.
    pub lists: Option<PathBuf>,
    /// The session file's passphrase, if given; otherwise the user is asked.
    pub passphrase: Option<Arc<Secret>>,
    /// Opens a page in a browser; returns whether one was started.
    pub open_browser: fn(&str) -> bool,
}

/// Connects to the server and keeps the connection's state.
pub(super) struct Connector {
    pub target: Target,
    pub rest: AppDirs,
    pub local: Option<Local>,
    vault: Option<Arc<SessionStore>>,
    keeper: Option<Arc<SessionManager>>,
    cache: Option<Arc<ListCache>>,
    outbox: UnboundedSender<Msg>,
    asking: Asking,
}

/// Sender of the passphrase to the session store.
pub(super) type Asking = Arc<Mutex<Option<std::sync::mpsc::Sender<Option<Secret>>>>>;

/// A connected server.
pub(super) struct Reached {
    pub base_url: String,
    pub api: Arc<dyn CredentialsApi>,
    /// Session manager; the session is loaded before the first request.
    pub keeper: Option<Arc<SessionManager>>,
}

impl Connector {
    pub fn new(
        target: Target,
        rest: AppDirs,
        outbox: UnboundedSender<Msg>,
        asking: Asking,
    ) -> Self {
        Self { target, rest, local: None, vault: None, keeper: None, cache: None, outbox, asking }
    }

    /// Resolves the server, starting the embedded one if necessary.
    pub fn connect(&mut self) -> Answer<'_, Reached> {
        Box::pin(async {
            let mut session = None;
            let bare =
                |base_url: &str| Profile { base_url: base_url.to_owned(), ..Profile::default() };
            let (profile, bearer): (Profile, Arc<dyn Bearer>) = match &self.target {
                Target::Remote { base_url, bearer } => {
                    (bare(base_url), Arc::new(Fixed(Arc::clone(bearer))))
                }
                Target::Local(config) => {
                    if self.local.is_none() {
                        self.local = Some(Local::start((**config).clone()).await?);
                    }
                    let local = self.local.as_ref().ok_or_else(|| ApiError::Unusable {
                        why: "The server did not start".into(),
                    })?;
                    (bare(&local.address), Arc::new(Fixed(local.bearer()?)))
                }
                Target::Profile(profile, Some(token)) => {
                    ((**profile).clone(), Arc::new(Fixed(Arc::clone(token))))
                }
                Target::Profile(profile, None) => {
                    let profile = (**profile).clone();
                    let keeper = self.keeper(&profile).await?;
                    session = profile.needs_session().then(|| Arc::clone(&keeper));
                    (profile, keeper)
                }
            };
            let api = self.open_with(&profile, bearer).await?;
            let api = match &self.target {
                // The changes of a demo end with it.
                Target::Local(config) if config.place == server::DataDir::Ephemeral => api,
                Target::Local(_) => self.recorded(api, "local"),
                Target::Remote { base_url, .. } => {
                    let url = url::Url::parse(base_url).ok();
                    let host = url.and_then(|url| url.host_str().map(str::to_owned));
                    self.recorded(api, host.as_deref().unwrap_or(base_url))
                }
                Target::Profile(profile, _) => self.recorded(api, &profile.name),
            };
            Ok(Reached { base_url: profile.base_url, api, keeper: session })
        })
    }

    /// An API with its changes recorded in the history.
    fn recorded(&self, api: Arc<dyn CredentialsApi>, profile: &str) -> Arc<dyn CredentialsApi> {
        let history = History::below(&self.rest.state);
        let failed = |why: &str| tracing::warn!(why, "history");
        Arc::new(Recorded::new(api, history, profile, config::user(), Timestamp::now, failed))
    }

    /// API of a profile, with a token.
    pub async fn open_with(
        &mut self,
        profile: &Profile,
        bearer: Arc<dyn Bearer>,
    ) -> Result<Arc<dyn CredentialsApi>, ApiError> {
        let vault = match profile.provider {
            Provider::Registration => Some(self.vault().await),
            _ => None,
        };
        let options = OpenOptions {
            bearer: Some(bearer),
            trust: &Trust::with_file(profile.ca_file.as_deref())?,
            vault,
            state: &self.rest.state,
            home: &self.rest.home,
        };
        open(profile, options).await
    }

    /// The session manager of a profile.
    pub async fn keeper(&mut self, profile: &Profile) -> Result<Arc<SessionManager>, ApiError> {
        if let Some(keeper) = &self.keeper {
            return Ok(Arc::clone(keeper));
        }
        let vault = self.vault().await;
        let desk = SessionContext {
            profile: profile.clone(),
            trust: Trust::with_file(profile.ca_file.as_deref())?,
            vault,
            state: self.rest.state.clone(),
            home: self.rest.home.clone(),
            clock: Timestamp::now,
        };
        let outbox = Mutex::new(self.outbox.clone());
        let keeper = Arc::new(SessionManager::new(desk, move |about, kept| {
            let outbox = outbox.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = outbox.send(Msg::Session(SessionMsg::Read { about, kept }));
        }));
        self.keeper = Some(Arc::clone(&keeper));
        Ok(keeper)
    }

    /// The vault, opened on first use.
    async fn vault(&mut self) -> Arc<SessionStore> {
        if let Some(vault) = &self.vault {
            return Arc::clone(vault);
        }
        let AppDirs { store, state, .. } = &self.rest;
        let vault = Arc::new(SessionStore::open(*store, state, self.passphrase()).await);
        self.vault = Some(Arc::clone(&vault));
        vault
    }

    /// Source of the passphrase. It blocks the session store's own thread.
    fn passphrase(&self) -> Passphrase {
        let (given, asking) = (self.rest.passphrase.clone(), Arc::clone(&self.asking));
        let outbox = Mutex::new(self.outbox.clone());
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

    /// Cache of the open profile's lists. A token from the environment may belong to another user, so its lists are
    /// not cached.
    pub fn list_cache(&mut self) -> Option<Arc<ListCache>> {
        if self.cache.is_none()
            && let (Target::Profile(profile, None), Some(lists)) = (&self.target, &self.rest.lists)
        {
            self.cache = Some(Arc::new(ListCache::of(lists, profile)));
        }
        self.cache.clone()
    }

    /// Deletes the open profile's cached lists, because the next user may not see them. Pages that still arrive are
    /// no longer written.
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

    /// The open profile.
    pub fn profile(&self) -> Option<Profile> {
        match &self.target {
            Target::Profile(profile, _) => Some((**profile).clone()),
            _ => None,
        }
    }

    /// The open profile's certificate settings.
    pub fn trust(&self) -> Result<Trust, ApiError> {
        Trust::with_file(self.profile().and_then(|profile| profile.ca_file).as_deref())
    }

    /// Drops a token that took precedence over the session, after a sign-in.
    pub fn drop_token(&mut self) {
        if let Target::Profile(_, token) = &mut self.target {
            *token = None;
        }
    }

    /// Switches to another profile, or to the local workspace.
    pub async fn switch(&mut self, name: Option<&str>) -> Result<Workspace, ApiError> {
        let (target, workspace) = match name {
            None => {
                let place = server::DataDir::Directory(self.rest.data.clone());
                let config = server::Config::local(place, config::user());
                (Target::Local(Box::new(config)), Workspace::named("local"))
            }
            Some(name) => {
                let settings = self
                    .rest
                    .config
                    .load()
                    .map_err(|error| ApiError::Unusable { why: format!("{error}") })?;
                let profile = settings.profile(name).cloned().ok_or_else(|| {
                    ApiError::Unusable { why: format!("The profile {name:?} no longer exists") }
                })?;
                (Target::Profile(Box::new(profile.clone()), None), Workspace::of(profile))
            }
        };
        if let Some(local) = self.local.take() {
            local.stop().await;
        }
        self.keeper = None;
        self.cache = None;
        self.target = target;
        Ok(workspace)
    }
}
