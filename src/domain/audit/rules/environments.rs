//! Rules that compare a profile with the other profiles of the audit.

use foldhash::{HashMap, HashMapExt as _};

use super::{BROWSER, CLIENTS, Check, Hit, RULE, Rule, fleet::each};
use crate::domain::{
    Credential, Kind,
    audit::{
        AuditContext, Fact, Persona, Severity,
        engine::{Digest, FleetInput},
        others::{self, OtherProfile},
    },
    profile::Environment,
};

/// Minimum number of counterparts for two profiles to count as environments of the same system.
const RELATED: usize = 3;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "FLT06",
        slug: "production-host-in-test",
        kinds: BROWSER,
        facts: &[Fact::Callbacks, Fact::OtherProfiles],
        title: "Callback host belongs to a production client",
        why: "Codes of a test environment are sent to a production app",
        advice: "Give each environment its own host",
        source: "OWASP NHI8",
        check: Check::Fleet(production_hosts),
        ..RULE
    },
    Rule {
        id: "FLT09",
        slug: "environments-differ",
        severity: Severity::Low,
        persona: Persona::Auditor,
        kinds: CLIENTS,
        facts: &[Fact::Name, Fact::OtherProfiles],
        title: "Settings differ from the same client in another environment",
        why: "Tests do not cover the settings that production uses",
        advice: "Compare the two clients, and give them the same settings",
        source: "The Twelve-Factor App, dev/prod parity",
        check: Check::Fleet(differences),
        ..RULE
    },
    Rule {
        id: "FLT10",
        slug: "test-only",
        severity: Severity::Info,
        persona: Persona::Auditor,
        kinds: CLIENTS,
        facts: &[Fact::Name, Fact::OtherProfiles],
        title: "Client exists in a test environment only",
        why: "A client that was tried out and never released may be forgotten",
        advice: "Delete the client, or create it in production",
        source: "OWASP NHI1",
        check: Check::Fleet(test_only),
        ..RULE
    },
];

fn is_production(context: &AuditContext) -> bool {
    context.place.environment == Some(Environment::Prod)
}

fn production(context: &AuditContext) -> impl Iterator<Item = &OtherProfile> {
    let others = context.others.iter().map(AsRef::as_ref);
    others.filter(|it: &&OtherProfile| it.is_production() && !is_production(context))
}

/// Reports hosts that several production clients use, or that are trusted, as medium. A host that a
/// single production client uses may belong to a third party, which no environment can change.
fn production_hosts(fleet: &FleetInput<'_>, context: &AuditContext) -> Vec<(u32, Hit)> {
    let mut hits = Vec::new();
    for (at, credential, _) in clients(fleet).filter(|(_, it, _)| BROWSER.contains(&it.kind())) {
        let Some(client) = credential.client() else { continue };
        for (entry, host) in others::hosts(client) {
            let owner = production(context).find_map(|profile| {
                let (client, count) = profile.client_at(&host, credential.id())?;
                Some((profile, client, count))
            });
            if let Some((profile, client, count)) = owner {
                let is_own = count > 1 || context.trusts(&host);
                let severity = if is_own { Severity::Medium } else { Severity::Low };
                let note = format!("{} in profile {}", client.id.shown(), profile.name);
                let hit = Hit::at(Fact::Callbacks, Some(entry)).with(host).rated(severity);
                hits.push((at, hit.noting(note)));
            }
        }
    }
    hits
}

/// Returns the clients that the rules of this module compare, with their digests.
fn clients<'f>(
    fleet: &'f FleetInput<'_>,
) -> impl Iterator<Item = (u32, &'f Credential, &'f Digest)> {
    each(fleet).filter(|(_, kind, _)| CLIENTS.contains(kind)).map(|(at, _, digest)| {
        let credential = &fleet.credentials[at as usize];
        (at, credential, digest)
    })
}

/// Returns the clients with their folded names; `None` for a name that several clients of a kind
/// have.
fn named<'f>(fleet: &'f FleetInput<'_>) -> Vec<(u32, &'f Credential, Option<&'f str>)> {
    let mut counts: HashMap<(Kind, &str), u32> = HashMap::new();
    for (_, credential, digest) in clients(fleet) {
        *counts.entry((credential.kind(), &digest.name)).or_default() += 1;
    }
    clients(fleet)
        .map(|(at, it, digest)| {
            let is_unique = counts.get(&(it.kind(), &*digest.name)) == Some(&1);
            (at, it, Some(&*digest.name).filter(|_| is_unique))
        })
        .collect()
}

/// Reports the differences in the production client, whose settings matter.
fn differences(fleet: &FleetInput<'_>, context: &AuditContext) -> Vec<(u32, Hit)> {
    if !is_production(context) {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for (at, credential, name) in named(fleet) {
        let Some(client) = credential.client() else { continue };
        let own = others::settings(client);
        for profile in context.others.iter().filter(|it| !it.is_production()) {
            let Some(other) = profile.counterpart(credential, name) else { continue };
            let theirs = |fact| other.settings.iter().find(|(it, _)| *it == fact);
            let different =
                |(fact, value): &&(Fact, String)| theirs(*fact).is_some_and(|(_, it)| it != value);
            let names: Vec<_> = own.iter().filter(different).map(|(fact, _)| fact.name()).collect();
            if !names.is_empty() {
                let note = format!("{} in profile {}", names.join(", "), profile.name);
                hits.push((at, Hit::here().with(credential.name().raw()).noting(note)));
            }
        }
    }
    hits
}

/// Reports clients that no related production profile has. Profiles are related if they have several
/// of the same clients. A profile that was not read completely may have any client.
fn test_only(fleet: &FleetInput<'_>, context: &AuditContext) -> Vec<(u32, Hit)> {
    let all = named(fleet);
    let counterparts = |profile: &OtherProfile| {
        all.iter().filter(|(_, it, name)| profile.counterpart(it, *name).is_some()).count()
    };
    let related: Vec<&OtherProfile> =
        production(context).filter(|it| counterparts(it) >= RELATED).collect();
    if related.is_empty() || related.iter().any(|it| it.is_partial) {
        return Vec::new();
    }
    let names: Vec<&str> = related.iter().map(|it| it.name.as_str()).collect();
    let note = format!("not in profile {}", names.join(", "));
    let is_missing = |(_, it, name): &&(u32, &Credential, Option<&str>)| {
        !related.iter().any(|profile| profile.counterpart(it, *name).is_some())
    };
    let hit = |(at, it, _): &(u32, &Credential, Option<&str>)| {
        (*at, Hit::here().with(it.name().raw()).noting(note.clone()))
    };
    all.iter().filter(is_missing).map(hit).collect()
}
