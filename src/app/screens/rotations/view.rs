//! Draws the rotations in progress, each with its progress and its destinations.

use jiff::Timestamp;

use crate::{
    app::{OpenRotation, screens::rotations::Rotations},
    domain::{age, text},
    ui::{Canvas, Click, Paint, Rect},
};

/// Draws the list. Returns the number of rotations drawn.
pub fn draw(screen: &Rotations, now: Timestamp, canvas: &mut Canvas<'_>, room: Rect) -> usize {
    let width = room.width.saturating_sub(4);
    let note = match &screen.listed {
        None => "Reading the rotations…".to_owned(),
        Some(Err(error)) => format!("{error}."),
        Some(Ok(all)) if all.is_empty() => {
            "No rotation is in progress. Add destinations to the configuration, then press R on a client to start one.".to_owned()
        }
        Some(Ok(_)) => String::new(),
    };
    if !note.is_empty() {
        canvas.paragraph(2, room.y, width, 3, &note, Paint::Plain);
        return 0;
    }
    let all = screen.all();
    let cursor = screen.cursor();
    // Start with the earliest rotation that keeps the selected one visible.
    let mut top = cursor;
    let mut used = height(&all[cursor]);
    while top > 0 && used + height(&all[top - 1]) <= usize::from(room.height) {
        top -= 1;
        used += height(&all[top]);
    }
    let mut y = room.y;
    let mut drawn = 0;
    for (index, rotation) in all.iter().enumerate().skip(top) {
        if y >= room.bottom() {
            break;
        }
        y = one(rotation, now, canvas, (room, y), (index, index == cursor));
        drawn += 1;
    }
    drawn
}

/// Returns the number of lines of a rotation, including the empty line below it.
fn height(rotation: &OpenRotation) -> usize {
    3 + rotation.deliveries.len()
}

/// Draws one rotation. Returns the line below it.
fn one(
    rotation: &OpenRotation,
    now: Timestamp,
    canvas: &mut Canvas<'_>,
    (room, mut y): (Rect, u16),
    (index, selected): (usize, bool),
) -> u16 {
    let width = room.width.saturating_sub(5);
    let bottom = room.bottom();
    let lines = u16::try_from(height(rotation) - 1).unwrap_or(u16::MAX).min(bottom - y);
    canvas.respond(Rect { y, height: lines, ..room }, Click::Row(index));
    if selected {
        canvas.text(1, y, 1, ">", Paint::Accent);
        canvas.select(y);
        canvas.put_cursor(1, y);
    }
    let paint = if selected { Paint::Bold } else { Paint::Plain };
    let started = format!("started {}", age::since(now, rotation.started_at));
    let name = rotation.name.clipped(60);
    let x = 3 + canvas.text(3, y, width, &name, paint) + 2;
    let left = room.width.saturating_sub(x + 2);
    let about = format!("{}  {started}", rotation.client_id.clipped(60));
    canvas.text(x, y, left, &about, Paint::Dim);
    y += 1;
    if y < bottom {
        canvas.text(3, y, width, &rotation.progress, Paint::Plain);
        y += 1;
    }
    for (destination, is_done) in &rotation.deliveries {
        if y >= bottom {
            break;
        }
        let (state, paint) = match is_done {
            true => ("delivered to", Paint::Plain),
            false => ("not delivered to", Paint::Warning),
        };
        canvas.text(
            5,
            y,
            width.saturating_sub(2),
            &format!("{state} {}", text::shown(destination)),
            paint,
        );
        y += 1;
    }
    y + 1
}
