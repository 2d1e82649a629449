//! Rules that compare credentials with each other or with a snapshot, and rules about shared use
//! and expired suppressions.

use std::{collections::BTreeMap, hash::BuildHasher as _, net::IpAddr, sync::LazyLock};

// The audit of a large fleet computes about a million hashes, so the hash function must be fast.
// The seed is random, because names and URLs from an API could be chosen to collide.
use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _, fast::RandomState};

use super::{
    ALL, BROWSER, Check, Hit, M2M, NONE, RULE, Rule, SPA, TOKENS, Verdict,
    lookalikes::{lookalikes, looks},
};
use crate::domain::{
    Credential, Kind, Token, Untrusted,
    audit::{
        AuditContext, Fact, FixKind, Persona, Severity,
        engine::FleetInput,
        host,
        names::{NamedEnvironment, is_one_of, stem, words},
    },
    snapshot::{self, ChangeKind},
};

/// Days after the creation of a newer token with the same grants during which the older token is
/// not reported, because a rotation may be in progress.
const TWIN_DAYS: i64 = 30;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "URL24",
        slug: "lookalike-host",
        severity: Severity::High,
        kinds: BROWSER,
        facts: &[Fact::Callbacks],
        title: "Host resembles one of your own hosts",
        why: "A lookalike host receives codes from users who do not notice the difference",
        advice: "Check who owns the host, and remove the URL unless it is yours",
        source: "UTS #39 section 4; typo-squatting",
        check: Check::Fleet(lookalikes),
        ..RULE
    },
    Rule {
        id: "NAM01",
        slug: "duplicate-name",
        severity: Severity::Low,
        fix_kind: FixKind::Rename,
        kinds: ALL,
        facts: &[Fact::Name],
        title: "Name is not unique",
        why: "The wrong credential can be edited or deleted",
        advice: "Rename one of them",
        source: "UAX #15; OWASP NHI1",
        check: Check::Fleet(|fleet, _| {
            let mut by_name: HashMap<(Kind, &str), Vec<u32>> = HashMap::new();
            for (at, kind, digest) in each(fleet) {
                if !digest.name.is_empty() {
                    by_name.entry((kind, &*digest.name)).or_default().push(at);
                }
            }
            let groups = by_name.into_values().filter(|group| group.len() > 1);
            let mut hits: Vec<(u32, Hit)> = groups
                .flat_map(|group| {
                    let others = group.len() - 1;
                    group.into_iter().map(move |at| (at, others))
                })
                .map(|(at, others)| {
                    let note = format!("{others} more with this name");
                    (at, Hit::here().with(name(fleet, at)).noting(note))
                })
                .collect();
            hits.sort_by_key(|(at, _)| *at);
            hits
        }),
        ..RULE
    },
    Rule {
        id: "NAM02",
        slug: "confusable-name",
        kinds: ALL,
        facts: &[Fact::Name],
        title: "Name looks the same as another name",
        why: "Users can mistake one credential for the other",
        advice: "Rename one of them",
        source: "UTS #39 section 4",
        check: Check::Fleet(|fleet, _| {
            let mut by_look: HashMap<u64, Vec<u32>> = HashMap::new();
            for (at, _, digest) in each(fleet) {
                by_look.entry(looks(&digest.name)).or_default().push(at);
            }
            let mut hits = Vec::new();
            for group in by_look.into_values().filter(|group| group.len() > 1) {
                let name_of = |at: u32| &fleet.digests[at as usize].name;
                let first = group[0];
                let Some(&second) = group.iter().find(|at| name_of(**at) != name_of(first)) else {
                    continue;
                };
                for at in group {
                    let other = if name_of(at) == name_of(first) { second } else { first };
                    let note = format!("compare {}", id(fleet, other));
                    hits.push((at, Hit::here().with(name(fleet, at)).noting(note)));
                }
            }
            hits.sort_by_key(|(at, _)| *at);
            hits
        }),
        ..RULE
    },
    Rule {
        id: "FLT01",
        slug: "shared-callback",
        kinds: BROWSER,
        facts: &[Fact::Callbacks],
        title: "Callback is shared with another client",
        why: "One app receives codes that were issued for the other",
        advice: "Give each app its own callback",
        source: "RFC 9700 section 4.4",
        check: Check::Fleet(shared_callbacks),
        ..RULE
    },
    Rule {
        id: "FLT02",
        slug: "environments-share-host",
        severity: Severity::Low,
        kinds: BROWSER,
        facts: &[Fact::Callbacks, Fact::Name],
        title: "Clients of two environments use the same host",
        why: "A fault in the test environment reaches production users",
        advice: "Give each environment its own host",
        source: "OWASP NHI8",
        check: Check::Fleet(shared_hosts),
        ..RULE
    },
    Rule {
        id: "FLT03",
        slug: "shared-m2m",
        kinds: M2M,
        facts: &[Fact::Name],
        title: "Name suggests a shared service client",
        why: "Calls cannot be attributed, and revoking the client stops all its callers",
        advice: "Create one client for each workload",
        source: "OWASP NHI9",
        check: Check::Whole(|subject, _| {
            let name = subject.credential.name().raw();
            let common = ["shared", "common", "generic", "all", "everyone", "global"];
            let found = words(name).any(|word| is_one_of(word, &common));
            found.then(|| Hit::here().with(name)).into()
        }),
        ..RULE
    },
    Rule {
        id: "FLT05",
        slug: "drift",
        kinds: ALL,
        facts: &[Fact::Pinned],
        title: "Credential differs from the snapshot",
        why: "The change is not in the reviewed snapshot",
        advice: "Revert the change, or take a new snapshot",
        source: "GitOps; OWASP NHI1",
        check: Check::Fleet(drift),
        ..RULE
    },
    Rule {
        id: "FLT07",
        slug: "identical-registration",
        severity: Severity::Low,
        fix_kind: FixKind::Delete,
        kinds: BROWSER,
        facts: &[Fact::Name, Fact::Callbacks],
        title: "Registration is identical to others",
        why: "Clients that register themselves pile up, and an abused one is not noticed among them",
        advice: "Search the logs with credenza used, and delete the registrations without use",
        source: "RFC 7591 section 5",
        check: Check::Fleet(identical_registrations),
        ..RULE
    },
    Rule {
        id: "OWN05",
        slug: "single-owner-concentration",
        severity: Severity::Info,
        persona: Persona::Auditor,
        kinds: M2M,
        facts: &[Fact::Owner],
        title: "One person owns more than half of the service clients",
        why: "These clients lose their owner when that person leaves",
        advice: "Distribute them, or let a team own them",
        source: "OWASP NHI1",
        check: Check::Fleet(|fleet, _| {
            let mut by_owner: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
            let mut all = 0;
            for (at, _, _) in each(fleet).filter(|(_, kind, _)| *kind == Kind::M2m) {
                all += 1;
                let owner = fleet.credentials[at as usize].record().owner.as_ref();
                if let Some(owner) = owner {
                    by_owner.entry(owner.user_id.raw()).or_default().push(at);
                }
            }
            let most = by_owner.into_values().max_by_key(Vec::len).unwrap_or_default();
            if all < 6 || most.len() * 2 <= all {
                return Vec::new();
            }
            let note = format!("{} of {all}", most.len());
            most.first().map(|at| (*at, Hit::here().noting(note))).into_iter().collect()
        }),
        ..RULE
    },
    Rule {
        id: "TOK18",
        slug: "twin-token",
        fix_kind: FixKind::Delete,
        kinds: TOKENS,
        facts: &[Fact::Grants, Fact::Apis, Fact::Referers, Fact::Created],
        title: "A newer token has the same grants",
        why: "An unfinished rotation leaves two working tokens",
        advice: "Delete the older token once nothing uses it",
        source: "CARTO, API access tokens: rotate by creating a new one and deleting the old",
        check: Check::Fleet(twins),
        ..RULE
    },
    Rule {
        id: "TOK23",
        slug: "orphan-referer",
        severity: Severity::Low,
        persona: Persona::Auditor,
        kinds: TOKENS,
        facts: &[Fact::Referers],
        title: "Referer is not the origin of any browser app",
        why: "The domain of a retired site can be registered by another party",
        advice: "Check that the site still exists, or remove the referer",
        source: "OWASP NHI1",
        check: Check::Fleet(orphans),
        ..RULE
    },
    Rule {
        id: "POL01",
        slug: "suppression-expired",
        severity: Severity::Low,
        kinds: NONE,
        facts: &[Fact::Policy],
        title: "Suppression has expired",
        why: "The finding it covered counts again",
        advice: "Fix the finding, or renew the suppression with a new end date",
        source: "your policy",
        check: Check::Environment(|context| {
            let over = |it: &&crate::domain::audit::Suppression| it.expires < context.today();
            let hit = |it: &crate::domain::audit::Suppression| {
                let note = format!("for {}, expired {}: {}", it.client, it.expires, it.reason);
                Hit::here().with(it.rule.as_str()).noting(note)
            };
            let hits: Vec<Hit> = context.policy.suppressions.iter().filter(over).map(hit).collect();
            Verdict::from(hits)
        }),
        ..RULE
    },
];

