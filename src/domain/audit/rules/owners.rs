//! Rules about the owner and the last use of a credential.

use super::{ALL, CLIENTS, Check, Hit, M2M, RULE, Rule, TOKENS, Verdict};
use crate::domain::{
    Owner,
    audit::{AuditContext, Fact, FixKind, Persona, Severity, Subject},
};

/// Domains of personal email providers.
const FREE_MAIL: [&str; 16] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "yahoo.com",
    "icloud.com",
    "me.com",
    "proton.me",
    "protonmail.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "mail.ru",
    "qq.com",
    "163.com",
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "USE01",
        slug: "never-used",
        fix_kind: FixKind::Delete,
        kinds: CLIENTS,
        facts: &[Fact::Used, Fact::Created],
        title: "Never used since it was created",
        why: "An unused credential adds risk without benefit",
        advice: "Disable it, then delete it",
        source: "CIS AWS 2.11; OWASP NHI1",
        check: Check::Whole(never_used),
        ..RULE
    },
    Rule {
        id: "USE02",
        slug: "unused",
        fix_kind: FixKind::Delete,
        kinds: CLIENTS,
        facts: &[Fact::Used],
        title: "Not used recently",
        why: "Theft of an unused credential goes unnoticed",
        advice: "Disable it, then delete it",
        source: "CIS AWS 2.11; Vercel's check at 90 days; Google removes clients after 6 months",
        check: Check::Whole(|subject, context| unused(subject, context).into()),
        ..RULE
    },
    Rule {
        id: "USE03",
        slug: "disabled-lingering",
        severity: Severity::Low,
        fix_kind: FixKind::Delete,
        kinds: CLIENTS,
        facts: &[Fact::Enabled],
        title: "Disabled for 30 days or more",
        why: "It can be enabled again by mistake",
        advice: "Delete it",
        source: "OWASP NHI1",
        check: Check::Whole(|subject, context| {
            if subject.client().and_then(|client| client.enabled) != Some(false) {
                return Verdict::Pass;
            }
            match subject.credential.record().updated_at {
                Some(at) => Verdict::when(context.days_since(at) >= 30),
                None => Verdict::Unknown,
            }
        }),
        ..RULE
    },
    Rule {
        id: "USE04",
        slug: "usage-unknown",
        severity: Severity::Info,
        persona: Persona::Auditor,
        kinds: ALL,
        facts: &[],
        title: "Last use is unknown",
        why: "The provider does not report it, so stale credentials cannot be found",
        advice: "Check the provider's log",
        source: "OWASP NHI1",
        check: Check::Whole(|subject, _| Verdict::when(!subject.known.has(Fact::Used))),
        ..RULE
    },
    Rule {
        id: "OWN01",
        slug: "no-owner",
        kinds: ALL,
        facts: &[Fact::Owner],
        title: "No owner",
        why: "No user is responsible for reviewing it",
        advice: "Find who uses it, and assign an owner",
        source: "OWASP NHI1",
        check: Check::Whole(|subject, _| Verdict::when(owner(subject).is_none())),
        ..RULE
    },
    Rule {
        id: "OWN02",
        slug: "owner-gone",
        severity: Severity::High,
        kinds: ALL,
        facts: &[Fact::OwnerActive],
        title: "Owner has left",
        why: "It still has the permissions of a person who left",
        advice: "Assign another owner, or delete it",
        source: "OWASP NHI1",
        check: Check::Whole(|subject, _| {
            Verdict::when(owner(subject).is_some_and(|owner| owner.active == Some(false)))
        }),
        ..RULE
    },
    Rule {
        id: "OWN03",
        slug: "m2m-owned-by-admin",
        severity: Severity::High,
        kinds: M2M,
        facts: &[Fact::OwnerRole],
        title: "Service client has an administrator's permissions",
        why: "A stolen secret gives full control",
        advice: "Assign an owner with only the permissions it needs",
        source: "CARTO, M2M OAuth clients; DISA STIG OKTA-APP-003241; OWASP NHI5",
        check: Check::Whole(|subject, _| {
            let role = owner(subject).and_then(|owner| owner.role.as_ref());
            let admin = role.filter(|role| {
                let role = role.raw().to_ascii_lowercase();
                ["admin", "root", "owner"].iter().any(|word| role.contains(word))
            });
            admin.map(|role| Hit::here().noting(format!("owner role: {}", role.shown()))).into()
        }),
        ..RULE
    },
    Rule {
        id: "OWN04",
        slug: "personal-domain-owner",
        persona: Persona::Auditor,
        kinds: ALL,
        facts: &[Fact::Owner],
        title: "Owner uses a personal email address",
        why: "The organization loses access when that person leaves",
        advice: "Assign an owner with an address of the organization",
        source: "OWASP NHI1",
        check: Check::Whole(|subject, _| {
            let domain = owner(subject).and_then(|owner| owner.email.raw().rsplit_once('@'));
            let private = domain.is_some_and(|(_, domain)| {
                FREE_MAIL.contains(&domain.to_ascii_lowercase().as_str())
            });
            Verdict::when(private)
        }),
        ..RULE
    },
    Rule {
        id: "OWN06",
        slug: "owner-dormant",
        kinds: ALL,
        facts: &[Fact::OwnerLogin],
        title: "Owner has not signed in recently",
        why: "The owner may have left",
        advice: "Check that the owner is still active",
        source: "DISA STIG OKTA-APP-000090",
        check: Check::Whole(|subject, context| {
            let Some(at) = owner(subject).and_then(|owner| owner.last_login_at) else {
                return Verdict::Unknown;
            };
            let days = context.days_since(at);
            (days >= 35).then(|| Hit::here().noting(format!("last sign-in {days} days ago"))).into()
        }),
        ..RULE
    },
    Rule {
        id: "TOK19",
        slug: "token-unused",
        fix_kind: FixKind::Delete,
        kinds: TOKENS,
        facts: &[Fact::Used],
        title: "Token not used recently",
        why: "Theft of an unused token goes unnoticed",
        advice: "Delete it",
        source: "CIS AWS 2.11; OWASP NHI1",
        check: Check::Whole(|subject, context| {
            if subject.credential.record().last_used_at.is_some() {
                return unused(subject, context).into();
            }
            if subject.known.has(Fact::Created) {
                never_used(subject, context)
            } else {
                Verdict::Unknown
            }
        }),
        ..RULE
    },
];

fn owner<'a>(subject: &Subject<'a>) -> Option<&'a Owner> {
    subject.credential.record().owner.as_ref()
}

fn never_used(subject: &Subject<'_>, context: &AuditContext) -> Verdict {
    let record = subject.credential.record();
    let days = record.created_at.map_or(0, |made| context.days_since(made));
    let hit = || Hit::at(Fact::Used, None).noting(format!("created {days} days ago"));
    (record.last_used_at.is_none() && days >= 30).then(hit).into()
}

fn unused(subject: &Subject<'_>, context: &AuditContext) -> Option<Hit> {
    let days = context.days_since(subject.credential.record().last_used_at?);
    let severity = match days {
        180.. => Severity::High,
        90.. => Severity::Medium,
        45.. => Severity::Low,
        _ => return None,
    };
    Some(Hit::at(Fact::Used, None).rated(severity).noting(format!("last used {days} days ago")))
}
