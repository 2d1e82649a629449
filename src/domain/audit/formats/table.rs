//! Report for a terminal.

use std::fmt::Write as _;

use super::{Input, Severity, Style, incomplete, kind, label, severities, values};
use crate::domain::{audit::rules, profile::Word as _, text};

pub(super) fn write(input: &Input<'_>, style: Style) -> String {
    let mut out = String::new();
    let indent = "            ";
    let clip = |text: &str| match style.columns {
        Some(columns) => text::clip(text, columns.saturating_sub(1)).into_owned(),
        None => text.to_owned(),
    };
    let listed =
        |severity: Severity| !style.sums_only && style.least.is_none_or(|least| severity >= least);
    for (subject, mut findings) in input.report.by_credential() {
        findings.retain(|group| listed(group.first.severity));
        if findings.is_empty() {
            continue;
        }
        let credential = input.about(subject);
        let head = match credential {
            Some(credential) => format!(
                "{}  {} {}",
                text::shown(&label(credential)),
                kind(credential),
                credential.id().shown()
            ),
            None => "the profile and this machine".to_owned(),
        };
        let head = match input.place_of(subject) {
            Some((file, at)) => format!("{head}  {}:{}", text::shown(file), at.line),
            None => head,
        };
        let _ = writeln!(out, "{}", bold(&clip(&head), style));
        for group in findings {
            let finding = group.first;
            let severity = finding.severity;
            let place = format!("{}  {}", group.pointer(credential), values(&group));
            let place = place.trim_end();
            let line = match input.place(finding) {
                Some((_, at)) => format!("{}  line {}  {place}", finding.rule.id, at.line),
                None => format!("{}  {place}", finding.rule.id),
            };
            let room = style.columns.map(|columns| columns.saturating_sub(14));
            let line = match room {
                Some(room) => text::clip(&line, room).into_owned(),
                None => line,
            };
            let word = format!("{}{:<9}", severity.mark(), severity.word());
            let _ = writeln!(out, " {}{line}", colored(&word, severity, style));
            wrapped(&group.message(), indent, style, &mut out);
            wrapped(&format!("fix: {}", finding.rule.advice), indent, style, &mut out);
        }
        out.push('\n');
    }
    let total = input.report.total();
    let (suppressed, baselined) = input.decided();
    let count = input.snapshot.credentials.len();
    let credentials = if count == 1 { "credential" } else { "credentials" };
    let rules = input.report.tallies.len();
    let counts = input.report.counts();
    let _ = writeln!(
        out,
        "{count} {credentials}, {rules} of {} rules: {}",
        rules::COUNT,
        severities(counts)
    );
    let mut more = format!("{} passed, {} unknown", total.pass, total.unknown);
    if suppressed > 0 {
        let _ = write!(more, ", {suppressed} suppressed");
    }
    if let Some(fixed) = input.fixed {
        let _ = write!(more, ", {baselined} in the baseline ({fixed} more fixed)");
    }
    let _ = writeln!(out, "{more}");
    let folded = counts.each().filter(|(severity, _)| !listed(*severity));
    let folded: usize = folded.map(|(_, count)| count).sum();
    if folded > 0 && !style.sums_only {
        let _ = writeln!(out, "{folded} more not listed. List them with --min-severity info");
    }
    let missing = input.missing();
    if !missing.is_empty() {
        let text =
            format!("not checked, because {} not report: {}", input.source(), missing.join(", "));
        wrapped(&text, "", style, &mut out);
    }
    if let Some(text) = incomplete(input) {
        wrapped(&text, "", style, &mut out);
    }
    out
}

/// Appends a text, wrapped between words to the width of the terminal.
fn wrapped(text: &str, indent: &str, style: Style, out: &mut String) {
    let room = style
        .columns
        .map_or(usize::MAX, |columns| columns.saturating_sub(indent.len() + 1).max(20));
    let mut used = 0;
    out.push_str(indent);
    for word in text.split(' ') {
        let width = unicode_width::UnicodeWidthStr::width(word);
        if used > 0 && used + 1 + width > room {
            out.push('\n');
            out.push_str(indent);
            used = 0;
        }
        if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += width;
    }
    out.push('\n');
}

fn bold(text: &str, style: Style) -> String {
    if style.color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}

fn colored(text: &str, severity: Severity, style: Style) -> String {
    let code = match severity {
        Severity::Critical => "1;31",
        Severity::High => "31",
        Severity::Medium => "35",
        Severity::Low => "36",
        Severity::Info => "2",
    };
    if style.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}
