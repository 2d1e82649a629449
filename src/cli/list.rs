//! `credenza list` and `credenza show`: print credentials and their audit findings.

use std::{borrow::Cow, fmt::Write as _, io::IsTerminal as _};

use clap::Args;
use clap_complete::{ArgValueCandidates, ArgValueCompleter};
use color_eyre::eyre::{Result, eyre};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    ConsoleArgs, Exit, InvalidValue, Printed,
    api_session::{ApiArgs, ApiSession},
    complete,
    context::{Context, runtime},
    fleet::{self, GatheredFleet, ProfilesArgs},
    json_output::JsonArgs,
    output::{ListFormat, csv, lines, markdown, print, table, terminal_columns, until_closed},
    prompt::say,
};
use crate::{
    api::Secrecy,
    app::screens::detail,
    domain::{
        Credential, Kind,
        audit::{self, AuditContext, RuleSelection},
        columns::{self, Column, Row, USUAL, WIDE},
        export,
        filter::{AuditedCredential, Filter, Found, Matcher},
        objects::CredentialObject,
        preferences::sort_word,
        profile::{UnknownWord, Word as _},
    },
};

/// Arguments of `list`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = super::docs::filters())]
pub struct ListArgs {
    /// Kind: spa, m2m, tokens, other or all.
    #[arg(default_value = "all", value_parser = kinds)]
    pub kind: Kinds,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
    /// Selection of several profiles.
    #[command(flatten)]
    pub profiles: ProfilesArgs,
    /// Selection of credentials.
    #[command(flatten)]
    pub filter: WhereArgs,
    /// Saved view to apply; other options narrow or override it.
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::views))]
    pub view: Option<String>,
    /// Column to sort by; a leading - reverses it. Default: name.
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, add = ArgValueCandidates::new(complete::columns))]
    pub sort: Option<String>,
    /// Columns, separated by commas.
    #[arg(long, value_name = "NAMES")]
    pub columns: Option<String>,
    /// Show the audit columns.
    #[arg(long, short, conflicts_with = "columns")]
    pub wide: bool,
    /// Output format.
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ListFormat,
    /// Selection of parts of the JSON output.
    #[command(flatten)]
    pub json: JsonArgs,
    /// Maximum number of rows
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Omit the header of a table or CSV
    #[arg(long)]
    pub no_headers: bool,
    /// Print only the list.
    #[arg(long, short)]
    pub quiet: bool,
}

impl ListArgs {
    /// Returns the arguments after applying the saved view.
    fn viewed(&self, console: &ConsoleArgs) -> Result<Self> {
        let Some(name) = &self.view else { return Ok(self.clone()) };
        // The typed filter is also validated alone, so that error positions refer to the typed
        // text.
        self.filter.filter()?;
        let views = Context::load(console)?.settings.views;
        let Some(view) = views.iter().find(|view| view.name == *name) else {
            let names: Vec<&str> = views.iter().map(|view| view.name.as_str()).collect();
            let known = if names.is_empty() { "none yet".to_owned() } else { names.join(", ") };
            return Err(Exit::usage(format!("Unknown view {name:?}. Views: {known}")));
        };
        let mut args = self.clone();
        let typed = self.filter.filter.as_deref().unwrap_or_default();
        let both = format!("{} {typed}", view.filter);
        args.filter.filter = Some(both.trim().to_owned()).filter(|text| !text.is_empty());
        args.sort = args.sort.or_else(|| Some(sort_word(view.sort)));
        // A view must not change the JSON objects that programs read.
        let people = !matches!(self.output, ListFormat::Json | ListFormat::Jsonl);
        args.wide |= view.wide && people && args.columns.is_none();
        Ok(args)
    }
}

/// Selection of credentials.
#[derive(Debug, Clone, Default, Args)]
pub struct WhereArgs {
    /// Filter, such as 'type:m2m age>90d !used'. See credenza list --help for all terms.
    #[arg(long = "where", value_name = "FILTER")]
    pub filter: Option<String>,
    /// Use the credentials shared with the organization instead of your own.
    #[arg(long)]
    pub organization: bool,
}

/// Kind to list; `None` for all kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(pub Option<Kind>);

/// Parses a kind, or `all`.
///
/// # Errors
/// Returns an error if the word is unknown.
pub fn kinds(word: &str) -> Result<Kinds, InvalidValue> {
    match Kind::named(word) {
        None if word == "all" => Ok(Kinds(None)),
        None => Err(InvalidValue("use spa, m2m, tokens, other or all")),
        found => Ok(Kinds(found)),
    }
}

