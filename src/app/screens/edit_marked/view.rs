//! Draws the form for one edit of the marked credentials.

use super::{EditMarked, FormLine};
use crate::ui::{Canvas, Paint, Rect};

/// Width of the labels, in columns.
const LABEL: u16 = 10;

/// Height of the dialog, in lines.
pub const LINES: u16 = 7;

pub fn draw(form: &EditMarked, canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width.saturating_sub(4);
    let field = width.saturating_sub(LABEL);
    for (y, line) in (room.y..).zip(form.lines()) {
        let focused = *line == form.focus;
        let (label, choice) = match line {
            FormLine::Field => ("Field", Some(form.selected().0.label())),
            FormLine::Change => ("Change", Some(form.change())),
            FormLine::Entry => ("Entry", None),
        };
        canvas.text(2, y, LABEL, label, if focused { Paint::Bold } else { Paint::Plain });
        match choice {
            Some(choice) => {
                let text = format!("< {choice} >");
                canvas.text(
                    2 + LABEL,
                    y,
                    field,
                    &text,
                    if focused { Paint::Accent } else { Paint::Plain },
                );
                if focused {
                    canvas.put_cursor(2 + LABEL, y);
                }
            }
            None => canvas.field(2 + LABEL, y, field, &form.entry, focused),
        }
    }
    let hint = match form.focus {
        FormLine::Field | FormLine::Change => "Choose with left and right. Enter continues.",
        FormLine::Entry => {
            "Enter shows the affected credentials. Nothing changes until you confirm."
        }
    };
    match &form.problem {
        Some(problem) => {
            canvas.paragraph(2, room.y + 4, width, 2, &format!("! {problem}"), Paint::Bad)
        }
        None => canvas.paragraph(2, room.y + 4, width, 2, hint, Paint::Dim),
    };
}
