//! Draws the dialog to choose the columns of a list.

use super::ColumnChooser;
use crate::ui::{Canvas, Click, Paint, Rect};

/// Number of lines below the columns.
pub const AROUND: u16 = 2;

pub fn draw(chooser: &ColumnChooser, canvas: &mut Canvas<'_>, room: Rect) {
    let space = usize::from(room.height.saturating_sub(AROUND)).max(1);
    let top = (chooser.cursor + 1).saturating_sub(space);
    for (index, row) in chooser.rows.iter().enumerate().skip(top).take(space) {
        let y = room.y + (index - top) as u16;
        canvas.respond_row(y, Click::Row(index));
        let box_ = if row.is_shown { "[x]" } else { "[ ]" };
        let paint = if row.is_shown { Paint::Plain } else { Paint::Dim };
        canvas.text(3, y, 3, box_, paint);
        canvas.text(7, y, 16, row.head, paint);
        let width = match row.chosen.width {
            Some(width) => format!("{width} columns"),
            None => "fitted to its values".to_owned(),
        };
        canvas.text(24, y, room.width.saturating_sub(26), &width, Paint::Dim);
        if index == chooser.cursor {
            canvas.text(1, y, 1, ">", Paint::Accent);
            canvas.select(y);
            canvas.put_cursor(1, y);
        }
    }
    let y = room.y + (chooser.rows.len().min(space)) as u16 + 1;
    let hint = "Columns that do not fit are hidden, starting with the last.";
    canvas.text(3, y, room.width.saturating_sub(4), hint, Paint::Dim);
}
