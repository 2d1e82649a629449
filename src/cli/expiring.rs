//! `credenza expiring`: lists tokens, secrets, certificates and sessions by expiry, and notifies
//! other programs.

use std::{borrow::Cow, collections::BTreeMap, path::PathBuf};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::ApiArgs,
    context::runtime,
    fleet::{self, ProfilesArgs},
    list::ShowFormat,
    output::{table, terminal_columns},
    prompt::say,
    rotation::duration,
};
use crate::{
    domain::{
        Kind, age, calendar,
        expiry::{Expiries, Expiring, threshold},
        export,
        profile::Word as _,
    },
    files,
    lifecycle::profile_file,
    process,
};

/// Arguments of `expiring`.
#[derive(Debug, Clone, Args)]
pub struct ExpiringArgs {
    /// Maximum time until expiry, such as 30d or 12h. Past expiries are always included.
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = duration)]
    pub within: i64,
    /// Selection of several profiles.
    #[command(flatten)]
    pub profiles: ProfilesArgs,
    /// Use the credentials shared with the organization instead of your own.
    #[arg(long)]
    pub organization: bool,
    /// Include the stored session of each profile. The session of a client secret or a token command
    /// has no known expiry.
    #[arg(long)]
    pub sessions: bool,
    /// Calendar file (iCalendar) with the expiries, for a calendar program.
    #[arg(long, value_name = "FILE")]
    pub ics: Option<PathBuf>,
    /// Command to notify of expiries that came within 90, 60, 30, 14, 7 or 1 days, or passed, since its last call. It
    /// receives JSON lines on standard input. Words are separated by spaces; no shell is used.
    #[arg(long, value_name = "COMMAND")]
    pub notify: Option<String>,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
    /// Output format.
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
}

/// Expiries of one profile.
struct OfProfile {
    profile: String,
    expiries: Expiries,
    /// True if every list could be read.
    is_complete: bool,
}

/// Lists tokens, secrets, certificates and registration tokens that expire soon or have expired,
/// and with `--sessions` also stored sessions.
///
/// The exit code is 0 if the list is empty, else 3. It is 4 if some credentials could not be read,
/// and 1 if the calendar file or the notification command failed.
///
/// # Errors
/// Returns an error if `--notify` is empty (exit code 2), or if the profiles cannot be read or used
/// together.
pub fn run(console: &ConsoleArgs, args: &ExpiringArgs) -> Result<Printed> {
    let words: Option<Vec<&str>> =
        args.notify.as_deref().map(|command| command.split_whitespace().collect());
    let command = match words.as_deref() {
        None => None,
        Some([program, arguments @ ..]) => Some((*program, arguments)),
        Some([]) => return Err(Exit::usage("--notify needs a command".to_owned())),
    };
    let now = Timestamp::now();
    let (all, failed) = runtime()?.block_on(fleet::of_profiles(
        console,
        &args.api,
        &args.profiles,
        args.organization,
        async |session, fleet| {
            let mut expiries = Expiries::default();
            expiries.add(&fleet.credentials, now);
            if args.sessions
                && let Some(stored) = session.context.stored_session(&session.profile).await
            {
                let profile = session.profile.name.as_str();
                let (method, who) = (stored.method.word(), stored.who.clone());
                expiries.add_session(profile, method, who, stored.expiry());
            }
            let state = &session.context.auth.state;
            let name = &session.profile.name;
            match profile_file::snoozes(state, name, session.server_key()).read() {
                Ok(snoozes) => expiries.snooze(&snoozes, now),
                Err(error) => {
                    say(&format!("credenza: could not read the snoozed expiries: {error}"));
                }
            }
            let is_complete = fleet.incomplete.is_empty();
            OfProfile { profile: session.profile.name.clone(), expiries, is_complete }
        },
    ))?;
    let until = now.as_second().saturating_add(args.within);
    let soon: Vec<(&str, &Expiring)> =
        dated(&all).filter(|(_, it)| it.at.as_second() <= until).collect();
    let snoozed: usize =
        all.iter().map(|of| of.expiries.dated.len() - of.expiries.due().len()).sum();
    let never: usize = all.iter().map(|of| of.expiries.never).sum();
    let unknown: usize = all.iter().map(|of| of.expiries.unknown).sum();
    for why in &failed {
        say(why);
    }
    // The list is printed even if the calendar file or the notification command fails.
    let handed_on = hand_on(args, command, &all, now);
    if let Err(error) = &handed_on {
        say(&format!("{error:#}"));
    }
    let code = match (failed.is_empty(), soon.is_empty()) {
        _ if handed_on.is_err() => Exit::Failed,
        (false, _) => Exit::Partial,
        (true, true) => Exit::Fine,
        (true, false) => Exit::Nothing,
    };
    let text = if args.output == ShowFormat::Json {
        let list: Vec<Value> = soon.iter().map(|(profile, it)| object(profile, it)).collect();
        let all = json!({ "expiring": list, "snoozed": snoozed, "never": never, "unknown": unknown, "incomplete": failed });
        export::json(&all, true) + "\n"
    } else {
        say(&counts(soon.len(), args.within, never, unknown));
        if snoozed > 0 {
            say(&format!("Snoozed in the console, and not listed: {snoozed}."));
        }
        written(&soon, args.profiles.are_several(), now)
    };
    Ok(Printed { text, code: code.into() })
}

