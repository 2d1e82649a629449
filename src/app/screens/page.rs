//! Page of text, such as the explanation of an audit rule.

mod view;

use jiff::Timestamp;

use crate::{
    app::{Effect, Model, screens::Behavior},
    domain::cli_command::CliCommand,
    keys::{KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Page of text, and its scroll position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPage {
    /// Title of the page.
    pub title: String,
    /// Lines of text, wrapped by the view.
    pub lines: Vec<PageLine>,
    /// Index of the first visible line.
    pub top: usize,
    /// Number of visible lines.
    pub height: usize,
}

/// One line of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLine {
    /// Label; empty for a continuation line.
    pub label: &'static str,
    /// Text of the line, safe to show.
    pub text: String,
}

impl TextPage {
    /// Creates a page, scrolled to its start.
    #[must_use]
    pub const fn new(title: String, lines: Vec<PageLine>) -> Self {
        Self { title, lines, top: 0, height: 1 }
    }

    /// Scrolls down by a number of lines; a negative number scrolls up.
    pub fn go(&mut self, lines: isize) {
        let last = self.lines.len().saturating_sub(1);
        self.top = self.top.saturating_add_signed(lines).min(last);
    }
}

impl Behavior for TextPage {
    fn scope(&self) -> KeyScope {
        KeyScope::Page
    }

    fn title(&self, _: &Model) -> String {
        self.title.clone()
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, canvas, room);
        0
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(page) = model.top_mut::<Self>() else { return Vec::new() };
        // Page up and page down keep one line of the previous page visible.
        let step_rows = isize::try_from(page.height.saturating_sub(1).max(1)).unwrap_or(1);
        match command {
            ScreenCommand::Move(step) => page.go(step.rows(step_rows)),
            ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_)
            | ScreenCommand::Entry(_) => {}
        }
        Vec::new()
    }

    fn position(&self) -> Option<(usize, usize)> {
        let count = self.lines.len();
        (self.top > 0 || count > self.height).then_some((self.top + 1, count))
    }

    fn fit(&mut self, room: usize) {
        self.height = room;
    }

    fn cli_command(&self, _: &[&str], _: Timestamp) -> Option<CliCommand> {
        let rule = self.title.split(' ').next()?;
        Some(CliCommand::new(&[], &["audit", "explain", rule]))
    }
}
