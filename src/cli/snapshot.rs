//! `credenza snapshot`, and `credenza diff` of snapshots and configuration files.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::{ApiArgs, ApiSession, not_in_demo},
    audit_files::{is_snapshot, is_snapshot_head},
    context::runtime,
    drift::ConfigurationFile,
    fleet::{self, GatheredFleet, ProfilesArgs},
    list::ShowFormat,
    output::{table, terminal_columns},
    prompt::say,
    write::with_api,
};
use crate::{
    config,
    domain::{
        age, export,
        profile::Word,
        snapshot::{ChangeKind, Difference, MemberChange, Snapshot, SnapshotError, diff},
        text,
    },
    files,
    lifecycle::snapshots::KeptSnapshots,
    readers,
};

pub(super) const UNREADABLE_STORE: &str = "Could not read the kept snapshots";

/// Maximum number of bytes that are read from a file or standard input.
const LARGEST: u64 = 1024 * 1024 * 1024;

/// Credentials to include in a snapshot, and the file to write it to.
#[derive(Debug, Clone, Args)]
pub struct SnapshotArgs {
    /// File to write. Default: standard output.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Keep the snapshot in the state directory for `diff --since`, and delete the oldest ones so that at most N remain.
    #[arg(long, value_name = "N", conflicts_with = "file", value_parser = clap::value_parser!(u16).range(1..))]
    pub keep: Option<u16>,
    /// List the kept snapshots, oldest first.
    #[arg(long, conflicts_with_all = ["file", "keep"])]
    pub kept: bool,
    /// Selection of several profiles, with --keep.
    #[command(flatten)]
    pub profiles: ProfilesArgs,
    /// Use the credentials shared with the organization instead of your own.
    #[arg(long)]
    pub organization: bool,
    /// Print only the reasons why credentials could not be read.
    #[arg(long, short)]
    pub quiet: bool,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// Writes a snapshot of all credentials, without secrets, to a file, to standard output or to the
/// state directory, or lists the snapshots in the state directory. The exit code is 4 if some
/// credentials could not be read.
///
/// # Errors
/// Returns an error if an option is invalid, if no credentials can be read, if the snapshot cannot
/// be written, or if the kept snapshots cannot be read.
pub fn snapshot(console: &ConsoleArgs, args: &SnapshotArgs) -> Result<Printed> {
    if args.profiles.are_several() && args.keep.is_none() {
        let text = "--all-profiles and --group require --keep. A file contains only one profile";
        return Err(Exit::usage(text.to_owned()));
    }
    if let Some(most) = args.keep {
        not_in_demo(console, &args.api)?;
        return keep(console, args, most.into());
    }
    if args.kept {
        return with_api(console, &args.api, async |session| list_kept(session, args.organization));
    }
    with_api(console, &args.api, async |session| {
        let taken = take(session, args.organization, args.quiet).await?;
        let written = taken.write();
        for why in &taken.incomplete {
            say(&format!("credenza: incomplete: {why}"));
        }
        let code = if taken.incomplete.is_empty() { Exit::Fine } else { Exit::Partial };
        let text = match args.file.as_deref().filter(|file| *file != Path::new("-")) {
            None => written,
            Some(file) => {
                files::write_to(file, written.as_bytes())
                    .wrap_err_with(|| format!("Could not write {}", file.display()))?;
                if !args.quiet {
                    let count = taken.credentials.len();
                    say(&format!("Wrote {count} credentials to {}.", file.display()));
                }
                String::new()
            }
        };
        Ok(Printed { text, code: code.into() })
    })
}

/// Saves a snapshot of each selected profile in the state directory. After a complete snapshot,
/// only the newest `most` snapshots of the profile are kept.
fn keep(console: &ConsoleArgs, args: &SnapshotArgs, most: usize) -> Result<Printed> {
    let quiet = args.quiet || args.profiles.are_several();
    let (kept, mut failed) = runtime()?.block_on(fleet::each_profile(
        console,
        &args.api,
        &args.profiles,
        async |session| {
            let store = store(session, args.organization)?;
            let taken = take(session, args.organization, quiet).await?;
            let path = store.keep(&taken, Some(most)).wrap_err("Could not keep the snapshot")?;
            let profile = session.profile.name.clone();
            Ok((profile, taken.credentials.len(), taken.incomplete, path))
        },
    ))?;
    for (profile, count, incomplete, path) in kept {
        failed.extend(incomplete.iter().map(|why| format!("{profile}: incomplete: {why}")));
        if !args.quiet {
            let profile = text::shown(&profile);
            say(&format!("{profile}: snapshot of {count} credentials saved to {}", path.display()));
        }
    }
    for why in &failed {
        say(&format!("credenza: {why}"));
    }
    let code = if failed.is_empty() { Exit::Fine } else { Exit::Partial };
    Ok(Printed { text: String::new(), code: code.into() })
}

/// Returns the kept snapshots of the session's profile. The base URL of the local workspace has
/// a different port at each start, so it is omitted.
pub(super) fn store(session: &ApiSession, organization: bool) -> Result<KeptSnapshots> {
    let (state, scope) = (config::state_directory()?, session.scope(organization)?);
    let profile = &session.profile;
    let base_url = if session.is_local() { "" } else { &profile.base_url };
    Ok(KeptSnapshots::below(&state, &profile.name, base_url, scope))
}

fn list_kept(session: &ApiSession, organization: bool) -> Result<Printed> {
    let kept = store(session, organization)?.all().wrap_err(UNREADABLE_STORE)?;
    if kept.is_empty() {
        say("No kept snapshots. Keep one: credenza snapshot --keep 30");
        return Ok(Printed::fine(String::new()));
    }
    let now = Timestamp::now();
    let rows: Vec<Vec<Cow<'_, str>>> = kept
        .iter()
        .map(|it| {
            let file = it.path.display().to_string();
            vec![age::utc(it.taken_at).into(), age::since(now, it.taken_at).into(), file.into()]
        })
        .collect();
    Ok(Printed::fine(table(&["TAKEN", "AGE", "FILE"], &rows, terminal_columns())))
}

/// Returns a snapshot of the current credentials. Its `incomplete` contains the reason for each
/// list that could not be read.
///
/// # Errors
/// Returns an error if `organization` is true but the provider has no organization view, or if no
/// credentials can be read.
pub async fn take(session: &ApiSession, organization: bool, quiet: bool) -> Result<Snapshot> {
    let kinds = fleet::kinds(session, None);
    let scope = session.scope(organization)?;
    let GatheredFleet { credentials, incomplete } =
        fleet::gather(session, &kinds, scope, quiet).await?;
    Ok(Snapshot::new(Timestamp::now(), session.profile_info(), credentials, incomplete))
}

/// Reads a file, or standard input for `-`. Bytes after 1 GiB are ignored.
///
/// # Errors
/// Returns an error if the file cannot be read, or is not UTF-8.
pub fn text_of(file: &Path) -> Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin()
            .take(LARGEST)
            .read_to_string(&mut text)
            .wrap_err("Could not read standard input")?;
    } else {
        std::fs::File::open(file)
            .and_then(|opened| opened.take(LARGEST).read_to_string(&mut text))
            .wrap_err_with(|| {
                format!("Could not read {}", text::shown(&file.display().to_string()))
            })?;
    }
    Ok(text)
}

