//! Rules about the age, expiry, last use, number and storage of client secrets. The age of a client
//! is only an upper bound for the age of its secret, so most of these rules return unknown for
//! secrets without dates.

use jiff::Timestamp;

use super::{CLIENTS, Check, Hit, RULE, Rule, Verdict};
use crate::domain::{
    audit::{AuditContext, Fact, FixKind, Persona, Severity, Subject},
    credential::SecretAge,
};

const SECRETS: &[Fact] = &[Fact::Secrets];

/// Days after a rotation during which an old secret that still works is not reported.
const OVERLAP_DAYS: i64 = 7;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "SEC01",
        slug: "secret-old",
        fix_kind: FixKind::Rotate,
        kinds: CLIENTS,
        facts: SECRETS,
        title: "Secret is old",
        why: "The longer a secret lives, the more copies of it exist",
        advice: "Rotate it",
        source: "CIS Google Cloud 1.16; CIS AWS 2.12; OWASP ASVS 13.3.4; OWASP NHI7",
        check: Check::Whole(|subject, context| {
            let Some(newest) = newest(subject) else { return none_or_unknown(subject) };
            old(context.days_since(newest)).into()
        }),
        ..RULE
    },
    Rule {
        id: "SEC02",
        slug: "never-rotated",
        severity: Severity::Low,
        fix_kind: FixKind::Rotate,
        kinds: CLIENTS,
        facts: &[Fact::Secrets, Fact::Created],
        title: "Secret was never rotated",
        why: "Every copy made since the client was created still works",
        advice: "Rotate it",
        source: "OWASP NHI7",
        check: Check::Whole(|subject, context| {
            let Some(newest) = newest(subject) else { return none_or_unknown(subject) };
            let made = subject.credential.record().created_at;
            let same = made.is_some_and(|made| (newest.as_second() - made.as_second()).abs() < 60);
            Verdict::when(same && context.days_since(newest) >= 90)
        }),
        ..RULE
    },
    Rule {
        id: "SEC03",
        slug: "secret-expired-in-use",
        severity: Severity::Low,
        fix_kind: FixKind::Rotate,
        kinds: CLIENTS,
        facts: SECRETS,
        title: "Secret has expired",
        why: "Services that use it fail, or it is unused",
        advice: "Rotate it, or delete the client",
        source: "RFC 7591 section 3.2.1",
        check: Check::Whole(|subject, context| {
            let ends = ends(subject);
            let Some(end) = ends.iter().flatten().max() else {
                return if ends.is_empty() { none_or_unknown(subject) } else { Verdict::Pass };
            };
            if *end >= context.now || ends.contains(&None) {
                return Verdict::Pass;
            }
            let used = subject.credential.record().last_used_at;
            let lately = used.is_some_and(|used| context.days_since(used) < 7);
            let severity = if lately { Severity::High } else { Severity::Low };
            Verdict::Fail(vec![Hit::here().rated(severity).noting(since(context, *end))])
        }),
        ..RULE
    },
    Rule {
        id: "SEC04",
        slug: "secret-expiring",
        fix_kind: FixKind::Rotate,
        kinds: CLIENTS,
        facts: SECRETS,
        title: "Secret expires soon",
        why: "Services that use it stop working at that moment",
        advice: "Rotate it before it expires",
        source: "RFC 7591 section 3.2.1",
        check: Check::Whole(|subject, context| {
            let ends = ends(subject);
            if ends.is_empty() {
                return none_or_unknown(subject);
            }
            if ends.contains(&None) {
                return Verdict::Pass;
            }
            let dated = |secret: &SecretAge| Some((secret.expires_at??, secret.created_at));
            let last = subject.active_secrets().filter_map(dated).max();
            last.and_then(|(end, made)| ending(context, made, end)).into()
        }),
        ..RULE
    },
    Rule {
        id: "SEC05",
        slug: "secret-no-expiry",
        severity: Severity::Low,
        persona: Persona::Pedantic,
        kinds: CLIENTS,
        facts: SECRETS,
        title: "Secret never expires",
        why: "A leaked secret works until it is rotated or revoked",
        advice: "Set an expiry where the server supports it",
        source: "RFC 7591 section 3.2.1; OWASP NHI7",
        check: Check::Whole(|subject, _| {
            let ends = ends(subject);
            if ends.is_empty() {
                none_or_unknown(subject)
            } else {
                Verdict::when(ends.contains(&None))
            }
        }),
        ..RULE
    },
    Rule {
        id: "SEC06",
        slug: "overlap-too-long",
        kinds: CLIENTS,
        facts: SECRETS,
        title: "Old secret still works after a rotation",
        why: "A leaked copy of the old secret is still valid",
        advice: "Remove the old secret once nothing uses it",
        source: "CIS AWS 2.13, one active key",
        check: Check::Whole(|subject, context| {
            if subject.secrets_in_force().count() < 2 {
                return Verdict::Pass;
            }
            match newest(subject) {
                Some(newest) => Verdict::when(context.days_since(newest) > OVERLAP_DAYS),
                None => Verdict::Unknown,
            }
        }),
        ..RULE
    },
    Rule {
        id: "SEC07",
        slug: "too-many-active",
        kinds: CLIENTS,
        facts: SECRETS,
        title: "More than two secrets are active",
        why: "Each one is another secret that can leak",
        advice: "Keep the newest, and the previous one only during a rotation",
        source: "CIS AWS 2.13, one active key",
        check: Check::Whole(|subject, _| {
            let count = subject.secrets_in_force().count();
            (count > 2).then(|| Hit::here().noting(format!("{count} secrets"))).into()
        }),
        ..RULE
    },
    Rule {
        id: "SEC08",
        slug: "old-secret-still-used",
        severity: Severity::High,
        kinds: CLIENTS,
        facts: SECRETS,
        title: "Old secret is used after a rotation",
        why: "Removing it now breaks a consumer",
        advice: "Find the consumer and update it, then remove the old secret",
        source: "CIS AWS 2.12, rotation in two steps",
        check: Check::Whole(|subject, _| {
            let Some(newest) = newest(subject) else { return none_or_unknown(subject) };
            let old = |it: &&SecretAge| it.created_at.is_some_and(|made| made < newest);
            let older: Vec<&SecretAge> = subject.secrets_in_force().filter(old).collect();
            let day = 24 * 60 * 60;
            let still = |it: &&SecretAge| {
                it.last_used_at.is_some_and(|used| used.as_second() > newest.as_second() + day)
            };
            if older.iter().any(still) {
                return Verdict::when(true);
            }
            let untold = |it: &&SecretAge| it.last_used_at.is_none() && !it.reports_last_used;
            let silent = older.iter().any(untold);
            if silent { Verdict::Unknown } else { Verdict::Pass }
        }),
        ..RULE
    },
    Rule {
        id: "SEC09",
        slug: "secret-age-unknown",
        severity: Severity::Info,
        persona: Persona::Auditor,
        kinds: &[crate::domain::Kind::M2m],
        facts: &[],
        title: "Age of the secret is unknown",
        why: "The provider does not report it, so an old secret cannot be found",
        advice: "Rotate it, and record the date in your inventory",
        source: "OWASP NHI7",
        check: Check::Whole(|subject, _| {
            let secrets = subject.posture().and_then(|posture| posture.secrets.as_deref());
            let dated = secrets.is_some_and(|all| all.iter().all(|it| it.created_at.is_some()));
            Verdict::when(!dated)
        }),
        ..RULE
    },
    Rule {
        id: "SEC12",
        slug: "secret-in-file",
        severity: Severity::High,
        fix_kind: FixKind::Rotate,
        kinds: CLIENTS,
        facts: &[],
        title: "Client secret is in the file in clear text",
        why: "Read access to the file or its history is enough to act as this client",
        advice: "Rotate the secret, and refer to a secret store or a variable in the file",
        source: "CWE-312; OWASP NHI2; RFC 9700 section 4.13",
        // Only clients that were read from a file have a `stored_secret`.
        check: Check::Whole(|subject, _| {
            let stored = subject.posture().and_then(|posture| posture.stored_secret);
            (stored == Some(true)).then(|| Hit::at(Fact::StoredSecret, None)).into()
        }),
        ..RULE
    },
];