pub(super) fn each<'f>(
    fleet: &'f FleetInput<'_>,
) -> impl Iterator<Item = (u32, Kind, &'f crate::domain::audit::engine::Digest)> {
    let all = fleet.credentials.iter().zip(&fleet.digests).enumerate();
    let audited = all.filter(|(_, (credential, _))| fleet.selection.audits(credential));
    audited.map(|(at, (credential, digest))| (at as u32, credential.kind(), digest))
}

fn name(fleet: &FleetInput<'_>, at: u32) -> String {
    fleet.credentials[at as usize].name().raw().to_owned()
}

fn id(fleet: &FleetInput<'_>, at: u32) -> String {
    fleet.credentials[at as usize].id().shown().into_owned()
}

/// Random seed that all text hashes share, so that they can be compared with each other.
pub(super) static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);

pub(super) fn hash_of<T: std::hash::Hash>(value: T) -> u64 {
    SEED.hash_one(value)
}

/// Place of a finding: index of the credential, fact, and index of the list entry.
pub(super) type FindingPlace = (u32, Fact, Option<u32>);

fn shared_callbacks(fleet: &FleetInput<'_>, _: &AuditContext) -> Vec<(u32, Hit)> {
    let mut by_callback: HashMap<&str, Vec<(u32, u32)>> = HashMap::new();
    for (at, _, digest) in each(fleet) {
        let mut own = HashSet::new();
        for (entry, callback) in &digest.callbacks {
            if own.insert(callback) {
                by_callback.entry(callback).or_default().push((at, *entry));
            }
        }
    }
    let mut hits = Vec::new();
    for (callback, group) in by_callback.into_iter().filter(|(_, group)| group.len() > 1) {
        let alike = |it: &(u32, u32)| {
            let record = fleet.credentials[it.0 as usize].record();
            (record.owner.as_ref().map(|owner| &owner.user_id), stem(record.name.raw()))
        };
        let first = alike(&group[0]);
        let related = first.0.is_some() && group[1..].iter().all(|it| alike(it) == first);
        let severity = if related { Severity::Low } else { Severity::Medium };
        for (at, entry) in &group {
            let other = group.iter().find(|(other, _)| other != at).map_or(0, |(other, _)| *other);
            let more = match group.len() - 2 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let note = format!("also in {}{more}", id(fleet, other));
            let hit = Hit::at(Fact::Callbacks, Some(*entry)).with(callback).rated(severity);
            hits.push((*at, hit.noting(note)));
        }
    }
    hits.sort_by_key(|(at, hit)| (*at, hit.place));
    hits
}

