//! API session of a command, for a profile, the local workspace, or a base URL.
//!
//! A command must call [`ApiSession::writer`] before it changes anything. For a production or
//! read-only profile, that method first requires the name of the profile. A dry run never calls it.

use std::{io::IsTerminal as _, sync::Arc};

use color_eyre::eyre::{Report, Result, eyre};
use jiff::Timestamp;

use super::{
    ConsoleArgs, Exit,
    context::{Context, LOCAL, UNUSABLE_PROFILE, explained, trust},
    prompt,
};
use crate::{
    api::{
        self, ApiError, Bearer, Capabilities, CredentialsApi, Http, PageQuery, RotationRequest,
        Scope, Trust, Written,
        fleet::{self, Fleet, patiently},
        http::Fixed,
        settle,
    },
    auth::{SessionManager, open::http},
    config,
    domain::{
        Credential, CredentialRef, Draft, Kind, Profile, Secret,
        audit::{AuditContext, Policy, ProfileInfo},
        draft::Change,
        filter::FilterContext,
    },
    server,
    shell::{
        connection::{Connection, connect},
        effects::local::Local,
    },
};

/// API selection of a command.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ApiArgs {
    /// Base URL of a contract server, with the bearer token in CREDENZA_TOKEN. Default: the profile, or the local
    /// workspace.
    #[arg(long, value_name = "URL", conflicts_with_all = ["profile", "demo"])]
    pub base_url: Option<String>,
    /// Use a temporary workspace with example data.
    #[arg(long, conflicts_with = "profile")]
    pub demo: bool,
    /// True for a command that creates credentials. For other commands, a missing local workspace
    /// is not created.
    #[arg(skip)]
    pub creates: bool,
}

/// API that a command uses. Changes require [`ApiSession::writer`].
pub struct ApiSession {
    api: Arc<dyn CredentialsApi>,
    bearer: Arc<dyn Bearer>,
    /// Profile of the API; a placeholder for the local workspace or a base URL.
    pub profile: Profile,
    /// Capabilities that the provider reports.
    pub capabilities: Capabilities,
    /// CA certificates that the profile trusts, in addition to those of the platform.
    pub trust: Trust,
    /// Configuration and directories of the command.
    pub context: Context,
    local: Option<Local>,
}

/// Returns an error in demo mode, for commands whose results must persist.
///
/// # Errors
/// Returns an error if `--demo` is given.
pub fn not_in_demo(console: &ConsoleArgs, args: &ApiArgs) -> Result<()> {
    if args.demo || console.demo {
        return Err(eyre!("Not available in demo mode: nothing is saved"));
    }
    Ok(())
}

/// Write access to an API, created by [`ApiSession::writer`].
pub struct Writer(Arc<dyn CredentialsApi>);

impl ApiSession {
    /// Opens the API of the selected profile, base URL or workspace.
    ///
    /// # Errors
    /// Returns an error with advice if the configuration is invalid, or if the API cannot be used.
    pub async fn open(console: &ConsoleArgs, args: &ApiArgs) -> Result<Self> {
        let failed = |error: ApiError| explained(&error, "Could not query the credentials API");
        let context = Context::load(console)?;
        // An option has the same meaning before and after the command.
        let demo = args.demo || console.demo;
        let base_url = args.base_url.clone().or_else(|| console.base_url());
        let target = context.target(base_url, demo, args.creates)?;
        let mut local = None;
        let sessions = |context| Arc::new(SessionManager::new(context, |_, _| {}));
        let Connection { profile, api, bearer, .. } =
            connect(&target, &context.auth, &mut local, sessions, prompt::say)
                .await
                .map_err(|error| explained(&error, UNUSABLE_PROFILE))?;
        let capabilities = patiently(|| api.capabilities()).await.map_err(failed)?;
        Ok(Self { trust: trust(&profile)?, api, bearer, profile, capabilities, context, local })
    }

    /// Opens the API for shell completion. Does not prompt, renew a session, run a program, or
    /// create a workspace. Returns `None` if the API cannot be opened under these conditions.
    pub async fn at_hand(console: &ConsoleArgs, args: &ApiArgs) -> Option<Self> {
        let context = Context::load(console).ok()?;
        let named = context.chosen(None).filter(|name| *name != LOCAL);
        let is_other =
            args.demo || console.demo || args.base_url.is_some() || console.base_url().is_some();
        if is_other || named.is_none() {
            let own = !is_other;
            let made = || {
                config::data_directory().is_ok_and(|it| it.join(server::store::DATABASE).exists())
            };
            return if own && !made() { None } else { Self::open(console, args).await.ok() };
        }
        let profile = context.profile(None).ok()?;
        let bearer: Arc<dyn Bearer> = Arc::new(Fixed(context.token_at_hand(&profile).await?));
        let api = context.open_with(&profile, Arc::clone(&bearer)).await.ok()?;
        let capabilities = api.capabilities().await.ok()?;
        Some(Self {
            trust: trust(&profile).ok()?,
            api,
            bearer,
            profile,
            capabilities,
            context,
            local: None,
        })
    }

