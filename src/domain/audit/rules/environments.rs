//! Rules that compare a profile with the other profiles of the audit.

use super::{BROWSER, CLIENTS, Check, Hit, RULE, Rule, fleet::each};
use crate::domain::{
    Credential,
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

fn production_hosts(fleet: &FleetInput<'_>, context: &AuditContext) -> Vec<(u32, Hit)> {
    let mut hits = Vec::new();
    for (at, _, digest) in each(fleet).filter(|(_, kind, _)| BROWSER.contains(kind)) {
        for (fact, entry, host) in digest.hosts.iter().filter(|it| it.0 == Fact::Callbacks) {
            let owner = production(context).find_map(|it| Some((it, it.client_at(host)?)));
            if let Some((profile, client)) = owner {
                let note = format!("{} in profile {}", client.id.shown(), profile.name);
                hits.push((at, Hit::at(*fact, *entry).with(&**host).noting(note)));
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

/// Reports differences only for clients in production, because the settings in production matter.
fn differences(fleet: &FleetInput<'_>, context: &AuditContext) -> Vec<(u32, Hit)> {
    if !is_production(context) {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for (at, credential, digest) in clients(fleet) {
        let Some(client) = credential.client() else { continue };
        let own = others::settings(client);
        for profile in context.others.iter().filter(|it| !it.is_production()) {
            let Some(other) = profile.counterpart(credential.id(), &digest.name) else { continue };
            let theirs = |fact| other.settings.iter().find(|(it, _)| *it == fact);
            let different =
                |(fact, value): &&(Fact, String)| theirs(*fact).is_some_and(|(_, it)| it != value);
            let names: Vec<_> = own.iter().filter(different).map(|(fact, _)| fact.name()).collect();
            if !names.is_empty() {
                let note = format!("{} in profile {}", names.join(", "), profile.name);
                hits.push((at, Hit::here().with(&*digest.name).noting(note)));
            }
        }
    }
    hits
}

/// Reports clients without a counterpart in production. Skips production profiles with fewer than
/// [`RELATED`] counterparts, because they probably belong to an unrelated system.
fn test_only(fleet: &FleetInput<'_>, context: &AuditContext) -> Vec<(u32, Hit)> {
    let mut hits = Vec::new();
    for profile in production(context) {
        let has = |credential: &Credential, digest: &Digest| {
            profile.counterpart(credential.id(), &digest.name).is_some()
        };
        let all: Vec<(u32, bool, &Digest)> =
            clients(fleet).map(|(at, it, digest)| (at, has(it, digest), digest)).collect();
        if all.iter().filter(|(_, has, _)| *has).count() < RELATED {
            continue;
        }
        for (at, _, digest) in all.into_iter().filter(|(_, has, _)| !has) {
            let note = format!("not in profile {}", profile.name);
            hits.push((at, Hit::here().with(&*digest.name).noting(note)));
        }
    }
    hits.sort_by_key(|(at, _)| *at);
    hits
}
