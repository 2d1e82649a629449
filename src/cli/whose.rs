//! `credenza whose`: finds the credentials that a pasted text mentions.

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Read as _},
};

use clap::Args;
use color_eyre::eyre::{Report, Result, WrapErr as _, eyre};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    ConsoleArgs, Exit, Printed,
    api_session::{ApiArgs, policy},
    context::{Context, given_token, runtime},
    fleet::{self, ProfilesArgs},
    list::ShowFormat,
    prompt::say,
};
use crate::{
    api::{self, Scope},
    app::list::Cached,
    config,
    domain::{
        Credential, Kind, Profile, Untrusted, age,
        audit::{self, AuditContext, Counts, RuleSelection},
        cli_command::CliCommand,
        export,
        profile::Word as _,
        text,
        whose::{Clues, Obstacle},
    },
    shell::list_cache::ListCache,
};

/// Maximum size of the text on standard input, in bytes.
const LONGEST: u64 = 1 << 20;

/// Text to search, and the profiles whose credentials are compared with it.
#[derive(Debug, Clone, Args)]
pub struct WhoseArgs {
    /// Client ID, authorize URL, error page or log line. Default: standard input (also
    /// with -). Use standard input for tokens, because other users of this machine can see
    /// arguments.
    pub text: Vec<String>,
    /// Selection of several profiles.
    #[command(flatten)]
    pub profiles: ProfilesArgs,
    /// Use the credentials shared with the organization instead of your own.
    #[arg(long)]
    pub organization: bool,
    /// API selection.
    #[command(flatten)]
    pub api: ApiArgs,
    /// Output format.
    #[arg(long, short, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: ShowFormat,
}

/// Credential that the text mentions.
struct Hit {
    profile: String,
    credential: Credential,
    /// Part of the text that mentions the credential, such as `client_id of the authorize URL`.
    mention: String,
    findings: Counts,
    /// Reasons why the authorization request in the text fails; `None` if the text has no request
    /// of this credential.
    obstacles: Option<Vec<Obstacle>>,
    /// Options that select the profile, for suggested commands.
    options: Vec<String>,
    /// Time of the oldest cached list of the profile; `None` if the server returned the credential.
    cached_at: Option<Timestamp>,
}

/// Finds the credentials that a text mentions, and the reasons why an authorization request in the
/// text fails. The exit code is 0 if a credential is found. If none is found, it is 4 if a list or
/// a profile could not be read, else 3.
///
/// If a server cannot be used and no credential is found, the lists that the console cached are
/// searched.
///
/// # Errors
/// Returns an error if standard input is empty, unreadable or longer than 1 MiB, if the audit
/// policy is invalid, or if the selected profile cannot be read and its cached lists have no match.
pub fn run(console: &ConsoleArgs, args: &WhoseArgs) -> Result<Printed> {
    let clues = Clues::read(&pasted(args)?);
    // Suggested commands contain `--profile` if the profile may differ from the default profile.
    let names_profile = args.profiles.are_several() || console.profile.is_some();
    let read = runtime()?.block_on(fleet::of_profiles(
        console,
        &args.api,
        &args.profiles,
        args.organization,
        async |session, fleet| {
            let options =
                if names_profile { profile_options(&session.profile) } else { Vec::new() };
            let context = session.audit_context()?;
            let hits = hits(&clues, &fleet.credentials, &context, &options);
            Ok::<_, Report>((session.profile.name.clone(), hits))
        },
    ));
    let (mut hits, mut live) = (Vec::new(), Vec::new());
    let failed = match read {
        Ok((found, failed)) => {
            for profile in found {
                let (name, found) = profile?;
                live.push(name);
                hits.extend(found);
            }
            if hits.is_empty() && !failed.is_empty() {
                hits = cached_hits(console, args, &clues, &live)?;
            }
            failed
        }
        Err(error) if Exit::of(&error) == Exit::Usage => return Err(error),
        Err(error) => {
            hits = cached_hits(console, args, &clues, &live).unwrap_or_default();
            if hits.is_empty() {
                return Err(error);
            }
            vec![format!("{error:#}")]
        }
    };
    for why in &failed {
        say(why);
    }
    let code = match (hits.is_empty(), failed.is_empty()) {
        (false, _) => Exit::Fine,
        (true, true) => Exit::Nothing,
        (true, false) => Exit::Partial,
    };
    let now = Timestamp::now();
    let text = if args.output == ShowFormat::Json {
        let list: Vec<Value> = hits.iter().map(object).collect();
        let tokens: Vec<Value> = clues
            .tokens
            .iter()
            .map(|token| {
                json!({
                    "issuer": token.issuer.as_ref().map(Untrusted::raw),
                    "ids": token.ids.iter().map(|(name, value)| (*name, value.raw())).collect::<std::collections::BTreeMap<_, _>>(),
                    "expires_at": token.expires_at,
                })
            })
            .collect();
        export::json(&json!({ "credentials": list, "tokens": tokens, "incomplete": failed }), true)
            + "\n"
    } else {
        written(&clues, &hits, now)
    };
    Ok(Printed { text, code: code.into() })
}

