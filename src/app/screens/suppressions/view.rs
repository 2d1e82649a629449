//! Draws the suppressions, each with its reason on the next line.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    domain::{audit::Suppression, text},
    ui::{Canvas, Click, Paint, Rect},
};

/// Draws the list. Returns the number of rows built.
pub fn draw(
    all: &[Suppression],
    cursor: usize,
    now: Timestamp,
    canvas: &mut Canvas<'_>,
    room: Rect,
) -> usize {
    let width = room.width.saturating_sub(4);
    if all.is_empty() {
        let hint = "No suppressions yet. In the audit, press i on a finding to suppress it with a reason and an expiry date.";
        canvas.paragraph(2, room.y, width, 3, hint, Paint::Plain);
        return 0;
    }
    let today = now.to_zoned(TimeZone::UTC).date();
    let height = usize::from(room.height / 2).max(1);
    let top = (cursor + 1).saturating_sub(height);
    let mut built = 0;
    for (index, suppression) in all.iter().enumerate().skip(top).take(height) {
        let y = room.y + 2 * (index - top) as u16;
        let selected = index == cursor;
        canvas.respond(Rect { y, height: 2, ..room }, Click::Row(index));
        if selected {
            canvas.text(1, y, 1, ">", Paint::Accent);
            canvas.put_cursor(1, y);
        }
        let paint = if selected { Paint::Bold } else { Paint::Plain };
        let about = match (&*suppression.client, &suppression.value) {
            ("", _) => "profile and machine".into(),
            (client, None) => text::shown(client),
            (client, Some(value)) => {
                format!("{} {}", text::shown(client), text::shown(value)).into()
            }
        };
        let (until, tone) = if suppression.expires < today {
            (format!("ended {}", suppression.expires), Paint::Warning)
        } else {
            (format!("until {}", suppression.expires), Paint::Dim)
        };
        let rule = 3 + canvas.text(3, y, 8, &suppression.rule, paint) + 2;
        let room_left = width.saturating_sub(rule + 18);
        canvas.text(rule, y, room_left, &about, paint);
        canvas.text(room.width.saturating_sub(18), y, 16, &until, tone);
        if y + 1 < room.bottom() {
            canvas.text(
                6,
                y + 1,
                width.saturating_sub(4),
                &text::shown(&suppression.reason),
                Paint::Dim,
            );
        }
        if selected {
            canvas.select(y);
        }
        built += 1;
    }
    built
}
