//! `credenza audit FILE…`: audits snapshots, configuration files of other tools, and directories of
//! such files.

use std::{
    collections::{HashMap, HashSet},
    io::{IsTerminal as _, Read as _},
    path::{Path, PathBuf},
};

use color_eyre::eyre::{Result, WrapErr as _, eyre};
use ignore::WalkBuilder;
use jiff::{Timestamp, tz::TimeZone};

use super::{
    Exit, Printed,
    api_session::refused,
    audit::{AuditArgs, AuditOutcome, named, report, say_left_out},
    bulk::BulkArgs,
    context::runtime,
    fleet::progress,
    prompt::{confirm, say},
    snapshot::{judged, text_of},
};
use crate::{
    api::{self, ApiError, Trust},
    auth::proof::{Proof, Prover},
    domain::{
        Credential, Secret,
        audit::{
            self, AuditContext, Fact, Finding, FindingState, Policy, ProfileInfo, Report,
            RuleSelection, Severity, Suppression,
            formats::{Location, Places},
        },
        profile::Provider,
        snapshot::{Lines, Snapshot},
        text,
    },
    readers::{
        self, Origin, comments,
        document::{Document, Mistake, Position},
    },
};

/// Extensions of the files that are read from a directory.
const EXTENSIONS: [&str; 4] = ["json", "yaml", "yml", "tfstate"];

/// Start of the schema name of a snapshot.
const SNAPSHOT: &str = "\"credenza.snapshot/";

/// Number of bytes at the start of a file that are searched for the schema name.
const HEAD: usize = 4096;

/// Returns true if a file starts like a snapshot: with `{`, and with the schema name in its first
/// bytes. False if the path is not a regular file.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub(super) fn is_snapshot(file: &Path) -> Result<bool> {
    if !file.is_file() {
        return Ok(false);
    }
    let mut head = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(HEAD as u64).read_to_end(&mut head))
        .wrap_err_with(|| format!("Could not read {}", file.display()))?;
    Ok(is_snapshot_head(&head))
}

pub(super) fn is_snapshot_head(text: &[u8]) -> bool {
    let head = text.get(..HEAD).unwrap_or(text);
    let object = head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    object && memchr::memmem::find(head, SNAPSHOT.as_bytes()).is_some()
}

/// Parsed file, with its name for the report.
struct ParsedFile {
    name: String,
    content: FileContent,
}

enum FileContent {
    Snapshot { text: String, snapshot: Box<Snapshot> },
    Document(Document),
}

impl ParsedFile {
    fn text(&self) -> &str {
        match &self.content {
            FileContent::Snapshot { text, .. } => text,
            FileContent::Document(document) => document.text(),
        }
    }
}

/// Location of a credential in its file.
enum Place<'a> {
    /// Client in a configuration file of another tool.
    Client(Origin<'a>),
    /// Index of the credential in a snapshot.
    Snapshot(usize),
}

/// Audited files, with the locations of their credentials.
struct FilePlaces<'a> {
    sources: &'a [ParsedFile],
    /// Line index of each file that is a snapshot; `None` for other files.
    lines: Vec<Option<Lines<'a>>>,
    /// File index and location of each credential.
    of: Vec<(usize, Place<'a>)>,
}

impl<'a> FilePlaces<'a> {
    fn new(sources: &'a [ParsedFile]) -> Self {
        let lines = sources.iter().map(|source| match &source.content {
            FileContent::Snapshot { text, .. } => Some(Lines::of(text)),
            FileContent::Document(_) => None,
        });
        Self { sources, lines: lines.collect(), of: Vec::new() }
    }

    /// Returns the file index of a finding, the line of the finding, and the first line of its
    /// client. `at` is the index of the client among the credentials of all files. `None` for a
    /// finding in a snapshot.
    fn lines(&self, at: usize, finding: &Finding) -> Option<(usize, [u32; 2])> {
        let (file, Place::Client(origin)) = self.of.get(at)? else { return None };
        let FileContent::Document(document) = &self.sources.get(*file)?.content else {
            return None;
        };
        let line = origin.place(document, Some(finding)).line;
        Some((*file, [line, origin.first_line(document)]))
    }

