//! Typed and pasted text, on its way into the field that has the focus.

use tui_input::InputRequest;

use crate::{
    app::{
        Effect, Layer, Model, Tone,
        confirm::Focus,
        form,
        profiles::ProfileField,
        sign_in::{SecretField, Stage},
    },
    keys::{Chord, Key},
};

/// Takes a paste: into a field, or nowhere, because pasted text must not press keys.
pub(in crate::app) fn paste(model: &mut Model, pasted: &str) -> Vec<Effect> {
    model.pending.clear();
    let now = model.now;
    if model.layers.is_empty() && !model.list().filtering {
        return vec![model.say(Tone::Plain, "A paste goes into a field; press / to filter by it")];
    }
    let line = pasted.lines().next().unwrap_or_default().to_owned();
    match model.layers.last_mut() {
        Some(Layer::Form(form)) if matches!(form.stage, form::Stage::Editing) => {
            form.paste(pasted, now);
        }
        Some(
            Layer::Form(_)
            | Layer::Chooser(_)
            | Layer::Detail(_)
            | Layer::AccessToken(_)
            | Layer::Once(_)
            | Layer::Profiles(_)
            | Layer::Page(_)
            | Layer::Audit(_)
            | Layer::PlainValue { .. },
        ) => {
            return vec![model.say(Tone::Plain, "There is no field here to paste into")];
        }
        Some(Layer::SignIn(sign_in)) => {
            let Stage::Typing(field) = &mut sign_in.stage else {
                return vec![model.say(Tone::Plain, "Choose a way to sign in first")];
            };
            field.clear();
            line.trim().chars().for_each(|c| field.push(c));
        }
        Some(Layer::Passphrase(question)) => {
            question.field.clear();
            line.trim().chars().for_each(|c| question.field.push(c));
        }
        Some(
            Layer::Confirm(_)
            | Layer::Help(_)
            | Layer::ProfileForm(_)
            | Layer::Unlock(_)
            | Layer::Suppress(_)
            | Layer::Views(_),
        )
        | None => {
            for c in line.chars() {
                text(model, InputRequest::InsertChar(c));
            }
        }
    }
    Vec::new()
}

/// Gives a request to the text field that has the focus.
pub(super) fn text(model: &mut Model, request: InputRequest) {
    let now = model.now;
    match model.layers.last_mut() {
        None => {
            model.list_mut().filter.handle(request);
            model.refilter();
        }
        Some(Layer::Form(form)) if matches!(form.stage, form::Stage::Editing) => {
            form.edit_text(request, now);
        }
        Some(Layer::Confirm(confirm)) if confirm.focus == Focus::Name && !confirm.busy => {
            confirm.typed.handle(request);
            confirm.problem = None;
        }
        Some(Layer::SignIn(sign_in)) => {
            if let Stage::Typing(field) = &mut sign_in.stage {
                secret(field, request);
            }
        }
        Some(Layer::Passphrase(question)) => secret(&mut question.field, request),
        // The kind is chosen, not typed.
        Some(Layer::ProfileForm(form)) if !form.saving && form.place() != ProfileField::Kind => {
            form.input().handle(request);
        }
        Some(Layer::Unlock(unlock)) => {
            unlock.typed.handle(request);
            unlock.problem = None;
        }
        Some(Layer::Suppress(form)) => {
            form.input().handle(request);
            form.problem = None;
        }
        Some(Layer::Views(views)) => {
            if let Some(name) = &mut views.naming {
                name.handle(request);
                views.problem = None;
            }
        }
        Some(Layer::Help(help)) => {
            help.search.handle(request);
            help.cursor = 0;
            help.top = 0;
        }
        _ => {}
    }
}

fn secret(field: &mut SecretField, request: InputRequest) {
    match request {
        InputRequest::InsertChar(c) => field.push(c),
        InputRequest::DeletePrevChar => field.pop(),
        InputRequest::DeleteLine => field.clear(),
        _ => {}
    }
}

pub(super) fn request(chord: Chord) -> Option<InputRequest> {
    use InputRequest as R;
    Some(match (chord.ctrl, chord.key) {
        (false, Key::Char(c)) => R::InsertChar(c),
        (false, Key::Backspace) | (true, Key::Char('h')) => R::DeletePrevChar,
        (false, Key::Delete) => R::DeleteNextChar,
        (false, Key::Left) => R::GoToPrevChar,
        (false, Key::Right) => R::GoToNextChar,
        (true, Key::Left) => R::GoToPrevWord,
        (true, Key::Right) => R::GoToNextWord,
        (_, Key::Home) | (true, Key::Char('a')) => R::GoToStart,
        (_, Key::End) | (true, Key::Char('e')) => R::GoToEnd,
        (true, Key::Char('u')) => R::DeleteLine,
        (true, Key::Char('k')) => R::DeleteTillEnd,
        (true, Key::Char('w')) => R::DeletePrevWord,
        _ => return None,
    })
}
