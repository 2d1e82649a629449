//! Draws the saved views of the list.

use crate::{
    app::screens::views::Views,
    domain::{
        preferences::{SavedView, sort_word},
        text,
    },
    ui::{Canvas, Click, Paint, Rect},
};

pub fn draw(views: &Views, canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width.saturating_sub(4);
    if let Some(why) = &views.failed {
        let text = format!("! Could not read or change the views: {why}");
        canvas.paragraph(2, room.y, width, 6, &text, Paint::Bad);
        return;
    }
    let Some(entries) = &views.entries else {
        canvas.text(2, room.y, width, "Reading the views…", Paint::Plain);
        return;
    };
    let bottom = room.y + room.height;
    let height = usize::from(room.height.saturating_sub(4));
    let names = entries.iter().map(|view| canvas.width(&view.name)).max().unwrap_or(0);
    let names = names.min(width / 3) + 2;
    let top = (views.cursor + 1).saturating_sub(height);
    for (line, (index, view)) in entries.iter().enumerate().skip(top).take(height).enumerate() {
        let y = room.y + line as u16;
        let selected = index == views.cursor && views.naming.is_none();
        if views.naming.is_none() {
            canvas.respond_row(y, Click::Row(index));
        }
        if selected {
            canvas.text(1, y, 1, ">", Paint::Accent);
            canvas.put_cursor(1, y);
        }
        let paint = if selected { Paint::Bold } else { Paint::Plain };
        canvas.text(3, y, names - 1, &view.name, paint);
        let x = 3 + names;
        canvas.text(x, y, room.width.saturating_sub(x + 1), &described(view), Paint::Dim);
        if selected {
            canvas.select(y);
        }
    }
    if entries.is_empty() {
        let hint = "No views yet. A view stores a filter, a sort order and columns. Press a to save the current list as a view.";
        canvas.paragraph(2, room.y, width, 3, hint, Paint::Plain);
    }
    let y = bottom.saturating_sub(3);
    match &views.naming {
        Some(input) => {
            canvas.text(2, y, 16, "Save as", Paint::Bold);
            canvas.field(18, y, width.saturating_sub(16).min(44), input, true);
            let line = match &views.problem {
                Some(problem) => (format!("! {problem}"), Paint::Bad),
                None => (described(&views.current), Paint::Dim),
            };
            canvas.text(2, y + 1, width, &line.0, line.1);
        }
        None => {
            let text = format!("Current: {}", described(&views.current));
            canvas.text(2, y, width, &text, Paint::Dim);
        }
    }
}

/// Returns a summary of a view in one line.
fn described(view: &SavedView) -> String {
    let filter =
        if view.filter.is_empty() { "everything".into() } else { text::shown(&view.filter) };
    let wide = if view.wide { " · wide" } else { "" };
    format!("{filter} · by {}{wide}", sort_word(view.sort))
}
