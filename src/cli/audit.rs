//! `credenza audit`: audits a profile, files or standard input, and manages rules and suppressions.

use std::{
    collections::{HashMap, HashSet},
    io::IsTerminal as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    ConsoleArgs, Exit, InvalidValue, Printed,
    api_session::{ApiArgs, ApiSession},
    audit_files,
    bulk::BulkArgs,
    complete,
    context::runtime,
    fix,
    fleet::{self, ProfilesArgs},
    list::ShowFormat,
    output::{ListFormat, csv, lines, markdown, table, terminal_columns},
    prompt::say,
    snapshot::{judged, read, read_with_text, take, text_of},
    suppressions,
    write::with_api,
};
use crate::{
    config,
    domain::{
        audit::{
            self, AuditContext, Baseline, FindingState, OtherProfile, Persona, Policy, Report,
            Rule, RuleSelection, Severity, Suppression, Workstation, explain,
            formats::{self, Format, Input, Places, SnapshotPlaces, Style},
            rules,
        },
        export,
        profile::Word,
        snapshot::Snapshot,
        text,
    },
    files, readers,
};

/// File name in a SARIF report if the audited snapshot has no file.
const UNNAMED: &str = "credenza-snapshot.json";

/// Arguments of `audit`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct AuditArgs {
    /// Subcommand about the rules, instead of an audit.
    #[command(subcommand)]
    pub command: Option<AuditCommand>,
    /// Files or directories to audit, or - for standard input: snapshots, and configuration of Keycloak, Auth0, Hydra,
    /// Terraform and others. Default: the profile's current credentials.
    #[arg(value_name = "FILE", conflicts_with = "profiles")]
    pub files: Vec<PathBuf>,
    /// Kind of the files, if it is not recognized: keycloak, auth0, authelia, dex, authentik, oauth or terraform.
    #[arg(long, value_name = "KIND", value_parser = <readers::FileKind as Word>::parsed, requires = "files")]
    pub from: Option<readers::FileKind>,
    /// Test the secrets in the files at this issuer, which receives them. Requires confirmation.
    #[arg(long, value_name = "ISSUER", requires = "files")]
    pub prove: Option<String>,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
    /// Selection of several profiles, each with its own report as table, md, json or jsonl.
    #[command(flatten)]
    pub profiles: ProfilesArgs,
    /// Use the credentials shared with the organization instead of your own.
    #[arg(long)]
    pub organization: bool,
    /// Rules to run, for any persona: IDs, slugs or families such as URL, separated by commas.
    #[arg(long, value_name = "RULES", value_delimiter = ',', add = ArgValueCandidates::new(complete::rules))]
    pub rules: Vec<String>,
    /// Rules to skip.
    #[arg(long, value_name = "RULES", value_delimiter = ',', add = ArgValueCandidates::new(complete::rules))]
    pub ignore: Vec<String>,
    /// Lowest severity to report: info, low, medium, high or critical. By default, the table only counts info
    /// findings.
    #[arg(long, value_name = "SEVERITY", value_parser = <Severity as Word>::parsed)]
    pub min_severity: Option<Severity>,
    /// Persona: regular, pedantic or auditor.
    #[arg(long, value_name = "WHO", value_parser = <Persona as Word>::parsed, default_value = "regular")]
    pub persona: Persona,
    /// Exit non-zero at or above this severity.
    #[arg(long, value_name = "SEVERITY", value_parser = <Severity as Word>::parsed, default_value = "high")]
    pub fail_on: Severity,
    /// Exit with 0 regardless of findings.
    #[arg(long)]
    pub exit_zero: bool,
    /// Ignore findings recorded in this baseline file (written by --update-baseline).
    #[arg(long, value_name = "FILE", conflicts_with = "profiles")]
    pub baseline: Option<PathBuf>,
    /// Also audit the clients that the server created for itself
    #[arg(long)]
    pub include_built_in: bool,
    /// Write the findings to the baseline file.
    #[arg(long, requires = "baseline", conflicts_with_all = ["fix", "rules", "ignore"])]
    pub update_baseline: bool,
    /// Policy file: suppressions, naming pattern, sensitive sources. Default: .credenza-audit.toml in this or a
    /// parent directory, or audit.toml next to the configuration file.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Snapshot to compare with; differences are reported.
    #[arg(long, value_name = "SNAPSHOT", conflicts_with = "profiles")]
    pub pinned: Option<PathBuf>,
    /// Date or time to compute ages at. Default: the time of the snapshot, or now.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub now: Option<Timestamp>,
    /// Apply safe fixes; --fix=all also applies fixes that change accepted URLs. Shows the plan and prompts for confirmation.
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "safe", conflicts_with_all = ["files", "profiles"])]
    pub fix: Option<FixExtent>,
    /// Output format: table, json, jsonl, csv, md, sarif, junit, github or gitlab.
    #[arg(long, short, value_name = "FORMAT", value_parser = <Format as Word>::parsed, default_value = "table")]
    pub output: Format,
    /// File to write the audited snapshot to, so that line numbers refer to it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "profiles"])]
    pub save_snapshot: Option<PathBuf>,
    /// Confirmation, error handling and output of a bulk change.
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
        /// Client ID or token ID; omit it for findings about the profile or this machine
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
    /// List the suppressions of the policy.
    Suppressions {
        /// Output format.
        #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
        output: ShowFormat,
    },
    /// Remove a suppression from the policy.
    Unsuppress {
        /// ID or slug of the rule.
        #[arg(add = ArgValueCandidates::new(complete::rules))]
        rule: String,
        /// Client ID or token ID; omit it for findings about the profile or this machine
        #[arg(long, value_name = "ID", default_value = "")]
        client: String,
        /// Value of the finding; without one, the suppression of all values
        #[arg(long, value_name = "TEXT")]
        value: Option<String>,
    },
    /// List all rules.
    Rules {
        /// Output format.
        #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
        output: ListFormat,
    },
}

