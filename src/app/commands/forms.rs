//! What keys do in forms and in the dialogs that confirm a step.

use crate::{
    app::{
        Effect, Form, Layer, Model, Tone,
        confirm::{Focus, Step},
        form::{Purpose, Stage},
    },
    domain::Draft,
    keys::Command,
};

pub(super) fn on_form(model: &mut Model, command: Command) -> Vec<Effect> {
    let now = model.now;
    // It may have locked itself while the form was open; what was typed stays below the question.
    let open = model.lock.is_open(now);
    let Some(Layer::Form(form)) = model.layers.last_mut() else { return Vec::new() };
    if command == Command::Submit && matches!(form.stage, Stage::Editing) {
        return if form.enter(now) { save(model) } else { Vec::new() };
    }
    match (command, &mut form.stage) {
        (Command::NextField, Stage::Editing) => form.go(true, now),
        (Command::PreviousField, Stage::Editing) => form.go(false, now),
        (Command::Save, Stage::Editing) => return save(model),
        (Command::Confirm, Stage::Review(_)) if !open => {
            return super::sessions::toggle_writing(model);
        }
        (Command::Confirm, Stage::Review(_)) => return send_edit(model),
        (Command::Confirm, Stage::Discard) => {
            model.layers.pop();
        }
        (Command::Up, Stage::Conflict(conflict)) => {
            conflict.cursor = conflict.cursor.saturating_sub(1);
        }
        (Command::Down, Stage::Conflict(conflict)) => {
            conflict.cursor = (conflict.cursor + 1).min(conflict.mine.len().saturating_sub(1));
        }
        (Command::TakeMine | Command::TakeTheirs, Stage::Conflict(conflict)) => {
            if let Some(mine) = conflict.mine.get_mut(conflict.cursor) {
                *mine = command == Command::TakeMine;
            }
        }
        (Command::Confirm, Stage::Conflict(_)) => {
            if let Stage::Conflict(conflict) = std::mem::replace(&mut form.stage, Stage::Editing) {
                form.merge(*conflict, now);
                return vec![model.say(
                    Tone::Plain,
                    "Merged with their version: look it over, then save with Ctrl-S",
                )];
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Checks a form and sends it, or shows what it would change.
fn save(model: &mut Model) -> Vec<Effect> {
    if !model.lock.is_open(model.now) {
        return super::sessions::toggle_writing(model);
    }
    let now = model.now;
    let attempt = model.ticket().0;
    let Some(form) = model.form_mut() else { return Vec::new() };
    if !form.check_all(now) {
        let count = form.problems.len();
        let text = if count == 1 {
            "One thing has to be corrected first".to_owned()
        } else {
            format!("{count} things have to be corrected first")
        };
        return vec![model.say(Tone::Refused, &text)];
    }
    match form.purpose {
        Purpose::Edit(_) => {
            let changes = form.changes(now);
            if changes.is_empty() {
                return vec![model.say(Tone::Plain, "Nothing was changed")];
            }
            form.stage = Stage::Review(changes);
            Vec::new()
        }
        Purpose::Create => {
            let draft = form.draft(now);
            // The same draft again is the same attempt: a server that knows the key creates it once.
            // An expiry such as 90d moves with the clock, so it is taken from the first time.
            let same = form.sent.as_ref().is_some_and(|sent| same_but_time(sent, &draft));
            let draft = match form.sent.take() {
                Some(sent) if same => sent,
                _ => {
                    form.attempt = attempt;
                    draft
                }
            };
            form.sent = Some(draft.clone());
            form.stage = Stage::Saving;
            let attempt = form.attempt;
            vec![model.send(Effect::Create(draft, attempt))]
        }
    }
}

fn same_but_time(a: &Draft, b: &Draft) -> bool {
    match (a, b) {
        (Draft::Token(a), Draft::Token(b)) => {
            let mut b = b.clone();
            if a.expires_at.is_some() && b.expires_at.is_some() {
                b.expires_at = a.expires_at;
            }
            *a == b
        }
        _ => a == b,
    }
}

fn send_edit(model: &mut Model) -> Vec<Effect> {
    let Some(form) = model.form_mut() else { return Vec::new() };
    let Purpose::Edit(original) = &form.purpose else { return Vec::new() };
    let record = original.credential.record();
    let (id, version) = (record.id.clone(), record.version.clone());
    let Stage::Review(changes) = std::mem::replace(&mut form.stage, Stage::Saving) else {
        return Vec::new();
    };
    let kind = form.kind;
    vec![model.send(Effect::Edit(kind, id, version, changes))]
}

pub(super) fn on_confirm(model: &mut Model, command: Command) -> Vec<Effect> {
    let open = model.lock.is_open(model.now);
    let Some(confirm) = model.confirm_mut() else { return Vec::new() };
    if confirm.busy {
        return Vec::new();
    }
    match (command, confirm.focus) {
        (Command::NextField, _) => confirm.go(true),
        (Command::PreviousField, _) => confirm.go(false),
        (Command::Accept, Focus::Name) => confirm.check(),
        (Command::Accept, Focus::Cancel) => {
            model.layers.pop();
            return vec![model.say(Tone::Plain, "Nothing was done")];
        }
        (Command::Accept, Focus::Go) if confirm.is_right() && !open => {
            return super::sessions::toggle_writing(model);
        }
        (Command::Accept, Focus::Go) if confirm.is_right() => {
            let kind = confirm.credential.kind();
            let record = confirm.credential.record();
            let (id, version) = (record.id.clone(), record.version.clone());
            let write = match confirm.step {
                Step::Delete => Effect::Delete(kind, id, version),
                Step::Rotate => Effect::Rotate(kind, id, version),
                Step::EditBuiltIn => {
                    let form = Form::edit(confirm.credential.clone(), model.means(kind));
                    model.layers.pop();
                    model.layers.push(Layer::Form(Box::new(form)));
                    return Vec::new();
                }
            };
            confirm.busy = true;
            return vec![model.send(write)];
        }
        _ => {}
    }
    Vec::new()
}