/// Reads a snapshot from a file, or from standard input for `-`.
///
/// # Errors
/// Returns an error if the file cannot be read, or is not a snapshot.
pub fn read(file: &Path) -> Result<Snapshot> {
    // After an error, `Snapshot::read_from` reads the file again, which pipes do not support.
    if !file.is_file() {
        return Ok(read_with_text(file)?.0);
    }
    let opened = || Ok(std::fs::File::open(file)?.take(LARGEST));
    judged(file, Snapshot::read_from(opened))
}

/// Reads a snapshot from a file, or from standard input for `-`. Returns the snapshot and its text.
///
/// # Errors
/// Returns an error if the file cannot be read, or is not a snapshot.
pub fn read_with_text(file: &Path) -> Result<(Snapshot, String)> {
    let text = text_of(file)?;
    Ok((judged(file, Snapshot::read(&text))?, text))
}

pub(super) fn judged(file: &Path, read: Result<Snapshot, SnapshotError>) -> Result<Snapshot> {
    let name = || text::shown(&file.display().to_string()).into_owned();
    let mut snapshot = read.map_err(|why| eyre!("{} is not a snapshot: {why}", name()))?;
    if let Some(provider) = snapshot.place.provider {
        snapshot.place.semantics = crate::api::semantics(provider);
    }
    Ok(snapshot)
}

