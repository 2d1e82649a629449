//! Rules about login and logout URLs.

use std::collections::BTreeSet;

use super::{BROWSER, Check, Hit, RULE, Rule, SPA, Verdict};
use crate::domain::audit::{Fact, FixKind, Persona, Severity, Subject, entry::UrlEntry, fix::Fix};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "LGN01",
        slug: "no-login-url",
        severity: Severity::Info,
        persona: Persona::Pedantic,
        kinds: SPA,
        facts: &[Fact::LoginUrl],
        title: "Browser app has no login URL",
        why: "Other sites and the server cannot start its sign-in",
        advice: "Set the page that starts the sign-in",
        source: "OpenID Connect Core section 4",
        check: Check::Whole(|subject, _| {
            Verdict::when(subject.of(Fact::LoginUrl).next().is_none())
        }),
        ..RULE
    },
    Rule {
        id: "LGN02",
        slug: "login-http",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: &[Fact::LoginUrl],
        title: "Login URL uses plain http",
        why: "An attacker on the network can replace the login page",
        advice: "Use https",
        source: "OWASP ASVS 12.2.1",
        check: Check::Entry(|entry, _, _| entry.is_plain_http().then(Hit::here)),
        fix: Some(Fix::UseHttps),
        ..RULE
    },
    Rule {
        id: "LGN03",
        slug: "login-host-unrelated",
        severity: Severity::Low,
        kinds: BROWSER,
        facts: &[Fact::LoginUrl, Fact::Callbacks],
        title: "Login URL is not on the domain of any callback",
        why: "Sign-in may start on a site that is not this app's",
        advice: "Check that the site belongs to this app",
        source: "RFC 9700 section 4.11",
        check: Check::Whole(|subject, _| unrelated(subject, Fact::LoginUrl)),
        ..RULE
    },
    Rule {
        id: "LGN04",
        slug: "logout-http",
        severity: Severity::Low,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: &[Fact::LogoutUrls],
        title: "Logout URL uses plain http",
        why: "An attacker on the network can redirect users after sign-out",
        advice: "Use https",
        source: "OpenID Connect RP-Initiated Logout section 3.1",
        check: Check::Entry(|entry, subject, _| {
            let severity = if subject.prod { Severity::Medium } else { Severity::Low };
            entry.is_plain_http().then(|| Hit::here().rated(severity))
        }),
        fix: Some(Fix::UseHttps),
        ..RULE
    },
    Rule {
        id: "LGN05",
        slug: "logout-wildcard",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: &[Fact::LogoutUrls],
        title: "Logout URL has a wildcard",
        why: "Sign-out becomes an open redirect",
        advice: "Register each URL in full",
        source: "RFC 9700 section 4.11",
        check: Check::Entry(|entry, _, _| entry.has_wildcard().then(Hit::here)),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "LGN06",
        slug: "no-logout-url",
        severity: Severity::Info,
        persona: Persona::Pedantic,
        kinds: SPA,
        facts: &[Fact::LogoutUrls, Fact::Defaults],
        title: "Browser app has no logout URL",
        why: "Users end up on the server's own page after sign-out",
        advice: "Set the page to return to",
        source: "OpenID Connect RP-Initiated Logout section 3.1",
        check: Check::Whole(|subject, _| {
            let defaults = subject.client().is_some_and(|client| client.use_default_urls);
            Verdict::when(!defaults && subject.of(Fact::LogoutUrls).next().is_none())
        }),
        ..RULE
    },
    Rule {
        id: "LGN07",
        slug: "logout-host-unrelated",
        severity: Severity::Low,
        kinds: BROWSER,
        facts: &[Fact::LogoutUrls, Fact::Callbacks],
        title: "Logout URL is not on the domain of any callback",
        why: "Users may be sent to a site that is not this app's",
        advice: "Check that the site belongs to this app",
        source: "RFC 9700 section 4.11",
        check: Check::Whole(|subject, _| unrelated(subject, Fact::LogoutUrls)),
        ..RULE
    },
];

/// Fails for each entry whose registrable domain is not that of any callback. Skips entries without
/// a registrable domain, and passes if no callback has one.
fn unrelated(subject: &Subject<'_>, fact: Fact) -> Verdict {
    let known: BTreeSet<&str> =
        subject.of(Fact::Callbacks).filter_map(UrlEntry::registrable).collect();
    if known.is_empty() {
        return Verdict::Pass;
    }
    let strange = |entry: &&UrlEntry<'_>| entry.registrable().is_some_and(|it| !known.contains(it));
    subject.of(fact).filter(strange).map(Hit::of).collect::<Vec<_>>().into()
}