/// Parses an RFC 3339 time, or a date. A date means midnight UTC.
fn moment(text: &str) -> Result<Timestamp, InvalidValue> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp());
    let moment = text.parse::<Timestamp>().ok().or_else(day);
    moment.ok_or(InvalidValue("use a date such as 2026-01-31, or an RFC 3339 time"))
}

/// Audits credentials, or runs a subcommand about rules or suppressions.
///
/// # Errors
/// Returns an error if an argument is invalid, if an input file, the policy, the baseline or the
/// credentials cannot be read, if an output file cannot be written, or if the user does not confirm
/// the fixes.
pub fn run(console: &ConsoleArgs, args: &AuditArgs) -> Result<Printed> {
    match &args.command {
        Some(AuditCommand::Explain { rule }) => return explain(rule),
        Some(AuditCommand::Suppress { rule, client, value, reason, until }) => {
            return suppressions::add(named_rule(rule)?, client, value.clone(), reason, until);
        }
        Some(AuditCommand::Suppressions { output }) => return suppressions::list(*output),
        Some(AuditCommand::Unsuppress { rule, client, value }) => {
            return suppressions::remove(named_rule(rule)?, client, value.as_deref());
        }
        Some(AuditCommand::Rules { output }) => return Ok(Printed::fine(list(*output))),
        None => {}
    }
    if args.fix.is_some() {
        fix::output(args)?;
    }
    let least = args.min_severity.unwrap_or(Severity::Info);
    let selection = RuleSelection::new(args.persona, least, &args.rules, &args.ignore)
        .map_err(|error| Exit::usage(error.to_string()))?
        .with_built_in(args.include_built_in);
    let (policy, from) = policy(args)?;
    let pinned = args.pinned.as_deref().map(read).transpose()?;
    let audit = |snapshot: Snapshot, live: Option<Workstation>, others: Vec<Arc<OtherProfile>>| {
        let left_out = snapshot.credentials.iter().filter(|it| !selection.audits(it)).count();
        say_left_out(args, left_out);
        let live_now = live.is_some();
        let default = if live_now { Timestamp::now() } else { snapshot.taken_at };
        let context = AuditContext {
            policy: policy.clone(),
            pinned: pinned.clone(),
            others,
            workstation: live,
            partial: !snapshot.incomplete.is_empty(),
            ..AuditContext::new(args.now.unwrap_or(default), snapshot.place.clone())
        };
        let report = audit::audit(&snapshot.credentials, &context, &selection);
        AuditOutcome { snapshot, context, report }
    };
    // Standard input and pipes can be read only once.
    let pipes = args.files.iter().filter(|file| {
        *file == Path::new("-") || file.exists() && !file.is_file() && !file.is_dir()
    });
    let pipes: HashMap<&Path, String> =
        pipes.map(|file| Ok((file.as_path(), text_of(file)?))).collect::<Result<_>>()?;
    if let [file] = args.files.as_slice()
        && let Some(text) = pipes.get(file.as_path())
        && args.from.is_none()
        && audit_files::is_snapshot_head(text.as_bytes())
    {
        let snapshot = judged(file, Snapshot::read(text))?;
        return report_snapshot(
            args,
            audit(snapshot, None, Vec::new()),
            from.as_deref(),
            text,
            UNNAMED,
        );
    }
    if let [file] = args.files.as_slice()
        && args.from.is_none()
        && audit_files::is_snapshot(file)?
    {
        // The text is kept only for the formats that need it, because for a large fleet it uses a
        // third of the memory.
        let (snapshot, text) = match args.output {
            Format::Sarif | Format::Json => read_with_text(file)?,
            _ => (read(file)?, String::new()),
        };
        let audited = audit(snapshot, None, Vec::new());
        return report_snapshot(args, audited, from.as_deref(), &text, &named(file));
    }
    if !args.files.is_empty() {
        return audit_files::run(args, pipes, &selection, &policy, from.as_deref());
    }
    if args.profiles.are_several() {
        return every_profile(console, args, from.as_deref(), audit);
    }
    with_api(console, &args.api, async |session| {
        let snapshot = take(session, args.organization, args.bulk.quiet).await?;
        let text = snapshot.write();
        let name = match &args.save_snapshot {
            None => UNNAMED.to_owned(),
            Some(file) => {
                files::write_to(file, text.as_bytes())
                    .wrap_err_with(|| format!("Could not write {}", file.display()))?;
                named(file)
            }
        };
        let mut audited = audit(snapshot, Some(config::workstation(&session.profile)), Vec::new());
        match args.fix {
            None => report_snapshot(args, audited, from.as_deref(), &text, &name),
            Some(extent) => {
                known(args, &mut audited)?;
                fix::apply(session, args, extent, &audited.snapshot, &audited.report).await
            }
        }
    })
}

