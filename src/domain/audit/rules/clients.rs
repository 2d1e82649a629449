//! Rules about client authentication.

use super::{CLIENTS, Check, Hit, M2M, RULE, Rule, SPA, Verdict};
use crate::domain::audit::{Fact, FixKind, Persona, Severity, Subject};

const METHOD: &[Fact] = &[Fact::AuthMethod];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "AUT01",
        slug: "spa-authenticates-with-secret",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: SPA,
        facts: METHOD,
        title: "Browser app authenticates with a client secret",
        why: "Every visitor can read the secret in the app's code",
        advice: "Make it a public client: authentication method `none`, with PKCE",
        source: "RFC 6749 section 2.1; RFC 8252 section 8.5; OWASP NHI2",
        check: Check::Whole(|subject, _| method(subject, |it| it != "none")),
        ..RULE
    },
    Rule {
        id: "AUT02",
        slug: "spa-has-secret",
        severity: Severity::Low,
        kinds: SPA,
        facts: &[Fact::Secrets],
        title: "Browser app has a secret it does not use",
        why: "A secret that is copied into the app by mistake is public",
        advice: "Keep the secret out of the app's code",
        source: "RFC 6749 section 2.1",
        check: Check::Whole(|subject, _| Verdict::when(subject.active_secrets().next().is_some())),
        ..RULE
    },
    Rule {
        id: "AUT03",
        slug: "m2m-unauthenticated",
        severity: Severity::Critical,
        fix_kind: FixKind::Consent,
        kinds: M2M,
        facts: METHOD,
        title: "Service client gets tokens without authentication",
        why: "Anyone who knows the client ID gets its tokens",
        advice: "Require private_key_jwt, mTLS or a client secret",
        source: "RFC 6749 section 4.4",
        check: Check::Whole(|subject, _| method(subject, |it| it == "none")),
        ..RULE
    },
    Rule {
        id: "AUT04",
        slug: "shared-secret-auth",
        severity: Severity::Info,
        persona: Persona::Auditor,
        kinds: CLIENTS,
        facts: METHOD,
        title: "Client authenticates with a shared secret",
        why: "A leak on either side is enough to impersonate the client",
        advice: "Use private_key_jwt or mTLS where both sides support it",
        source: "RFC 9700 section 2.5; OWASP ASVS 10.4.16",
        check: Check::Whole(|subject, _| {
            method(subject, |it| it.starts_with("client_secret") || it == "client-secret")
        }),
        ..RULE
    },
];

fn method(subject: &Subject<'_>, wrong: fn(&str) -> bool) -> Verdict {
    let method = subject.client().and_then(|client| client.auth_method.as_ref());
    match method {
        Some(method) => wrong(method.raw()).then(|| Hit::here().with(method.raw())).into(),
        None => Verdict::Unknown,
    }
}
