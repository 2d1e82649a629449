//! Evaluates rules on one credential or on all credentials.

use std::{num::NonZero, thread};

use super::{
    AuditContext, Fact, Facts, Finding, Report, Rule, RuleSelection, Subject, Tally,
    entry::UrlEntry,
    names::folded,
    rules::{Check, Hit, Verdict},
    subject,
};
use crate::domain::{Credential, Kind};

/// Minimum number of credentials for an audit with several threads. Below this number, starting the
/// threads costs more time than the threads save.
const WORTH_A_THREAD: usize = 2_000;

/// Input of rules that compare all credentials.
pub struct FleetInput<'a> {
    /// All credentials, including those that `selection` does not audit.
    pub credentials: &'a [Credential],
    /// Digests of the credentials, in the same order; empty if no selected rule compares
    /// credentials.
    pub digests: Vec<Digest>,
    /// Selection of rules and findings.
    pub selection: &'a RuleSelection,
}

/// Precomputed values of one credential, for rules that compare all credentials.
#[derive(Debug)]
pub struct Digest {
    /// Facts that are known about the credential.
    pub known: Facts,
    /// Name, folded for comparison ([`folded`]).
    pub name: Box<str>,
    /// Redirect URIs in folded form ([`UrlEntry::folded`]), with their positions in the list.
    /// Loopback URIs and wildcards that match everything are omitted.
    pub callbacks: Vec<(u32, Box<str>)>,
    /// Host names without a wildcard, each with the field and position of its first occurrence. IP
    /// addresses are omitted.
    pub hosts: Vec<(Fact, Option<u32>, Box<str>)>,
    /// Origins of a token's referers, with their positions in the list.
    pub referers: Vec<(u32, Box<str>)>,
}

impl Digest {
    fn of(subject: &Subject<'_>) -> Self {
        let mut hosts: Vec<(Fact, Option<u32>, Box<str>)> = Vec::new();
        let (mut callbacks, mut referers) = (Vec::new(), Vec::new());
        for entry in &subject.entries {
            let at = entry.at.unwrap_or(0);
            match entry.fact {
                // Loopback hosts are the same for all developers, and a wildcard that matches
                // everything has its own finding, so these redirect URIs are not compared.
                Fact::Callbacks if entry.is_loopback() || entry.matches_anything() => {}
                Fact::Callbacks => callbacks.push((at, entry.folded().into())),
                Fact::Referers => {
                    let site = entry.raw.trim_end_matches('*').trim_end_matches('/');
                    let site = UrlEntry::new(Fact::Referers, None, site);
                    referers.extend(site.origin().map(|origin| (at, origin.into())));
                }
                _ => {}
            }
            if let Some(name) = entry.name().filter(|_| !entry.host_is_pattern())
                && !hosts.iter().any(|(_, _, known)| **known == *name)
            {
                hosts.push((entry.fact, entry.at, name.into()));
            }
        }
        Self {
            known: subject.known,
            name: folded(subject.credential.name().raw()).into(),
            callbacks,
            hosts,
            referers,
        }
    }
}

/// Results of one thread.
#[derive(Default)]
struct Part {
    findings: Vec<Finding>,
    tallies: Vec<Tally>,
    digests: Vec<Digest>,
}

/// Audits credentials with all selected rules. Built-in clients are skipped, unless `selection`
/// includes them. Suppressed findings are marked, not removed.
#[must_use]
pub fn audit(
    credentials: &[Credential],
    context: &AuditContext,
    selection: &RuleSelection,
) -> Report {
    let threads = if credentials.len() < WORTH_A_THREAD {
        1
    } else {
        thread::available_parallelism().map_or(1, NonZero::get)
    };
    let size = credentials.len().div_ceil(threads).max(1);
    let parts = in_parallel(threads, |at| {
        let chunk = credentials.chunks(size).nth(at).unwrap_or_default();
        part(at * size, chunk, context, selection)
    });
    let mut all =
        Part { tallies: vec![Tally::default(); selection.rules().len()], ..Part::default() };
    for part in parts {
        all.findings.extend(part.findings);
        all.digests.extend(part.digests);
        for (sum, tally) in all.tallies.iter_mut().zip(part.tallies) {
            sum.add(tally);
        }
    }
    let fleet = FleetInput { credentials, digests: all.digests, selection };
    for (at, findings, tally) in together(&fleet, context, selection, threads) {
        all.findings.extend(findings);
        all.tallies[at] = tally;
    }
    all.findings.sort_by_key(|finding| finding.subject.map_or(u32::MAX, |subject| subject));
    context.policy.apply(&mut all.findings, credentials, context.today());
    Report {
        findings: all.findings,
        tallies: selection.rules().iter().copied().zip(all.tallies).collect(),
    }
}