fn pasted(args: &WhoseArgs) -> Result<String> {
    if !args.text.is_empty() && args.text != ["-"] {
        return Ok(args.text.join(" "));
    }
    if std::io::stdin().is_terminal() {
        say("Paste the text, then press Ctrl-D on an empty line.");
    }
    let mut text = Vec::new();
    std::io::stdin()
        .take(LONGEST + 1)
        .read_to_end(&mut text)
        .wrap_err("Could not read the text")?;
    if text.len() as u64 > LONGEST {
        return Err(eyre!(
            "The text is larger than 1 MiB. Paste the part with the client or the error"
        ));
    }
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(Exit::usage(
            "No text. Paste a client ID, a URL, a token or a log line".to_owned(),
        ));
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn profile_options(profile: &Profile) -> Vec<String> {
    vec!["--profile".to_owned(), profile.name.clone()]
}

/// Returns the credentials that the text mentions.
fn hits(
    clues: &Clues,
    credentials: &[Credential],
    context: &AuditContext,
    options: &[String],
) -> Vec<Hit> {
    let mentioned: Vec<(usize, String)> = credentials
        .iter()
        .enumerate()
        .filter_map(|(at, credential)| {
            Some((at, clues.mention(credential.id(), credential.name())?))
        })
        .collect();
    if mentioned.is_empty() {
        return Vec::new();
    }
    let report = audit::audit(credentials, context, &RuleSelection::default());
    let place = &context.place;
    let groups = report.groups();
    let hit = |(at, mention): (usize, String)| {
        let credential = credentials[at].clone();
        let mut findings = Counts::default();
        for group in &groups {
            if group.first.subject == Some(at as u32) {
                findings.add(group.first.severity);
            }
        }
        let request = clues.request_of(credential.id()).filter(|_| credential.client().is_some());
        Hit {
            profile: place.name.clone(),
            obstacles: request
                .map(|it| it.obstacles(&credential, place.semantics, &place.base_url)),
            credential,
            mention,
            findings,
            options: options.to_vec(),
            cached_at: None,
        }
    };
    mentioned.into_iter().map(hit).collect()
}

/// Returns the credentials in the cached lists of the selected profiles that the text mentions.
/// Omits the profiles in `live`, whose lists the server returned. A token in the environment may
/// belong to another user than the cached lists, so they are not used with one.
fn cached_hits(
    console: &ConsoleArgs,
    args: &WhoseArgs,
    clues: &Clues,
    live: &[String],
) -> Result<Vec<Hit>> {
    let has_no_profile = console.demo
        || args.api.demo
        || args.api.base_url.is_some()
        || console.base_url().is_some();
    let context = Context::load(console)?;
    if has_no_profile || given_token().is_some() || context.settings.cache == Some(false) {
        return Ok(Vec::new());
    }
    let mut profiles = if args.profiles.are_several() {
        args.profiles.of(&context.settings)?
    } else {
        vec![context.profile(None)?]
    };
    profiles.retain(|profile| !live.contains(&profile.name));
    let lists = config::lists_directory()?;
    let policy = policy()?;
    let scope = if args.organization { Scope::Organization } else { Scope::Mine };
    let mut found = Vec::new();
    for profile in &profiles {
        let parts: Vec<Cached> =
            ListCache::of(&lists, profile).recall().filter(|part| part.scope == scope).collect();
        let Some(oldest) = parts.iter().map(|part| part.taken_at).min() else { continue };
        let mut credentials: Vec<Credential> =
            parts.into_iter().flat_map(|part| part.credentials).collect();
        credentials.sort_by_key(|it| (it.kind(), it.id().raw().to_owned()));
        let place = api::profile_info(profile, &[]);
        let audit_context =
            AuditContext { policy: policy.clone(), ..AuditContext::new(oldest, place) };
        let hits = hits(clues, &credentials, &audit_context, &profile_options(profile));
        found.extend(hits.into_iter().map(|hit| Hit { cached_at: Some(oldest), ..hit }));
    }
    Ok(found)
}

fn object(hit: &Hit) -> Value {
    let record = hit.credential.record();
    json!({
        "profile": hit.profile,
        "kind": hit.credential.kind().word(),
        "id": record.id.raw(),
        "name": record.name.raw(),
        "owner": record.owner.as_ref().map(|owner| owner.email.raw()),
        "found_as": hit.mention,
        "expires_at": expiry(&hit.credential),
        "last_used_at": record.last_used_at,
        "cached_at": hit.cached_at,
        "findings": hit.findings.found().map(|(severity, count)| (severity.word(), count)).collect::<std::collections::BTreeMap<_, _>>(),
        "obstacles": hit.obstacles.as_ref().map(|all| {
            all.iter().map(|it| json!({ "why": it.why, "fix": it.fix })).collect::<Vec<_>>()
        }),
    })
}

fn expiry(credential: &Credential) -> Option<Timestamp> {
    match credential {
        Credential::Token(token) => token.expires_at,
        Credential::Spa(client) | Credential::M2m(client) | Credential::Other(client) => {
            let active = client.secrets()?.iter().filter(|secret| secret.active);
            active.filter_map(|secret| secret.expires_at?).min()
        }
    }
}

fn written(clues: &Clues, hits: &[Hit], now: Timestamp) -> String {
    let mut out = String::new();
    for token in &clues.tokens {
        let issuer =
            token.issuer.as_ref().map_or_else(|| "an unnamed issuer".into(), |it| it.clipped(200));
        let ends = token.expires_at.map_or_else(String::new, |at| match age::ago(now, at) {
            _ if at <= now => format!(", expired {}", age::since(now, at)),
            left => format!(", expires {left}"),
        });
        let _ = writeln!(out, "Token of {issuer}{ends}. Its signature was not checked.\n");
    }
    for hit in hits {
        let record = hit.credential.record();
        let kind = hit.credential.kind();
        let _ = writeln!(out, "{} · {}", record.name.clipped(200), kind.singular());
        let mut line = |label: &str, value: &str| {
            let _ = writeln!(out, "  {label:<10} {value}");
        };
        line(if kind == Kind::Token { "token ID" } else { "client ID" }, &record.id.shown());
        line("profile", &text::shown(&hit.profile));
        line("found as", &hit.mention);
        if let Some(at) = hit.cached_at {
            line("cached", &format!("{} ({})", age::utc(at), age::since(now, at)));
        }
        if let Some(owner) = record.owner.as_ref().filter(|it| !it.email.raw().is_empty()) {
            line("owner", &owner.email.shown());
        }
        if let Some(at) = expiry(&hit.credential) {
            line("expires", &age::utc(at));
        }
        match record.last_used_at {
            Some(at) => line("last used", &age::since(now, at)),
            None if record.reports_last_used => line("last used", "never"),
            None => {}
        }
        let findings = hit.findings.words();
        if !findings.is_empty() {
            line("findings", &findings);
        }
        match &hit.obstacles {
            None => {}
            Some(all) if all.is_empty() => {
                line("request", "no conflict with the registration found");
            }
            Some(all) => {
                for it in all {
                    line("fails", &it.why);
                    if let Some(fix) = &it.fix {
                        let options: Vec<&str> = hit.options.iter().map(String::as_str).collect();
                        let words: Vec<&str> = fix.iter().map(String::as_str).collect();
                        line("fix", &CliCommand::new(&options, &words).line());
                    }
                }
            }
        }
        out.push('\n');
    }
    if hits.is_empty() {
        out.push_str("The text mentions no known credential.\n");
    }
    out
}
