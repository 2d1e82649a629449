//! What is wrong with one URL: callbacks, and where a rule says so login and logout URLs too.

use unicode_security::{MixedScript as _, RestrictionLevel, RestrictionLevelDetection as _};

use super::{BROWSER, Check, Hit, RULE, Rule, SPA};
use crate::domain::audit::{
    Fact, Persona, Remedy, Severity,
    entry::Entry,
    host::{self, Class},
    names::is_one_of,
    repair::Repair,
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
        says: "A URL is no absolute URI, so nothing can be redirected to it",
        advice: "Write it in full, as in https://app.example.com/callback, or remove it",
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
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        says: "A callback is plain http, so whoever is on the way can read the code",
        advice: "Use https; plain http is for this machine alone",
        source: "RFC 9700 section 2.6; OWASP ASVS 10.4",
        check: entry!(|it| it.is_plain_http()),
        repair: Some(Repair::UseHttps),
        ..RULE
    },
    Rule {
        id: "URL03",
        slug: "loopback-in-prod",
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        says: "A production client sends codes to whatever listens on the user's own machine",
        advice: "Give development a client of its own, and remove this callback",
        source: "RFC 8252 section 8.3; OWASP NHI8",
        check: Check::Entry(|entry, subject, _| {
            // A native app is meant to listen there (RFC 8252 section 7.3).
            let wrong = subject.prod && entry.class == Class::Loopback && !subject.is_native();
            wrong.then(Hit::here)
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL04",
        slug: "localhost-name",
        severity: Severity::Info,
        persona: Persona::Pedantic,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        says: "A callback names localhost, which a resolver may send elsewhere",
        advice: "Prefer 127.0.0.1 or [::1]",
        source: "RFC 8252 sections 7.3 and 8.3",
        check: entry!(|it| it.parts.host.eq_ignore_ascii_case("localhost")),
        repair: Some(Repair::UseLoopbackAddress),
    },
    Rule {
        id: "URL05",
        slug: "wildcard-any",
        severity: Severity::Critical,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL matches anything, so a code can be sent anywhere",
        advice: "Name each URL in full",
        source: "RFC 9700 sections 2.1 and 4.1",
        check: entry!(|it| it.matches_anything()),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL06",
        slug: "wildcard-after-host",
        severity: Severity::Critical,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A wildcard follows the host without a slash, so it matches hosts that begin like it",
        advice: "Name each URL in full; a wildcard here also matches app.example.com.attacker.test",
        source: "RFC 9700 section 4.1.1",
        check: entry!(|it| it.is_open_ended()),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL07",
        slug: "wildcard-subdomain",
        severity: Severity::High,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A wildcard stands in the host, so one subdomain that is taken over gets the codes",
        advice: "Name each host",
        source: "RFC 9700 section 4.1.1",
        check: entry!(|it| it.has_host_wildcard() && !is_on_shared_suffix(it)),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL08",
        slug: "wildcard-shared-suffix",
        severity: Severity::Critical,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A wildcard covers names that anybody can register",
        advice: "Name each host: below this suffix strangers have theirs too",
        source: "RFC 9700 section 4.1.1; publicsuffix.org",
        check: entry!(|it| it.has_host_wildcard() && is_on_shared_suffix(it)),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL09",
        slug: "wildcard-path",
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        says: "A wildcard stands in the path, so any open redirect below it passes a code on",
        advice: "Name each path",
        source: "RFC 9700 section 4.1.1",
        check: worse_in_production!(Severity::Medium, |it| {
            it.is_web()
                && !it.matches_anything()
                && (it.parts.path.contains('*') || it.parts.query.is_some_and(|q| q.contains('*')))
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL10",
        slug: "wildcard-port",
        severity: Severity::High,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: CALLBACKS,
        says: "A wildcard stands for the port, so every service of that host gets the codes",
        advice: "Name the port; only a native app on loopback may vary it",
        source: "RFC 9700 section 2.1; RFC 8252 section 7.3",
        check: Check::Entry(|entry, _, _| {
            let severity =
                if entry.class == Class::Loopback { Severity::Info } else { Severity::High };
            (entry.parts.port.contains('*') && !entry.is_open_ended())
                .then(|| Hit::here().rated(severity))
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL11",
        slug: "fragment",
        severity: Severity::High,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL has a fragment, which the standard forbids",
        advice: "Remove what begins with #",
        source: "RFC 6749 section 3.1.2",
        check: entry!(|it| it.parts.fragment.is_some()),
        repair: Some(Repair::DropFragment),
        ..RULE
    },
    Rule {
        id: "URL12",
        slug: "dangerous-scheme",
        severity: Severity::Critical,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL has a scheme that a browser runs or opens locally",
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
            // As it is written, and as a browser reads it.
            dangerous(it.parts.scheme.trim()) || dangerous(it.scheme())
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL13",
        slug: "custom-scheme-on-spa",
        remedy: Remedy::Consent,
        kinds: SPA,
        facts: CALLBACKS,
        says: "A browser app has a callback that is no web page; another app can claim its scheme",
        advice: "Give the native app a client of its own",
        source: "RFC 8252 sections 7.1 and 8.1",
        check: entry!(|it| it.url.is_ok() && !it.is_web() && it.parts.has_scheme()),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL14",
        slug: "custom-scheme-no-dot",
        kinds: BROWSER,
        facts: CALLBACKS,
        says: "A private-use scheme is no reversed domain name, so it is nobody's own",
        advice: "Name it after a domain, as in com.example.app:/callback",
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
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL has a user before an @, which hides the real host",
        advice: "Remove the URL, or what stands before the @",
        source: "RFC 3986 sections 3.2.1 and 7.6",
        check: entry!(|it| it.parts.userinfo.is_some()),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL16",
        slug: "path-tricks",
        severity: Severity::High,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A path climbs, doubles or hides its slashes, and parsers disagree about it",
        advice: "Write the path that is meant",
        source: "RFC 9700 section 4.1; RFC 3986 section 6",
        check: entry!(|it| {
            let path = it.parts.path;
            if !path.contains(['%', '\\']) && !path.contains("//") && !path.contains("..") {
                return false; // as nearly always
            }
            let path = path.to_ascii_lowercase();
            path.split(['/', '\\']).any(|segment| segment.replace("%2e", ".") == "..")
                || ["%2f", "%5c", "\\", "//"].iter().any(|trick| path.contains(trick))
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL17",
        slug: "private-ip",
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL names an address of a private network, which is another machine elsewhere",
        advice: "Use a name of your own, with a certificate",
        source: "RFC 1918; OWASP NHI8",
        check: Check::Entry(|entry, subject, ground| {
            let severity = if subject.prod { Severity::High } else { Severity::Medium };
            let own =
                entry.parsed().and_then(url::Url::host_str).is_some_and(|it| ground.trusts(it));
            (entry.is_web() && entry.class == Class::Private && !own)
                .then(|| Hit::here().rated(severity))
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL18",
        slug: "link-local-or-metadata",
        severity: Severity::High,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL names a link-local address, or where a cloud keeps its metadata",
        advice: "Remove it: no honest callback lives there",
        source: "RFC 3927; CWE-918",
        check: entry!(|it| it.is_web() && it.class == Class::LinkLocal),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL19",
        slug: "internal-name",
        severity: Severity::Low,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL has a name that only a local resolver knows, and anybody there can claim it",
        advice: "Use a name of a domain that is yours",
        source: "RFC 6762; OWASP NHI8",
        check: worse_in_production!(Severity::Low, |it| it.is_web()
            && it.class == Class::Internal
            && !it.host_is_pattern()),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL20",
        slug: "public-ip-literal",
        severity: Severity::Low,
        persona: Persona::Pedantic,
        kinds: BROWSER,
        facts: URLS,
        says: "A URL names a public address, and addresses get other owners",
        advice: "Use a name",
        source: "RFC 9700 section 4.1.1",
        check: entry!(|it| it.is_web() && it.class == Class::Address),
        ..RULE
    },
    Rule {
        id: "URL21",
        slug: "odd-ip-spelling",
        severity: Severity::High,
        remedy: Remedy::Consent,
        kinds: BROWSER,
        facts: URLS,
        says: "A host is an address in disguise",
        advice: "Write the address as everybody does, or remove the URL",
        source: "WHATWG URL standard, IPv4 parser; CWE-918",
        check: Check::Entry(|entry, _, _| {
            let url = entry.parsed()?;
            (entry.is_web() && host::is_odd_spelling(entry.parts.host, url)).then(|| {
                Hit::here().noting(format!("it is {}", url.host_str().unwrap_or_default()))
            })
        }),
        repair: Some(Repair::Remove),
        ..RULE
    },
    Rule {
        id: "URL22",
        slug: "punycode",
        severity: Severity::Low,
        persona: Persona::Pedantic,
        kinds: BROWSER,
        facts: URLS,
        says: "A host has letters beyond ASCII, which look like others",
        advice: "Compare both spellings of the host",
        source: "RFC 5891; UTS #39",
        check: Check::Entry(|entry, _, _| {
            let name = entry.name()?;
            name.split('.').any(|label| label.starts_with("xn--")).then(|| {
                Hit::here().noting(format!("{name} is {}", idna::domain_to_unicode(name).0))
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
        says: "A host mixes alphabets, or is written in one that looks like ASCII",
        advice: "Check whose host it is, and remove it unless it is yours",
        source: "UTS #39 sections 4 and 5",
        check: entry!(|it| it.name().is_some_and(is_deceptive_name)),
        ..RULE
    },
];

/// Whether a browser finds a host where none is written: `https:host/`, `https:///host/`.
fn has_hidden_host(entry: &Entry<'_>) -> bool {
    entry.is_web() && (!entry.parts.has_authority || entry.parts.host.is_empty())
}

/// Whether what follows a host's wildcard is a suffix under which anybody gets a name.
pub(super) fn is_on_shared_suffix(entry: &Entry<'_>) -> bool {
    entry
        .below_wildcard()
        .map(str::to_ascii_lowercase)
        .is_some_and(|rest| host::is_suffix(&rest) || host::is_shared(&rest))
}

/// UTS #39: more alphabets than "highly restrictive" allows, or a whole label that looks like ASCII.
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