/// Evaluates the rules that compare all credentials, and those about the profile or this machine.
/// Returns the index, the findings and the tally of each rule.
fn together(
    fleet: &FleetInput<'_>,
    context: &AuditContext,
    selection: &RuleSelection,
    threads: usize,
) -> Vec<(usize, Vec<Finding>, Tally)> {
    let asked = |(at, rule): (usize, &&'static Rule)| match rule.check {
        Check::Fleet(question) => {
            let (findings, tally) = ask_fleet(rule, question, fleet, context, selection);
            Some((at, findings, tally))
        }
        Check::Environment(question) => {
            let verdict = question(context);
            let mut tally = Tally::default();
            tally.count(&verdict, rule.needs(), Facts::default());
            let hits = if let Verdict::Fail(hits) = verdict { hits } else { Vec::new() };
            let take = |hit| selection.take(rule, None, hit);
            Some((at, hits.into_iter().filter_map(take).collect(), tally))
        }
        Check::Entry(_) | Check::Whole(_) => None,
    };
    let rules = selection.rules().iter().enumerate();
    let rules: Vec<_> = rules
        .filter(|(_, rule)| matches!(rule.check, Check::Fleet(_) | Check::Environment(_)))
        .collect();
    // Each thread evaluates every n-th rule, so that expensive rules are spread across threads.
    let share = |first: usize| {
        rules.iter().skip(first).step_by(threads).filter_map(|it| asked(*it)).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = in_parallel(threads, share).into_iter().flatten().collect();
    all.sort_by_key(|(at, ..)| *at);
    all
}

/// Runs `work` on `threads` threads, including the current one. `work` receives the index of its
/// thread. Returns the results in the order of these indexes.
fn in_parallel<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = (1..threads).map(|it| scope.spawn(move || work(it))).collect();
        // A panic in a rule must end the audit, because missing findings would look like a pass.
        let join = |thread: thread::ScopedJoinHandle<'_, T>| {
            thread.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause))
        };
        std::iter::once(work(0)).chain(others.into_iter().map(join)).collect()
    })
}

/// Audits one credential with the selected rules that check single credentials.
#[must_use]
pub fn audit_one(
    credential: &Credential,
    context: &AuditContext,
    selection: &RuleSelection,
) -> Vec<Finding> {
    let alone = std::slice::from_ref(credential);
    let mut findings = part(0, alone, context, selection).findings;
    context.policy.apply(&mut findings, alone, context.today());
    findings
}

fn part(
    first: usize,
    chunk: &[Credential],
    context: &AuditContext,
    selection: &RuleSelection,
) -> Part {
    let mut part =
        Part { tallies: vec![Tally::default(); selection.rules().len()], ..Part::default() };
    for (at, credential) in chunk.iter().enumerate() {
        let resolved = subject::resolved(credential, context);
        let subject = Subject::new(credential, &resolved, context);
        let number = Some((first + at) as u32);
        let about = selection.about(credential.kind());
        for (rule, needs, at) in about.iter().filter(|_| selection.audits(credential)) {
            let verdict = ask(rule, *needs, &subject, context);
            part.tallies[*at].count(&verdict, *needs, subject.known);
            if let Verdict::Fail(hits) = verdict {
                let taken = hits.into_iter().filter_map(|hit| selection.take(rule, number, hit));
                part.findings.extend(taken);
            }
        }
        if selection.asks_fleet() {
            part.digests.push(Digest::of(&subject));
        }
    }
    part
}

/// Evaluates one rule on one credential. Rules about all credentials, the profile or this machine
/// return [`Verdict::Unknown`].
#[must_use]
pub fn ask(rule: &Rule, needs: Facts, subject: &Subject<'_>, context: &AuditContext) -> Verdict {
    match rule.check {
        Check::Entry(question) => {
            // An entry that is derived from the login URL has the same findings as that URL, so it
            // is evaluated only by rules that read no fact other than the redirect URIs.
            let once = rule.facts != [Fact::Callbacks];
            let mut hits = Vec::new();
            for entry in &subject.entries {
                if needs.has(entry.fact)
                    && !(once && entry.derived)
                    && let Some(hit) = question(entry, subject, context)
                {
                    let place = hit.place.or(Some((entry.fact, entry.at)));
                    let value = hit.value.or_else(|| Some(entry.raw.to_owned()));
                    hits.push(Hit { place, value, ..hit });
                }
            }
            if hits.is_empty() && !subject.known.has_all(needs) {
                return Verdict::Unknown;
            }
            hits.into()
        }
        Check::Whole(_) if !subject.known.has_all(needs) => Verdict::Unknown,
        Check::Whole(question) => question(subject, context),
        Check::Fleet(_) | Check::Environment(_) => Verdict::Unknown,
    }
}

/// Facts that come from the context of an audit, not from a credential.
const FROM_CONTEXT: Facts = Facts::of(&[Fact::Pinned, Fact::OtherProfiles]);

fn ask_fleet(
    rule: &'static Rule,
    question: fn(&FleetInput<'_>, &AuditContext) -> Vec<(u32, Hit)>,
    fleet: &FleetInput<'_>,
    context: &AuditContext,
    selection: &RuleSelection,
) -> (Vec<Finding>, Tally) {
    let needs = rule.needs();
    let asked = |kind: Kind| rule.is_about(kind);
    let about = fleet.credentials.iter().zip(&fleet.digests);
    let (mut tally, mut known) = (Tally::default(), 0);
    for (_, digest) in about.filter(|(credential, _)| asked(credential.kind())) {
        if digest.known.has_all(needs.without(FROM_CONTEXT)) {
            known += 1;
        } else {
            tally.unknown += 1;
            tally.missing.add_all(needs.without(digest.known));
        }
    }
    let lacks_snapshot = needs.has(Fact::Pinned) && context.pinned.is_none();
    if lacks_snapshot || needs.has(Fact::OtherProfiles) && !context.compares_environments() {
        return (Vec::new(), Tally { unknown: tally.unknown + known, ..tally });
    }
    let hits = question(fleet, context);
    let mut accused: Vec<u32> = hits.iter().map(|(at, _)| *at).collect();
    accused.sort_unstable();
    accused.dedup();
    tally.fail = accused.len() as u32;
    tally.pass = known.saturating_sub(tally.fail);
    let number = |at: u32| (at != u32::MAX).then_some(at);
    let findings =
        hits.into_iter().filter_map(|(at, hit)| selection.take(rule, number(at), hit)).collect();
    (findings, tally)
}