/// Minimum number of identical clients that count as repeated registrations of one app.
const REPEATED: usize = 3;

/// Reports clients with the same kind, name, redirect URIs, logout URLs, grant types, scopes and
/// authentication method. Clients without redirect URIs are skipped.
fn identical_registrations(fleet: &FleetInput<'_>, context: &AuditContext) -> Vec<(u32, Hit)> {
    let sorted = |list: &[Untrusted]| {
        let mut list: Vec<&str> = list.iter().map(Untrusted::raw).collect();
        list.sort_unstable();
        hash_of(list)
    };
    let mut alike: HashMap<u64, Vec<u32>> = HashMap::new();
    for (at, kind, digest) in each(fleet).filter(|(_, kind, _)| BROWSER.contains(kind)) {
        let Some(client) = fleet.credentials[at as usize].client() else { continue };
        if client.callbacks.is_empty() {
            continue;
        }
        let lists = [&client.callbacks, &client.logout_urls, &client.grant_types, &client.scopes];
        let key = (kind, &*digest.name, lists.map(|it| sorted(it)), client.auth_method.as_ref());
        alike.entry(hash_of(key)).or_default().push(at);
    }
    let mut hits = Vec::new();
    for group in alike.into_values().filter(|group| group.len() >= REPEATED) {
        let created = |at: u32| fleet.credentials[at as usize].record().created_at;
        // The newest one is the most likely to be in use.
        let newest =
            group.iter().filter(|at| created(**at).is_some()).max_by_key(|at| created(**at));
        for at in group.iter().filter(|at| Some(*at) != newest) {
            let mut note = format!("{} are identical", group.len());
            if let Some(own) = created(*at) {
                note = format!("{note}, registered {} days ago", context.days_since(own));
            }
            hits.push((*at, Hit::here().with(name(fleet, *at)).noting(note)));
        }
    }
    hits.sort_by_key(|(at, _)| *at);
    hits
}

