//! Draws a secret that is shown only once.

use crate::{
    app::{
        Model,
        screens::{
            detail::Peek,
            once::{Cause, OncePanel},
        },
        view::{MASK, shown_secret},
    },
    ui::{Canvas, Paint, Rect},
};

const LABEL: u16 = 16;

pub fn draw(model: &Model, panel: &OncePanel, canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width - 4;
    let head = match panel.cause {
        Cause::Created => "Created. Copy the secret now; it is shown only once.",
        Cause::Rotated => {
            "The secret was rotated. Copy the new one now; it is shown only once. The old one stops working immediately or after the server's grace period."
        }
        Cause::Edited => {
            "Saved. The server issued a new secret. Copy it now; it is shown only once. The old one stops working."
        }
    };
    let mut y = room.y + canvas.paragraph(2, room.y, width, 3, head, Paint::Bold) + 1;
    let value = width.saturating_sub(LABEL);
    canvas.text(2, y, LABEL - 1, panel.kind.id_label(), Paint::Dim);
    y += canvas.wrapped(2 + LABEL, y, value, 3, &panel.id.shown(), Paint::Plain).max(1);
    canvas.text(2, y, LABEL - 1, panel.kind.secret_label(), Paint::Dim);
    let (secret, paint) = match &panel.peek {
        Peek::Open { secret, .. } => {
            let left = panel.peek.seconds_left(model.now).unwrap_or(0);
            (shown_secret(canvas, secret.expose(), left), Paint::Bold)
        }
        Peek::Asked(_) => (format!("{MASK}  reading…"), Paint::Plain),
        // `Y s` and `x` have no effect while the panel asks for confirmation.
        Peek::Masked if panel.leaving => (MASK.to_owned(), Paint::Plain),
        Peek::Masked => (format!("{MASK}  Y s to copy, x to show"), Paint::Plain),
    };
    let left = (room.y + room.height).saturating_sub(y + 3).max(1);
    y += canvas.wrapped(2 + LABEL, y, value, left, &secret, paint).max(1) + 1;
    if panel.leaving {
        let question = if panel.taken {
            "Did you store the secret? Press y to leave; it is not shown again."
        } else {
            "The secret was neither copied nor shown. Press esc to go back, or y to leave; it cannot be recovered."
        };
        canvas.paragraph(2, y, width, 2, question, Paint::Bad);
        return;
    }
    let taken = if panel.taken {
        "Copied or shown. Store it in a password manager before you leave."
    } else {
        "Not copied yet. It stays here until you leave."
    };
    canvas.paragraph(2, y, width, 2, taken, Paint::Plain);
}
