//! Rules about OAuth grant types, PKCE, scopes, and the tokens that a client gets.

use super::{BROWSER, CLIENTS, Check, Hit, RULE, Rule, Verdict};
use crate::domain::{
    Kind, Untrusted, age,
    audit::{Fact, FixKind, Persona, Severity, Subject},
};

const GRANTS: &[Fact] = &[Fact::GrantTypes];

const CIBA: &str = "urn:openid:params:grant-type:ciba";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Builds a check that fails if the client's posture meets a condition. The check is not evaluated
/// for a client without a posture, because the facts of the rule are then unknown.
macro_rules! posture {
    ($condition:expr) => {
        Check::Whole(|subject, _| {
            let wrong: fn(&crate::domain::credential::Posture) -> bool = $condition;
            Verdict::when(subject.posture().is_some_and(wrong))
        })
    };
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "GRA01",
        slug: "implicit",
        severity: Severity::High,
        facts: GRANTS,
        title: "Implicit grant is enabled",
        why: "Access tokens appear in URLs, browser history and logs",
        advice: "Use the authorization code grant with PKCE, and disable the implicit grant",
        source: "RFC 9700 section 2.1.2; OWASP ASVS 10.4.4",
        check: Check::Whole(|subject, _| {
            let types = subject.posture().and_then(|posture| posture.response_types.as_deref());
            let by_type = types
                .unwrap_or_default()
                .iter()
                .any(|kind| kind.raw().split_ascii_whitespace().any(|word| word == "token"));
            let hit = if subject.has_grant("implicit") {
                Some(Hit::here().with("implicit"))
            } else {
                by_type.then(|| Hit::at(Fact::ResponseTypes, None).with("token"))
            };
            hit.into()
        }),
        ..RULE
    },
    Rule {
        id: "GRA02",
        slug: "password-grant",
        severity: Severity::High,
        facts: GRANTS,
        title: "Password grant is enabled",
        why: "The app sees its users' passwords, and multi-factor sign-in is bypassed",
        advice: "Send users to the login page, and disable the password grant",
        source: "RFC 9700 section 2.4",
        check: Check::Whole(|subject, _| {
            listed(subject, |grant| grant == "password" || grant.ends_with("password-realm"))
        }),
        ..RULE
    },
    Rule {
        id: "GRA03",
        slug: "grant-wrong-for-type",
        kinds: &[Kind::Spa, Kind::M2m],
        facts: GRANTS,
        title: "Grant type does not fit the client type",
        why: "An unused grant adds attack surface",
        advice: "Disable the grant",
        source: "OWASP ASVS 10.4.4; least privilege",
        check: Check::Whole(|subject, _| {
            let fits: &[&str] = match subject.kind() {
                Kind::Spa => &["authorization_code", "refresh_token"],
                _ => &["client_credentials", EXCHANGE, CIBA, BEARER],
            };
            // Separate rules cover these grant types.
            let elsewhere = ["implicit", "password", DEVICE];
            let client = subject.client();
            let hits: Vec<Hit> = grants(client.map_or(&[], |client| &client.grant_types))
                .filter(|(_, grant)| !fits.contains(grant) && !elsewhere.contains(grant))
                .map(|(at, grant)| {
                    let own = subject.kind() == Kind::Spa && grant == "client_credentials";
                    let severity = if own { Severity::High } else { Severity::Medium };
                    Hit::at(Fact::GrantTypes, Some(at)).with(grant).rated(severity)
                })
                .collect();
            hits.into()
        }),
        ..RULE
    },
    Rule {
        id: "GRA04",
        slug: "pkce-not-enforced",
        kinds: BROWSER,
        facts: &[Fact::Pkce],
        title: "PKCE with S256 is not required",
        why: "An intercepted authorization code can be redeemed",
        advice: "Require PKCE with S256",
        source: "RFC 9700 section 2.1.1; RFC 7636 section 4.2; OWASP ASVS 10.4.6",
        check: Check::Whole(|subject, _| {
            let method = subject.posture().and_then(|posture| posture.code_challenge.as_ref());
            let code =
                !subject.known.has(Fact::GrantTypes) || subject.has_grant("authorization_code");
            let enforced =
                method.is_some_and(|it| it.as_ref().is_some_and(|it| it.raw() == "S256"));
            let severity = if subject.is_public() { Severity::High } else { Severity::Medium };
            (code && !enforced).then(|| Hit::here().rated(severity)).into()
        }),
        ..RULE
    },
    Rule {
        id: "GRA05",
        slug: "refresh-not-rotated",
        severity: Severity::High,
        kinds: BROWSER,
        facts: &[Fact::Refresh, Fact::GrantTypes],
        title: "Refresh tokens of a public client are not rotated",
        why: "A stolen refresh token works until it expires, unnoticed",
        advice: "Enable refresh token rotation, or bind the tokens to the sender",
        source: "RFC 9700 sections 2.2.2 and 4.14; OWASP ASVS 10.4.5",
        check: Check::Whole(|subject, _| {
            let Some(refresh) = subject.posture().and_then(|posture| posture.refresh.as_ref())
            else {
                return Verdict::Unknown;
            };
            if !subject.has_grant("refresh_token") {
                return Verdict::Pass;
            }
            if !subject.is_public() {
                // Without the authentication method, public and confidential clients look the same.
                let told = subject.known.has(Fact::AuthMethod);
                return if told { Verdict::Pass } else { Verdict::Unknown };
            }
            match (refresh.rotates, refresh.bound) {
                (Some(true), _) | (_, Some(true)) => Verdict::Pass,
                (Some(false), _) => Verdict::when(true),
                (None, _) => Verdict::Unknown,
            }
        }),
        ..RULE
    },
    Rule {
        id: "GRA06",
        slug: "refresh-never-expires",
        facts: &[Fact::Refresh, Fact::GrantTypes],
        title: "Refresh tokens never expire",
        why: "A stolen refresh token works forever",
        advice: "Set an absolute lifetime",
        source: "OWASP ASVS 10.4.8",
        check: Check::Whole(|subject, _| {
            // Without the grant `refresh_token`, the client gets no refresh tokens (RFC 6749
            // sections 1.5 and 4.4.3).
            if !subject.has_grant("refresh_token") {
                return Verdict::Pass;
            }
            match subject.posture().and_then(|posture| posture.refresh.as_ref()?.expires) {
                Some(expires) => Verdict::when(!expires),
                None => Verdict::Unknown,
            }
        }),
        ..RULE
    },
    Rule {
        id: "GRA07",
        slug: "refresh-leeway",
        severity: Severity::Low,
        persona: Persona::Auditor,
        facts: &[Fact::Refresh, Fact::GrantTypes],
        title: "Used refresh tokens are accepted for more than a minute",
        why: "A stolen token can be replayed during that time",
        advice: "Shorten the leeway to 60 seconds or less",
        source: "RFC 9700 section 4.14.2",
        check: Check::Whole(|subject, _| {
            if !subject.has_grant("refresh_token") {
                return Verdict::Pass;
            }
            match subject.posture().and_then(|posture| posture.refresh.as_ref()?.leeway) {
                Some(seconds) => {
                    (seconds > 60).then(|| Hit::here().noting(format!("{seconds} seconds"))).into()
                }
                None => Verdict::Unknown,
            }
        }),
        ..RULE
    },
    Rule {
        id: "GRA08",
        slug: "offline-by-default",
        persona: Persona::Pedantic,
        facts: &[Fact::DefaultScopes],
        title: "Refresh tokens are issued by default",
        why: "Long-lived access is granted even if the app does not request it",
        advice: "Make the offline_access scope optional",
        source: "OpenID Connect Core section 11",
        check: posture!(|posture| {
            let scopes = posture.default_scopes.as_deref().unwrap_or_default();
            scopes.iter().any(|scope| matches!(scope.raw(), "offline_access" | "offline"))
        }),
        ..RULE
    },
    Rule {
        id: "GRA09",
        slug: "device-grant",
        severity: Severity::Info,
        facts: GRANTS,
        title: "Device grant is enabled",
        why: "An attacker can start a sign-in and make a user approve it",
        advice: "Enable it only for devices without a browser",
        source: "RFC 8628 section 5.4",
        check: Check::Whole(|subject, _| listed(subject, |it| it == DEVICE || it == "device_code")),
        ..RULE
    },
    Rule {
        id: "GRA10",
        slug: "weak-id-alg",
        fix_kind: FixKind::Consent,
        facts: &[Fact::IdTokenAlg],
        title: "ID tokens are unsigned or signed with the client secret",
        why: "Anyone can forge an unsigned ID token, and anyone with the secret can forge one signed with it",
        advice: "Sign ID tokens with RS256, ES256 or EdDSA",
        source: "RFC 8725 sections 2.1 and 3.2",
        check: Check::Whole(|subject, _| {
            let algorithm = subject.posture().and_then(|posture| posture.id_token_alg.as_ref());
            let Some(algorithm) = algorithm.map(Untrusted::raw) else { return Verdict::Unknown };
            let severity = match algorithm {
                "none" => Severity::Critical,
                it if it.starts_with("HS") => Severity::Medium,
                _ => return Verdict::Pass,
            };
            Verdict::Fail(vec![Hit::here().rated(severity).with(algorithm)])
        }),
        ..RULE
    },
    Rule {
        id: "GRA11",
        slug: "cross-origin-auth",
        facts: &[Fact::CrossOrigin],
        title: "Cross-origin authentication is enabled",
        why: "Passwords are entered outside the login page, and the flow depends on third-party cookies",
        advice: "Use the server's login page, and disable cross-origin authentication",
        source: "Auth0's documentation of cross-origin authentication",
        check: posture!(|posture| posture.cross_origin == Some(true)),
        ..RULE
    },
    Rule {
        id: "GRA12",
        slug: "long-access-token",
        facts: &[Fact::TokenLifetime],
        title: "Access token lifetime is too long",
        why: "A stolen token works until it expires",
        advice: "Limit access tokens to 1 hour for browser apps and 24 hours for services",
        source: "RFC 9700 section 2.2",
        check: Check::Whole(|subject, _| {
            let Some(seconds) = subject.posture().and_then(|posture| posture.token_lifetime) else {
                return Verdict::Unknown;
            };
            let limit = if subject.kind() == Kind::M2m { 24 * 3600 } else { 3600 };
            (seconds > limit).then(|| Hit::here().noting(age::precise(seconds))).into()
        }),
        ..RULE
    },
    Rule {
        id: "GRA13",
        slug: "all-scopes",
        facts: &[],
        title: "Client may request every scope",
        why: "A compromised client gets all permissions of its users",
        advice: "List only the scopes it needs",
        source: "RFC 9700 section 2.3; OWASP ASVS 10.4.11; OWASP NHI5",
        check: Check::Whole(|subject, _| {
            let full = subject.posture().and_then(|posture| posture.full_scope);
            let scopes = subject.client().map_or(&[][..], |client| &client.scopes);
            if let Some(at) = scopes.iter().position(|scope| scope.raw().contains('*')) {
                let hit = Hit::at(Fact::Scopes, Some(at as u32)).with(scopes[at].raw());
                return Verdict::Fail(vec![hit]);
            }
            match full {
                // Keycloak allows every scope by default, so the severity is low and `Regular`
                // users get no finding.
                Some(true) => Verdict::Fail(vec![Hit {
                    persona: Some(Persona::Pedantic),
                    ..Hit::at(Fact::FullScope, None).rated(Severity::Low)
                }]),
                Some(false) => Verdict::Pass,
                None if subject.known.has(Fact::Scopes) => Verdict::Pass,
                None => Verdict::Unknown,
            }
        }),
        ..RULE
    },
    Rule {
        id: "GRA14",
        slug: "exchange-or-impersonation",
        severity: Severity::Info,
        facts: GRANTS,
        title: "Client may exchange tokens",
        why: "It can act for other users or clients",
        advice: "Review on whose behalf it may act",
        source: "RFC 8693 section 5",
        check: Check::Whole(|subject, _| listed(subject, |it| it == EXCHANGE || it == BEARER)),
        ..RULE
    },
    Rule {
        id: "AUT05",
        slug: "service-plus-interactive",
        kinds: CLIENTS,
        facts: GRANTS,
        title: "Client is used both as a service and for user sign-in",
        why: "A flaw in the login flow gives access to the service's permissions",
        advice: "Split it into two clients",
        source: "OWASP NHI9",
        check: Check::Whole(|subject, _| {
            let interactive = ["authorization_code", "implicit", "password", DEVICE];
            Verdict::when(
                subject.has_grant("client_credentials")
                    && interactive.iter().any(|grant| subject.has_grant(grant)),
            )
        }),
        ..RULE
    },
];

fn grants(list: &[Untrusted]) -> impl Iterator<Item = (u32, &str)> {
    list.iter().enumerate().map(|(at, grant)| (at as u32, grant.raw()))
}

/// Fails with one hit for each grant type of the client for which `meant` returns true.
fn listed(subject: &Subject<'_>, meant: fn(&str) -> bool) -> Verdict {
    let list = subject.client().map_or(&[][..], |client| &client.grant_types);
    let hits: Vec<Hit> = grants(list)
        .filter(|(_, grant)| meant(grant))
        .map(|(at, grant)| Hit::at(Fact::GrantTypes, Some(at)).with(grant))
        .collect();
    hits.into()
}
