//! Draws the audit of all credentials.

use std::fmt::Write as _;

use crate::{
    app::{
        list::view::severity_paint,
        screens::audit::{AuditPanel, AuditRow, Audited},
        view::{self, BESIDE, list_share, thousands},
    },
    domain::{
        audit::{Finding, FindingState, FixKind, Severity, explain},
        profile::Word as _,
    },
    ui::{Canvas, Click, Paint, Rect},
};

/// Minimum width of a finding's title beside a long value, in columns.
const TITLE_KEPT: u16 = 30;

/// Number of lines above the rows.
pub const ABOVE: usize = 2;

/// Draws the panel. Returns the number of rows built.
pub fn draw(panel: &AuditPanel, canvas: &mut Canvas<'_>, room: Rect) -> usize {
    if room.width < BESIDE {
        return draw_rows(panel, canvas, room);
    }
    let left = list_share(room.width);
    // The area includes the horizontal rule above the list, which shows the filter.
    let part = Rect { y: room.y - 1, width: left, height: room.height + 1, ..room };
    let built = canvas.part(part, true, |canvas| {
        draw_rows(panel, canvas, Rect { x: 0, y: 1, width: left, height: room.height })
    });
    canvas.vertical(left, room.y, room.height);
    let right = Rect { x: left + 1, width: room.width - left - 1, ..room };
    canvas.part(right, false, |canvas| explanation(panel, canvas, right));
    built
}

/// Draws the finding under the cursor: its value, and the explanation of its rule.
fn explanation(panel: &AuditPanel, canvas: &mut Canvas<'_>, room: Rect) {
    let Some(finding) = panel.finding() else { return };
    let width = room.width.saturating_sub(4);
    let title = format!("{} {}", finding.rule.id, finding.message());
    let mut y = canvas.paragraph(2, 0, width, 3, &title, Paint::Bold);
    if let Some(value) = &finding.value {
        let text = format!("{}: {}", finding.location(), value.shown());
        y += canvas.wrapped(2, y, width, 4, &text, Paint::Plain);
    }
    y += 1;
    for (label, text) in explain::lines(finding.rule) {
        if y >= room.height {
            break;
        }
        let x = 2 + canvas.text(2, y, LABEL, label, Paint::Dim).max(LABEL);
        for line in canvas.wrap_words(&text, room.width.saturating_sub(x + 2)) {
            canvas.text(x, y, room.width.saturating_sub(x + 1), &line, Paint::Plain);
            y += 1;
        }
    }
}

/// Width of the labels of the explanation, in columns.
const LABEL: u16 = 12;

/// Draws the filter and the number of matching findings on the horizontal rule above the list.
fn filter_line(panel: &AuditPanel, canvas: &mut Canvas<'_>, room: Rect) {
    let y = room.y.saturating_sub(1);
    let (passing, all) = panel.passing;
    let (passing, all) = (thousands(passing as u64), thousands(all as u64));
    let least = match panel.least {
        Severity::Info => String::new(),
        Severity::Critical => " · critical only".to_owned(),
        least => format!(" · {} and above", least.word()),
    };
    let mut text =
        if passing == all { format!("{all}{least}") } else { format!("{passing} of {all}{least}") };
    if !panel.marks.is_empty() {
        let _ = write!(text, " · {} marked", thousands(panel.marks.len() as u64));
    }
    view::filter_line(canvas, (y, room.width), &text, (&panel.filter, panel.filtering));
}