/// Audits each selected profile, and joins their reports. Prints the errors of profiles that could
/// not be read.
fn every_profile(
    console: &ConsoleArgs,
    args: &AuditArgs,
    policy: Option<&Path>,
    audit: impl Fn(Snapshot, Option<Workstation>, Vec<Arc<OtherProfile>>) -> AuditOutcome,
) -> Result<Printed> {
    let separate =
        matches!(args.output, Format::Table | Format::Markdown | Format::Json | Format::Jsonl);
    if !separate {
        return Err(Exit::usage(
            "Several profiles produce one report each. Use -o table, md, json or jsonl".to_owned(),
        ));
    }
    let take = async |session: &ApiSession| {
        let snapshot = take(session, args.organization, true).await?;
        Ok((snapshot, config::workstation(&session.profile)))
    };
    let read = fleet::each_profile(console, &args.api, &args.profiles, take);
    let (taken, failed) = runtime()?.block_on(read)?;
    let (mut reports, mut exits) = (Vec::new(), Vec::new());
    let summaries: Vec<Arc<OtherProfile>> = taken
        .iter()
        .map(|(it, _)| {
            Arc::new(OtherProfile::of(&it.place, &it.credentials, !it.incomplete.is_empty()))
        })
        .collect();
    for (snapshot, workstation) in taken {
        let others = summaries.iter().filter(|other| {
            other.name != snapshot.place.name
                && !other.is_same_system(&snapshot.place.base_url, &snapshot.credentials)
        });
        let others = others.map(Arc::clone).collect();
        // Only a JSON report needs the text, for its digest.
        let text = if args.output == Format::Json { snapshot.write() } else { String::new() };
        let name = snapshot.place.name.clone();
        let audited = audit(snapshot, Some(workstation), others);
        exits.push(code(args, &audited));
        reports.push((name, report_snapshot(args, audited, None, &text, UNNAMED)?.text));
    }
    if let Some(policy) = policy.filter(|_| !args.bulk.quiet) {
        say(&format!("Policy: {}.", policy.display()));
    }
    for why in &failed {
        say(&text::shown(why));
    }
    let exit = if args.exit_zero { Exit::Fine } else { combined(&exits, !failed.is_empty()) };
    Ok(Printed { text: joined(args.output, reports), code: exit.into() })
}

/// Returns the exit code of several audits: the worst finding in their exit codes. Without a
/// finding, 4 if a profile was not read completely, 3 if no profile has credentials, else 0.
fn combined(exits: &[Exit], failed: bool) -> Exit {
    let worst = exits.iter().filter_map(|exit| match exit {
        Exit::Found(severity) => Some(*severity),
        _ => None,
    });
    match worst.max() {
        Some(severity) => Exit::Found(severity),
        None if failed || exits.contains(&Exit::Partial) => Exit::Partial,
        None if exits.iter().all(|exit| *exit == Exit::Nothing) => Exit::Nothing,
        None => Exit::Fine,
    }
}

