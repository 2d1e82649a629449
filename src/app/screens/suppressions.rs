//! List of the suppressions in the audit policy. The user can remove suppressions here.

mod view;

use jiff::Timestamp;

use crate::{
    app::{
        AuditEffect, Effect, Model, Tone,
        screens::{Behavior, suppress},
    },
    domain::audit::Suppression,
    keys::{Command, EntryCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// State of the list: the cursor, and the suppression to remove.
#[derive(Debug, Default)]
pub struct Suppressions {
    cursor: usize,
    /// Suppression for which the remove key was pressed. Pressing the key again removes it.
    armed: Option<Suppression>,
}

impl Suppressions {
    /// Returns the index of the row under the cursor, limited to the current rows; 0 if there are
    /// none.
    fn cursor(&self, all: &[Suppression]) -> usize {
        self.cursor.min(all.len().saturating_sub(1))
    }
}

impl Behavior for Suppressions {
    fn scope(&self) -> KeyScope {
        KeyScope::Suppressions
    }

    fn title(&self, _: &Model) -> String {
        "Suppressions".to_owned()
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        let all = &model.auditor.policy().suppressions;
        view::draw(all, self.cursor(all), model.now, canvas, room)
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        self.cursor = row;
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let all = model.auditor.policy().suppressions.clone();
        let Some(screen) = model.top_mut::<Self>() else { return Vec::new() };
        let armed = screen.armed.take();
        let cursor = screen.cursor(&all);
        match command {
            ScreenCommand::Move(step) if step.is_down() => {
                screen.cursor = (cursor + 1).min(all.len().saturating_sub(1));
            }
            ScreenCommand::Move(_) => screen.cursor = cursor.saturating_sub(1),
            ScreenCommand::Entry(EntryCommand::RemoveSuppression) => {
                let Some(selected) = all.get(cursor) else { return Vec::new() };
                if armed.as_ref() == Some(selected) {
                    let effect = AuditEffect::RemoveSuppression(selected.clone());
                    return vec![Effect::Audit(effect)];
                }
                screen.armed = Some(selected.clone());
                let key = model.keymap.key_of(KeyScope::Suppressions, Command::Screen(command));
                let text = format!(
                    "Press {key} again to stop suppressing {}, any other key to cancel",
                    selected.rule
                );
                return vec![model.say(Tone::Plain, &text)];
            }
            ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => {}
        }
        Vec::new()
    }
}

/// Opens the list of suppressions. Shows only a notice in demo mode.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    if let Some(refused) = suppress::refused_in_demo(model) {
        return refused;
    }
    model.open(Suppressions::default());
    Vec::new()
}