/// Parses the name of one kind, such as `m2m`.
///
/// # Errors
/// Returns an error if the word is unknown.
pub fn kind(word: &str) -> Result<Kind, UnknownWord> {
    Kind::named(word).ok_or_else(UnknownWord::of::<Kind>)
}

impl WhereArgs {
    /// Parses the filter. Without one, every credential matches.
    ///
    /// # Errors
    /// Returns a usage error (exit code 2) with the position of the mistake if the filter is
    /// invalid.
    pub fn filter(&self) -> Result<Filter> {
        let text = self.filter.as_deref().unwrap_or_default();
        Filter::parse(text)
            .map_err(|error| Exit::usage(format!("Invalid filter:\n{}", error.pointed(text))))
    }

    /// Rejects an empty `--where`, which an unset shell variable can cause.
    ///
    /// # Errors
    /// Returns a usage error (exit code 2) if `--where` is given but empty.
    pub fn not_empty(&self, filter: &Filter) -> Result<()> {
        if self.filter.is_some() && filter.is_empty() {
            return Err(Exit::usage("--where is empty and would match everything".to_owned()));
        }
        Ok(())
    }

    /// Reads the matching credentials, with their findings if `findings` is true or the filter
    /// needs them.
    ///
    /// # Errors
    /// Returns an error if no credentials can be read, if the policy is invalid, if the signed-in
    /// user cannot be read, or if the provider does not have the requested organization view.
    pub async fn gather(
        &self,
        session: &ApiSession,
        filter: &Filter,
        only: Option<Kind>,
        findings: bool,
        quiet: bool,
    ) -> Result<Selected> {
        let possible = filter.kinds();
        let mut kinds = fleet::kinds(session, only);
        kinds.retain(|kind| possible.contains(kind));
        let scope = session.scope(self.organization)?;
        let GatheredFleet { credentials, incomplete } =
            fleet::gather(session, &kinds, scope, quiet).await?;
        let total = credentials.len();
        let found = if findings || filter.asks_findings() {
            found(&credentials, &session.audit_context()?)
        } else {
            vec![Vec::new(); total]
        };
        let setting = session.setting(filter.asks_me()).await?;
        let now = setting.now;
        let mut matcher = Matcher::new(filter, setting);
        // Without a filter, the lists are not copied, because a large fleet takes hundreds of
        // megabytes.
        let (chosen, findings) = if filter.is_empty() {
            (credentials, found)
        } else {
            let accepts = |(credential, findings): &(Credential, Vec<Found>)| {
                matcher.accepts(&AuditedCredential { credential, findings })
            };
            credentials.into_iter().zip(found).filter(accepts).unzip()
        };
        Ok(Selected { chosen, findings, total, incomplete, now })
    }
}

/// Credentials that match a filter.
pub struct Selected {
    /// Matching credentials.
    pub chosen: Vec<Credential>,
    /// Findings of each credential, in the same order; empty lists if they were not needed.
    pub findings: Vec<Vec<Found>>,
    /// Number of credentials that were read before filtering.
    pub total: usize,
    /// Reasons why some credentials could not be read.
    pub incomplete: Vec<String>,
    /// Current time, for computing ages.
    pub now: Timestamp,
}

/// Audits the credentials. Returns, for each credential, one open finding per group of findings.
fn found(credentials: &[Credential], audit_context: &AuditContext) -> Vec<Vec<Found>> {
    let report = audit::audit(credentials, audit_context, &RuleSelection::default());
    let mut found = vec![Vec::new(); credentials.len()];
    for finding in report.groups().into_iter().map(|group| group.first) {
        if let Some(own) = finding.subject.and_then(|at| found.get_mut(at as usize)) {
            own.push((finding.rule, finding.severity));
        }
    }
    found
}