/// Returns a hit for an age of 90 days or more (medium severity), or 365 days or more (high
/// severity).
pub(super) fn old(days: i64) -> Option<Hit> {
    let severity = match days {
        365.. => Severity::High,
        90.. => Severity::Medium,
        _ => return None,
    };
    Some(Hit::here().rated(severity).noting(format!("{days} days")))
}

/// Returns a hit for a credential in the last third of its lifetime, at most 30 days before its
/// expiry, so that a 30-day token is not reported on its first day. The severity is high in the
/// last 7 days. Returns `None` after the expiry. If `made` is `None`, the limit is 30 days.
pub(super) fn ending(
    context: &AuditContext,
    made: Option<Timestamp>,
    end: Timestamp,
) -> Option<Hit> {
    let left = end.as_second() - context.now.as_second();
    let day = 24 * 60 * 60;
    let third = made.map_or(i64::MAX, |made| (end.as_second() - made.as_second()) / 3);
    if left < 0 || left > third.min(30 * day) {
        return None;
    }
    let severity = if left <= third.min(7 * day) { Severity::High } else { Severity::Medium };
    let left = crate::domain::age::ago(context.now, end);
    let note = format!("{left}, {}", crate::domain::age::utc(end));
    Some(Hit::here().rated(severity).noting(note))
}

/// Returns the time since an expiry and its date in UTC, for the note of a finding.
pub(super) fn since(context: &AuditContext, end: Timestamp) -> String {
    let since = crate::domain::age::since(context.now, end);
    format!("{since}, {}", crate::domain::age::utc(end))
}

fn newest(subject: &Subject<'_>) -> Option<Timestamp> {
    let mut newest = None;
    for secret in subject.active_secrets() {
        newest = newest.max(Some(secret.created_at?));
    }
    newest
}

/// Returns the verdict for a client whose secrets have no known dates: pass if it has no active
/// secrets, unknown otherwise.
fn none_or_unknown(subject: &Subject<'_>) -> Verdict {
    if subject.active_secrets().next().is_none() { Verdict::Pass } else { Verdict::Unknown }
}

/// Returns the expiries of the active secrets; `None` for a secret that never expires. The list is
/// empty if the client has no active secrets, or if one of the expiries is unknown.
fn ends(subject: &Subject<'_>) -> Vec<Option<Timestamp>> {
    let known: Option<Vec<_>> = subject.active_secrets().map(|secret| secret.expires_at).collect();
    known.unwrap_or_default()
}
