//! Draws the form to suppress findings or to snooze an expiry.

use crate::{
    app::screens::suppress::SuppressForm,
    ui::{Canvas, Paint, Rect},
};

/// Width of the labels, in columns.
const LABEL: u16 = 16;

/// Height of the dialog, in lines.
pub const LINES: u16 = 9;

pub fn draw(form: &SuppressForm, canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width.saturating_sub(4);
    let used = canvas.paragraph(2, room.y, width, 3, &form.about, Paint::Bold);
    let mut y = room.y + used + 1;
    for (label, input, focus) in
        [("Reason", &form.reason, !form.second), ("Expires", &form.until, form.second)]
    {
        canvas.text(2, y, LABEL, label, if focus { Paint::Bold } else { Paint::Plain });
        let field = width.saturating_sub(LABEL).min(70);
        canvas.field(2 + LABEL, y, field, input, focus);
        y += 1;
    }
    let hint = form.hint();
    match &form.problem {
        Some(problem) => canvas.paragraph(2, y + 1, width, 3, &format!("! {problem}"), Paint::Bad),
        None => canvas.paragraph(2, y + 1, width, 3, hint, Paint::Dim),
    };
}
