//! Draws a line for each figure, with a column for each kind and a bar of the total.

use std::fmt::Write as _;

use super::Overview;
use crate::{
    app::{
        Model,
        list::{Fetch, view::severity_paint},
        view::{CHART_WIDTH, expiry_chart, thousands},
    },
    domain::{
        Kind, age,
        audit::Severity,
        expiry::ExpiryChart,
        overview::{FIGURES, Figure},
        profile::Word as _,
    },
    ui::{Canvas, Click, Paint, Rect},
};

/// Number of lines above the figures: the state of the lists, and the column titles.
pub(super) const ABOVE_ROWS: u16 = 2;

/// Widths of the columns for the group and for the label of a figure, in terminal columns.
const GROUP: u16 = 11;
const LABEL: u16 = 14;

/// Width of a count, in terminal columns. Four kinds fit on the smallest supported terminal.
const COUNT: u16 = 8;

/// Minimum terminal width, in columns, to show the total and its bar.
const WITH_TOTAL: u16 = 80;

/// Maximum length of a bar, in terminal columns.
const BAR: u16 = 60;

/// Draws the overview. Returns the number of lines with figures.
pub(super) fn draw(
    overview: &Overview,
    model: &Model,
    canvas: &mut Canvas<'_>,
    room: Rect,
) -> usize {
    state(overview, model, canvas, room);
    heads(overview, canvas, room);
    let shown = overview.rows.iter().enumerate().skip(overview.scroll.top);
    let mut built = 0;
    let mut group = "";
    for (index, figure) in shown.take(overview.scroll.height) {
        let y = room.y + ABOVE_ROWS + built as u16;
        if y >= room.bottom() {
            break;
        }
        let is_selected = index == overview.scroll.cursor;
        let row = FIGURES[*figure];
        if row.group != group {
            let changes = overview.changes().filter(|_| row.is_change());
            let since = changes.map(|it| past(model.now.as_second() - it.since.as_second()));
            canvas.text(2, y, GROUP - 1, since.as_deref().unwrap_or(row.group), Paint::Bold);
            group = row.group;
        }
        line(overview, (index, *figure), is_selected, canvas, Rect { y, height: 1, ..room });
        built += 1;
    }
    built
}

/// Draws the number of credentials, the progress or failure of loading, and the expiries of the
/// next 90 days.
fn state(overview: &Overview, model: &Model, canvas: &mut Canvas<'_>, room: Rect) {
    let lists = || overview.kinds.iter().map(|kind| (*kind, model.list_of(overview.scope, *kind)));
    let loaded: u64 = lists().map(|(_, list)| list.rows.len() as u64).sum();
    let mut text = format!("{} credentials", thousands(loaded));
    let failed = lists().find(|(_, list)| matches!(list.fetch, Fetch::Failed(_)));
    if lists().any(|(_, list)| list.is_loading()) {
        let total: u64 = lists().filter_map(|(_, list)| list.count()).sum();
        text = format!("{} of {} credentials loaded…", thousands(loaded), thousands(total));
    } else if let Some((kind, _)) = failed {
        let _ = write!(text, ". Could not load the {}; ctrl-r retries", kind.plural());
    } else if lists().any(|(_, list)| matches!(list.fetch, Fetch::Stopped)) {
        text.push_str(". Loading was stopped; ctrl-r loads all");
    } else if overview.changes().is_some_and(|changes| !changes.is_complete) {
        text.push_str(". The changes are incomplete");
    }
    let used = 2 + canvas.text(2, room.y, room.width.saturating_sub(3), &text, Paint::Plain);
    let mut chart = ExpiryChart::default();
    for kind in &overview.kinds {
        chart.merge(&overview.figures[*kind as usize].chart);
    }
    let x = room.width.saturating_sub(CHART_WIDTH + 1);
    if used + 3 <= x {
        expiry_chart(canvas, x, room.y, &chart);
    }
}

fn heads(overview: &Overview, canvas: &mut Canvas<'_>, room: Rect) {
    let y = room.y + 1;
    let mut x = 2 + GROUP + LABEL;
    let names = overview.kinds.iter().map(|kind| match kind {
        Kind::Token => "TOKENS",
        Kind::Spa => "SPA",
        Kind::M2m => "M2M",
        Kind::Other => "OTHER",
    });
    for name in names.chain((room.width >= WITH_TOTAL).then_some("ALL")) {
        canvas.text(x, y, COUNT, &format!("{name:>7}"), Paint::Dim);
        x += COUNT;
    }
}

/// Draws the label, counts, total and bar of a figure. Highlights the selected count.
fn line(
    overview: &Overview,
    (index, figure): (usize, usize),
    is_selected: bool,
    canvas: &mut Canvas<'_>,
    room: Rect,
) {
    let (y, row) = (room.y, FIGURES[figure]);
    let paint = severity(&row).map_or(Paint::Plain, severity_paint);
    canvas.text(2 + GROUP, y, LABEL - 1, row.label, paint);
    if is_selected {
        canvas.text(0, y, 1, ">", Paint::Accent);
    }
    let mut x = 2 + GROUP + LABEL;
    for (column, kind) in overview.kinds.iter().enumerate() {
        let cell = Rect { x, width: COUNT, ..room };
        canvas.respond(cell, Click::Row(index * overview.kinds.len() + column));
        let count = overview.figures[*kind as usize].count(figure);
        let is_cursor = is_selected && *kind == overview.kind;
        let (text, paint) = match count {
            _ if is_cursor => (thousands(count.into()), Paint::Selected),
            0 => ("·".to_owned(), Paint::Dim),
            _ => (thousands(count.into()), paint),
        };
        canvas.text(x, y, COUNT, &format!("{text:>7} "), paint);
        if is_cursor {
            canvas.put_cursor(x + COUNT - 2, y);
        }
        x += COUNT;
    }
    if room.width < WITH_TOTAL {
        return;
    }
    let (total, all) = (u64::from(overview.total(figure)), u64::from(overview.total(0)));
    canvas.text(x, y, COUNT, &format!("{:>7}", thousands(total)), paint);
    x += COUNT;
    let space = u64::from(room.width.saturating_sub(x + 2).min(BAR));
    // A small count must not round down to an invisible bar.
    let length = if total == 0 { 0 } else { (space * total / all.max(1)).clamp(1, space.max(1)) };
    if canvas.is_linear() {
        return;
    }
    canvas.text(x, y, space as u16, &"█".repeat(length as usize), paint);
}

/// Returns the heading for the changes in the last `seconds`, short enough for its column.
fn past(seconds: i64) -> String {
    if seconds < 60 * 60 { "Past hour".to_owned() } else { format!("Past {}", age::span(seconds)) }
}

fn severity(figure: &Figure) -> Option<Severity> {
    (figure.group == "Severity").then(|| Severity::of_word(figure.label)).flatten()
}