    fn locate(&self, at: usize, finding: Option<&Finding>) -> Option<Location> {
        let (file, place) = self.of.get(at)?;
        let content = &self.sources.get(*file)?.content;
        let (line, column) = match (place, content) {
            (Place::Client(origin), FileContent::Document(document)) => {
                let Position { line, column } = origin.place(document, finding);
                (line, Some(column))
            }
            (Place::Snapshot(at), _) => {
                let member = finding.map_or("", |finding| finding.fact.wire());
                let entry = finding.and_then(|finding| finding.entry);
                (self.lines.get(*file)?.as_ref()?.of_credential(*at, member, entry), None)
            }
            (Place::Client(_), FileContent::Snapshot { .. }) => return None,
        };
        Some(Location { file: *file, line, column })
    }
}

impl Places for FilePlaces<'_> {
    fn file(&self, at: usize) -> Option<&str> {
        self.sources.get(at).map(|source| source.name.as_str())
    }

    fn of_finding(&self, finding: &Finding) -> Location {
        let at = finding.subject.and_then(|at| self.locate(at as usize, Some(finding)));
        at.unwrap_or(Location { file: 0, line: 1, column: None })
    }

    fn of_credential(&self, at: usize) -> Option<Location> {
        self.locate(at, None)
    }

    fn are_known(&self) -> bool {
        true
    }
}

/// Audits the given files and directories.
///
/// # Errors
/// Returns an error if no credential was audited and some input could not be read (exit code 2), if
/// the user does not consent to a test of the secrets, if the issuer cannot be used, or if the
/// baseline is invalid or cannot be read or written.
pub(super) fn run(
    args: &AuditArgs,
    pipes: HashMap<&Path, String>,
    selection: &RuleSelection,
    policy: &Policy,
    from: Option<&Path>,
) -> Result<Printed> {
    let mut incomplete = Vec::new();
    let sources = load(args, pipes, &mut incomplete);
    let now = args.now.unwrap_or_else(Timestamp::now);
    let mut merged = Merged { report: Report::default(), credentials: Vec::new() };
    let mut places = FilePlaces::new(&sources);
    let (mut left_out, mut secrets) = (0, Vec::new());
    for (file, source) in sources.iter().enumerate() {
        let context =
            |now, place| AuditContext { policy: policy.clone(), ..AuditContext::new(now, place) };
        let document = match &source.content {
            FileContent::Document(document) => document,
            FileContent::Snapshot { snapshot, .. } => {
                let credentials = snapshot.credentials.clone();
                places.of.extend((0..credentials.len()).map(|at| (file, Place::Snapshot(at))));
                incomplete.extend(snapshot.incomplete.iter().cloned());
                merged.add(
                    credentials,
                    &context(args.now.unwrap_or(snapshot.taken_at), snapshot.place.clone()),
                    selection,
                );
                continue;
            }
        };
        let clients = match readers::read(document, args.from) {
            Ok(clients) => clients,
            Err(mistake) => {
                incomplete.push(format!("{}: {mistake}", source.name));
                continue;
            }
        };
        for (at, why) in &clients.unreadable {
            incomplete.push(format!("{}:{}: {why}", source.name, at.line));
        }
        // One file can contain clients of several servers, and each server has its own audit
        // context.
        let mut left = clients.entries;
        let server = |entry: &readers::FileClient<'_>| (entry.provider, entry.vendor);
        while let Some((provider, vendor)) = left.first().map(server) {
            let (own, others) =
                left.into_iter().partition(|entry| server(entry) == (provider, vendor));
            left = others;
            let own: Vec<readers::FileClient<'_>> = own;
            let all = own.len();
            let mut own: Vec<_> =
                own.into_iter().filter(|it| selection.audits(&it.credential)).collect();
            left_out += all - own.len();
            let origins = own.iter().map(|entry| (file, Place::Client(entry.origin)));
            places.of.extend(origins);
            let first = merged.credentials.len();
            let live = own
                .iter_mut()
                .enumerate()
                .filter_map(|(at, entry)| Some((first + at, entry.secret.take()?)));
            secrets.extend(live);
            let credentials: Vec<Credential> =
                own.into_iter().map(readers::FileClient::audited).collect();
            merged.add(credentials, &context(now, place_of(&source.name, provider)), selection);
        }
    }
    if merged.credentials.is_empty() && !incomplete.is_empty() {
        let why: Vec<_> = incomplete.iter().map(|why| text::shown(why)).collect();
        return Err(Exit::usage(format!("Nothing was audited.\n{}", why.join("\n"))));
    }
    if let Some(issuer) = &args.prove {
        prove(issuer, &secrets, &mut merged, &args.bulk)?;
    }
    let mut policy = policy.clone();
    suppress(&sources, &places, &mut merged, &mut policy, now);
    say_left_out(args, left_out);
    if merged.credentials.is_empty() && left_out == 0 {
        say("No OAuth clients in these files.");
    }
    let name = match sources.as_slice() {
        [only] => only.name.clone(),
        _ => "files".to_owned(),
    };
    let place = ProfileInfo { name, ..ProfileInfo::default() };
    let context = AuditContext { policy, ..AuditContext::new(now, place.clone()) };
    let snapshot = Snapshot { taken_at: now, place, credentials: merged.credentials, incomplete };
    let audited = AuditOutcome { snapshot, context, report: merged.report };
    let texts: Vec<&str> = sources.iter().map(ParsedFile::text).collect();
    report(args, audited, from, &texts, Some(&places))
}

