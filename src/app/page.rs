//! A page of text that explains something.

/// A page of text, and how far it is scrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What it is about.
    pub title: String,
    /// Its lines; a view wraps them.
    pub lines: Vec<Line>,
    /// The first line on the screen.
    pub top: usize,
}

/// One line of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What stands before it; empty on a line that goes on.
    pub label: &'static str,
    /// The text, safe to show.
    pub text: String,
}

impl Page {
    /// A page that begins at its beginning.
    #[must_use]
    pub const fn new(title: String, lines: Vec<Line>) -> Self {
        Self { title, lines, top: 0 }
    }

    /// Scrolls by lines.
    pub fn go(&mut self, lines: isize) {
        let last = self.lines.len().saturating_sub(1);
        self.top = self.top.saturating_add_signed(lines).min(last);
    }
}
