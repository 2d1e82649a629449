//! Findings of an audit.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Fact, Facts, Rule, Severity, rules::Verdict};
use crate::domain::{Credential, Untrusted, profile::Word as _};

/// Maximum number of values in the text of a group; further values are only counted.
const SHOWN_VALUES: usize = 3;

/// State of a finding according to the baseline and the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FindingState {
    /// Neither in the baseline nor suppressed.
    #[default]
    Open,
    /// Listed in the baseline.
    Baselined,
    /// Suppressed by the suppression at this index in the policy.
    Suppressed(u32),
}

/// Defect of a credential, the profile, the policy or this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Rule that found the defect.
    pub rule: &'static Rule,
    /// Severity of this defect, which may differ from that of the rule.
    pub severity: Severity,
    /// Index of the credential; `None` for the profile, the policy, this machine, or a credential
    /// that exists only in the older snapshot.
    pub subject: Option<u32>,
    /// Fact with the defect.
    pub fact: Fact,
    /// Position in the list of the fact, from 0; `None` for a single value, or for the whole list.
    pub entry: Option<u32>,
    /// Value with the defect.
    pub value: Option<Untrusted>,
    /// Detail that the message adds to the title.
    pub note: Option<Untrusted>,
    /// State according to the baseline and the policy.
    pub state: FindingState,
}

impl Finding {
    /// True if the finding is neither in the baseline nor suppressed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == FindingState::Open
    }

    /// True if both findings belong to one [`Group`].
    #[must_use]
    pub fn is_one_with(&self, other: &Self) -> bool {
        let of = |it: &Self| (it.subject, it.severity, it.rule.id, it.fact, it.state);
        // Findings about removed credentials have no subject. Their notes contain the IDs.
        of(self) == of(other) && (self.subject.is_some() || self.note == other.note)
    }

    /// Returns the title of the rule, with the note of this finding.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.note {
            Some(note) => format!("{} ({})", self.rule.title, note.shown()),
            None => self.rule.title.to_owned(),
        }
    }

    /// Returns the severity, the rule ID and the message in one line.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}: {}", self.severity.word(), self.rule.id, self.message())
    }

    /// Returns the field and the number of its values that have the defect, such as
    /// `callbacks (12 of 50)`. If `values` is 1, returns [`Self::pointer`].
    #[must_use]
    pub fn pointer_of(&self, values: usize, credential: Option<&Credential>) -> String {
        if values == 1 {
            return self.pointer();
        }
        let field = self.fact.wire();
        match credential.and_then(|it| self.fact.list_of(it)) {
            Some(length) => format!("{field} ({values} of {length})"),
            None => format!("{field} ({values})"),
        }
    }

    /// Returns the position in the credential as the console shows it, from 1: `Callbacks 2`,
    /// `Name`.
    #[must_use]
    pub fn location(&self) -> String {
        let label = self.fact.label().unwrap_or_else(|| self.fact.wire());
        self.entry.map_or_else(|| label.to_owned(), |entry| format!("{label} {}", entry + 1))
    }

    /// Returns the position in the JSON of the credential, from 0: `callbacks[1]`, `name`.
    #[must_use]
    pub fn pointer(&self) -> String {
        match self.entry {
            Some(entry) => format!("{}[{entry}]", self.fact.wire()),
            None => self.fact.wire().to_owned(),
        }
    }
}

/// Findings shown as one, because they have the same rule, subject, field, severity and state. A
/// wildcard in each of 500 callbacks is one defect, not 500.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// Index of the first finding among all findings.
    pub place: usize,
    /// First finding of the group, in the order of the report; it supplies the rule, severity and
    /// state of the group.
    pub first: &'a Finding,
    /// Other findings of the group, in the order of the report.
    pub others: Vec<&'a Finding>,
}

impl<'a> Group<'a> {
    /// Returns the findings of the group, in the order of the report.
    pub fn findings(&self) -> impl Iterator<Item = &'a Finding> + '_ {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// Returns the number of findings.
    #[must_use]
    pub const fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// Returns the position of the only value, or the field with the number of affected values
    /// ([`Finding::pointer_of`]).
    #[must_use]
    pub fn pointer(&self, credential: Option<&Credential>) -> String {
        self.first.pointer_of(self.count(), credential)
    }

    /// Returns the first values, formatted by `shown`, and the number of further values; empty
    /// without values.
    pub fn values(&self, mut shown: impl FnMut(&'a Finding) -> Option<String>) -> String {
        let mut values: Vec<String> =
            self.findings().filter_map(&mut shown).take(SHOWN_VALUES).collect();
        if self.count() > SHOWN_VALUES && values.len() == SHOWN_VALUES {
            values.push(format!("and {} more", self.count() - SHOWN_VALUES));
        }
        values.join(", ")
    }

    /// Returns the title of the rule, with the note if all findings have the same one.
    #[must_use]
    pub fn message(&self) -> String {
        match self.note() {
            Some(_) => self.first.message(),
            None => self.first.rule.title.to_owned(),
        }
    }

    /// Returns the note of the findings, if they share one.
    #[must_use]
    pub fn note(&self) -> Option<&'a Untrusted> {
        let note = self.first.note.as_ref()?;
        self.others.iter().all(|it| it.note.as_ref() == Some(note)).then_some(note)
    }

    /// Returns the severity, the rule ID and the message in one line. With several findings, the
    /// line also contains the field and the number of values.
    #[must_use]
    pub fn line(&self, credential: Option<&Credential>) -> String {
        let Finding { severity, rule, .. } = self.first;
        let about = if self.others.is_empty() {
            String::new()
        } else {
            format!(" {}", self.pointer(credential))
        };
        format!("{} {}{about}: {}", severity.word(), rule.id, self.message())
    }
}

/// Groups the findings for which `wanted` returns true. The groups of one credential are adjacent,
/// the worst first.
#[must_use]
pub fn groups(findings: &[Finding], wanted: impl Fn(&Finding) -> bool) -> Vec<Group<'_>> {
    let mut all: Vec<(usize, &Finding)> =
        findings.iter().enumerate().filter(|(_, it)| wanted(it)).collect();
    // The sort is stable, so findings of a rule about a field stay together, as the engine returns
    // them.
    let state = |it: &Finding| match it.state {
        FindingState::Open => (0, 0),
        FindingState::Baselined => (1, 0),
        FindingState::Suppressed(by) => (2, by),
    };
    let subject = |it: &Finding| it.subject.unwrap_or(u32::MAX);
    all.sort_by_key(|(_, it)| (subject(it), Reverse(it.severity), state(it)));
    all.chunk_by(|(_, one), (_, other)| one.is_one_with(other))
        .filter_map(|group| group.split_first())
        .map(|((place, first), others)| Group {
            place: *place,
            first,
            others: others.iter().map(|(_, it)| *it).collect(),
        })
        .collect()
}

