//! The report for a ticket.

use std::fmt::Write as _;

use super::{Input, incomplete, kind, label, value};
use crate::domain::{age, export::markdown, profile::Word as _};

pub(super) fn write(input: &Input<'_>) -> String {
    let mut out = String::new();
    let place = &input.snapshot.place;
    let _ = writeln!(out, "# Audit of {}\n", markdown(&place.name));
    let _ = writeln!(
        out,
        "{} credentials of {}, as of {}; ages are counted to {}.\n",
        input.snapshot.credentials.len(),
        markdown(&place.base_url),
        age::utc(input.snapshot.taken_at),
        age::utc(input.ground.now),
    );
    if let Some(text) = incomplete(input) {
        let _ = writeln!(out, "**{}**\n", markdown(&text));
    }
    let total = input.report.total();
    let (suppressed, baselined) = input.decided();
    out.push_str("| result | count |\n|---|---:|\n");
    for (severity, count) in input.report.counts() {
        let _ = writeln!(out, "| {} | {count} |", severity.word());
    }
    for (word, count) in [
        ("passed", total.pass as usize),
        ("unknown", total.unknown as usize),
        ("suppressed", suppressed),
        ("in the baseline", baselined),
    ] {
        let _ = writeln!(out, "| {word} | {count} |");
    }
    for (subject, findings) in input.report.by_credential() {
        let credential = input.about(subject);
        let head = match credential {
            Some(credential) => format!(
                "{} ({} <code>{}</code>)",
                markdown(&label(credential)),
                kind(credential),
                markdown(credential.id().raw())
            ),
            None => "The profile and this machine".to_owned(),
        };
        let worst = findings.first().map_or("", |group| group.first.severity.word());
        let count = findings.len();
        let word = if count == 1 { "finding" } else { "findings" };
        let _ = writeln!(out, "\n<details>\n<summary>{head}: {worst}, {count} {word}</summary>\n");
        out.push_str("| severity | rule | field | value | what is wrong | fix |\n");
        out.push_str("|---|---|---|---|---|---|\n");
        for group in findings {
            let finding = group.first;
            let value = group
                .values(|it| value(it).map(|text| format!("<code>{}</code>", markdown(&text))));
            let _ = writeln!(
                out,
                "| {} | {} {} | {} | {value} | {} | {} |",
                finding.severity.word(),
                finding.rule.id,
                finding.rule.slug,
                markdown(&group.pointer(credential)),
                markdown(&group.message()),
                markdown(finding.rule.advice),
            );
        }
        out.push_str("\n</details>\n");
    }
    let missing = input.missing();
    if !missing.is_empty() {
        let named: Vec<String> = missing.into_iter().map(markdown).collect();
        let _ =
            writeln!(out, "\nUnknown, because the provider does not tell: {}.", named.join(", "));
    }
    out
}
