//! Draws the expiries: counts, a chart of the next 90 days, and a row for each expiry.

use jiff::Timestamp;

use super::ExpiringPanel;
use crate::{
    api::Scope,
    app::view::{expiry_chart, thousands},
    domain::{
        age,
        expiry::{Expiries, Expiring, ExpiryChart},
        text,
    },
    ui::{Canvas, Click, Paint, Rect},
};

/// Number of lines above the rows: counts, chart and column titles.
pub(super) const ABOVE_ROWS: u16 = 3;

const DAY: i64 = 24 * 60 * 60;

/// Widths of the columns for the time until expiry, the expiring part and the expiry date, in
/// terminal columns.
const WHEN: u16 = 12;
const PART: u16 = 8;
const DATE: u16 = 22;

/// Minimum terminal widths that show the expiry date and the owner, in columns.
const WITH_DATE: u16 = 100;
const WITH_OWNER: u16 = 140;

/// Draws the screen. Returns the number of rows built.
pub(super) fn draw(
    panel: &ExpiringPanel,
    now: Timestamp,
    canvas: &mut Canvas<'_>,
    room: Rect,
) -> usize {
    let width = room.width.saturating_sub(2);
    let Some(read) = panel.read.value() else {
        let text = match panel.read.error() {
            Some(_) => "Could not read the lists. Press ctrl-r to retry.".to_owned(),
            None => format!("Reading credentials: {} so far…", thousands(panel.came as u64)),
        };
        canvas.text(2, room.y + 1, width, &text, Paint::Plain);
        return 0;
    };
    counts(panel, &read.expiries, now, canvas, room);
    chart(&read.expiries, now, canvas, room);
    if let [first, rest @ ..] = &read.incomplete[..] {
        let more =
            if rest.is_empty() { String::new() } else { format!(" (and {} more)", rest.len()) };
        let text = format!("Incomplete: {first}{more}");
        canvas.text(2, room.bottom().saturating_sub(1), width, &text, Paint::Warning);
    }
    if read.expiries.dated.is_empty() {
        let text = match (read.expiries.never, read.expiries.unknown) {
            _ if !read.incomplete.is_empty() => "No expiry in the lists that could be read.",
            (0, 0) => "No tokens or client secrets found.",
            (_, 0) => "No token or client secret expires.",
            _ => "No known expiry. Tokens and secrets may still expire.",
        };
        canvas.text(2, room.y + 3, width, text, Paint::Bold);
        return 0;
    }
    let columns = Columns::of(room.width);
    columns.titles(canvas, room.y + 2);
    let shown = panel.rows().iter().enumerate().skip(panel.scroll.top).take(panel.scroll.height);
    let mut built = 0;
    for (index, it) in shown {
        let y = room.y + ABOVE_ROWS + built as u16;
        if y >= room.bottom() {
            break;
        }
        canvas.respond_row(y, Click::Row(index));
        columns.row(it, now, canvas, y);
        if index == panel.scroll.cursor {
            canvas.text(0, y, 1, ">", Paint::Accent);
            canvas.select(y);
            canvas.put_cursor(0, y);
        }
        built += 1;
    }
    built
}

/// Returns the number of expiries up to `days` days from now. Includes past expiries, but not
/// snoozed ones.
pub(super) fn until(expiries: &Expiries, now: Timestamp, days: i64) -> usize {
    let end = now.as_second().saturating_add(days * DAY);
    expiries.due().partition_point(|it| it.at.as_second() <= end)
}

