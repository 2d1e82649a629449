//! What is wrong with lists of URLs.

use std::collections::BTreeSet;

use super::{BROWSER, Check, Hit, RULE, Rule, SPA, Verdict};
use crate::domain::audit::{
    Fact, Persona, Remedy, Severity, entry::Entry, host::Class, names::Stage, repair::Repair,
};

const LISTS: &[Fact] = &[Fact::Callbacks, Fact::LogoutUrls];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "URL32",
        slug: "near-duplicate",
        severity: Severity::Low,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: LISTS,
        says: "Two URLs differ in nothing that people see, and only one of them can be meant",
        advice: "Keep the one that the app sends; URLs are compared letter by letter",
        source: "RFC 9700 section 2.1",
        check: Check::Entry(|entry, _, _| {
            let beside = |at| Hit::here().noting(format!("beside entry {}", at + 1));
            entry.twins.alike.map(beside)
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL33",
        slug: "exact-duplicate",
        severity: Severity::Low,
        remedy: Remedy::Safe,
        kinds: BROWSER,
        facts: LISTS,
        says: "A URL stands in its list twice",
        advice: "Remove one",
        source: "RFC 9700 section 2.1",
        check: Check::Entry(|entry, _, _| entry.twins.again.then(Hit::here)),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL34",
        slug: "http-https-twins",
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: LISTS,
        says: "A URL stands in its list with http and with https: a migration was left half-way",
        advice: "Remove the one with http",
        source: "RFC 9700 section 2.6",
        // On this machine both are right (RFC 8252 section 7.3).
        check: Check::Entry(|entry, _, _| {
            (entry.twins.with_https && !entry.is_loopback()).then(Hit::here)
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL35",
        slug: "no-callback",
        kinds: SPA,
        facts: &[Fact::Callbacks, Fact::Defaults],
        says: "A browser app has no callback: nobody can sign in, or the server takes any",
        advice: "Register the callback that the app sends",
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
        says: "A client has more callbacks than anybody reads",
        advice: "Remove what nobody uses, or give each app a client of its own",
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
        says: "The callbacks lie in more than three domains: one client serves several apps",
        advice: "Give each app a client of its own",
        source: "OWASP NHI9",
        check: Check::Whole(|subject, _| {
            let domains: BTreeSet<&str> =
                subject.of(Fact::Callbacks).filter_map(Entry::registrable).collect();
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
        says: "One client has callbacks of production and of a development or test stage",
        advice: "Give each stage a client of its own",
        source: "OWASP NHI8",
        check: Check::Whole(|subject, _| {
            let staged = |entry: &&Entry<'_>| stage_of(entry).is_some_and(|it| it != Stage::Prod);
            let real = |entry: &Entry<'_>| {
                entry.scheme() == "https"
                    && entry.class == Class::Name
                    && !entry.is_shared
                    && !entry.host_is_pattern()
                    && stage_of(entry).is_none_or(|it| it == Stage::Prod)
            };
            let odd = subject.of(Fact::Callbacks).find(staged);
            odd.filter(|_| subject.of(Fact::Callbacks).any(real)).map(Hit::of).into()
        }),
        ..RULE
    },
];

/// The stage that a URL's host names, left of what its owner registered.
pub(super) fn stage_of(entry: &Entry<'_>) -> Option<Stage> {
    let name = entry.name()?;
    let own = name.strip_suffix(entry.registrable()?)?;
    Stage::of_text(own)
}