/// Returns all known expiries that are not snoozed, with the names of their profiles.
fn dated(all: &[OfProfile]) -> impl Iterator<Item = (&str, &Expiring)> {
    all.iter().flat_map(|of| of.expiries.due().iter().map(|it| (of.profile.as_str(), it)))
}

/// Writes the calendar file and calls the notification command, if they are given.
fn hand_on(
    args: &ExpiringArgs,
    command: Option<(&str, &[&str])>,
    all: &[OfProfile],
    now: Timestamp,
) -> Result<()> {
    if let Some(path) = &args.ics {
        files::write_to(path, calendar::ics(dated(all), now).as_bytes())
            .wrap_err_with(|| format!("Could not write {}", path.display()))?;
    }
    if let Some(command) = command {
        notify(command, all, now)?;
    }
    Ok(())
}

fn counts(soon: usize, within: i64, never: usize, unknown: usize) -> String {
    let within = age::span(within);
    format!(
        "Expired or expiring within {within}: {soon}. Never expiring: {never}. No known expiry: {unknown}."
    )
}

fn written(soon: &[(&str, &Expiring)], with_profile: bool, now: Timestamp) -> String {
    if soon.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<Cow<'_, str>>> = soon
        .iter()
        .map(|(profile, it)| {
            let ago = age::ago(now, it.at);
            let when = if it.at <= now { format!("{ago} ago") } else { ago };
            let owner = it.owner.as_ref().map_or("", |owner| owner.raw());
            let mut row = vec![
                Cow::from(age::utc(it.at)),
                when.into(),
                it.part.word().into(),
                it.name.raw().into(),
                it.id.raw().into(),
                owner.into(),
            ];
            if with_profile {
                row.push((*profile).into());
            }
            row
        })
        .collect();
    let head = ["EXPIRES", "IN", "PART", "NAME", "id", "OWNER", "PROFILE"];
    table(&head[..rows[0].len()], &rows, terminal_columns())
}

fn object(profile: &str, it: &Expiring) -> Value {
    json!({
        "profile": profile,
        "kind": it.kind.map(Kind::word),
        "id": it.id.raw(),
        "name": it.name.raw(),
        "owner": it.owner.as_ref().map(crate::domain::Untrusted::raw),
        "part": it.part.word(),
        "expires_at": it.at,
    })
}

/// Runs a command for the expiries that reached a smaller threshold since its last successful run.
/// The state file is written after the command, so that the next run repeats the expiries if the
/// command fails.
fn notify((program, arguments): (&str, &[&str]), all: &[OfProfile], now: Timestamp) -> Result<()> {
    let path = crate::config::state_directory()?.join("expiring.json");
    let known: BTreeMap<String, i64> = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .wrap_err_with(|| format!("{} is damaged. Delete it", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => {
            return Err(error).wrap_err_with(|| format!("Could not read {}", path.display()));
        }
    };
    // The keys of profiles that were not read completely are kept, so that their expiries are not
    // reported twice. The keys of completely read profiles are removed here, and added
    // again below if they still apply.
    let complete = all.iter().filter(|of| of.is_complete);
    let profiles: Vec<String> = complete.map(|of| format!("{} ", of.profile)).collect();
    let is_read = |key: &String| profiles.iter().any(|profile| key.starts_with(profile));
    let mut reached = known.clone();
    reached.retain(|key, _| !is_read(key));
    let mut lines = String::new();
    for of in all {
        for it in of.expiries.due() {
            let Some(days) = threshold(now, it.at) else { continue };
            // A renewed secret has a different expiry, and thus a different key.
            let key = format!("{} {} {} {}", of.profile, it.part.word(), it.id.raw(), it.at);
            if let Some(before) = known.get(&key).filter(|before| **before <= days) {
                reached.insert(key, *before);
                continue;
            }
            let mut object = object(&of.profile, it);
            object["days"] = json!(days);
            lines.push_str(&object.to_string());
            lines.push('\n');
            reached.insert(key, days);
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    let status = process::fed(program, arguments, lines.as_bytes())
        .wrap_err_with(|| format!("Could not start {program}"))?;
    if !status.success() {
        return Err(eyre!(
            "{program} failed with {status}. The next run of credenza expiring calls it again"
        ));
    }
    if let Some(directory) = path.parent() {
        files::private_directory(directory)?;
    }
    files::replace(&path, &serde_json::to_vec_pretty(&reached)?)
        .wrap_err_with(|| format!("Could not write {}", path.display()))
}
