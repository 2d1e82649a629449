//! `credenza used`: finds evidence of use in log files, or in the events that the server recorded.

use std::{
    borrow::Cow,
    fs,
    io::{self, BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
};

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::{ApiArgs, ApiSession, not_in_demo, refused},
    fleet::{self, GatheredFleet},
    list::ShowFormat,
    output::{table, terminal_columns},
    prompt::say,
    snapshot,
    write::with_api,
};
use crate::{
    domain::{
        Credential, age,
        evidence::{Coverage, Evidence, KnownUses, LogSearch, OpenSessions},
        export,
        profile::Word as _,
        text,
    },
    lifecycle::profile_file::{self, ProfileFile},
};

/// Maximum number of bytes of a line that are searched.
const LONGEST_LINE: u64 = 1 << 20;

/// Arguments of `used`.
#[derive(Debug, Clone, Args)]
#[command(group = clap::ArgGroup::new("source").required(true))]
pub struct UsedArgs {
    /// Log file, or - for standard input; repeatable.
    #[arg(long, value_name = "FILE", group = "source")]
    pub from: Vec<PathBuf>,
    /// Read the events and open sessions from the server (Keycloak) instead of log files.
    #[arg(long, group = "source", conflicts_with = "snapshot")]
    pub events: bool,
    /// List the credentials that are not mentioned, instead of those that are.
    #[arg(long)]
    pub unused: bool,
    /// Snapshot with the credentials to look for. Default: those of the profile.
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Use the credentials shared with the organization instead of your own.
    #[arg(long, conflicts_with = "snapshot")]
    pub organization: bool,
    /// Output format.
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// Result of a search.
struct Found {
    /// Credentials with their evidence.
    credentials: Vec<(Credential, Evidence)>,
    coverage: Coverage,
    /// Events that the server does not record.
    notes: Vec<String>,
    /// Reasons why credentials, events or sessions are missing.
    incomplete: Vec<String>,
}

/// Counts the log lines or events that mention each credential. Log lines stay on this machine. The
/// times of use are saved, to be shown before a deletion, unless `--snapshot` is given. The exit
/// code is 0 if credentials are listed, 3 if none are, and 4 if some input could not be read.
///
/// # Errors
/// Returns an error if a file, the credentials or the events cannot be read.
pub fn run(console: &ConsoleArgs, args: &UsedArgs) -> Result<Printed> {
    if let Some(file) = &args.snapshot {
        let snapshot = snapshot::read(file)?;
        let found = in_logs(args, snapshot.credentials, snapshot.incomplete)?;
        return Ok(printed(args, &found));
    }
    with_api(console, &args.api, async |session| {
        let kinds = fleet::kinds(session, None);
        let scope = session.scope(args.organization)?;
        let GatheredFleet { credentials, incomplete } =
            fleet::gather(session, &kinds, scope, false).await?;
        let found = if args.events {
            in_events(session, credentials, incomplete).await?
        } else {
            in_logs(args, credentials, incomplete)?
        };
        // Saved evidence only supplements later confirmations, so a failure to save it is not
        // fatal.
        if not_in_demo(console, &args.api).is_ok()
            && let Err(error) = keep(session, args, &found)
        {
            say(&format!("credenza: {error:#}"));
        }
        Ok(printed(args, &found))
    })
}

/// Adds the evidence to the kept evidence of the profile.
fn keep(session: &ApiSession, args: &UsedArgs, found: &Found) -> Result<()> {
    let kept = evidence(session);
    let mut known = kept.read().wrap_err(UNREADABLE_EVIDENCE)?;
    let (source, now) = (source(args), Timestamp::now());
    for (credential, evidence) in &found.credentials {
        known.add(credential, evidence, &found.coverage, &source, now);
    }
    kept.write(&known).wrap_err("Could not save the evidence")
}

/// Start of the error message for kept evidence that cannot be read.
pub(super) const UNREADABLE_EVIDENCE: &str = "Could not read the kept evidence of use";

/// Returns the kept evidence of a session's profile.
pub(super) fn evidence(session: &ApiSession) -> ProfileFile<KnownUses> {
    let place = &session.context.auth.state;
    profile_file::evidence(place, &session.profile.name, session.server_key())
}

/// Returns the names of the log files, or a description of the events.
fn source(args: &UsedArgs) -> String {
    if args.events {
        return "the server's events".to_owned();
    }
    let name = |file: &PathBuf| match file.file_name() {
        Some(name) if file != Path::new("-") => name.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    };
    args.from.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Searches the events and open sessions of the server.
async fn in_events(
    session: &ApiSession,
    credentials: Vec<Credential>,
    mut incomplete: Vec<String>,
) -> Result<Found> {
    let recorded = session.reader().recorded_uses().await;
    let recorded = recorded.map_err(|error| refused(&error, "Could not read the events"))?;
    incomplete.extend(recorded.incomplete.iter().cloned());
    let evidence = |it: &Credential| recorded.of(it.id().raw());
    let credentials = credentials.into_iter().map(|it| (evidence(&it), it));
    Ok(Found {
        credentials: credentials.map(|(found, it)| (it, found)).collect(),
        coverage: recorded.coverage,
        notes: recorded.notes,
        incomplete,
    })
}

/// Searches the log files.
fn in_logs(
    args: &UsedArgs,
    credentials: Vec<Credential>,
    incomplete: Vec<String>,
) -> Result<Found> {
    let ids = credentials.iter().map(|it| it.id().raw().to_owned()).collect();
    let mut search = LogSearch::new(ids).wrap_err("Could not search for the IDs")?;
    for file in &args.from {
        let name = || text::shown(&file.display().to_string()).into_owned();
        let read = if file == Path::new("-") {
            each_line(io::stdin().lock(), &mut search)
        } else {
            fs::File::open(file).and_then(|file| each_line(BufReader::new(file), &mut search))
        };
        read.wrap_err_with(|| format!("Could not read {}", name()))?;
    }
    Ok(Found {
        credentials: credentials.into_iter().zip(search.found).collect(),
        coverage: search.coverage,
        notes: Vec::new(),
        incomplete,
    })
}

fn printed(args: &UsedArgs, found: &Found) -> Printed {
    let mut listed: Vec<&(Credential, Evidence)> =
        found.credentials.iter().filter(|(_, it)| it.is_empty() == args.unused).collect();
    listed.sort_by_key(|(_, found)| std::cmp::Reverse((found.last, found.sessions)));
    say(&covered(found.coverage, args.events));
    for note in &found.notes {
        say(note);
    }
    for why in &found.incomplete {
        say(&format!("credenza: incomplete: {}", text::shown(why)));
    }
    let text = match args.output {
        ShowFormat::Json => {
            let all: Vec<Value> = listed.iter().map(|(it, found)| object(it, found)).collect();
            let (entries, dated) =
                if args.events { ("events", "dated_events") } else { ("lines", "dated_lines") };
            let value = json!({
                entries: found.coverage.entries,
                dated: found.coverage.dated,
                "from": found.coverage.from,
                "to": found.coverage.to,
                "notes": found.notes,
                "incomplete": found.incomplete,
                "credentials": all,
            });
            export::json(&value, true) + "\n"
        }
        ShowFormat::Table if listed.is_empty() => String::new(),
        ShowFormat::Table => written(&listed, args.events),
    };
    let code = match (found.incomplete.is_empty(), listed.is_empty()) {
        (false, _) => Exit::Partial,
        (true, true) => Exit::Nothing,
        (true, false) => Exit::Fine,
    };
    Printed { text, code: code.into() }
}

/// Searches all lines. Invalid UTF-8 is replaced, and the rest of a line beyond 1 MiB is ignored.
fn each_line(mut reader: impl BufRead, search: &mut LogSearch) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        search.line(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']));
        while !line.ends_with(b"\n") {
            line.clear();
            if reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
        }
    }
}

/// Describes the period that the logs or events cover. Outside of it, nothing is known.
fn covered(coverage: Coverage, are_events: bool) -> String {
    let entries = coverage.entries;
    let (what, zone) = if are_events {
        ("events", "")
    } else {
        ("lines", " Times without a zone are taken as UTC.")
    };
    match (coverage.from, coverage.to) {
        (Some(from), Some(to)) => format!(
            "{entries} {what} from {} to {}; nothing is known about other times.{zone}",
            age::utc(from),
            age::utc(to)
        ),
        _ if are_events && entries == 0 => "The server has no events.".to_owned(),
        _ => format!("{entries} {what}, none with a known time"),
    }
}

fn written(listed: &[&(Credential, Evidence)], with_sessions: bool) -> String {
    let now = Timestamp::now();
    let rows: Vec<Vec<Cow<'_, str>>> = listed
        .iter()
        .map(|(it, found)| {
            let last = match found.last {
                Some(at) => format!("{} ({})", age::utc(at), age::since(now, at)),
                None if found.uses > 0 => "unknown time".to_owned(),
                None => "none".to_owned(),
            };
            let mut row = vec![
                last.into(),
                found.uses.to_string().into(),
                found.failures.to_string().into(),
                it.kind().word().into(),
                it.name().raw().into(),
                it.id().raw().into(),
            ];
            if with_sessions {
                let sessions = match found.sessions {
                    None => "unknown".to_owned(),
                    Some(OpenSessions { active, offline: 0 }) => active.to_string(),
                    Some(OpenSessions { active, offline }) => {
                        format!("{active} + {offline} offline")
                    }
                };
                row.insert(3, sessions.into());
            }
            row
        })
        .collect();
    let mut head = vec!["LAST USE", "USES", "FAILED", "TYPE", "NAME", "id"];
    if with_sessions {
        head.insert(3, "SESSIONS");
    }
    table(&head, &rows, terminal_columns())
}

fn object(credential: &Credential, found: &Evidence) -> Value {
    json!({
        "kind": credential.kind().word(),
        "id": credential.id().raw(),
        "name": credential.name().raw(),
        "uses": found.uses,
        "failures": found.failures,
        "first_used_at": found.first,
        "last_used_at": found.last,
        "active_sessions": found.sessions.map(|it| it.active),
        "offline_sessions": found.sessions.map(|it| it.offline),
    })
}
