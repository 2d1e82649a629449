//! Setup of commands that use a profile: configuration, session store, prompts.

use std::{io::IsTerminal as _, sync::Arc};

use color_eyre::eyre::{Result, eyre};
use jiff::Timestamp;

use super::{
    ConsoleArgs, Exit, complete,
    prompt::{prompt, say},
};
use crate::{
    api::{
        ApiError, Bearer, CredentialsApi, Trust,
        http::{self, Fixed},
    },
    app::screens::passphrase::SHORTEST,
    auth::{Session, SessionManager, open::AuthContext, session_manager::SessionContext},
    config::{self, ConfigFile, Settings},
    domain::{Profile, Secret, profile::Word as _, urls},
    server::{self, seed::Seed},
    shell::{connection::Target, list_cache::ListCache},
    vault::{Ask, Passphrase, StoreChoice},
};

/// Reserved profile name that selects the local workspace.
pub const LOCAL: &str = "local";

/// Configuration, directories and session store of a command.
pub struct Context {
    /// Configuration file that the settings were loaded from.
    pub file: ConfigFile,
    /// Settings of the configuration file.
    pub settings: Settings,
    /// Configured session store.
    pub store: StoreChoice,
    /// Directories and session store.
    pub auth: AuthContext,
    named: Option<String>,
}

/// Deletes the cached lists of a profile.
pub fn forget_lists(profile: &Profile) {
    if let Ok(lists) = config::lists_directory() {
        ListCache::of(&lists, profile).forget();
    }
}

impl Context {
    /// Returns the profile whose write lock applies: a production or read-only profile with the
    /// same origin, else the given one. A second profile for the same server must not bypass the
    /// lock.
    #[must_use]
    pub fn strictest<'a>(&'a self, profile: &'a Profile) -> &'a Profile {
        let origin = urls::origin_of(&profile.base_url);
        let same = |known: &&Profile| {
            known.starts_locked() && origin.is_some() && urls::origin_of(&known.base_url) == origin
        };
        self.settings.profiles.iter().find(same).unwrap_or(profile)
    }

    /// Loads the configuration, and selects the session store and the profile.
    ///
    /// # Errors
    /// Returns an error if the configuration or an environment variable is invalid.
    pub fn load(args: &ConsoleArgs) -> Result<Self> {
        let file = ConfigFile::find()?;
        let settings = file.load()?;
        let store = match (args.store, config::variable("CREDENZA_STORE")) {
            (Some(store), _) => store,
            (None, Some(word)) => StoreChoice::of_word(&word).ok_or_else(|| {
                eyre!("Invalid CREDENZA_STORE {word:?}: use {}", StoreChoice::all_words())
            })?,
            (None, None) => settings.store,
        };
        Ok(Self {
            file,
            store,
            auth: AuthContext::new(
                config::state_directory()?,
                config::home()?,
                store,
                passphrase(),
            ),
            named: args.profile.clone().or_else(|| config::variable("CREDENZA_PROFILE")),
            settings,
        })
    }

    /// Returns the profile to use: the given one, else `--profile`, else `CREDENZA_PROFILE`, else
    /// the default, else the only one.
    ///
    /// # Errors
    /// Returns an error if the profile does not exist, if there are no profiles, or if there are
    /// several and none is selected.
    pub fn profile(&self, name: Option<&str>) -> Result<Profile> {
        let names = self.settings.names();
        match self.chosen(name) {
            Some(name) => self.settings.profile(name).cloned().ok_or_else(|| {
                eyre!("Unknown profile {name:?}. Profiles: {names}.\nAdd one: credenza profile add {name} --base-url URL")
            }),
            None if self.settings.profiles.is_empty() => Err(eyre!(
                "No profiles yet.\nAdd one: credenza profile add NAME --base-url URL"
            )),
            None => Err(eyre!(
                "No profile selected. Profiles: {names}.\nUse --profile NAME, or set a default: credenza profile use NAME"
            )),
        }
    }

