//! Report as annotations for GitHub Actions
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).

use std::fmt::Write as _;

use super::{Group, Input, Severity, incomplete, sentence};

pub(super) fn write(input: &Input<'_>) -> String {
    let mut out = String::new();
    for group in input.report.groups() {
        annotate(input, &group, &mut out);
    }
    if let Some(why) = incomplete(input) {
        let _ = writeln!(out, "::error title=credenza::{}", data(&why));
    }
    out
}

fn annotate(input: &Input<'_>, group: &Group<'_>, out: &mut String) {
    let finding = group.first;
    let level = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    };
    let place = input.place(finding).map_or_else(String::new, |(file, at)| {
        let column = at.column.map(|column| format!(",col={column}")).unwrap_or_default();
        format!("file={},line={}{column},", property(file), at.line)
    });
    let title = property(&format!("{} {}", finding.rule.id, finding.rule.title));
    let _ = writeln!(out, "::{level} {place}title={title}::{}", data(&sentence(input, group)));
}

/// Escapes the text of a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