/// Tests secrets at the issuer, and adds the results to their findings. The finding of a working
/// secret becomes critical. `secrets` pairs each secret with the index of its client.
///
/// # Errors
/// Returns an error if the user does not consent, or if the issuer cannot be used.
fn prove(
    issuer: &str,
    secrets: &[(usize, Secret)],
    merged: &mut Merged,
    bulk: &BulkArgs,
) -> Result<()> {
    let shown = text::shown(issuer);
    // A client that signs its requests with the secret does not send it.
    let is_sent = |client: &Credential| {
        let method = client.client().and_then(|it| it.auth_method.as_ref());
        method.is_none_or(|method| !method.raw().contains("jwt"))
    };
    let by_client: HashMap<usize, &Secret> = secrets.iter().map(|(at, it)| (*at, it)).collect();
    let Merged { report, credentials } = merged;
    let tested: Vec<(&mut Finding, &Credential, &Secret)> = report
        .findings
        .iter_mut()
        .filter(|it| it.fact == Fact::StoredSecret)
        .filter_map(|finding| {
            let at = finding.subject? as usize;
            Some((finding, credentials.get(at)?, *by_client.get(&at)?))
        })
        .filter(|(_, client, _)| is_sent(client))
        .collect();
    let count = tested.len();
    let noun = if count == 1 { "secret" } else { "secrets" };
    if count == 0 {
        say("No secrets to test in these files.");
        return Ok(());
    }
    match bulk.confirm_count {
        Some(given) if given == count => {}
        None if std::io::stdin().is_terminal() => {
            for (_, client, _) in &tested {
                say(&format!("  {} ({})", client.name().shown(), client.id().shown()));
            }
            if !confirm(&format!("Send {count} {noun} from the files to {shown}? [y/N] ")) {
                return Err(eyre!("Canceled. No secret was sent"));
            }
        }
        _ => {
            return Err(Exit::usage(format!(
                "No secret was sent. To send {count} {noun} to {shown} without a terminal, add --confirm-count {count}"
            )));
        }
    }
    let bar = progress(bulk.quiet, Some(count as u64), "Testing secrets");
    let working = runtime()?.block_on(async {
        let failed =
            |error: ApiError| refused(&error, &format!("Could not use the issuer {shown}"));
        let prover = Prover::of_issuer(issuer, Trust::default()).await.map_err(failed)?;
        let mut working = 0;
        for (finding, client, secret) in tested {
            let note = match prover.prove(client.kind(), client.id().raw(), secret).await {
                Proof::Works => {
                    working += 1;
                    finding.severity = Severity::Critical;
                    format!("accepted by {issuer}")
                }
                // The client may belong to another server, so a rejection proves nothing.
                Proof::Refused(_) => format!("rejected by {issuer}"),
                Proof::Unknown(why) => format!("not tested: {why}"),
            };
            finding.note = Some(note.into());
            bar.inc(1);
        }
        Ok::<_, color_eyre::Report>(working)
    })?;
    bar.finish_and_clear();
    if working > 0 {
        say(&format!(
            "{working} of {count} {noun} can be used at {shown}. Rotate: credenza rotate ID --to DESTINATION"
        ));
    }
    Ok(())
}

