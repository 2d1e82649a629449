//! Rules about API access tokens.

use super::{
    Check, Hit, RULE, Rule, TOKENS, Verdict,
    secrets::{ending, old, since},
};
use crate::domain::{
    Grant, Token,
    audit::{
        AuditContext, Fact, FixKind, Persona, Severity, Subject,
        entry::{UrlEntry, is_local_text},
        fix::Fix,
        host::{self, Class},
    },
    grants::{APIS, EXCLUSIVE_API},
};

/// APIs that web pages call.
const BROWSER_APIS: [&str; 3] = ["maps", "sql", "lds"];

const REFERERS: &[Fact] = &[Fact::Referers];
const GRANTS: &[Fact] = &[Fact::Grants];

/// Builds a check of a token. The rule must be about tokens only; for a client, the check returns
/// unknown.
macro_rules! token {
    ($question:expr) => {
        Check::Whole(|subject, context| {
            let question: fn(&Token, &Subject<'_>, &AuditContext) -> Verdict = $question;
            subject.token().map_or(Verdict::Unknown, |token| question(token, subject, context))
        })
    };
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "TOK01",
        slug: "no-expiry",
        fix_kind: FixKind::Recreate,
        kinds: TOKENS,
        facts: &[Fact::Expires],
        title: "Token never expires",
        why: "A leaked token works until it is revoked, and an expiry cannot be added later",
        advice: "Create a token with an expiry, switch to it, and delete this one",
        source: "CARTO, API access tokens; GitLab's mandatory expiry; OWASP NHI7",
        check: token!(|token, _, _| {
            let whole = token.grants.iter().any(|grant| grant.source.raw() == "*");
            let severity = if whole { Severity::High } else { Severity::Medium };
            token.expires_at.is_none().then(|| Hit::here().rated(severity)).into()
        }),
        ..RULE
    },
    Rule {
        id: "TOK02",
        slug: "far-expiry",
        severity: Severity::Low,
        fix_kind: FixKind::Recreate,
        kinds: TOKENS,
        facts: &[Fact::Expires],
        title: "Token expires far in the future",
        why: "A leaked token works for a long time",
        advice: "Create a token that expires sooner",
        source: "GitLab's limit of 365 days",
        check: token!(|token, _, context| {
            let Some(end) = token.expires_at else { return Verdict::Pass };
            let made = token.record.created_at.unwrap_or(context.now);
            let days = (end.as_second() - made.as_second()) / (24 * 60 * 60);
            let hit = Hit::here().noting(format!("valid for {days} days"));
            match days {
                366.. => Verdict::Fail(vec![hit]),
                91.. => {
                    let pedantic = Some(Persona::Pedantic);
                    Verdict::Fail(vec![Hit { persona: pedantic, ..hit.rated(Severity::Info) }])
                }
                _ => Verdict::Pass,
            }
        }),
        ..RULE
    },
    Rule {
        id: "TOK03",
        slug: "expired",
        severity: Severity::Low,
        fix_kind: FixKind::Delete,
        kinds: TOKENS,
        facts: &[Fact::Expires],
        title: "Token has expired",
        why: "It no longer works and only clutters the list",
        advice: "Delete it",
        source: "OWASP NHI1",
        check: token!(|token, _, context| {
            let past = token.expires_at.filter(|end| *end < context.now);
            past.map(|end| Hit::here().noting(since(context, end))).into()
        }),
        ..RULE
    },
    Rule {
        id: "TOK04",
        slug: "expiring",
        fix_kind: FixKind::Recreate,
        kinds: TOKENS,
        facts: &[Fact::Expires],
        title: "Token expires soon",
        why: "Maps and services that use it stop working at that moment",
        advice: "Create its successor before it expires",
        source: "CARTO, API access tokens: rotate by creating a new one",
        check: token!(|token, _, context| {
            let made = token.record.created_at;
            token.expires_at.and_then(|end| ending(context, made, end)).into()
        }),
        ..RULE
    },
    Rule {
        id: "TOK05",
        slug: "whole-connection",
        severity: Severity::High,
        kinds: TOKENS,
        facts: GRANTS,
        title: "Token reads a whole connection",
        why: "A leaked token gives access to all data the connection can reach",
        advice: "Grant only the tables or queries it needs",
        source: "CARTO, API access tokens; OWASP NHI5",
        check: token!(|token, _, _| granted(token, |source| source == "*")),
        ..RULE
    },
    Rule {
        id: "TOK06",
        slug: "dataset-wildcard",
        kinds: TOKENS,
        facts: GRANTS,
        title: "Token reads every table of a dataset",
        why: "Tables added later are exposed as well",
        advice: "Grant the tables it needs",
        source: "CARTO, API access tokens; OWASP NHI5",
        check: token!(|token, _, _| {
            granted(token, |source| source.ends_with(".*") && !source.contains(char::is_whitespace))
        }),
        ..RULE
    },
    Rule {
        id: "TOK07",
        slug: "no-referer",
        kinds: TOKENS,
        facts: &[Fact::Referers, Fact::Apis],
        title: "Browser token works from any site",
        why: "A copied token can be used on any page, at your cost",
        advice: "List the sites that use it",
        source: "CIS Google Cloud 1.14",
        check: token!(|token, _, _| {
            let browser =
                is_for_all(token) || token.apis.iter().any(|api| BROWSER_APIS.contains(&api.raw()));
            Verdict::when(browser && token.referers.is_empty())
        }),
        ..RULE
    },
    Rule {
        id: "TOK08",
        slug: "referer-wildcard",
        fix_kind: FixKind::Consent,
        kinds: TOKENS,
        facts: REFERERS,
        title: "Referer covers sites that are not listed",
        why: "The token can be used on third-party sites",
        advice: "List each site; * is only safe after the slash that follows the host",
        source: "CIS Google Cloud 1.14",
        check: Check::Entry(|entry, _, _| {
            // Without a complete host before the wildcard, third-party hosts match too.
            let pattern = entry.raw.contains(['*', '?']);
            let nameless = entry.is_open_ended() && !is_whole_host(entry.parts.host);
            if entry.matches_anything() || (pattern && (!entry.parts.has_authority || nameless)) {
                return Some(Hit::here().rated(Severity::High));
            }
            if entry.is_open_ended() && entry.parts.port.is_empty() {
                let host = entry.parts.host.trim_end_matches('*');
                let note = format!("also matches the host {host}.example.com");
                let hit = Hit::here().noting(note);
                return Some(if host.contains('*') { hit } else { hit.rated(Severity::Low) });
            }
            entry.has_host_wildcard().then(Hit::here)
        }),
        ..RULE
    },
    Rule {
        id: "TOK09",
        slug: "referer-http",
        fix_kind: FixKind::Consent,
        kinds: TOKENS,
        facts: REFERERS,
        title: "Referer uses plain http",
        why: "An attacker on the network can read the token",
        advice: "Use https",
        source: "RFC 6750 section 5.3",
        check: Check::Entry(|entry, _, _| {
            let plain = entry.parts.scheme.eq_ignore_ascii_case("http");
            (plain && !entry.is_loopback() && !entry.matches_anything()).then(Hit::here)
        }),
        fix: Some(Fix::UseHttps),
        ..RULE
    },
    Rule {
        id: "TOK10",
        slug: "referer-not-origin",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: TOKENS,
        facts: REFERERS,
        title: "Referer matches a single page",
        why: "By default, browsers send only the origin and a slash, so requests are refused",
        advice: "List the origin with a slash, and the origin with /* for full addresses",
        source: "W3C Referrer Policy, default policy; CARTO's referer matching: * is one or more characters",
        check: Check::Entry(|entry, _, _| {
            let path = entry.parts.path;
            (entry.parts.has_authority
                && !matches!(path, "" | "/")
                && !path.contains(['*', '?'])
                && entry.parts.query.is_none())
            .then(Hit::here)
        }),
        fix: Some(Fix::MatchSite),
        ..RULE
    },
    Rule {
        id: "TOK11",
        slug: "referer-local-in-prod",
        severity: Severity::Low,
        fix_kind: FixKind::Consent,
        kinds: TOKENS,
        facts: REFERERS,
        title: "Local referer in a token of a public site",
        why: "The token also works from any user's machine",
        advice: "Use a separate development token",
        source: "OWASP NHI8",
        check: Check::Entry(|entry, subject, _| {
            let local = |it: &UrlEntry<'_>| it.class.is_local() || is_local_text(it.parts.host);
            let public = subject
                .of(Fact::Referers)
                .any(|it| it.parts.has_authority && !local(it) && it.class != Class::Reserved);
            (public && local(entry)).then(Hit::here)
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "TOK12",
        slug: "all-apis",
        kinds: TOKENS,
        facts: &[Fact::Apis],
        title: "Token works for every API",
        why: "A leaked token can do more than the app needs",
        advice: "Allow only the APIs it needs",
        source: "CIS Google Cloud 1.15; OWASP ASVS 10.2.3",
        check: token!(|token, _, context| {
            let has = |api: &str| token.apis.iter().any(|own| own.raw() == api);
            let named = &context.place.apis;
            let all = if named.is_empty() {
                APIS.iter().all(|api| has(api))
            } else {
                named.len() > 1 && named.iter().all(|api| has(api))
            };
            Verdict::when(all || is_for_all(token))
        }),
        ..RULE
    },
    Rule {
        id: "TOK13",
        slug: "write-api-in-browser",
        severity: Severity::High,
        kinds: TOKENS,
        facts: &[Fact::Apis, Fact::Referers],
        title: "Browser token can write data",
        why: "Every visitor can read the token and write with it",
        advice: "Split it into two tokens, and keep the one that can write on a server",
        source: "CARTO, API access tokens; RFC 6750 section 5.3",
        check: token!(|token, _, _| {
            let at = token.apis.iter().position(|api| api.raw() == EXCLUSIVE_API);
            let hit = match at {
                Some(at) => Some(Hit::at(Fact::Apis, Some(at as u32)).with(EXCLUSIVE_API)),
                None => is_for_all(token).then(|| Hit::at(Fact::Apis, None)),
            };
            hit.filter(|_| !token.referers.is_empty()).into()
        }),
        ..RULE
    },
    Rule {
        id: "TOK14",
        slug: "incompatible-apis",
        severity: Severity::Low,
        kinds: TOKENS,
        facts: &[Fact::Apis],
        title: "Token combines imports with another API",
        why: "The API refuses this combination",
        advice: "Split it into two tokens",
        source: "CARTO, API access tokens",
        check: token!(|token, _, _| {
            let imports = token.apis.iter().any(|api| api.raw() == EXCLUSIVE_API);
            Verdict::when(imports && token.apis.len() > 1)
        }),
        ..RULE
    },
    Rule {
        id: "TOK15",
        slug: "many-grants",
        severity: Severity::Info,
        persona: Persona::Pedantic,
        kinds: TOKENS,
        facts: GRANTS,
        title: "Token has more than 20 grants",
        why: "Broad tokens are hard to review",
        advice: "Remove the grants it does not need",
        source: "CARTO recommends one token with many grants, so this is only a hint",
        check: token!(|token, _, _| {
            let count = token.grants.len();
            (count > 20).then(|| Hit::here().noting(format!("{count} grants"))).into()
        }),
        ..RULE
    },
    Rule {
        id: "TOK16",
        slug: "redundant-grant",
        severity: Severity::Low,
        fix_kind: FixKind::Consent,
        kinds: TOKENS,
        facts: GRANTS,
        title: "Grant is covered by another grant",
        why: "It suggests a limit that does not exist",
        advice: "Remove it",
        source: "CARTO, API access tokens",
        check: token!(|token, _, _| {
            let wide: Vec<(usize, &Grant)> = token
                .grants
                .iter()
                .enumerate()
                .filter(|(_, grant)| grant.source.raw().contains('*'))
                .collect();
            let mut seen = std::collections::HashSet::new();
            let mut hits = Vec::new();
            for (at, grant) in token.grants.iter().enumerate() {
                let twice = !seen.insert(grant_key(grant));
                let covering = wide.iter().find(|(other, by)| *other != at && covers(by, grant));
                let note = match covering {
                    _ if twice => "listed twice".to_owned(),
                    Some((_, by)) => format!("covered by {}", by.source.shown()),
                    None => continue,
                };
                hits.push(granted_at(at, grant).noting(note));
            }
            hits.into()
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "TOK17",
        slug: "default-name",
        severity: Severity::Low,
        fix_kind: FixKind::Rename,
        kinds: TOKENS,
        facts: &[Fact::Name],
        title: "Token has its default name",
        why: "Its purpose is unknown when it has to be reviewed",
        advice: "Name it after the app that uses it",
        source: "CARTO, API access tokens",
        check: token!(|token, _, _| {
            let made = token.record.name.raw().strip_prefix("tk_").is_some_and(|rest| {
                rest.len() >= 4 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
            Verdict::when(made)
        }),
        ..RULE
    },
    Rule {
        id: "TOK21",
        slug: "sensitive-source",
        severity: Severity::High,
        kinds: TOKENS,
        facts: GRANTS,
        title: "Token reads data that the policy marks as sensitive",
        why: "Tokens are copied into pages and scripts",
        advice: "Remove the grant, or let an M2M client read the data",
        source: "your policy",
        check: token!(|token, _, context| {
            if context.policy.sensitive.is_empty() {
                return Verdict::Unknown;
            }
            let sensitive: Vec<Hit> = token
                .grants
                .iter()
                .enumerate()
                .filter(|(_, grant)| context.policy.is_sensitive(grant.source.raw()))
                .map(|(at, grant)| granted_at(at, grant))
                .collect();
            sensitive.into()
        }),
        ..RULE
    },
    Rule {
        id: "TOK22",
        slug: "old-immortal",
        fix_kind: FixKind::Recreate,
        kinds: TOKENS,
        facts: &[Fact::Expires, Fact::Created],
        title: "Token without an expiry is old",
        why: "The longer it lives, the more copies of it exist",
        advice: "Create a token with an expiry, switch to it, and delete this one",
        source: "OWASP NHI7",
        check: token!(|token, _, context| {
            let made = token.record.created_at.filter(|_| token.expires_at.is_none());
            made.and_then(|made| old(context.days_since(made))).into()
        }),
        ..RULE
    },
];

fn granted(token: &Token, wrong: fn(&str) -> bool) -> Verdict {
    let hits: Vec<Hit> = token
        .grants
        .iter()
        .enumerate()
        .filter(|(_, grant)| wrong(grant.source.raw().trim()))
        .map(|(at, grant)| granted_at(at, grant))
        .collect();
    hits.into()
}

fn granted_at(at: usize, grant: &Grant) -> Hit {
    Hit::at(Fact::Grants, Some(at as u32)).with(format!(
        "{} = {}",
        grant.connection.raw(),
        grant.source.raw()
    ))
}

fn grant_key(grant: &Grant) -> (&str, &str) {
    (grant.connection.raw(), grant.source.raw())
}

/// Returns true if `wide` covers a different grant for the same connection: `wide` is `*`, or both
/// have the same number of segments and each segment matches. Only `*` covers a query, which is a
/// source with white space.
fn covers(wide: &Grant, other: &Grant) -> bool {
    let (pattern, source) = (wide.source.raw(), other.source.raw());
    if wide.connection != other.connection || pattern == source {
        return false;
    }
    if pattern == "*" {
        return true;
    }
    let query = |text: &str| text.contains(char::is_whitespace);
    if query(pattern) || query(source) {
        return false;
    }
    let (patterns, segments) = (pattern.split('.'), source.split('.'));
    patterns.clone().count() == segments.clone().count()
        && patterns
            .zip(segments)
            .all(|(pattern, segment)| wildmatch::WildMatch::new(pattern).matches(segment))
}

/// Returns true if a token has neither APIs nor scopes, so that every API accepts it. The tokens of
/// some providers have scopes instead of APIs.
fn is_for_all(token: &Token) -> bool {
    token.apis.is_empty() && token.scopes.is_empty()
}

/// Returns true if the text before a wildcard is a complete host: a name below a public suffix,
/// this machine, or an IP address.
fn is_whole_host(pattern: &str) -> bool {
    let host = pattern.trim_end_matches('*');
    let host = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
    is_local_text(host)
        || host.parse::<core::net::IpAddr>().is_ok()
        || host::registrable(host).is_some_and(|own| !own.is_empty())
}
