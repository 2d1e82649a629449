//! Rules about the profile, and about the machine that Credenza runs on.

use super::{Check, Hit, NONE, RULE, Rule, Verdict};
use crate::domain::{
    audit::{AuditContext, Fact, FixKind, Severity, Workstation, entry::UrlEntry, host::Class},
    urls,
};

const MACHINE: &[Fact] = &[Fact::Workstation];

/// Builds a check of this machine. The check returns unknown if the context has no [`Workstation`],
/// as in the audit of a snapshot.
macro_rules! machine {
    ($question:expr) => {
        Check::Environment(|context| {
            let question: fn(&Workstation) -> Verdict = $question;
            context.workstation.as_ref().map_or(Verdict::Unknown, question)
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
        title: "API base URL uses plain http",
        why: "Tokens cross the network in clear text",
        advice: "Use https. Plain http is only safe on a loopback address",
        source: "RFC 6750 section 5.3",
        check: Check::Environment(base_url),
        ..RULE
    },
    Rule {
        id: "DOC01",
        slug: "lax-file-mode",
        severity: Severity::High,
        fix_kind: FixKind::Safe,
        kinds: NONE,
        facts: MACHINE,
        title: "Files are accessible to other users",
        why: "Other users can read or change the configuration, sessions or suppressions",
        advice: "Restrict them: chmod 600 for files, 700 for directories",
        source: "CWE-732",
        check: machine!(|machine| places(&machine.lax_files)),
        ..RULE
    },
    Rule {
        id: "DOC02",
        slug: "clear-text-session",
        kinds: NONE,
        facts: MACHINE,
        title: "Sessions are stored in clear text",
        why: "Any program of this user can read them",
        advice: "Use the keyring or the encrypted file",
        source: "CWE-312",
        check: machine!(|machine| Verdict::when(machine.clear_sessions)),
        ..RULE
    },
    Rule {
        id: "DOC03",
        slug: "foreign-clear-token",
        kinds: NONE,
        facts: MACHINE,
        title: "CARTO's command-line tool stores a token in clear text",
        why: "Any program of this user can read it",
        advice: "If it is not needed, sign out: carto auth logout",
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
        title: "TLS verification is weakened for this profile",
        why: "An attacker on the network can read tokens",
        advice: "Remove the setting, or make its file writable by you only",
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
        title: "Secret in an environment variable",
        why: "Every program started from the same shell can read it",
        advice: "Sign in, or set token_command; keep sessions in the keyring",
        source: "CWE-214; CWE-526",
        check: machine!(|machine| places(&machine.secrets_in_environment)),
        ..RULE
    },
];

fn base_url(context: &AuditContext) -> Verdict {
    let url = &context.place.base_url;
    if url.is_empty() {
        return Verdict::Unknown;
    }
    let entry = UrlEntry::new(Fact::BaseUrl, None, url);
    let safe = entry.scheme() == "https" || entry.class == Class::Loopback;
    let valid = urls::check_login(url).is_ok();
    (!safe || !valid).then(|| Hit::here().with(url.as_str())).into()
}

fn places(places: &[String]) -> Verdict {
    places.iter().map(|place| Hit::here().with(place.as_str())).collect::<Vec<_>>().into()
}