/// Marks the findings that comments in the files suppress, and adds these suppressions to the
/// policy. Prints a message for each invalid, expired or unused comment.
fn suppress(
    sources: &[ParsedFile],
    places: &FilePlaces<'_>,
    merged: &mut Merged,
    policy: &mut Policy,
    now: Timestamp,
) {
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut suppressions = Vec::new();
    for (file, source) in sources.iter().enumerate() {
        let FileContent::Document(document) = &source.content else { continue };
        let (comments, errors) = comments::read(document);
        for (line, error) in errors {
            say(&format!("{}:{line}: Suppression comment ignored: {error}", source.name));
        }
        for comment in comments {
            if comment.until < today {
                let (name, line, until) = (&source.name, comment.line, comment.until);
                say(&format!("{name}:{line}: The suppression expired on {until}"));
            } else {
                suppressions.push((file, comment, false));
            }
        }
    }
    if suppressions.is_empty() {
        return;
    }
    let mut by_line: HashMap<(usize, u32), Vec<usize>> = HashMap::new();
    for (at, (file, comment, _)) in suppressions.iter().enumerate() {
        by_line.entry((*file, comment.line)).or_default().push(at);
    }
    for finding in &mut merged.report.findings {
        let Some(subject) = finding.subject.filter(|_| finding.state == FindingState::Open) else {
            continue;
        };
        let Some((file, lines)) = places.lines(subject as usize, finding) else { continue };
        let near = lines.into_iter().filter_map(|line| by_line.get(&(file, line))).flatten();
        let applies = |at: &&usize| suppressions[**at].1.rules.contains(&finding.rule.id);
        let Some(&at) = near.into_iter().find(applies) else { continue };
        let (_, comment, used) = &mut suppressions[at];
        *used = true;
        finding.state = FindingState::Suppressed(policy.suppressions.len() as u32);
        policy.suppressions.push(Suppression {
            rule: finding.rule.id.to_owned(),
            client: merged.credentials[subject as usize].id().raw().to_owned(),
            value: finding.value.as_ref().map(|value| value.raw().to_owned()),
            reason: comment.reason.clone(),
            expires: comment.until,
        });
    }
    for (file, comment, _) in suppressions.iter().filter(|(.., used)| !used) {
        let (name, line) = (&sources[*file].name, comment.line);
        let rules = comment.rules.join(", ");
        say(&format!("{name}:{line}: The suppression of {rules} applies to no finding"));
    }
}

/// Returns the profile information for the audit of a file. Only the provider of the server is
/// known.
fn place_of(file: &str, provider: Provider) -> ProfileInfo {
    ProfileInfo {
        name: file.to_owned(),
        provider: Some(provider),
        semantics: api::semantics(provider),
        ..ProfileInfo::default()
    }
}

/// Credentials and findings of all files.
struct Merged {
    report: Report,
    credentials: Vec<Credential>,
}

impl Merged {
    fn add(
        &mut self,
        credentials: Vec<Credential>,
        context: &AuditContext,
        selection: &RuleSelection,
    ) {
        let Report { mut findings, tallies } = audit::audit(&credentials, context, selection);
        // Findings about a profile or this machine do not apply to a file.
        findings.retain(|finding| finding.subject.is_some());
        let before = self.credentials.len() as u32;
        for finding in &mut findings {
            finding.subject = finding.subject.map(|at| at + before);
        }
        self.report.findings.extend(findings);
        for (rule, tally) in tallies.into_iter().filter(|(rule, _)| !rule.kinds.is_empty()) {
            match self.report.tallies.iter_mut().find(|(known, _)| known.id == rule.id) {
                Some((_, all)) => all.add(tally),
                None => self.report.tallies.push((rule, tally)),
            }
        }
        self.credentials.extend(credentials);
    }
}

