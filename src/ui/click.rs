//! Parts of the screen that respond to mouse clicks.

use ratatui::layout::{Position, Rect};

use crate::keys::Command;

/// Effect of a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Click {
    /// Run a command, as its key does.
    Run(Command),
    /// Move the cursor of the list of credentials to this row.
    ListRow(usize),
    /// Move the cursor of the top screen to this row or field.
    Row(usize),
}

/// Parts of a frame that respond to clicks, in the order in which they were drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClickTargets(Vec<(Rect, Click)>);

impl ClickTargets {
    pub(super) fn push(&mut self, area: Rect, click: Click) {
        if !area.is_empty() {
            self.0.push((area, click));
        }
    }

    pub(super) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Returns the number of rows of the top screen up to the last visible row; 0 if no row is
    /// visible.
    #[must_use]
    pub fn rows(&self) -> usize {
        let row = |(_, click): &(Rect, Click)| match click {
            Click::Row(row) => Some(row + 1),
            Click::Run(_) | Click::ListRow(_) => None,
        };
        self.0.iter().filter_map(row).max().unwrap_or(0)
    }

    /// Returns the effect of a click on a column and row of the screen; `None` if nothing there
    /// responds. Parts drawn later are on top.
    #[must_use]
    pub fn at(&self, (column, row): (u16, u16)) -> Option<Click> {
        let position = Position { x: column, y: row };
        self.0.iter().rev().find(|(area, _)| area.contains(position)).map(|(_, click)| *click)
    }
}