/// Joins the reports of several profiles. A table gets a heading with the name of its profile.
fn joined(format: Format, reports: Vec<(String, String)>) -> String {
    let texts = reports.into_iter().map(|(name, text)| match format {
        Format::Table => format!("{}\n\n{text}", text::shown(&name)),
        Format::Json => text.trim_end().to_owned(),
        _ => text,
    });
    let texts: Vec<String> = texts.collect();
    match format {
        Format::Json => format!("[{}]\n", texts.join(",\n")),
        Format::Jsonl => texts.concat(),
        _ => texts.join("\n"),
    }
}

pub(super) struct AuditOutcome {
    pub(super) snapshot: Snapshot,
    pub(super) context: AuditContext,
    pub(super) report: Report,
}

/// Prints the number of built-in clients that were not audited, unless `--quiet` is given.
pub(super) fn say_left_out(args: &AuditArgs, count: usize) {
    if count > 0 && !args.bulk.quiet {
        say(&format!("Built-in clients not audited: {count} (audit them with --include-built-in)"));
    }
}

/// Marks the findings that are in the baseline, and updates the baseline file if
/// `--update-baseline` is given without `--dry-run`. Returns the number of entries of the previous
/// baseline that match no finding; `None` without a baseline.
fn known(args: &AuditArgs, audited: &mut AuditOutcome) -> Result<Option<usize>> {
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

/// Returns the report of one snapshot. A SARIF report refers to the lines of `text`, under the file
/// name `file`.
fn report_snapshot(
    args: &AuditArgs,
    audited: AuditOutcome,
    policy: Option<&Path>,
    text: &str,
    file: &str,
) -> Result<Printed> {
    let places = (args.output == Format::Sarif).then(|| SnapshotPlaces::new(file, text));
    let places = places.as_ref().map(|it| it as &dyn Places);
    report(args, audited, policy, &[text], places)
}

/// Applies the baseline, prints messages about the policy, and returns the report of an audit with
/// its exit code. `texts` are the contents of the audited files, for the digest in a JSON report.
pub(super) fn report(
    args: &AuditArgs,
    mut audited: AuditOutcome,
    policy: Option<&Path>,
    texts: &[&str],
    places: Option<&dyn Places>,
) -> Result<Printed> {
    let digest = if args.output == Format::Json { digest(texts) } else { String::new() };
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
        digest: &digest,
        places,
        context: &audited.context,
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
                "The policy's suppression of {} for {of} matches no finding. Remove it, unless another profile needs it.",
                idle.rule,
            ));
        }
    }
    let code = if args.exit_zero { Exit::Fine } else { code(args, &audited) };
    Ok(Printed { text, code: code.into() })
}

fn digest(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text);
    }
    export::hex(&hash.finalize())
}

/// Returns the unexpired suppressions that are for an audited rule but match no finding. Empty if
/// options omit rules or severities, or if some credentials could not be read, because the
/// suppressions may match the missing findings.
fn idle<'a>(args: &AuditArgs, audited: &'a AuditOutcome) -> Vec<&'a Suppression> {
    let whole = args.rules.is_empty() && args.ignore.is_empty() && args.min_severity.is_none();
    if !whole || !audited.snapshot.incomplete.is_empty() {
        return Vec::new();
    }
    let findings = audited.report.findings.iter();
    let used: HashSet<u32> = findings
        .filter_map(|finding| match finding.state {
            FindingState::Suppressed(at) => Some(at),
            FindingState::Open | FindingState::Baselined => None,
        })
        .collect();
    let asked = |rule: &str| audited.report.tallies.iter().any(|(it, _)| it.id == rule);
    let all = audited.context.policy.suppressions.iter().enumerate();
    all.filter(|(at, it)| !used.contains(&(*at as u32)) && asked(&it.rule))
        .filter(|(_, it)| it.expires >= audited.context.today())
        .map(|(_, it)| it)
        .collect()
}

/// Returns the exit code of an audit: the worst finding at or above `--fail-on`. Without such a
/// finding, 4 if some credentials could not be read, 3 if there are no credentials, else 0.
fn code(args: &AuditArgs, audited: &AuditOutcome) -> Exit {
    let worst = audited.report.worst().filter(|worst| *worst >= args.fail_on);
    match worst {
        Some(severity) => Exit::Found(severity),
        None if !audited.snapshot.incomplete.is_empty() => Exit::Partial,
        None if audited.snapshot.credentials.is_empty() => Exit::Nothing,
        None => Exit::Fine,
    }
}

/// Returns the policy in effect, and its path if the file exists.
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

/// Returns the path of a file for a report: with slashes on Windows, and without a leading `./`.
pub(super) fn named(file: &Path) -> String {
    let name = file.to_string_lossy();
    let name = if cfg!(windows) { name.replace('\\', "/") } else { name.into_owned() };
    // Repository authors choose file names, so control characters are made visible.
    text::shown(name.trim_start_matches("./")).into_owned()
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
