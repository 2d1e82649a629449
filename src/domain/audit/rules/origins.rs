//! What is wrong with origins.

use std::collections::BTreeSet;

use super::{
    BROWSER, Check, Hit, RULE, Rule, SPA, Verdict, url_shapes::has_placeholder,
    urls::is_on_shared_suffix,
};
use crate::domain::audit::{Fact, Persona, Remedy, Severity, entry::Entry, repair::Repair};

const ORIGINS: &[Fact] = &[Fact::WebOrigins, Fact::AllowedOrigins];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ORG01",
        slug: "origin-any",
        severity: Severity::High,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        says: "Any site may call with the user's session",
        advice: "Name each origin",
        source: "OWASP HTML5 security cheat sheet, CORS; Fetch standard",
        check: Check::Entry(|entry, _, _| entry.matches_anything().then(Hit::here)),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "ORG02",
        slug: "origin-null",
        severity: Severity::High,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        says: "The origin null is allowed, which every sandboxed frame and data: page sends",
        advice: "Remove it",
        source: "RFC 6454 section 7.3; OWASP HTML5 security cheat sheet",
        check: Check::Entry(|entry, _, _| {
            entry.raw.trim().eq_ignore_ascii_case("null").then(Hit::here)
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "ORG03",
        slug: "origin-http",
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        says: "An origin is plain http, so whoever is on the way can speak for it",
        advice: "Use https",
        source: "W3C Secure Contexts; OWASP ASVS 3.4.2",
        check: Check::Entry(|entry, subject, _| {
            let severity = if subject.prod { Severity::High } else { Severity::Medium };
            entry.is_plain_http().then(|| Hit::here().rated(severity))
        }),
        repair: Some(Repair::UseHttps),
        ..RULE
    },
    Rule {
        id: "ORG04",
        slug: "not-an-origin",
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        says: "This is no origin as browsers send it, so it never matches",
        advice: "Write scheme, host in lower case and port, without a default port or anything after them",
        source: "RFC 6454 sections 6.2 and 7; Fetch standard",
        check: Check::Entry(|entry, _, ground| {
            // Rules of their own.
            let any = entry.matches_anything()
                || entry.raw.trim().eq_ignore_ascii_case("null")
                || has_placeholder(entry, ground);
            let pattern = entry.parts.host.contains('*') && entry.parts.has_authority;
            let is_origin = if pattern {
                // What stands beside the wildcard is an origin all the same.
                let plain = entry.raw.replace('*', "wildcard");
                let plain = Entry::new(entry.fact, entry.at, &plain);
                plain.serialized_origin().is_some_and(|origin| origin == plain.raw)
            } else {
                entry.serialized_origin().is_some_and(|origin| origin == entry.raw)
            };
            (!any && !is_origin).then(Hit::here)
        }),
        repair: Some(Repair::KeepOrigin),
        ..RULE
    },
    Rule {
        id: "ORG05",
        slug: "origin-wildcard-subdomain",
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        says: "A wildcard stands in an origin's host, so one subdomain that is taken over may call",
        advice: "Name each host",
        source: "OWASP WSTG-CLNT-07",
        check: Check::Entry(|entry, _, _| {
            let pattern = entry.parts.host.contains('*') && !entry.matches_anything();
            let severity =
                if is_on_shared_suffix(entry) { Severity::High } else { Severity::Medium };
            pattern.then(|| Hit::here().rated(severity))
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "ORG06",
        slug: "origin-without-callback",
        severity: Severity::Low,
        kinds: BROWSER,
        facts: &[Fact::WebOrigins, Fact::AllowedOrigins, Fact::Callbacks],
        says: "An origin is no callback's, so it is left over, or belongs to another app",
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
        remedy: Remedy::Consent,
        kinds: SPA,
        facts: &[Fact::WebOrigins, Fact::AllowedOrigins, Fact::Callbacks],
        says: "A callback's origin is not allowed: sign-in works, and the calls after it fail",
        advice: "Add its origin",
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
                return Verdict::Pass; // what a pattern covers is the server's business
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
        repair: Some(Repair::AddOrigin),
        ..RULE
    },
    Rule {
        id: "ORG08",
        slug: "origin-local-in-prod",
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: ORIGINS,
        says: "A production client lets pages of this machine or a private network call",
        advice: "Give development a client of its own, and remove this origin",
        source: "OWASP NHI8",
        check: Check::Entry(|entry, subject, _| {
            // A native app's own server on this machine is what it is for (RFC 8252 section 7.3).
            let meant = entry.is_loopback() && subject.is_native();
            let wrong = subject.prod && entry.class.is_local() && !meant;
            (wrong && !entry.matches_anything()).then(Hit::here)
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "ORG09",
        slug: "origin-lists-differ",
        severity: Severity::Info,
        persona: Persona::Pedantic,
        kinds: BROWSER,
        facts: ORIGINS,
        says: "The two lists of origins differ, which mostly is an omission",
        advice: "Compare them",
        source: "CARTO's and Auth0's two lists",
        check: Check::Whole(|subject, _| {
            let set = |fact| subject.of(fact).map(|entry| entry.raw).collect::<BTreeSet<_>>();
            Verdict::when(set(Fact::WebOrigins) != set(Fact::AllowedOrigins))
        }),
        ..RULE
    },
];