fn draw_rows(panel: &AuditPanel, canvas: &mut Canvas<'_>, room: Rect) -> usize {
    let width = room.width.saturating_sub(4);
    filter_line(panel, canvas, room);
    let Some(audited) = panel.audited.value() else {
        let text = match panel.audited.error() {
            Some(_) => "Audit failed. Press ctrl-r to retry.".to_owned(),
            None => format!("Reading credentials: {} so far…", thousands(panel.came as u64)),
        };
        canvas.text(2, room.y + 1, width, &text, Paint::Plain);
        return 0;
    };
    summary(panel, audited, canvas, room);
    let rows = Rect { y: room.y + 2, height: room.height.saturating_sub(2), ..room };
    if panel.rows.is_empty() && panel.passing.1 > 0 {
        canvas.text(2, rows.y + 1, width, "No findings match.", Paint::Bold);
        let text = match (panel.filter.value().is_empty(), panel.least) {
            (true, _) => "Press 5 to show all severities.",
            (false, Severity::Info) => "Press esc to clear the filter.",
            (false, _) => "Press esc to clear the filter, then 5 to show all severities.",
        };
        canvas.text(2, rows.y + 3, width, text, Paint::Plain);
        return 0;
    }
    if panel.rows.is_empty() {
        let many = thousands(audited.snapshot.credentials.len() as u64);
        let text = format!("No findings in {many} credentials.");
        canvas.text(2, rows.y + 1, width, &text, Paint::Bold);
        return 0;
    }
    let mut built = 0;
    let shown = panel.rows.iter().enumerate().skip(panel.scroll.top).take(usize::from(rows.height));
    for (line, (place, row)) in shown.enumerate() {
        let y = rows.y + line as u16;
        canvas.respond_row(y, Click::Row(place));
        match row {
            AuditRow::Head { title, counts, folded, .. } => {
                let taken = canvas.width(&counts.words()) + 1;
                let mut x = room.width.saturating_sub(taken);
                canvas.text(2, y, 1, if *folded { "▸" } else { "▾" }, Paint::Dim);
                canvas.text(4, y, x.saturating_sub(6), title, Paint::Bold);
                for (severity, count) in counts.found() {
                    let text = format!("{count} {}", severity.word());
                    let left = room.width.saturating_sub(x);
                    x += canvas.text(x, y, left, &text, severity_paint(severity)) + 2;
                }
            }
            AuditRow::Finding { place, values, mark } => {
                if panel.marks.contains(mark) {
                    canvas.text(1, y, 1, "✓", Paint::Accent);
                }
                let finding = (&audited.report.findings[*place], *values);
                draw_finding(panel, audited, finding, canvas, Rect { y, ..room });
            }
        }
        if place == panel.scroll.cursor {
            canvas.text(0, y, 1, ">", Paint::Accent);
            canvas.select(y);
            if !panel.filtering {
                canvas.put_cursor(0, y);
            }
        }
        built += 1;
    }
    built
}

fn draw_finding(
    panel: &AuditPanel,
    audited: &Audited,
    (finding, values): (&Finding, usize),
    canvas: &mut Canvas<'_>,
    room: Rect,
) {
    let word = format!("{}{:<9}", finding.severity.mark(), finding.severity.word());
    let used = canvas.text(4, room.y, 12, &word, severity_paint(finding.severity));
    let x = 4 + used.max(11) + 1;
    let left = room.width.saturating_sub(x + 4);
    if matches!(finding.rule.fix_kind, FixKind::Safe | FixKind::Consent) {
        canvas.text(room.width.saturating_sub(2), room.y, 1, "F", Paint::Key);
    }
    let place = place_and_value(finding, values);
    let (title, place) = if panel.by_rule {
        let name = audited.credential(finding).map(|it| it.name().clipped(60)).unwrap_or_default();
        let note = finding.note.as_ref().filter(|_| place.is_empty());
        (name, note.map_or(place, |note| note.shown().into_owned()))
    } else {
        (format!("{} {}", finding.rule.id, finding.message()), place)
    };
    if place.is_empty() {
        canvas.text(x, room.y, left, &title, Paint::Plain);
        return;
    }
    // The value is more important than the title, so the title is truncated first.
    let kept = left.saturating_sub(canvas.width(&place) + 2).max(TITLE_KEPT).min(left);
    let at = x + canvas.text(x, room.y, kept, &title, Paint::Plain) + 2;
    canvas.text(at, room.y, (x + left).saturating_sub(at), &place, Paint::Plain);
}

/// Returns the location and value of a finding, such as `Callbacks 2: http://…`. Empty if the
/// finding has no value.
fn place_and_value(finding: &Finding, values: usize) -> String {
    let Some(value) = &finding.value else { return String::new() };
    let (location, value) = (finding.location(), value.clipped(200));
    match values {
        1 => format!("{location}: {value}"),
        _ => format!("{location}: {value} and {} more", values - 1),
    }
}

/// Draws the counts of findings by severity on the left, and the totals of the checks on the right.
fn summary(panel: &AuditPanel, audited: &Audited, canvas: &mut Canvas<'_>, room: Rect) {
    let report = &audited.report;
    let mut x = 2;
    for (severity, count) in audited.counts.found() {
        let text = format!("{} {}", thousands(count as u64), severity.word());
        let left = room.width.saturating_sub(x);
        x += canvas.text(x, room.y, left, &text, severity_paint(severity)) + 3;
    }
    let total = report.total();
    let suppressed =
        report.findings.iter().filter(|it| matches!(it.state, FindingState::Suppressed(_))).count();
    let mut right = format!(
        "{} · {} passed · {} unknown",
        if panel.by_rule { "by rule" } else { "by credential" },
        thousands(u64::from(total.pass)),
        thousands(u64::from(total.unknown))
    );
    if suppressed > 0 {
        right = format!("{right} · {} suppressed", thousands(suppressed as u64));
    }
    if panel.audited.is_loading() {
        right = format!("refreshing, {} read · {right}", thousands(panel.came as u64));
    }
    if !audited.snapshot.incomplete.is_empty() {
        right = format!("INCOMPLETE · {right}");
    }
    let taken = canvas.width(&right) + 1;
    let from = room.width.saturating_sub(taken).max(x);
    canvas.text(from, room.y, room.width.saturating_sub(from), &right, Paint::Plain);
}
