//! Output of commands: tables, CSV, Markdown and JSON Lines.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
};

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::domain::{export, text};

/// Output format of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ListFormat {
    /// Table that fits the terminal.
    #[default]
    Table,
    /// JSON array.
    Json,
    /// JSON Lines: one object per line.
    Jsonl,
    /// CSV with a header.
    Csv,
    /// Markdown table.
    Md,
}

/// Returns the width of the terminal in columns, if standard output is a terminal.
#[must_use]
pub fn terminal_columns() -> Option<usize> {
    std::io::stdout()
        .is_terminal()
        .then(|| crossterm::terminal::size().ok())
        .flatten()
        .map(|(columns, _)| usize::from(columns))
        .filter(|columns| *columns > 0)
}

/// Writes text to standard output.
///
/// # Errors
/// Returns the I/O error if the write fails.
pub fn print(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}

/// Treats a closed pipe as success, because its reader needs no more output.
///
/// # Errors
/// Returns any other I/O error.
pub fn until_closed(printed: io::Result<()>) -> io::Result<()> {
    match printed {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Formats objects as JSON Lines.
pub fn lines(objects: impl Iterator<Item = Value>) -> String {
    objects.map(|object| export::json(&object, false) + "\n").collect()
}

/// Formats a table with two spaces between columns. The widest columns shrink, but not below 8
/// characters, until the table fits into `columns`. The column `id` is never cut, because users
/// copy IDs.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<Cow<'_, str>>], columns: Option<usize>) -> String {
    let shown: Vec<Vec<Cow<'_, str>>> =
        rows.iter().map(|row| row.iter().map(|cell| text::shown(cell)).collect()).collect();
    let mut widths: Vec<usize> = head.iter().map(|title| title.width()).collect();
    for row in &shown {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    if let Some(columns) = columns {
        let gaps = 2 * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > columns {
            let can_give = widths.iter_mut().zip(head).filter(|(_, title)| **title != "id");
            let Some((widest, _)) = can_give.max() else { break };
            if *widest <= 8 {
                break; // narrower columns are unreadable; the terminal wraps the lines
            }
            *widest -= 1;
        }
    }
    let mut out = String::new();
    let titles: Vec<String> = head.iter().map(|title| title.to_uppercase()).collect();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut written = String::new();
        for (cell, width) in cells.zip(&widths) {
            let cell = text::clip(cell, *width);
            written.push_str(&cell);
            written.extend(std::iter::repeat_n(' ', width - cell.width().min(*width) + 2));
        }
        out.push_str(written.trim_end());
        out.push('\n');
    };
    line(&mut titles.iter().map(String::as_str));
    for row in &shown {
        line(&mut row.iter().map(AsRef::as_ref));
    }
    out
}

/// Formats a table in Markdown.
#[must_use]
pub fn markdown(head: &[&str], rows: &[Vec<Cow<'_, str>>]) -> String {
    let mut out = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| export::markdown(cell)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

/// Formats a table as CSV.
#[must_use]
pub fn csv(head: &[&str], rows: Vec<Vec<Cow<'_, str>>>) -> String {
    let head = head.iter().map(|title| Cow::Owned((*title).to_owned())).collect();
    export::csv(std::iter::once(head).chain(rows))
}