/// Lists the credentials that match a filter.
///
/// # Errors
/// Returns an error if an argument or the policy is invalid, if no credentials can be read, or if
/// the output cannot be written.
pub fn list(console: &ConsoleArgs, args: &ListArgs) -> Result<Printed> {
    let args = &args.viewed(console)?;
    let filter = args.filter.filter()?;
    let columns = named_columns(args)?;
    let selection = args.json.selection()?;
    let (sort, descending) = match args.sort.as_deref() {
        None => (Column::Name, false),
        Some(name) => {
            let bare = name.strip_prefix('-').unwrap_or(name);
            let column = Column::of_word(bare).ok_or_else(|| {
                Exit::usage(format!("Unknown column {bare:?}: use {}", Column::all_words()))
            })?;
            (column, name.starts_with('-'))
        }
    };
    let findings = sort.asks_findings() || columns.iter().any(|column| column.asks_findings());
    let quiet = args.quiet || args.profiles.are_several();
    let (profiles, mut incomplete) = runtime()?.block_on(fleet::each_profile(
        console,
        &args.api,
        &args.profiles,
        async |session| {
            let read = args.filter.gather(session, &filter, args.kind.0, findings, quiet);
            Ok((session.profile.name.clone(), read.await?))
        },
    ))?;
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (name, selected) in &profiles {
        let profile = args.profiles.are_several().then_some(name.as_str());
        let of = selected.chosen.iter().zip(&selected.findings);
        let now = selected.now;
        rows.extend(of.map(|(credential, findings)| Row { credential, findings, now, profile }));
        let named = |why: &String| match profile {
            Some(name) => format!("{name}: {why}"),
            None => why.clone(),
        };
        incomplete.extend(selected.incomplete.iter().map(named));
    }
    let total: usize = profiles.iter().map(|(_, selected)| selected.total).sum();
    columns::sort(&mut rows, |row| sort.key(row), |row| row.credential.id(), descending);
    rows.truncate(args.limit.unwrap_or(usize::MAX));
    let text = match &selection {
        // Rows of a large fleet are serialized directly, without a JSON tree for each one.
        None if args.output == ListFormat::Jsonl
            && args.columns.is_none()
            && !args.wide
            && !args.profiles.are_several() =>
        {
            let lines = export::json_lines(&rows, |row| line(row.credential), print);
            until_closed(lines)?;
            String::new()
        }
        Some(selection) => {
            let objects = rows.iter().map(|row| object(args, &columns, row)).collect();
            selection.apply(&Value::Array(objects))?
        }
        None => written(args, &columns, &rows),
    };
    if !args.quiet {
        let table = selection.is_none() && args.output == ListFormat::Table;
        if std::io::stdout().is_terminal() && table {
            let of = match rows.len() {
                all if all == total => String::new(),
                _ => format!(" of {total}"),
            };
            say(&format!("{}{of} credentials", rows.len()));
        }
        for why in &incomplete {
            say(&format!("credenza: incomplete list: {why}"));
        }
    }
    let code = if incomplete.is_empty() { Exit::Fine } else { Exit::Partial };
    // The process exits next, so this memory is not freed. Freeing 100,000 clients would take
    // 50 ms.
    std::mem::forget(profiles);
    Ok(Printed { text, code: code.into() })
}

fn named_columns(args: &ListArgs) -> Result<Vec<Column>> {
    match args.columns.as_deref() {
        None => {
            let usual: &[Column] = if args.wide { &WIDE } else { &USUAL };
            let profile = args.profiles.are_several().then_some(Column::Profile);
            Ok(profile.into_iter().chain(usual.iter().copied()).collect())
        }
        Some(names) => names
            .split(',')
            .map(|name| {
                Column::of_word(name.trim()).ok_or_else(|| {
                    Exit::usage(format!("Unknown column {name:?}: use {}", Column::all_words()))
                })
            })
            .collect(),
    }
}

