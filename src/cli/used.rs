//! `credenza used`: finds evidence of use in log files.

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
    api_session::{ApiArgs, ApiSession, not_in_demo},
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
        evidence::{Coverage, Evidence, KnownUses, LogSearch},
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
pub struct UsedArgs {
    /// Log file, or - for standard input; repeatable.
    #[arg(long, value_name = "FILE", required = true)]
    pub from: Vec<PathBuf>,
    /// List the credentials that the logs do not mention, instead of the others.
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

/// Counts the log lines that mention each credential. The lines stay on this machine; the times of
/// use are kept for the confirmation of a single deletion, unless a snapshot is searched for. The exit code is
/// 0 if credentials are listed, 3 if not, and 4 if some credentials could not be read.
///
/// # Errors
/// A file or the credentials cannot be read.
pub fn run(console: &ConsoleArgs, args: &UsedArgs) -> Result<Printed> {
    if let Some(file) = &args.snapshot {
        let snapshot = snapshot::read(file)?;
        return searched(args, &snapshot.credentials, &snapshot.incomplete, |_| Ok(()));
    }
    with_api(console, &args.api, async |session| {
        let kinds = fleet::kinds(session, None);
        let scope = session.scope(args.organization)?;
        let GatheredFleet { credentials, incomplete } =
            fleet::gather(session, &kinds, scope, false).await?;
        searched(args, &credentials, &incomplete, |search| {
            if not_in_demo(console, &args.api).is_err() {
                return Ok(());
            }
            let kept = evidence(session);
            let mut known = kept.read().wrap_err(UNREADABLE_EVIDENCE)?;
            let logs = logs(&args.from);
            for (credential, found) in credentials.iter().zip(&search.found) {
                known.add(credential, found, &search.coverage, &logs);
            }
            kept.write(&known).wrap_err("Could not keep the evidence")
        })
    })
}

/// Start of the error message for kept evidence that cannot be read.
pub(super) const UNREADABLE_EVIDENCE: &str = "Could not read the kept evidence of use";

/// Returns the kept evidence of a session's profile.
pub(super) fn evidence(session: &ApiSession) -> ProfileFile<KnownUses> {
    let place = &session.context.auth.state;
    profile_file::evidence(place, &session.profile.name, session.server_key())
}

/// Returns the names of the log files.
fn logs(files: &[PathBuf]) -> String {
    let name = |file: &PathBuf| match file.file_name() {
        Some(name) if file != Path::new("-") => name.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    };
    files.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Searches the logs, keeps the result with `keep`, and returns the output.
fn searched(
    args: &UsedArgs,
    credentials: &[Credential],
    incomplete: &[String],
    keep: impl FnOnce(&LogSearch) -> Result<()>,
) -> Result<Printed> {
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
    // The evidence only supplements later confirmations, so the result is shown without it.
    if let Err(error) = keep(&search) {
        say(&format!("credenza: {error:#}"));
    }
    let pairs = credentials.iter().zip(&search.found);
    let mut listed: Vec<(&Credential, &Evidence)> =
        pairs.filter(|(_, found)| (found.uses + found.failures > 0) != args.unused).collect();
    listed.sort_by_key(|(_, found)| std::cmp::Reverse(found.last));
    say(&covered(search.coverage));
    for why in incomplete {
        say(&format!("credenza: incomplete: {}", text::shown(why)));
    }
    let text = match args.output {
        ShowFormat::Json => {
            let all: Vec<Value> = listed.iter().map(|(it, found)| object(it, found)).collect();
            let value = json!({
                "lines": search.coverage.lines,
                "dated_lines": search.coverage.dated,
                "from": search.coverage.from,
                "to": search.coverage.to,
                "incomplete": incomplete,
                "credentials": all,
            });
            export::json(&value, true) + "\n"
        }
        ShowFormat::Table if listed.is_empty() => String::new(),
        ShowFormat::Table => written(&listed),
    };
    let code = match (incomplete.is_empty(), listed.is_empty()) {
        (false, _) => Exit::Partial,
        (true, true) => Exit::Nothing,
        (true, false) => Exit::Fine,
    };
    Ok(Printed { text, code: code.into() })
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

/// Describes the period that the logs cover. Outside of it, nothing is known.
fn covered(coverage: Coverage) -> String {
    let lines = coverage.lines;
    match (coverage.from, coverage.to) {
        (Some(from), Some(to)) => format!(
            "{lines} lines from {} to {}; nothing is known about other times. Times without a zone are taken as UTC.",
            age::utc(from),
            age::utc(to)
        ),
        _ => format!("{lines} lines, none with a known time"),
    }
}

fn written(listed: &[(&Credential, &Evidence)]) -> String {
    let now = Timestamp::now();
    let rows: Vec<Vec<Cow<'_, str>>> = listed
        .iter()
        .map(|(it, found)| {
            let last = match found.last {
                Some(at) => format!("{} ({})", age::utc(at), age::since(now, at)),
                None if found.uses > 0 => "unknown time".to_owned(),
                None => "none".to_owned(),
            };
            vec![
                last.into(),
                found.uses.to_string().into(),
                found.failures.to_string().into(),
                it.kind().word().into(),
                it.name().raw().into(),
                it.id().raw().into(),
            ]
        })
        .collect();
    table(&["LAST USE", "USES", "FAILED", "TYPE", "NAME", "id"], &rows, terminal_columns())
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
    })
}
