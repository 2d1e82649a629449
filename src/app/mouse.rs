//! Handles clicks and the mouse wheel.

use jiff::SignedDuration;

use super::{
    Effect, Model, Tone, commands,
    screens::{
        Screen,
        plain_value::PlainValue,
        profiles::{self, ProfileForm},
    },
    view::{is_preview, is_too_small},
};
use crate::{
    keys::{
        AppCommand, Chord, Command, EntryCommand, Key, KeyScope, Move, OpenCommand, ScreenCommand,
    },
    ui::Click,
};

/// Longest time between the two clicks of a double click.
const DOUBLE: SignedDuration = SignedDuration::from_millis(400);

/// Number of rows that one step of the wheel moves.
const WHEEL_ROWS: usize = 3;

impl Model {
    /// True if the terminal must report clicks. Returns false while a value is shown for selection
    /// with the mouse, because a terminal that reports clicks does not select text.
    #[must_use]
    pub fn takes_mouse(&self) -> bool {
        self.mouse && !self.top().is_some_and(Screen::is::<PlainValue>)
    }
}

/// Turns the mouse on or off.
pub(super) fn toggle(model: &mut Model) -> Vec<Effect> {
    model.mouse = !model.mouse;
    let text = if model.mouse {
        "Mouse on. Hold shift to select text"
    } else {
        "Mouse off. Drag to select text"
    };
    vec![model.say(Tone::Plain, text)]
}

/// Runs the effect of a click. A double click on a row, except in a form, is a click followed by
/// enter.
pub(super) fn click(model: &mut Model, at: (u16, u16), on: Option<Click>) -> Vec<Effect> {
    model.pending.clear();
    let deletes = Click::Run(Command::Screen(ScreenCommand::Entry(EntryCommand::DeleteView)));
    model.quit_armed = false;
    model.view_armed &= on == Some(deletes);
    let Some(on) = on.filter(|_| !is_too_small(model.size)) else { return Vec::new() };
    let is_double = model
        .last_click
        .take()
        .is_some_and(|(time, place)| place == at && model.now.duration_since(time) <= DOUBLE);
    if !is_double {
        model.last_click = Some((model.now, at));
    }
    let mut effects = match on {
        Click::Run(_) if is_double => return Vec::new(),
        Click::Run(command) => return run(model, command),
        Click::ListRow(row) => list_row(model, row),
        Click::Row(to) => row(model, to),
    };
    if is_double && !is_form(model) {
        effects.extend(commands::key(model, Chord::key(Key::Enter)));
    }
    effects
}

/// True if the rows of the top screen are fields, in which movement keys and enter can change
/// values.
fn is_form(model: &Model) -> bool {
    matches!(model.scope_of_top(), KeyScope::Form | KeyScope::ProfileForm)
}

/// Moves the cursor of the top screen to a row or field.
pub(super) fn row(model: &mut Model, row: usize) -> Vec<Effect> {
    if model.top_as::<ProfileForm>().is_some() {
        return profiles::focus(model, row);
    }
    let now = model.now;
    if let Some(screen) = model.screens.last_mut() {
        screen.behavior_mut().point(row, now);
    }
    Vec::new()
}

/// Moves the cursor of the list, and leaves the preview and the filter line, unless the filter is
/// invalid. Does nothing if a screen covers the list.
fn list_row(model: &mut Model, row: usize) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.screens.len() == 1
        && is_preview(model, 0)
        && let Some(screen) = model.screens.pop()
    {
        effects = screen.closed(model);
    }
    if model.screens.is_empty() {
        let list = model.list_mut();
        list.filtering &= list.mistake.is_some();
        list.place(row);
    }
    effects
}

/// Runs a command as its key does, if an active key scope has a key for it. On a tab, commands that
/// open another tab run even without such a key.
fn run(model: &mut Model, command: Command) -> Vec<Effect> {
    let scopes = model.scopes();
    let keymap = std::sync::Arc::clone(&model.keymap);
    let binding = keymap
        .rows()
        .iter()
        .map(|row| row.binding)
        .find(|binding| binding.command == command && scopes.contains(&binding.scope));
    if let Some(binding) = binding {
        return commands::run_binding(model, binding);
    }
    let tab = matches!(
        command,
        Command::App(
            AppCommand::ShowTokens
                | AppCommand::ShowSpa
                | AppCommand::ShowM2m
                | AppCommand::ShowOther
        ) | Command::Open(OpenCommand::ShowAudit | OpenCommand::ShowExpiring)
    );
    let on_tab = model.top().is_none_or(|screen| screen.behavior().tab().is_some());
    if tab && on_tab { commands::run(model, command) } else { Vec::new() }
}

/// Moves the cursor or the view by three rows. In a form, the wheel has no effect.
pub(super) fn wheel(model: &mut Model, down: bool) -> Vec<Effect> {
    if is_too_small(model.size) || is_form(model) {
        return Vec::new();
    }
    model.pending.clear();
    let step = if down { Move::Down } else { Move::Up };
    let step = Command::Screen(ScreenCommand::Move(step));
    (0..WHEEL_ROWS).flat_map(|_| run(model, step)).collect()
}
