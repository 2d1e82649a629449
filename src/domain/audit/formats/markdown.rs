//! Report as Markdown, for a ticket: a summary, the findings by severity and rule, and the missing
//! facts.

use std::fmt::Write as _;

use super::{Group, Input, capitalized, incomplete, kind, label, value};
use crate::domain::{
    age,
    audit::{Rule, Severity},
    export::{code_span, markdown},
    profile::Word as _,
};

pub(super) fn write(input: &Input<'_>) -> String {
    let mut out = String::new();
    let profile = &input.snapshot.place;
    let _ = writeln!(out, "# OAuth credential audit: {}\n", markdown(&profile.name));
    if let Some(text) = incomplete(input) {
        let _ = writeln!(out, "> **Incomplete.** {}\n", markdown(&text));
    }
    summary(input, &mut out);
    let rules = input.report.by_rule();
    for severity in Severity::WORST_FIRST {
        let mut found = rules.iter().filter_map(|(rule, groups)| {
            let groups = groups.iter().filter(|group| group.first.severity == severity);
            let groups: Vec<&Group<'_>> = groups.collect();
            (!groups.is_empty()).then_some((*rule, groups))
        });
        if let Some(first) = found.next() {
            let _ = writeln!(out, "\n## {}", capitalized(severity.word()));
            for (rule, groups) in std::iter::once(first).chain(found) {
                findings(input, rule, &groups, &mut out);
            }
        }
    }
    let missing = input.missing();
    if !missing.is_empty() {
        let named: Vec<String> = missing.into_iter().map(code_span).collect();
        out.push_str("\n## Not checked\n\n");
        let _ = writeln!(out, "{} not report {}.", capitalized(input.source()), named.join(", "));
    }
    out
}

fn summary(input: &Input<'_>, out: &mut String) {
    let snapshot = input.snapshot;
    let total = input.report.total();
    let (suppressed, baselined) = input.decided();
    let facts = [
        ("API", code_span(&snapshot.place.base_url)),
        ("Credentials", snapshot.credentials.len().to_string()),
        ("Read", age::utc(snapshot.taken_at)),
        ("Ages as of", age::utc(input.context.now)),
    ];
    out.push_str("| | |\n|---|---|\n");
    // Audited files have no API base URL.
    for (name, fact) in facts.into_iter().filter(|(_, fact)| !fact.is_empty()) {
        let _ = writeln!(out, "| {name} | {fact} |");
    }
    out.push_str("\n## Summary\n\n| Severity | Findings |\n|---|---:|\n");
    for (severity, count) in input.report.counts().each() {
        let _ = writeln!(out, "| {} | {count} |", capitalized(severity.word()));
    }
    let _ = write!(out, "\nChecks: {} passed, {} without enough data", total.pass, total.unknown);
    if suppressed > 0 {
        let _ = write!(out, ", {suppressed} suppressed");
    }
    if baselined > 0 {
        let _ = write!(out, ", {baselined} in the baseline");
    }
    out.push_str(".\n");
}

fn findings(input: &Input<'_>, rule: &Rule, groups: &[&Group<'_>], out: &mut String) {
    let _ = writeln!(out, "\n### {} {}\n", rule.id, markdown(rule.title));
    let _ = writeln!(out, "{}. **Fix:** {}.\n", markdown(rule.why), markdown(rule.advice));
    let _ = writeln!(out, "Source: {}\n", markdown(rule.source));
    let places = groups.iter().any(|group| input.place(group.first).is_some());
    let (head, rule) = if places { (" Place |", "---|") } else { ("", "") };
    let _ = writeln!(out, "| Credential | Kind | ID | Field | Value | Note |{head}");
    let _ = writeln!(out, "|---|---|---|---|---|---|{rule}");
    for group in groups {
        let credential = input.credential(group.first);
        let (name, kind, id) = match credential {
            Some(it) => (markdown(&label(it)), kind(it), code_span(it.id().raw())),
            None => ("The profile and this machine".to_owned(), "", String::new()),
        };
        let place = input.place(group.first).map_or_else(String::new, |(file, at)| {
            format!(" {} |", code_span(&format!("{file}:{}", at.line)))
        });
        let _ = writeln!(
            out,
            "| {name} | {kind} | {id} | {} | {} | {} |{place}",
            code_span(&group.pointer(credential)),
            group.values(|it| value(it).map(|text| code_span(&text))),
            group.note().map(|note| markdown(&note.shown())).unwrap_or_default(),
        );
    }
}
