//! Reads all credentials of an API, and finds a credential by ID or name.

use std::io::IsTerminal as _;

use clap::Args;
use clap_complete::ArgValueCandidates;
use color_eyre::eyre::{Result, eyre};
use futures_util::future::join_all;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    ConsoleArgs, Exit,
    api_session::{ApiArgs, ApiSession, refused},
    complete,
    context::{Context, given_token},
};
use crate::{
    api::{ApiError, Scope},
    config::Settings,
    domain::{Credential, CredentialRef, Kind, Profile, Untrusted},
};

/// Selection of several profiles.
#[derive(Debug, Clone, Default, Args)]
#[group(id = "profiles", multiple = false)]
pub struct ProfilesArgs {
    /// Use every profile instead of one.
    #[arg(long, conflicts_with_all = ["base_url", "demo", "profile"])]
    pub all_profiles: bool,
    /// Use the profiles of this group in the configuration.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["base_url", "demo", "profile"], add = ArgValueCandidates::new(complete::groups))]
    pub group: Option<String>,
}

impl ProfilesArgs {
    /// Returns true if several profiles are selected.
    #[must_use]
    pub const fn are_several(&self) -> bool {
        self.all_profiles || self.group.is_some()
    }

    /// Returns the profiles of the selected group, or all profiles if no group is selected.
    ///
    /// # Errors
    /// Returns an error if there are no profiles, or if the group does not exist or has an unknown
    /// profile.
    pub fn of(&self, settings: &Settings) -> Result<Vec<Profile>> {
        let Some(name) = &self.group else {
            if settings.profiles.is_empty() {
                return Err(eyre!(
                    "No profiles yet.\nAdd one: credenza profile add NAME --base-url URL"
                ));
            }
            return Ok(settings.profiles.clone());
        };
        let Some((_, members)) = settings.groups.iter().find(|(own, _)| own == name) else {
            let known: Vec<&str> = settings.groups.iter().map(|(name, _)| name.as_str()).collect();
            let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
            return Err(Exit::usage(format!(
                "Unknown group {name:?}. Groups: {known}.\nAdd it to [groups] in the configuration: {name} = [\"PROFILE\", …]"
            )));
        };
        if let Some(unknown) = members.iter().find(|it| settings.profile(it).is_none()) {
            return Err(Exit::usage(format!(
                "The group {name} contains the unknown profile {unknown:?}. Profiles: {}",
                settings.names()
            )));
        }
        let mut profiles = settings.profiles.clone();
        profiles.retain(|profile| members.contains(&profile.name));
        Ok(profiles)
    }
}

/// Credentials that could be read.
#[derive(Default)]
pub struct GatheredFleet {
    /// Credentials of the requested kinds.
    pub credentials: Vec<Credential>,
    /// Reasons why some credentials could not be read, one sentence each.
    pub incomplete: Vec<String>,
}

/// Creates a progress bar on standard error. The bar is hidden if `quiet` is true, or if standard
/// error is not a terminal.
#[must_use]
pub fn progress(quiet: bool, length: Option<u64>, what: &str) -> ProgressBar {
    let target = if quiet || !std::io::stderr().is_terminal() {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr_with_hz(10)
    };
    let bar = ProgressBar::with_draw_target(length, target);
    let template = if length.is_some() {
        "{msg} {wide_bar} {human_pos}/{human_len} {eta}"
    } else {
        "{msg} {human_pos} {elapsed}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("#. "));
    }
    bar.set_message(what.to_owned());
    bar
}

/// Reads all credentials of the given kinds.
///
/// # Errors
/// Returns an error if all kinds fail and no credential was read. Other failures are in
/// [`GatheredFleet::incomplete`].
pub async fn gather(
    session: &ApiSession,
    kinds: &[Kind],
    scope: Scope,
    quiet: bool,
) -> Result<GatheredFleet> {
    let bar = progress(quiet, None, "Reading credentials");
    let fleet = session.read(kinds, scope, |came| bar.inc(came as u64)).await;
    bar.finish_and_clear();
    match fleet.failed.first() {
        Some((kind, error))
            if fleet.credentials.is_empty() && fleet.failed.len() == kinds.len() =>
        {
            Err(refused(error, &format!("Could not read the {}", kind.plural())))
        }
        _ => Ok(GatheredFleet { incomplete: fleet.incomplete(), credentials: fleet.credentials }),
    }
}

/// Calls `read` with the API session of each selected profile, concurrently. Returns the results in
/// the order of the profiles, and the errors of profiles that could not be read, each with the
/// profile's name.
///
/// Profiles are opened one after the other, because a session store may prompt for a passphrase.
///
/// # Errors
/// For a single profile, returns an error if the API cannot be opened or read. For several
/// profiles, returns an error if the selected profiles do not exist, if `console` selects the demo
/// or a base URL, or if `CREDENZA_TOKEN` is set, because that token must not be sent to every
/// server. A profile that cannot be read does not prevent reading the other profiles.
pub async fn each_profile<T>(
    console: &ConsoleArgs,
    api: &ApiArgs,
    of: &ProfilesArgs,
    read: impl AsyncFn(&ApiSession) -> Result<T>,
) -> Result<(Vec<T>, Vec<String>)> {
    if !of.are_several() {
        let session = ApiSession::open(console, api).await?;
        let result = read(&session).await;
        session.close().await;
        return Ok((vec![result?], Vec::new()));
    }
    if console.demo || console.base_url.is_some() {
        return Err(Exit::usage(
            "--all-profiles and --group cannot be used with --demo or --base-url".to_owned(),
        ));
    }
    if given_token().is_some() {
        let text =
            "CREDENZA_TOKEN is a token for one server. Unset it to use --all-profiles or --group";
        return Err(Exit::usage(text.to_owned()));
    }
    let profiles = of.of(&Context::load(console)?.settings)?;
    let (mut sessions, mut failed) = (Vec::new(), Vec::new());
    for profile in &profiles {
        let console = ConsoleArgs { profile: Some(profile.name.clone()), ..console.clone() };
        match ApiSession::open(&console, api).await {
            Ok(session) => sessions.push(session),
            Err(error) => failed.push(format!("{}: {error:#}", profile.name)),
        }
    }
    let results = join_all(sessions.iter().map(async |session| read(session).await)).await;
    let mut done = Vec::new();
    for (session, result) in sessions.into_iter().zip(results) {
        match result {
            Ok(one) => done.push(one),
            Err(error) => failed.push(format!("{}: {error:#}", session.profile.name)),
        }
        session.close().await;
    }
    Ok((done, failed))
}