    /// Waits for background work of the API, then stops the server of a local workspace.
    pub async fn close(self) {
        let _ = self.api.settled().await;
        drop(self.api);
        if let Some(local) = self.local {
            local.stop().await;
        }
    }

    /// Returns the API for reading. Callers must use a [`Writer`] for changes.
    #[must_use]
    pub fn reader(&self) -> &dyn CredentialsApi {
        &*self.api
    }

    /// Returns an HTTP client for the API, with the token of the session.
    ///
    /// # Errors
    /// Returns an error if the profile's base URL or token header is invalid.
    pub fn http(&self) -> Result<Http> {
        let bearer = Some(Arc::clone(&self.bearer));
        let http = http(&self.profile, bearer, &self.trust)
            .map_err(|error| refused(&error, "Could not use the profile"))?;
        Ok(http.of_api())
    }

    /// Returns the URL of a credential's page at the provider, if the provider has such a page.
    #[must_use]
    pub fn web_page(&self, credential: &Credential) -> Option<String> {
        self.api.web_page(credential)
    }

    /// Returns the key that identifies the server in local files: the base URL, or an empty string
    /// for the local workspace or the demo, whose port changes at every start.
    pub fn server_key(&self) -> &str {
        if self.is_local() { "" } else { &self.profile.base_url }
    }

    /// True if the API's server runs in this process: the local workspace or the demo.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// Returns the user name and a one-time password for the login page of the local workspace or
    /// the demo; `None` for any other API.
    #[must_use]
    pub fn one_time_login(&self) -> Option<(&str, Secret)> {
        self.local.as_ref().map(|local| (local.owner(), local.one_time_password()))
    }

    /// Reads all credentials of the given kinds. `came` receives the number of rows of each page.
    /// The result includes the errors of kinds that could not be read.
    pub async fn read(&self, kinds: &[Kind], scope: Scope, came: impl FnMut(usize)) -> Fleet {
        fleet::read(&*self.api, &self.capabilities, kinds, scope, came).await
    }

    /// Returns the first page of the credentials of a kind.
    ///
    /// # Errors
    /// [`ApiError`] if the page cannot be read.
    pub async fn page(&self, kind: Kind, scope: Scope) -> Result<Vec<Credential>, ApiError> {
        let query = PageQuery::first(kind, scope, fleet::PAGE_SIZE);
        Ok(patiently(|| self.api.page(query.clone())).await?.entries)
    }

    /// Reads the current state of a credential.
    ///
    /// # Errors
    /// [`ApiError`] if the credential does not exist or cannot be read.
    pub async fn show(&self, of: &CredentialRef) -> Result<Credential, ApiError> {
        patiently(|| self.api.show(of.clone())).await
    }

    /// Returns a client as the provider represents it, without members that may be secret.
    ///
    /// # Errors
    /// [`ApiError`] if the client cannot be read, or the provider supports no export.
    pub async fn native_object(
        &self,
        of: &CredentialRef,
    ) -> Result<serde_json::Map<String, serde_json::Value>, ApiError> {
        patiently(|| self.api.native_object(of.clone())).await
    }

    /// Reads the current state of a listed credential before a change.
    ///
    /// # Errors
    /// [`ApiError::Local`] if the server returns a different credential, because that credential
    /// must not be changed. Otherwise, the errors of [`ApiSession::show`].
    pub async fn fresh(&self, listed: &Credential) -> Result<Credential, ApiError> {
        let fresh = self.show(&listed.reference()).await?;
        if fresh.id() == listed.id() && fresh.kind() == listed.kind() {
            return Ok(fresh);
        }
        // This error must not count as an unknown outcome, because no change was sent.
        Err(ApiError::Local {
            why: format!(
                "Requested {}, but the server returned {}. Nothing was changed.",
                listed.id().shown(),
                fresh.id().shown()
            ),
            next: "Check the base URL, and that no proxy changes the responses.",
        })
    }

    /// Reads the secret of a credential.
    ///
    /// # Errors
    /// [`ApiError`] if the provider does not return the secret, or the request fails.
    pub async fn secret(&self, of: &CredentialRef) -> Result<Secret, ApiError> {
        patiently(|| self.api.secret(of.clone())).await
    }

    /// Returns the credentials that an earlier attempt to create `draft` may have created after
    /// `since` ([`settle::created`]).
    ///
    /// # Errors
    /// The errors of [`settle::created`].
    pub async fn created(
        &self,
        draft: &Draft,
        since: Timestamp,
    ) -> Result<settle::Candidates, ApiError> {
        settle::created(&*self.api, draft, since).await
    }

    /// Returns the context of a filter: the current time and, if `asks_me` is true, the signed-in
    /// user.
    ///
    /// # Errors
    /// Returns an error if `asks_me` is true, but the signed-in user cannot be read or is not
    /// reported by the provider.
    pub async fn setting(&self, asks_me: bool) -> Result<FilterContext> {
        let mut setting = FilterContext { now: Timestamp::now(), me: None };
        if asks_me {
            let failed = |error: ApiError| refused(&error, "Could not read the signed-in user");
            let me = patiently(|| self.api.me()).await.map_err(failed)?;
            if me.user_id.raw().is_empty() && me.email.raw().is_empty() {
                return Err(eyre!(
                    "The provider does not report the signed-in user. Use owner:NAME instead"
                ));
            }
            setting.me = Some((me.user_id.raw().to_owned(), me.email.raw().to_owned()));
        }
        Ok(setting)
    }

