//! What a rule is about, in words: for `audit explain`, and for the console's explanation.

use super::{
    Remedy, Rule,
    examples::{self, Answer},
};
use crate::domain::{profile::Word as _, text};

/// Label and text of each line. A label goes on until the next one.
#[must_use]
pub fn lines(rule: &Rule) -> Vec<(&'static str, String)> {
    let kinds: Vec<&str> = rule.kinds.iter().map(|kind| kind.word()).collect();
    let needs: Vec<&str> = rule.facts.iter().map(|fact| fact.name()).collect();
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let mut lines = vec![
        ("", format!("{}.", rule.says)),
        ("", format!("{}.", rule.advice)),
        ("", String::new()),
        ("severity", rule.severity.word().to_owned()),
        ("persona", rule.persona.word().to_owned()),
        ("about", or(kinds.join(", "), "the profile and this machine")),
        ("reads", or(needs.join(", "), "whatever there is")),
        ("fix", fix(rule).to_owned()),
        ("source", rule.source.to_owned()),
        ("", String::new()),
        ("", "Examples, as of 2026-01-01; what is not written is not known:".to_owned()),
    ];
    for (answer, word) in
        [(Answer::Fail, "fails"), (Answer::Pass, "passes"), (Answer::Unknown, "is unknown")]
    {
        for example in examples::of(rule).filter(|example| example.answer == answer) {
            lines.push((word, text::shown(example.text).into_owned()));
        }
    }
    lines
}

/// What mends a finding of a rule.
#[must_use]
pub const fn fix(rule: &Rule) -> &'static str {
    match (rule.remedy, rule.repair) {
        (Remedy::Safe, Some(_)) => "an edit that changes nothing of what is accepted: --fix, or F",
        (Remedy::Consent, Some(_)) => "an edit that changes what is accepted: --fix=all, or F",
        (Remedy::Safe | Remedy::Consent, None) | (Remedy::Manual, _) => "by hand",
        (Remedy::Rename, _) => "rename it",
        (Remedy::Rotate, _) => "rotate the secret",
        (Remedy::Recreate, _) => "create a new one, and delete this one",
        (Remedy::Delete, _) => "delete it",
    }
}
