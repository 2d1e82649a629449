//! Page of text, such as the explanation of an audit rule.

mod view;

use jiff::Timestamp;

use crate::{
    app::{Effect, Model, remote::Ticket, screens::Behavior},
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
    /// Ticket of the request for the lines; `None` if the lines are complete.
    pub ticket: Option<Ticket>,
    /// Arguments of the equivalent command.
    command: Vec<String>,
}

/// One line of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLine {
    /// Label; empty for a continuation line.
    pub label: &'static str,
    /// Text of the line, safe to show.
    pub text: String,
    /// URL that the text refers to.
    pub link: Option<String>,
}

impl PageLine {
    /// Creates a line without a link.
    #[must_use]
    pub const fn new(label: &'static str, text: String) -> Self {
        Self { label, text, link: None }
    }
}

impl TextPage {
    /// Creates a page, scrolled to its start. `command` contains the arguments of the equivalent
    /// command.
    #[must_use]
    pub fn new(title: String, lines: Vec<PageLine>, command: &[&str]) -> Self {
        let command = command.iter().map(|&word| word.to_owned()).collect();
        Self { title, lines, top: 0, height: 1, ticket: None, command }
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
        let words: Vec<&str> = self.command.iter().map(String::as_str).collect();
        Some(CliCommand::new(&[], &words))
    }
}
