//! What an audit found.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Fact, Facts, Rule, Severity, rules::Verdict};
use crate::domain::{Untrusted, profile::Word as _};

/// What was decided about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing yet.
    #[default]
    Open,
    /// It was there when the baseline was taken.
    Baselined,
    /// Somebody accepted it, with a reason and until a day: the policy's suppression of this number.
    Suppressed(u32),
}

/// One thing that is wrong, in one place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which rule says so.
    pub rule: &'static Rule,
    /// How bad it is here.
    pub severity: Severity,
    /// The credential's place among those that were audited; none for the profile or the machine.
    pub subject: Option<u32>,
    /// Which fact of it.
    pub fact: Fact,
    /// Which entry of a list, from 0.
    pub entry: Option<u32>,
    /// The offending value.
    pub value: Option<Untrusted>,
    /// What this case has of its own.
    pub note: Option<Untrusted>,
    /// What was decided about it.
    pub state: State,
}

impl Finding {
    /// Whether nothing was decided about it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// What is wrong, with what this case has of its own.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.note {
            Some(note) => format!("{} ({})", self.rule.says, note.shown()),
            None => self.rule.says.to_owned(),
        }
    }

    /// How bad it is, the rule and what is wrong, in one line.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}: {}", self.severity.word(), self.rule.id, self.message())
    }

    /// The place in the credential: `callbacks[1]`, `name`.
    #[must_use]
    pub fn pointer(&self) -> String {
        match self.entry {
            Some(entry) => format!("{}[{entry}]", self.fact.wire()),
            None => self.fact.wire().to_owned(),
        }
    }
}

/// How often a rule failed, passed and was unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Credentials that fail it.
    pub fail: u32,
    /// Credentials that pass it.
    pub pass: u32,
    /// Credentials of which what it needs is not known.
    pub unknown: u32,
    /// What was not known of any of them.
    pub missing: Facts,
}

impl Tally {
    /// Counts a verdict about something of which only so much is known.
    pub fn count(&mut self, verdict: &Verdict, needs: Facts, known: Facts) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Unknown => {
                self.unknown += 1;
                self.missing.add_all(needs.without(known));
            }
            Verdict::Fail(_) => self.fail += 1,
        }
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: Self) {
        self.fail += other.fail;
        self.pass += other.pass;
        self.unknown += other.unknown;
        self.missing.add_all(other.missing);
    }
}

/// What an audit found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The findings, in the order of the credentials.
    pub findings: Vec<Finding>,
    /// Every rule that was asked, and how it went.
    pub tallies: Vec<(&'static Rule, Tally)>,
}

impl Report {
    /// The findings about which nothing was decided.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_open())
    }

    /// Open findings by credential, by their places in the report: what is about none first, then the
    /// credential with the worst first; in each the worst first.
    #[must_use]
    pub fn by_credential(&self) -> Vec<(Option<u32>, Vec<usize>)> {
        let mut groups: Vec<(Option<u32>, Vec<usize>)> = Vec::new();
        for (place, finding) in self.findings.iter().enumerate().filter(|(_, it)| it.is_open()) {
            match groups.last_mut().filter(|(subject, _)| *subject == finding.subject) {
                Some((_, group)) => group.push(place),
                None => groups.push((finding.subject, vec![place])),
            }
        }
        let severity = |place: &usize| self.findings[*place].severity;
        for (_, group) in &mut groups {
            group.sort_by_key(|place| Reverse(severity(place)));
        }
        groups.sort_by_key(|(subject, group)| {
            (subject.is_some(), Reverse((group.first().map(severity), group.len())))
        });
        groups
    }

    /// Open findings by rule, the rule with the worst first.
    #[must_use]
    pub fn by_rule(&self) -> Vec<(&'static Rule, Vec<usize>)> {
        let mut groups: BTreeMap<&'static str, (&'static Rule, Vec<usize>)> = BTreeMap::new();
        for (place, finding) in self.findings.iter().enumerate().filter(|(_, it)| it.is_open()) {
            groups.entry(finding.rule.id).or_insert((finding.rule, Vec::new())).1.push(place);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        let worst =
            |group: &[usize]| group.iter().map(|place| self.findings[*place].severity).max();
        groups.sort_by_key(|(_, group)| Reverse(worst(group)));
        groups
    }

    /// The worst of them.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.open().map(|finding| finding.severity).max()
    }

    /// How many open findings are this bad.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.open().filter(|finding| finding.severity == severity).count()
    }

    /// How the rules went in all.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.tallies.iter().fold(Tally::default(), |mut sum, (_, tally)| {
            sum.add(*tally);
            sum
        })
    }
}
