//! The report in SARIF 2.1.0 (OASIS), for code scanning.
//!
//! A finding's physical location is its line in the snapshot that was audited, so that what shows the
//! report can show what it is about.

use std::collections::HashMap;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Finding, Input, Severity, State, kind, label, value};
use crate::domain::{export, profile::Word as _, snapshot::Lines, text};

pub(super) fn write(input: &Input<'_>) -> String {
    let rules: Vec<Value> = input.report.tallies.iter().map(|(rule, _)| described(rule)).collect();
    let notifications: Vec<Value> = input
        .snapshot
        .incomplete
        .iter()
        .map(|why| json!({ "level": "error", "message": { "text": text::shown(why) } }))
        .collect();
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        runs: [Run {
            artifacts: json!([{ "location": { "uri": input.uri }, "mimeType": "application/json" }]),
            column_kind: "unicodeCodePoints",
            invocations: json!([{
                "executionSuccessful": input.is_complete(),
                "toolExecutionNotifications": notifications,
            }]),
            results: Results(input),
            tool: json!({ "driver": {
                "name": "credenza",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }}),
        }],
        version: "2.1.0",
    };
    let mut text = export::json(&log, true);
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    runs: [Run<'a>; 1],
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    artifacts: Value,
    column_kind: &'static str,
    invocations: Value,
    results: Results<'a>,
    tool: Value,
}

/// The findings, each made when it is written: a large fleet has hundreds of thousands.
struct Results<'a>(&'a Input<'a>);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(input) = self;
        let lines = Lines::of(input.text);
        let rules = input.report.tallies.iter().enumerate();
        let places: HashMap<&str, usize> = rules.map(|(at, (rule, _))| (rule.id, at)).collect();
        serializer.collect_seq(input.report.findings.iter().map(|finding| {
            let place = places.get(finding.rule.id).copied().unwrap_or_default();
            result(input, finding, place, &lines)
        }))
    }
}

fn described(rule: &crate::domain::audit::Rule) -> Value {
    json!({
        "id": rule.id,
        "name": pascal(rule.slug),
        "shortDescription": { "text": format!("{}.", rule.says) },
        "fullDescription": { "text": format!("{}. {}.", rule.says, rule.advice) },
        "help": { "text": format!(
            "{}. {}. Source: {}. More: credenza audit explain {}",
            rule.says, rule.advice, rule.source, rule.id
        )},
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "security-severity": score(rule.severity),
            "tags": ["security", "oauth", rule.persona.word()],
            "fix": rule.remedy.word(),
        },
    })
}

fn result(input: &Input<'_>, finding: &Finding, rule: usize, lines: &Lines<'_>) -> Value {
    let credential = input.credential(finding);
    let pointer = finding.pointer();
    let line = match finding.subject {
        Some(at) => lines.of_credential(at as usize, finding.fact.wire(), finding.entry),
        None => lines.of_profile(finding.fact.wire()),
    };
    let profile = &input.snapshot.place.name;
    let (named, qualified) = match credential {
        Some(credential) => (
            format!("{} {:?}", kind(credential), text::shown(&label(credential))),
            format!("{profile}/{}/{pointer}", credential.id().raw()),
        ),
        None => (format!("profile {profile:?}"), format!("{profile}/{pointer}")),
    };
    let value = value(finding).map_or_else(String::new, |it| format!(": {}", text::shown(&it)));
    let text =
        format!("{} of {named}{value}. {}. {}.", pointer, finding.message(), finding.rule.advice);
    let mut result = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": input.uri, "index": 0 },
                "region": { "startLine": line },
            },
            "logicalLocations": [{
                "name": pointer,
                "fullyQualifiedName": qualified,
                "kind": "member",
            }],
        }],
        "partialFingerprints": { "credenza/v1": input.fingerprint(finding) },
        "properties": { "security-severity": score(finding.severity) },
    });
    if let Some(suppression) = input.suppression(finding) {
        let until = format!("{}, until {}", suppression.reason, suppression.expires);
        result["suppressions"] =
            json!([{ "kind": "external", "status": "accepted", "justification": until }]);
    }
    if input.mended.is_some() {
        let old = finding.state == State::Baselined;
        result["baselineState"] = json!(if old { "unchanged" } else { "new" });
    }
    result
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// What GitHub's code scanning sorts by.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

fn pascal(slug: &str) -> String {
    slug.split('-')
        .map(|word| {
            let (first, rest) = word.split_at(1.min(word.len()));
            first.to_ascii_uppercase() + rest
        })
        .collect()
}
