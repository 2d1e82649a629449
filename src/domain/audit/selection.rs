//! Selects the rules to evaluate and the findings to report.

use super::{
    Facts, Finding, FindingState, Persona, Rule, Severity,
    rules::{self, Check, Hit},
};
use crate::domain::{Credential, Kind};

/// Selected rules, and the criteria for the findings to report.
#[derive(Debug, Clone)]
pub struct RuleSelection {
    persona: Persona,
    floor: Severity,
    rules: Vec<&'static Rule>,
    /// For each kind, the selected rules that check one credential, the facts they need, and their
    /// indices in `rules`.
    by_kind: [Vec<(&'static Rule, Facts, usize)>; 4],
    fleet: bool,
    built_in: bool,
}

impl Default for RuleSelection {
    fn default() -> Self {
        Self::new(Persona::Regular, Severity::Info, &[], &[]).unwrap_or_else(|_| Self {
            persona: Persona::Regular,
            floor: Severity::Info,
            rules: Vec::new(),
            by_kind: Default::default(),
            fleet: false,
            built_in: false,
        })
    }
}

/// Error for a name that is neither a rule nor a family.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Unknown rule {0:?}. List the rules: credenza audit rules")]
pub struct UnknownRule(pub String);

impl RuleSelection {
    /// Selects the rules for a persona, or only the `named` rules if there are any, and excludes
    /// the `ignored` ones. A name is an ID, a slug, or a family such as `URL`. Findings below the
    /// minimum severity `floor` are not reported.
    ///
    /// # Errors
    /// Returns an error if a name is neither a rule nor a family.
    pub fn new(
        persona: Persona,
        floor: Severity,
        named: &[String],
        ignored: &[String],
    ) -> Result<Self, UnknownRule> {
        for name in named.iter().chain(ignored) {
            if !rules::all().iter().any(|rule| is_named(rule, name)) {
                return Err(UnknownRule(name.clone()));
            }
        }
        let among = |rule: &Rule, names: &[String]| names.iter().any(|name| is_named(rule, name));
        let chosen: Vec<&'static Rule> = rules::all()
            .iter()
            .copied()
            .filter(
                |rule| {
                    if named.is_empty() { rule.persona <= persona } else { among(rule, named) }
                },
            )
            .filter(|rule| !among(rule, ignored))
            .collect();
        let about = |kind: Kind| {
            let single = |rule: &Rule| matches!(rule.check, Check::Entry(_) | Check::Whole(_));
            chosen
                .iter()
                .enumerate()
                .filter(|(_, rule)| single(rule) && rule.is_about(kind))
                .map(|(at, rule)| (*rule, rule.needs(), at))
                .collect()
        };
        // A rule that is selected by name reports all its findings, regardless of the persona.
        let persona = if named.is_empty() { persona } else { Persona::Auditor };
        Ok(Self {
            persona,
            floor,
            by_kind: Kind::ALL.map(about),
            fleet: chosen.iter().any(|rule| matches!(rule.check, Check::Fleet(_))),
            built_in: false,
            rules: chosen,
        })
    }

    /// Returns the selected rules, in the order of the catalog.
    #[must_use]
    pub fn rules(&self) -> &[&'static Rule] {
        &self.rules
    }

    /// Returns the selected rules that check one credential of this kind, the facts they need, and
    /// their indices in [`Self::rules`].
    #[must_use]
    pub fn about(&self, kind: Kind) -> &[(&'static Rule, Facts, usize)] {
        &self.by_kind[kind as usize]
    }

    /// Returns true if a selected rule checks all credentials together ([`Check::Fleet`]).
    #[must_use]
    pub const fn asks_fleet(&self) -> bool {
        self.fleet
    }

    /// Includes or excludes the clients that the server created for itself. By default they are
    /// excluded.
    #[must_use]
    pub fn with_built_in(self, built_in: bool) -> Self {
        Self { built_in, ..self }
    }

    /// Returns true if a credential is audited: false for a built-in client, unless those are
    /// included.
    #[must_use]
    pub const fn audits(&self, credential: &Credential) -> bool {
        self.built_in || !credential.record().built_in
    }

    /// Converts a hit to a finding; `None` if the hit's severity is below the minimum severity, or
    /// if the hit is for a later persona than the selected one.
    #[must_use]
    pub fn take(&self, rule: &'static Rule, subject: Option<u32>, hit: Hit) -> Option<Finding> {
        let severity = hit.severity.unwrap_or(rule.severity);
        if severity < self.floor || hit.persona.is_some_and(|persona| persona > self.persona) {
            return None;
        }
        let first = rule.facts.first().copied().unwrap_or(super::Fact::Name);
        let (fact, entry) = hit.place.unwrap_or((first, None));
        Some(Finding {
            rule,
            severity,
            subject,
            fact,
            entry,
            value: hit.value.map(Into::into),
            note: hit.note.map(Into::into),
            state: FindingState::Open,
        })
    }
}

/// Returns true if a name is the ID of a rule, its slug, or its family (the letters of the ID),
/// ignoring ASCII case.
fn is_named(rule: &Rule, name: &str) -> bool {
    let family = rule.id.trim_end_matches(|c: char| c.is_ascii_digit());
    [rule.id, rule.slug, family].iter().any(|own| own.eq_ignore_ascii_case(name))
}