/// Two sides of a comparison, and the output format.
#[derive(Debug, Clone, Args)]
pub struct DiffArgs {
    /// Older snapshot or configuration file, or - for standard input.
    #[arg(required_unless_present = "since")]
    pub before: Option<PathBuf>,
    /// Newer snapshot. Default: the current credentials.
    pub after: Option<PathBuf>,
    /// Compare the current credentials with the newest kept snapshot that is at least this old: a duration such as 7d, a
    /// date, a time, or `last`.
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["before", "after", "from", "managed"])]
    pub since: Option<String>,
    /// Kind of configuration file. Default: recognized by its content.
    #[arg(long, value_name = "KIND", value_parser = <readers::FileKind as Word>::parsed)]
    pub from: Option<readers::FileKind>,
    /// Compare only the clients of the configuration file.
    #[arg(long)]
    pub managed: bool,
    /// Output format.
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
    /// Use the credentials shared with the organization instead of your own.
    #[arg(long, conflicts_with = "after")]
    pub organization: bool,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// Older side of a comparison. Differences can refer to the lines of a configuration file, but not
/// to those of a snapshot.
pub(super) trait Side {
    /// Returns the file and line of a difference, of one of its changes, or of one value in a
    /// changed list. `None` if the line is unknown.
    fn place(
        &self,
        difference: &Difference,
        change: Option<&MemberChange>,
        value: Option<&Value>,
    ) -> Option<(String, u32)>;
}

/// Snapshots are not edited by hand, so their differences have no lines.
impl Side for Snapshot {
    fn place(
        &self,
        _: &Difference,
        _: Option<&MemberChange>,
        _: Option<&Value>,
    ) -> Option<(String, u32)> {
        None
    }
}

/// Returns the differences between a snapshot or configuration file and a newer snapshot or the
/// current credentials. The exit code is 4 if some credentials could not be read, else 3 if there
/// are differences, else 0.
///
/// # Errors
/// Returns an error if the older or the newer side cannot be read, or if the two sides cannot be
/// compared.
pub fn compare(console: &ConsoleArgs, args: &DiffArgs) -> Result<Printed> {
    if let Some(since) = &args.since {
        not_in_demo(console, &args.api)?;
        return with_api(console, &args.api, async |session| {
            let before = kept_since(&store(session, args.organization)?, since)?;
            let after = take(session, args.organization, true).await?;
            Ok(between(args, &before, &after))
        });
    }
    let before = args.before.as_deref().unwrap_or(Path::new("-"));
    let given = args.from.is_some() || args.managed;
    if before.is_file() && !given && is_snapshot(before)? {
        return Ok(between(args, &read(before)?, &newer(console, args)?));
    }
    let text = text_of(before)?;
    if !given && is_snapshot_head(text.as_bytes()) {
        let before = judged(before, Snapshot::read(&text))?;
        return Ok(between(args, &before, &newer(console, args)?));
    }
    let file = ConfigurationFile::parse(before, text, args.from)?;
    let after = newer(console, args)?;
    let drift = file.compare(&after, args.managed)?;
    let incomplete: Vec<&String> = drift.incomplete.iter().chain(&after.incomplete).collect();
    Ok(printed(args, &drift, &drift.differences, (None, &after), &incomplete))
}

/// Returns the differences between two snapshots.
fn between(args: &DiffArgs, before: &Snapshot, after: &Snapshot) -> Printed {
    let differences = diff(&before.credentials, &after.credentials);
    let incomplete: Vec<&String> = before.incomplete.iter().chain(&after.incomplete).collect();
    printed(args, before, &differences, (Some(before.taken_at), after), &incomplete)
}

/// Reads the newest kept snapshot that is at least as old as `since` specifies.
fn kept_since(store: &KeptSnapshots, since: &str) -> Result<Snapshot> {
    let now = Timestamp::now();
    let time = if since == "last" { Some(now) } else { age::parse_past(since, now) };
    let time = time.ok_or_else(|| {
        let hint = "use a duration such as 7d, a date such as 2026-11-30, or last";
        Exit::usage(format!("--since {since:?}: {hint}"))
    })?;
    if let Some(found) = store.at(time).wrap_err(UNREADABLE_STORE)? {
        say(&format!("Compared with the snapshot of {}", age::utc(found.taken_at)));
        return read(&found.path);
    }
    Err(match store.all().wrap_err(UNREADABLE_STORE)?.first() {
        None => {
            eyre!("No snapshot of this profile is kept.\nKeep one: credenza snapshot --keep 30")
        }
        Some(oldest) => eyre!(
            "No kept snapshot is that old. The oldest is from {}.\nUse it: credenza diff --since {}",
            age::utc(oldest.taken_at),
            oldest.taken_at
        ),
    })
}

