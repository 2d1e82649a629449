//! Draws a single value without decoration.

use super::PlainValue;
use crate::ui::{Canvas, Paint, Rect};

pub fn draw(plain: &PlainValue, canvas: &mut Canvas<'_>, room: Rect) {
    let text = plain.value.shown();
    canvas.wrapped(room.x, room.y, room.width, room.height, &text, Paint::Plain);
}
