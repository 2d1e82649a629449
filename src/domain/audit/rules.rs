//! Catalog of all rules, by family.
//!
//! Conditions come from the standards that each rule names, and from gaps of other auditors. Two words recur: a
//! *loopback* host is this machine, and a client is in *production* if its profile is, or if it sends users to a
//! public https host under an unshared domain.

/// Fails if a condition on the entry alone is true.
macro_rules! entry {
    ($condition:expr) => {
        Check::Entry(|entry, _, _| {
            let wrong: fn(&UrlEntry<'_>) -> bool = $condition;
            wrong(entry).then(Hit::here)
        })
    };
}

/// Fails if a condition is true, one level worse in production.
macro_rules! worse_in_production {
    ($severity:expr, $condition:expr) => {
        Check::Entry(|entry, subject, _| {
            let wrong: fn(&UrlEntry<'_>) -> bool = $condition;
            let severity = if subject.prod { $severity.up() } else { $severity };
            wrong(entry).then(|| Hit::here().rated(severity))
        })
    };
}

mod clients;
mod fleet;
mod grants;
mod login;
mod lookalikes;
pub(in crate::domain) mod names;
mod origins;
mod owners;
mod secrets;
mod tokens;
mod url_lists;
mod url_shapes;
mod urls;
mod workstation;

use std::{collections::HashMap, sync::LazyLock};

use super::{
    AuditContext, FixKind, Persona, Severity, Subject,
    engine::FleetInput,
    entry::UrlEntry,
    fact::{Fact, Facts},
    fix::Fix,
};
use crate::domain::Kind;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Stable ID, never reused.
    pub id: &'static str,
    /// Readable name.
    pub slug: &'static str,
    /// Severity of a finding, unless the finding has its own.
    pub severity: Severity,
    /// Audience.
    pub persona: Persona,
    /// Kind of fix.
    pub fix_kind: FixKind,
    /// Kinds it checks; none for a rule about the profile or the machine.
    pub kinds: &'static [Kind],
    /// Facts it reads; without any of these, the result is unknown.
    pub facts: &'static [Fact],
    /// The defect, without a final period; a finding's note follows in parentheses.
    pub title: &'static str,
    /// The risk in one sentence, without a final period.
    pub why: &'static str,
    /// The fix as an instruction, without a final period.
    pub advice: &'static str,
    /// The standard or guide that requires it.
    pub source: &'static str,
    /// The question.
    pub check: Check,
    /// Automatic fix, if there is one.
    pub fix: Option<Fix>,
}

/// Scope of a rule's check.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Checks each entry of its lists.
    Entry(fn(&UrlEntry<'_>, &Subject<'_>, &AuditContext) -> Option<Hit>),
    /// Of a credential.
    Whole(fn(&Subject<'_>, &AuditContext) -> Verdict),
    /// Checks all credentials together.
    Fleet(fn(&FleetInput<'_>, &AuditContext) -> Vec<(u32, Hit)>),
    /// Checks the profile or this machine.
    Environment(fn(&AuditContext) -> Verdict),
}

/// Defect in one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hit {
    /// Severity, if it differs from the rule's.
    pub severity: Option<Severity>,
    /// Place, if it is not the entry or the first fact of the rule.
    pub place: Option<(Fact, Option<u32>)>,
    /// Offending value, unchanged.
    pub value: Option<String>,
    /// Detail of this case.
    pub note: Option<String>,
    /// Audience, if it differs from the rule's.
    pub persona: Option<Persona>,
}

impl Hit {
    /// Defect at the place that the rule checks.
    #[must_use]
    pub fn here() -> Self {
        Self::default()
    }

    /// Defect in a place.
    #[must_use]
    pub fn at(fact: Fact, entry: Option<u32>) -> Self {
        Self { place: Some((fact, entry)), ..Self::default() }
    }

    /// Moves it to an entry of a list.
    #[must_use]
    pub fn of(entry: &UrlEntry<'_>) -> Self {
        Self { value: Some(entry.raw.to_owned()), ..Self::at(entry.fact, entry.at) }
    }

    /// Sets the severity.
    #[must_use]
    pub fn rated(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// Adds the detail of this case.
    #[must_use]
    pub fn noting(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// Adds the offending value.
    #[must_use]
    pub fn with(self, value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..self }
    }
}

/// Result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong.
    Pass,
    /// Not enough data.
    Unknown,
    /// Defects.
    Fail(Vec<Hit>),
}

impl Verdict {
    /// Fails at the default place if a condition is true.
    #[must_use]
    pub fn when(wrong: bool) -> Self {
        if wrong { Self::Fail(vec![Hit::here()]) } else { Self::Pass }
    }
}

impl From<Option<Hit>> for Verdict {
    fn from(hit: Option<Hit>) -> Self {
        hit.map_or(Self::Pass, |hit| Self::Fail(vec![hit]))
    }
}

impl From<Vec<Hit>> for Verdict {
    fn from(hits: Vec<Hit>) -> Self {
        if hits.is_empty() { Self::Pass } else { Self::Fail(hits) }
    }
}

impl Rule {
    /// Facts that the check needs.
    #[must_use]
    pub fn needs(&self) -> Facts {
        Facts::of(self.facts)
    }

    /// True if it checks a kind.
    #[must_use]
    pub fn is_about(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// Any OAuth client.
const CLIENTS: &[Kind] = &[Kind::Spa, Kind::M2m, Kind::Other];
/// Clients with browser redirects.
const BROWSER: &[Kind] = &[Kind::Spa, Kind::Other];
/// SPA clients.
const SPA: &[Kind] = &[Kind::Spa];
/// M2M clients.
const M2M: &[Kind] = &[Kind::M2m];
/// Tokens.
const TOKENS: &[Kind] = &[Kind::Token];
/// All kinds.
const ALL: &[Kind] = &Kind::ALL;
/// No kind.
const NONE: &[Kind] = &[];

/// Defaults of a rule's fields.
const RULE: Rule = Rule {
    id: "",
    slug: "",
    severity: Severity::Medium,
    persona: Persona::Regular,
    fix_kind: FixKind::Manual,
    kinds: CLIENTS,
    facts: &[],
    title: "",
    why: "",
    advice: "",
    source: "",
    check: Check::Whole(|_, _| Verdict::Unknown),
    fix: None,
};

const FAMILIES: [&[Rule]; 13] = [
    urls::RULES,
    url_shapes::RULES,
    url_lists::RULES,
    origins::RULES,
    login::RULES,
    grants::RULES,
    clients::RULES,
    secrets::RULES,
    owners::RULES,
    names::RULES,
    tokens::RULES,
    fleet::RULES,
    workstation::RULES,
];

/// Number of rules.
pub const COUNT: usize = {
    let (mut count, mut at) = (0, 0);
    while at < FAMILIES.len() {
        count += FAMILIES[at].len();
        at += 1;
    }
    count
};

static CATALOG: LazyLock<Vec<&'static Rule>> =
    LazyLock::new(|| FAMILIES.into_iter().flatten().collect());

/// All rules, by family.
#[must_use]
pub fn all() -> &'static [&'static Rule] {
    &CATALOG
}

/// Index of a rule in the catalog.
#[must_use]
pub fn place(rule: &Rule) -> Option<usize> {
    static PLACES: LazyLock<HashMap<&'static str, usize>> =
        LazyLock::new(|| CATALOG.iter().enumerate().map(|(at, rule)| (rule.id, at)).collect());
    PLACES.get(rule.id).copied()
}

/// Rule with an ID or slug, ignoring case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    let named =
        |rule: &&&Rule| rule.id.eq_ignore_ascii_case(name) || rule.slug.eq_ignore_ascii_case(name);
    CATALOG.iter().find(named).copied()
}