    /// Returns the name of the selected profile, with the precedence of [`Self::profile`]. `None`
    /// if no profile is selected. The profile might not exist.
    #[must_use]
    pub fn chosen<'a>(&'a self, name: Option<&'a str>) -> Option<&'a str> {
        let only = match self.settings.profiles.as_slice() {
            [one] => Some(one.name.as_str()),
            _ => None,
        };
        name.or(self.named.as_deref()).or(self.settings.default_profile.as_deref()).or(only)
    }

    /// Returns the target of a command: the demo, the base URL, the profile, or the local
    /// workspace. A missing workspace is created only if `creates` is true; otherwise a temporary
    /// one is used.
    ///
    /// # Errors
    /// Returns an error if the base URL is invalid, if no token is given for it, or if the profile
    /// does not exist.
    pub fn target(&self, base_url: Option<String>, demo: bool, creates: bool) -> Result<Target> {
        if demo {
            let config = server::Config { seed: Seed::Demo, ..server::Config::default() };
            return Ok(Target::Local(Box::new(config)));
        }
        if let Some(base_url) = base_url {
            return remote(&base_url);
        }
        if self.chosen(None).is_none_or(|name| name == LOCAL) {
            let directory = config::data_directory()?;
            let made = directory.join(server::store::DATABASE).exists();
            let place = if made || creates {
                server::DataDir::Directory(directory)
            } else {
                server::DataDir::Ephemeral
            };
            return Ok(Target::Local(Box::new(server::Config::local(place, config::user()))));
        }
        Ok(Target::Profile(Box::new(self.profile(None)?), given_token()))
    }

    /// Opens the API of a profile: with `CREDENZA_TOKEN` if set, else with its session. Changes are
    /// not written to the history.
    ///
    /// # Errors
    /// The errors of [`Self::session`] and [`Self::open_with`].
    pub async fn open(&self, profile: &Profile) -> Result<Arc<dyn CredentialsApi>> {
        let bearer: Arc<dyn Bearer> = match given_token() {
            Some(token) => Arc::new(Fixed(token)),
            None => Arc::new(SessionManager::new(self.session(profile.clone()).await?, |_, _| {})),
        };
        self.open_with(profile, bearer).await
    }

    /// Returns an access token that requires no sign-in or renewal: `CREDENZA_TOKEN`, or the token
    /// of an unexpired session. `None` if neither exists.
    pub async fn token_at_hand(&self, profile: &Profile) -> Option<Arc<Secret>> {
        if let Some(token) = given_token() {
            return Some(token);
        }
        let session = self.stored_session(profile).await?;
        (!session.is_over(Timestamp::now())).then_some(session.access)
    }

    /// Returns the stored session of a profile; `None` if there is none for its base URL, or the
    /// store cannot be read.
    pub async fn stored_session(&self, profile: &Profile) -> Option<Session> {
        let stored = self.auth.store().await.load(&profile.name).await.ok()??;
        Session::from_secret(&stored).filter(|session| session.is_for(profile))
    }

    /// Opens the API of a profile with the given bearer token.
    ///
    /// # Errors
    /// Returns an error if a setting or the CA file of the profile is invalid, or if the issuer's
    /// metadata cannot be read.
    pub async fn open_with(
        &self,
        profile: &Profile,
        bearer: Arc<dyn Bearer>,
    ) -> Result<Arc<dyn CredentialsApi>> {
        self.auth.open(profile, bearer).await.map_err(|error| explained(&error, UNUSABLE_PROFILE))
    }

    /// Returns the dependencies of a profile's session manager.
    ///
    /// # Errors
    /// Returns an error if the profile's CA file cannot be used.
    pub async fn session(&self, profile: Profile) -> Result<SessionContext> {
        self.auth.session(profile).await.map_err(|error| explained(&error, UNUSABLE_PROFILE))
    }
}

