//! `credenza audit`: a profile, a snapshot, or standard input; and the rules.

use std::{
    collections::HashSet,
    fmt::Write as _,
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::ApiArgs,
    bulk::BulkArgs,
    complete, fix,
    output::{ListFormat, csv, lines, markdown, table, terminal_columns},
    prompt::say,
    snapshot::{read, read_with_text, take},
    write::with_api,
};
use crate::{
    config,
    domain::{
        age,
        audit::{
            self, AuditContext, Baseline, Persona, Policy, Report, Rule, Selection, Severity,
            State, Suppression, Workstation, explain,
            formats::{self, Format, Input, Style},
            rules,
        },
        export,
        profile::Word,
        snapshot::Snapshot,
        text,
    },
    files,
};

/// File name in SARIF if there is none.
const UNNAMED: &str = "credenza-snapshot.json";

/// Arguments of `audit`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct AuditArgs {
    /// Subcommand about the rules, instead of an audit.
    #[command(subcommand)]
    pub command: Option<AuditCommand>,
    /// Snapshot file, or - for standard input. Default: the profile's current credentials.
    #[arg(value_name = "SNAPSHOT")]
    pub file: Option<PathBuf>,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
    /// Use the credentials shared with the organization instead of your own.
    #[arg(long)]
    pub organization: bool,
    /// Rules to run, for any persona: IDs, slugs or families such as URL, separated by commas.
    #[arg(long, value_name = "RULES", value_delimiter = ',', add = ArgValueCandidates::new(complete::rules))]
    pub rules: Vec<String>,
    /// Rules to skip.
    #[arg(long, value_name = "RULES", value_delimiter = ',', add = ArgValueCandidates::new(complete::rules))]
    pub ignore: Vec<String>,
    /// Least severity to report: info, low, medium, high or critical. By default, the table only counts info
    /// findings.
    #[arg(long, value_name = "SEVERITY", value_parser = word::<Severity>)]
    pub min_severity: Option<Severity>,
    /// Persona: regular, pedantic or auditor.
    #[arg(long, value_name = "WHO", value_parser = word::<Persona>, default_value = "regular")]
    pub persona: Persona,
    /// Exit non-zero at or above this severity.
    #[arg(long, value_name = "SEVERITY", value_parser = word::<Severity>, default_value = "high")]
    pub fail_on: Severity,
    /// Exit with 0 regardless of findings.
    #[arg(long)]
    pub exit_zero: bool,
    /// Ignore findings recorded in this baseline file (written by --update-baseline).
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Also audit the clients that the server created for itself
    #[arg(long)]
    pub include_built_in: bool,
    /// Write the findings to the baseline file.
    #[arg(long, requires = "baseline", conflicts_with_all = ["fix", "rules", "ignore"])]
    pub update_baseline: bool,
    /// Policy file: suppressions, naming pattern, sensitive sources. Default: .credenza-audit.toml in this directory
    /// or above, or audit.toml beside the configuration.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Snapshot to compare with; differences are reported.
    #[arg(long, value_name = "SNAPSHOT")]
    pub pinned: Option<PathBuf>,
    /// Date or time to compute ages at. Default: the time of the snapshot, or now.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub now: Option<Timestamp>,
    /// Apply safe fixes; --fix=all also applies fixes that change accepted URLs. Shows the plan and asks first.
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "safe", conflicts_with = "file")]
    pub fix: Option<FixExtent>,
    /// Output format: table, json, jsonl, csv, md, sarif or junit.
    #[arg(long, short, value_name = "FORMAT", value_parser = word::<Format>, default_value = "table")]
    pub output: Format,
    /// File to write the audited snapshot to, so that line numbers refer to it.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    pub save_snapshot: Option<PathBuf>,
    /// Number of parallel requests.
    #[command(flatten)]
    pub bulk: BulkArgs,
    /// With --fix: show the plan and change nothing.
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
    /// With --fix: name of the profile, required if it is production or read-only.
    #[arg(long, value_name = "PROFILE", requires = "fix")]
    pub unlock: Option<String>,
}

/// Extent of the fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FixExtent {
    /// Fixes that do not change accepted URLs.
    Safe,
    /// All fixes that an edit can make.
    All,
}

