//! Draws the dialog to choose the kind of credential to create.

use crate::{
    app::{
        Model,
        screens::chooser::{Chooser, KINDS},
    },
    ui::{Canvas, Click, Paint, Rect},
};

/// Height of the dialog, in lines.
pub const LINES: u16 = 12;

pub fn draw(model: &Model, chooser: Chooser, canvas: &mut Canvas<'_>, room: Rect) {
    let roomy = room.height > 10;
    let mut y = room.y;
    for (index, kind) in KINDS.into_iter().enumerate() {
        let refused = model.capabilities.as_ref().and_then(|all| all.of(kind).create.refusal());
        let selected = kind == chooser.kind;
        if selected {
            canvas.text(1, y, 1, ">", Paint::Accent);
            canvas.put_cursor(1, y);
        }
        let paint = match (refused, selected) {
            (Some(_), _) => Paint::Dim,
            (None, true) => Paint::Bold,
            (None, false) => Paint::Plain,
        };
        canvas.text(3, y, room.width - 4, &format!("{}  {kind}", index + 1), paint);
        let width = room.width.saturating_sub(8);
        let text = match refused {
            Some(why) => format!("Not available: {}.", why.clipped(120)),
            None => kind.when_to_use().to_owned(),
        };
        let used = canvas.paragraph(
            6,
            y + 1,
            width,
            2,
            &text,
            if refused.is_some() { Paint::Dim } else { Paint::Plain },
        );
        canvas.respond(Rect { y, height: 1 + used, ..room }, Click::Row(index));
        y += 1 + used + u16::from(roomy);
    }
}