    /// Returns the context of an audit: the profile, the policy, and the current time.
    ///
    /// # Errors
    /// Returns an error if the policy cannot be read or is invalid.
    pub fn audit_context(&self) -> Result<AuditContext> {
        let policy = policy()?;
        Ok(AuditContext { policy, ..AuditContext::new(Timestamp::now(), self.profile_info()) })
    }

    /// Returns the properties of the profile that audit rules use, such as its name and
    /// environment.
    #[must_use]
    pub fn profile_info(&self) -> ProfileInfo {
        api::profile_info(&self.profile, &self.capabilities.apis)
    }

    /// Returns the owner filter of a command: the user, or the whole organization.
    ///
    /// # Errors
    /// Returns an error if `organization` is true, but the provider has no organization view.
    pub fn scope(&self, organization: bool) -> Result<Scope> {
        match (organization, self.capabilities.organization) {
            (false, _) => Ok(Scope::Mine),
            (true, true) => Ok(Scope::Organization),
            (true, false) => Err(eyre!("This provider has no organization view")),
        }
    }

    /// Returns write access. A production or read-only profile requires its name, typed at the
    /// terminal or given as `--unlock NAME`.
    ///
    /// # Errors
    /// Returns an error if the name is missing or does not match.
    pub fn writer(&self, unlock: Option<&str>) -> Result<Writer> {
        let profile = self.context.strictest(&self.profile);
        let name = &profile.name;
        if !profile.starts_locked() {
            return Ok(Writer(Arc::clone(&self.api)));
        }
        let typed = match unlock {
            Some(typed) => typed.to_owned(),
            None if std::io::stdin().is_terminal() => prompt::ask_line(&format!(
                "{name} is production or read-only. Type its name to continue: "
            ))?,
            None => {
                return Err(Exit::usage(format!(
                    "{name} is production or read-only. Nothing was changed. To continue, add --unlock {name}"
                )));
            }
        };
        if typed == *name {
            Ok(Writer(Arc::clone(&self.api)))
        } else {
            Err(eyre!("The typed name is not the profile's name, {name}. Nothing was changed"))
        }
    }
}

impl Writer {
    /// Returns the API for the steps of a rotation, which records unknown outcomes in its journal
    /// instead of resolving them with [`settle`].
    #[must_use]
    pub fn api(&self) -> &dyn CredentialsApi {
        &*self.0
    }

    /// Creates a credential. `attempt` is its idempotency key.
    ///
    /// # Errors
    /// The errors of [`settle::create`].
    pub async fn create(&self, draft: Draft, attempt: String) -> Result<Written, ApiError> {
        patiently(|| settle::create(&*self.0, draft.clone(), attempt.clone())).await
    }

    /// Edits a credential, if it is unchanged since it was read.
    ///
    /// # Errors
    /// The errors of [`settle::edit`].
    pub async fn edit(&self, read: &Credential, changes: Vec<Change>) -> Result<Written, ApiError> {
        let version = read.record().version.clone();
        let edit = || settle::edit(&*self.0, read.reference(), version.clone(), changes.clone());
        patiently(edit).await
    }

    /// Rotates the secret of a client. If `keep_tokens` is true, the access tokens of the client
    /// stay valid.
    ///
    /// # Errors
    /// The errors of [`settle::rotate`].
    pub async fn rotate(&self, read: &Credential, keep_tokens: bool) -> Result<Written, ApiError> {
        let rotation = RotationRequest { version: read.record().version.clone(), keep_tokens };
        patiently(|| settle::rotate(&*self.0, read.reference(), rotation.clone())).await
    }

    /// Restores a deleted client from the recycle bin of the provider. Repeating the call is safe.
    ///
    /// # Errors
    /// The errors of [`CredentialsApi::restore`].
    pub async fn restore(&self, of: &CredentialRef) -> Result<Credential, ApiError> {
        patiently(|| self.0.restore(of.clone())).await
    }

    /// Deletes a credential, if it is unchanged since it was read.
    ///
    /// # Errors
    /// The errors of [`settle::delete`].
    pub async fn delete(&self, read: &Credential) -> Result<(), ApiError> {
        let version = read.record().version.clone();
        patiently(|| settle::delete(&*self.0, read.reference(), version.clone())).await
    }
}

/// Returns the audit policy from the current directory or a parent directory, or else from the
/// configuration directory.
///
/// # Errors
/// Returns an error if the policy cannot be read or is invalid.
pub fn policy() -> Result<Policy> {
    config::policy(&config::policy_file()?).map_err(|error| Exit::usage(error.to_string()))
}

/// Converts the error of an API call to the error that a command prints. `what` names the failed
/// operation, such as `Could not read the tokens`.
pub fn refused(error: &ApiError, what: &str) -> Report {
    explained(error, what)
}
