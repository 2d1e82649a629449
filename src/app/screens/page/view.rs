//! Draws a page of text.

use crate::{
    app::screens::page::TextPage,
    ui::{Canvas, Paint, Rect},
};

/// Width of the labels, in columns.
const LABEL: u16 = 12;

pub fn draw(page: &TextPage, canvas: &mut Canvas<'_>, room: Rect) {
    let end = room.y + room.height;
    let labeled = page.lines.iter().any(|line| !line.label.is_empty());
    let mut y = room.y;
    for line in page.lines.iter().skip(page.top) {
        if y >= end {
            break;
        }
        let x = if labeled && !line.label.is_empty() { 2 + LABEL } else { 2 };
        canvas.text(2, y, LABEL, line.label, Paint::Dim);
        let width = room.width.saturating_sub(x + 2);
        // Indented text, such as an example, keeps its spaces.
        let parts = if line.text.starts_with(' ') {
            vec![line.text.clone()]
        } else {
            canvas.wrap_words(&line.text, width)
        };
        for part in &parts {
            if y >= end {
                break;
            }
            let lines = canvas.wrapped(x, y, width, end - y, part, Paint::Plain).max(1);
            if let Some(url) = &line.link {
                let width = canvas.width(part).min(width);
                canvas.link(Rect { x, y, width, height: lines }, url);
            }
            y += lines;
        }
    }
}
