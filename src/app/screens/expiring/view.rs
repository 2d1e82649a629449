//! The counts, the next 90 days as a strip, and a row for each expiry.

use jiff::Timestamp;

use super::ExpiringPanel;
use crate::{
    app::view::thousands,
    domain::{
        age,
        expiry::{Expiries, Expiring},
        text,
    },
    ui::{Canvas, Paint, Rect},
};

/// Lines above the rows: counts, strip, and column titles.
pub(super) const ABOVE_ROWS: u16 = 3;

const DAY: i64 = 24 * 60 * 60;

/// Columns of the strip, and days of each.
const STRIP: usize = 30;
const STRIP_DAYS: i64 = 3;

/// Columns of the expiry as a time, and of the part.
const WHEN: u16 = 10;
const PART: u16 = 8;
const DATE: u16 = 22;

/// Width from which on the date is shown, and from which on the owner.
const WITH_DATE: u16 = 100;
const WITH_OWNER: u16 = 140;

/// Returns the number of rows built.
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
    counts(&read.expiries, now, canvas, room);
    strip(&read.expiries, now, canvas, room);
    if let Some(why) = read.incomplete.first() {
        let text = format!("Incomplete: {why}");
        canvas.text(2, room.bottom().saturating_sub(1), width, &text, Paint::Warning);
    }
    if read.expiries.dated.is_empty() {
        let text = match (read.expiries.never, read.expiries.unknown) {
            (0, 0) => "No tokens and no client secrets here.",
            (_, 0) => "No token and no client secret expires.",
            _ => "No known expiry. This server does not report when its secrets expire.",
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

/// Number of expiries from one number of days to another.
fn within(expiries: &Expiries, now: Timestamp, days: std::ops::Range<i64>) -> usize {
    let left = |it: &&Expiring| {
        let left = it.at.as_second() - now.as_second();
        left > days.start * DAY && left <= days.end * DAY
    };
    expiries.dated.iter().filter(left).count()
}

fn counts(expiries: &Expiries, now: Timestamp, canvas: &mut Canvas<'_>, room: Rect) {
    let expired = expiries.dated.iter().filter(|it| it.at <= now).count();
    let (soon, later) = (within(expiries, now, 0..30), within(expiries, now, 30..90));
    let rest = expiries.dated.len() - expired - soon - later;
    let parts = [
        (expired, "expired", Paint::Severe),
        (soon, "in 30 d", Paint::Warning),
        (later, "in 90 d", Paint::Plain),
        (rest, "later", Paint::Plain),
        (expiries.never, "never", Paint::Plain),
        (expiries.unknown, "no known expiry", Paint::Plain),
    ];
    let mut x = 2;
    for (count, label, paint) in parts.into_iter().filter(|(count, ..)| *count > 0) {
        let left = room.width.saturating_sub(x);
        let text = format!("{} {label}", thousands(count as u64));
        x += canvas.text(x, room.y, left, &text, paint) + 3;
    }
}

/// The next 90 days: one column for three days, as high as the number of expiries in them.
fn strip(expiries: &Expiries, now: Timestamp, canvas: &mut Canvas<'_>, room: Rect) {
    let mut days = [0_usize; STRIP];
    for it in &expiries.dated {
        let left = it.at.as_second() - now.as_second();
        let at = usize::try_from(left.div_euclid(STRIP_DAYS * DAY)).ok();
        if let Some(count) = at.and_then(|at| days.get_mut(at)) {
            *count += 1;
        }
    }
    if days.iter().all(|count| *count == 0) {
        return;
    }
    let x = 2 + canvas.text(2, room.y + 1, 12, "next 90 d ", Paint::Dim);
    let columns: String = days.iter().map(|count| canvas.bar(*count)).collect();
    canvas.text(x, room.y + 1, room.width.saturating_sub(x), &columns, Paint::Plain);
}

/// Places of the columns at a width.
struct Columns {
    date: bool,
    name: u16,
    id: u16,
    owner: u16,
}

impl Columns {
    /// The name gets a third of the room; the ID is cut last.
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
            ..=0 => (format!("{} ago", age::ago(now, it.at)), Paint::Severe),
            _ if left <= 30 * DAY => (age::ago(now, it.at), Paint::Warning),
            _ => (age::ago(now, it.at), Paint::Plain),
        };
        let date = if self.date { age::utc(it.at) } else { String::new() };
        let id = text::shorten(it.id.raw(), usize::from(self.id.saturating_sub(1)));
        let owner = it.owner.as_ref().map(|owner| owner.clipped(60)).unwrap_or_default();
        let name = it.name.clipped(120);
        self.cells(["", it.part.word(), &date, &name, &id, &owner], Paint::Plain, canvas, y);
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