/// Parses the given files, and the files in the given directories that are snapshots or may contain
/// clients. Adds the errors of unreadable files to `incomplete`. `pipes` contains the text of each
/// input that can be read only once.
fn load(
    args: &AuditArgs,
    mut pipes: HashMap<&Path, String>,
    incomplete: &mut Vec<String>,
) -> Vec<ParsedFile> {
    let mut files: Vec<(PathBuf, bool)> = Vec::new();
    for path in &args.files {
        if path.is_dir() {
            files.extend(below(path, incomplete).into_iter().map(|file| (file, true)));
        } else {
            files.push((path.clone(), false));
        }
    }
    // A file that is given by name and is also in a given directory must be audited only once.
    let mut known = HashSet::new();
    files.retain(|(file, _)| known.insert(file.canonicalize().unwrap_or_else(|_| file.clone())));
    let bar = progress(args.bulk.quiet, Some(files.len() as u64), "Reading files");
    let (mut sources, mut others) = (Vec::new(), 0_usize);
    for (file, searched) in files {
        bar.inc(1);
        let name = if file == Path::new("-") { "standard input".to_owned() } else { named(&file) };
        let text = match pipes.remove(file.as_path()).map_or_else(|| text_of(&file), Ok) {
            Ok(text) => text,
            Err(error) => {
                incomplete.push(text::shown(&format!("{error:#}")).into_owned());
                continue;
            }
        };
        let snapshot = is_snapshot_head(text.as_bytes());
        if searched && !snapshot && !readers::may_have_clients(&text) {
            others += 1;
            continue;
        }
        if snapshot && args.from.is_none() {
            match judged(&file, Snapshot::read(&text)) {
                Ok(snapshot) => {
                    let snapshot = Box::new(snapshot);
                    sources.push(ParsedFile {
                        name,
                        content: FileContent::Snapshot { text, snapshot },
                    });
                }
                Err(error) => incomplete.push(text::shown(&format!("{error:#}")).into_owned()),
            }
            continue;
        }
        match Document::parse(text) {
            Ok(document) => {
                // Many files in a directory mention a client but do not define one. Such files are
                // not errors.
                if searched && !readers::recognizes(&document, args.from) {
                    others += 1;
                } else {
                    sources.push(ParsedFile { name, content: FileContent::Document(document) });
                }
            }
            Err(Mistake::Template) if searched => {
                if !args.bulk.quiet {
                    say(&format!("Skipped {name}: {}", Mistake::Template));
                }
            }
            Err(mistake) => incomplete.push(format!("{name}: {mistake}")),
        }
    }
    bar.finish_and_clear();
    if others > 0 && !args.bulk.quiet {
        let files = if others == 1 { "file" } else { "files" };
        say(&format!("Skipped {others} {files} without OAuth clients."));
    }
    sources
}

/// Returns the files in a directory tree that have one of the [`EXTENSIONS`] and that no
/// `.gitignore` or `.git/info/exclude` excludes, sorted by path. Adds I/O errors to `incomplete`.
fn below(directory: &Path, incomplete: &mut Vec<String>) -> Vec<PathBuf> {
    let walk = WalkBuilder::new(directory)
        .require_git(false)
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .follow_links(true)
        .filter_entry(|entry| entry.file_name() != ".git")
        .sort_by_file_path(Ord::cmp)
        .build();
    let mut files = Vec::new();
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|it| it.is_file()) => {
                let extension = entry.path().extension().and_then(|it| it.to_str());
                if EXTENSIONS.contains(&extension.unwrap_or_default()) {
                    files.push(entry.into_path());
                }
            }
            Ok(_) => {}
            Err(error) => incomplete.push(text::shown(&error.to_string()).into_owned()),
        }
    }
    files
}
