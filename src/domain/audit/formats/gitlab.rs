//! Code Quality report for GitLab
//! (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>).

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Group, Input, Severity, incomplete, sentence};
use crate::domain::export;

pub(super) fn write(input: &Input<'_>) -> String {
    let mut text = export::json(&Findings(input), true);
    text.push('\n');
    text
}

struct Findings<'a>(&'a Input<'a>);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(input) = self;
        let groups = input.report.groups();
        let unread = incomplete(input).map(|why| unread(&why));
        serializer.collect_seq(unread.into_iter().chain(groups.iter().map(|it| finding(input, it))))
    }
}

/// Returns an entry about credentials that could not be read, so that the report does not look
/// complete.
fn unread(why: &str) -> Value {
    json!({
        "check_name": "incomplete",
        "description": why,
        "fingerprint": export::hex(&Sha256::digest(why)),
        "severity": "major",
        "location": { "path": "credenza", "lines": { "begin": 1 } },
    })
}

fn finding(input: &Input<'_>, group: &Group<'_>) -> Value {
    let finding = group.first;
    let severity = match finding.severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    };
    let place = input.place(finding);
    // GitLab requires a file for each finding.
    let (file, line) = place.map_or(("credenza", 1), |(file, at)| (file, at.line));
    json!({
        "check_name": format!("{} {}", finding.rule.id, finding.rule.slug),
        "description": sentence(input, group),
        "fingerprint": input.fingerprint(finding),
        "severity": severity,
        "location": { "path": file, "lines": { "begin": line } },
    })
}
