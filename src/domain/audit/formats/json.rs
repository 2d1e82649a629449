//! Report as one JSON object, or as one object per line.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Finding, FindingState, Group, Input, kind, label, value};
use crate::domain::{export, profile::Word as _, urls};

/// Name and version of the schema.
pub(super) const SCHEMA: &str = "credenza.audit/v1";

#[derive(Serialize)]
struct FindingObject<'a> {
    rule: &'static str,
    slug: &'static str,
    severity: &'static str,
    persona: &'static str,
    kind: Option<&'static str>,
    id: Option<&'a str>,
    name: Option<String>,
    field: String,
    value: Option<String>,
    message: String,
    why: &'static str,
    advice: &'static str,
    source: &'static str,
    fix: &'static str,
    fingerprint: String,
    #[serde(flatten)]
    place: PlaceObject<'a>,
    /// All values, if there are several; the members above describe the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<ValueObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

/// One of several values of a finding.
#[derive(Serialize)]
struct ValueObject<'a> {
    field: String,
    value: Option<String>,
    message: String,
    fingerprint: String,
    #[serde(flatten)]
    place: PlaceObject<'a>,
}

/// Position in a file of another tool; empty for a snapshot or an API.
#[derive(Serialize)]
struct PlaceObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

impl<'a> PlaceObject<'a> {
    fn of(input: &'a Input<'_>, finding: &Finding) -> Self {
        let place = input.place(finding);
        Self {
            file: place.map(|(file, _)| file),
            line: place.map(|(_, at)| at.line),
            column: place.and_then(|(_, at)| at.column),
        }
    }
}

fn value_object<'a>(input: &'a Input<'_>, finding: &Finding) -> ValueObject<'a> {
    ValueObject {
        field: finding.pointer(),
        value: value(finding).map(std::borrow::Cow::into_owned),
        message: finding.message(),
        fingerprint: input.fingerprint(finding),
        place: PlaceObject::of(input, finding),
    }
}

fn object<'a>(input: &'a Input<'_>, group: &Group<'a>) -> FindingObject<'a> {
    let finding = group.first;
    let several = if group.count() > 1 { Some(group.findings()) } else { None };
    let credential = input.credential(finding);
    let suppression = input.suppression(finding);
    FindingObject {
        rule: finding.rule.id,
        slug: finding.rule.slug,
        severity: finding.severity.word(),
        persona: finding.rule.persona.word(),
        kind: credential.map(kind),
        id: credential.map(|it| it.id().raw()),
        name: credential.map(|it| label(it).into_owned()),
        field: finding.pointer(),
        value: value(finding).map(std::borrow::Cow::into_owned),
        message: finding.message(),
        why: finding.rule.why,
        advice: finding.rule.advice,
        source: finding.rule.source,
        fix: finding.rule.fix_kind.word(),
        fingerprint: input.fingerprint(finding),
        place: PlaceObject::of(input, finding),
        values: several.into_iter().flatten().map(|it| value_object(input, it)).collect(),
        reason: suppression.map(|it| it.reason.as_str()),
        expires: suppression.map(|it| it.expires.to_string()),
    }
}

#[derive(Serialize)]
struct ReportObject<'a> {
    schema: &'static str,
    tool: Value,
    profile: Value,
    taken_at: String,
    audited_at: String,
    snapshot_sha256: &'a str,
    complete: bool,
    incomplete: &'a [String],
    summary: Value,
    findings: Vec<FindingObject<'a>>,
    suppressed: Vec<FindingObject<'a>>,
    baselined: Vec<FindingObject<'a>>,
    unknown: Vec<Value>,
}

pub(super) fn write(input: &Input<'_>) -> String {
    let place = &input.snapshot.place;
    let total = input.report.total();
    let of = |wanted: fn(FindingState) -> bool| -> Vec<FindingObject<'_>> {
        input.in_state(wanted).iter().map(|it| object(input, it)).collect()
    };
    let counts = input.report.counts().each();
    let counted: serde_json::Map<_, _> =
        counts.map(|(severity, count)| (severity.word().to_owned(), json!(count))).collect();
    let (suppressed, baselined) = input.decided();
    let report = ReportObject {
        schema: SCHEMA,
        tool: json!({
            "name": "credenza",
            "version": env!("CARGO_PKG_VERSION"),
            "rules": input.report.tallies.len(),
        }),
        profile: json!({
            "name": place.name,
            "env": place.environment.map(crate::domain::profile::Environment::word),
            "base_url": urls::origin_of(&place.base_url),
        }),
        taken_at: input.snapshot.taken_at.to_string(),
        audited_at: input.context.now.to_string(),
        snapshot_sha256: input.digest,
        complete: input.is_complete(),
        incomplete: &input.snapshot.incomplete,
        summary: json!({
            "credentials": input.snapshot.credentials.len(),
            "findings": counted,
            "fail": total.fail,
            "pass": total.pass,
            "unknown": total.unknown,
            "suppressed": suppressed,
            "baselined": baselined,
            "fixed": input.fixed,
        }),
        findings: of(|state| state == FindingState::Open),
        suppressed: of(|state| matches!(state, FindingState::Suppressed(_))),
        baselined: of(|state| state == FindingState::Baselined),
        unknown: input
            .report
            .tallies
            .iter()
            .filter(|(_, tally)| tally.unknown > 0)
            .map(|(rule, tally)| {
                let missing = rule.facts.iter().filter(|fact| tally.missing.has(**fact));
                let needs: Vec<_> = missing.map(|fact| fact.name()).collect();
                json!({ "rule": rule.id, "credentials": tally.unknown, "needs": needs })
            })
            .collect(),
    };
    let mut text = export::json(&report, true);
    text.push('\n');
    text
}

pub(super) fn lines(input: &Input<'_>) -> String {
    let mut out = String::new();
    for group in input.report.groups() {
        out.push_str(&export::json(&object(input, &group), false));
        out.push('\n');
    }
    out
}