/// Subcommands of `audit`.
#[derive(Debug, Clone, Subcommand)]
pub enum AuditCommand {
    /// Explain a rule, with its source and examples.
    Explain {
        /// ID or slug of the rule.
        #[arg(add = ArgValueCandidates::new(complete::rules))]
        rule: String,
    },
    /// Suppress the findings of a rule for one credential, with a reason and an expiry date.
    Suppress {
        /// ID or slug of the rule.
        #[arg(add = ArgValueCandidates::new(complete::rules))]
        rule: String,
        /// Client ID or token ID; without one, the profile and this machine
        #[arg(long, value_name = "ID", default_value = "")]
        client: String,
        /// Value of the finding; without one, all values
        #[arg(long, value_name = "TEXT")]
        value: Option<String>,
        /// Reason, stored in the policy
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Last day of the suppression: a date, or a duration such as 90d
        #[arg(long, value_name = "WHEN", default_value = "90d")]
        until: String,
    },
    /// List all rules.
    Rules {
        /// Output format.
        #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
        output: ListFormat,
    },
}

fn word<T: Word>(text: &str) -> Result<T, String> {
    T::of_word(text).ok_or_else(|| format!("use one of {}", T::all_words()))
}

/// A date, from midnight UTC, or a time.
fn moment(text: &str) -> Result<Timestamp, String> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp());
    let moment = text.parse::<Timestamp>().ok().or_else(day);
    moment.ok_or_else(|| "use a date such as 2026-01-31, or an RFC 3339 time".to_owned())
}

/// Audits, or runs a subcommand about the rules.
///
/// # Errors
/// When nothing could be audited.
pub fn run(console: &ConsoleArgs, args: &AuditArgs) -> Result<Printed> {
    match &args.command {
        Some(AuditCommand::Explain { rule }) => return explain(rule),
        Some(AuditCommand::Suppress { rule, client, value, reason, until }) => {
            let now = Timestamp::now();
            let at = age::parse_expiry(until, now)
                .map_err(|why| Exit::usage(format!("--until {until:?}: {why}")))?;
            let reason = reason.trim();
            if reason.is_empty() {
                return Err(Exit::usage(
                    "--reason is empty. Give a reason for the suppression".to_owned(),
                ));
            }
            let suppression = Suppression {
                rule: named_rule(rule)?.id.to_owned(),
                client: client.clone(),
                value: value.clone(),
                reason: reason.to_owned(),
                expires: at.to_zoned(TimeZone::UTC).date(),
            };
            let file = config::suppress(&suppression)?;
            say(&format!("Suppressed until {} in {}", suppression.expires, file.display()));
            return Ok(Printed::fine(String::new()));
        }
        Some(AuditCommand::Rules { output }) => return Ok(Printed::fine(list(*output))),
        None => {}
    }
    if args.fix.is_some() {
        fix::output(args)?;
    }
    let least = args.min_severity.unwrap_or(Severity::Info);
    let selection = Selection::new(args.persona, least, &args.rules, &args.ignore)
        .map_err(|name| {
            Exit::usage(format!("Unknown rule {name:?}. List the rules: credenza audit rules"))
        })?
        .with_built_in(args.include_built_in);
    let (policy, from) = policy(args)?;
    let pinned = args.pinned.as_deref().map(read).transpose()?;
    let audit = |snapshot: Snapshot, text: String, uri: &str, live: Option<Workstation>| {
        let left_out = snapshot.credentials.iter().filter(|it| !selection.audits(it)).count();
        if left_out > 0 && !args.bulk.quiet {
            say(&format!(
                "Built-in clients not audited: {left_out} (audit them with --include-built-in)"
            ));
        }
        let live_now = live.is_some();
        let default = if live_now { Timestamp::now() } else { snapshot.taken_at };
        let ground = AuditContext {
            policy: policy.clone(),
            pinned: pinned.clone(),
            workstation: live,
            partial: !snapshot.incomplete.is_empty(),
            ..AuditContext::new(args.now.unwrap_or(default), snapshot.place.clone())
        };
        Audited::new(snapshot, text, uri, ground, &selection)
    };
    if let Some(file) = &args.file {
        // Only these two formats need the text, which takes a third of the memory of a large fleet.
        let (snapshot, text) = match args.output {
            Format::Sarif | Format::Json => read_with_text(file)?,
            _ => (read(file)?, String::new()),
        };
        let uri = if file == Path::new("-") { UNNAMED.to_owned() } else { uri_of(file) };
        return report(args, audit(snapshot, text, &uri, None), from.as_deref());
    }
    with_api(console, &args.api, async |session| {
        let snapshot = take(session, args.organization, args.bulk.quiet).await?;
        let text = snapshot.write();
        let uri = match &args.save_snapshot {
            None => UNNAMED.to_owned(),
            Some(file) => {
                files::write_to(file, text.as_bytes())
                    .wrap_err_with(|| format!("Could not write {}", file.display()))?;
                uri_of(file)
            }
        };
        let audited = audit(snapshot, text, &uri, Some(config::workstation(&session.profile)));
        match args.fix {
            None => report(args, audited, from.as_deref()),
            Some(extent) => {
                let mut audited = audited;
                known(args, &mut audited)?;
                fix::apply(session, args, extent, &audited.snapshot, &audited.report).await
            }
        }
    })
}