fn counts(
    panel: &ExpiringPanel,
    expiries: &Expiries,
    now: Timestamp,
    canvas: &mut Canvas<'_>,
    room: Rect,
) {
    let [expired, month, quarter] = [0, 30, 90].map(|days| until(expiries, now, days));
    let parts = [
        (expired, "expired", Paint::Severe),
        (month - expired, "in 30 d", Paint::Warning),
        (quarter - month, "in 30 to 90 d", Paint::Plain),
        (expiries.due().len() - quarter, "later", Paint::Plain),
        (expiries.dated.len() - expiries.due().len(), "snoozed", Paint::Dim),
        (expiries.never, "never", Paint::Plain),
        (expiries.unknown, "no known expiry", Paint::Plain),
    ];
    let mut x = 2;
    for (count, label, paint) in parts.into_iter().filter(|(count, ..)| *count > 0) {
        let left = room.width.saturating_sub(x);
        let text = format!("{} {label}", thousands(count as u64));
        x += canvas.text(x, room.y, left, &text, paint) + 3;
    }
    let note = match (panel.read.is_loading(), panel.scope) {
        (true, _) => format!("refreshing, {} read", thousands(panel.came as u64)),
        (false, Scope::Mine) => String::new(),
        (false, Scope::Organization) => "organization".to_owned(),
    };
    canvas.text(x, room.y, room.width.saturating_sub(x), &note, Paint::Dim);
}

/// Draws the chart of the next 90 days.
fn chart(expiries: &Expiries, now: Timestamp, canvas: &mut Canvas<'_>, room: Rect) {
    let mut chart = ExpiryChart::default();
    for it in &expiries.due()[until(expiries, now, 0)..] {
        chart.add(it.at.as_second() - now.as_second());
    }
    expiry_chart(canvas, 2, room.y + 1, &chart);
}

/// Widths of the variable columns, in terminal columns, and visibility of the date.
struct Columns {
    date: bool,
    name: u16,
    id: u16,
    owner: u16,
}

impl Columns {
    /// Computes the widths. The name, the ID and the owner share the space that the fixed-width
    /// columns leave.
    fn of(width: u16) -> Self {
        let date = width >= WITH_DATE;
        let fixed = 2 + WHEN + PART + if date { DATE } else { 0 };
        let left = width.saturating_sub(fixed + 1);
        let owner = if width >= WITH_OWNER { left / 4 } else { 0 };
        let name = (left - owner) / 2;
        Self { date, name, id: left - owner - name, owner }
    }

    fn titles(&self, canvas: &mut Canvas<'_>, y: u16) {
        let date = if self.date { "DATE" } else { "" };
        self.cells(["EXPIRES", "PART", date, "NAME", "ID", "OWNER"], Paint::Dim, canvas, y);
    }

    fn row(&self, it: &Expiring, now: Timestamp, canvas: &mut Canvas<'_>, y: u16) {
        let left = it.at.as_second() - now.as_second();
        let (when, paint) = match left {
            ..=0 => (age::since(now, it.at), Paint::Severe),
            _ if left <= 30 * DAY => (age::ago(now, it.at), Paint::Warning),
            _ => (age::ago(now, it.at), Paint::Plain),
        };
        let date = if self.date { age::utc(it.at) } else { String::new() };
        let id = it.id.shown();
        let id = text::shorten(&id, usize::from(self.id.saturating_sub(1)));
        let owner = it.owner.as_ref().map(|owner| owner.clipped(60)).unwrap_or_default();
        let name = it.name.clipped(120);
        let (mut id, mut row, mut paint) = (id, Paint::Plain, paint);
        if let Some(snooze) = &it.snooze {
            id = format!("snoozed to {}: {}", snooze.until, text::shown(&snooze.reason)).into();
            (row, paint) = (Paint::Dim, Paint::Dim);
        }
        self.cells(["", it.part.word(), &date, &name, &id, &owner], row, canvas, y);
        canvas.text(2, y, WHEN - 1, &when, paint);
    }

    fn cells(&self, cells: [&str; 6], paint: Paint, canvas: &mut Canvas<'_>, y: u16) {
        let date = if self.date { DATE } else { 0 };
        let widths = [WHEN, PART, date, self.name, self.id, self.owner];
        let mut x = 2;
        for (cell, width) in cells.into_iter().zip(widths) {
            canvas.text(x, y, width.saturating_sub(1), cell, paint);
            x += width;
        }
    }
}