fn shared_hosts(fleet: &FleetInput<'_>, _: &AuditContext) -> Vec<(u32, Hit)> {
    let mut by_host: HashMap<&str, BTreeMap<NamedEnvironment, FindingPlace>> = HashMap::new();
    let clients = each(fleet).filter(|(_, kind, _)| BROWSER.contains(kind));
    for (at, _, digest) in clients {
        let Some(stage) = NamedEnvironment::of_text(&digest.name) else { continue };
        for (fact, entry, host) in &digest.hosts {
            // `localhost` is a different machine for each user, so clients do not share it.
            if host.contains('.') && !host::is_below(host, "localhost") {
                by_host.entry(host).or_default().entry(stage).or_insert((at, *fact, *entry));
            }
        }
    }
    let mut hits = Vec::new();
    for (host, stages) in by_host.into_iter().filter(|(_, stages)| stages.len() > 1) {
        let named: Vec<&str> = stages.keys().map(|stage| stage.word()).collect();
        let note = named.join(" and ");
        // Report the client furthest from production, because its host must change.
        if let Some((at, fact, entry)) = stages.into_values().next_back() {
            hits.push((at, Hit::at(fact, entry).with(host).noting(note)));
        }
    }
    hits.sort_by_key(|(at, hit)| (*at, hit.place));
    hits
}

