//! Rules about the form of URLs: characters, path, query, port, length, placeholders and temporary
//! hosts.

use super::{BROWSER, Check, Hit, RULE, Rule};
use crate::domain::{
    audit::{
        AuditContext, Fact, FixKind, Persona, Severity,
        entry::UrlEntry,
        fix::Fix,
        host::{self, Class},
        names::is_one_of,
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
        fix_kind: FixKind::Safe,
        kinds: BROWSER,
        facts: URLS,
        title: "URL has invisible characters or surrounding spaces",
        why: "The server also compares the invisible characters",
        advice: "Remove them",
        source: "CWE-150; CWE-451",
        check: entry!(|it| it.raw.trim() != it.raw || text::has_deceptive(it.raw)),
        fix: Some(Fix::Trim),
        ..RULE
    },
    Rule {
        id: "URL26",
        slug: "reserved-query",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        title: "Callback has a reserved query parameter",
        why: "The server's response adds the same parameter, and the app may read the wrong one",
        advice: "Remove the parameter",
        source: "RFC 6749 section 4.1.2; RFC 9207",
        check: entry!(|it| it.query_keys().any(|key| {
            ["code", "state", "error", "access_token", "id_token", "token", "iss"]
                .contains(&key.as_ref())
        })),
        fix: Some(Fix::DropReservedQuery),
        ..RULE
    },
    Rule {
        id: "URL27",
        slug: "redirector-shape",
        persona: Persona::Auditor,
        kinds: BROWSER,
        facts: URLS,
        title: "URL looks like an open redirector",
        why: "It could forward the code to another site",
        advice: "Check that it does not redirect to an address from its parameters",
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
        title: "Callback has a query",
        why: "The query must match character by character",
        advice: "Move variable data into the state parameter",
        source: "RFC 9700 section 4.1.3",
        check: entry!(|it| it.parts.query.is_some()),
        ..RULE
    },
    Rule {
        id: "URL29",
        slug: "placeholder-host",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "Placeholder URL",
        why: "It was never replaced by a real URL",
        advice: "Replace it, or remove it",
        source: "RFC 2606; RFC 6761",
        check: Check::Entry(|entry, _, context| {
            let documented = has_placeholder(entry, context);
            (is_placeholder(entry) && !documented).then(Hit::here)
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL43",
        slug: "placeholder-without-organizations",
        kinds: BROWSER,
        facts: CALLBACKS,
        title: "Organization placeholder without organizations",
        why: "No organization uses the client, so the URL never matches",
        advice: "Enable organizations for the client, or replace the placeholder",
        source: "Auth0, Subdomain URL Placeholders",
        check: Check::Whole(|subject, context| {
            let used = subject.client().is_some_and(|client| client.organizations);
            let inert = subject.entries.iter().filter(|it| !used && has_placeholder(it, context));
            inert.map(Hit::of).collect::<Vec<_>>().into()
        }),
        ..RULE
    },
    Rule {
        id: "URL30",
        slug: "ephemeral-host",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "Tunnel, sandbox or preview host",
        why: "Someone else can get the same name later and receive codes",
        advice: "Remove it when the tunnel or preview is no longer used",
        source: "RFC 9700 section 4.1.1",
        check: worse_in_production!(Severity::Medium, |it| it
            .name()
            .is_some_and(host::is_ephemeral)
            && !it.has_host_wildcard()),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL31",
        slug: "odd-port-in-prod",
        severity: Severity::Info,
        persona: Persona::Auditor,
        kinds: BROWSER,
        facts: CALLBACKS,
        title: "Production callback with an unusual port",
        why: "Another service on that host may receive the codes",
        advice: "Check that your app listens on this port",
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
        title: "URL is very long",
        why: "Servers and browsers may truncate it",
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
        title: "Callback is a site's front page",
        why: "Every script on that page can read the code",
        advice: "Give the callback its own path",
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
        title: "Host ends with a dot",
        why: "Browsers treat it as another origin",
        advice: "Remove the dot",
        source: "RFC 1034 section 3.1; WHATWG URL standard",
        check: entry!(|it| it.parts.host.ends_with('.')),
        ..RULE
    },
];

/// Returns true if the host's first label is the provider's documented placeholder for an
/// organization, and the URL has no other braces.
pub(super) fn has_placeholder(entry: &UrlEntry<'_>, context: &AuditContext) -> bool {
    context.place.semantics.organizations
        && entry.raw.matches(['{', '}']).count() == 2
        && entry.parts.host.strip_prefix(ORGANIZATION).is_some_and(|rest| rest.starts_with('.'))
}

fn is_placeholder(entry: &UrlEntry<'_>) -> bool {
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
