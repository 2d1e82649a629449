//! The profile, and the machine that it is used from.

use super::{Check, Hit, NONE, RULE, Rule, Verdict};
use crate::domain::{
    audit::{AuditContext, Fact, Remedy, Severity, Workstation, entry::Entry, host::Class},
    urls,
};

const MACHINE: &[Fact] = &[Fact::Workstation];

/// Asks this machine; unknown where none is given, as for a snapshot.
macro_rules! machine {
    ($question:expr) => {
        Check::Environment(|ground| {
            let question: fn(&Workstation) -> Verdict = $question;
            ground.workstation.as_ref().map_or(Verdict::Unknown, question)
        })
    };
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "FLT08",
        slug: "base-url",
        severity: Severity::High,
        kinds: NONE,
        facts: &[Fact::BaseUrl],
        says: "The API base URL is not https, so tokens cross the network in the clear",
        advice: "Use https; plain http is for this machine alone",
        source: "RFC 6750 section 5.3",
        check: Check::Environment(base_url),
        ..RULE
    },
    Rule {
        id: "DOC01",
        slug: "lax-file-mode",
        severity: Severity::High,
        remedy: Remedy::Safe,
        kinds: NONE,
        facts: MACHINE,
        says: "Others can read or change files of this program",
        advice: "Take their permissions away: chmod 600 for files, 700 for directories",
        source: "CWE-732",
        check: machine!(|machine| places(&machine.lax_files)),
        ..RULE
    },
    Rule {
        id: "DOC02",
        slug: "clear-text-session",
        kinds: NONE,
        facts: MACHINE,
        says: "Sessions rest in the clear",
        advice: "Use the keyring, or the encrypted file",
        source: "CWE-312",
        check: machine!(|machine| Verdict::when(machine.clear_sessions)),
        ..RULE
    },
    Rule {
        id: "DOC03",
        slug: "foreign-clear-token",
        kinds: NONE,
        facts: MACHINE,
        says: "CARTO's command keeps an access token in the clear in your home directory",
        advice: "Sign out of it where you do not need it: carto auth logout",
        source: "CARTO CLI, ~/.carto_credentials.json; CWE-312",
        check: machine!(|machine| {
            machine.foreign_token.as_ref().map(|file| Hit::here().with(file.as_str())).into()
        }),
        ..RULE
    },
    Rule {
        id: "DOC04",
        slug: "tls-weakened",
        severity: Severity::Critical,
        kinds: NONE,
        facts: MACHINE,
        says: "Something weakens TLS for this profile",
        advice: "Take it away, or keep the file where only you can write",
        source: "CWE-295",
        check: machine!(|machine| {
            machine.weak_tls.as_ref().map(|what| Hit::here().with(what.as_str())).into()
        }),
        ..RULE
    },
    Rule {
        id: "DOC05",
        slug: "secret-in-env",
        kinds: NONE,
        facts: MACHINE,
        says: "A secret stands in the environment, where every program that the same shell starts can read it",
        advice: "Sign in with a session or name a token_command; type a passphrase when asked, or keep sessions in the keyring",
        source: "CWE-214; CWE-526",
        check: machine!(|machine| places(&machine.secrets_in_environment)),
        ..RULE
    },
];

fn base_url(ground: &AuditContext) -> Verdict {
    let url = &ground.place.base_url;
    if url.is_empty() {
        return Verdict::Unknown;
    }
    let entry = Entry::new(Fact::BaseUrl, None, url);
    let safe = entry.scheme() == "https" || entry.class == Class::Loopback;
    let valid = urls::check_login(url).is_ok();
    (!safe || !valid).then(|| Hit::here().with(url.as_str())).into()
}

fn places(places: &[String]) -> Verdict {
    places.iter().map(|place| Hit::here().with(place.as_str())).collect::<Vec<_>>().into()
}
