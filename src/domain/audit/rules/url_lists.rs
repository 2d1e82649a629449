//! Rules about lists of URLs.

use std::collections::BTreeSet;

use super::{BROWSER, Check, Hit, RULE, Rule, SPA, Verdict};
use crate::domain::audit::{
    Fact, FixKind, Persona, Severity, entry::UrlEntry, fix::Fix, host::Class,
    names::NamedEnvironment,
};

const LISTS: &[Fact] = &[Fact::Callbacks, Fact::LogoutUrls];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "URL32",
        slug: "near-duplicate",
        severity: Severity::Low,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: LISTS,
        title: "URL differs from another only in spelling",
        why: "URLs are compared character by character, so only one of them works",
        advice: "Keep the one the app sends",
        source: "RFC 9700 section 2.1",
        check: Check::Entry(|entry, _, _| {
            let beside = |at| Hit::here().noting(format!("same as entry {}", at + 1));
            entry.twins.alike.map(beside)
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL33",
        slug: "exact-duplicate",
        severity: Severity::Low,
        fix_kind: FixKind::Safe,
        kinds: BROWSER,
        facts: LISTS,
        title: "URL is listed twice",
        why: "Removing one of them does not remove the access",
        advice: "Remove one",
        source: "RFC 9700 section 2.1",
        check: Check::Entry(|entry, _, _| entry.twins.again.then(Hit::here)),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL34",
        slug: "http-https-twins",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: LISTS,
        title: "URL is listed with http and with https",
        why: "Codes can still be sent over plain http",
        advice: "Remove the http URL",
        source: "RFC 9700 section 2.6",
        // A loopback URL may use http (RFC 8252 section 7.3).
        check: Check::Entry(|entry, _, _| {
            (entry.twins.with_https && !entry.is_loopback()).then(Hit::here)
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL35",
        slug: "no-callback",
        kinds: SPA,
        facts: &[Fact::Callbacks, Fact::Defaults],
        title: "Browser app has no callback",
        why: "No one can sign in, or the server accepts any callback",
        advice: "Register the callback the app sends",
        source: "RFC 9700 section 2.1",
        check: Check::Whole(|subject, _| {
            let defaults = subject.client().is_some_and(|client| client.use_default_urls);
            Verdict::when(!defaults && subject.of(Fact::Callbacks).next().is_none())
        }),
        ..RULE
    },
    Rule {
        id: "URL36",
        slug: "too-many",
        severity: Severity::Low,
        kinds: BROWSER,
        facts: &[Fact::Callbacks],
        title: "Too many callbacks",
        why: "Stale entries are not noticed in a long list",
        advice: "Remove unused callbacks, or create one client for each app",
        source: "RFC 9700 section 4.1; Microsoft Entra's cap of 256",
        check: Check::Whole(|subject, _| {
            let count = subject.of(Fact::Callbacks).count();
            let severity = if count > 20 { Severity::Medium } else { Severity::Low };
            let hit = Hit::here().rated(severity).noting(format!("{count} callbacks"));
            (count > 10).then_some(hit).into()
        }),
        ..RULE
    },
    Rule {
        id: "URL39",
        slug: "many-domains",
        severity: Severity::Low,
        persona: Persona::Auditor,
        kinds: BROWSER,
        facts: &[Fact::Callbacks],
        title: "Callbacks on more than three domains",
        why: "One client serves several apps, and a flaw in one affects all",
        advice: "Create one client for each app",
        source: "OWASP NHI9",
        check: Check::Whole(|subject, _| {
            let domains: BTreeSet<&str> =
                subject.of(Fact::Callbacks).filter_map(UrlEntry::registrable).collect();
            let named = domains.iter().copied().collect::<Vec<_>>().join(", ");
            (domains.len() > 3).then(|| Hit::here().noting(named)).into()
        }),
        ..RULE
    },
    Rule {
        id: "URL40",
        slug: "mixed-environments",
        kinds: BROWSER,
        facts: &[Fact::Callbacks],
        title: "Production and development callbacks in one client",
        why: "Codes of production users can reach a development host",
        advice: "Create one client for each environment",
        source: "OWASP NHI8",
        check: Check::Whole(|subject, _| {
            let staged = |entry: &&UrlEntry<'_>| {
                stage_of(entry).is_some_and(|it| it != NamedEnvironment::Prod)
            };
            let real = |entry: &UrlEntry<'_>| {
                entry.scheme() == "https"
                    && entry.class == Class::Name
                    && !entry.is_shared
                    && !entry.host_is_pattern()
                    && stage_of(entry).is_none_or(|it| it == NamedEnvironment::Prod)
            };
            let odd = subject.of(Fact::Callbacks).find(staged);
            odd.filter(|_| subject.of(Fact::Callbacks).any(real)).map(Hit::of).into()
        }),
        ..RULE
    },
];

/// Returns the environment in the labels of a host that precede its registrable domain.
pub(super) fn stage_of(entry: &UrlEntry<'_>) -> Option<NamedEnvironment> {
    let name = entry.name()?;
    let own = name.strip_suffix(entry.registrable()?)?;
    NamedEnvironment::of_text(own)
}
