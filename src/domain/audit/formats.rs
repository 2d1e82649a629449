//! Reports of an audit, for users and other programs.

mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod sarif;
mod table;

use std::borrow::Cow;
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::{
    AuditContext, Counts, Facts, Finding, FindingState, Group, Report, Severity, Suppression,
    baseline::fingerprint, groups, rules::names::looks_secret,
};
use crate::domain::{
    Credential, Untrusted, export,
    profile::Word,
    snapshot::{Lines, Snapshot},
    text,
};

/// Format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Format {
    /// Text for a terminal.
    Table,
    /// One JSON object.
    Json,
    /// One JSON object per line, each for a group of findings.
    Jsonl,
    /// CSV with one row for each open finding.
    Csv,
    /// Markdown, for a ticket.
    #[strum(serialize = "md")]
    Markdown,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// `JUnit` XML, for CI.
    Junit,
    /// Annotations for GitHub Actions.
    Github,
    /// Code Quality report for GitLab.
    Gitlab,
}

/// Position in an audited file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// Index of the file among the audited files.
    pub file: usize,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1, if known.
    pub column: Option<u32>,
}

/// Audited files, and the positions of findings in them.
pub trait Places {
    /// Returns the name of the file with this index; `None` after the last file.
    fn file(&self, at: usize) -> Option<&str>;

    /// Returns the position of a finding.
    fn of_finding(&self, finding: &Finding) -> Location;

    /// Returns the position of the credential with this index; `None` in a snapshot.
    fn of_credential(&self, at: usize) -> Option<Location>;

    /// True if the user edits the files. Reports then contain line numbers. False for a snapshot,
    /// because this program wrote it.
    fn are_known(&self) -> bool;
}

/// Positions in the file of a snapshot.
pub struct SnapshotPlaces<'a> {
    name: &'a str,
    lines: Lines<'a>,
}

impl<'a> SnapshotPlaces<'a> {
    /// Creates the positions for a file with this name and text.
    #[must_use]
    pub fn new(name: &'a str, text: &'a str) -> Self {
        Self { name, lines: Lines::of(text) }
    }
}

impl Places for SnapshotPlaces<'_> {
    fn file(&self, at: usize) -> Option<&str> {
        (at == 0).then_some(self.name)
    }

    fn of_finding(&self, finding: &Finding) -> Location {
        let member = finding.fact.wire();
        let line = match finding.subject {
            Some(at) => self.lines.of_credential(at as usize, member, finding.entry),
            None => self.lines.of_profile(member),
        };
        Location { file: 0, line, column: None }
    }

    fn of_credential(&self, _: usize) -> Option<Location> {
        None
    }

    fn are_known(&self) -> bool {
        false
    }
}

/// Input of a report.
pub struct Input<'a> {
    /// Findings and tallies.
    pub report: &'a Report,
    /// Audited snapshot.
    pub snapshot: &'a Snapshot,
    /// SHA-256 of the audited text, in hexadecimal, for JSON.
    pub digest: &'a str,
    /// Positions in the audited files; `None` without a file.
    pub places: Option<&'a dyn Places>,
    /// Context of the audit.
    pub context: &'a AuditContext,
    /// Number of baseline entries without a finding in the report; `None` without a baseline.
    pub fixed: Option<usize>,
}

/// Style of a table.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// True if the table is colored.
    pub color: bool,
    /// Width of the terminal, in columns; `None` without a terminal.
    pub columns: Option<usize>,
    /// Minimum severity of listed findings; other findings are only counted. `None` lists all.
    pub least: Option<Severity>,
    /// True if only the totals are printed.
    pub sums_only: bool,
}

/// Returns the text of a report. `style` applies to a table only.
#[must_use]
pub fn write(format: Format, input: &Input<'_>, style: Style) -> String {
    match format {
        Format::Table => table::write(input, style),
        Format::Json => json::write(input),
        Format::Jsonl => json::lines(input),
        Format::Csv => csv(input),
        Format::Markdown => markdown::write(input),
        Format::Sarif => sarif::write(input),
        Format::Junit => junit::write(input),
        Format::Github => github::write(input),
        Format::Gitlab => gitlab::write(input),
    }
}

