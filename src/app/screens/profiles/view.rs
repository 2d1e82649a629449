//! Draws the screens to choose and create profiles.

use crate::{
    app::{
        Model,
        remote::Remote,
        screens::profiles::{Picker, ProfileField, ProfileForm},
    },
    domain::{
        profile::{Environment, Word as _},
        text,
    },
    ui::{Canvas, Click, Paint, Rect},
};

const LABEL: u16 = 14;

pub fn draw(model: &Model, picker: &Picker, canvas: &mut Canvas<'_>, room: Rect) {
    let width = room.width.saturating_sub(4);
    if picker.opening {
        canvas.text(2, room.y, width, "Opening the profile…", Paint::Plain);
        return;
    }
    let Some(entries) = &picker.entries else {
        canvas.text(2, room.y, width, "Reading the profiles…", Paint::Plain);
        return;
    };
    let name_width =
        entries.iter().map(|entry| canvas.width(entry.title())).max().unwrap_or(8).min(width / 3)
            + 2;
    let height = usize::from(room.height.saturating_sub(2));
    let top = (picker.cursor + 1).saturating_sub(height);
    for (line, (index, entry)) in entries.iter().enumerate().skip(top).take(height).enumerate() {
        let y = room.y + line as u16;
        let selected = index == picker.cursor;
        canvas.respond_row(y, Click::Row(index));
        if selected {
            canvas.text(1, y, 1, ">", Paint::Accent);
            canvas.put_cursor(1, y);
        }
        let paint = if selected { Paint::Bold } else { Paint::Plain };
        let open = if entry.title() == model.workspace.name { "*" } else { " " };
        canvas.text(3, y, 1, open, Paint::Accent);
        canvas.text(5, y, name_width.saturating_sub(1), entry.title(), paint);
        let (word, paint) = match entry.environment {
            Some(Environment::Prod) => ("PROD", Paint::Bad),
            Some(environment) => (environment.word(), Paint::Plain),
            None => ("", Paint::Plain),
        };
        canvas.text(5 + name_width, y, 8, word, paint);
        let x = 5 + name_width + 9;
        canvas.text(
            x,
            y,
            room.width.saturating_sub(x + 1),
            &text::shown(&entry.base_url),
            Paint::Dim,
        );
        if selected {
            canvas.select(y);
        }
    }
    if entries.len() == 1 {
        let hint = "No profiles yet. Press a to add one for the contract, Keycloak, Hydra, OpenBao and others.";
        canvas.paragraph(2, room.y + 2, width, 2, hint, Paint::Plain);
    }
}

pub fn form(form: &ProfileForm, canvas: &mut Canvas<'_>, room: Rect) {
    let mut y = room.y;
    let roomy = room.height > 16;
    let width = room.width.saturating_sub(LABEL + 4);
    for (index, &place) in ProfileField::of(form.provider).iter().enumerate() {
        let focused = place == form.field();
        canvas.respond_row(y, Click::Row(index));
        canvas.text(2, y, LABEL, place.label(), if focused { Paint::Bold } else { Paint::Plain });
        if place == ProfileField::Kind {
            if focused {
                canvas.put_cursor(2 + LABEL, y);
            }
            canvas.text(2 + LABEL, y, width, form.provider.word(), Paint::Plain);
        } else {
            let input = &form.inputs[place as usize];
            canvas.field(2 + LABEL, y, width.min(70), input, focused && !form.saving);
        }
        y += 1;
        let problem = form.problems.iter().find(|(at, _)| *at == place);
        match problem {
            Some((_, why)) => {
                canvas.text(2 + LABEL, y, width, &format!("! {why}"), Paint::Bad);
                y += 1;
            }
            None if focused => {
                canvas.text(2 + LABEL, y, width, place.hint(form.provider), Paint::Dim);
                y += 1;
            }
            None => {}
        }
        y += u16::from(roomy);
    }
    let width = room.width.saturating_sub(4);
    match &form.found {
        _ if form.saving => {
            canvas.text(2, y, width, "Writing the configuration…", Paint::Plain);
        }
        None => {}
        Some(Remote::Loading { .. }) => {
            canvas.text(2, y, width, "Detecting the API…", Paint::Plain);
        }
        Some(Remote::Failed { error, .. }) => {
            let explained = error.explain("");
            y += canvas.paragraph(2, y, width, 2, &explained.why, Paint::Bad);
            let hint = "You can still save the profile.";
            canvas.text(2, y, width, hint, Paint::Dim);
        }
        Some(Remote::Ready(found)) => {
            for line in &found.saw {
                if y >= room.bottom() {
                    return;
                }
                canvas.text(2, y, width, &format!("· {}", text::shown(line)), Paint::Good);
                y += 1;
            }
        }
    }
}