fn written(args: &ListArgs, columns: &[Column], rows: &[Row<'_>]) -> String {
    let head: Vec<&str> = columns.iter().map(|column| column.word()).collect();
    let headed = |text: String| match text.split_once('\n') {
        Some((_, rows)) if args.no_headers => rows.to_owned(),
        _ => text,
    };
    let cells = |text: fn(Column, &Row<'_>) -> String| -> Vec<Vec<Cow<'_, str>>> {
        let row =
            |row: &Row<'_>| columns.iter().map(|column| Cow::Owned(text(*column, row))).collect();
        rows.iter().map(row).collect()
    };
    let objects = || rows.iter().map(|row| object(args, columns, row));
    match args.output {
        ListFormat::Table => {
            let cells = cells(|column, row| column.shown(row).into_owned());
            headed(table(&head, &cells, terminal_columns()))
        }
        ListFormat::Md => markdown(&head, &cells(|column, row| column.shown(row).into_owned())),
        ListFormat::Csv => headed(csv(&head, cells(|column, row| column.text(row).into_owned()))),
        ListFormat::Json => {
            let mut text = export::json(&objects().collect::<Vec<_>>(), true);
            text.push('\n');
            text
        }
        ListFormat::Jsonl => lines(objects()),
    }
}

/// Returns a row as a JSON object. With `--columns` or `--wide`, its members are the columns.
/// Otherwise, the members are those of the contract, the kind and, for several profiles, the
/// profile.
fn object(args: &ListArgs, columns: &[Column], row: &Row<'_>) -> Value {
    if args.columns.is_none() && !args.wide {
        let mut object = credential_object(row.credential);
        if let (Some(profile), Value::Object(members)) = (row.profile, &mut object) {
            members.insert("profile".to_owned(), profile.into());
        }
        return object;
    }
    let members = columns
        .iter()
        .map(|column| (column.word().to_owned(), Value::from(column.text(row).into_owned())));
    Value::Object(members.collect())
}

/// Returns the contract's object of a credential with its kind, but never with a secret.
fn line(credential: &Credential) -> CredentialObject<'_> {
    CredentialObject::of(credential).with_kind(credential.kind())
}

/// Returns the contract's object of a credential with its kind, as a JSON value.
#[must_use]
pub fn credential_object(credential: &Credential) -> Value {
    serde_json::to_value(line(credential)).unwrap_or_default()
}

/// Arguments of `show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// Credential.
    #[command(flatten)]
    pub which: WhichArgs,
    /// Output format.
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
    /// Selection of parts of the JSON output.
    #[command(flatten)]
    pub json: JsonArgs,
}

/// Selection of one credential.
#[derive(Debug, Clone, Args)]
pub struct WhichArgs {
    /// Client ID, token ID or unique exact name.
    #[arg(add = ArgValueCompleter::new(complete::credentials))]
    pub id: String,
    /// Kind, if the ID or name is ambiguous: token, spa, m2m or other.
    #[arg(long = "type", value_name = "KIND", value_parser = kind)]
    pub kind: Option<Kind>,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
}

/// Output format of one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ShowFormat {
    /// Human-readable text.
    #[default]
    Table,
    /// Machine-readable JSON.
    Json,
}

/// Shows one credential with its findings.
///
/// # Errors
/// Returns an error if the credential is not found or cannot be read, if the policy is invalid, or
/// if `--jq` or `--template` is invalid or fails.
pub fn show(console: &ConsoleArgs, args: &ShowArgs) -> Result<Printed> {
    let selection = args.json.selection()?;
    let (credential, context) = runtime()?.block_on(async {
        let session = ApiSession::open(console, &args.which.api).await?;
        let found = fleet::named(&session, &args.which.id, args.which.kind).await;
        let people = selection.is_none() && args.output == ShowFormat::Table;
        let context = people.then(|| session.audit_context());
        let context = context.transpose().map(|it| it.map(|it| (it, session.capabilities.clone())));
        session.close().await;
        Ok::<_, color_eyre::eyre::Report>((found?, context?))
    })?;
    if let Some(selection) = selection {
        return Ok(Printed::fine(selection.apply(&credential_object(&credential))?));
    }
    let Some((audit_context, capabilities)) = context else {
        return Ok(Printed::fine(export::json(&credential_object(&credential), true) + "\n"));
    };
    let now = audit_context.now;
    let mut out = String::new();
    for line in detail::lines(&credential) {
        let value = match line.value {
            detail::DetailValue::Secret => match &capabilities.of(credential.kind()).secrecy {
                Secrecy::Once(why) | Secrecy::Hidden(why) => format!("(hidden: {})", why.shown()),
                Secrecy::Readable | Secrecy::None => {
                    "(hidden; read it with credenza secret)".to_owned()
                }
            },
            value => value.written(now),
        };
        let _ = writeln!(out, "{:<24}{value}", line.label);
    }
    let findings = audit::audit_one(&credential, &audit_context, &RuleSelection::default());
    for group in audit::groups(&findings, audit::Finding::is_open) {
        let finding = group.first;
        let _ = writeln!(
            out,
            "{}{:<9} {} {}: {}",
            finding.severity.mark(),
            finding.severity.word(),
            finding.rule.id,
            group.pointer(Some(&credential)),
            group.message()
        );
    }
    Ok(Printed::fine(out))
}

/// Rejects an action that is not available, for example because the user has no permission.
///
/// # Errors
/// Returns the provider's reason if the action is not available.
pub fn allowed(access: &crate::api::Access) -> Result<()> {
    match access.refusal() {
        None => Ok(()),
        Some(why) => Err(eyre!("{}", why.shown())),
    }
}
