//! Report as SARIF 2.1.0 (OASIS), for code scanning.
//!
//! The physical location of a finding is its line in the audited file, so that viewers can show the
//! context.

use std::{collections::HashMap, fmt::Write as _};

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{
    Finding, FindingState, Group, Input, Location, Severity, capitalized, kind, label, values,
};
use crate::domain::{Credential, export, profile::Word as _, text};

pub(super) fn write(input: &Input<'_>) -> String {
    let rules: Vec<Value> = input.report.tallies.iter().map(|(rule, _)| described(rule)).collect();
    let named = |at| input.places.and_then(|places| places.file(at));
    let files: Vec<String> = (0..).map_while(named).map(uri).collect();
    let notifications: Vec<Value> = input
        .snapshot
        .incomplete
        .iter()
        .map(|why| json!({ "level": "error", "message": { "text": text::shown(why) } }))
        .collect();
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        runs: [Run {
            artifacts: files.iter().map(|uri| json!({ "location": { "uri": uri } })).collect(),
            column_kind: "unicodeCodePoints",
            invocations: json!([{
                "executionSuccessful": input.is_complete(),
                "toolExecutionNotifications": notifications,
            }]),
            results: Results(input, &files),
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

/// Findings, serialized one by one, because a large fleet has hundreds of thousands of them.
struct Results<'a>(&'a Input<'a>, &'a [String]);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(input, files) = self;
        let rules = input.report.tallies.iter().enumerate();
        let places: HashMap<&str, usize> = rules.map(|(at, (rule, _))| (rule.id, at)).collect();
        let states: [fn(FindingState) -> bool; 3] = [
            |state| state == FindingState::Open,
            |state| state == FindingState::Baselined,
            |state| matches!(state, FindingState::Suppressed(_)),
        ];
        let groups = states.into_iter().flat_map(|wanted| input.in_state(wanted));
        serializer.collect_seq(groups.map(|group| {
            let place = places.get(group.first.rule.id).copied().unwrap_or_default();
            result(input, &group, place, files)
        }))
    }
}

fn described(rule: &crate::domain::audit::Rule) -> Value {
    let mut described = json!({
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
    });
    if let Some(url) = rule.source_url() {
        described["helpUri"] = url.into();
    }
    described
}

fn result(input: &Input<'_>, group: &Group<'_>, rule: usize, files: &[String]) -> Value {
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
        group.findings().map(|it| location(input, it, credential, files)).collect();
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
        let old = finding.state == FindingState::Baselined;
        result["baselineState"] = json!(if old { "unchanged" } else { "new" });
    }
    result
}

/// Returns the physical and the logical location of one finding.
fn location(
    input: &Input<'_>,
    finding: &Finding,
    credential: Option<&Credential>,
    files: &[String],
) -> Value {
    let pointer = finding.pointer();
    let profile = &input.snapshot.place.name;
    let at = input.places.map(|places| places.of_finding(finding));
    let at = at.unwrap_or(Location { file: 0, line: 1, column: None });
    let mut region = json!({ "startLine": at.line });
    if let Some(column) = at.column {
        region["startColumn"] = json!(column);
    }
    let qualified = match credential {
        Some(credential) => format!("{profile}/{}/{pointer}", credential.id().raw()),
        None => format!("{profile}/{pointer}"),
    };
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": files.get(at.file), "index": at.file },
            "region": region,
        },
        "logicalLocations": [{
            "name": pointer,
            "fullyQualifiedName": qualified,
            "kind": "member",
        }],
    })
}

/// Returns a file name as a URI, which is relative unless the name is absolute.
fn uri(file: &str) -> String {
    let mut out = String::from(if file.starts_with('/') { "file://" } else { "" });
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// Returns the score from 0.0 to 10.0 from which GitHub code scanning derives the severity.
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
