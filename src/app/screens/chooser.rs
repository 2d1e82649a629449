//! Dialog to choose the kind of credential to create, with the purpose of each kind.

mod view;

use jiff::Timestamp;

use crate::{
    app::{
        Effect, Model, Tone,
        screens::{Behavior, form::Form},
    },
    domain::Kind,
    keys::{DialogCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Kinds that the console can create, in the order of the dialog.
pub const KINDS: [Kind; 3] = [Kind::Token, Kind::Spa, Kind::M2m];

/// Dialog to choose the kind of credential to create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chooser {
    /// Kind under the cursor.
    pub kind: Kind,
}

impl Chooser {
    /// Moves the cursor up or down, without wrapping.
    pub fn go(&mut self, down: bool) {
        let place = KINDS.iter().position(|kind| *kind == self.kind).unwrap_or(0);
        let place = if down { place + 1 } else { place.saturating_sub(1) };
        self.kind = KINDS[place.min(KINDS.len() - 1)];
    }
}

impl Behavior for Chooser {
    fn scope(&self) -> KeyScope {
        KeyScope::Chooser
    }

    fn title(&self, _: &Model) -> String {
        "Create new".to_owned()
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(model, *self, canvas, room);
        0
    }

    fn dialog(&self) -> Option<u16> {
        Some(view::LINES)
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        self.kind = KINDS.get(row).copied().unwrap_or(self.kind);
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(chooser) = model.top_mut::<Self>() else { return Vec::new() };
        match command {
            ScreenCommand::Move(step) => chooser.go(step.is_down()),
            ScreenCommand::Dialog(DialogCommand::Accept) => {
                let kind = chooser.kind;
                if let Some(refused) = model.refused_kind(kind) {
                    return vec![model.say(Tone::Refused, &refused)];
                }
                let form = Form::create(kind, model.form_schema(kind));
                model.screens.pop();
                model.open(form);
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