/// Audited credentials and their findings.
struct Audited {
    snapshot: Snapshot,
    text: String,
    uri: String,
    ground: AuditContext,
    report: Report,
}

impl Audited {
    fn new(
        snapshot: Snapshot,
        text: String,
        uri: &str,
        ground: AuditContext,
        selection: &Selection,
    ) -> Self {
        let report = audit::audit(&snapshot.credentials, &ground, selection);
        Self { snapshot, text, uri: uri.to_owned(), ground, report }
    }
}

/// Marks findings in the baseline, and updates it on request. Returns the number of fixed ones.
fn known(args: &AuditArgs, audited: &mut Audited) -> Result<Option<usize>> {
    let Some(file) = &args.baseline else { return Ok(None) };
    let baseline = match std::fs::read_to_string(file) {
        Ok(text) => Baseline::read(&text)
            .map_err(|why| eyre!("{} is not a baseline file: {why}", file.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && args.update_baseline => {
            Baseline::default()
        }
        Err(error) => {
            return Err(error).wrap_err_with(|| {
                format!("Could not read {}. --update-baseline writes a new one", file.display())
            });
        }
    };
    let credentials = &audited.snapshot.credentials;
    let fixed = baseline.apply(&mut audited.report, credentials);
    if args.update_baseline && !args.dry_run {
        let new = Baseline::of(&audited.report, credentials);
        files::replace(file, new.write().as_bytes())
            .wrap_err_with(|| format!("Could not write {}", file.display()))?;
        say(&format!("Wrote {} findings to the baseline {}.", new.len(), file.display()));
        new.apply(&mut audited.report, credentials);
    }
    Ok(Some(fixed))
}

fn report(args: &AuditArgs, mut audited: Audited, policy: Option<&Path>) -> Result<Printed> {
    let fixed = known(args, &mut audited)?;
    let style = Style {
        color: std::io::stdout().is_terminal() && config::variable("NO_COLOR").is_none(),
        columns: terminal_columns(),
        least: args.min_severity.is_none().then_some(Severity::Low),
        sums_only: args.bulk.quiet,
    };
    let input = Input {
        report: &audited.report,
        snapshot: &audited.snapshot,
        text: &audited.text,
        uri: &audited.uri,
        ground: &audited.ground,
        fixed,
    };
    let text = formats::write(args.output, &input, style);
    if let Some(policy) = policy.filter(|_| !args.bulk.quiet) {
        say(&format!("Policy: {}.", policy.display()));
        for idle in idle(args, &audited) {
            let of = match idle.client.as_str() {
                "" => "the profile".to_owned(),
                client => format!("{:?}", text::shown(client)),
            };
            say(&format!(
                "Its suppression of {} for {of} matches nothing here. Remove it, unless another profile needs it.",
                idle.rule,
            ));
        }
    }
    let code = if args.exit_zero { Exit::Fine } else { code(args, &audited) };
    Ok(Printed { text, code: code.into() })
}

/// Suppressions that match no finding; known only after an audit of everything.
fn idle<'a>(args: &AuditArgs, audited: &'a Audited) -> Vec<&'a Suppression> {
    let whole = args.rules.is_empty() && args.ignore.is_empty() && args.min_severity.is_none();
    if !whole || !audited.snapshot.incomplete.is_empty() {
        return Vec::new();
    }
    let findings = audited.report.findings.iter();
    let used: HashSet<u32> = findings
        .filter_map(|finding| match finding.state {
            State::Suppressed(at) => Some(at),
            State::Open | State::Baselined => None,
        })
        .collect();
    let asked = |rule: &str| audited.report.tallies.iter().any(|(it, _)| it.id == rule);
    let all = audited.ground.policy.suppressions.iter().enumerate();
    all.filter(|(at, it)| !used.contains(&(*at as u32)) && asked(&it.rule))
        .filter(|(_, it)| it.expires >= audited.ground.today())
        .map(|(_, it)| it)
        .collect()
}

