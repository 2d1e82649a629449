//! Draws the version and the environment of the console.

use crate::ui::{Canvas, Paint, Rect};

/// Width of the labels, in columns.
const LABEL: u16 = 15;

pub fn draw(lines: &[(&'static str, String)], canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width.saturating_sub(LABEL + 4);
    let mut y = room.y;
    for (label, text) in lines {
        if y >= room.bottom() {
            break;
        }
        canvas.text(2, y, LABEL, label, Paint::Dim);
        y += canvas.wrapped(2 + LABEL, y, width, room.bottom() - y, text, Paint::Plain).max(1);
    }
}