/// Summary of an error that occurs before the first request.
pub const UNUSABLE_PROFILE: &str = "Could not use the profile";

/// Returns the token in `CREDENZA_TOKEN`, without white space around it. `None` if the variable is
/// unset or empty.
pub fn given_token() -> Option<Arc<Secret>> {
    let token = config::variable("CREDENZA_TOKEN")?;
    Some(Arc::new(Secret::new(token.trim().to_owned())))
}

/// Returns the target for a base URL, with the token in `CREDENZA_TOKEN`.
fn remote(base_url: &str) -> Result<Target> {
    let bearer = given_token().filter(|token| !token.expose().is_empty()).ok_or_else(|| {
        Exit::usage(
            "--base-url needs a bearer token in CREDENZA_TOKEN.\n\
             Set it without leaving it in the shell's history: read -rs CREDENZA_TOKEN && export CREDENZA_TOKEN"
                .to_owned(),
        )
    })?;
    let base_url = base_url.trim_end_matches('/').to_owned();
    http::check_base(&base_url).map_err(|error| {
        Exit::usage(error.explain_for_command("Could not use the base URL").text())
    })?;
    Ok(Target::Remote { base_url, bearer })
}

/// Returns the CA certificates that a profile trusts in addition to those of the platform.
///
/// # Errors
/// Returns an error if the profile's CA file cannot be read, is not valid PEM, or has no
/// certificate.
pub fn trust(profile: &Profile) -> Result<Trust> {
    Trust::with_file(profile.ca_file.as_deref())
        .map_err(|error| explained(&error, UNUSABLE_PROFILE))
}

/// Converts an API error to the error that a command prints. `what` is its summary, such as
/// [`UNUSABLE_PROFILE`].
pub fn explained(error: &ApiError, what: &str) -> color_eyre::eyre::Report {
    let text = error.explain_for_command(what).text();
    // A command has no form to mark invalid fields in, so the message lists them.
    let problems = error.problems().iter().map(|problem| format!("  {}", problem.sentence()));
    eyre!("{}", std::iter::once(text).chain(problems).collect::<Vec<_>>().join("\n"))
}

/// Returns the source of passphrases: `CREDENZA_PASSPHRASE`, else a prompt at the terminal.
pub fn passphrase() -> Passphrase {
    Arc::new(|ask| {
        if let Some(text) = config::variable("CREDENZA_PASSPHRASE") {
            if matches!(ask, Ask::New) && text.chars().count() < SHORTEST {
                say(&format!(
                    "CREDENZA_PASSPHRASE is too short and can be guessed. Use at least {SHORTEST} characters"
                ));
            }
            return ask.given(&text);
        }
        // A prompt must not interrupt shell completion.
        if !std::io::stderr().is_terminal() || complete::is_asked() {
            return None;
        }
        match ask {
            Ask::Existing => prompt("Passphrase for your sessions: "),
            Ask::Again => {
                say("Wrong passphrase.");
                prompt("Passphrase for your sessions: ")
            }
            Ask::New => new_passphrase(),
        }
    })
}

#[expect(clippy::print_stderr, reason = "prompts the user on a terminal")]
fn new_passphrase() -> Option<Secret> {
    eprintln!(
        "No keyring is available. Enter a passphrase to store your session in an encrypted file,\nor leave it empty to keep the session in memory only."
    );
    loop {
        let first = prompt("New passphrase: ").filter(|text| !text.expose().is_empty())?;
        if first.expose().chars().count() < SHORTEST {
            eprintln!("Use at least {SHORTEST} characters.");
            continue;
        }
        let second = prompt("Repeat passphrase: ")?;
        if first.expose() == second.expose() {
            return Some(first);
        }
        eprintln!("The passphrases do not match.");
    }
}

/// Creates the single-threaded runtime that a command runs on.
///
/// # Errors
/// Returns an error if the runtime cannot be created.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
