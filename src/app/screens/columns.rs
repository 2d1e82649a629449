//! Dialog to choose the columns of a list, their order and their widths. Changes apply immediately.

mod view;

use jiff::Timestamp;

use crate::{
    app::{
        Effect, Model, Tone,
        list::view::{Candidate, available},
        screens::{Behavior, ScreenSubject},
    },
    domain::{Kind, columns::Column, preferences::ChosenColumn},
    keys::{EntryCommand, KeyScope, ScreenCommand},
    ui::{Canvas, Rect},
};

/// Width of a column after the user widens it for the first time. Before, it fits its values.
const FIRST_WIDTH: u16 = 16;

/// Width change per key press, in terminal cells.
const STEP: u16 = 4;

/// Row of the dialog, for one column of the list. A hidden column keeps its width while the dialog
/// is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ColumnRow {
    head: &'static str,
    chosen: ChosenColumn,
    is_shown: bool,
}

/// Dialog to choose the columns of a list.
#[derive(Debug)]
pub struct ColumnChooser {
    kind: Kind,
    rows: Vec<ColumnRow>,
    cursor: usize,
}

impl ColumnChooser {
    /// Creates the dialog with the columns of the visible list: shown columns in their order, then
    /// hidden columns.
    fn new(model: &Model) -> Self {
        let all = available(model);
        let chosen = &model.columns[model.kind as usize];
        let row = |it: &Candidate, width, is_shown| {
            let chosen = ChosenColumn { column: it.column, width };
            ColumnRow { head: it.head, chosen, is_shown }
        };
        let of = |column| all.iter().find(|it| it.column == column);
        let mut rows: Vec<ColumnRow> = if chosen.is_empty() {
            all.iter().filter(|it| it.rank.is_some()).map(|it| row(it, None, true)).collect()
        } else {
            chosen.iter().filter_map(|it| Some(row(of(it.column)?, it.width, true))).collect()
        };
        for it in &all {
            if !rows.iter().any(|row| row.chosen.column == it.column) {
                rows.push(row(it, None, false));
            }
        }
        Self { kind: model.kind, rows, cursor: 0 }
    }

    fn chosen(&self) -> Vec<ChosenColumn> {
        self.rows.iter().filter(|row| row.is_shown).map(|row| row.chosen).collect()
    }

    /// Moves the column under the cursor, and the cursor with it.
    fn shift(&mut self, down: bool) {
        let to = if down { self.cursor + 1 } else { self.cursor.wrapping_sub(1) };
        if to < self.rows.len() {
            self.rows.swap(self.cursor, to);
            self.cursor = to;
        }
    }
}

/// Returns the next width, or `None` to fit the width to the values.
fn resized(width: Option<u16>, wider: bool) -> Option<u16> {
    match (width, wider) {
        (None, true) => Some(FIRST_WIDTH),
        (Some(width), true) => Some((width + STEP).min(*ChosenColumn::WIDTHS.end())),
        (width, false) => {
            width?.checked_sub(STEP).filter(|width| ChosenColumn::WIDTHS.contains(width))
        }
    }
}

impl Behavior for ColumnChooser {
    fn scope(&self) -> KeyScope {
        KeyScope::Columns
    }

    fn title(&self, _: &Model) -> String {
        format!("Columns of the {}", self.kind.plural())
    }

    fn draw(&self, _: &Model, canvas: &mut Canvas<'_>, room: Rect) -> usize {
        view::draw(self, canvas, room);
        0
    }

    fn dialog(&self) -> Option<u16> {
        Some(self.rows.len() as u16 + view::AROUND)
    }

    fn subject(&self) -> ScreenSubject<'_> {
        ScreenSubject::Nothing
    }

    fn point(&mut self, row: usize, _: Timestamp) {
        self.cursor = row.min(self.rows.len().saturating_sub(1));
    }

    fn run(model: &mut Model, command: ScreenCommand) -> Vec<Effect> {
        let Some(chooser) = model.top_mut::<Self>() else { return Vec::new() };
        let last = chooser.rows.len().saturating_sub(1);
        let cursor = chooser.cursor;
        let Some(row) = chooser.rows.get_mut(cursor) else { return Vec::new() };
        match command {
            ScreenCommand::Move(step) => {
                chooser.cursor =
                    if step.is_down() { (cursor + 1).min(last) } else { cursor.saturating_sub(1) };
                return Vec::new();
            }
            ScreenCommand::Entry(EntryCommand::ToggleColumn) => {
                if row.chosen.column == Column::Name {
                    return vec![model.say(Tone::Refused, "The name is always shown")];
                }
                row.is_shown = !row.is_shown;
            }
            ScreenCommand::Entry(EntryCommand::WidenColumn) => {
                row.chosen.width = resized(row.chosen.width, true);
            }
            ScreenCommand::Entry(EntryCommand::NarrowColumn) => {
                row.chosen.width = resized(row.chosen.width, false);
            }
            ScreenCommand::Entry(EntryCommand::MoveColumnDown) => chooser.shift(true),
            ScreenCommand::Entry(EntryCommand::MoveColumnUp) => chooser.shift(false),
            ScreenCommand::Entry(EntryCommand::ResetColumns) => {
                let kind = chooser.kind;
                model.columns[kind as usize].clear();
                let fresh = Self { cursor, ..Self::new(model) };
                if let Some(chooser) = model.top_mut::<Self>() {
                    *chooser = fresh;
                }
                return Vec::new();
            }
            ScreenCommand::Entry(_)
            | ScreenCommand::List(_)
            | ScreenCommand::Audit(_)
            | ScreenCommand::Dialog(_)
            | ScreenCommand::Value(_) => return Vec::new(),
        }
        let (kind, chosen) = (chooser.kind, chooser.chosen());
        model.columns[kind as usize] = chosen;
        Vec::new()
    }
}

/// Opens the dialog for the visible list.
pub(in crate::app) fn show(model: &mut Model) -> Vec<Effect> {
    // The wide layout ignores the chosen columns, so changes would not be visible in it.
    model.wide = false;
    let chooser = ColumnChooser::new(model);
    model.open(chooser);
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_grow_and_shrink_until_they_fit_the_values_again() {
        let steps = [true, true, false, false, false, false];
        let mut width = None;
        let widths = steps.map(|wider| {
            width = resized(width, wider);
            width
        });
        assert_eq!(widths, [Some(16), Some(20), Some(16), Some(12), Some(8), None]);
        assert_eq!(resized(Some(80), true), Some(80));
    }
}
