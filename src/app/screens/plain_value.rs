//! Screen with a single value, which the user can select with the mouse or with the terminal's
//! keys.

mod view;

use crate::{
    app::{Effect, Model, screens::Behavior},
    domain::Untrusted,
    keys::{KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Single value without decoration.
#[derive(Debug)]
pub struct PlainValue {
    /// Label of the value.
    pub label: String,
    /// Value to select.
    pub value: Untrusted,
}

impl Behavior for PlainValue {
    fn scope(&self) -> KeyScope {
        KeyScope::PlainValue
    }

    fn title(&self, _: &Model) -> String {
        format!("{} › select it with the mouse or your terminal's keys", self.label)
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, canvas, room);
        0
    }

    fn run(_: &mut Model, _: ScreenCommand) -> Vec<Effect> {
        Vec::new()
    }
}
