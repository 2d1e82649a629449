//! Version and environment of the console, for a bug report.

mod view;

use std::fmt::Write as _;

use crate::{
    app::{ClipboardEffect, Copied, Effect, Model, screens::Behavior},
    keys::{KeyScope, ScreenCommand, ValueCommand},
    ui::{Canvas, Rect},
};

/// Screen with the version and the environment. It has no state: the content comes from the model.
#[derive(Debug)]
pub struct About;

impl About {
    /// Returns the lines, each with a label and a text that is safe to show. The label is empty on
    /// continuation lines.
    fn lines(model: &Model) -> Vec<(&'static str, String)> {
        let (columns, rows) = model.size;
        let facts = &model.facts;
        let mut lines = vec![
            ("Version", format!("credenza {}", env!("CARGO_PKG_VERSION"))),
            ("API base URL", model.base_url.shown().into_owned()),
            ("Terminal", format!("{} {columns}x{rows}", facts.terminal)),
        ];
        let labels = std::iter::once("Clipboard").chain(std::iter::repeat(""));
        let none = ["off".to_owned()];
        let clipboard = if facts.clipboard.is_empty() { &none[..] } else { &facts.clipboard };
        lines.extend(labels.zip(clipboard.iter().cloned()));
        lines.push(("Session store", facts.sessions.clone()));
        lines
    }
}

impl Behavior for About {
    fn scope(&self) -> KeyScope {
        KeyScope::About
    }

    fn title(&self, _: &Model) -> String {
        "About Credenza".to_owned()
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(&Self::lines(model), canvas, room);
        0
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        match command {
            ScreenCommand::Value(ValueCommand::CopyAbout) => {
                let mut all = String::new();
                for (label, text) in Self::lines(model) {
                    let _ = writeln!(all, "{label:<14} {text}");
                }
                vec![Effect::Clipboard(ClipboardEffect::Copy {
                    what: Copied::Value,
                    text: all.into(),
                })]
            }
            ScreenCommand::Move(_)
            | ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => Vec::new(),
        }
    }
}

/// Opens the screen with the version and the environment.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    model.open(About);
    Vec::new()
}
