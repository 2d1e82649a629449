//! Draws the dialog to unlock writing.

use super::Unlock;
use crate::{
    app::Model,
    ui::{Canvas, Paint, Rect},
};

/// Height of the dialog, in lines.
pub const LINES: u16 = 9;

pub fn draw(model: &Model, unlock: &Unlock, canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width.saturating_sub(4);
    let minutes = model.timers.unlock;
    let mut y = room.y;
    let base_url = model.base_url.clipped(80);
    let line = format!("This is {} at {base_url}.", model.workspace.name);
    y += canvas.paragraph(2, y, width, 2, &line, Paint::Bad);
    let line = format!(
        "Creating, editing, rotating and deleting are enabled for {minutes} minutes, then writing locks again."
    );
    y += canvas.paragraph(2, y, width, 2, &line, Paint::Plain) + 1;
    let asked = canvas.text(2, y, width, "Type the name of the profile to continue:", Paint::Plain);
    canvas.text(3 + asked, y, width.saturating_sub(asked), &model.workspace.name, Paint::Bold);
    canvas.field(2, y + 1, width.min(66), &unlock.typed, true);
    if let Some(problem) = unlock.problem {
        canvas.text(2, y + 2, width, &format!("! {problem}"), Paint::Bad);
    }
}