/// Number of groups of findings by severity. Counts with worse findings compare as greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Counts([u32; 5]);

impl Counts {
    /// Counts groups by the severity of their findings.
    #[must_use]
    pub fn of(groups: &[Group<'_>]) -> Self {
        let mut counts = Self::default();
        for group in groups {
            counts.add(group.first.severity);
        }
        counts
    }

    /// Counts one more group of findings with this severity.
    pub fn add(&mut self, severity: Severity) {
        for (known, count) in Severity::WORST_FIRST.iter().zip(&mut self.0) {
            *count += u32::from(*known == severity);
        }
    }

    /// Returns every severity and its count, the worst first.
    pub fn each(self) -> impl Iterator<Item = (Severity, usize)> {
        Severity::WORST_FIRST.into_iter().zip(self.0.map(|count| count as usize))
    }

    /// Returns the severities that have findings, with their counts, the worst first.
    pub fn found(self) -> impl Iterator<Item = (Severity, usize)> {
        self.each().filter(|(_, count)| *count > 0)
    }

    /// Returns the worst severity that has findings; `None` without findings.
    #[must_use]
    pub fn worst(self) -> Option<Severity> {
        self.found().next().map(|(severity, _)| severity)
    }

    /// Returns the counts in words, such as `3 critical, 12 high`; empty without findings.
    #[must_use]
    pub fn words(self) -> String {
        let counted = self.found().map(|(severity, count)| format!("{count} {}", severity.word()));
        counted.collect::<Vec<_>>().join(", ")
    }
}

/// Numbers of credentials that fail a rule, pass the rule, or lack data for the rule. For a rule
/// about the profile or this machine, the profile or machine counts as one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Number of credentials that failed.
    pub fail: u32,
    /// Number of credentials that passed.
    pub pass: u32,
    /// Number of credentials without enough data.
    pub unknown: u32,
    /// Facts that were missing for the credentials counted in `unknown`.
    pub missing: Facts,
}

impl Tally {
    /// Counts a verdict. If the verdict is unknown, also records the missing facts.
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

    /// Adds the counts and the missing facts of another tally.
    pub fn add(&mut self, other: Self) {
        self.fail += other.fail;
        self.pass += other.pass;
        self.unknown += other.unknown;
        self.missing.add_all(other.missing);
    }
}

/// Result of an audit.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Findings, in the order of the credentials.
    pub findings: Vec<Finding>,
    /// Evaluated rules, each with its tally.
    pub tallies: Vec<(&'static Rule, Tally)>,
}

impl Report {
    /// Returns the open findings.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_open())
    }

    /// Returns the open findings in groups ([`groups`]).
    #[must_use]
    pub fn groups(&self) -> Vec<Group<'_>> {
        groups(&self.findings, Finding::is_open)
    }

    /// Returns the open groups by credential: first the groups without a credential, then the
    /// credentials with the worst findings first. The groups of a credential are sorted, the worst
    /// first.
    #[must_use]
    pub fn by_credential(&self) -> Vec<(Option<u32>, Vec<Group<'_>>)> {
        let mut credentials: Vec<(Option<u32>, Vec<Group<'_>>)> = Vec::new();
        for group in self.groups() {
            let subject = group.first.subject;
            match credentials.last_mut().filter(|(own, _)| *own == subject) {
                Some((_, groups)) => groups.push(group),
                None => credentials.push((subject, vec![group])),
            }
        }
        credentials
            .sort_by_key(|(subject, groups)| (subject.is_some(), Reverse(Counts::of(groups))));
        credentials
    }

    /// Returns the open groups by rule, the rule with the worst finding first.
    #[must_use]
    pub fn by_rule(&self) -> Vec<(&'static Rule, Vec<Group<'_>>)> {
        let mut rules: BTreeMap<&'static str, (&'static Rule, Vec<Group<'_>>)> = BTreeMap::new();
        for group in self.groups() {
            let rule = group.first.rule;
            rules.entry(rule.id).or_insert((rule, Vec::new())).1.push(group);
        }
        let mut rules: Vec<_> = rules.into_values().collect();
        let worst = |groups: &[Group<'_>]| groups.iter().map(|it| it.first.severity).max();
        rules.sort_by_key(|(_, groups)| Reverse(worst(groups)));
        rules
    }

    /// Returns the worst severity of the open findings; `None` without open findings.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.open().map(|finding| finding.severity).max()
    }

    /// Returns the number of open groups of each severity.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(&self.groups())
    }

    /// Returns the sum of the tallies of all rules.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.tallies.iter().fold(Tally::default(), |mut sum, (_, tally)| {
            sum.add(*tally);
            sum
        })
    }
}
