//! What the rest of a URL says: characters, path, query, port and length, and whether it was ever filled in.

use super::{BROWSER, Check, Hit, RULE, Rule};
use crate::domain::{
    audit::{
        AuditContext, Fact, Persona, Remedy, Severity,
        entry::Entry,
        host::{self, Class},
        names::is_one_of,
        repair::Repair,
    },
    semantics::ORGANIZATION,
    text,
};

const CALLBACKS: &[Fact] = &[Fact::Callbacks];
const URLS: &[Fact] = &[Fact::Callbacks, Fact::LogoutUrls, Fact::LoginUrl];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "URL25",
        slug: "invisible-characters",
        severity: Severity::High,
        remedy: Remedy::Safe,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL has characters that nobody sees, or spaces around it",
        advice: "Remove them; what is compared is not what is shown",
        source: "CWE-150; CWE-451",
        check: entry!(|it| it.raw.trim() != it.raw || text::has_deceptive(it.raw)),
        repair: Some(Repair::Trim),
        ..RULE
    },
    Rule {
        id: "URL26",
        slug: "reserved-query",
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        says: "A callback's query has a parameter that the answer brings",
        advice: "Remove the parameter",
        source: "RFC 6749 section 4.1.2; RFC 9207",
        check: entry!(|it| it.query_keys().any(|key| {
            ["code", "state", "error", "access_token", "id_token", "token", "iss"]
                .contains(&key.as_ref())
        })),
        repair: Some(Repair::DropReservedQuery),
        ..RULE
    },
    Rule {
        id: "URL27",
        slug: "redirector-shape",
        persona: Persona::Auditor,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL looks like one that sends its visitors on",
        advice: "Make sure that it does not redirect to what it is told",
        source: "RFC 9700 section 4.11",
        check: entry!(|it| {
            let telling = |word: &str| {
                is_one_of(
                    word,
                    &[
                        "next",
                        "url",
                        "redirect",
                        "redirect_uri",
                        "redirect_url",
                        "return_to",
                        "returnto",
                        "return",
                        "continue",
                        "goto",
                        "dest",
                        "destination",
                    ],
                )
            };
            it.query_keys().any(|key| telling(&key))
                || it.parts.path.rsplit('/').find(|it| !it.is_empty()).is_some_and(telling)
        }),
        ..RULE
    },
    Rule {
        id: "URL28",
        slug: "has-query",
        severity: Severity::Info,
        persona: Persona::Pedantic,
        kinds: BROWSER,
        facts: CALLBACKS,
        says: "A callback has a query, which has to match letter by letter",
        advice: "Keep what varies in the state parameter",
        source: "RFC 9700 section 4.1.3",
        check: entry!(|it| it.parts.query.is_some()),
        ..RULE
    },
    Rule {
        id: "URL29",
        slug: "placeholder-host",
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL was never filled in",
        advice: "Put the real host, or remove it",
        source: "RFC 2606; RFC 6761",
        check: Check::Entry(|entry, _, ground| {
            let documented = has_placeholder(entry, ground);
            (is_placeholder(entry) && !documented).then(Hit::here)
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL43",
        slug: "placeholder-without-organizations",
        kinds: BROWSER,
        facts: CALLBACKS,
        says: "A URL has a placeholder for an organization, and no organization uses the client: it never matches",
        advice: "Let organizations use the client, or write the host",
        source: "Auth0, Subdomain URL Placeholders",
        check: Check::Whole(|subject, ground| {
            let used = subject.client().is_some_and(|client| client.organizations);
            let inert = subject.entries.iter().filter(|it| !used && has_placeholder(it, ground));
            inert.map(Hit::of).collect::<Vec<_>>().into()
        }),
        ..RULE
    },
    Rule {
        id: "URL30",
        slug: "ephemeral-host",
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL is a tunnel's, a sandbox's or a preview's, and a stranger can get that name next",
        advice: "Remove it when the session is over",
        source: "RFC 9700 section 4.1.1",
        check: worse_in_production!(Severity::Medium, |it| it
            .name()
            .is_some_and(host::is_ephemeral)
            && !it.has_host_wildcard()),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL31",
        slug: "odd-port-in-prod",
        severity: Severity::Info,
        persona: Persona::Auditor,
        kinds: BROWSER,
        facts: CALLBACKS,
        says: "A production callback has a port of its own",
        advice: "Check that something of yours listens there",
        source: "RFC 9700 section 4.1.1",
        check: Check::Entry(|entry, subject, _| {
            let port = entry.parsed().and_then(url::Url::port);
            (subject.prod && entry.scheme() == "https" && port.is_some()).then(Hit::here)
        }),
        ..RULE
    },
    Rule {
        id: "URL37",
        slug: "too-long",
        severity: Severity::Low,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL is longer than servers and screens take",
        advice: "Keep it below 256 characters",
        source: "Microsoft Entra's limit of 256 characters for a redirect URI",
        check: Check::Entry(|entry, _, _| {
            let length = entry.raw.chars().count();
            let severity = if length > 2048 { Severity::Medium } else { Severity::Low };
            (length > 256)
                .then(|| Hit::here().rated(severity).noting(format!("{length} characters")))
        }),
        ..RULE
    },
    Rule {
        id: "URL38",
        slug: "whole-origin-callback",
        severity: Severity::Info,
        persona: Persona::Auditor,
        kinds: BROWSER,
        facts: CALLBACKS,
        says: "A callback is the whole site's front page, so every page's scripts see the code",
        advice: "Give the callback a path of its own",
        source: "RFC 9700 section 4.2",
        check: entry!(|it| it.is_web() && matches!(it.parts.path, "" | "/")),
        ..RULE
    },
    Rule {
        id: "URL42",
        slug: "trailing-dot-host",
        severity: Severity::Low,
        persona: Persona::Pedantic,
        kinds: BROWSER,
        facts: URLS,
        says: "A host ends with a dot, which makes another origin of it",
        advice: "Remove the dot",
        source: "RFC 1034 section 3.1; WHATWG URL standard",
        check: entry!(|it| it.parts.host.ends_with('.')),
        ..RULE
    },
];

/// True where the first label of the host is the provider's documented placeholder for an organization.
pub(super) fn has_placeholder(entry: &Entry<'_>, ground: &AuditContext) -> bool {
    ground.place.semantics.organizations
        && entry.raw.matches(['{', '}']).count() == 2
        && entry.parts.host.strip_prefix(ORGANIZATION).is_some_and(|rest| rest.starts_with('.'))
}

fn is_placeholder(entry: &Entry<'_>) -> bool {
    if entry.is_web() && entry.class == Class::Reserved {
        return true;
    }
    let marks = ['<', '>', '{', '}', '$'];
    let label = |label: &str| {
        label.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("your-"))
            || is_one_of(label, &["todo", "changeme", "change-me", "yourdomain", "placeholder"])
    };
    entry.raw.contains(marks) || entry.parts.host.split('.').any(label)
}
