//! Rules about web origins and allowed (CORS) origins.

use std::collections::BTreeSet;

use super::{
    BROWSER, Check, Hit, RULE, Rule, SPA, Verdict, url_shapes::has_placeholder,
    urls::is_on_shared_suffix,
};
use crate::domain::audit::{Fact, FixKind, Persona, Severity, entry::UrlEntry, fix::Fix};

const ORIGINS: &[Fact] = &[Fact::WebOrigins, Fact::AllowedOrigins];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ORG01",
        slug: "origin-any",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        title: "Every origin is allowed",
        why: "Any site can call the server with the user's session",
        advice: "List each origin",
        source: "OWASP HTML5 security cheat sheet, CORS; Fetch standard",
        check: Check::Entry(|entry, _, _| entry.matches_anything().then(Hit::here)),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "ORG02",
        slug: "origin-null",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        title: "Origin \"null\" is allowed",
        why: "Sandboxed frames and data: pages of any site send this origin",
        advice: "Remove it",
        source: "RFC 6454 section 7.3; OWASP HTML5 security cheat sheet",
        check: Check::Entry(|entry, _, _| {
            entry.raw.trim().eq_ignore_ascii_case("null").then(Hit::here)
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "ORG03",
        slug: "origin-http",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        title: "Origin uses plain http",
        why: "An attacker on the network can act as this origin",
        advice: "Use https",
        source: "W3C Secure Contexts; OWASP ASVS 3.4.2",
        check: Check::Entry(|entry, subject, _| {
            let severity = if subject.prod { Severity::High } else { Severity::Medium };
            entry.is_plain_http().then(|| Hit::here().rated(severity))
        }),
        fix: Some(Fix::UseHttps),
        ..RULE
    },
    Rule {
        id: "ORG04",
        slug: "not-an-origin",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        title: "Entry is not an origin",
        why: "Browsers never send this form, so the entry matches nothing",
        advice: "Write only the scheme, lower-case host and non-default port",
        source: "RFC 6454 sections 6.2 and 7; Fetch standard",
        check: Check::Entry(|entry, _, context| {
            // Other rules cover these entries.
            let any = entry.matches_anything()
                || entry.raw.trim().eq_ignore_ascii_case("null")
                || has_placeholder(entry, context);
            let pattern = entry.parts.host.contains('*') && entry.parts.has_authority;
            let is_origin = if pattern {
                // Apart from the wildcard, the entry must be an origin.
                let plain = entry.raw.replace('*', "wildcard");
                let plain = UrlEntry::new(entry.fact, entry.at, &plain);
                plain.serialized_origin().is_some_and(|origin| origin == plain.raw)
            } else {
                entry.serialized_origin().is_some_and(|origin| origin == entry.raw)
            };
            (!any && !is_origin).then(Hit::here)
        }),
        fix: Some(Fix::KeepOrigin),
        ..RULE
    },
    Rule {
        id: "ORG05",
        slug: "origin-wildcard-subdomain",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        title: "Wildcard in an origin's host",
        why: "A subdomain takeover can call the server with the user's session",
        advice: "List each host",
        source: "OWASP WSTG-CLNT-07",
        check: Check::Entry(|entry, _, _| {
            let pattern = entry.parts.host.contains('*') && !entry.matches_anything();
            let severity =
                if is_on_shared_suffix(entry) { Severity::High } else { Severity::Medium };
            pattern.then(|| Hit::here().rated(severity))
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "ORG06",
        slug: "origin-without-callback",
        severity: Severity::Low,
        kinds: BROWSER,
        facts: &[Fact::WebOrigins, Fact::AllowedOrigins, Fact::Callbacks],
        title: "Origin has no matching callback",
        why: "It may be left over, or belong to another app",
        advice: "Remove it, or register its callback",
        source: "RFC 9700 section 2.1; least privilege",
        check: Check::Whole(|subject, _| {
            let known: BTreeSet<&str> =
                subject.of(Fact::Callbacks).filter_map(|it| it.origin()).collect();
            if known.is_empty() {
                return Verdict::Pass; // nothing to compare with
            }
            let stale: Vec<Hit> = subject
                .entries
                .iter()
                .filter(|entry| ORIGINS.contains(&entry.fact) && !entry.host_is_pattern())
                .filter(|entry| entry.origin().is_some_and(|origin| !known.contains(origin)))
                .map(Hit::of)
                .collect();
            stale.into()
        }),
        ..RULE
    },
    Rule {
        id: "ORG07",
        slug: "callback-without-origin",
        severity: Severity::Low,
        fix_kind: FixKind::Consent,
        kinds: SPA,
        facts: &[Fact::WebOrigins, Fact::AllowedOrigins, Fact::Callbacks],
        title: "Origin of a callback is not allowed",
        why: "Sign-in succeeds, but the app's requests fail afterwards",
        advice: "Add the origin",
        source: "Fetch standard, CORS protocol",
        check: Check::Whole(|subject, _| {
            let allowed: BTreeSet<&str> = subject
                .entries
                .iter()
                .filter(|entry| ORIGINS.contains(&entry.fact))
                .filter_map(|it| it.origin())
                .collect();
            let pattern = subject
                .entries
                .iter()
                .any(|entry| ORIGINS.contains(&entry.fact) && entry.host_is_pattern());
            if pattern || subject.origins_follow {
                return Verdict::Pass; // the pattern or `+` can cover the origins of the callbacks
            }
            let mut missing = BTreeSet::new();
            let lacking: Vec<Hit> = subject
                .of(Fact::Callbacks)
                .filter(|entry| entry.scheme() == "https" && !entry.host_is_pattern())
                .filter_map(|entry| entry.origin().map(|origin| (entry, origin)))
                .filter(|(_, origin)| !allowed.contains(origin) && missing.insert(*origin))
                .map(|(entry, origin)| Hit::of(entry).noting(format!("{origin} is missing")))
                .collect();
            lacking.into()
        }),
        fix: Some(Fix::AddOrigin),
        ..RULE
    },
    Rule {
        id: "ORG08",
        slug: "origin-local-in-prod",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        title: "Local or private origin in a deployed client",
        why: "Programs on a user's machine or network can call the server with the user's session",
        advice: "Use a separate development client, and remove this origin",
        source: "OWASP NHI8",
        check: Check::Entry(|entry, subject, _| {
            // Native apps may use a loopback server (RFC 8252 section 7.3).
            let meant = entry.is_loopback() && subject.is_native();
            let wrong = subject.prod && entry.class.is_local() && !meant;
            (wrong && !entry.matches_anything()).then(Hit::here)
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "ORG09",
        slug: "origin-lists-differ",
        severity: Severity::Info,
        persona: Persona::Pedantic,
        kinds: BROWSER,
        facts: ORIGINS,
        title: "Web origins and allowed origins differ",
        why: "Usually one list was not updated",
        advice: "Compare the two lists",
        source: "CARTO and Auth0, lists of origins",
        check: Check::Whole(|subject, _| {
            let set = |fact| subject.of(fact).map(|entry| entry.raw).collect::<BTreeSet<_>>();
            Verdict::when(set(Fact::WebOrigins) != set(Fact::AllowedOrigins))
        }),
        ..RULE
    },
];
