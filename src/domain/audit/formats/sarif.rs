//! Report as SARIF 2.1.0 (OASIS), for code scanning.
//!
//! The physical location of a finding is its line in the audited snapshot, so that viewers can show the context.

use std::collections::HashMap;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Finding, Group, Input, Severity, State, capitalized, kind, label, values};
use crate::domain::{Credential, export, profile::Word as _, snapshot::Lines, text};

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

/// Findings, created one by one: a large fleet has hundreds of thousands.
struct Results<'a>(&'a Input<'a>);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(input) = self;
        let lines = Lines::of(input.text);
        let rules = input.report.tallies.iter().enumerate();
        let places: HashMap<&str, usize> = rules.map(|(at, (rule, _))| (rule.id, at)).collect();
        let states: [fn(State) -> bool; 3] = [
            |state| state == State::Open,
            |state| state == State::Baselined,
            |state| matches!(state, State::Suppressed(_)),
        ];
        let groups = states.into_iter().flat_map(|wanted| input.in_state(wanted));
        serializer.collect_seq(groups.map(|group| {
            let place = places.get(group.first.rule.id).copied().unwrap_or_default();
            result(input, &group, place, &lines)
        }))
    }
}

fn described(rule: &crate::domain::audit::Rule) -> Value {
    json!({
        "id": rule.id,
        "name": pascal(rule.slug),
        "shortDescription": { "text": format!("{}.", rule.title) },
        "fullDescription": { "text": format!("{}. {}. {}.", rule.title, rule.why, rule.advice) },
        "help": { "text": format!(
            "{}. {}. {}. Source: {}. More: credenza audit explain {}",
            rule.title, rule.why, rule.advice, rule.source, rule.id
        )},
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "security-severity": score(rule.severity),
            "tags": ["security", "oauth", rule.persona.word()],
            "fix": rule.fix_kind.word(),
        },
    })
}

fn result(input: &Input<'_>, group: &Group<'_>, rule: usize, lines: &Lines<'_>) -> Value {
    let finding = group.first;
    let credential = input.credential(finding);
    let profile = &input.snapshot.place.name;
    let named = match credential {
        Some(credential) => {
            format!("{} {:?}", kind(credential), text::shown(&label(credential)))
        }
        None => format!("profile {profile:?}"),
    };
    let value = values(group);
    let value = if value.is_empty() { value } else { format!(": {value}") };
    let text = format!(
        "{}: {} of {named}{value}. {}. {}.",
        group.message(),
        group.pointer(credential),
        finding.rule.why,
        finding.rule.advice
    );
    let locations: Vec<Value> =
        group.findings().map(|it| location(input, it, credential, lines)).collect();
    let mut properties = json!({ "security-severity": score(finding.severity) });
    if group.count() > 1 {
        properties["values"] = group.findings().filter_map(super::value).collect();
    }
    let mut result = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": locations,
        "partialFingerprints": { "credenza/v1": input.fingerprint(finding) },
        "properties": properties,
    });
    if let Some(suppression) = input.suppression(finding) {
        let until = format!("{}, until {}", suppression.reason, suppression.expires);
        result["suppressions"] =
            json!([{ "kind": "external", "status": "accepted", "justification": until }]);
    }
    if input.fixed.is_some() {
        let old = finding.state == State::Baselined;
        result["baselineState"] = json!(if old { "unchanged" } else { "new" });
    }
    result
}

/// Place of one value, in the file and in the credential.
fn location(
    input: &Input<'_>,
    finding: &Finding,
    credential: Option<&Credential>,
    lines: &Lines<'_>,
) -> Value {
    let pointer = finding.pointer();
    let profile = &input.snapshot.place.name;
    let line = match finding.subject {
        Some(at) => lines.of_credential(at as usize, finding.fact.wire(), finding.entry),
        None => lines.of_profile(finding.fact.wire()),
    };
    let qualified = match credential {
        Some(credential) => format!("{profile}/{}/{pointer}", credential.id().raw()),
        None => format!("{profile}/{pointer}"),
    };
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": input.uri, "index": 0 },
            "region": { "startLine": line },
        },
        "logicalLocations": [{
            "name": pointer,
            "fullyQualifiedName": qualified,
            "kind": "member",
        }],
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// Score that GitHub code scanning sorts by.
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
    slug.split('-').map(capitalized).collect()
}
