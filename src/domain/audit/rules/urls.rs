//! Rules about single URLs: callbacks, and for some rules login and logout URLs.

use unicode_security::{MixedScript as _, RestrictionLevel, RestrictionLevelDetection as _};

use super::{BROWSER, Check, Hit, RULE, Rule, SPA};
use crate::domain::audit::{
    Fact, FixKind, Persona, Severity,
    entry::UrlEntry,
    fix::Fix,
    host::{self, Class},
    names::is_one_of,
};

const CALLBACKS: &[Fact] = &[Fact::Callbacks];
const URLS: &[Fact] = &[Fact::Callbacks, Fact::LogoutUrls, Fact::LoginUrl];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "URL01",
        slug: "unparseable",
        severity: Severity::High,
        kinds: BROWSER,
        facts: URLS,
        title: "URL is not absolute",
        why: "It matches nothing",
        advice: "Write it in full, such as https://app.example.com/callback, or remove it",
        source: "RFC 6749 section 3.1.2",
        check: entry!(|it| {
            !it.matches_anything()
                && (!it.parts.has_scheme() || it.url.is_err() || has_hidden_host(it))
                && !it.host_is_pattern()
        }),
        ..RULE
    },
    Rule {
        id: "URL02",
        slug: "http-redirect",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        title: "Callback uses plain http",
        why: "An attacker on the network can read the authorization code",
        advice: "Use https. Plain http is only safe on a loopback address",
        source: "RFC 9700 section 2.6; OWASP ASVS 10.4",
        check: entry!(|it| it.is_plain_http()),
        fix: Some(Fix::UseHttps),
        ..RULE
    },
    Rule {
        id: "URL03",
        slug: "loopback-in-prod",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        title: "Loopback callback in a deployed client",
        why: "Any program on a user's machine can receive the code",
        advice: "Use a separate development client, and remove this callback",
        source: "RFC 8252 section 8.3; OWASP NHI8",
        check: Check::Entry(|entry, subject, _| {
            // Native apps are meant to listen on loopback (RFC 8252 section 7.3).
            let wrong = subject.prod && entry.class == Class::Loopback && !subject.is_native();
            wrong.then(Hit::here)
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL04",
        slug: "localhost-name",
        severity: Severity::Info,
        persona: Persona::Pedantic,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        title: "Callback uses localhost",
        why: "The name can resolve to another machine",
        advice: "Use 127.0.0.1 or [::1]",
        source: "RFC 8252 sections 7.3 and 8.3",
        check: entry!(|it| it.parts.host.eq_ignore_ascii_case("localhost")),
        fix: Some(Fix::UseLoopbackAddress),
    },
    Rule {
        id: "URL05",
        slug: "wildcard-any",
        severity: Severity::Critical,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "URL matches every address",
        why: "Codes can be sent to any site",
        advice: "Register each URL in full",
        source: "RFC 9700 sections 2.1 and 4.1",
        check: entry!(|it| it.matches_anything()),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL06",
        slug: "wildcard-after-host",
        severity: Severity::Critical,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "Wildcard directly after the host",
        why: "It also matches hosts such as app.example.com.attacker.test",
        advice: "Register each URL in full",
        source: "RFC 9700 section 4.1.1",
        check: entry!(|it| it.is_open_ended()),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL07",
        slug: "wildcard-subdomain",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "Wildcard in host",
        why: "A subdomain takeover receives authorization codes",
        advice: "Register each host",
        source: "RFC 9700 section 4.1.1",
        check: entry!(|it| it.has_host_wildcard() && !is_on_shared_suffix(it)),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL08",
        slug: "wildcard-shared-suffix",
        severity: Severity::Critical,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "Wildcard below a public suffix",
        why: "Anyone can register a matching host and receive codes",
        advice: "Register each host",
        source: "RFC 9700 section 4.1.1; publicsuffix.org",
        check: entry!(|it| it.has_host_wildcard() && is_on_shared_suffix(it)),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL09",
        slug: "wildcard-path",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        title: "Wildcard in path",
        why: "An open redirect below the path forwards the code",
        advice: "Register each path",
        source: "RFC 9700 section 4.1.1",
        check: worse_in_production!(Severity::Medium, |it| {
            it.is_web()
                && !it.matches_anything()
                && it.has_wildcard()
                && (it.parts.path.contains('*') || it.parts.query.is_some_and(|q| q.contains('*')))
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL10",
        slug: "wildcard-port",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        title: "Wildcard port",
        why: "Every service on that host can receive codes",
        advice: "Register the port. Only native apps on loopback may vary it",
        source: "RFC 9700 section 2.1; RFC 8252 section 7.3",
        check: Check::Entry(|entry, _, _| {
            let severity =
                if entry.class == Class::Loopback { Severity::Info } else { Severity::High };
            (entry.parts.port.contains('*') && entry.has_wildcard() && !entry.is_open_ended())
                .then(|| Hit::here().rated(severity))
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL11",
        slug: "fragment",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "URL has a fragment",
        why: "The standard forbids it, and servers reject or drop it",
        advice: "Remove the # and the text after it",
        source: "RFC 6749 section 3.1.2",
        check: entry!(|it| it.parts.fragment.is_some()),
        fix: Some(Fix::DropFragment),
        ..RULE
    },
    Rule {
        id: "URL12",
        slug: "dangerous-scheme",
        severity: Severity::Critical,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "Dangerous scheme",
        why: "Browsers run or open such URLs locally",
        advice: "Remove it",
        source: "OAuth 2.0 SDKs' lists of forbidden schemes; RFC 9700 section 4.1",
        check: entry!(|it| {
            let dangerous = |scheme: &str| {
                is_one_of(
                    scheme,
                    &[
                        "javascript",
                        "data",
                        "vbscript",
                        "file",
                        "blob",
                        "about",
                        "filesystem",
                        "view-source",
                    ],
                )
            };
            // A browser may parse a scheme that differs from the text, so both schemes are checked.
            dangerous(it.parts.scheme.trim()) || dangerous(it.scheme())
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL13",
        slug: "custom-scheme-on-spa",
        fix_kind: FixKind::Consent,
        kinds: SPA,
        facts: CALLBACKS,
        title: "Browser app has a custom-scheme callback",
        why: "Another app can claim the scheme and receive codes",
        advice: "Create a separate native client",
        source: "RFC 8252 sections 7.1 and 8.1",
        check: entry!(|it| it.url.is_ok() && !it.is_web() && it.parts.has_scheme()),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL14",
        slug: "custom-scheme-no-dot",
        kinds: BROWSER,
        facts: CALLBACKS,
        title: "Custom scheme is not a reversed domain name",
        why: "Other apps can use the same scheme",
        advice: "Base it on your domain, such as com.example.app:/callback",
        source: "RFC 8252 section 7.1",
        check: entry!(|it| it.url.is_ok()
            && it.parts.has_scheme()
            && !it.is_web()
            && !it.scheme().contains('.')),
        ..RULE
    },
    Rule {
        id: "URL15",
        slug: "userinfo",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "URL has user info before the host",
        why: "The text before the @ hides the real host",
        advice: "Remove the part before the @, or the URL",
        source: "RFC 3986 sections 3.2.1 and 7.6",
        check: entry!(|it| it.parts.userinfo.is_some()),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL16",
        slug: "path-tricks",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "URL has an ambiguous path",
        why: "Parsers disagree about dots, slashes and escapes, so checks can be bypassed",
        advice: "Write the resolved path",
        source: "RFC 9700 section 4.1; RFC 3986 section 6",
        check: entry!(|it| {
            let path = it.parts.path;
            if !path.contains(['%', '\\']) && !path.contains("//") && !path.contains("..") {
                return false; // fast path for most URLs
            }
            let path = path.to_ascii_lowercase();
            path.split(['/', '\\']).any(|segment| segment.replace("%2e", ".") == "..")
                || ["%2f", "%5c", "\\", "//"].iter().any(|trick| path.contains(trick))
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL17",
        slug: "private-ip",
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "Private network address",
        why: "On another network the address belongs to another machine",
        advice: "Use a host name with a certificate",
        source: "RFC 1918; OWASP NHI8",
        check: Check::Entry(|entry, subject, context| {
            let severity = if subject.prod { Severity::High } else { Severity::Medium };
            let own =
                entry.parsed().and_then(url::Url::host_str).is_some_and(|it| context.trusts(it));
            (entry.is_web() && entry.class == Class::Private && !own)
                .then(|| Hit::here().rated(severity))
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL18",
        slug: "link-local-or-metadata",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "Link-local or cloud metadata address",
        why: "No legitimate callback uses such an address",
        advice: "Remove it",
        source: "RFC 3927; CWE-918",
        check: entry!(|it| it.is_web() && it.class == Class::LinkLocal),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL19",
        slug: "internal-name",
        severity: Severity::Low,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "Internal host name",
        why: "The owner of the local resolver decides who receives the codes",
        advice: "Use a name in a domain you own",
        source: "RFC 6762; OWASP NHI8",
        check: worse_in_production!(Severity::Low, |it| it.is_web()
            && it.class == Class::Internal
            && !it.host_is_pattern()),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL20",
        slug: "public-ip-literal",
        severity: Severity::Low,
        persona: Persona::Pedantic,
        kinds: BROWSER,
        facts: URLS,
        title: "Public IP address",
        why: "Addresses are reassigned to other owners",
        advice: "Use a host name",
        source: "RFC 9700 section 4.1.1",
        check: entry!(|it| it.is_web() && it.class == Class::Address),
        ..RULE
    },
    Rule {
        id: "URL21",
        slug: "odd-ip-spelling",
        severity: Severity::High,
        fix_kind: FixKind::Consent,
        kinds: BROWSER,
        facts: URLS,
        title: "IP address in an unusual notation",
        why: "It hides which host receives the codes",
        advice: "Use the usual notation, or remove the URL",
        source: "WHATWG URL standard, IPv4 parser; CWE-918",
        check: Check::Entry(|entry, _, _| {
            let url = entry.parsed()?;
            (entry.is_web() && host::is_odd_spelling(entry.parts.host, url)).then(|| {
                Hit::here().noting(format!("the address is {}", url.host_str().unwrap_or_default()))
            })
        }),
        fix: Some(Fix::Remove),
        ..RULE
    },
    Rule {
        id: "URL22",
        slug: "punycode",
        severity: Severity::Low,
        persona: Persona::Pedantic,
        kinds: BROWSER,
        facts: URLS,
        title: "Internationalized host name",
        why: "Its letters can resemble those of another host",
        advice: "Compare both spellings of the host",
        source: "RFC 5891; UTS #39",
        check: Check::Entry(|entry, _, _| {
            let name = entry.name()?;
            name.split('.').any(|label| label.starts_with("xn--")).then(|| {
                Hit::here()
                    .noting(format!("{name} displays as {}", idna::domain_to_unicode(name).0))
            })
        }),
        ..RULE
    },
    Rule {
        id: "URL23",
        slug: "mixed-script-host",
        severity: Severity::High,
        kinds: BROWSER,
        facts: URLS,
        title: "Host mixes scripts",
        why: "Mixed scripts can imitate another host",
        advice: "Check who owns the host, and remove the URL unless it is yours",
        source: "UTS #39 sections 4 and 5",
        check: entry!(|it| it.name().is_some_and(is_deceptive_name)),
        ..RULE
    },
];

/// Returns true for an http or https URL without `//` or with an empty host. Browsers then parse
/// the host from the path: `https:host/`, `https:///host/`.
fn has_hidden_host(entry: &UrlEntry<'_>) -> bool {
    entry.is_web() && (!entry.parts.has_authority || entry.parts.host.is_empty())
}

/// Returns true if anyone can register a name under the suffix after a host's wildcard.
pub(super) fn is_on_shared_suffix(entry: &UrlEntry<'_>) -> bool {
    entry
        .below_wildcard()
        .map(str::to_ascii_lowercase)
        .is_some_and(|rest| host::is_suffix(&rest) || host::is_shared(&rest))
}

/// Returns true if an internationalized label of a host mixes more scripts than the level "highly
/// restrictive" allows, or if the whole label looks like ASCII (UTS #39).
fn is_deceptive_name(name: &str) -> bool {
    name.split('.').filter(|label| label.starts_with("xn--")).any(|label| {
        let (label, _) = idna::domain_to_unicode(label);
        let restrictive = label.detect_restriction_level() <= RestrictionLevel::HighlyRestrictive;
        let confusable = !label.is_ascii()
            && label.is_single_script()
            && unicode_security::skeleton(&label).all(|c| c.is_ascii());
        !restrictive || confusable
    })
}