/// Reads all credentials of each selected profile, and converts each result with `of`. Also returns
/// the reasons why some credentials could not be read, each with its profile name.
///
/// # Errors
/// The errors of [`each_profile`].
pub async fn of_profiles<T>(
    console: &ConsoleArgs,
    api: &ApiArgs,
    profiles: &ProfilesArgs,
    organization: bool,
    of: impl AsyncFn(&ApiSession, GatheredFleet) -> T,
) -> Result<(Vec<T>, Vec<String>)> {
    let read = async |session: &ApiSession| {
        let scope = session.scope(organization)?;
        let quiet = profiles.are_several();
        let fleet = gather(session, &kinds(session, None), scope, quiet).await?;
        let named = |why: &String| format!("{}: {why}", session.profile.name);
        let incomplete: Vec<String> = fleet.incomplete.iter().map(named).collect();
        Ok((of(session, fleet).await, incomplete))
    };
    let (read, mut failed) = each_profile(console, api, profiles, read).await?;
    let mut done = Vec::new();
    for (one, incomplete) in read {
        done.push(one);
        failed.extend(incomplete);
    }
    Ok((done, failed))
}

/// Finds a credential by its ID, or by its exact name if unique, and reads its current state. Names
/// are searched only in [`Scope::Mine`].
///
/// # Errors
/// Returns an error if no credential matches, if several credentials have the name, or if the API
/// cannot be read.
pub async fn named(session: &ApiSession, name: &str, only: Option<Kind>) -> Result<Credential> {
    if name.trim().is_empty() {
        return Err(Exit::usage("An ID cannot be empty".to_owned()));
    }
    let kinds = kinds(session, only);
    let id = Untrusted::from(name);
    let mut failed = None;
    // `.` and `..` cannot be used as IDs in a URL path, but they can be names.
    let is_path = matches!(name, "." | "..");
    for &kind in kinds.iter().filter(|_| !is_path) {
        match session.show(&CredentialRef::new(kind, id.clone())).await {
            Ok(found) if only.is_none_or(|only| only == found.kind()) => return Ok(found),
            Ok(_) | Err(ApiError::NotFound { .. }) => {}
            // Some servers accept only well-formed IDs, so the text may still be a name.
            Err(error @ (ApiError::Invalid { .. } | ApiError::Forbidden { .. })) => {
                failed.get_or_insert(error);
            }
            Err(error) => return Err(refused(&error, &format!("Could not read {}", id.shown()))),
        }
    }
    let fleet = gather(session, &kinds, Scope::Mine, false).await?;
    let matching: Vec<&Credential> =
        fleet.credentials.iter().filter(|it| it.name().raw() == name).collect();
    match matching.as_slice() {
        [one] => session
            .show(&one.reference())
            .await
            .map_err(|error| refused(&error, &format!("Could not read {}", id.shown()))),
        [] => {
            if let Some(error) = failed.filter(|_| fleet.credentials.is_empty()) {
                return Err(refused(&error, &format!("Could not read {}", id.shown())));
            }
            if let Some(why) = fleet.incomplete.first() {
                return Err(eyre!(
                    "No credential named {} was found, but not all credentials could be read.\n{why}",
                    id.shown()
                ));
            }
            let near = near(&fleet.credentials, name);
            Err(eyre!(
                "No credential has the ID or name {}.{near}\nList them: credenza list",
                id.shown()
            ))
        }
        several => {
            let ids: Vec<String> = several
                .iter()
                .map(|it| format!("  {} {}", it.id().shown(), it.kind().singular()))
                .collect();
            Err(eyre!(
                "{} credentials have the name {}. Use an ID:\n{}",
                several.len(),
                id.shown(),
                ids.join("\n")
            ))
        }
    }
}

/// Returns the kinds that can be listed. If `only` is given, the other kinds are omitted.
#[must_use]
pub fn kinds(session: &ApiSession, only: Option<Kind>) -> Vec<Kind> {
    let mut kinds = crate::api::fleet::kinds(&session.capabilities);
    kinds.retain(|kind| only.is_none_or(|only| only == *kind));
    kinds
}

/// Suggests a name that differs only in case, or that starts with `name`, ignoring case. Empty if
/// there is no such name.
fn near(all: &[Credential], name: &str) -> String {
    let wanted = name.to_lowercase();
    let found =
        all.iter().map(Credential::name).find(|it| it.raw().to_lowercase() == wanted).or_else(
            || {
                let begins = |it: &&Untrusted| it.raw().to_lowercase().starts_with(&wanted);
                all.iter().map(Credential::name).find(|it| begins(it) && !wanted.is_empty())
            },
        );
    found.map_or_else(String::new, |name| format!(" Did you mean {:?}?", name.shown()))
}