fn twins(fleet: &FleetInput<'_>, context: &AuditContext) -> Vec<(u32, Hit)> {
    let mut alike: HashMap<u64, Vec<(u32, &Token)>> = HashMap::new();
    for (at, credential) in fleet.credentials.iter().enumerate() {
        if let Credential::Token(token) = credential {
            let sorted = |list: &[Untrusted]| {
                let mut list: Vec<&str> = list.iter().map(Untrusted::raw).collect();
                list.sort_unstable();
                hash_of(list)
            };
            let mut grants: Vec<(&str, &str)> = token
                .grants
                .iter()
                .map(|grant| (grant.connection.raw(), grant.source.raw()))
                .collect();
            grants.sort_unstable();
            let owner = token.record.owner.as_ref().map(|owner| owner.user_id.raw());
            let key = (hash_of(grants), sorted(&token.apis), sorted(&token.referers), owner);
            alike.entry(hash_of(key)).or_default().push((at as u32, token));
        }
    }
    let mut hits = Vec::new();
    for mut group in alike.into_values().filter(|group| group.len() > 1) {
        group.sort_by_key(|(at, token)| (token.record.created_at, *at));
        let Some((newest, successor)) = group.pop() else { continue };
        // A rotation begins with the creation of the successor, however old the other token is.
        let Some(begun) = successor.record.created_at else { continue };
        for (at, token) in group {
            if context.days_since(begun) > TWIN_DAYS && !token.grants.is_empty() {
                let note = format!("the newer one is {}", id(fleet, newest));
                hits.push((at, Hit::at(Fact::Grants, None).noting(note)));
            }
        }
    }
    hits.sort_by_key(|(at, _)| *at);
    hits
}

fn orphans(fleet: &FleetInput<'_>, _: &AuditContext) -> Vec<(u32, Hit)> {
    let mut hosts: HashSet<&str> = HashSet::new();
    for (_, _, digest) in each(fleet).filter(|(_, kind, _)| SPA.contains(kind)) {
        hosts.extend(digest.hosts.iter().map(|(_, _, host)| &**host));
    }
    let mut hits = Vec::new();
    if hosts.is_empty() {
        return hits;
    }
    for (at, _, digest) in each(fleet).filter(|(_, kind, _)| *kind == Kind::Token) {
        for (entry, origin) in &digest.referers {
            let host = origin.split_once("://").map_or(&**origin, |(_, host)| host);
            let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
            // The digests contain no IP addresses, so it is unknown whether a SPA has this address.
            let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
            if !is_address && !hosts.contains(host) {
                hits.push((at, Hit::at(Fact::Referers, Some(*entry)).with(&**origin)));
            }
        }
    }
    hits
}

fn drift(fleet: &FleetInput<'_>, context: &AuditContext) -> Vec<(u32, Hit)> {
    let Some(pinned) = &context.pinned else { return Vec::new() };
    // Built-in clients are compared too, because a change to one is also drift.
    let places: HashMap<(bool, &str), u32> = (0..)
        .zip(fleet.credentials)
        .map(|(at, it)| ((it.kind() == Kind::Token, it.id().raw()), at))
        .collect();
    let differences = snapshot::diff(&pinned.credentials, fleet.credentials);
    let mut hits: Vec<(u32, Hit)> = differences
        .into_iter()
        .filter(|it| !(context.partial && it.what == ChangeKind::Removed))
        .map(|difference| {
            let key = (difference.kind == Kind::Token, difference.id.raw());
            let at = places.get(&key).copied().unwrap_or(u32::MAX);
            let hit = Hit::here().with(difference.name.raw());
            let hit = match difference.what {
                ChangeKind::Added => hit.noting("added"),
                ChangeKind::Removed => hit.noting(format!("{} removed", difference.id.shown())),
                ChangeKind::Changed(changes) => {
                    let fields: Vec<_> =
                        changes.iter().map(|change| change.member.as_str()).collect();
                    // The value is part of the finding's fingerprint, so a baseline covers only
                    // this change.
                    let after: Vec<String> = changes
                        .iter()
                        .map(|change| format!("{}={}", change.member, change.after))
                        .collect();
                    let hit = hit.with(after.join(" "));
                    hit.noting(format!("changed: {}", fields.join(", ")))
                }
            };
            (at, hit)
        })
        .collect();
    hits.sort_by_key(|(at, _)| *at);
    hits
}
