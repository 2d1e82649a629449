//! Draws the help and the command palette.

use crate::{
    app::{
        Model,
        screens::help::{Help, HelpRow},
    },
    domain::{profile::Word as _, text},
    ui::{Canvas, Click, Paint, Rect},
};

/// Width of the keys and of the gap after the keys, in terminal columns.
const KEYS: u16 = 22;

/// Number of lines above the rows.
pub const ABOVE: usize = 2;

pub fn draw(model: &Model, help: &Help, canvas: &mut Canvas<'_>, room: Rect) {
    canvas.text(1, room.y, 7, "Search", Paint::Key);
    canvas.field(8, room.y, room.width.saturating_sub(10).min(60), &help.search, true);
    let rows = help.rows();
    if rows.is_empty() {
        canvas.text(2, room.y + 2, room.width - 4, help.nothing(), Paint::Plain);
    }
    let space = usize::from(room.height.saturating_sub(2));
    for (line, (place, row)) in
        rows.iter().enumerate().skip(help.scroll.top).take(space).enumerate()
    {
        let y = room.y + 2 + line as u16;
        canvas.respond_row(y, Click::Row(place));
        let width = room.width.saturating_sub(KEYS + 3);
        let (keys, text, paint) = match row {
            HelpRow::Key(row) => {
                let binding = row.binding;
                let refused = binding.needs.iter().find(|need| !model.meets(**need));
                let text = match refused {
                    Some(need) => {
                        format!("{} ({})", binding.help.trim_end_matches('.'), model.refusal(*need))
                    }
                    None => binding.help.to_owned(),
                };
                let paint = if refused.is_some() { Paint::Dim } else { Paint::Plain };
                (row.chords.join("  "), text, paint)
            }
            HelpRow::Verb(verb) => (verb.usage().to_owned(), verb.help().to_owned(), Paint::Plain),
            HelpRow::Argument(verb, argument) => {
                (verb.word().to_owned(), text::shown(argument).into_owned(), Paint::Plain)
            }
        };
        canvas.text(2, y, KEYS - 1, &keys, Paint::Key);
        canvas.text(2 + KEYS, y, width, &text, paint);
        if place == help.scroll.cursor {
            canvas.text(0, y, 1, ">", Paint::Accent);
            canvas.select(y);
        }
    }
}
