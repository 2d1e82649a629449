//! Results of the conformance suite.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::domain::Kind;

/// Result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server behaves as required.
    Works,
    /// The server does not offer the checked feature, or the check could not run, for the given
    /// reason.
    NotOffered(String),
    /// The server does not behave as required, for the given reason.
    Fails(String),
}

/// Check and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// Name of the check.
    pub name: &'static str,
    /// Kind of the tested credentials; `None` for a check of the server.
    pub kind: Option<Kind>,
    /// Requirement that the check tests.
    pub sentence: &'static str,
    /// Result of the check.
    pub outcome: Outcome,
}

/// Results of all checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConformanceReport {
    /// Results, in the order of the checks.
    pub checks: Vec<CheckResult>,
}

impl ConformanceReport {
    /// Records the result of a check. `Ok` means [`Outcome::Works`].
    pub fn note(
        &mut self,
        name: &'static str,
        kind: Option<Kind>,
        sentence: &'static str,
        result: Result<(), Outcome>,
    ) {
        let outcome = result.err().unwrap_or(Outcome::Works);
        self.checks.push(CheckResult { name, kind, sentence, outcome });
    }

    /// Returns the failed checks.
    pub fn failures(&self) -> impl Iterator<Item = &CheckResult> {
        self.checks.iter().filter(|check| matches!(check.outcome, Outcome::Fails(_)))
    }

    /// Returns the result of the first check with this name and kind; `None` if there is no such
    /// check.
    #[must_use]
    pub fn outcome(&self, name: &str, kind: Option<Kind>) -> Option<&Outcome> {
        let is_it = |check: &&CheckResult| check.name == name && check.kind == kind;
        self.checks.iter().find(is_it).map(|check| &check.outcome)
    }

    /// Returns the report as text for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for check in &self.checks {
            let (mark, why) = match &check.outcome {
                Outcome::Works => ("ok", String::new()),
                Outcome::NotOffered(why) => ("--", format!("not offered: {why}")),
                Outcome::Fails(why) => ("!!", format!("FAILS: {why}")),
            };
            let kind = check.kind.map_or("", word);
            let _ = writeln!(out, "{mark}  {:<22} {kind:<6} {}", check.name, check.sentence);
            if !why.is_empty() {
                let _ = writeln!(out, "                                 {why}");
            }
        }
        let count = |wanted: fn(&Outcome) -> bool| {
            self.checks.iter().filter(|check| wanted(&check.outcome)).count()
        };
        let _ = writeln!(
            out,
            "\n{} work, {} not offered, {} fail",
            count(|it| *it == Outcome::Works),
            count(|it| matches!(it, Outcome::NotOffered(_))),
            count(|it| matches!(it, Outcome::Fails(_))),
        );
        out
    }

    /// Returns the report as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|check| {
                let (outcome, why) = match &check.outcome {
                    Outcome::Works => ("works", None),
                    Outcome::NotOffered(why) => ("not_offered", Some(why)),
                    Outcome::Fails(why) => ("fails", Some(why)),
                };
                json!({
                    "name": check.name,
                    "kind": check.kind.map(word),
                    "sentence": check.sentence,
                    "outcome": outcome,
                    "why": why,
                })
            })
            .collect();
        json!({ "checks": checks, "failures": self.failures().count() })
    }
}

/// Returns the word for a kind in reports and command output.
#[must_use]
pub const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Token => "token",
        Kind::Spa => "spa",
        Kind::M2m => "m2m",
        Kind::Other => "other",
    }
}