/// Reads the newer side: a snapshot, or the current credentials.
fn newer(console: &ConsoleArgs, args: &DiffArgs) -> Result<Snapshot> {
    if let Some(file) = &args.after {
        return read(file);
    }
    let mut now = None;
    with_api(console, &args.api, async |session| {
        now = Some(take(session, args.organization, true).await?);
        Ok(Printed::fine(String::new()))
    })?;
    now.ok_or_else(|| eyre!("Nothing to compare with"))
}

fn printed(
    args: &DiffArgs,
    side: &impl Side,
    differences: &[Difference],
    (before, after): (Option<Timestamp>, &Snapshot),
    incomplete: &[&String],
) -> Printed {
    let whole = incomplete.is_empty();
    let text = match args.output {
        ShowFormat::Table => words(differences, side),
        ShowFormat::Json => {
            let all: Vec<Value> = differences.iter().map(|it| object(it, side)).collect();
            let value = json!({
                "schema": "credenza.diff/v1",
                "before": before.map(|at| at.to_string()),
                "after": after.taken_at.to_string(),
                "complete": whole,
                "differences": all,
            });
            export::json(&value, true) + "\n"
        }
    };
    for why in incomplete {
        say(&format!("credenza: incomplete: {}", text::shown(why)));
    }
    let code = match (whole, differences.is_empty()) {
        (false, _) => Exit::Partial,
        (true, true) => Exit::Fine,
        (true, false) => Exit::Nothing,
    };
    Printed { text, code: code.into() }
}

fn object(difference: &Difference, side: &impl Side) -> Value {
    let placed = |mut value: Value, change: Option<&MemberChange>| {
        if let (Some((file, line)), Some(object)) =
            (side.place(difference, change, None), value.as_object_mut())
        {
            object.insert("file".to_owned(), file.into());
            object.insert("line".to_owned(), line.into());
        }
        value
    };
    let (what, changes) = match &difference.what {
        ChangeKind::Added => ("added", Vec::new()),
        ChangeKind::Removed => ("removed", Vec::new()),
        ChangeKind::Changed(changes) => (
            "changed",
            changes
                .iter()
                .map(|it| {
                    let value =
                        json!({ "member": it.member, "before": it.before, "after": it.after });
                    placed(value, Some(it))
                })
                .collect(),
        ),
    };
    let value = json!({
        "what": what,
        "kind": difference.kind.word(),
        "id": difference.id.raw(),
        "name": difference.name.raw(),
        "changes": changes,
    });
    placed(value, None)
}

fn words(differences: &[Difference], side: &impl Side) -> String {
    if differences.is_empty() {
        return "Nothing changed.\n".to_owned();
    }
    let mut out = String::new();
    for it in differences {
        let place = |change: Option<&MemberChange>, value: Option<&Value>| {
            let place = side.place(it, change, value);
            place
                .map_or_else(String::new, |(file, line)| format!("  {}:{line}", text::shown(&file)))
        };
        let named = format!(
            "{} {} ({}){}",
            it.kind.word(),
            it.name.shown(),
            it.id.shown(),
            place(None, None)
        );
        match &it.what {
            ChangeKind::Added => {
                let _ = writeln!(out, "+ {named}");
            }
            ChangeKind::Removed => {
                let _ = writeln!(out, "- {named}");
            }
            ChangeKind::Changed(changes) => {
                let _ = writeln!(out, "~ {named}");
                for change in changes {
                    let member = text::shown(&change.member);
                    let mut line = |what: String, value: Option<&Value>| {
                        let _ = writeln!(out, "    {member}: {what}{}", place(Some(change), value));
                    };
                    let Some((came, went)) = change.entries() else {
                        let (before, after) = (plain(&change.before), plain(&change.after));
                        line(format!("{before} -> {after}"), None);
                        continue;
                    };
                    for value in went {
                        line(format!("- {}", plain(value)), Some(value));
                    }
                    for value in came {
                        line(format!("+ {}", plain(value)), None);
                    }
                }
            }
        }
    }
    let count = |wanted: fn(&ChangeKind) -> bool| {
        differences.iter().filter(|difference| wanted(&difference.what)).count()
    };
    let _ = writeln!(
        out,
        "{} added, {} removed, {} changed",
        count(|what| *what == ChangeKind::Added),
        count(|what| *what == ChangeKind::Removed),
        count(|what| matches!(what, ChangeKind::Changed(_))),
    );
    out
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text::shown(text).into_owned(),
        Value::Null => "(none)".to_owned(),
        Value::Object(members) if members.contains_key("connection_name") => {
            let part = |name: &str| members.get(name).map_or_else(String::new, plain);
            format!("{} = {}", part("connection_name"), part("source"))
        }
        other => export::json(other, false),
    }
}