/// Exit code of an audit: by its worst finding, and never success if it could not read everything.
fn code(args: &AuditArgs, audited: &Audited) -> Exit {
    let worst = audited.report.worst().filter(|worst| *worst >= args.fail_on);
    match worst {
        Some(severity) => Exit::Found(severity),
        None if !audited.snapshot.incomplete.is_empty() => Exit::Partial,
        None if audited.snapshot.credentials.is_empty() => Exit::Nothing,
        None => Exit::Fine,
    }
}

/// Policy in effect, and its path.
fn policy(args: &AuditArgs) -> Result<(Policy, Option<PathBuf>)> {
    let file = match &args.policy {
        Some(file) if !file.is_file() => {
            return Err(eyre!("Policy not found: {}", file.display()));
        }
        Some(file) => file.clone(),
        None => config::policy_file()?,
    };
    let policy = config::policy(&file).map_err(|error| Exit::usage(error.to_string()))?;
    Ok((policy, file.is_file().then_some(file)))
}

/// File name as a relative URI, for SARIF.
fn uri_of(file: &Path) -> String {
    let mut out = String::new();
    for byte in file.to_string_lossy().replace('\\', "/").trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    if file.is_absolute() { format!("file://{out}") } else { out }
}

fn named_rule(name: &str) -> Result<&'static Rule> {
    rules::find(name).ok_or_else(|| {
        Exit::usage(format!("Unknown rule {name:?}. List the rules: credenza audit rules"))
    })
}

fn explain(name: &str) -> Result<Printed> {
    let rule = named_rule(name)?;
    let mut out = format!("{} {}\n\n", rule.id, rule.slug);
    for (label, text) in explain::lines(rule) {
        let line = if label.is_empty() { text } else { format!("  {label:<11} {text}") };
        out.push_str(line.trim_end());
        out.push('\n');
    }
    Ok(Printed::fine(out))
}

fn list(output: ListFormat) -> String {
    let head = ["id", "slug", "severity", "persona", "fix", "title", "source"];
    let row = |rule: &&'static Rule| {
        [
            rule.id,
            rule.slug,
            rule.severity.word(),
            rule.persona.word(),
            rule.fix_kind.word(),
            rule.title,
            rule.source,
        ]
        .map(std::borrow::Cow::Borrowed)
        .to_vec()
    };
    let rows: Vec<_> = rules::all().iter().map(row).collect();
    let objects = || {
        rules::all().iter().map(|rule| {
            let kinds: Vec<&str> = rule.kinds.iter().map(|kind| kind.word()).collect();
            let needs: Vec<&str> = rule.facts.iter().map(|fact| fact.name()).collect();
            json!({
                "id": rule.id,
                "slug": rule.slug,
                "severity": rule.severity.word(),
                "persona": rule.persona.word(),
                "fix": rule.fix_kind.word(),
                "repairs": rule.fix.is_some(),
                "kinds": kinds,
                "needs": needs,
                "title": rule.title,
                "why": rule.why,
                "advice": rule.advice,
                "source": rule.source,
            })
        })
    };
    match output {
        ListFormat::Table => table(&head, &rows, terminal_columns()),
        ListFormat::Md => markdown(&head, &rows),
        ListFormat::Csv => csv(&head, rows),
        ListFormat::Json => export::json(&objects().collect::<Vec<Value>>(), true) + "\n",
        ListFormat::Jsonl => lines(objects()),
    }
}
