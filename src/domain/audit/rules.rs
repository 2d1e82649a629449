//! Catalog of all rules, by family.
//!
//! Each rule is based on its `source`, such as a standard or the user's policy. Two terms recur. A
//! *loopback* host is a name or an address of this machine. A client is in *production* in two
//! cases: the environment of its profile is `prod`, or a callback uses https on a public host
//! outside shared domains.

/// Builds a check that fails for each entry that meets a condition.
macro_rules! entry {
    ($condition:expr) => {
        Check::Entry(|entry, _, _| {
            let wrong: fn(&UrlEntry<'_>) -> bool = $condition;
            wrong(entry).then(Hit::here)
        })
    };
}

/// Builds a check that fails for each entry that meets a condition, one severity level higher in
/// production.
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
mod environments;
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

/// Audit rule: a check with its texts and, for some rules, an automatic fix.
#[derive(Debug)]
pub struct Rule {
    /// Stable ID, such as `URL03`. It is never reused for another rule.
    pub id: &'static str,
    /// Readable name, such as `loopback-in-prod`, which is accepted instead of the ID.
    pub slug: &'static str,
    /// Severity of the findings, unless a [`Hit`] sets another.
    pub severity: Severity,
    /// Audience of the rule. The rule is also evaluated for every later [`Persona`].
    pub persona: Persona,
    /// Kind of change that fixes a finding.
    pub fix_kind: FixKind,
    /// Kinds of credentials that the rule checks; empty for a rule about the profile or the
    /// machine.
    pub kinds: &'static [Kind],
    /// Facts that the check reads. If one of them is unknown, the rule does not pass.
    pub facts: &'static [Fact],
    /// Description of the defect, without a final period. If a finding has a note, it is appended
    /// in parentheses.
    pub title: &'static str,
    /// The risk in one sentence, without a final period.
    pub why: &'static str,
    /// The fix as an instruction, without a final period.
    pub advice: &'static str,
    /// Standard, guide or vendor document that the rule is based on.
    pub source: &'static str,
    /// Function that evaluates the rule.
    pub check: Check,
    /// Automatic fix, if there is one.
    pub fix: Option<Fix>,
}

impl Rule {
    /// Returns the URL of the first RFC in the source, at its section if one follows. `None` if the
    /// rule is not based on an RFC.
    #[must_use]
    pub fn source_url(&self) -> Option<String> {
        let digits = |text: &str, also: &str| {
            let is_part = |c: char| c.is_ascii_digit() || also.contains(c);
            text.split(|c: char| !is_part(c)).next().unwrap_or_default().to_owned()
        };
        let (_, rfc) = self.source.split_once("RFC ")?;
        let number = digits(rfc, "");
        let after = rfc.get(number.len()..)?;
        let section = after.strip_prefix(" section ").or_else(|| after.strip_prefix(" sections "));
        let anchor = section.map(|it| format!("#section-{}", digits(it, ".")));
        Some(format!("https://www.rfc-editor.org/rfc/rfc{number}{}", anchor.unwrap_or_default()))
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// Function that evaluates a rule. The variants have different inputs.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Checks each URL, origin or referer of the rule's facts.
    Entry(fn(&UrlEntry<'_>, &Subject<'_>, &AuditContext) -> Option<Hit>),
    /// Checks one credential.
    Whole(fn(&Subject<'_>, &AuditContext) -> Verdict),
    /// Checks all credentials together. Each hit has the index of its credential, or `u32::MAX` for
    /// a credential that only the snapshot contains.
    Fleet(fn(&FleetInput<'_>, &AuditContext) -> Vec<(u32, Hit)>),
    /// Checks the profile or this machine.
    Environment(fn(&AuditContext) -> Verdict),
}

/// Defect that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hit {
    /// Severity, if it differs from the rule's.
    pub severity: Option<Severity>,
    /// Fact and list index of the defect. `None` means the checked entry or, for rules without
    /// entries, the first fact of the rule.
    pub place: Option<(Fact, Option<u32>)>,
    /// Offending value, unchanged. For a [`Check::Entry`], `None` means the text of the entry.
    pub value: Option<String>,
    /// Detail that is appended to the rule's title in parentheses.
    pub note: Option<String>,
    /// Audience, if it differs from the rule's.
    pub persona: Option<Persona>,
}

impl Hit {
    /// Creates a hit at the default place: the checked entry, or the rule's first fact.
    #[must_use]
    pub fn here() -> Self {
        Self::default()
    }

    /// Creates a hit at a fact, or at an entry of its list, counted from 0.
    #[must_use]
    pub fn at(fact: Fact, entry: Option<u32>) -> Self {
        Self { place: Some((fact, entry)), ..Self::default() }
    }

    /// Creates a hit at an entry, with the entry's text as the offending value.
    #[must_use]
    pub fn of(entry: &UrlEntry<'_>) -> Self {
        Self { value: Some(entry.raw.to_owned()), ..Self::at(entry.fact, entry.at) }
    }

    /// Sets the severity.
    #[must_use]
    pub fn rated(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// Sets the detail that is appended to the rule's title.
    #[must_use]
    pub fn noting(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// Sets the offending value.
    #[must_use]
    pub fn with(self, value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..self }
    }
}

/// Result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No defect was found.
    Pass,
    /// Data that the check needs is unknown, for example because the provider does not report it.
    Unknown,
    /// Defects were found.
    Fail(Vec<Hit>),
}

impl Verdict {
    /// Creates a failure with [`Hit::here`] if `wrong` is true, and a pass otherwise.
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
    /// Returns the facts that the check reads, as a set.
    #[must_use]
    pub fn needs(&self) -> Facts {
        Facts::of(self.facts)
    }

    /// Returns true if the rule checks credentials of this kind.
    #[must_use]
    pub fn is_about(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// All kinds of OAuth clients.
const CLIENTS: &[Kind] = &[Kind::Spa, Kind::M2m, Kind::Other];
/// Kinds of clients that can redirect a browser.
const BROWSER: &[Kind] = &[Kind::Spa, Kind::Other];
const SPA: &[Kind] = &[Kind::Spa];
const M2M: &[Kind] = &[Kind::M2m];
const TOKENS: &[Kind] = &[Kind::Token];
const ALL: &[Kind] = &Kind::ALL;
/// No kind, for rules about the profile or the machine.
const NONE: &[Kind] = &[];

/// Default values of a rule's fields.
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

const FAMILIES: [&[Rule]; 14] = [
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
    environments::RULES,
    workstation::RULES,
];

/// Number of rules in the catalog.
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

/// Returns all rules, by family.
#[must_use]
pub fn all() -> &'static [&'static Rule] {
    &CATALOG
}

/// Returns the index of a rule in [`all`]; `None` if the catalog does not contain its ID.
#[must_use]
pub fn place(rule: &Rule) -> Option<usize> {
    static PLACES: LazyLock<HashMap<&'static str, usize>> =
        LazyLock::new(|| CATALOG.iter().enumerate().map(|(at, rule)| (rule.id, at)).collect());
    PLACES.get(rule.id).copied()
}

/// Returns the rule whose ID or slug is `name`, ignoring ASCII case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    let named =
        |rule: &&&Rule| rule.id.eq_ignore_ascii_case(name) || rule.slug.eq_ignore_ascii_case(name);
    CATALOG.iter().find(named).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_leads_to_the_section_of_its_rfc() {
        let url = |source| Rule { source, ..*find("URL01").unwrap() }.source_url();
        for (source, link) in [
            ("RFC 9700 section 4.1.1; publicsuffix.org", Some("rfc9700#section-4.1.1")),
            ("OWASP NHI1; RFC 8252 sections 7.1 and 8.1", Some("rfc8252#section-7.1")),
            ("RFC 6762; OWASP NHI8", Some("rfc6762")),
            ("your policy", None),
        ] {
            let link = link.map(|it| format!("https://www.rfc-editor.org/rfc/{it}"));
            assert_eq!(url(source), link, "{source}");
        }
    }
}