impl Input<'_> {
    fn credential(&self, finding: &Finding) -> Option<&Credential> {
        self.about(finding.subject)
    }

    /// Returns the credential at the index `subject` of a finding; `None` without an index.
    fn about(&self, subject: Option<u32>) -> Option<&Credential> {
        self.snapshot.credentials.get(subject? as usize)
    }

    /// Returns the audited files of other tools; `None` for a snapshot or an API.
    fn known_places(&self) -> Option<&dyn Places> {
        self.places.filter(|places| places.are_known())
    }

    /// Returns the file and position of a credential in a file of another tool.
    fn place_of(&self, subject: Option<u32>) -> Option<(&str, Location)> {
        let places = self.known_places()?;
        let location = places.of_credential(subject? as usize)?;
        Some((places.file(location.file)?, location))
    }

    /// Returns the subject and verb of a sentence that continues with "not report".
    fn source(&self) -> &'static str {
        if self.known_places().is_some() { "the files do" } else { "the provider does" }
    }

    /// Returns the file and position of a finding in a file of another tool.
    fn place(&self, finding: &Finding) -> Option<(&str, Location)> {
        let places = self.known_places().filter(|_| finding.subject.is_some())?;
        let location = places.of_finding(finding);
        Some((places.file(location.file)?, location))
    }

    fn fingerprint(&self, finding: &Finding) -> String {
        fingerprint(finding, &self.snapshot.credentials)
    }

    /// Returns the suppression of a finding, if it is suppressed.
    fn suppression(&self, finding: &Finding) -> Option<&Suppression> {
        match finding.state {
            FindingState::Suppressed(at) => self.context.policy.suppressions.get(at as usize),
            FindingState::Open | FindingState::Baselined => None,
        }
    }

    /// Returns the groups of the findings whose state `wanted` accepts.
    fn in_state(&self, wanted: fn(FindingState) -> bool) -> Vec<Group<'_>> {
        groups(&self.report.findings, |finding| wanted(finding.state))
    }

    fn decided(&self) -> (usize, usize) {
        let count = |wanted: fn(FindingState) -> bool| self.in_state(wanted).len();
        (
            count(|state| matches!(state, FindingState::Suppressed(_))),
            count(|it| it == FindingState::Baselined),
        )
    }

    /// Returns the names of facts that rules need, but the provider does not report for some
    /// credentials.
    fn missing(&self) -> Vec<&'static str> {
        let mut missing = Facts::default();
        for (_, tally) in &self.report.tallies {
            missing.add_all(tally.missing);
        }
        let facts = self.report.tallies.iter().flat_map(|(rule, _)| rule.facts);
        let told = facts.filter(|fact| fact.is_told() && missing.has(**fact));
        let mut names: Vec<&str> = told.map(|fact| fact.name()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn is_complete(&self) -> bool {
        self.snapshot.incomplete.is_empty()
    }
}

/// Returns the counts in words, or `no findings`.
fn severities(counts: Counts) -> String {
    let words = counts.words();
    if words.is_empty() { "no findings".to_owned() } else { words }
}

/// Returns the name of a credential, or a placeholder if it is empty or looks like a secret.
fn label(credential: &Credential) -> Cow<'_, str> {
    let name = credential.name();
    if looks_secret(name.raw()) {
        Cow::Borrowed("(hidden: the name looks like a secret)")
    } else if name.raw().is_empty() {
        Cow::Borrowed("(no name)")
    } else {
        Cow::Borrowed(name.raw())
    }
}

/// Returns the value of a finding without the password of a URL, or a placeholder if it looks like
/// a secret.
fn value(finding: &Finding) -> Option<Cow<'_, str>> {
    let raw = finding.value.as_ref().map(Untrusted::raw)?;
    let user = super::entry::UrlParts::of(raw)
        .userinfo
        .and_then(|user| Some((user, user.split_once(':')?.0)));
    let shown = match user {
        Some((user, name)) => Cow::Owned(raw.replacen(user, &format!("{name}:…"), 1)),
        None => Cow::Borrowed(raw),
    };
    Some(if looks_secret(&shown) {
        Cow::Borrowed("(hidden: it looks like a secret)")
    } else {
        shown
    })
}

/// Describes a group in one line: credential, defect, values and fix.
fn sentence(input: &Input<'_>, group: &Group<'_>) -> String {
    let credential = input.credential(group.first);
    let name = credential.map(|it| format!("{}: ", text::shown(&label(it)))).unwrap_or_default();
    let values = values(group);
    let values = if values.is_empty() { values } else { format!(" {values}") };
    format!("{name}{}{values}. {}.", group.message(), group.first.rule.advice)
}

/// Returns the first values of a group, with control characters escaped and secrets hidden, and the
/// number of further values.
fn values(group: &Group<'_>) -> String {
    group.values(|finding| value(finding).map(|it| text::shown(&it).into_owned()))
}

fn kind(credential: &Credential) -> &'static str {
    credential.kind().word()
}

/// Capitalizes the first letter of a word, which must be ASCII.
fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1.min(word.len()));
    first.to_ascii_uppercase() + rest
}

fn csv(input: &Input<'_>) -> String {
    let head = [
        "severity",
        "rule",
        "slug",
        "kind",
        "id",
        "name",
        "field",
        "value",
        "message",
        "advice",
        "fix",
        "fingerprint",
        "file",
        "line",
    ];
    let head = head.map(Cow::Borrowed).to_vec();
    let rows = input.report.open().map(|finding| {
        let credential = input.credential(finding);
        let place = input.place(finding);
        vec![
            Cow::Borrowed(finding.severity.word()),
            Cow::Borrowed(finding.rule.id),
            Cow::Borrowed(finding.rule.slug),
            Cow::Borrowed(credential.map_or("", kind)),
            Cow::Borrowed(credential.map_or("", |it| it.id().raw())),
            credential.map_or(Cow::Borrowed(""), label),
            Cow::Owned(finding.pointer()),
            value(finding).unwrap_or_default(),
            Cow::Owned(finding.message()),
            Cow::Borrowed(finding.rule.advice),
            Cow::Borrowed(finding.rule.fix_kind.word()),
            Cow::Owned(input.fingerprint(finding)),
            Cow::Owned(place.map(|(file, _)| file.to_owned()).unwrap_or_default()),
            Cow::Owned(place.map(|(_, at)| at.line.to_string()).unwrap_or_default()),
        ]
    });
    export::csv(std::iter::once(head).chain(rows))
}

/// Returns a sentence about credentials that could not be read, if there are any.
fn incomplete(input: &Input<'_>) -> Option<String> {
    let reasons: Vec<_> = input.snapshot.incomplete.iter().map(|why| text::shown(why)).collect();
    (!reasons.is_empty())
        .then(|| format!("Not all credentials could be read: {}", reasons.join("; ")))
}
