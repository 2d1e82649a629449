//! Explanation of a rule, for `audit explain` and the console.

use super::{
    FixKind, Rule, Severity,
    examples::{self, ExampleAnswer},
};
use crate::domain::{profile::Word as _, text};

/// Label of the line with the source of the rule.
pub const SOURCE: &str = "source";

/// Returns the lines of the explanation of a rule, each with its label. The label of a sentence or
/// a blank line is empty.
#[must_use]
pub fn lines(rule: &Rule) -> Vec<(&'static str, String)> {
    let kinds: Vec<&str> = rule.kinds.iter().map(|kind| kind.word()).collect();
    let needs: Vec<&str> = rule.facts.iter().map(|fact| fact.name()).collect();
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let mut lines = vec![
        ("", format!("{}. {}.", rule.title, rule.why)),
        ("", format!("{}.", rule.advice)),
        ("", String::new()),
        ("severity", severity(rule)),
        ("persona", rule.persona.word().to_owned()),
        ("checks", or(kinds.join(", "), "the profile and this machine")),
        ("reads", or(needs.join(", "), "the profile and this machine")),
        ("fix", fix(rule).to_owned()),
        (SOURCE, rule.source.to_owned()),
        ("", String::new()),
        ("", "Examples as of 2026-01-01; unstated values are unknown:".to_owned()),
    ];
    for (answer, word) in [
        (ExampleAnswer::Fail, "fails"),
        (ExampleAnswer::Pass, "passes"),
        (ExampleAnswer::Unknown, "is unknown"),
    ] {
        for example in examples::of(rule).filter(|example| example.answer == answer) {
            lines.push((word, text::shown(example.text).into_owned()));
        }
    }
    lines
}

/// Returns the severity of a rule, with the other severities of findings in its examples.
#[must_use]
pub fn severity(rule: &Rule) -> String {
    let failing = examples::of(rule).filter(|example| example.answer == ExampleAnswer::Fail);
    let found = failing.filter_map(|example| example.audited().ok());
    let mut seen: Vec<Severity> =
        found.flat_map(|report| report.findings).map(|finding| finding.severity).collect();
    seen.sort_unstable();
    seen.dedup();
    let other: Vec<&str> =
        seen.into_iter().filter(|it| *it != rule.severity).map(Severity::word).collect();
    if other.is_empty() {
        rule.severity.word().to_owned()
    } else {
        format!("{}, or {} depending on the case", rule.severity.word(), other.join(", "))
    }
}

/// Describes the fix for findings of a rule, such as `rotate the secret`.
#[must_use]
pub const fn fix(rule: &Rule) -> &'static str {
    match (rule.fix_kind, rule.fix) {
        (FixKind::Safe, Some(_)) => "automatic: --fix or F; accepted URLs stay the same",
        (FixKind::Consent, Some(_)) => "automatic: --fix=all or F; accepted URLs may change",
        (FixKind::Safe | FixKind::Consent, None) | (FixKind::Manual, _) => "manual",
        (FixKind::Rename, _) => "rename it",
        (FixKind::Rotate, _) => "rotate the secret",
        (FixKind::Recreate, _) => "create a replacement, then delete it",
        (FixKind::Delete, _) => "delete it",
    }
}
