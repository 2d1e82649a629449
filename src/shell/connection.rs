//! Connection to a server: in this process, at a base URL, or through a profile and its session.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use super::effects::local::Local;
use crate::{
    api::{ApiError, Bearer, CredentialsApi, http::Fixed},
    auth::{SessionManager, open::AuthContext, session_manager::SessionContext},
    config,
    domain::{Profile, Secret},
    lifecycle::history::{History, Recorded},
    server::{self, seed::Seed},
};

/// Server to connect to, and the source of the access token.
pub enum Target {
    /// The embedded server, in this process.
    Local(Box<server::Config>),
    /// A server with a token that cannot be refreshed.
    Remote {
        /// API base URL of the server.
        base_url: String,
        /// Bearer token for every request.
        bearer: Arc<Secret>,
    },
    /// A profile, and an optional token that takes precedence over the stored session of the
    /// profile.
    Profile(Box<Profile>, Option<Arc<Secret>>),
}

impl Target {
    /// Returns the base URL; empty for the embedded server, whose address is known only after its
    /// start.
    #[must_use]
    pub fn base_url(&self) -> &str {
        match self {
            Self::Local(_) => "",
            Self::Remote { base_url, .. } => base_url,
            Self::Profile(profile, _) => &profile.base_url,
        }
    }

    /// Returns the display name: `local`, `demo`, the host, or the name of the profile.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Local(config) if config.seed == Seed::Demo => "demo".to_owned(),
            Self::Local(_) => "local".to_owned(),
            Self::Remote { base_url, .. } => {
                let host =
                    Url::parse(base_url).ok().and_then(|url| Some(url.host_str()?.to_owned()));
                host.unwrap_or_else(|| base_url.clone())
            }
            Self::Profile(profile, _) => profile.name.clone(),
        }
    }

    /// Returns the profile. Without one, returns a default profile with the target's name and
    /// `base_url`.
    #[must_use]
    pub fn profile(&self, base_url: &str) -> Profile {
        match self {
            Self::Profile(profile, _) => (**profile).clone(),
            Self::Local(_) | Self::Remote { .. } => {
                Profile { name: self.name(), base_url: base_url.to_owned(), ..Profile::default() }
            }
        }
    }
}

/// Open connection. Its API client records changes in the history, except in a temporary workspace.
pub struct Connection {
    /// Profile of the target; without one, a default profile with the target's name and base URL.
    pub profile: Profile,
    /// API client of the server.
    pub api: Arc<dyn CredentialsApi>,
    /// Source of the bearer tokens that the API client sends.
    pub bearer: Arc<dyn Bearer>,
    /// Session manager; `None` if the token is fixed.
    pub sessions: Option<Arc<SessionManager>>,
}

/// Connects to a target. If the target requires the embedded server and `local` is `None`, starts
/// the server and stores it in `local`. `sessions` returns an existing or new session manager for a
/// profile. `history_failed` receives the reason why a change was not recorded.
///
/// # Errors
/// [`ApiError`] if the target cannot be used. A missing session is not an error here, because the
/// session is not read before the first request.
pub async fn connect(
    target: &Target,
    auth: &AuthContext,
    local: &mut Option<Local>,
    sessions: impl FnOnce(SessionContext) -> Arc<SessionManager>,
    history_failed: fn(&str),
) -> Result<Connection, ApiError> {
    let fixed = |token: &Arc<Secret>| Arc::new(Fixed(Arc::clone(token))) as Arc<dyn Bearer>;
    let mut manager = None;
    let (profile, bearer) = match target {
        Target::Remote { base_url, bearer } => (target.profile(base_url), fixed(bearer)),
        Target::Local(config) => {
            let server = match local.take() {
                Some(running) => running,
                None => Local::start((**config).clone()).await?,
            };
            let server = local.insert(server);
            let bearer = Arc::new(server.bearer()?) as Arc<dyn Bearer>;
            (target.profile(&server.address), bearer)
        }
        Target::Profile(profile, Some(token)) => ((**profile).clone(), fixed(token)),
        Target::Profile(profile, None) => {
            let made = sessions(auth.session((**profile).clone()).await?);
            manager = Some(Arc::clone(&made));
            ((**profile).clone(), made as Arc<dyn Bearer>)
        }
    };
    let api = auth.open(&profile, Arc::clone(&bearer)).await?;
    let is_temporary =
        matches!(target, Target::Local(config) if config.place == server::DataDir::Ephemeral);
    let api = if is_temporary {
        api
    } else {
        let (history, user) = (History::below(&auth.state), config::user());
        Arc::new(Recorded::new(api, history, &profile.name, user, Timestamp::now, history_failed))
    };
    Ok(Connection { profile, api, bearer, sessions: manager })
}
