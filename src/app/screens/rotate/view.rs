//! Draws the plan of a rotation.

use crate::{
    app::screens::rotate::{self, RotationForm},
    domain::text,
    ui::{Canvas, Click, Paint, Rect},
};

pub fn draw(form: &RotationForm, canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width.saturating_sub(4);
    let mut y = room.y;
    y += canvas.paragraph(2, y, width, 2, "Destinations that get the new secret:", Paint::Plain);
    // The lines below the destinations stay visible.
    let visible = usize::from(room.bottom().saturating_sub(y + 5)).max(1);
    let top = (form.cursor() + 1).saturating_sub(visible).min(form.destinations.len());
    let names = form.destinations.iter().map(|(it, _)| canvas.width(&text::shown(&it.name)));
    let names = names.max().unwrap_or_default().min(24);
    for (index, (destination, is_chosen)) in
        form.destinations.iter().enumerate().skip(top).take(visible)
    {
        let selected = index == form.cursor();
        row(canvas, (room, y), index, selected);
        let mark = if *is_chosen { "[x]" } else { "[ ]" };
        let paint = if selected { Paint::Bold } else { Paint::Plain };
        canvas.text(3, y, 3, mark, paint);
        canvas.text(7, y, names, &text::shown(&destination.name), paint);
        let place = destination.store.described();
        let left = room.width.saturating_sub(names + 11);
        canvas.text(9 + names, y, left, &text::shown(&place), Paint::Dim);
        y += 1;
    }
    y += 1;
    let is_delivered = form.destinations.iter().any(|(_, is_chosen)| *is_chosen);
    let index = form.destinations.len();
    match form.keep {
        Some(keep) => {
            let selected = index == form.cursor();
            row(canvas, (room, y), index, selected);
            let paint = if selected { Paint::Bold } else { Paint::Plain };
            let text = format!("Previous secret: valid {}", rotate::kept(keep));
            canvas.text(3, y, width, &text, if is_delivered { paint } else { Paint::Dim });
        }
        None => {
            let text = "The server invalidates the previous secret when it issues the new one. Consumers fail until the new one is delivered.";
            y += canvas.paragraph(3, y, width, 2, text, Paint::Bad).saturating_sub(1);
        }
    }
    let next = if is_delivered {
        "Credenza writes the new secret, reads it back if possible, and requests a token with it. Press g r later to continue."
    } else {
        "No destination chosen: the console shows the new secret. The previous one stops working immediately or after the server's grace period."
    };
    canvas.paragraph(2, y + 2, width, 2, next, Paint::Dim);
}

fn row(canvas: &mut Canvas<'_>, (room, y): (Rect, u16), index: usize, selected: bool) {
    canvas.respond(Rect { y, height: 1, ..room }, Click::Row(index));
    if selected {
        canvas.text(1, y, 1, ">", Paint::Accent);
        canvas.select(y);
        canvas.put_cursor(1, y);
    }
}
